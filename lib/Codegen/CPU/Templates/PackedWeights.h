//===- PackedWeights.h - the layout of a packed right operand ---*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A right operand [K, N] is packed as [T][K][NR], T = ceil(N / NR), columns past
// N zero: each column tile is then one run of memory, in the order in which the
// register tile reads it. In the IR that is plain dl ops, so that every
// interpreter and lowering understands it:
//
//   packing      pad [K, T*NR] -> reshape [K, T, NR] -> transpose [1, 0, 2]
//   unpacking    transpose [1, 0, 2] -> reshape [K, T*NR] -> slice [K, N]
//
// Example: K = 2, N = 3, NR = 2
//
//     1 2 3        tile 0: 1 2 | 4 5
//     4 5 6        tile 1: 3 0 | 6 0
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_TEMPLATES_PACKEDWEIGHTS_H
#define DLC_LIB_CODEGEN_CPU_TEMPLATES_PACKEDWEIGHTS_H

#include "mlir/IR/Builders.h"

#include <optional>

namespace dlc::cpu {

/// An operand [K..., N] that is read through the unpacking ops of a block argument;
/// `contracted` is K as a whole.
struct PackedOperand {
  mlir::Value argument; ///< [T][K][NR]
  int64_t contracted, columns, tileColumns;
  llvm::SmallVector<mlir::Operation *, 4> unpackOps;

  static std::optional<PackedOperand> match(mlir::Value operand);
};

/// Emits the packing of `value` [K, N] (static) into tiles of `tileColumns`.
mlir::Value packColumns(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                        int64_t tileColumns);

/// Emits the unpacking of `packed` to [K, columns].
mlir::Value unpackColumns(mlir::OpBuilder &b, mlir::Location loc, mlir::Value packed,
                          int64_t columns);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_TEMPLATES_PACKEDWEIGHTS_H
