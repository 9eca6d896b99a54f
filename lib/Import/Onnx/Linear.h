//===- Linear.h - matrix products of ONNX nodes -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_LINEAR_H
#define DLC_LIB_IMPORT_ONNX_LINEAR_H

#include "NodeImporter.h"

namespace dlc::onnx {

/// numpy.matmul: leading dimensions are broadcast, vectors count as matrices of
/// one row or column. Null after reporting an error.
mlir::Value matmul(NodeImporter &n, mlir::Value a, mlir::Value b);

/// The sum of products over the contracting dimensions, per batch, in the
/// operands' element type.
mlir::Value dot(NodeImporter &n, mlir::Value a, mlir::Value b,
                llvm::ArrayRef<int64_t> batchA, llvm::ArrayRef<int64_t> batchB,
                llvm::ArrayRef<int64_t> contractA, llvm::ArrayRef<int64_t> contractB);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_LINEAR_H
