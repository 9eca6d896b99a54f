//===- ForwardControlFlow.cpp - tangents through scf ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A tangent travels beside its value: out of a branch, and around a loop.
//
//===----------------------------------------------------------------------===//

#include "Modes.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

/// The numbers of the values that carry derivatives.
static SmallVector<unsigned> getDifferentiable(TypeRange types) {
  return llvm::filter_to_vector(llvm::seq<unsigned>(0, types.size()),
                                [&](unsigned i) { return isDifferentiable(types[i]); });
}

/// Appends to a terminator's operands the tangents of those at `numbers`, whose
/// number is counted from operand `first` on.
static void appendTangents(Operation *terminator, ArrayRef<unsigned> numbers, unsigned first,
                           llvm::function_ref<Value(TensorBuilder &, Value)> getTangent) {
  OpBuilder builder(terminator);
  TensorBuilder b(builder, terminator->getLoc());
  SmallVector<Value> operands(terminator->getOperands());
  for (unsigned i : numbers)
    operands.push_back(getTangent(b, terminator->getOperand(first + i)));
  terminator->setOperands(operands);
}

/// Replaces an op by one that gives the tangents of results `numbers`, too, after
/// the others.
void ForwardMode::replaceByWhole(Operation *op, Operation *whole, ArrayRef<unsigned> numbers) {
  unsigned count = op->getNumResults();
  op->replaceAllUsesWith(whole->getResults().take_front(count));
  op->erase();
  for (auto [i, number] : llvm::enumerate(numbers))
    setTangent(whole->getResult(number), whole->getResult(count + i));
}

LogicalResult ForwardMode::runOnIf(scf::IfOp op) {
  if (op.getNumResults() == 0)
    return success();
  SmallVector<unsigned> numbers;
  for (Region &region : op->getRegions())
    if (failed(run(region.front())))
      return failure();
  for (unsigned i : getDifferentiable(op.getResultTypes()))
    if (getTangent(op.thenYield().getOperand(i)) || getTangent(op.elseYield().getOperand(i)))
      numbers.push_back(i);
  if (numbers.empty())
    return success();
  SmallVector<Type> types(op.getResultTypes());
  for (unsigned i : numbers)
    types.push_back(op.getResult(i).getType());
  OpBuilder builder(op);
  auto whole = scf::IfOp::create(builder, op.getLoc(), types, op.getCondition());
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), whole->getRegions())) {
    to.takeBody(from);
    appendTangents(to.front().getTerminator(), numbers, 0,
                   [&](TensorBuilder &b, Value value) { return getOrZero(b, value); });
  }
  replaceByWhole(op, whole, numbers);
  return success();
}

LogicalResult ForwardMode::runOnFor(scf::ForOp op) {
  if (op.getNumResults() == 0)
    return success();
  SmallVector<unsigned> numbers = getDifferentiable(op.getResultTypes());
  OpBuilder builder(op);
  TensorBuilder b(builder, op.getLoc());
  SmallVector<Value> inits(op.getInitArgs());
  for (unsigned i : numbers)
    inits.push_back(getOrZero(b, op.getInitArgs()[i]));
  auto whole = scf::ForOp::create(b, op.getLowerBound(), op.getUpperBound(), op.getStep(), inits,
                                  nullptr, op.getUnsignedCmp());
  whole.getRegion().takeBody(op.getRegion());
  for (unsigned i : numbers) {
    Value argument = whole.getRegionIterArgs()[i];
    setTangent(argument, whole.getBody()->addArgument(argument.getType(), argument.getLoc()));
  }
  if (failed(run(*whole.getBody())))
    return failure();
  appendTangents(whole.getBody()->getTerminator(), numbers, 0,
                 [&](TensorBuilder &b, Value value) { return getOrZero(b, value); });
  replaceByWhole(op, whole, numbers);
  return success();
}

LogicalResult ForwardMode::runOnWhile(scf::WhileOp op) {
  SmallVector<unsigned> carried = getDifferentiable(op.getInits().getTypes());
  SmallVector<unsigned> passed = getDifferentiable(op.getResultTypes());
  OpBuilder builder(op);
  TensorBuilder b(builder, op.getLoc());
  SmallVector<Value> inits(op.getInits());
  for (unsigned i : carried)
    inits.push_back(getOrZero(b, op.getInits()[i]));
  SmallVector<Type> types(op.getResultTypes());
  for (unsigned i : passed)
    types.push_back(op.getResult(i).getType());
  auto whole = scf::WhileOp::create(b, types, inits);
  whole.getBefore().takeBody(op.getBefore());
  whole.getAfter().takeBody(op.getAfter());
  auto orZero = [&](TensorBuilder &b, Value value) { return getOrZero(b, value); };
  auto addArguments = [&](Block &block, ArrayRef<unsigned> numbers) {
    for (unsigned i : numbers) {
      Value argument = block.getArgument(i);
      setTangent(argument, block.addArgument(argument.getType(), argument.getLoc()));
    }
    return run(block);
  };
  if (failed(addArguments(*whole.getBeforeBody(), carried)) ||
      failed(addArguments(*whole.getAfterBody(), passed)))
    return failure();
  // scf.condition has the condition before the values that it passes on.
  appendTangents(whole.getConditionOp(), passed, 1, orZero);
  appendTangents(whole.getYieldOp(), carried, 0, orZero);
  replaceByWhole(op, whole, passed);
  return success();
}
