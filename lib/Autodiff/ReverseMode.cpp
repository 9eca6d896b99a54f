//===- ReverseMode.cpp - cotangents of straight-line code -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "SplitAttention.h"
#include "dlc/Support/DerivativeNames.h"
#include "dlc/Transforms/Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

void autodiff::noteDerivative(Value derivative, Value of, StringRef kind) {
  Operation *op = derivative.getDefiningOp();
  if (op && op->getNumResults() == 1 && !getDerivativeMark(op->getLoc()).first)
    op->setLoc(markDerivative(op->getLoc(), of.getLoc(), kind));
}

SmallVector<Operation *> autodiff::getBody(Block &block) {
  return llvm::map_to_vector(block.without_terminator(), [](Operation &op) { return &op; });
}

void ReverseMode::add(TensorBuilder &b, Value value, Value cotangent) {
  if (!cotangent || !activity.isVaried(value))
    return;
  Value &total = cotangents[value];
  total = sum(b, total, b.cast(cotangent, value.getType()));
  noteDerivative(total, value, "grad");
}

Value ReverseMode::getOrZero(TensorBuilder &b, Value value) {
  Value cotangent = getCotangent(value);
  return cotangent ? cotangent : b.splatLike(0.0, value);
}

void ReverseMode::forget(Operation *op) {
  for (Value result : op->getResults()) {
    activity.forget(result);
    cotangents.erase(result);
  }
}

LogicalResult ReverseMode::run(ArrayRef<Operation *> ops, OpBuilder &builder) {
  for (Operation *op : ops)
    activity.propagate(op);
  for (Operation *op : llvm::reverse(ops))
    if (failed(runOn(op, builder)))
      return failure();
  return success();
}

LogicalResult ReverseMode::runOn(Operation *op, OpBuilder &builder) {
  TensorBuilder b(builder, op->getLoc());
  if (auto store = dyn_cast<dl::GlobalStoreOp>(op); store && activity.isVaried(store.getValue()))
    return op->emitError("can't be differentiated: the module's state would have to carry a derivative");
  auto isNeeded = [&](Value result) { return activity.isVaried(result) && getCotangent(result); };
  if (llvm::none_of(op->getResults(), isNeeded))
    return success();
  LogicalResult answered = success();
  if (auto branch = dyn_cast<scf::IfOp>(op))
    answered = runOnIf(branch, b);
  else if (auto loop = dyn_cast<scf::ForOp>(op))
    answered = runOnFor(loop, b);
  else if (auto loop = dyn_cast<scf::WhileOp>(op))
    answered = runOnWhile(loop, b);
  else
    answered = applyRule(op, b);
  builder.restoreInsertionPoint(b.saveInsertionPoint());
  return answered;
}

LogicalResult ReverseMode::applyRule(Operation *op, TensorBuilder &b) {
  const Rule *rule = RuleTable::get().lookup(op->getName().getStringRef());
  if (!rule)
    return runOnDecomposed(op, b);
  SmallVector<Value> results;
  for (Value result : op->getResults())
    results.push_back(getCotangent(result));
  Reverse r(op, b, results, [&](Value value) { return activity.isVaried(value); });
  if (failed(rule->reverse(r)))
    return failure();
  for (auto [operand, cotangent] : llvm::zip_equal(op->getOperands(), r.getResults()))
    add(b, operand, cotangent);
  return success();
}

LogicalResult ReverseMode::runOnDecomposed(Operation *op, TensorBuilder &b) {
  // The ops are written where the cotangents are, so that what they compute is
  // computed anew and nothing of it is kept.
  Block *block = b.getInsertionBlock();
  Block::iterator at = b.getInsertionPoint();
  Operation *before = at == block->begin() ? nullptr : &*std::prev(at);
  SmallVector<Value> results;
  auto attention = dyn_cast<dl::AttentionOp>(op);
  if (Value whole = attention ? splitAttention(attention, b) : Value())
    results = {whole};
  else if (failed(decomposeComposite(op, b, results)))
    return op->emitError("has no derivative: there is no rule for ") << op->getName();
  SmallVector<Operation *> made;
  for (auto each = before ? std::next(before->getIterator()) : block->begin(); each != at; ++each)
    made.push_back(&*each);
  for (Operation *each : made)
    activity.propagate(each);
  for (auto [result, value] : llvm::zip_equal(op->getResults(), results))
    if (Value cotangent = getCotangent(result))
      add(b, value, b.cast(cotangent, value.getType()));
  return run(made, b);
}
