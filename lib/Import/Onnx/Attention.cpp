//===- Attention.cpp - Attention, FlexAttention, RotaryEmbedding ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Linear.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

static constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// B,S,heads·D → B,heads,S,D
static Value splitHeads(NodeImporter &n, Value v, int64_t heads) {
  Size hidden = n.size(v, 2);
  if (hidden.isStatic() && hidden.getStatic() % heads) {
    n.emitError() << heads << " heads don't divide the hidden size " << hidden.getStatic();
    return {};
  }
  Value split =
      n.reshape(v, {n.size(v, 0), n.size(v, 1), Size(heads), n.div(hidden, Size(heads))});
  return split ? n.transpose(split, {0, 2, 1, 3}) : split;
}

/// B,heads,S,D → B,S,heads·D
static Value mergeHeads(NodeImporter &n, Value v) {
  return v ? n.collapse(n.transpose(v, {0, 2, 1, 3}), 2, 4) : v;
}

/// q·kᵀ per head, B,Hq,S,T; a key head serves Hq/Hkv query heads in turn.
static Expr scoresOf(NodeImporter &n, Value q, Value k) {
  if (!q || !k)
    return {n, {}};
  Size groups = n.div(n.size(q, 1), n.size(k, 1));
  if (groups.is(1))
    return {n, dot(n, q, k, {0, 1}, {0, 1}, {3}, {3})};
  Value grouped = n.reshape(q, {n.size(q, 0), n.size(k, 1), groups, n.size(q, 2), n.size(q, 3)});
  Value scores = dot(n, grouped, k, {0, 1}, {0, 1}, {4}, {3});
  return {n, scores ? n.collapse(scores, 1, 3) : scores};
}

/// probabilities (B,Hq,S,T) · v (B,Hkv,T,E)
static Value weighValues(NodeImporter &n, Value p, Value v) {
  if (!p || !v)
    return {};
  Size groups = n.div(n.size(p, 1), n.size(v, 1));
  if (groups.is(1))
    return dot(n, p, v, {0, 1}, {0, 1}, {3}, {2});
  Value grouped = n.reshape(p, {n.size(p, 0), n.size(v, 1), groups, n.size(p, 2), n.size(p, 3)});
  Value y = dot(n, grouped, v, {0, 1}, {0, 1}, {4}, {2});
  return y ? n.collapse(y, 1, 3) : y;
}

namespace {
/// One Attention node: operands B,heads,S,D, the past in k and v already.
struct AttentionNode {
  Value q, k, v, mask, past, nonpad;
  double scale = 1, softcap = 0;
  bool causal = false;
  int64_t left = -1, right = -1;
};
} // namespace

/// Checks the sizes that must agree.
static bool checkHeads(NodeImporter &n, const AttentionNode &a) {
  auto known = [&](Value v, int64_t d) {
    return ShapedType::isDynamic(n.shapeOf(v)[d]) ? std::nullopt
                                                  : std::optional(n.shapeOf(v)[d]);
  };
  auto q = known(a.q, 1), k = known(a.k, 1), v = known(a.v, 1);
  if ((k && v && *k != *v) || (q && k && (*k == 0 || *q % *k))) {
    n.emitError() << "the query's heads must be a multiple of the key's and value's";
    return false;
  }
  auto depth = known(a.q, 3), keyDepth = known(a.k, 3);
  if (depth && keyDepth && *depth != *keyDepth) {
    n.emitError() << "query and key differ in head size: " << *depth << " and " << *keyDepth;
    return false;
  }
  return true;
}

/// The mask as B|1,Hq|1,S|1,T: leading dimensions put in, the last one padded
/// with "hidden" to the keys' number.
static Value fullMask(NodeImporter &n, Value mask, Value k) {
  int64_t rank = n.rankOf(mask);
  if (!n.requireRank(mask, 1, 4, "attn_mask"))
    return {};
  if (rank < 4)
    mask = n.unsqueeze(mask, dimRange(0, 4 - rank));
  if (!mask)
    return {};
  Size have = n.size(mask, 3), keys = n.size(k, 2);
  if (n.sameSize(have, keys))
    return mask;
  if (have.is(1)) {
    Sizes sizes = n.sizes(mask);
    sizes[3] = keys;
    return n.broadcastTo(mask, sizes);
  }
  Value hidden = n.isBool(mask) ? n.scalarInt(n.elementTypeOf(mask), 0)
                                : n.scalar(n.elementTypeOf(mask), kMinusInfinity);
  Sizes low(4, Size(0)), high(4, Size(0));
  high[3] = n.sub(keys, have);
  return n.padConstant(mask, low, high, hidden);
}

/// What causality, the window and the number of valid keys leave visible, as
/// booleans that broadcast to B,1,S,T; null if there is no such restriction.
static Expr visibleKeys(NodeImporter &n, const AttentionNode &a) {
  Type i64 = n.getBuilder().getI64Type();
  Expr query = Expr(n, n.iota({n.size(a.q, 2)}, i64, 0)).unsqueeze({1});
  Expr key(n, n.iota({n.size(a.k, 2)}, i64, 0));
  Expr position = query; // S,1 or B,1,S,1: the query's place among the keys
  if (a.nonpad && !a.past)
    position = query + Expr(n, n.unsqueeze(a.nonpad, {1, 2, 3})).get() -
               n.sizeTensor(n.size(a.q, 2));
  else if (a.past)
    position = query + n.sizeTensor(n.size(a.past, 2));
  Expr visible(n, {});
  auto restrict = [&](Expr condition) {
    visible = visible ? visible & condition.get() : condition;
  };
  if (a.causal)
    restrict(key <= position.get());
  if (a.left >= 0)
    restrict(key >= (position - double(a.left)).get());
  if (a.right >= 0)
    restrict(key <= (position + double(a.right)).get());
  if (a.nonpad)
    restrict(key < Expr(n, n.unsqueeze(a.nonpad, {1, 2, 3})).get());
  if (visible && n.rankOf(visible) == 2)
    visible = visible.unsqueeze({0, 1});
  return visible;
}

/// The mask and the restrictions as one mask; null if there is none.
static Value combineMasks(NodeImporter &n, const AttentionNode &a) {
  Expr visible(n, {});
  if (a.causal || a.left >= 0 || a.right >= 0 || a.nonpad)
    visible = visibleKeys(n, a);
  Value mask = a.mask ? fullMask(n, a.mask, a.k) : Value();
  if (!mask || !visible)
    return mask ? mask : visible.get();
  if (n.isBool(mask))
    return visible & mask;
  return visible.select(mask, kMinusInfinity);
}

/// Whether a row of the mask hides every key.
static Expr hidesAll(NodeImporter &n, Value mask) {
  Expr m(n, mask);
  if (n.isBool(mask))
    return ~m.reduce(dl::ReductionKind::bit_or, {3});
  return m.maximum({3}).eq(kMinusInfinity);
}

/// A row without visible keys is zero, not NaN.
static Value zeroHiddenRows(NodeImporter &n, Value y, Value mask) {
  if (!y || !mask)
    return y;
  return hidesAll(n, mask).select(n.scalar(n.elementTypeOf(y), 0), y);
}

/// Attention step by step, for nodes that show an intermediate result.
static std::pair<Value, Value> attentionInSteps(NodeImporter &n, const AttentionNode &a,
                                                Value mask, int64_t mode, Type precision) {
  Type element = n.elementTypeOf(a.q);
  double root = std::sqrt(a.scale);
  Expr scores = scoresOf(n, Expr(n, a.q) * root, Expr(n, a.k) * root);
  Value shown = scores;
  if (a.softcap > 0)
    scores = (scores / a.softcap).tanh() * a.softcap;
  if (mode == 1)
    shown = scores;
  if (mask) {
    if (n.isBool(mask))
      scores = Expr(n, mask).select(scores, kMinusInfinity);
    else
      scores = scores + n.convert(mask, element);
  }
  if (mode == 2)
    shown = scores;
  Value logits = precision ? scores.to(precision).get() : scores.get();
  if (!logits)
    return {};
  Value p = zeroHiddenRows(n, n.infer<dl::SoftmaxOp>(logits, int64_t(3)), mask);
  if (!p)
    return {};
  p = n.convert(p, element);
  if (mode == 3)
    shown = p;
  return {weighValues(n, p, n.convert(a.v, element)), shown};
}

static LogicalResult importAttention(NodeImporter &n) {
  AttentionNode a;
  a.q = n.input(0);
  a.k = n.input(1);
  a.v = n.input(2);
  a.mask = n.input(3);
  a.past = n.input(4);
  Value pastValue = n.input(5);
  a.nonpad = n.input(6);
  int64_t qHeads = n.intAttr("q_num_heads", 0), kvHeads = n.intAttr("kv_num_heads", 0);
  a.causal = n.boolAttr("is_causal");
  a.left = n.intAttr("left_window_size", -1);
  a.right = n.intAttr("right_window_size", -1);
  a.softcap = n.floatAttr("softcap", 0);
  int64_t mode = n.intAttr("qk_matmul_output_mode", 0);
  double scale = n.floatAttr("scale", 0);
  bool hasScale = n.hasAttr("scale");
  Type precision;
  if (n.hasAttr("softmax_precision") && !(precision = n.elementType(n.intAttr("softmax_precision", 1))))
    return failure();
  if (!a.q || !a.k || !a.v || n.hasFailed() || !n.requireRank(a.q, 3, 4, "Q"))
    return failure();
  if (mode < 0 || mode > 3)
    return n.emitError() << "qk_matmul_output_mode must be 0 to 3 but is " << mode;
  if (a.left < -1 || a.right < -1)
    return n.emitError() << "a window size must be -1 or more";
  bool flat = n.rankOf(a.q) == 3;
  if (n.rankOf(a.k) != n.rankOf(a.q) || n.rankOf(a.v) != n.rankOf(a.q))
    return n.emitError() << "Q, K and V must have the same rank";
  if (flat && (qHeads < 1 || kvHeads < 1))
    return n.emitError() << "inputs of rank 3 need q_num_heads and kv_num_heads";
  if (flat) {
    a.q = splitHeads(n, a.q, qHeads);
    a.k = splitHeads(n, a.k, kvHeads);
    a.v = splitHeads(n, a.v, kvHeads);
  }
  if (bool(a.past) != bool(pastValue))
    return n.emitError() << "past_key and past_value must be given together";
  if (a.past) {
    a.k = n.concat({a.past, a.k}, 2);
    a.v = n.concat({pastValue, a.v}, 2);
  }
  if (!a.q || !a.k || !a.v || !checkHeads(n, a))
    return failure();
  if (a.nonpad)
    a.nonpad = n.convert(a.nonpad, n.getBuilder().getI64Type());
  Size depth = n.size(a.q, 3);
  if (!hasScale && !depth.isStatic())
    return n.emitError() << "the head size must be known, or scale given";
  a.scale = hasScale ? scale : 1 / std::sqrt(double(depth.getStatic()));
  Type element = n.elementTypeOf(a.q);
  Size past = a.past ? n.size(a.past, 2) : Size(0);
  // Plain causality is the op's own; no row of it is hidden whole.
  bool plain = !a.mask && !a.nonpad && a.left < 0 && a.right < 0 && past.isStatic();
  Value y, shown;
  if (n.hasOutput(3) || (precision && precision.getIntOrFloatBitWidth() <
                                          std::max(32u, element.getIntOrFloatBitWidth()))) {
    std::tie(y, shown) = attentionInSteps(n, a, combineMasks(n, a), mode, precision);
  } else {
    bool causal = plain && a.causal;
    Value mask = causal ? Value() : combineMasks(n, a);
    if (mask && !n.isBool(mask))
      mask = n.convert(mask, element);
    y = n.infer<dl::AttentionOp>(a.q, a.k, n.convert(a.v, element), mask, APFloat(a.scale),
                                 causal, causal ? past.getStatic() : 0, APFloat(a.softcap));
    y = zeroHiddenRows(n, y, mask);
  }
  if (flat)
    y = mergeHeads(n, y);
  return n.results(ArrayRef<Value>{y, a.k, a.v, shown}.take_front(n.numOutputs()));
}

//===----------------------------------------------------------------------===//
// FlexAttention
//===----------------------------------------------------------------------===//

/// Runs a modifier subgraph on the scores or probabilities.
static Value modify(NodeImporter &n, StringRef attribute, Value v) {
  if (!n.hasAttr(attribute) || !v)
    return v;
  const GraphProto *graph = n.graphAttr(attribute);
  SmallVector<ImportedValue> results;
  if (!graph || failed(n.importSubgraph(*graph, {ImportedValue(v)}, results)))
    return {};
  if (results.size() != 1 || !results.front().isTensor() ||
      n.rankOf(results.front().tensor) != 4) {
    n.emitError() << attribute << " must give one tensor of rank 4";
    return {};
  }
  return n.convert(results.front().tensor, n.elementTypeOf(v));
}

static LogicalResult importFlexAttention(NodeImporter &n) {
  AttentionNode a;
  a.q = n.input(0);
  a.k = n.input(1);
  a.v = n.input(2);
  if (!a.q || !a.k || !a.v || !n.requireRank(a.q, 4, 4, "Q") || !n.requireRank(a.k, 4, 4, "K") ||
      !n.requireRank(a.v, 4, 4, "V") || !checkHeads(n, a))
    return failure();
  Size depth = n.size(a.q, 3);
  if (!n.hasAttr("scale") && !depth.isStatic())
    return n.emitError() << "the head size must be known, or scale given";
  a.scale = n.hasAttr("scale") ? n.floatAttr("scale", 1)
                               : 1 / std::sqrt(double(depth.getStatic()));
  Builder &b = n.getBuilder();
  Type element = n.elementTypeOf(a.q);
  Type precision = element.isF64() ? b.getF64Type() : Type(b.getF32Type());
  if (n.hasAttr("softmax_precision"))
    precision = n.elementType(n.intAttr("softmax_precision", 1));
  if (!precision)
    return failure();
  if (!n.hasAttr("score_mod") && !n.hasAttr("prob_mod"))
    return n.result(n.infer<dl::AttentionOp>(a.q, a.k, n.convert(a.v, element), Value(),
                                             APFloat(a.scale), false, 0, APFloat(0.0)));
  Expr scores = (scoresOf(n, a.q, a.k) * a.scale).to(precision);
  Value modified = modify(n, "score_mod", scores);
  if (!modified)
    return failure();
  Value p = modify(n, "prob_mod", n.infer<dl::SoftmaxOp>(modified, int64_t(3)));
  return n.result(p ? weighValues(n, n.convert(p, element), n.convert(a.v, element)) : p);
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding
//===----------------------------------------------------------------------===//

static LogicalResult importRotaryEmbedding(NodeImporter &n) {
  Value x = n.input(0), cos = n.input(1), sin = n.input(2), positions = n.input(3);
  bool interleaved = n.boolAttr("interleaved");
  int64_t heads = n.intAttr("num_heads", 0);
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  if (!x || !cos || !sin || n.hasFailed() || !n.requireRank(x, 3, 4, "X"))
    return failure();
  bool flat = n.rankOf(x) == 3;
  if (flat) {
    if (heads < 1)
      return n.emitError() << "an input of rank 3 needs num_heads";
    x = splitHeads(n, x, heads);
  }
  if (positions) { // the caches have a row for each position
    cos = n.take(cos, positions, 0, /*wrapNegative=*/false);
    sin = n.take(sin, positions, 0, /*wrapNegative=*/false);
  }
  if (!x || !cos || !sin || !n.requireRank(cos, 3, 3, "cos_cache"))
    return failure();
  Size half = n.size(cos, 2);
  if (rotated > 0 && !half.is(rotated / 2))
    return n.emitError() << "the caches don't have rotary_embedding_dim / 2 = " << rotated / 2
                         << " columns";
  Type element = n.elementTypeOf(x);
  Value y = n.infer<dl::RotaryEmbeddingOp>(x, n.convert(cos, element), n.convert(sin, element),
                                           interleaved);
  return n.result(flat ? mergeHeads(n, y) : y);
}

//===----------------------------------------------------------------------===//
// TensorScatter
//===----------------------------------------------------------------------===//

/// Writes `update` into the cache from each sample's index on.
static LogicalResult importTensorScatter(NodeImporter &n) {
  Value cache = n.input(0), update = n.input(1), indices = n.input(2);
  std::string mode = n.stringAttr("mode", "linear");
  if (!cache || !update || !n.requireRank(cache, 2, INT64_MAX, "past_cache"))
    return failure();
  int64_t rank = n.rankOf(cache);
  auto axis = n.axisAttr("axis", -2, rank);
  if (!axis)
    return failure();
  if (*axis == 0)
    return n.emitError() << "axis can't be the batch dimension";
  if (mode != "linear" && mode != "circular")
    return n.emitError() << "mode has the unknown value \"" << mode << "\"";
  Type i64 = n.getBuilder().getI64Type();
  Size batch = n.size(update, 0), steps = n.size(update, *axis);
  Expr place(n, n.iota({batch, steps}, i64, 1));
  if (indices)
    place = place + n.unsqueeze(n.convert(indices, i64), {1});
  if (mode == "circular")
    place = place % n.sizeTensor(n.size(cache, *axis));
  // One index (sample, place) for each slice of the other dimensions.
  Value where = n.concat({n.unsqueeze(n.iota({batch, steps}, i64, 0), {2}), place.unsqueeze({2})},
                         2);
  SmallVector<int64_t> permutation{0, *axis}, window;
  for (int64_t d = 1; d < rank; ++d)
    if (d != *axis)
      permutation.push_back(d);
  for (int64_t d = 2; d < rank; ++d)
    window.push_back(d);
  Value slices = n.transpose(update, permutation);
  if (!where || !slices)
    return failure();
  return n.result(n.infer<dl::ScatterOp>(
      cache, where, slices, window, ArrayRef<int64_t>{0, *axis}, ArrayRef<int64_t>{},
      ArrayRef<int64_t>{}, ArrayRef<int64_t>{0, *axis}, int64_t(2)));
}

void dlc::onnx::registerAttentionOps(OpTable &table) {
  table.add("Attention", 23, {3, 7}, importAttention);
  table.add("RotaryEmbedding", 23, {3, 4}, importRotaryEmbedding);
  table.add("TensorScatter", 24, {2, 3}, importTensorScatter);
  table.domain("ai.onnx.preview").add("FlexAttention", 1, 3, importFlexAttention);
}
