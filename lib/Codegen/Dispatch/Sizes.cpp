//===- Sizes.cpp - dynamic sizes as host values ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

Sizes::Sizes(func::FuncOp func) : func(func) {}

Value Sizes::constant(int64_t value) {
  Value &slot = constants[value];
  if (!slot) {
    OpBuilder builder = OpBuilder::atBlockBegin(&func.getBody().front());
    slot = arith::ConstantIndexOp::create(builder, func.getLoc(), value);
  }
  return slot;
}

Value Sizes::find(Value size) const {
  for (auto it = unified.find(size); it != unified.end(); it = unified.find(size))
    size = it->second;
  return size;
}

/// Whether `one` comes before `other`, both of the function's own block.
static bool isDefinedBefore(Value one, Value other) {
  Operation *first = one.getDefiningOp(), *second = other.getDefiningOp();
  return second && (!first || first->isBeforeInBlock(second));
}

void Sizes::unify(Value one, Value other) {
  one = find(one), other = find(other);
  if (one == other)
    return;
  // A constant says more than anything else; else what is there first, which all
  // that has the other's size may read.
  if (matchPattern(other, m_Constant()) ||
      (!matchPattern(one, m_Constant()) && isDefinedBefore(other, one)))
    std::swap(one, other);
  unified[other] = one;
}

Value Sizes::get(Value tensor, int64_t dimension) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dimension))
    return constant(type.getDimSize(dimension));
  if (auto it = sizes.find({tensor, dimension}); it != sizes.end())
    return find(it->second);
  Value index = constant(dimension);
  OpBuilder builder(func.getContext());
  builder.setInsertionPointAfterValue(tensor);
  // The constants stand at the function's start, before any use.
  if (auto argument = dyn_cast<BlockArgument>(tensor);
      argument && argument.getOwner() == index.getParentBlock())
    builder.setInsertionPointAfterValue(index);
  Value size = tensor::DimOp::create(builder, tensor.getLoc(), tensor, index);
  set(tensor, dimension, size);
  return size;
}

SmallVector<Value> Sizes::getDynamic(Value tensor) {
  SmallVector<Value> values;
  auto type = cast<RankedTensorType>(tensor.getType());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (type.isDynamicDim(d))
      values.push_back(get(tensor, d));
  return values;
}

void Sizes::set(Value tensor, int64_t dimension, Value size) {
  sizes[{tensor, dimension}] = size;
}

void Sizes::transfer(Value from, Value to) {
  auto type = cast<RankedTensorType>(to.getType());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (type.isDynamicDim(d))
      set(to, d, get(from, d));
}

void Sizes::replaceDim(Operation *op) {
  auto dim = cast<tensor::DimOp>(op);
  std::optional<int64_t> index = dim.getConstantIndex();
  if (!index)
    return;
  Value size = get(dim.getSource(), *index);
  if (size == dim.getResult())
    return;
  dim.replaceAllUsesWith(size);
  dim.erase();
}

Value Sizes::getEqual(Operation *op) {
  Value value = op->getResult(0);
  if (auto dim = dyn_cast<tensor::DimOp>(op); dim && dim.getConstantIndex())
    return get(dim.getSource(), *dim.getConstantIndex());
  if (IntegerAttr number; value.getType().isIndex() && matchPattern(op, m_Constant(&number)))
    return constant(number.getInt());
  if (!isMemoryEffectFree(op) || op->getNumRegions())
    return value;
  auto hash = static_cast<unsigned>(OperationEquivalence::computeHash(
      op, OperationEquivalence::directHashValue, OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations));
  for (Operation *other : known[hash])
    if (other->getBlock() == op->getBlock() &&
        OperationEquivalence::isEquivalentTo(op, other, OperationEquivalence::IgnoreLocations))
      return other->getResult(0);
  known[hash].push_back(op);
  return value;
}

LogicalResult Sizes::resolve(Operation *op) {
  auto isDynamic = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && !tensor.hasStaticShape();
  };
  if (llvm::none_of(op->getResultTypes(), isDynamic))
    return success();
  auto reifiable = dyn_cast<ReifyRankedShapedTypeOpInterface>(op);
  if (!reifiable)
    return failure();

  struct Collector : OpBuilder::Listener {
    SmallVector<Operation *> created;
    void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
      created.push_back(op);
    }
  } collector;
  OpBuilder builder(op->getContext(), &collector);
  builder.setInsertionPoint(op);
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifiable.reifyResultShapes(builder, shapes))) {
    for (Operation *created : llvm::reverse(collector.created))
      created->erase();
    return failure();
  }
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes)) {
    auto type = cast<RankedTensorType>(result.getType());
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        set(result, d, getValueOrCreateConstantIndexOp(builder, op->getLoc(), shape[d]));
  }
  // What was just recorded may be replaced by something known for longer.
  for (Operation *created : collector.created) {
    if (created->getNumResults() != 1)
      continue;
    Value value = created->getResult(0), better = getEqual(created);
    if (better == value)
      continue;
    for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes))
      for (int64_t d = 0, e = shape.size(); d < e; ++d)
        if (auto it = sizes.find({result, d}); it != sizes.end() && it->second == value)
          it->second = better;
    value.replaceAllUsesWith(better);
    created->erase();
  }
  return success();
}
