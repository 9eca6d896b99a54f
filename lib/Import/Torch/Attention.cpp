//===- Attention.cpp - ATen's attention and embeddings --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "../Common/MatrixProduct.h"
#include "Formulas.h"
#include "NodeImporter.h"
#include "Random.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::dot;

static constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// scaled_dot_product_attention
//===----------------------------------------------------------------------===//

namespace {
/// One attention: B,heads,L,E; B,heads,T,E; B,heads,T,F and a mask that
/// broadcasts to B,heads,L,T.
struct Attention {
  Value query, key, value, mask;
  double scale = 1, dropout = 0;
  bool isCausal = false;
};
} // namespace

/// The leading dimensions of all, broadcast to each other. Heads stay as they
/// are where one key head serves several query heads.
static std::optional<Sizes> leadingSizes(NodeImporter &n, ArrayRef<Value> values, int64_t count) {
  Sizes leading(count, Size(1));
  for (Value value : values)
    for (int64_t d = 0; d < count; ++d) {
      Size size = n.size(value, d);
      if (leading[d].is(1))
        leading[d] = size;
      else if (!size.is(1) && size.isStatic() && leading[d].isStatic() &&
               size.getStatic() != leading[d].getStatic()) {
        n.emitError() << "the leading sizes " << leading[d].getStatic() << " and "
                      << size.getStatic() << " can't be broadcast to each other";
        return std::nullopt;
      }
    }
  return leading;
}

/// A tensor whose leading dimensions are broadcast to `leading`, all before the
/// heads made one.
static Value spread(NodeImporter &n, Value value, ArrayRef<Size> leading) {
  Sizes sizes(leading), own = n.sizes(value);
  sizes.append(own.begin() + leading.size(), own.end());
  Value wide = n.broadcastTo(value, sizes);
  return wide && n.rankOf(wide) > 4 ? n.collapse(wide, 0, n.rankOf(wide) - 3) : wide;
}

/// Brings query, key, value and mask to rank 4: missing leading dimensions are
/// ones, those before the heads become one. Gives those, or nullopt (reported).
static std::optional<Sizes> bringToHeads(NodeImporter &n, Attention &a, bool isGrouped) {
  SmallVector<Value *> all{&a.query, &a.key, &a.value};
  if (a.mask)
    all.push_back(&a.mask);
  int64_t rank = 4;
  for (Value *value : all)
    rank = std::max(rank, n.rankOf(*value));
  for (Value *value : all)
    if (!(*value = n.unsqueeze(*value, dimRange(0, rank - n.rankOf(*value)))))
      return std::nullopt;
  std::optional<Sizes> leading =
      leadingSizes(n, {a.query, a.key, a.value}, isGrouped ? rank - 3 : rank - 2);
  if (!leading)
    return std::nullopt;
  Sizes batch(ArrayRef(*leading).take_front(rank - 3));
  for (Value *value : {&a.query, &a.key, &a.value})
    if (!(*value = spread(n, *value, *leading)))
      return std::nullopt;
  if (a.mask) {
    Sizes sizes = n.sizes(a.mask);
    sizes[rank - 1] = n.size(a.key, 2);
    a.mask = n.broadcastTo(a.mask, sizes);
    if (a.mask && rank > 4)
      a.mask = spread(n, a.mask, batch);
    if (a.mask && !n.isBool(a.mask))
      a.mask = n.convert(a.mask, n.elementTypeOf(a.query));
    if (!a.mask)
      return std::nullopt;
  }
  return batch;
}

/// A query that sees no key gives zero, not NaN, and so do its derivatives: in its row of
/// scores it sees all. Null where there is no such query.
static Expr hiddenRows(NodeImporter &n, Value mask) {
  Expr m(n, mask);
  if (!mask)
    return m;
  return n.isBool(mask) ? ~m.reduce(dl::ReductionKind::bit_or, {3})
                        : m.maximum({3}).eq(kMinusInfinity);
}

static Value zeroHiddenRows(NodeImporter &n, Value y, Expr isHidden) {
  return y && isHidden ? isHidden.select(n.scalar(n.elementTypeOf(y), 0), y) : y;
}

static Value showHiddenRows(NodeImporter &n, Value mask, Expr isHidden) {
  if (!mask || !isHidden)
    return mask;
  return n.isBool(mask) ? isHidden | mask
                        : isHidden.select(n.scalar(n.elementTypeOf(mask), 0), mask);
}

/// What softmax is taken of. Key and value have as many heads as the query.
static Expr getScores(NodeImporter &n, const Attention &a) {
  Type i64 = n.getBuilder().getI64Type();
  Expr scores = Expr(n, dot(n, a.query, a.key, {0, 1}, {0, 1}, {3}, {3})) * a.scale;
  if (a.mask)
    scores = n.isBool(a.mask) ? Expr(n, a.mask).select(scores, kMinusInfinity)
                              : scores + a.mask;
  if (a.isCausal) {
    Expr key(n, n.iota({n.size(a.key, 2)}, i64, 0));
    Expr query = Expr(n, n.iota({n.size(a.query, 2)}, i64, 0)).unsqueeze({1});
    scores = (key <= query.get()).select(scores, kMinusInfinity);
  }
  return scores;
}

/// Step by step, so that some of the probabilities can be dropped.
static Value attentionInSteps(NodeImporter &n, const Attention &a, Expr isHidden) {
  Expr scores = getScores(n, a);
  if (!scores)
    return {};
  Value p = zeroHiddenRows(n, n.infer<dl::SoftmaxOp>(scores.get(), int64_t(3)), isHidden);
  return dot(n, dropOut(n, p, a.dropout).kept, a.value, {0, 1}, {0, 1}, {3}, {2});
}

/// Every key and value head as often as query heads use it.
static Value repeatHeads(NodeImporter &n, Value value, Value query) {
  Sizes sizes = n.sizes(value);
  Size times = n.div(n.size(query, 1), sizes[1]);
  if (times.is(1))
    return value;
  Sizes wide{sizes[0], sizes[1], times, sizes[2], sizes[3]};
  Value repeated = n.broadcastInDim(value, wide, {0, 1, 3, 4});
  return repeated ? n.collapse(repeated, 1, 3) : repeated;
}

static LogicalResult importAttention(NodeImporter &n) {
  Attention a;
  a.query = n.tensor("query");
  a.key = n.tensor("key");
  a.value = n.tensor("value");
  a.mask = n.optionalTensor("attn_mask");
  a.dropout = n.number("dropout_p");
  a.isCausal = n.boolean("is_causal");
  bool isGrouped = n.has("enable_gqa") && n.boolean("enable_gqa");
  std::optional<double> scale = n.optionalNumber("scale");
  if (!a.query || !a.key || !a.value || n.hasFailed())
    return failure();
  int64_t rank = 0;
  for (Value value : {a.query, a.key, a.value}) {
    if (!n.requireRank(value, 2, INT64_MAX, "an operand"))
      return failure();
    rank = std::max(rank, n.rankOf(value));
  }
  Size depth = n.size(a.query, n.rankOf(a.query) - 1);
  if (!scale && !depth.isStatic())
    return n.emitError() << "the head size must be known, or scale given";
  a.scale = scale ? *scale : 1 / std::sqrt(double(std::max<int64_t>(depth.getStatic(), 1)));
  std::optional<Sizes> batch = bringToHeads(n, a, isGrouped);
  if (!batch)
    return failure();
  if (a.dropout > 0 || !n.sameSize(n.size(a.key, 1), n.size(a.value, 1))) {
    a.key = repeatHeads(n, a.key, a.query);
    a.value = repeatHeads(n, a.value, a.query);
  }
  if (!a.key || !a.value)
    return failure();
  Value y, mask = a.mask;
  Expr isHidden = hiddenRows(n, mask);
  a.mask = showHiddenRows(n, mask, isHidden);
  if (a.dropout > 0) {
    y = attentionInSteps(n, a, isHidden);
  } else {
    y = n.infer<dl::AttentionOp>(a.query, a.key, a.value, a.mask, APFloat(a.scale), a.isCausal,
                                 /*causal_offset=*/0, APFloat(0.0));
    y = zeroHiddenRows(n, y, isHidden);
  }
  if (!y)
    return failure();
  if (rank < 4)
    y = n.squeeze(y, dimRange(0, 4 - rank));
  if (rank > 4) {
    batch->append({n.size(y, 1), n.size(y, 2), n.size(y, 3)});
    y = n.reshape(y, *batch);
  }
  SmallVector<ImportedValue> results{y};
  results.resize(n.numResults());
  a.mask = mask;
  if (n.hasResult(1)) // the logarithm of what softmax divides by
    results[1] = getScores(n, a).logSumExp({3}, /*keepDims=*/false).get();
  return n.results(results);
}

//===----------------------------------------------------------------------===//
// embedding, embedding_bag
//===----------------------------------------------------------------------===//

/// The rows that the indices name. By frequency, the derivative of each is divided by how
/// often its index occurs: it is that of (row − row) / frequency, which is added to a row
/// that counts as constant.
static Expr lookUpRows(NodeImporter &n, Value weight, Value indices, bool isByFrequency) {
  Expr rows(n, n.infer<dl::EmbeddingOp>(weight, indices));
  if (!isByFrequency || !rows)
    return rows;
  Type type = n.elementTypeOf(weight), computed = computationType(type);
  Size count = n.product(n.sizes(indices));
  Value none = n.broadcastTo(n.scalar(computed, 0), {n.size(weight, 0)});
  Value ones = n.broadcastTo(n.scalar(computed, 1), {count});
  Value counts = frontend::scatterElements(n, none, n.reshape(indices, ArrayRef<Size>{count}), ones,
                                           0, dl::ScatterKind::add);
  Expr frequency(n, counts ? n.take(counts, indices, 0, /*wrapNegative=*/false) : counts);
  Expr constant = stop(rows);
  Expr zero = (constant.abs() < INFINITY).select(rows - constant.get(), 0.0);
  Expr scaled = zero.to(computed) / frequency.unsqueeze({n.rankOf(indices)}).get();
  return constant + scaled.to(type).get();
}

static LogicalResult importEmbedding(NodeImporter &n) {
  n.ignore({"sparse"});
  Value weight = n.tensor("weight"), indices = n.tensor("indices");
  int64_t padding = n.optionalInteger("padding_idx").value_or(-1);
  bool isByFrequency = n.boolean("scale_grad_by_freq");
  if (!weight || !indices || n.hasFailed())
    return failure();
  Expr rows = lookUpRows(n, weight, indices, isByFrequency);
  if (padding < 0 || !rows)
    return n.result(rows.get());
  // Of the row for padding there is no derivative.
  Value constant = stop(rows);
  Expr isPadding = Expr(n, indices).eq(double(padding)).unsqueeze({n.rankOf(indices)});
  return n.result(isPadding.select(constant, rows.get()).get());
}

/// The rows that are looked up, brought to a norm of at most max_norm.
static LogicalResult importEmbeddingRenorm(NodeImporter &n) {
  Value self = n.tensor("self"), indices = n.tensor("indices");
  double most = n.number("max_norm"), p = n.number("norm_type");
  if (!self || !indices || n.hasFailed() || !n.requireRank(self, 2, 2, "its input"))
    return failure();
  Type i1 = n.getBuilder().getI1Type();
  Size count = n.product(n.sizes(indices));
  Value none = n.broadcastInDim(n.scalarInt(i1, 0), {n.size(self, 0)}, {});
  Value ones = n.broadcastInDim(n.scalarInt(i1, 1), {count}, {});
  Value rows = n.reshape(indices, ArrayRef<Size>{count});
  Expr isUsed(n, frontend::scatterElements(n, none, rows, ones, 0, dl::ScatterKind::replace));
  Expr norm = pNorm(Expr(n, self), 1, p);
  Expr factor = (Expr(n, n.splatLike(norm, most)) / (norm + 1e-7).get());
  Expr isLong = isUsed & (norm > most).get();
  return n.result(isLong.unsqueeze({1}).select((Expr(n, self) * factor.unsqueeze({1}).get()), self));
}

/// `updates` (N or N,D) gathered into the rows of `start` that `rows` (N) names.
static Expr scatterRows(NodeImporter &n, Value start, Value rows, Value updates,
                        dl::ScatterKind kind) {
  if (!start || !rows || !updates)
    return {n, {}};
  SmallVector<int64_t> window = dimRange(1, n.rankOf(updates));
  return {n, n.infer<dl::ScatterOp>(start, n.unsqueeze(rows, {1}), updates,
                                    /*update_window_dims=*/window,
                                    /*inserted_window_dims=*/ArrayRef<int64_t>{0},
                                    ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                                    /*scatter_dims_to_operand_dims=*/ArrayRef<int64_t>{0},
                                    /*index_vector_dim=*/1, kind)};
}

/// The largest of each bag's rows (N,D), element by element: the first of equal ones, which
/// alone has the derivative. NaN counts only where it is a bag's first; of no row it is 0.
static Expr findLargest(NodeImporter &n, Expr rows, Expr bag, Expr isKept, Size bags) {
  Type i64 = n.getBuilder().getI64Type(), element = n.elementTypeOf(rows);
  Sizes whole{bags, n.size(rows, 1)};
  Expr number(n, n.iota(n.sizes(rows), i64, 0)), none = sizeAs(n, n.size(rows, 0), i64);
  Value nowhere = n.broadcastTo(none, whole);
  auto findFirst = [&](Expr isCandidate) {
    return scatterRows(n, nowhere, bag, isCandidate.select(number, none), dl::ScatterKind::min);
  };
  isKept = isKept.unsqueeze({1});
  Expr isNumber = isKept & (~rows.isNan()).get();
  Expr most = scatterRows(n, n.broadcastTo(n.scalar(element, kMinusInfinity), whole), bag,
                          isNumber.select(rows, kMinusInfinity), dl::ScatterKind::max);
  if (!most)
    return most;
  Expr ofOwnBag(n, n.take(most, bag, 0, /*wrapNegative=*/false));
  Expr first = findFirst(isKept), best = findFirst(isNumber & rows.eq(ofOwnBag.get()).get());
  Expr zero(n, n.broadcastTo(n.scalar(element, 0), {Size(1), whole[1]}));
  if (!first || !best || !zero)
    return zero;
  Value rowsAndZero = n.concat({rows, zero}, 0);
  Expr isNan = Expr(n, frontend::gatherElements(n, rowsAndZero, first, 0)).isNan();
  return {n, frontend::gatherElements(n, rowsAndZero, isNan.select(first, best), 0)};
}

/// The sum, mean or maximum of the rows of each bag. A bag begins at its offset
/// and ends where the next one begins.
static LogicalResult importEmbeddingBag(NodeImporter &n) {
  n.ignore({"sparse"});
  enum Mode { Sum, Mean, Max };
  Value weight = n.tensor("weight"), indices = n.tensor("indices"), offsets = n.tensor("offsets"),
        scales = n.optionalTensor("per_sample_weights");
  int64_t mode = n.integer("mode");
  bool hasEnd = n.boolean("include_last_offset"), isByFrequency = n.boolean("scale_grad_by_freq");
  std::optional<int64_t> padding = n.optionalInteger("padding_idx");
  if (!weight || !indices || !offsets || n.hasFailed() || !n.requireRank(weight, 2, 2, "weight") ||
      !n.requireRank(indices, 1, 1, "indices") || !n.requireRank(offsets, 1, 1, "offsets"))
    return failure();
  // Summed and counted in f32 at least.
  Type element = computationType(n.elementTypeOf(weight)), i64 = n.getBuilder().getI64Type();
  Expr index = Expr(n, indices).to(i64), offset = Expr(n, offsets).to(i64);
  Size bags = hasEnd ? n.sub(n.size(offsets, 0), 1) : n.size(offsets, 0);
  if (hasEnd)
    offset = {n, n.sliceAxis(offset, 0, 0, bags)};
  Expr rows = lookUpRows(n, weight, index.get(), isByFrequency).to(element);
  if (scales)
    rows = rows * Expr(n, scales).to(element).unsqueeze({1}).get();
  // The bag of each index: as many offsets as don't lie behind it, less one.
  Expr at = Expr(n, n.iota(n.sizes(indices), i64, 0)).unsqueeze({1});
  Expr bag = (offset <= at.get()).to(i64).sum({1}, false) - 1.0;
  Expr isKept(n, n.broadcastTo(n.scalarInt(n.getBuilder().getI1Type(), 1), n.sizes(indices)));
  // padding_idx -1 is none, where the argument can't be None.
  bool allowsNone = n.getTarget() == "aten.embedding_bag.padding_idx";
  if (padding && (allowsNone || *padding >= 0)) {
    Size row = *padding < 0 ? n.add(n.size(weight, 0), *padding) : Size(*padding);
    isKept = index.ne(n.sizeTensor(row));
    rows = mode == Max ? rows : isKept.unsqueeze({1}).select(rows, 0.0);
  }
  Value zeros = n.broadcastTo(n.scalar(element, 0), {bags, n.size(weight, 1)});
  Expr y = mode == Max ? findLargest(n, rows, bag, isKept, bags)
                       : scatterRows(n, zeros, bag, rows, dl::ScatterKind::add);
  if (mode == Mean) {
    Value none = n.broadcastTo(n.scalar(element, 0), {bags});
    Expr total = scatterRows(n, none, bag, isKept.to(element), dl::ScatterKind::add);
    y = y / total.unsqueeze({1}).max(1.0).get();
  }
  SmallVector<ImportedValue> results{y.to(n.elementTypeOf(weight)).get()};
  results.resize(n.numResults());
  return n.results(results);
}

void torch::registerAttentionOps(OpTable &t) {
  t.add({"aten.scaled_dot_product_attention.default",
         "aten._scaled_dot_product_flash_attention_for_cpu.default"},
        importAttention);
  t.add("aten.embedding.default", importEmbedding);
  t.add("aten.embedding_renorm.default", importEmbeddingRenorm);
  t.add({"aten.embedding_bag.default", "aten.embedding_bag.padding_idx",
         "aten._embedding_bag.default", "aten._embedding_bag_forward_only.default"},
        importEmbeddingBag);
}
