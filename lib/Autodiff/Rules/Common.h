//===- Common.h - what rules of several families are written in -*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_RULES_COMMON_H
#define DLC_LIB_AUTODIFF_RULES_COMMON_H

#include "../Rules.h"

namespace dlc::autodiff {

/// The inverse of a permutation.
llvm::SmallVector<int64_t> invert(llvm::ArrayRef<int64_t> permutation);

/// 0, …, count − 1.
llvm::SmallVector<int64_t> upTo(int64_t count);

/// Σ over some dimensions, which vanish.
mlir::Value sumOver(TensorBuilder &b, mlir::Value x, llvm::ArrayRef<int64_t> dims);

/// Zeros of the shape of `like`, of its element type or another.
mlir::Value zerosLike(TensorBuilder &b, mlir::Value like, mlir::Type elementType = {});

/// `x` where the predicate holds, else 0.
mlir::Value where(TensorBuilder &b, mlir::Value pred, mlir::Value x);

/// The op on another operand `i`; its first result.
mlir::Value applyWith(TensorBuilder &b, mlir::Operation *op, unsigned i, mlir::Value operand);

/// The larger of two sizes.
Size maximum(TensorBuilder &b, Size x, Size y);

/// `size` elements of `x` along a dimension, from `start` on.
mlir::Value sliceAlong(TensorBuilder &b, mlir::Value x, int64_t dim, Size start, Size size);

/// Zeros around and between the elements of `x`; a negative size takes away.
mlir::Value padZeros(TensorBuilder &b, mlir::Value x, llvm::ArrayRef<Size> low,
                     llvm::ArrayRef<Size> high, llvm::ArrayRef<int64_t> interior);

/// Whether the type says that there are no elements.
bool isEmpty(mlir::Value x);

/// numpy.take_along_axis. The indices are in range, being what an op gave as such.
mlir::Value takeAlong(TensorBuilder &b, mlir::Value x, mlir::Value indices, int64_t dim);

/// Adds `updates` to zeros of the shape of `like` where `indices` point to along a
/// dimension: the transpose of takeAlong, for such indices.
mlir::Value addAlong(TensorBuilder &b, mlir::Value like, mlir::Value indices,
                     mlir::Value updates, int64_t dim);

/// The transpose of an op that copies elements of operand `i` and does not
/// calculate: applied to the elements' row-major numbers, it says where each element
/// of `cotangent` belongs.
mlir::Value transposeCopies(TensorBuilder &b, mlir::Operation *op, unsigned i,
                            mlir::Value cotangent);

/// x · y of the last two dimensions, one or both transposed, per batch.
mlir::Value matmul(TensorBuilder &b, mlir::Value x, mlir::Value y, bool transposeX = false,
                   bool transposeY = false);

/// The last two dimensions exchanged.
mlir::Value transposeMatrix(TensorBuilder &b, mlir::Value x);

/// The elements of matrices where row and column numbers compare as said, else 0.
mlir::Value keepTriangle(TensorBuilder &b, mlir::Value x,
                         dl::ComparisonDirection rowToColumn);

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_RULES_COMMON_H
