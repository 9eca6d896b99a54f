//===- Attention.cpp - decompositions of transformer composites -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

static Type elementOf(Value value) { return getTensorType(value).getElementType(); }

static constexpr double kHidden = -std::numeric_limits<double>::infinity();

/// Scores (B,Hq,S,T) with every key t > s + offset hidden.
static Value hideFutureKeys(TensorBuilder &b, Value scores, int64_t offset) {
  SmallVector<Size> plane{b.size(scores, 2), b.size(scores, 3)};
  Value query = b.iota(plane, 0, b.getI64Type());
  Value key = b.iota(plane, 1, b.getI64Type());
  Value hidden = b.compare(ComparisonDirection::gt, key, b.add(query, double(offset)));
  return b.select(b.broadcastLike(hidden, scores), b.splatLike(kHidden, scores), scores);
}

static Value applyMask(TensorBuilder &b, Value scores, Value mask) {
  Value spread = b.broadcastLike(mask, scores);
  if (elementOf(mask).isInteger(1))
    return b.select(spread, scores, b.splatLike(kHidden, scores));
  return b.add(scores, b.convert(spread, elementOf(scores)));
}

/// softmax(q·kᵀ·scale + mask)·v. With fewer key heads than query heads, the
/// query heads that share one become a dimension of their own: B,Hkv,R,S,D.
static Value decomposeAttention(AttentionOp op, TensorBuilder &b) {
  Value q = b.widen(op.getQuery()), k = b.widen(op.getKey()), v = b.widen(op.getValue());
  SmallVector<Size> query = b.sizes(q);
  Size keyHeads = b.size(k, 1), keys = b.size(k, 2), valueSize = b.size(v, 3);
  bool shared = !(query[1].isStatic() && keyHeads.isStatic() && query[1].known == keyHeads.known);
  Size repeats = shared ? b.div(query[1], keyHeads) : Size(1);
  auto split = [&](Value x, Size last) {
    return shared ? b.reshape(x, {query[0], keyHeads, repeats, query[2], last}) : x;
  };
  auto merge = [&](Value x, Size last) {
    return shared ? b.reshape(x, {query[0], query[1], query[2], last}) : x;
  };
  int64_t last = shared ? 4 : 3;
  SmallVector<int64_t> batching{0, 1};
  Value scores = DotGeneralOp::create(b, split(q, query[3]), k, batching, batching,
                                      ArrayRef<int64_t>{last}, ArrayRef<int64_t>{3});
  scores = merge(scores, keys);
  scores = b.mul(scores, op.getScale().convertToDouble());
  if (double cap = op.getSoftcap().convertToDouble(); cap > 0)
    scores = b.mul(b.unary<TanhOp>(b.div(scores, cap)), cap);
  if (op.getMask())
    scores = applyMask(b, scores, op.getMask());
  if (op.getCausal())
    scores = hideFutureKeys(b, scores, op.getCausalOffset());
  Value weights = SoftmaxOp::create(b, scores, 3);
  Value y = DotGeneralOp::create(b, split(weights, keys), v, batching, batching,
                                 ArrayRef<int64_t>{last}, ArrayRef<int64_t>{2});
  return b.convert(merge(y, valueSize), elementOf(op));
}

/// table[indices]
static Value decomposeEmbedding(EmbeddingOp op, TensorBuilder &b) {
  return b.take(op.getTable(), op.getIndices(), 0);
}

/// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of features.
static Value decomposeRotaryEmbedding(RotaryEmbeddingOp op, TensorBuilder &b) {
  Value x = b.widen(op.getInput());
  SmallVector<Size> sizes = b.sizes(x);
  Size half = b.size(op.getCos(), 2);
  if (!half.isStatic() || !sizes[3].isStatic())
    return {};
  int64_t rotated = 2 * half.known, features = sizes[3].known;
  Value first, second;
  if (op.getInterleaved()) {
    first = b.slice(x, 3, 0, rotated - 1, 2);
    second = b.slice(x, 3, 1, rotated, 2);
  } else {
    first = b.slice(x, 3, 0, half.known);
    second = b.slice(x, 3, half.known, rotated);
  }
  Value cos = b.broadcastLike(b.widen(op.getCos()), {0, 2, 3}, first);
  Value sin = b.broadcastLike(b.widen(op.getSin()), {0, 2, 3}, first);
  Value real = b.sub(b.mul(first, cos), b.mul(second, sin));
  Value imaginary = b.add(b.mul(first, sin), b.mul(second, cos));
  Value y;
  if (op.getInterleaved()) {
    SmallVector<Size> paired{sizes[0], sizes[1], sizes[2], half, 1};
    Value pairs = b.concat({b.reshape(real, paired), b.reshape(imaginary, paired)}, 4);
    y = b.reshape(pairs, {sizes[0], sizes[1], sizes[2], rotated});
  } else {
    y = b.concat({real, imaginary}, 3);
  }
  if (rotated < features)
    y = b.concat({y, b.slice(x, 3, rotated, features)}, 3);
  return b.convert(y, elementOf(op));
}

void decompose::addAttention(DecomposerMap &map) {
  add<AttentionOp, decomposeAttention>(map);
  add<EmbeddingOp, decomposeEmbedding>(map);
  add<RotaryEmbeddingOp, decomposeRotaryEmbedding>(map);
}
