//===- PackedWeights.cpp - the layout of a packed right operand -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedWeights.h"

#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

/// Takes one op of the unpacking away from `operand`, if it is one.
template <typename OpT>
static OpT peel(Value &operand, SmallVectorImpl<Operation *> &unpackOps) {
  auto op = operand.getDefiningOp<OpT>();
  if (op) {
    unpackOps.push_back(op);
    operand = op.getInput();
  }
  return op;
}

std::optional<PackedOperand> PackedOperand::match(Value operand) {
  auto type = llvm::dyn_cast<RankedTensorType>(operand.getType());
  if (!type || !type.hasStaticShape() || type.getRank() < 2)
    return std::nullopt;
  PackedOperand packed;
  packed.columns = type.getShape().back();
  packed.contracted = type.getNumElements() / std::max<int64_t>(packed.columns, 1);
  // The last reshape splits K; the slice is absent where N is a multiple of NR,
  // and the two reshapes are then one.
  if (type.getRank() > 2 && !peel<dl::ReshapeOp>(operand, packed.unpackOps))
    return std::nullopt;
  if (auto slice = peel<dl::SliceOp>(operand, packed.unpackOps)) {
    if (!llvm::all_of(slice.getStartIndices(), [](int64_t s) { return s == 0; }) ||
        !llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }))
      return std::nullopt;
  }
  peel<dl::ReshapeOp>(operand, packed.unpackOps);
  auto transpose = peel<dl::TransposeOp>(operand, packed.unpackOps);
  auto source = llvm::dyn_cast<RankedTensorType>(operand.getType());
  if (!llvm::isa<BlockArgument>(operand) || source.getRank() != 3 ||
      !source.hasStaticShape() || source.getDimSize(1) != packed.contracted)
    return std::nullopt;
  // With a single tile the transposition is a reshape, and merged with it.
  if (transpose ? transpose.getPermutation() != ArrayRef<int64_t>{1, 0, 2}
                : source.getDimSize(0) != 1)
    return std::nullopt;
  packed.tileColumns = source.getDimSize(2);
  int64_t tiles = llvm::divideCeil(packed.columns, packed.tileColumns);
  if (source.getDimSize(0) != tiles)
    return std::nullopt;
  packed.argument = operand;
  return packed;
}

Value dlc::cpu::packColumns(OpBuilder &b, Location loc, Value value, int64_t tileColumns) {
  auto type = llvm::cast<RankedTensorType>(value.getType());
  Type element = type.getElementType();
  int64_t k = type.getDimSize(0), n = type.getDimSize(1);
  int64_t tiles = llvm::divideCeil(n, tileColumns);
  if (tiles * tileColumns != n) {
    auto scalar = RankedTensorType::get({}, element);
    Value zero = dl::ConstantOp::create(
        b, loc, DenseElementsAttr::get(scalar, b.getZeroAttr(element)));
    auto padded = RankedTensorType::get({k, tiles * tileColumns}, element);
    value = dl::PadOp::create(b, loc, padded, value, zero, Value(), Value(),
                              b.getDenseI64ArrayAttr({0, 0}),
                              b.getDenseI64ArrayAttr({0, tiles * tileColumns - n}),
                              b.getDenseI64ArrayAttr({0, 0}), dl::PadMode::constant);
  }
  value = dl::ReshapeOp::create(
      b, loc, RankedTensorType::get({k, tiles, tileColumns}, element), value, Value());
  return dl::TransposeOp::create(b, loc,
                                 RankedTensorType::get({tiles, k, tileColumns}, element), value,
                                 b.getDenseI64ArrayAttr({1, 0, 2}));
}

Value dlc::cpu::unpackColumns(OpBuilder &b, Location loc, Value packed, int64_t columns) {
  auto type = llvm::cast<RankedTensorType>(packed.getType());
  Type element = type.getElementType();
  int64_t tiles = type.getDimSize(0), k = type.getDimSize(1), width = type.getDimSize(2);
  Value value = dl::TransposeOp::create(
      b, loc, RankedTensorType::get({k, tiles, width}, element), packed,
      b.getDenseI64ArrayAttr({1, 0, 2}));
  value = dl::ReshapeOp::create(b, loc, RankedTensorType::get({k, tiles * width}, element),
                                value, Value());
  if (tiles * width == columns)
    return value;
  return dl::SliceOp::create(b, loc, RankedTensorType::get({k, columns}, element), value,
                             b.getDenseI64ArrayAttr({0, 0}),
                             b.getDenseI64ArrayAttr({k, columns}),
                             b.getDenseI64ArrayAttr({1, 1}));
}
