//===- RegisterTile.h - a tile of sums held in registers --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The inner kernel that matrix products and convolutions share: `rows` by
// `vectors` accumulators stay in vector registers while one runs over the
// contracted positions; each step loads `vectors` vectors of the right operand
// and broadcasts `rows` scalars of the left one.
//
//      acc[i][j] = sum over (l0, l1, ..., ln) of
//          lhs[lhsBase + i * rowStride + l0 * lhsStride0 + ... ]
//        * rhs[rhsBase + j * lanes     + l0 * rhsStride0 + ... ]
//
// Example, a 3x3 convolution row (N,H,W,C with pitch P = W*C, kernel packed as
// [3*3*C][NR]): loops {3, lhs P, rhs 3*C*NR}, {3*C, lhs 1, rhs NR}; rowStride =
// stride*C. A matrix product: one loop {K, 1, NR}, rowStride = K.
//
// The shape of the loops, k unrolled by four and the prefetch of the next
// sliver follow Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008), with the loop order of BLIS changed: the sliver of the
// right operand is reused from L2, see docs/architecture.md.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_TEMPLATES_REGISTERTILE_H
#define DLC_LIB_CODEGEN_CPU_TEMPLATES_REGISTERTILE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace dlc::cpu {

/// One loop over contracted positions, outermost first. Strides in elements.
struct ContractionLoop {
  mlir::OpFoldResult count;
  mlir::OpFoldResult lhsStride;
  mlir::OpFoldResult rhsStride;
};

struct RegisterTile {
  int64_t rows = 1;    ///< accumulator rows
  int64_t vectors = 1; ///< accumulator vectors per row
  int64_t lanes = 16;  ///< elements per vector
  /// Which elements of the rhs' vectors exist: empty, or one mask per vector.
  llvm::SmallVector<mlir::Value> masks;
  mlir::OpFoldResult rowStride; ///< lhs elements from one row to the next
  llvm::SmallVector<ContractionLoop> loops;
  int64_t unroll = 4; ///< of the innermost loop
};

/// Emits the tile's computation on flat (1-D) buffers and returns the sums, row
/// by row. `init`, if not empty, holds the starting values.
llvm::SmallVector<mlir::Value>
emitRegisterTile(mlir::ImplicitLocOpBuilder &b, const RegisterTile &tile,
                 mlir::Value lhs, mlir::Value lhsBase, mlir::Value rhs,
                 mlir::Value rhsBase, mlir::ValueRange init = {});

/// `memref` (contiguous, any rank) seen as one dimension.
mlir::Value flatten(mlir::ImplicitLocOpBuilder &b, mlir::Value memref);

/// The index `value` as an SSA value; arithmetic that folds constants.
mlir::Value materialize(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult value);
mlir::OpFoldResult addIndex(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult x,
                            mlir::OpFoldResult y);
mlir::OpFoldResult mulIndex(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult x,
                            mlir::OpFoldResult y);

/// x / y rounded up.
mlir::OpFoldResult ceilDivIndex(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult x,
                                int64_t y);

/// A parallel loop over [0, count) at the kernel's top, of about `work` elementary
/// operations an iteration; the builder is left inside. Returns the index.
mlir::Value beginParallel(mlir::ImplicitLocOpBuilder &b, mlir::OpFoldResult count,
                          int64_t work);
/// Leaves the parallel loop that `beginParallel` entered.
void endParallel(mlir::ImplicitLocOpBuilder &b);

/// Which elements of a vector exist: the first `valid` (an index).
mlir::Value createMask(mlir::ImplicitLocOpBuilder &b, int64_t lanes, mlir::OpFoldResult valid);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_TEMPLATES_REGISTERTILE_H
