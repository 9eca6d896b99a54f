//===- Norms.cpp - decompositions of the normalisations -------------------===//
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

static SmallVector<int64_t> dimsFrom(int64_t first, Value x) {
  return llvm::to_vector(llvm::seq<int64_t>(first, getTensorType(x).getRank()));
}

/// 1 / √(variance + ε)
static Value inverseDeviation(TensorBuilder &b, Value variance, const APFloat &epsilon) {
  return b.unary<RsqrtOp>(b.add(variance, epsilon.convertToDouble()));
}

/// (x − mean x) / √(mean (x − mean x)² + ε) over `dims`
static Value normalize(TensorBuilder &b, Value x, ArrayRef<int64_t> dims, const APFloat &epsilon) {
  Value centered = b.sub(x, b.broadcastLike(b.reduce(ReductionKind::mean, x, dims), x));
  Value variance = b.reduce(ReductionKind::mean, b.mul(centered, centered), dims);
  return b.mul(centered, b.broadcastLike(inverseDeviation(b, variance, epsilon), x));
}

static Value decomposeBatchNorm(BatchNormOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  int64_t feature = op.getFeatureDimension();
  auto spread = [&](Value v) { return b.broadcastLike(v, feature, x); };
  Value factor = b.mul(inverseDeviation(b, b.widen(op.getVariance()), op.getEpsilon()),
                       b.widen(op.getScale()));
  Value centered = b.sub(x, spread(b.widen(op.getMean())));
  Value y = b.add(b.mul(centered, spread(factor)), spread(b.widen(op.getBias())));
  return b.convert(y, elementOf(op));
}

static Value decomposeLayerNorm(LayerNormOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  Value y = normalize(b, x, dimsFrom(op.getAxis(), x), op.getEpsilon());
  if (op.getScale())
    y = b.mul(y, b.broadcastLike(b.widen(op.getScale()), x));
  if (op.getBias())
    y = b.add(y, b.broadcastLike(b.widen(op.getBias()), x));
  return b.convert(y, elementOf(op));
}

/// Splits the channels in groups and normalises over all but batch and group.
static Value decomposeGroupNorm(GroupNormOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  SmallVector<Size> sizes = b.sizes(x);
  Value y;
  int64_t groups = op.getGroups();
  if (sizes[1].isStatic() && sizes[1].known == groups) {
    y = normalize(b, x, dimsFrom(2, x), op.getEpsilon());
  } else {
    SmallVector<Size> grouped{sizes[0], groups, b.div(sizes[1], groups)};
    llvm::append_range(grouped, ArrayRef(sizes).drop_front(2));
    Value split = b.reshape(x, grouped);
    y = b.reshape(normalize(b, split, dimsFrom(2, split), op.getEpsilon()), sizes);
  }
  if (op.getScale())
    y = b.mul(y, b.broadcastLike(b.widen(op.getScale()), 1, x));
  if (op.getBias())
    y = b.add(y, b.broadcastLike(b.widen(op.getBias()), 1, x));
  return b.convert(y, elementOf(op));
}

static Value decomposeRmsNorm(RmsNormOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  Value square = b.reduce(ReductionKind::mean, b.mul(x, x), dimsFrom(op.getAxis(), x));
  Value y = b.mul(x, b.broadcastLike(inverseDeviation(b, square, op.getEpsilon()), x));
  if (op.getScale())
    y = b.mul(y, b.broadcastLike(b.widen(op.getScale()), x));
  return b.convert(y, elementOf(op));
}

void decompose::addNorms(DecomposerMap &map) {
  add<BatchNormOp, decomposeBatchNorm>(map);
  add<LayerNormOp, decomposeLayerNorm>(map);
  add<GroupNormOp, decomposeGroupNorm>(map);
  add<RmsNormOp, decomposeRmsNorm>(map);
}
