//===- MatmulTemplate.cpp - kernels whose root is a matrix product --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dl.dot_general onto the contraction nest (ContractionNest.h). The right
// operand comes in one of three forms:
//
//   packed       an argument [N/NR][K][NR], read through the inverse of packing
//                (what -dl-pack-weights leaves in the kernel):
//                  transpose [1,0,2] -> reshape [K, N/NR * NR] -> slice [K, N]
//   row-major    columns contiguous: used where it lies
//   otherwise    (contiguous along K, as in q·kᵀ): packed into scratch memory
//                first, batch by batch; a large one (scores of a vocabulary) some
//                column tiles at a time, which then stay in the cache
//
// Rows of the left operand that lie apart (its dimensions [0, 2] where 1 is
// contracted) are outer loops but for the last; contracted dimensions that lie
// apart in an operand are a loop each. Where K is so long that a sliver of the
// right operand, [K][NR], doesn't stay in L2, it is cut into blocks, as in Goto and
// van de Geijn, and the sums of a block wait in scratch memory for the next.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "PackedWeights.h"

#include "dl/IR/Dl.h"
#include "dlc/Codegen/CPU/Templates.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

#define DEBUG_TYPE "dl-matmul-template"

/// Of a right operand that is packed in the kernel, at a time: what stays in the cache
/// that the cores share.
static constexpr int64_t kPackedBytes = 2 << 20;

namespace {
/// Neighbouring dimensions of a contiguous operand seen as one.
struct DimGroup {
  OpFoldResult size, stride;
};
} // namespace

static OpFoldResult dimSize(ImplicitLocOpBuilder &b, Value buffer, int64_t dim) {
  auto type = llvm::cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim))
    return b.getIndexAttr(type.getDimSize(dim));
  return memref::DimOp::create(b, buffer, dim).getResult();
}

/// Row-major strides of a contiguous buffer.
static SmallVector<OpFoldResult> rowMajorStrides(ImplicitLocOpBuilder &b, Value buffer) {
  int64_t rank = llvm::cast<MemRefType>(buffer.getType()).getRank();
  SmallVector<OpFoldResult> strides(rank);
  OpFoldResult stride = b.getIndexAttr(1);
  for (int64_t d = rank - 1; d >= 0; --d) {
    strides[d] = stride;
    if (d > 0)
      stride = mulIndex(b, stride, dimSize(b, buffer, d));
  }
  return strides;
}

static DimGroup groupDims(ImplicitLocOpBuilder &b, Value buffer, ArrayRef<int64_t> dims) {
  SmallVector<OpFoldResult> strides = rowMajorStrides(b, buffer);
  DimGroup group{b.getIndexAttr(1), b.getIndexAttr(0)};
  if (dims.empty())
    return group;
  group.stride = strides[dims.back()];
  for (int64_t dim : dims)
    group.size = mulIndex(b, group.size, dimSize(b, buffer, dim));
  return group;
}

static SmallVector<int64_t> otherDims(int64_t rank, ArrayRef<int64_t> x, ArrayRef<int64_t> y) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(x, d) && !llvm::is_contained(y, d))
      dims.push_back(d);
  return dims;
}

namespace {
/// Contracted dimensions that are neighbours in both operands.
struct Contracted {
  SmallVector<int64_t> lhs, rhs;
};

/// Which operand dimensions play which part in the product.
struct MatmulDims {
  SmallVector<int64_t> lhsBatch, rhsBatch, rhsColumns;
  /// The last rows that are neighbours, and those before them, which lie apart.
  SmallVector<int64_t> lhsRows, lhsOuterRows;
  SmallVector<Contracted> contracted;

  static FailureOr<MatmulDims> match(dl::DotGeneralOp dot) {
    auto lhs = llvm::cast<RankedTensorType>(dot.getLhs().getType());
    auto rhs = llvm::cast<RankedTensorType>(dot.getRhs().getType());
    auto out = llvm::cast<RankedTensorType>(dot.getOutput().getType());
    if (!lhs.getElementType().isF32() || !rhs.getElementType().isF32() ||
        !out.getElementType().isF32())
      return failure();
    MatmulDims dims;
    dims.lhsBatch = llvm::to_vector(dot.getLhsBatching());
    dims.rhsBatch = llvm::to_vector(dot.getRhsBatching());
    dims.lhsRows = otherDims(lhs.getRank(), dims.lhsBatch, dot.getLhsContracting());
    dims.rhsColumns = otherDims(rhs.getRank(), dims.rhsBatch, dot.getRhsContracting());
    for (size_t i = dims.lhsRows.size(); i-- > 1;)
      if (dims.lhsRows[i] != dims.lhsRows[i - 1] + 1) {
        dims.lhsOuterRows.assign(dims.lhsRows.begin(), dims.lhsRows.begin() + i);
        dims.lhsRows.erase(dims.lhsRows.begin(), dims.lhsRows.begin() + i);
        break;
      }
    for (auto [l, r] : llvm::zip(dot.getLhsContracting(), dot.getRhsContracting())) {
      if (dims.contracted.empty() || dims.contracted.back().lhs.back() + 1 != l ||
          dims.contracted.back().rhs.back() + 1 != r)
        dims.contracted.emplace_back();
      dims.contracted.back().lhs.push_back(l);
      dims.contracted.back().rhs.push_back(r);
    }
    // One column dimension, so that a row of the result is one run; what must be packed
    // is contracted along one stride.
    bool isRowMajor = dims.rhsColumns == ArrayRef<int64_t>{rhs.getRank() - 1};
    if (dims.rhsColumns.size() != 1 || dims.contracted.empty() ||
        (!isRowMajor && dims.contracted.size() != 1))
      return failure();
    return dims;
  }
};

class MatmulEmitter {
public:
  MatmulEmitter(func::FuncOp kernel, dl::DotGeneralOp dot, const MatmulDims &dims,
                std::optional<PackedOperand> packed, const Epilogue &epilogue)
      : dot(dot), dims(dims), packed(packed), epilogue(epilogue),
        target(TargetInfo::get(kernel)), b(dot.getLoc(), kernel.getContext()),
        buffers(kernel, b) {}

  void emit() {
    lhs = buffers.input(dot.getLhs());
    rhs = buffers.input(packed ? packed->argument : dot.getRhs());
    DimGroup rows = groupDims(b, lhs, dims.lhsRows);
    for (const Contracted &group : dims.contracted) {
      lhsContract.push_back(groupDims(b, lhs, group.lhs));
      rhsContract.push_back(groupDims(b, rhs, group.rhs));
    }
    lhsStrides = rowMajorStrides(b, lhs);
    nest.lanes = target.lanes(32);
    nest.lines = b.getIndexAttr(1);
    nest.lineStride = b.getIndexAttr(0);
    nest.rows = rows.size;
    nest.rowStride = rows.stride;
    for (int64_t dim : dims.lhsBatch)
      nest.outer.push_back({dimSize(b, lhs, dim), lhsStrides[dim], b.getIndexAttr(0)});
    bool isReady = useRhs(getConstantIntValue(rows.size).value_or(ShapedType::kDynamic));
    Value flatLhs = spreadRows();
    if (epilogue.hasFlatRows())
      buffers.flattenRows(b, llvm::cast<RankedTensorType>(dot.getOutput().getType()));
    if (isReady)
      emitNest(flatLhs, flatten(b, rhs));
    else
      emitPackedNests(flatLhs);
    for (Value memory : scratch)
      memref::DeallocOp::create(b, memory);
    buffers.finish(b);
  }

private:
  /// How the nest reads the right operand; false if that has to be packed first.
  bool useRhs(int64_t rowCount) {
    if (packed) {
      OpFoldResult tileWidth = b.getIndexAttr(packed->tileColumns);
      nest.tile = chooseTileRows(rowCount, packed->tileColumns / nest.lanes);
      nest.columns = b.getIndexAttr(packed->columns);
      nest.rhsPadded = true;
      nest.loops = {{lhsContract[0].size, lhsContract[0].stride, tileWidth}};
      nest.columnTileStride = mulIndex(b, lhsContract[0].size, tileWidth);
      return true;
    }
    nest.columns = dimSize(b, rhs, dims.rhsColumns.front());
    int64_t columnCount = getConstantIntValue(nest.columns).value_or(ShapedType::kDynamic);
    nest.tile = chooseTileShape(rowCount, columnCount, 32, target);
    rhsStrides = rowMajorStrides(b, rhs);
    if (dims.rhsColumns.front() + 1 != int64_t(rhsStrides.size()))
      return false;
    for (auto [loop, dim] : llvm::zip(nest.outer, dims.rhsBatch))
      loop.rhsStride = rhsStrides[dim];
    for (auto [left, right] : llvm::zip(lhsContract, rhsContract))
      nest.loops.push_back({left.size, left.stride, right.stride});
    nest.columnTileStride = b.getIndexAttr(nest.tile.vectors * nest.lanes);
    return true;
  }

  /// The nest on the right operand as a whole, or on its column tiles in memory.
  void emitNest(Value flatLhs, Value flatRhs) {
    for (int64_t dim : dims.lhsOuterRows)
      nest.outer.push_back({dimSize(b, lhs, dim), lhsStrides[dim], b.getIndexAttr(0)});
    auto finish = [&](ImplicitLocOpBuilder &b, const TilePosition &position,
                      ArrayRef<Value> sums) {
      epilogue.emit(b, buffers, position, sums,
                    [&](ImplicitLocOpBuilder &b, const TilePosition &position, Value row) {
                      return rowIndices(b, position, row);
                    });
    };
    if (std::optional<int64_t> block = chooseContractedBlock())
      return emitBlocks(*block, flatLhs, flatRhs, finish);
    emitContractionNest(
        b, nest, target, flatLhs, flatRhs,
        [](ImplicitLocOpBuilder &, TilePosition &) { return SmallVector<Value>(); }, finish);
  }

  /// How many contracted positions a block has where a sliver of the right operand,
  /// [K][NR], would leave L2 before the next row tiles pass over it.
  std::optional<int64_t> chooseContractedBlock() {
    constexpr int64_t block = 1024;
    auto rows = getConstantIntValue(nest.rows), count = getConstantIntValue(nest.loops[0].count);
    if (nest.firstColumnTile || nest.loops.size() != 1 || !count || (rows && *rows < 4 * nest.tile.rows) ||
        *count * nest.tile.vectors * nest.lanes * 4 <= target.l2Bytes)
      return std::nullopt;
    return block;
  }

  /// Sums block by block, which wait in scratch for the next one.
  void emitBlocks(int64_t block, Value flatLhs, Value flatRhs, TileSink finish) {
    int64_t width = nest.tile.vectors * nest.lanes;
    OpFoldResult pitch = mulIndex(b, ceilDivIndex(b, nest.columns, width), b.getIndexAttr(width));
    OpFoldResult lines = nest.rows;
    for (const OuterLoop &loop : nest.outer)
      lines = mulIndex(b, lines, loop.count);
    Value sums = allocateScratch(mulIndex(b, lines, pitch));
    auto vector = VectorType::get({nest.lanes}, b.getF32Type());
    auto place = [&](ImplicitLocOpBuilder &b, const TilePosition &position, int64_t i, int64_t j) {
      OpFoldResult line = b.getIndexAttr(0);
      for (auto [loop, index] : llvm::zip(nest.outer, position.outer))
        line = addIndex(b, mulIndex(b, line, loop.count), index);
      line = addIndex(b, mulIndex(b, line, nest.rows), addIndex(b, position.row, b.getIndexAttr(i)));
      return materialize(b, addIndex(b, addIndex(b, mulIndex(b, line, pitch), position.column),
                                     b.getIndexAttr(j * nest.lanes)));
    };
    auto load = [&](ImplicitLocOpBuilder &b, TilePosition &position) {
      SmallVector<Value> loaded;
      for (int64_t i = 0; i < position.rows; ++i)
        for (int64_t j = 0; j < position.vectors; ++j)
          loaded.push_back(vector::LoadOp::create(b, vector, sums, place(b, position, i, j)));
      return loaded;
    };
    auto store = [&](ImplicitLocOpBuilder &b, const TilePosition &position, ArrayRef<Value> tile) {
      for (auto [n, value] : llvm::enumerate(tile))
        vector::StoreOp::create(b, value, sums,
                                place(b, position, n / position.vectors, n % position.vectors));
    };

    Value line = beginParallel(b, lines, getConstantIntValue(pitch).value_or(256));
    {
      OpBuilder::InsertionGuard guard(b);
      Value begin = materialize(b, mulIndex(b, line, pitch));
      auto columns = scf::ForOp::create(b, arith::ConstantIndexOp::create(b, 0),
                                        materialize(b, pitch),
                                        arith::ConstantIndexOp::create(b, nest.lanes));
      b.setInsertionPointToStart(columns.getBody());
      Value at = arith::AddIOp::create(b, begin, columns.getInductionVar());
      vector::StoreOp::create(b, arith::ConstantOp::create(b, b.getZeroAttr(vector)), sums, at);
    }
    endParallel(b);

    ContractionLoop &loop = nest.loops[0];
    int64_t count = *getConstantIntValue(loop.count), before = (count - 1) / block;
    auto byBlock = scf::ForOp::create(b, arith::ConstantIndexOp::create(b, 0),
                                      arith::ConstantIndexOp::create(b, before),
                                      arith::ConstantIndexOp::create(b, 1));
    auto moveTo = [&](OpFoldResult position) {
      nest.lhsStart = mulIndex(b, position, loop.lhsStride);
      nest.rhsStart = mulIndex(b, position, loop.rhsStride);
    };
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(byBlock.getBody());
      loop.count = b.getIndexAttr(block);
      moveTo(mulIndex(b, byBlock.getInductionVar(), b.getIndexAttr(block)));
      emitContractionNest(b, nest, target, flatLhs, flatRhs, load, store);
    }
    loop.count = b.getIndexAttr(count - before * block);
    moveTo(b.getIndexAttr(before * block));
    emitContractionNest(b, nest, target, flatLhs, flatRhs, load, finish);
  }

  TileShape chooseTileRows(int64_t rows, int64_t vectors) {
    int64_t most = (target.vectorRegisters - 1 - vectors) / vectors;
    if (ShapedType::isDynamic(rows))
      return {most, vectors};
    return {int64_t(llvm::divideCeil(rows, llvm::divideCeil(rows, most))), vectors};
  }

  /// The left operand as a flat buffer; a copy with rows further apart where
  /// they would evict each other from L1.
  Value spreadRows() {
    Value flat = flatten(b, lhs);
    const DimGroup &contract = lhsContract[0];
    auto stride = getConstantIntValue(nest.rowStride), size = getConstantIntValue(contract.size);
    if (lhsContract.size() != 1 || !dims.lhsOuterRows.empty() || !stride || !size ||
        stride != size || getConstantIntValue(contract.stride) != 1 ||
        avoidSetConflicts(*stride) == *stride || nest.tile.rows < 4)
      return flat;
    for (auto [position, dim] : llvm::enumerate(dims.lhsBatch))
      if (dim != int64_t(position))
        return flat;
    int64_t pitch = avoidSetConflicts(*stride);
    // Batches and rows are all the dimensions but the last, in order.
    OpFoldResult rows = nest.rows;
    for (OuterLoop &loop : nest.outer)
      rows = mulIndex(b, rows, loop.count);
    Value copy = allocateScratch(mulIndex(b, rows, b.getIndexAttr(pitch)));
    Value row = beginParallel(b, rows, *stride / nest.lanes);
    {
      OpBuilder::InsertionGuard guard(b);
      Value from = materialize(b, mulIndex(b, row, b.getIndexAttr(*stride)));
      Value to = materialize(b, mulIndex(b, row, b.getIndexAttr(pitch)));
      auto loop = scf::ForOp::create(b, arith::ConstantIndexOp::create(b, 0),
                                     arith::ConstantIndexOp::create(b, *stride),
                                     arith::ConstantIndexOp::create(b, 1));
      b.setInsertionPointToStart(loop.getBody());
      Value k = loop.getInductionVar();
      Value value = memref::LoadOp::create(b, flat, Value(arith::AddIOp::create(b, from, k)));
      memref::StoreOp::create(b, value, copy, Value(arith::AddIOp::create(b, to, k)));
    }
    endParallel(b);
    nest.rowStride = b.getIndexAttr(pitch);
    // The strides of batches grow in proportion.
    OpFoldResult batch = mulIndex(b, nest.rows, nest.rowStride);
    for (OuterLoop &loop : llvm::reverse(nest.outer)) {
      loop.lhsStride = batch;
      batch = mulIndex(b, batch, loop.count);
    }
    return copy;
  }

  /// Result indices of a row: batch dimensions, then the row dimensions.
  SmallVector<Value> rowIndices(ImplicitLocOpBuilder &b, const TilePosition &position,
                                Value row) {
    if (epilogue.hasFlatRows()) {
      OpFoldResult flat = b.getIndexAttr(0);
      for (auto [loop, index] : llvm::zip(nest.outer, position.outer))
        flat = addIndex(b, mulIndex(b, flat, loop.count), index);
      return {materialize(b, addIndex(b, mulIndex(b, flat, nest.rows), row))};
    }
    SmallVector<Value> indices(position.outer);
    SmallVector<Value> reversed;
    for (size_t i = dims.lhsRows.size(); i-- > 0;) {
      if (i == 0) {
        reversed.push_back(row);
        break;
      }
      Value size = materialize(b, dimSize(b, lhs, dims.lhsRows[i]));
      reversed.push_back(arith::RemUIOp::create(b, row, size));
      row = arith::DivUIOp::create(b, row, size);
    }
    indices.append(reversed.rbegin(), reversed.rend());
    return indices;
  }

  /// As many column tiles as are packed at a time: all, or what takes kPackedBytes.
  OpFoldResult choosePackedTiles(OpFoldResult tiles, OpFoldResult tileSize) {
    OpFoldResult size = tileSize;
    for (OuterLoop &loop : nest.outer)
      size = mulIndex(b, size, loop.count);
    auto bytes = getConstantIntValue(mulIndex(b, size, b.getIndexAttr(4)));
    if (!bytes)
      return tiles;
    int64_t most = std::max<int64_t>(1, kPackedBytes / std::max<int64_t>(1, *bytes));
    if (auto known = getConstantIntValue(tiles))
      return b.getIndexAttr(std::min(most, *known));
    Value limit = arith::ConstantIndexOp::create(b, most);
    return arith::MinUIOp::create(b, materialize(b, tiles), limit).getResult();
  }

  /// Copies column tiles of the right operand into scratch as [batch...][tiles][K][NR],
  /// columns past the end zero, the form of packed weights; and goes over these.
  void emitPackedNests(Value flatLhs) {
    int64_t width = nest.tile.vectors * nest.lanes;
    OpFoldResult tileWidth = b.getIndexAttr(width);
    OpFoldResult tiles = ceilDivIndex(b, nest.columns, width);
    OpFoldResult tileSize = mulIndex(b, rhsContract[0].size, tileWidth);
    OpFoldResult most = choosePackedTiles(tiles, tileSize);
    // Scratch batches lie in the order of the outer loops.
    OpFoldResult stride = mulIndex(b, most, tileSize);
    for (OuterLoop &loop : llvm::reverse(nest.outer)) {
      loop.rhsStride = stride;
      stride = mulIndex(b, stride, loop.count);
    }
    Value memory = allocateScratch(stride);
    nest.rhsPadded = true;
    nest.loops = {{lhsContract[0].size, lhsContract[0].stride, tileWidth}};
    nest.columnTileStride = tileSize;
    Value zero = arith::ConstantIndexOp::create(b, 0);
    if (isEqualConstantIntOrValue(most, tiles)) {
      packTiles(memory, zero, tiles, tileSize);
      return emitNest(flatLhs, memory);
    }
    Value all = materialize(b, tiles), step = materialize(b, most);
    auto loop = scf::ForOp::create(b, zero, all, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    nest.firstColumnTile = loop.getInductionVar();
    Value left = arith::SubIOp::create(b, all, nest.firstColumnTile);
    nest.numColumnTiles = arith::MinUIOp::create(b, left, step).getResult();
    packTiles(memory, nest.firstColumnTile, nest.numColumnTiles, tileSize);
    emitNest(flatLhs, memory);
  }

  /// Packs `count` column tiles from `first` on.
  void packTiles(Value memory, Value first, OpFoldResult count, OpFoldResult tileSize) {
    int64_t width = nest.tile.vectors * nest.lanes;
    Value flat = flatten(b, rhs);
    OpFoldResult iterations = count;
    for (OuterLoop &loop : nest.outer)
      iterations = mulIndex(b, iterations, loop.count);
    int64_t work = getConstantIntValue(rhsContract[0].size).value_or(256) * width;
    Value iteration = beginParallel(b, iterations, work);
    SmallVector<Value> ivs(nest.outer.size());
    Value divisor = materialize(b, count);
    Value number = arith::RemUIOp::create(b, iteration, divisor);
    Value rest = arith::DivUIOp::create(b, iteration, divisor);
    for (size_t i = nest.outer.size(); i-- > 0;) {
      Value size = materialize(b, nest.outer[i].count);
      ivs[i] = arith::RemUIOp::create(b, rest, size);
      rest = arith::DivUIOp::create(b, rest, size);
    }
    OpFoldResult from = b.getIndexAttr(0), to = mulIndex(b, number, tileSize);
    for (auto [i, iv] : llvm::enumerate(ivs)) {
      from = addIndex(b, from, mulIndex(b, iv, rhsStrides[dims.rhsBatch[i]]));
      to = addIndex(b, to, mulIndex(b, iv, nest.outer[i].rhsStride));
    }
    Value tile = arith::AddIOp::create(b, first, number);
    emitPackTile(flat, memory, materialize(b, from), materialize(b, to), tile, rhsContract[0],
                 rhsStrides[dims.rhsColumns.front()], width);
    endParallel(b);
  }

  /// Memory of `total` elements until the kernel's end.
  Value allocateScratch(OpFoldResult total) {
    SmallVector<Value> sizes;
    auto known = getConstantIntValue(total);
    if (!known)
      sizes.push_back(materialize(b, total));
    auto type = MemRefType::get({known.value_or(ShapedType::kDynamic)}, b.getF32Type());
    scratch.push_back(memref::AllocOp::create(b, type, sizes, b.getI64IntegerAttr(64)));
    return scratch.back();
  }

  /// One column tile: scratch[to + k*NR + j] = rhs[from + k*sk + (tile*NR + j)*sn].
  void emitPackTile(Value flat, Value scratch, Value from, Value to, Value tile,
                    const DimGroup &contract, OpFoldResult columnStride, int64_t width) {
    Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
    Value zeroElement = arith::ConstantOp::create(b, b.getZeroAttr(b.getF32Type()));
    Value column0 = materialize(b, mulIndex(b, tile, b.getIndexAttr(width)));
    Value columns = materialize(b, nest.columns);
    auto byColumn =
        scf::ForOp::create(b, zero, arith::ConstantIndexOp::create(b, width), one);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(byColumn.getBody());
    Value j = byColumn.getInductionVar();
    Value column = arith::AddIOp::create(b, column0, j);
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column, columns);
    Value source =
        materialize(b, addIndex(b, from, mulIndex(b, column, columnStride)));
    Value dest = arith::AddIOp::create(b, to, j);
    auto branch = scf::IfOp::create(b, exists, /*withElseRegion=*/true);
    auto copy = [&](Block *block, bool present) {
      b.setInsertionPointToStart(block);
      auto byK = scf::ForOp::create(b, zero, materialize(b, contract.size), one);
      b.setInsertionPointToStart(byK.getBody());
      Value k = byK.getInductionVar();
      Value value = zeroElement;
      if (present)
        value = memref::LoadOp::create(
            b, flat, materialize(b, addIndex(b, source, mulIndex(b, k, contract.stride))));
      Value at = materialize(b, addIndex(b, dest, mulIndex(b, k, b.getIndexAttr(width))));
      memref::StoreOp::create(b, value, scratch, at);
    };
    copy(branch.thenBlock(), true);
    copy(branch.elseBlock(), false);
  }

  dl::DotGeneralOp dot;
  const MatmulDims &dims;
  std::optional<PackedOperand> packed;
  const Epilogue &epilogue;
  TargetInfo target;
  ImplicitLocOpBuilder b;
  KernelBuffers buffers;
  ContractionNest nest;
  Value lhs, rhs;
  SmallVector<DimGroup> lhsContract, rhsContract; ///< one per loop of the contraction
  SmallVector<OpFoldResult> lhsStrides, rhsStrides;
  SmallVector<Value> scratch;
};
} // namespace

LogicalResult dlc::cpu::lowerMatmulKernel(func::FuncOp kernel) {
  dl::DotGeneralOp dot;
  for (auto op : kernel.getOps<dl::DotGeneralOp>()) {
    if (dot)
      return failure();
    dot = op;
  }
  if (!dot || !llvm::isa<BlockArgument>(dot.getLhs()))
    return failure();
  // There are no tiles of nothing.
  for (Value operand : {dot.getLhs(), dot.getRhs()})
    if (llvm::is_contained(llvm::cast<RankedTensorType>(operand.getType()).getShape(), 0))
      return failure();
  FailureOr<MatmulDims> dims = MatmulDims::match(dot);
  if (failed(dims))
    return failure();
  std::optional<PackedOperand> packed;
  if (llvm::cast<RankedTensorType>(dot.getRhs().getType()).getRank() == 2)
    packed = PackedOperand::match(dot.getRhs());
  if (!packed && !llvm::isa<BlockArgument>(dot.getRhs()))
    return failure();
  if (packed && (!dims->rhsBatch.empty() || dims->rhsColumns.front() != 1))
    return failure();
  llvm::SmallPtrSet<Operation *, 4> operandOps;
  if (packed)
    operandOps.insert(packed->unpackOps.begin(), packed->unpackOps.end());
  FailureOr<Epilogue> epilogue = Epilogue::match(kernel, dot, operandOps);
  if (failed(epilogue))
    return failure();
  MatmulEmitter(kernel, dot, *dims, packed, *epilogue).emit();
  return success();
}
