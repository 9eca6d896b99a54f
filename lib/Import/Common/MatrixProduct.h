//===- MatrixProduct.h - products of matrices -------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_MATRIXPRODUCT_H
#define DLC_LIB_IMPORT_COMMON_MATRIXPRODUCT_H

#include "NodeBuilder.h"

namespace dlc::frontend {

/// numpy.matmul: leading dimensions are broadcast, vectors count as matrices of
/// one row or column. Null after reporting an error. `result` is a wider element type than
/// the operands', if any.
mlir::Value matmul(NodeBuilder &n, mlir::Value a, mlir::Value b, mlir::Type result = {});

/// Brings the leading dimensions of two values of rank 2 at least to their common sizes.
/// False after reporting an error, or where a value is null.
bool broadcastBatches(NodeBuilder &n, mlir::Value &a, mlir::Value &b);

/// The sum of products over the contracting dimensions, per batch, in the operands' element
/// type, or in `result`, a wider one.
mlir::Value dot(NodeBuilder &n, mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> batchA,
                llvm::ArrayRef<int64_t> batchB, llvm::ArrayRef<int64_t> contractA,
                llvm::ArrayRef<int64_t> contractB, mlir::Type result = {});

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_MATRIXPRODUCT_H
