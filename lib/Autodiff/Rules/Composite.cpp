//===- Composite.cpp - derivatives of composites as wholes ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A composite without a rule here is differentiated by way of the ops that it stands
// for. Written out are those whose own derivative is shorter.
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

/// Σ x along the dimension, repeated.
static Value spreadSum(TensorBuilder &b, Value x, int64_t dim) {
  return b.broadcastLike(b.reduce(ReductionKind::sum, x, {dim}), upTo(getTensorType(x).getRank()),
                         x);
}

static Type elementOf(Value x) { return getTensorType(x).getElementType(); }

/// The Jacobian of softmax is symmetric: d ↦ y·(d − Σ y·d).
static Value multiplySoftmax(TensorBuilder &b, SoftmaxOp op, Value d) {
  Value y = b.widen(op.getOutput()), wide = b.widen(d);
  Value weighted = b.mul(y, wide);
  Value result = b.sub(weighted, b.mul(y, spreadSum(b, weighted, op.getDimension())));
  return b.convert(result, elementOf(d));
}

static void forwardSoftmax(SoftmaxOp op, Forward &f) {
  f.set(0, multiplySoftmax(f.b, op, f.tangent(0)));
}
static void reverseSoftmax(SoftmaxOp op, Reverse &r) {
  r.add(0, multiplySoftmax(r.b, op, r.cotangent()));
}

/// d ↦ d − Σ softmax·d
static void forwardLogSoftmax(LogSoftmaxOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Value d = b.widen(f.tangent(0)), softmax = b.unary<ExpOp>(b.widen(op.getOutput()));
  Value result = b.sub(d, spreadSum(b, b.mul(softmax, d), op.getDimension()));
  f.set(0, b.convert(result, elementOf(op.getOutput())));
}

/// d ↦ d − softmax·Σ d
static void reverseLogSoftmax(LogSoftmaxOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value d = b.widen(r.cotangent()), softmax = b.unary<ExpOp>(b.widen(op.getOutput()));
  Value result = b.sub(d, b.mul(softmax, spreadSum(b, d, op.getDimension())));
  r.add(0, b.convert(result, elementOf(op.getOutput())));
}

void autodiff::addCompositeRules(RuleTable &table) {
  table.add<LogSoftmaxOp>(forwardLogSoftmax, reverseLogSoftmax);
  table.add<SoftmaxOp>(forwardSoftmax, reverseSoftmax);
}
