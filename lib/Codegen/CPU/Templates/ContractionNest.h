//===- ContractionNest.h - loops around the register tile -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What matrix products and convolutions have in common once the register tile
// (RegisterTile.h) is given: results out[outer..., line, row, column], where
//
//   outer   batches (and convolution groups): both operands move
//   line    lines of rows: output rows of a convolution; 1 in a matrix product
//   row     rows of the left operand, `rowStride` apart: M, or output columns
//   column  N, or output channels: contiguous in the right operand
//
// Loops, outermost first (parallel over the first three together):
//
//   outer > block of row tiles > column tile > row tiles of the block
//
// A block is as many row tiles as keep their left operand within a third of L2,
// so that one sliver of the right operand, [K][NR], serves the whole block out
// of L2; where the right operand as a whole is small, a block is one row tile,
// which then stays in L1 while all column tiles pass over it.
//
// Row tiles are balanced: ceil(rows / MR) of them, with heights differing by at
// most one. A width known only at run time is cut into tiles of MR rows and
// then of 8, 4, 2 and 1; one that is a multiple of some number into tiles of
// which that is a multiple, where they are nearly as tall, and none is left.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_TEMPLATES_CONTRACTIONNEST_H
#define DLC_LIB_CODEGEN_CPU_TEMPLATES_CONTRACTIONNEST_H

#include "RegisterTile.h"
#include "dlc/Codegen/CPU/TargetInfo.h"

namespace dlc::cpu {

struct OuterLoop {
  mlir::OpFoldResult count, lhsStride, rhsStride;
};

/// Accumulator rows and vectors of the register tile.
struct TileShape {
  int64_t rows = 1, vectors = 1;
};

/// The register tile for `rows` (kDynamic if unknown) by `columns` sums:
/// rows * vectors + vectors + 1 registers at most, as little padding as can be.
TileShape chooseTileShape(int64_t rows, int64_t columns, int64_t elementBits,
                          const TargetInfo &target);

/// Vectors of the column tile for a right operand packed ahead, where the rows
/// are not known to be few.
int64_t choosePackedVectors(int64_t rows, int64_t columns, int64_t elementBits,
                            const TargetInfo &target);

/// The rows per tile, of `most` that there may be, for rows of which is known that they
/// are a multiple of `multiple`.
int64_t chooseTileRows(int64_t most, int64_t multiple);

/// `pitch`, the elements (of 4 bytes) between neighbours of which every
/// `stride`-th is a row of a register tile; one cache line more where the rows
/// would otherwise fall into one or two sets of L1 and evict each other.
int64_t avoidSetConflicts(int64_t pitch, int64_t stride = 1);

struct ContractionNest {
  llvm::SmallVector<OuterLoop> outer;
  mlir::OpFoldResult lines, lineStride;
  mlir::OpFoldResult rows, rowStride;
  int64_t rowsMultiple = 1; ///< what rows known at run time only are a multiple of
  mlir::OpFoldResult columns;
  llvm::SmallVector<ContractionLoop> loops;
  /// Where the operands' elements start; null: at 0.
  mlir::OpFoldResult lhsStart, rhsStart;
  mlir::OpFoldResult columnTileStride; ///< rhs elements between column tiles
  /// Where the right operand in memory is but some column tiles: the first one's number,
  /// and how many they are.
  mlir::Value firstColumnTile;
  mlir::OpFoldResult numColumnTiles;
  bool rhsPadded = false; ///< rhs column tiles are whole (packed with zeros)
  TileShape tile;
  int64_t lanes = 16;
};

/// Where a finished register tile goes.
struct TilePosition {
  llvm::SmallVector<mlir::Value> outer;
  mlir::Value line, row, column; ///< of the tile's first sum
  int64_t rows, vectors, lanes;
  llvm::SmallVector<mlir::Value> masks; ///< as in RegisterTile
  mlir::Value validColumns;             ///< index; null: all of them
};
using TileSink = llvm::function_ref<void(mlir::ImplicitLocOpBuilder &, const TilePosition &,
                                         llvm::ArrayRef<mlir::Value> sums)>;

/// The sums' starting values; may move the position's column (to a group's).
using TileSource = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::ImplicitLocOpBuilder &, TilePosition &)>;

/// Emits the whole nest on flat buffers; `source` gives the starting values of
/// each register tile, `sink` emits what is done with its sums.
void emitContractionNest(mlir::ImplicitLocOpBuilder &b, const ContractionNest &nest,
                         const TargetInfo &target, mlir::Value lhs, mlir::Value rhs,
                         TileSource source, TileSink sink);

} // namespace dlc::cpu

#endif // DLC_LIB_CODEGEN_CPU_TEMPLATES_CONTRACTIONNEST_H
