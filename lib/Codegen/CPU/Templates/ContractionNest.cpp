//===- ContractionNest.cpp - loops around the register tile ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionNest.h"

#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace dlc::cpu;

//===----------------------------------------------------------------------===//
// The register tile's shape
//===----------------------------------------------------------------------===//

/// Accumulators, one vector of rhs each, one broadcast: what must fit.
static bool fits(int64_t rows, int64_t vectors, const TargetInfo &target) {
  return rows * vectors + vectors + 1 <= target.vectorRegisters;
}

/// The rows per tile, at most `most`, that leave the fewest tile rows unused:
/// `rows` cut into ceil(rows / r) balanced tiles.
static int64_t balancedRows(int64_t rows, int64_t most) {
  if (ShapedType::isDynamic(rows))
    return most;
  rows = std::max<int64_t>(rows, 1); // an empty batch
  return llvm::divideCeil(rows, llvm::divideCeil(rows, most));
}

int64_t dlc::cpu::choosePackedVectors(int64_t rows, int64_t columns, int64_t elementBits,
                                      const TargetInfo &target) {
  return chooseTileShape(rows, columns, elementBits, target).vectors;
}

TileShape dlc::cpu::chooseTileShape(int64_t rows, int64_t columns, int64_t elementBits,
                                    const TargetInfo &target) {
  int64_t lanes = target.lanes(elementBits);
  int64_t columnVectors =
      ShapedType::isDynamic(columns) ? 64 : llvm::divideCeil(std::max<int64_t>(columns, 1), lanes);
  TileShape best;
  double bestCost = 0;
  for (int64_t vectors = 1; vectors <= std::min<int64_t>(columnVectors, 6); ++vectors) {
    int64_t most = 1;
    while (fits(most + 1, vectors, target))
      ++most;
    if (!fits(most, vectors, target))
      break;
    int64_t tileRows = balancedRows(rows, most);
    // Per contracted position a tile loads `vectors` vectors and broadcasts
    // `tileRows` scalars (two loads a cycle), and does the products two a
    // cycle, with four cycles of latency to cover.
    double work = std::max({double(tileRows * vectors) / 2,
                            double(tileRows + vectors) / 2, 4.0});
    int64_t paddedVectors = llvm::divideCeil(columnVectors, vectors) * vectors;
    double cost = work / double(tileRows * vectors) * double(paddedVectors);
    // Wider tiles need less traffic on the left operand, taller ones on the
    // right, padding included, which comes from L2: weigh the latter.
    cost *= 1.0 + 0.05 / double(vectors);
    cost += 0.175 / double(tileRows) * double(paddedVectors);
    if (best.rows * best.vectors == 1 || cost < bestCost * 0.999) {
      best = {tileRows, vectors};
      bestCost = cost;
    }
  }
  return best;
}

int64_t dlc::cpu::chooseTileRows(int64_t most, int64_t multiple) {
  for (int64_t rows = most; rows * 5 >= most * 3; --rows)
    if (multiple % rows == 0)
      return rows;
  return most;
}

int64_t dlc::cpu::avoidSetConflicts(int64_t pitch, int64_t stride) {
  return pitch * stride * 4 % 2048 == 0 ? pitch + 16 : pitch;
}

//===----------------------------------------------------------------------===//
// The nest
//===----------------------------------------------------------------------===//

static Value constantIndex(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

/// Quotient and remainder by a size; no code where the size is 1.
static std::pair<Value, Value> divRem(ImplicitLocOpBuilder &b, Value x, OpFoldResult y) {
  if (getConstantIntValue(y) == 1)
    return {x, constantIndex(b, 0)};
  Value divisor = materialize(b, y);
  return {arith::DivUIOp::create(b, x, divisor), arith::RemUIOp::create(b, x, divisor)};
}

namespace {
class NestEmitter {
public:
  NestEmitter(ImplicitLocOpBuilder &b, const ContractionNest &nest, const TargetInfo &target,
              Value lhs, Value rhs, TileSource source, TileSink sink)
      : b(b), nest(nest), target(target), lhs(lhs), rhs(rhs), source(source), sink(sink),
        columnsPerTile(nest.tile.vectors * nest.lanes) {}

  void emit() {
    OpFoldResult rowTiles = countRowTiles();
    OpFoldResult tiles = mulIndex(b, nest.lines, rowTiles);
    OpFoldResult columnTiles = ceilDivIndex(b, nest.columns, columnsPerTile);
    OpFoldResult present = nest.firstColumnTile ? nest.numColumnTiles : columnTiles;
    int64_t blockTiles = chooseBlockTiles();
    OpFoldResult blocks = ceilDivIndex(b, tiles, blockTiles);

    OpFoldResult total = mulIndex(b, blocks, present);
    for (const OuterLoop &loop : nest.outer)
      total = mulIndex(b, total, loop.count);
    Value iteration = beginParallel(b, total, blockTiles * workPerTile());

    // total = (outer..., block, column tile), the last fastest.
    auto [rest, columnTile] = divRem(b, iteration, present);
    auto [outerRest, block] = divRem(b, rest, blocks);
    TilePosition position;
    position.outer.resize(nest.outer.size());
    OpFoldResult lhsBase = nest.lhsStart ? nest.lhsStart : b.getIndexAttr(0);
    OpFoldResult rhsBase = mulIndex(b, columnTile, nest.columnTileStride);
    if (nest.rhsStart)
      rhsBase = addIndex(b, rhsBase, nest.rhsStart);
    for (int64_t i = nest.outer.size() - 1; i >= 0; --i) {
      const OuterLoop &loop = nest.outer[i];
      if (i == 0)
        position.outer[i] = outerRest;
      else
        std::tie(outerRest, position.outer[i]) = divRem(b, outerRest, loop.count);
      lhsBase = addIndex(b, lhsBase, mulIndex(b, position.outer[i], loop.lhsStride));
      rhsBase = addIndex(b, rhsBase, mulIndex(b, position.outer[i], loop.rhsStride));
    }
    if (nest.firstColumnTile)
      columnTile = arith::AddIOp::create(b, nest.firstColumnTile, columnTile);
    position.column = materialize(b, mulIndex(b, columnTile, b.getIndexAttr(columnsPerTile)));
    position.lanes = nest.lanes;
    lhsOuter = materialize(b, lhsBase);
    rhsTile = materialize(b, rhsBase);

    Value first = materialize(b, mulIndex(b, block, b.getIndexAttr(blockTiles)));
    Value end = arith::MinUIOp::create(
        b, arith::AddIOp::create(b, first, constantIndex(b, blockTiles)),
        materialize(b, tiles));
    emitColumnVariants(position, columnTile, columnTiles, first, end, rowTiles);
    endParallel(b);
  }

private:
  /// Row tiles in a line. With rows known at run time only: tiles of the full
  /// height and one for the rest.
  OpFoldResult countRowTiles() { return ceilDivIndex(b, nest.rows, nest.tile.rows); }

  /// Contracted positions, guessed where not known.
  int64_t contractedSize() {
    int64_t contracted = 1;
    for (const ContractionLoop &loop : nest.loops)
      contracted *= getConstantIntValue(loop.count).value_or(256);
    return contracted;
  }

  /// Vector operations of one register tile.
  int64_t workPerTile() { return contractedSize() * nest.tile.rows * nest.tile.vectors; }

  int64_t chooseBlockTiles() {
    int64_t contracted = contractedSize();
    int64_t columns = getConstantIntValue(nest.columns).value_or(256);
    int64_t bytes = 4;
    if (columns <= 8 * columnsPerTile && contracted * columns * bytes <= target.l2Bytes / 2)
      return std::max<int64_t>(1, 8192 / (contracted * nest.tile.rows));
    int64_t tiles = target.l2Bytes / 3 / (contracted * nest.tile.rows * bytes);
    return std::clamp<int64_t>(tiles, 1, 64);
  }

  void emitColumnVariants(TilePosition position, Value columnTile, OpFoldResult columnTiles,
                          Value first, Value end, OpFoldResult rowTiles) {
    auto columns = getConstantIntValue(nest.columns);
    if (columns && *columns % columnsPerTile == 0)
      return emitRowTiles(position, nest.tile.vectors, first, end, rowTiles);
    auto setTail = [&](ImplicitLocOpBuilder &b) {
      Value all = materialize(b, nest.columns);
      position.validColumns = arith::SubIOp::create(b, all, position.column);
      int64_t vectors = columns ? llvm::divideCeil(*columns % columnsPerTile, nest.lanes)
                                : nest.tile.vectors;
      for (int64_t j = 0; j < vectors; ++j) {
        OpFoldResult valid;
        if (columns)
          valid = b.getIndexAttr(std::min(*columns % columnsPerTile - j * nest.lanes, nest.lanes));
        else
          valid = arith::SubIOp::create(b, position.validColumns,
                                        constantIndex(b, j * nest.lanes))
                      .getResult();
        position.masks.push_back(createMask(b, nest.lanes, valid));
      }
      return vectors;
    };
    if (columns && *columns < columnsPerTile) {
      int64_t vectors = setTail(b);
      return emitRowTiles(position, vectors, first, end, rowTiles);
    }
    Value last = arith::SubIOp::create(b, materialize(b, columnTiles), constantIndex(b, 1));
    Value isLast =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, columnTile, last);
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.elseBlock());
    emitRowTiles(position, nest.tile.vectors, first, end, rowTiles);
    b.setInsertionPointToStart(branch.thenBlock());
    int64_t vectors = setTail(b);
    emitRowTiles(position, vectors, first, end, rowTiles);
  }

  void emitRowTiles(TilePosition position, int64_t vectors, Value first, Value end,
                    OpFoldResult rowTiles) {
    position.vectors = vectors;
    auto loop = scf::ForOp::create(b, first, end, constantIndex(b, 1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value tile = loop.getInductionVar();
    position.line = constantIndex(b, 0);
    if (getConstantIntValue(nest.lines) != 1)
      std::tie(position.line, tile) = divRem(b, tile, rowTiles);
    auto rows = getConstantIntValue(nest.rows);
    if (!rows)
      return emitDynamicRows(position, tile);
    int64_t count = *getConstantIntValue(rowTiles);
    int64_t tall = llvm::divideCeil(*rows, count), numTall = *rows % count;
    if (numTall == 0)
      return emitTile(position, tall,
                      materialize(b, mulIndex(b, tile, b.getIndexAttr(tall))));
    Value isTall = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, tile,
                                         constantIndex(b, numTall));
    // tile * low + min(tile, numTall)
    Value row = materialize(
        b, addIndex(b, mulIndex(b, tile, b.getIndexAttr(tall - 1)),
                    Value(arith::MinUIOp::create(b, tile, constantIndex(b, numTall)))));
    auto branch = scf::IfOp::create(b, isTall, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitTile(position, tall, row);
    b.setInsertionPointToStart(branch.elseBlock());
    emitTile(position, tall - 1, row);
  }

  /// Full tiles, and for what is left tiles of falling powers of two, counted in the
  /// rows that both the full tile and all rows are a multiple of.
  void emitDynamicRows(TilePosition position, Value tile) {
    int64_t full = nest.tile.rows, unit = std::gcd(full, nest.rowsMultiple);
    Value row = materialize(b, mulIndex(b, tile, b.getIndexAttr(full)));
    if (full == unit)
      return emitTile(position, full, row);
    Value left = arith::SubIOp::create(b, materialize(b, nest.rows), row);
    Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, left,
                                         constantIndex(b, full));
    auto branch = scf::IfOp::create(b, isFull, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitTile(position, full, row);
    b.setInsertionPointToStart(branch.elseBlock());
    Value units = unit == 1 ? left : arith::DivUIOp::create(b, left, constantIndex(b, unit));
    for (int64_t count = llvm::bit_floor(uint64_t(full / unit - 1)); count >= 1; count /= 2) {
      Value bit = arith::AndIOp::create(b, units, constantIndex(b, count));
      Value present = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit,
                                            constantIndex(b, 0));
      auto part = scf::IfOp::create(b, present);
      {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(part.thenBlock());
        emitTile(position, count * unit, row);
      }
      row = materialize(b, addIndex(b, row, mulIndex(b, bit, b.getIndexAttr(unit))));
    }
  }

  void emitTile(TilePosition position, int64_t rows, Value row) {
    position.rows = rows;
    position.row = row;
    RegisterTile tile;
    tile.rows = rows;
    tile.vectors = position.vectors;
    tile.lanes = nest.lanes;
    if (!nest.rhsPadded)
      tile.masks = position.masks;
    tile.rowStride = nest.rowStride;
    tile.loops = nest.loops;
    tile.unroll = rows * position.vectors >= 12 ? 4 : 8;
    OpFoldResult base = addIndex(b, lhsOuter, mulIndex(b, position.line, nest.lineStride));
    base = addIndex(b, base, mulIndex(b, row, nest.rowStride));
    SmallVector<Value> init = source(b, position);
    SmallVector<Value> sums =
        emitRegisterTile(b, tile, lhs, materialize(b, base), rhs, rhsTile, init);
    sink(b, position, sums);
  }

  ImplicitLocOpBuilder &b;
  const ContractionNest &nest;
  const TargetInfo &target;
  Value lhs, rhs;
  TileSource source;
  TileSink sink;
  int64_t columnsPerTile;
  Value lhsOuter, rhsTile;
};
} // namespace

void dlc::cpu::emitContractionNest(ImplicitLocOpBuilder &b, const ContractionNest &nest,
                                   const TargetInfo &target, Value lhs, Value rhs,
                                   TileSource source, TileSink sink) {
  NestEmitter(b, nest, target, lhs, rhs, source, sink).emit();
}
