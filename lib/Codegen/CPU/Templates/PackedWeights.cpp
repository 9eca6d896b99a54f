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

std::optional<PackedOperand> PackedOperand::match(Value operand) {
  PackedOperand packed;
  auto type = llvm::dyn_cast<RankedTensorType>(operand.getType());
  if (!type || type.getRank() != 2)
    return std::nullopt;
  packed.contracted = type.getDimSize(0);
  packed.columns = type.getDimSize(1);
  // The slice is absent where N is a multiple of NR.
  if (auto slice = operand.getDefiningOp<dl::SliceOp>()) {
    if (!llvm::all_of(slice.getStartIndices(), [](int64_t s) { return s == 0; }) ||
        !llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }))
      return std::nullopt;
    packed.unpackOps.push_back(slice);
    operand = slice.getInput();
  }
  auto reshape = operand.getDefiningOp<dl::ReshapeOp>();
  auto transpose = reshape ? reshape.getInput().getDefiningOp<dl::TransposeOp>()
                           : dl::TransposeOp();
  if (!transpose || !llvm::isa<BlockArgument>(transpose.getInput()) ||
      transpose.getPermutation() != ArrayRef<int64_t>{1, 0, 2})
    return std::nullopt;
  auto source = llvm::cast<RankedTensorType>(transpose.getInput().getType());
  if (!source.hasStaticShape() || source.getDimSize(1) != packed.contracted)
    return std::nullopt;
  packed.tileColumns = source.getDimSize(2);
  packed.unpackOps.append({reshape, transpose});
  packed.argument = transpose.getInput();
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
