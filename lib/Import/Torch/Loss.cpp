//===- Loss.cpp - ATen's losses and distances -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most losses are taken apart by the tracer. Here are those that can't be, and those
// that .pt2 files often have whole.
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "Formulas.h"
#include "NodeImporter.h"
#include "Norms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// The norm along the last dimension, which goes; of no coordinates at all it is 0. Where
/// several coordinates are the largest each has the whole derivative.
static Expr distance(NodeImporter &n, Expr difference, double p) {
  int64_t last = n.rankOf(difference) - 1;
  if (!std::isinf(p))
    return vectorNorm(difference, p, {last}, /*keepDims=*/false);
  Expr norm = vectorNorm(difference, p, {last}, /*keepDims=*/true).max(0.0);
  if (!norm)
    return norm;
  Expr isLargest = difference.abs().eq(norm.get());
  Expr count = isLargest.to(n.elementTypeOf(norm)).sum({last}, /*keepDims=*/false);
  norm = norm.squeeze({last});
  Expr isShared = (count > 1.0) & (norm < INFINITY).get();
  Expr none = norm - stop(norm).get();
  return norm + isShared.select(none * (count - 1.0).get(), 0.0).get();
}

/// …,P,M and …,R,M → …,P,R
static LogicalResult importCdist(NodeImporter &n) {
  n.ignore({"compute_mode"}); // how, not what
  Value a = n.tensor("x1"), b = n.tensor("x2");
  double p = n.number("p");
  if (!a || !b || n.hasFailed() || !n.requireRank(a, 2, INT64_MAX, "x1") ||
      !n.requireRank(b, 2, INT64_MAX, "x2"))
    return failure();
  Expr difference = Expr(n, a).unsqueeze({n.rankOf(a) - 1}) - n.unsqueeze(b, {n.rankOf(b) - 2});
  return difference ? n.result(distance(n, difference, p)) : failure();
}

/// The distances of all pairs of rows, i < j.
static LogicalResult importPdist(NodeImporter &n) {
  Value self = n.tensor("self");
  double p = n.number("p");
  if (!self || n.hasFailed() || !n.requireRank(self, 2, 2, "self"))
    return failure();
  int64_t count = n.shapeOf(self)[0];
  if (ShapedType::isDynamic(count))
    return n.emitError() << "the number of rows must be known";
  constexpr int64_t kMostRows = 1 << 13;
  if (count > kMostRows)
    return n.emitError() << "it has " << count << " rows; up to " << kMostRows
                         << " are supported";
  SmallVector<int64_t> first, second;
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = i + 1; j < count; ++j) {
      first.push_back(i);
      second.push_back(j);
    }
  auto rows = [&](ArrayRef<int64_t> indices) {
    return Expr(n, n.take(self, n.constantInts(indices), 0, /*wrapNegative=*/false));
  };
  Expr difference = rows(first) - rows(second).get();
  return difference ? n.result(distance(n, difference, p)) : failure();
}

/// The product of three operands, each with ones at its own places, summed.
static LogicalResult importTrilinear(NodeImporter &n) {
  n.ignore({"unroll_dim"});
  Expr product(n, {});
  for (int64_t i : {1, 2, 3}) {
    Value operand = n.tensor("i" + std::to_string(i));
    std::string name = "expand" + std::to_string(i);
    SmallVector<int64_t> given = n.integers(name);
    if (!operand)
      return failure();
    auto ones = n.normalizeAxes(given, n.rankOf(operand) + given.size(), name);
    if (!ones)
      return failure();
    Expr wide(n, n.unsqueeze(operand, *ones));
    product = product ? product * wide.get() : wide;
  }
  if (!product)
    return failure();
  auto summed = n.normalizeAxes(n.integers("sumdim"), n.rankOf(product), "sumdim");
  return summed ? n.result(product.sum(*summed, /*keepDims=*/false)) : failure();
}

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

namespace {
/// PyTorch's numbers of what an argument 'reduction' asks for.
enum Reduction { None, Mean, Sum };
} // namespace

/// A loss of each element reduced; the mean divides by `count` where it is given.
static Expr reduceLoss(NodeImporter &n, Expr loss, int64_t reduction, Expr count) {
  if (!loss || reduction == None)
    return loss;
  SmallVector<int64_t> all = dimRange(0, n.rankOf(loss));
  if (reduction == Mean && !count)
    return loss.mean(all, /*keepDims=*/false);
  Expr sum = loss.sum(all, /*keepDims=*/false);
  return reduction == Mean ? sum / count.get() : sum;
}

/// The reduced loss of each difference between `self` and `target`.
static LogicalResult importDistance(NodeImporter &n, llvm::function_ref<Expr(Expr)> lossOf) {
  Type type = n.resultElementType();
  int64_t reduction = n.integer("reduction");
  if (!type || n.hasFailed())
    return failure();
  Type wide = computationType(type);
  Expr loss = lossOf(n.operand("self", wide) - n.operand("target", wide).get());
  return n.result(reduceLoss(n, loss, reduction, {n, {}}).to(type));
}

/// ½z² up to delta, delta · (z - ½delta) behind it, of the distance z.
static LogicalResult importHuberLoss(NodeImporter &n) {
  double delta = n.number("delta");
  return importDistance(n, [=](Expr difference) {
    Expr z = magnitude(difference);
    return (z < delta).select(z.square() * 0.5, (z - 0.5 * delta) * delta);
  });
}

/// ½z² / beta up to beta, z - ½beta behind it, of the distance z. PyTorch takes it apart
/// into the absolute value, whose derivative at 0 isn't 1.
static LogicalResult importSmoothL1Loss(NodeImporter &n) {
  double beta = n.number("beta");
  return importDistance(n, [=](Expr difference) {
    if (beta == 0)
      return difference.abs();
    Expr z = magnitude(difference);
    return (z < beta).select(z.square() * 0.5 / beta, z - 0.5 * beta);
  });
}

/// -(t·log p + (1 − t)·log(1 − p)), each logarithm at least -100. Where p(1 − p) is less than
/// 1e-12 the derivative by p is (p − t) / 1e-12, as PyTorch has it: never infinite.
static LogicalResult importBinaryCrossEntropy(NodeImporter &n) {
  Type own = n.resultElementType();
  int64_t reduction = n.integer("reduction");
  Value weight = n.optionalTensor("weight");
  if (!own || n.hasFailed())
    return failure();
  Type type = computationType(own);
  Expr p = n.operand("self", type), t = n.operand("target", type);
  if (!p || !t)
    return failure();
  constexpr double kLeast = 1e-12, kLeastLog = -100;
  Expr isEdge = p * (-p + 1.0).get() < kLeast, constant = stop(p);
  Expr inner = isEdge.select(n.scalar(type, 0.5), p);
  Expr log = isEdge.select(constant.log().max(kLeastLog), inner.log());
  Expr logOfRest = isEdge.select((-constant).unary<dl::Log1pOp>().max(kLeastLog),
                                 (-inner).unary<dl::Log1pOp>());
  Expr loss = (t - 1.0) * logOfRest.get() - (t * log.get()).get();
  // 0, with the derivative of the edge.
  if (Expr slope = (constant - t.get()) * (1 / kLeast))
    loss = loss + isEdge.select((p - constant.get()) * stop(slope).get(), 0.0).get();
  if (weight)
    loss = loss * n.convert(weight, type);
  return n.result(reduceLoss(n, loss, reduction, {n, {}}).to(own));
}

namespace {
/// What a cross entropy is taken of: logarithms of probabilities, whose dimension
/// `axis` is the classes; null where a class has no weight of its own.
struct CrossEntropy {
  Expr logs, weight;
  int64_t axis, reduction;
  double smoothing;
};
} // namespace

/// Of a probability for each class.
static Expr ofProbabilities(NodeImporter &n, const CrossEntropy &c, Expr target) {
  Size classes = n.size(c.logs, c.axis);
  Type type = n.elementTypeOf(c.logs);
  if (c.smoothing > 0)
    target = target * (1 - c.smoothing) +
             (Expr(n, n.scalar(type, c.smoothing)) / sizeAs(n, classes, type).get()).get();
  Expr terms = c.logs * target.get();
  if (c.weight)
    terms = terms * c.weight.get();
  return reduceLoss(n, -terms.sum({c.axis}, /*keepDims=*/false), c.reduction, {n, {}});
}

/// Of the number of a class; an ignored one counts for nothing.
static Expr ofClasses(NodeImporter &n, const CrossEntropy &c, Value target, int64_t ignored) {
  Type type = n.elementTypeOf(c.logs), i64 = n.getBuilder().getI64Type();
  Expr label = Expr(n, target).to(i64).unsqueeze({c.axis});
  Expr isKept = label.ne(n.scalarInt(i64, ignored));
  Value place = isKept.select(label, n.scalarInt(i64, 0));
  auto pick = [&](Value x) { return Expr(n, frontend::gatherElements(n, x, place, c.axis)); };
  Expr weight = isKept.to(type);
  if (c.weight && place)
    weight = weight * pick(n.broadcastTo(c.weight, n.sizes(c.logs))).get();
  Expr loss = place ? isKept.select(-(pick(c.logs) * weight.get()), 0.0) : Expr(n, {});
  Expr count(n, {});
  if (c.reduction == Mean && weight)
    count = weight.sum(dimRange(0, n.rankOf(weight)), /*keepDims=*/false);
  if (c.smoothing > 0) {
    Expr all = c.weight ? c.logs * c.weight.get() : c.logs;
    Expr spread = isKept.select(-all.sum({c.axis}), 0.0);
    Expr share = Expr(n, n.scalar(type, c.smoothing)) /
                 sizeAs(n, n.size(c.logs, c.axis), type).get();
    loss = loss * (1 - c.smoothing) + (spread * share.get()).get();
  }
  return reduceLoss(n, loss.squeeze({c.axis}), c.reduction, count);
}

static LogicalResult importCrossEntropy(NodeImporter &n) {
  Value self = n.tensor("self"), target = n.tensor("target"), weight = n.optionalTensor("weight");
  int64_t reduction = n.integer("reduction"), ignored = n.integer("ignore_index");
  double smoothing = n.number("label_smoothing");
  Type type = n.resultElementType();
  if (!self || !target || !type || n.hasFailed() ||
      !n.requireRank(self, 1, INT64_MAX, "its input"))
    return failure();
  int64_t rank = n.rankOf(self), axis = rank == 1 ? 0 : 1;
  if (weight)
    weight = n.broadcastAlong(n.convert(weight, type), self, axis);
  CrossEntropy c{{n, n.infer<dl::LogSoftmaxOp>(n.convert(self, type), axis)},
                 {n, weight}, axis, reduction, smoothing};
  if (!c.logs)
    return failure();
  bool isOfClasses = !n.isFloat(target);
  int64_t targetRank = isOfClasses ? rank - 1 : rank;
  if (!n.requireRank(target, targetRank, targetRank, "target"))
    return failure();
  return n.result(isOfClasses ? ofClasses(n, c, target, ignored)
                              : ofProbabilities(n, c, Expr(n, target).to(type)));
}

/// Σ max(0, margin - x[label] + x[i])ᵖ / classes over the classes i that aren't the label,
/// with derivative 0 where the maximum is of zeros; NaN counts as 0.
static LogicalResult importMultiMarginLoss(NodeImporter &n) {
  Value self = n.tensor("self"), target = n.tensor("target"), weight = n.optionalTensor("weight");
  double p = n.number("p"), margin = n.number("margin");
  int64_t reduction = n.integer("reduction");
  if (!self || !target || n.hasFailed() || !n.requireRank(self, 0, 2, "its input") ||
      !n.requireRank(target, 0, 1, "target"))
    return failure();
  if (p != 1 && p != 2)
    return n.emitError() << "p may be 1 or 2, not " << p;
  bool isOne = n.rankOf(target) == 0;
  Type own = n.elementTypeOf(self), type = computationType(own), i64 = n.getBuilder().getI64Type();
  Size rows = n.rankOf(self) == 2 ? n.size(self, 0) : Size(1);
  Size classes = n.rankOf(self) ? n.size(self, n.rankOf(self) - 1) : Size(1);
  Expr x = Expr(n, self).to(type).reshape({rows, classes});
  Expr label = Expr(n, target).to(i64).reshape({rows, Size(1)});
  if (!x || !label)
    return failure();
  Expr picked(n, frontend::gatherElements(n, x, label, 1));
  Expr excess = x - picked.get() + margin;
  excess = (excess > 0.0).select(excess, 0.0);
  Expr loss = p == 1 ? excess : excess.square();
  if (weight) {
    Value all = n.broadcastTo(n.convert(weight, type), {rows, classes});
    loss = loss * (all ? frontend::gatherElements(n, all, label, 1) : Value());
  }
  Expr isOther = Expr(n, n.iota({rows, classes}, i64, 1)).ne(label.get());
  loss = isOther.select(loss, 0.0).mean({1}, /*keepDims=*/false);
  loss = reduceLoss(n, loss, reduction, {n, {}});
  return n.result((isOne && reduction == None ? loss.squeeze({0}) : loss).to(own));
}

/// Σ max(0, 1 - x[label] + x[i]) / classes over a row's labels, which end at the first
/// -1, and the classes i that are no label, with derivative 0 where the maximum is of
/// zeros. PyTorch's own decomposition counts what
/// stands behind the -1 as labels of class 0, so that the tracer keeps the op whole.
static LogicalResult importMultilabelMarginLoss(NodeImporter &n) {
  Value self = n.tensor("self"), target = n.tensor("target");
  int64_t reduction = n.integer("reduction");
  if (!self || !target || n.hasFailed() || !n.requireRank(self, 0, 2, "its input"))
    return failure();
  int64_t rank = n.rankOf(self);
  if (!n.requireRank(target, rank, rank, "target"))
    return failure();
  Type own = n.elementTypeOf(self), type = computationType(own), i64 = n.getBuilder().getI64Type();
  Size rows = rank == 2 ? n.size(self, 0) : Size(1);
  Size classes = rank ? n.size(self, rank - 1) : Size(1);
  Expr x = Expr(n, self).to(type).reshape({rows, classes});
  Expr labels = Expr(n, target).to(i64).reshape({rows, classes});
  Expr number(n, n.iota({rows, classes}, i64, 1));
  Expr end = labels.eq(-1.0).select(number, sizeAs(n, classes, i64));
  end = end.reduce(dl::ReductionKind::min, {1});
  Expr isLabel = number < end.get();
  Expr label = isLabel.select(labels, 0.0);
  // rows, labels, classes
  Expr isSame = label.unsqueeze({2}).eq(number.unsqueeze({1})) & isLabel.unsqueeze({2}).get();
  Expr isTarget = isSame.to(type).maximum({1}, /*keepDims=*/false);
  if (!label || !isTarget)
    return failure();
  Expr picked(n, frontend::gatherElements(n, x, label, 1));
  Expr margins = x.unsqueeze({1}) - picked.unsqueeze({2}).get() + 1;
  margins = (margins > 0.0).select(margins, 0.0);
  Expr counts = isLabel.unsqueeze({2}) & isTarget.eq(0.0).unsqueeze({1}).get();
  Expr loss = counts.select(margins, 0.0).sum({1, 2}, /*keepDims=*/false) /
              sizeAs(n, classes, type).get();
  loss = reduceLoss(n, loss, reduction, {n, {}});
  if (loss && reduction == None && rank < 2)
    loss = loss.squeeze({0});
  Value y = loss.to(own);
  if (n.numResults() == 1)
    return n.result(y);
  return n.results({y, isTarget.to(own).reshape(n.sizes(target)).get()});
}

void torch::registerLossOps(OpTable &t) {
  t.add("aten.huber_loss.default", importHuberLoss);
  t.add("aten.binary_cross_entropy.default", importBinaryCrossEntropy);
  t.add("aten.smooth_l1_loss.default", importSmoothL1Loss);
  t.add("aten.cross_entropy_loss.default", importCrossEntropy);
  t.add("aten.multi_margin_loss.default", importMultiMarginLoss);
  t.add({"aten.multilabel_margin_loss.default", "aten.multilabel_margin_loss_forward.default"},
        importMultilabelMarginLoss);
  t.add({"aten.cdist.default", "aten._cdist_forward.default"}, importCdist);
  t.add({"aten.pdist.default", "aten._pdist_forward.default"}, importPdist);
  t.add("aten._trilinear.default", importTrilinear);
}
