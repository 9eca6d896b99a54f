//===- Normalization.cpp - ATen's normalisations --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "dl/IR/ExternalData.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static FloatAttr f64(NodeImporter &n, double value) {
  return n.getBuilder().getF64FloatAttr(value);
}
static IntegerAttr i64(NodeImporter &n, int64_t value) {
  return n.getBuilder().getI64IntegerAttr(value);
}

/// Converted, where it is given.
static Value converted(NodeImporter &n, Value value, Type type) {
  return value ? n.convert(value, type) : value;
}

namespace {
/// A mean, and 1 / √(variance + ε).
struct Statistics {
  Expr mean, inverse;
};
} // namespace

/// Over `axes`, kept as ones, given in the element type `type`.
static Statistics statistics(NodeImporter &n, Value x, ArrayRef<int64_t> axes, double epsilon,
                             Type type) {
  Expr wide = Expr(n, x).to(computationType(type)), mean = wide.mean(axes);
  Expr variance = (wide - mean.get()).square().mean(axes);
  return {mean.to(type), (variance + epsilon).unary<dl::RsqrtOp>().to(type)};
}

//===----------------------------------------------------------------------===//
// Without running statistics
//===----------------------------------------------------------------------===//

/// The first of the dimensions that `normalized_shape` names.
static std::optional<int64_t> normalizedAxis(NodeImporter &n, Value input) {
  int64_t count = n.symbolics("normalized_shape").size(), rank = n.rankOf(input);
  if (n.hasFailed())
    return std::nullopt;
  if (count < 1 || count > rank) {
    n.emitError() << "normalized_shape has " << count << " entries for rank " << rank;
    return std::nullopt;
  }
  return rank - count;
}

static LogicalResult importLayerNorm(NodeImporter &n) {
  n.ignore({"cudnn_enable"});
  Value x = n.tensor("input"), weight = n.optionalTensor("weight"),
        bias = n.optionalTensor("bias");
  double epsilon = n.number("eps");
  std::optional<int64_t> axis = x ? normalizedAxis(n, x) : std::nullopt;
  if (!axis || n.hasFailed())
    return failure();
  Type element = n.elementTypeOf(x);
  Value y = n.infer<dl::LayerNormOp>(x, converted(n, weight, element),
                                     converted(n, bias, element), i64(n, *axis),
                                     f64(n, epsilon));
  SmallVector<ImportedValue> results{y};
  if (n.hasResult(1) || n.hasResult(2)) {
    Type type = n.resultElementType(n.hasResult(1) ? 1 : 2);
    Statistics s = statistics(n, x, dimRange(*axis, n.rankOf(x)), epsilon, type);
    results.append({s.mean.get(), s.inverse.get()});
  }
  results.resize(n.numResults());
  return n.results(results);
}

/// x / √(mean x² + ε), the ε of None being that of the type it is computed in.
static LogicalResult importRmsNorm(NodeImporter &n) {
  Value x = n.tensor("input"), weight = n.optionalTensor("weight");
  std::optional<double> given = n.optionalNumber("eps");
  std::optional<int64_t> axis = x ? normalizedAxis(n, x) : std::nullopt;
  if (!axis || n.hasFailed() || !n.requireFloat(x, "input"))
    return failure();
  Type element = n.elementTypeOf(x), computed = computationType(element);
  const llvm::fltSemantics &semantics = cast<FloatType>(computed).getFloatSemantics();
  double epsilon =
      given.value_or(std::ldexp(1.0, 1 - int(llvm::APFloat::semanticsPrecision(semantics))));
  Expr wide = Expr(n, x).to(computed);
  Expr y(n, n.infer<dl::RmsNormOp>(wide, converted(n, weight, computed), i64(n, *axis),
                                   f64(n, epsilon)));
  SmallVector<ImportedValue> results{y.to(element).get()};
  if (n.hasResult(1)) {
    Expr mean = wide.square().mean(dimRange(*axis, n.rankOf(x)));
    results.push_back(
        (mean + epsilon).unary<dl::RsqrtOp>().to(n.resultElementType(1)).get());
  }
  results.resize(n.numResults());
  return n.results(results);
}

static LogicalResult importGroupNorm(NodeImporter &n) {
  n.ignore({"N", "C", "HxW", "cudnn_enabled"});
  bool isNative = n.has("group");
  Value x = n.tensor("input"), weight = n.optionalTensor("weight"),
        bias = n.optionalTensor("bias");
  int64_t groups = n.integer(isNative ? "group" : "num_groups");
  double epsilon = n.number("eps");
  if (!x || n.hasFailed() || !n.requireRank(x, 2, INT64_MAX, "input"))
    return failure();
  Size channels = n.size(x, 1);
  if (groups < 1 || (channels.isStatic() && channels.getStatic() % groups))
    return n.emitError() << groups << " groups don't divide the channels";
  Type element = n.elementTypeOf(x);
  Value y = n.infer<dl::GroupNormOp>(x, converted(n, weight, element),
                                     converted(n, bias, element), i64(n, groups),
                                     f64(n, epsilon));
  SmallVector<ImportedValue> results{y};
  if (n.hasResult(1) || n.hasResult(2)) {
    Type type = n.resultElementType(n.hasResult(1) ? 1 : 2);
    Sizes sizes = n.sizes(x);
    Value rows = n.reshape(x, {sizes[0], Size(groups),
                               n.mul(n.div(channels, groups),
                                     n.product(ArrayRef(sizes).drop_front(2)))});
    Statistics s = statistics(n, rows, {2}, epsilon, type);
    results.append({s.mean.squeeze({2}).get(), s.inverse.squeeze({2}).get()});
  }
  results.resize(n.numResults());
  return n.results(results);
}

//===----------------------------------------------------------------------===//
// With running statistics
//===----------------------------------------------------------------------===//

namespace {
struct BatchNorm {
  Value input, weight, bias, mean, variance;
  double momentum = 0, epsilon = 0;
  Type statistic; ///< what the statistics are computed in
};
} // namespace

static std::optional<BatchNorm> readBatchNorm(NodeImporter &n) {
  BatchNorm b;
  b.input = n.tensor("input");
  b.weight = n.optionalTensor("weight");
  b.bias = n.optionalTensor("bias");
  b.mean = n.optionalTensor("running_mean");
  b.variance = n.optionalTensor("running_var");
  b.momentum = n.has("momentum") ? n.number("momentum") : 0.1;
  b.epsilon = n.number("eps");
  if (!b.input || n.hasFailed() || !n.requireFloat(b.input, "input") ||
      !n.requireRank(b.input, 2, INT64_MAX, "input"))
    return std::nullopt;
  b.statistic = computationType(n.elementTypeOf(b.input));
  return b;
}

/// (x − mean) / √(variance + ε) · weight + bias, vectors per channel, in the statistics' type.
static Value normalize(NodeImporter &n, const BatchNorm &b, Value mean, Value variance) {
  Type type = b.statistic;
  Sizes channels{n.size(b.input, 1)};
  Value weight = b.weight ? b.weight : n.broadcastTo(n.scalar(type, 1), channels);
  Value bias = b.bias ? b.bias : n.broadcastTo(n.scalar(type, 0), channels);
  if (!weight || !bias || !mean || !variance)
    return {};
  Expr y(n, n.infer<dl::BatchNormOp>(n.convert(b.input, type), n.convert(weight, type),
                                     n.convert(bias, type), n.convert(mean, type),
                                     n.convert(variance, type), APFloat(b.epsilon)));
  if (auto op = y.get() ? y.get().getDefiningOp<dl::BatchNormOp>() : nullptr; op && b.momentum != 0.1)
    op->setAttr(dl::kMomentumAttr, f64(n, b.momentum));
  return y.to(n.elementTypeOf(b.input));
}

static LogicalResult normalizeByRunning(NodeImporter &n, const BatchNorm &b) {
  if (!b.mean || !b.variance)
    return n.emitError() << "it needs running_mean and running_var";
  SmallVector<ImportedValue> results{normalize(n, b, b.mean, b.variance)};
  for (unsigned i = 1; i < n.numResults(); ++i)
    results.push_back(i < 4 ? n.emptyResult(i) : Value());
  // …_functional gives the statistics back as they were.
  if (n.getTarget().contains("functional")) {
    if (results.size() < 3)
      return n.emitError() << "it has " << results.size() << " results, not 5";
    results[results.size() - 2] = b.mean;
    results[results.size() - 1] = b.variance;
  }
  return n.results(results);
}

/// By the batch's own statistics. Results: y, mean, 1/√(variance + ε), then where
/// the op has them a reserve, the new running mean, the new running variance.
static LogicalResult normalizeByBatch(NodeImporter &n, const BatchNorm &b) {
  SmallVector<int64_t> axes{0};
  axes.append(dimRange(2, n.rankOf(b.input)));
  Expr wide = Expr(n, b.input).to(b.statistic), mean = wide.mean(axes, /*keepDims=*/false);
  if (!mean.get())
    return failure();
  // As dl.batch_norm centres them: it is one tensor then.
  Expr centred = wide - n.broadcastAlong(mean.get(), wide.get(), /*axis=*/1);
  Expr variance = centred.square().mean(axes, /*keepDims=*/false);
  Expr inverse = (variance + b.epsilon).unary<dl::RsqrtOp>();
  SmallVector<ImportedValue> results{normalize(n, b, mean.get(), variance.get())};
  auto give = [&](Expr value) {
    unsigned i = results.size();
    results.push_back(n.hasResult(i) ? value.to(n.resultElementType(i)).get() : Value());
  };
  give(mean);
  give(inverse);
  if (n.getTarget().contains("with_update"))
    results.push_back(n.emptyResult(3));
  if (n.getTarget().contains("functional")) {
    Sizes sizes = n.sizes(b.input);
    Expr count(n, n.scalar(b.statistic, 1));
    for (int64_t axis : axes)
      count = count * sizeAs(n, sizes[axis], b.statistic).get();
    Expr unbiased = variance * (count / (count - 1.0).get()).get();
    auto blend = [&](Value running, Expr fresh) {
      return Expr(n, running).to(b.statistic) * (1 - b.momentum) + (fresh * b.momentum).get();
    };
    if (!b.mean || !b.variance)
      return n.emitError() << "it needs running_mean and running_var";
    give(blend(b.mean, mean));
    give(blend(b.variance, unbiased));
  }
  return n.results(results);
}

/// Ops whose `training` (or name) says which statistics count.
static LogicalResult importBatchNorm(NodeImporter &n) {
  n.ignore({"cudnn_enabled"});
  std::optional<BatchNorm> b = readBatchNorm(n);
  bool trains = n.has("training") ? n.boolean("training")
                                  : n.getTarget().contains("with_update");
  if (!b || n.hasFailed())
    return failure();
  if (!trains)
    return normalizeByRunning(n, *b);
  if (n.getTarget() == "aten.batch_norm.default" && b->mean)
    return n.emitError() << "in training it changes its running statistics, which isn't supported "
                            "here";
  return normalizeByBatch(n, *b);
}

/// Each sample's channels by their own statistics, or all by the running ones.
static LogicalResult importInstanceNorm(NodeImporter &n) {
  n.ignore({"cudnn_enabled"});
  std::optional<BatchNorm> b = readBatchNorm(n);
  bool usesInput = n.boolean("use_input_stats");
  if (!b || n.hasFailed())
    return failure();
  if (!usesInput)
    return normalizeByRunning(n, *b);
  if (b->mean)
    return n.emitError() << "in training it changes its running statistics, which isn't supported "
                            "here";
  Size channels = n.size(b->input, 1);
  if (!channels.isStatic())
    return n.emitError() << "the number of channels must be known";
  Type element = n.elementTypeOf(b->input);
  return n.result(n.infer<dl::GroupNormOp>(b->input, converted(n, b->weight, element),
                                           converted(n, b->bias, element),
                                           i64(n, channels.getStatic()), f64(n, b->epsilon)));
}

void torch::registerNormalizationOps(OpTable &t) {
  t.add({"aten.layer_norm.default", "aten.native_layer_norm.default"}, importLayerNorm);
  t.add({"aten.rms_norm.default", "aten._fused_rms_norm.default"}, importRmsNorm);
  t.add({"aten.group_norm.default", "aten.native_group_norm.default"}, importGroupNorm);
  t.add({"aten.batch_norm.default", "aten._native_batch_norm_legit_no_training.default",
         "aten._batch_norm_no_update.default", "aten._native_batch_norm_legit_functional.default",
         "aten._native_batch_norm_legit.no_stats",
         "aten._batch_norm_with_update_functional.default"},
        importBatchNorm);
  t.add("aten.instance_norm.default", importInstanceNorm);
}
