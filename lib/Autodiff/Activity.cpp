//===- Activity.cpp - what a derivative has to follow ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "grad/IR/Grad.h"
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
  bool varies = llvm::any_of(op->getOperands(), [&](Value value) { return isVaried(value); }) ||
                (op->getNumRegions() && !getVariedCaptures(op).empty());
  if (varies)
    for (Value result : op->getResults())
      add(result);
}
