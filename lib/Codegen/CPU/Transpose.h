//===- Transpose.h - squares transposed in registers ------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_TRANSPOSE_H
#define DLC_LIB_CODEGEN_CPU_TRANSPOSE_H

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace dlc {

/// Whether vectors of these elements can be shuffled: bytes, halves, words, doubles.
bool canTransposeSquares(mlir::Type element);

/// Rows of a square of such elements: as many as a vector register has lanes, at
/// most 16. `op` tells the target.
int64_t getSquareEdge(mlir::Operation *op, mlir::Type element);

/// The columns of n vectors of n elements, n a power of two: log2(n) rounds, each of
/// which interleaves the first half of the vectors with the second,
///
///   a0 a1    a0 b0
///   b0 b1 →  a1 b1
///
/// which moves the lowest bit of an element's row number to the top of its column
/// number; after all rounds row and column are swapped.
llvm::SmallVector<mlir::Value> transposeSquare(mlir::ImplicitLocOpBuilder &b,
                                               llvm::ArrayRef<mlir::Value> rows);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_CPU_TRANSPOSE_H
