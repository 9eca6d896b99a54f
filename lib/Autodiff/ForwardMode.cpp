//===- ForwardMode.cpp - tangents of straight-line code -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "dlc/Transforms/Decompose.h"
#include "grad/IR/Grad.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

Value ForwardMode::getOrZero(TensorBuilder &b, Value value) {
  Value tangent = getTangent(value);
  return tangent ? tangent : b.splatLike(0.0, value);
}

bool ForwardMode::hasVariedInput(Operation *op) const {
  auto varies = [&](Value value) { return static_cast<bool>(getTangent(value)); };
  if (llvm::any_of(op->getOperands(), varies))
    return true;
  if (op->getNumRegions() == 0)
    return false;
  SetVector<Value> captures;
  getUsedValuesDefinedAbove(op->getRegions(), captures);
  return llvm::any_of(captures, varies);
}

LogicalResult ForwardMode::run(Block &block) {
  // What is written for an op stands before the next of the original ops.
  for (Operation *op : getBody(block))
    if (failed(runOn(op)))
      return failure();
  return success();
}

LogicalResult ForwardMode::runOn(Operation *op) {
  if (isa<grad::StopOp>(op) || !hasVariedInput(op))
    return success();
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return runOnIf(branch);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return runOnFor(loop);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return runOnWhile(loop);
  if (isa<dl::GlobalStoreOp>(op))
    return op->emitError("can't be differentiated: the module's state would have to carry a derivative");
  if (llvm::none_of(op->getResultTypes(), isDifferentiable))
    return success();
  return applyRule(op);
}

LogicalResult ForwardMode::applyRule(Operation *op) {
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  TensorBuilder b(builder, op->getLoc());
  if (const Rule *rule = RuleTable::get().lookup(op->getName().getStringRef())) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(getTangent(operand));
    Forward f(op, b, operands);
    if (failed(rule->forward(f)))
      return failure();
    for (auto [result, tangent] : llvm::zip_equal(op->getResults(), f.getResults()))
      if (tangent && isDifferentiable(result.getType()))
        setTangent(result, b.cast(tangent, result.getType()));
    return success();
  }
  // A composite without a rule: the tangents of the ops it stands for.
  SmallVector<Value> results;
  Operation *next = op->getNextNode();
  if (failed(decomposeComposite(op, b, results)))
    return op->emitError("has no derivative: there is no rule for ") << op->getName();
  SmallVector<Operation *> made;
  for (Operation *each = op->getNextNode(); each != next; each = each->getNextNode())
    made.push_back(each);
  for (Operation *each : made)
    if (failed(runOn(each)))
      return failure();
  b.setInsertionPoint(next);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
    if (Value tangent = getTangent(value); tangent && isDifferentiable(result.getType()))
      setTangent(result, b.cast(tangent, result.getType()));
  return success();
}
