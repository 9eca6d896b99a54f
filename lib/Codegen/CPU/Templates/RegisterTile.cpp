//===- RegisterTile.cpp - a tile of sums held in registers ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"

#include "../LoopNest.h"

using namespace mlir;
using namespace dlc::cpu;

Value dlc::cpu::materialize(ImplicitLocOpBuilder &b, OpFoldResult value) {
  return getValueOrCreateConstantIndexOp(b, b.getLoc(), value);
}

OpFoldResult dlc::cpu::addIndex(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return b.getIndexAttr(*cx + *cy);
  if (cx && *cx == 0)
    return y;
  if (cy && *cy == 0)
    return x;
  return arith::AddIOp::create(b, materialize(b, x), materialize(b, y),
                               arith::IntegerOverflowFlags::nsw)
      .getResult();
}

OpFoldResult dlc::cpu::mulIndex(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return b.getIndexAttr(*cx * *cy);
  if ((cx && *cx == 0) || (cy && *cy == 0))
    return b.getIndexAttr(0);
  if (cx && *cx == 1)
    return y;
  if (cy && *cy == 1)
    return x;
  return arith::MulIOp::create(b, materialize(b, x), materialize(b, y),
                               arith::IntegerOverflowFlags::nsw)
      .getResult();
}

OpFoldResult dlc::cpu::ceilDivIndex(ImplicitLocOpBuilder &b, OpFoldResult x, int64_t y) {
  if (auto c = getConstantIntValue(x))
    return b.getIndexAttr(llvm::divideCeil(*c, y));
  Value sum = materialize(b, addIndex(b, x, b.getIndexAttr(y - 1)));
  return arith::DivUIOp::create(b, sum, arith::ConstantIndexOp::create(b, y)).getResult();
}

Value dlc::cpu::flatten(ImplicitLocOpBuilder &b, Value memref) {
  auto type = llvm::cast<MemRefType>(memref.getType());
  if (type.getRank() == 1)
    return memref;
  if (type.getRank() == 0)
    return memref::ExpandShapeOp::create(b, MemRefType::get({1}, type.getElementType()),
                                         memref, ArrayRef<ReassociationIndices>{});
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  return memref::CollapseShapeOp::create(b, memref, ArrayRef<ReassociationIndices>{all});
}

Value dlc::cpu::beginParallel(ImplicitLocOpBuilder &b, OpFoldResult count, int64_t work) {
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ParallelOp::create(b, ValueRange{zero}, ValueRange{materialize(b, count)},
                                      ValueRange{one});
  loop->setAttr(kWorkAttrName, b.getI64IntegerAttr(std::max<int64_t>(work, 1)));
  b.setInsertionPointToStart(loop.getBody());
  return loop.getInductionVars()[0];
}

void dlc::cpu::endParallel(ImplicitLocOpBuilder &b) {
  b.setInsertionPointAfter(b.getInsertionBlock()->getParentOp());
}

Value dlc::cpu::createMask(ImplicitLocOpBuilder &b, int64_t lanes, OpFoldResult valid) {
  auto type = VectorType::get({lanes}, b.getI1Type());
  if (auto count = getConstantIntValue(valid)) {
    SmallVector<bool> bits(lanes);
    for (int64_t i = 0; i < lanes; ++i)
      bits[i] = i < *count;
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, bits));
  }
  auto numbers = VectorType::get({lanes}, b.getI32Type());
  SmallVector<int32_t> steps(llvm::to_vector(llvm::seq<int32_t>(0, lanes)));
  Value step = arith::ConstantOp::create(b, DenseElementsAttr::get(numbers, ArrayRef(steps)));
  Value bound = arith::IndexCastOp::create(b, b.getI32Type(), llvm::cast<Value>(valid));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, step,
                               vector::BroadcastOp::create(b, numbers, bound));
}

namespace {
/// Emits the contraction's loop nest; carries the accumulators as loop values.
class TileEmitter {
public:
  TileEmitter(ImplicitLocOpBuilder &b, const RegisterTile &tile, Value lhs, Value rhs)
      : b(b), tile(tile), lhs(lhs), rhs(rhs),
        element(llvm::cast<MemRefType>(lhs.getType()).getElementType()),
        vector(VectorType::get({tile.lanes}, element)) {}

  SmallVector<Value> emitLoops(size_t depth, Value lhsBase, Value rhsBase,
                               SmallVector<Value> sums) {
    if (depth == tile.loops.size())
      return emitStep(lhsBase, rhsBase, sums);
    const ContractionLoop &loop = tile.loops[depth];
    bool innermost = depth + 1 == tile.loops.size();
    int64_t unroll = innermost ? tile.unroll : 1;
    std::optional<int64_t> count = getConstantIntValue(loop.count);
    if (count && *count <= unroll)
      return emitUnrolled(depth, *count, lhsBase, rhsBase, std::move(sums));
    if (unroll == 1)
      return emitLoop(depth, b.getIndexAttr(0), loop.count, 1, lhsBase, rhsBase,
                      std::move(sums));
    // The unrolled part, then what is left.
    OpFoldResult main;
    if (count)
      main = b.getIndexAttr(*count / unroll * unroll);
    else {
      Value n = materialize(b, loop.count), u = arith::ConstantIndexOp::create(b, unroll);
      main = Value(arith::SubIOp::create(b, n, arith::RemUIOp::create(b, n, u)));
    }
    sums = emitLoop(depth, b.getIndexAttr(0), main, unroll, lhsBase, rhsBase,
                    std::move(sums));
    if (count && *count % unroll == 0)
      return sums;
    return emitLoop(depth, main, loop.count, 1, lhsBase, rhsBase, std::move(sums));
  }

private:
  SmallVector<Value> emitLoop(size_t depth, OpFoldResult begin, OpFoldResult end,
                              int64_t step, Value lhsBase, Value rhsBase,
                              SmallVector<Value> sums) {
    auto loop = scf::ForOp::create(b, materialize(b, begin), materialize(b, end),
                                   arith::ConstantIndexOp::create(b, step), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value iv = loop.getInductionVar();
    const ContractionLoop &spec = tile.loops[depth];
    Value lhsAt = materialize(b, addIndex(b, lhsBase, mulIndex(b, iv, spec.lhsStride)));
    Value rhsAt = materialize(b, addIndex(b, rhsBase, mulIndex(b, iv, spec.rhsStride)));
    SmallVector<Value> carried(loop.getRegionIterArgs());
    carried = emitUnrolled(depth, step, lhsAt, rhsAt, std::move(carried));
    scf::YieldOp::create(b, carried);
    return SmallVector<Value>(loop.getResults());
  }

  SmallVector<Value> emitUnrolled(size_t depth, int64_t count, Value lhsBase, Value rhsBase,
                                  SmallVector<Value> sums) {
    const ContractionLoop &spec = tile.loops[depth];
    for (int64_t step = 0; step < count; ++step) {
      OpFoldResult at = b.getIndexAttr(step);
      Value lhsAt = materialize(b, addIndex(b, lhsBase, mulIndex(b, at, spec.lhsStride)));
      Value rhsAt = materialize(b, addIndex(b, rhsBase, mulIndex(b, at, spec.rhsStride)));
      sums = emitLoops(depth + 1, lhsAt, rhsAt, std::move(sums));
    }
    return sums;
  }

  SmallVector<Value> emitStep(Value lhsAt, Value rhsAt, SmallVector<Value> sums) {
    SmallVector<Value> columns;
    for (int64_t j = 0; j < tile.vectors; ++j)
      columns.push_back(loadColumn(rhsAt, j));
    for (int64_t i = 0; i < tile.rows; ++i) {
      OpFoldResult offset = mulIndex(b, b.getIndexAttr(i), tile.rowStride);
      Value at = materialize(b, addIndex(b, lhsAt, offset));
      Value scalar = memref::LoadOp::create(b, lhs, at);
      Value row = vector::BroadcastOp::create(b, vector, scalar);
      for (int64_t j = 0; j < tile.vectors; ++j) {
        Value &sum = sums[i * tile.vectors + j];
        sum = vector::FMAOp::create(b, row, columns[j], sum);
      }
    }
    return sums;
  }

  Value loadColumn(Value rhsAt, int64_t j) {
    Value at = materialize(b, addIndex(b, rhsAt, b.getIndexAttr(j * tile.lanes)));
    if (tile.masks.empty())
      return vector::LoadOp::create(b, vector, rhs, ValueRange{at});
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vector));
    return vector::MaskedLoadOp::create(b, vector, rhs, ValueRange{at}, tile.masks[j], zero);
  }

  ImplicitLocOpBuilder &b;
  const RegisterTile &tile;
  Value lhs, rhs;
  Type element;
  VectorType vector;
};
} // namespace

SmallVector<Value> dlc::cpu::emitRegisterTile(ImplicitLocOpBuilder &b,
                                              const RegisterTile &tile, Value lhs,
                                              Value lhsBase, Value rhs, Value rhsBase,
                                              ValueRange init) {
  SmallVector<Value> sums(init);
  if (sums.empty()) {
    Type element = llvm::cast<MemRefType>(lhs.getType()).getElementType();
    Value zero = arith::ConstantOp::create(
        b, b.getZeroAttr(VectorType::get({tile.lanes}, element)));
    sums.assign(tile.rows * tile.vectors, zero);
  }
  return TileEmitter(b, tile, lhs, rhs).emitLoops(0, lhsBase, rhsBase, std::move(sums));
}
