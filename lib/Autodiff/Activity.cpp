//===- Activity.cpp - what a derivative has to follow ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "grad/IR/GradRevise.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

void Activity::add(Value value) {
  if (isDifferentiable(value.getType()))
    varied.insert(value);
}

SmallVector<Value> Activity::getVariedCaptures(Operation *op) const {
  SetVector<Value> captures;
  getUsedValuesDefinedAbove(op->getRegions(), captures);
  return llvm::filter_to_vector(captures, [&](Value value) { return isVaried(value); });
}

void Activity::propagate(Operation *op) {
  if (isa<grad::StopOp>(op))
    return;
  if (auto revised = dyn_cast<grad::ReviseOp>(op)) {
    if (isVaried(revised.getInput()))
      add(revised.getOutput());
    return;
  }
  bool varies = llvm::any_of(op->getOperands(), [&](Value value) { return isVaried(value); }) ||
                (op->getNumRegions() && !getVariedCaptures(op).empty());
  if (varies)
    for (Value result : op->getResults())
      add(result);
}

//===----------------------------------------------------------------------===//
// Numbers taken out of tensors
//===----------------------------------------------------------------------===//

namespace {
/// Follows floats of all types through a function's ops, and reports where a number
/// that isn't in a tensor becomes part of one. Around a loop until nothing is new.
class NumberPaths {
public:
  bool add(Value value) {
    return isa<FloatType>(getElementTypeOrSelf(value)) && varied.insert(value).second;
  }
  LogicalResult follow(Block &block) {
    for (Operation &op : block.without_terminator())
      if (failed(follow(&op)))
        return failure();
    return success();
  }

private:
  LogicalResult follow(Operation *op);
  LogicalResult followLoop(scf::ForOp op);
  LogicalResult followLoop(scf::WhileOp op);
  bool isNumber(Value value) const {
    return varied.contains(value) && isa<FloatType>(value.getType());
  }
  /// Whether any of `to` is new.
  bool pass(ValueRange from, ValueRange to) {
    bool isNew = false;
    for (auto [source, target] : llvm::zip_equal(from, to))
      isNew |= varied.contains(source) && add(target);
    return isNew;
  }

  DenseSet<Value> varied;
};
} // namespace

LogicalResult NumberPaths::followLoop(scf::ForOp op) {
  pass(op.getInitArgs(), op.getRegionIterArgs());
  do {
    if (failed(follow(*op.getBody())))
      return failure();
  } while (pass(op.getYieldedValues(), op.getRegionIterArgs()));
  pass(op.getRegionIterArgs(), op.getResults());
  return success();
}

LogicalResult NumberPaths::followLoop(scf::WhileOp op) {
  pass(op.getInits(), op.getBeforeArguments());
  do {
    if (failed(follow(*op.getBeforeBody())))
      return failure();
    pass(op.getConditionOp().getArgs(), op.getAfterArguments());
    if (failed(follow(*op.getAfterBody())))
      return failure();
  } while (pass(op.getYieldOp().getOperands(), op.getBeforeArguments()));
  pass(op.getConditionOp().getArgs(), op.getResults());
  return success();
}

LogicalResult NumberPaths::follow(Operation *op) {
  if (isa<grad::StopOp>(op))
    return success();
  if (auto revised = dyn_cast<grad::ReviseOp>(op)) {
    pass(revised.getInput(), revised.getOutput());
    return success();
  }
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return followLoop(loop);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return followLoop(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (Region &region : branch->getRegions())
      for (Block &block : region) {
        if (failed(follow(block)))
          return failure();
        pass(block.getTerminator()->getOperands(), branch.getResults());
      }
    return success();
  }
  SetVector<Value> used(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), used);
  bool hasNumber = llvm::any_of(used, [&](Value value) { return isNumber(value); });
  auto isFollowed = [](Value result) {
    return isDifferentiable(result.getType()) &&
           !llvm::all_of(result.getUsers(), llvm::IsaPred<grad::StopOp>);
  };
  if (hasNumber && llvm::any_of(op->getResults(), isFollowed))
    return op->emitError("has no derivative: a number that was taken out of a tensor becomes part "
                         "of one here, and derivatives are of tensors only; compute with tensors "
                         "without dimensions, or put grad.stop behind it if it is to be constant");
  if (llvm::any_of(used, [&](Value value) { return varied.contains(value); }))
    for (Value result : op->getResults())
      add(result);
  return success();
}

LogicalResult autodiff::checkNumbers(Block &body, ArrayRef<Value> arguments) {
  NumberPaths paths;
  for (Value argument : arguments)
    paths.add(argument);
  return paths.follow(body);
}
