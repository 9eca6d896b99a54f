//===- Activations.cpp - decompositions of activations and softmax --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

static Type elementOf(Value value) { return getTensorType(value).getElementType(); }

/// max(x, 0)
static Value decomposeRelu(ReluOp op, TensorBuilder &b) { return b.max(op.getInput(), 0.0); }

/// 1 / (1 + e⁻ˣ)
static Value decomposeSigmoid(SigmoidOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  Value y = b.unary<ReciprocalOp>(b.add(b.unary<ExpOp>(b.unary<NegOp>(x)), 1.0));
  return b.convert(y, elementOf(op));
}

/// x · sigmoid(x)
static Value decomposeSilu(SiluOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  return b.convert(b.mul(x, b.unary<SigmoidOp>(x)), elementOf(op));
}

/// −∞ as the lowest number, so that its product with 0 is −0 and no NaN.
static Value limitBelow(Value x, TensorBuilder &b) {
  auto type = cast<FloatType>(getElementTypeOrSelf(x));
  return b.max(x, APFloat::getLargest(type.getFloatSemantics(), /*Negative=*/true)
                      .convertToDouble());
}

/// x/2 · (1 + erf(x/√2)), or with `tanh` x/2 · (1 + tanh(√(2/π)·(x + 0.044715x³)))
static Value decomposeGelu(GeluOp op, TensorBuilder &b) {
  Value x = limitBelow(b.widen(op.getInput()), b);
  Value inner;
  if (op.getTanh()) {
    Value cube = b.mul(b.mul(b.mul(x, x), x), 0.044715);
    inner = b.unary<TanhOp>(b.mul(b.add(x, cube), 0.79788456080286535588));
  } else {
    inner = b.unary<ErfOp>(b.mul(x, 0.70710678118654752440));
  }
  return b.convert(b.mul(b.mul(x, 0.5), b.add(inner, 1.0)), elementOf(op));
}

/// e^(x − max) / Σ e^(x − max); one division a row.
static Value decomposeSoftmax(SoftmaxOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  int64_t dim = op.getDimension();
  Value max = b.broadcastLike(b.reduce(ReductionKind::max, x, dim), x);
  Value exp = b.unary<ExpOp>(b.sub(x, max));
  Value factor = b.unary<ReciprocalOp>(b.reduce(ReductionKind::sum, exp, dim));
  return b.convert(b.mul(exp, b.broadcastLike(factor, x)), elementOf(op));
}

/// (x − max) − ln Σ e^(x − max)
static Value decomposeLogSoftmax(LogSoftmaxOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  int64_t dim = op.getDimension();
  Value shifted = b.sub(x, b.broadcastLike(b.reduce(ReductionKind::max, x, dim), x));
  Value sum = b.reduce(ReductionKind::sum, b.unary<ExpOp>(shifted), dim);
  Value log = b.broadcastLike(b.unary<LogOp>(sum), x);
  return b.convert(b.sub(shifted, log), elementOf(op));
}

void decompose::addActivations(DecomposerMap &map) {
  add<ReluOp, decomposeRelu>(map);
  add<SigmoidOp, decomposeSigmoid>(map);
  add<SiluOp, decomposeSilu>(map);
  add<GeluOp, decomposeGelu>(map);
  add<SoftmaxOp, decomposeSoftmax>(map);
  add<LogSoftmaxOp, decomposeLogSoftmax>(map);
}
