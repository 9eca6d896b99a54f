//===- Normalization.cpp - normalisations, softmax, dropout ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Random.h"
#include "dl/IR/ExternalData.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

static FloatAttr f64(NodeImporter &n, double value) {
  return n.getBuilder().getF64FloatAttr(value);
}
static IntegerAttr i64(NodeImporter &n, int64_t value) {
  return n.getBuilder().getI64IntegerAttr(value);
}

//===----------------------------------------------------------------------===//
// Softmax and its kin
//===----------------------------------------------------------------------===//

/// Applies `f(x, dim)`. Before opset 13 the dimensions from `axis` on count as
/// one: x is made a matrix for f.
static LogicalResult alongSoftmaxAxis(NodeImporter &n,
                                      llvm::function_ref<Value(Value, int64_t)> f) {
  Value x = n.input(0);
  if (!x)
    return failure();
  int64_t rank = n.rankOf(x);
  bool flattens = n.opset() < 13;
  std::optional<int64_t> axis = n.axisAttr("axis", flattens ? 1 : -1, rank);
  if (!axis)
    return failure();
  if (!flattens || *axis == rank - 1)
    return n.result(f(x, *axis));
  Sizes sizes = n.sizes(x);
  Value matrix = n.reshape(x, {n.product(ArrayRef(sizes).take_front(*axis)),
                               n.product(ArrayRef(sizes).drop_front(*axis))});
  Value y = f(matrix, 1);
  return n.result(y ? n.reshape(y, sizes) : y);
}

static LogicalResult importSoftmax(NodeImporter &n) {
  return alongSoftmaxAxis(n, [&](Value x, int64_t dim) {
    return n.infer<dl::SoftmaxOp>(x, i64(n, dim));
  });
}

static LogicalResult importLogSoftmax(NodeImporter &n) {
  return alongSoftmaxAxis(n, [&](Value x, int64_t dim) {
    return n.infer<dl::LogSoftmaxOp>(x, i64(n, dim));
  });
}

/// One at the first maximum, else zero.
static LogicalResult importHardmax(NodeImporter &n) {
  return alongSoftmaxAxis(n, [&](Value x, int64_t dim) -> Value {
    auto shape = llvm::to_vector(n.shapeOf(x));
    shape[dim] = 1;
    Type i64Type = n.getBuilder().getI64Type();
    Expr first(n, n.create<dl::ArgReduceOp>(n.tensorType(shape, i64Type), dl::ArgReduceKind::max,
                                            x, dim, false, /*keep_dims=*/true));
    return first.eq(n.iota(n.sizes(x), i64Type, dim)).to(n.elementTypeOf(x));
  });
}

//===----------------------------------------------------------------------===//
// BatchNormalization, InstanceNormalization, GroupNormalization
//===----------------------------------------------------------------------===//

/// The dimensions but the channels'.
static SmallVector<int64_t> allButChannels(int64_t rank) {
  SmallVector<int64_t> axes{0};
  llvm::append_range(axes, dimRange(2, rank));
  return axes;
}

/// A vector per channel as 1,C,1,…
static Expr perChannel(NodeImporter &n, Value vector, int64_t rank) {
  return Expr(n, vector).unsqueeze(allButChannels(rank));
}

static LogicalResult importBatchNormalization(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2), mean = n.input(3),
        variance = n.input(4);
  double epsilon = n.floatAttr("epsilon", 1e-5), momentum = n.floatAttr("momentum", 0.9);
  bool training = n.opset() >= 14 ? n.boolAttr("training_mode") : n.hasOutput(1);
  if (n.opset() < 7)
    n.ignoreAttr("is_test");
  if (n.opset() < 9 && n.intAttr("spatial", 1) != 1)
    return n.emitError() << "spatial=0 (statistics per element) is not supported";
  if (!x || !scale || !bias || !mean || !variance || !n.requireFloat(x, "X"))
    return failure();
  Type element = n.elementTypeOf(x);
  int64_t rank = n.rankOf(x);
  if (!n.requireRank(x, 2, INT64_MAX, "X"))
    return failure();
  Value s = n.convert(scale, element), b = n.convert(bias, element);
  if (!training) {
    Value y = n.infer<dl::BatchNormOp>(x, s, b, n.convert(mean, element),
                                       n.convert(variance, element), APFloat(epsilon));
    // ONNX counts what stays, in f32.
    if (auto op = y ? y.getDefiningOp<dl::BatchNormOp>() : nullptr; op && float(momentum) != 0.9f)
      op->setAttr(dl::kMomentumAttr, n.getBuilder().getF64FloatAttr(1 - momentum));
    return n.results({y});
  }
  SmallVector<int64_t> axes = allButChannels(rank);
  Type statistic = n.elementTypeOf(mean);
  Expr wide = Expr(n, x).to(statistic);
  Expr batchMean = wide.mean(axes);
  Expr batchVariance = (wide - batchMean).square().mean(axes);
  Expr flatMean = batchMean.squeeze(axes), flatVariance = batchVariance.squeeze(axes);
  Value y = n.infer<dl::BatchNormOp>(x, s, b, flatMean.to(element).get(),
                                     flatVariance.to(element).get(),
                                     APFloat(epsilon));
  Expr newMean = Expr(n, mean) * momentum + flatMean * (1 - momentum);
  Expr newVariance = Expr(n, variance) * momentum + flatVariance * (1 - momentum);
  SmallVector<Value> results{y, newMean, newVariance};
  if (n.numOutputs() > 3)
    results.append({flatMean, flatVariance});
  return n.results(ArrayRef(results).take_front(n.numOutputs()));
}

static LogicalResult importInstanceNormalization(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  double epsilon = n.floatAttr("epsilon", 1e-5);
  n.ignoreAttr("consumed_inputs");
  if (!x || !scale || !bias || !n.requireRank(x, 3, INT64_MAX, "input"))
    return failure();
  Size channels = n.size(x, 1);
  if (!channels.isStatic())
    channels = n.size(scale, 0);
  if (channels.isStatic())
    return n.result(n.infer<dl::GroupNormOp>(x, scale, bias, i64(n, channels.getStatic()),
                                             f64(n, epsilon)));
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> spatial = dimRange(2, rank);
  Expr centred = Expr(n, x) - Expr(n, x).mean(spatial);
  Expr normal = centred / (centred.square().mean(spatial) + epsilon).sqrt();
  return n.result(normal * perChannel(n, scale, rank) + perChannel(n, bias, rank));
}

/// A vector per group as one per channel.
static Value groupsToChannels(NodeImporter &n, Value vector, int64_t groups, Size channels) {
  Size each = n.div(channels, groups);
  Value columns = n.unsqueeze(vector, {1});
  return n.reshape(n.broadcastTo(columns, {Size(groups), each}), {channels});
}

static LogicalResult importGroupNormalization(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  double epsilon = n.floatAttr("epsilon", 1e-5);
  int64_t groups = n.requiredInt("num_groups");
  n.ignoreAttr("stash_type"); // dl normalises in f32 at least
  if (!x || !scale || !bias || n.hasFailed() || !n.requireRank(x, 3, INT64_MAX, "X"))
    return failure();
  if (groups < 1)
    return n.emitError() << "num_groups must be positive but is " << groups;
  Size channels = n.size(x, 1);
  if (channels.isStatic() && channels.getStatic() % groups)
    return n.emitError() << "num_groups " << groups << " doesn't divide the "
                         << channels.getStatic() << " channels";
  if (n.opset() < 21) {
    scale = groupsToChannels(n, scale, groups, channels);
    bias = groupsToChannels(n, bias, groups, channels);
  }
  return n.result(
      n.infer<dl::GroupNormOp>(x, scale, bias, i64(n, groups), f64(n, epsilon)));
}

//===----------------------------------------------------------------------===//
// LayerNormalization and others without running statistics
//===----------------------------------------------------------------------===//

static LogicalResult importLayerNormalization(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), bias = n.input(2);
  double epsilon = n.floatAttr("epsilon", 1e-5);
  int64_t stash = n.intAttr("stash_type", 1);
  if (!x || !scale || n.hasFailed())
    return failure();
  int64_t rank = n.rankOf(x);
  std::optional<int64_t> axis = n.axisAttr("axis", -1, rank);
  Type stashType = n.elementType(stash);
  if (!axis || !stashType)
    return failure();
  Type element = n.elementTypeOf(x);
  Value y = n.infer<dl::LayerNormOp>(x, n.convert(scale, element),
                                     bias ? n.convert(bias, element) : bias, i64(n, *axis),
                                     f64(n, epsilon));
  SmallVector<Value> results{y};
  if (n.hasOutput(1) || n.hasOutput(2)) {
    SmallVector<int64_t> axes = dimRange(*axis, rank);
    Expr wide = Expr(n, x).to(stashType);
    Expr mean = wide.mean(axes);
    Expr deviation = ((wide - mean).square().mean(axes) + epsilon).sqrt();
    results.append({mean, deviation.unary<dl::ReciprocalOp>()});
  }
  return n.results(ArrayRef(results).take_front(n.numOutputs()));
}

static LogicalResult importRmsNormalization(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1);
  double epsilon = n.floatAttr("epsilon", 1e-5);
  n.ignoreAttr("stash_type"); // dl normalises in f32 at least
  if (!x || !scale)
    return failure();
  std::optional<int64_t> axis = n.axisAttr("axis", -1, n.rankOf(x));
  if (!axis)
    return failure();
  return n.result(n.infer<dl::RmsNormOp>(x, n.convert(scale, n.elementTypeOf(x)), i64(n, *axis),
                                         f64(n, epsilon)));
}

/// x / (bias + alpha/size · Σ x²)^beta, summed over neighbouring channels.
static LogicalResult importLrn(NodeImporter &n) {
  Value x = n.input(0);
  double alpha = n.floatAttr("alpha", 1e-4), beta = n.floatAttr("beta", 0.75),
         bias = n.floatAttr("bias", 1.0);
  int64_t size = n.requiredInt("size");
  if (!x || n.hasFailed() || !n.requireRank(x, 2, INT64_MAX, "X"))
    return failure();
  if (size < 1)
    return n.emitError() << "size must be positive but is " << size;
  Sizes sizes = n.sizes(x);
  Expr input(n, x);
  Expr plane = input.square().reshape(
      {sizes[0], Size(1), sizes[1], n.product(ArrayRef(sizes).drop_front(2))});
  if (!plane)
    return failure();
  Value sums = n.infer<dl::PoolOp>(
      dl::PoolKind::sum, plane.get(), ArrayRef<int64_t>{size, 1}, ArrayRef<int64_t>{1, 1},
      ArrayRef<int64_t>{(size - 1) / 2, 0}, ArrayRef<int64_t>{size / 2, 0},
      ArrayRef<int64_t>{1, 1});
  return n.result(input / (Expr(n, sums).reshape(sizes) * (alpha / size) + bias).pow(beta));
}

/// x / ‖x‖ₚ along an axis; zero where the norm is.
static LogicalResult importLpNormalization(NodeImporter &n) {
  Value x = n.input(0);
  int64_t p = n.intAttr("p", 2);
  if (!x)
    return failure();
  std::optional<int64_t> axis = n.axisAttr("axis", -1, n.rankOf(x));
  if (!axis)
    return failure();
  if (p != 1 && p != 2)
    return n.emitError() << "p must be 1 or 2 but is " << p;
  Expr input(n, x);
  Expr norm = p == 1 ? input.abs().sum({*axis}) : input.square().sum({*axis}).sqrt();
  return n.result(norm.eq(0.0).select(n.scalar(n.elementTypeOf(x), 0), input / norm));
}

static LogicalResult importMeanVarianceNormalization(NodeImporter &n) {
  Value x = n.input(0);
  if (!x)
    return failure();
  auto axes = n.normalizeAxes(n.intsAttr("axes", {0, 2, 3}), n.rankOf(x));
  if (!axes)
    return failure();
  Expr input(n, x);
  Expr centred = input - input.mean(*axes);
  return n.result(centred / (centred.square().mean(*axes).sqrt() + 1e-9));
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

static LogicalResult dropoutResults(NodeImporter &n, Value y, Value keep) {
  if (!n.hasOutput(1))
    return n.results({y});
  // The mask has x's type before opset 10.
  if (n.opset() < 10 && keep && y)
    keep = n.convert(keep, n.elementTypeOf(y));
  return n.results({y, keep});
}

static LogicalResult importDropout(NodeImporter &n) {
  Value x = n.input(0);
  double ratio = n.floatAttr("ratio", 0.5);
  if (n.opset() < 7)
    n.ignoreAttr("is_test");
  Value key = randomKey(n);
  if (!x)
    return failure();
  Type i1 = n.getBuilder().getI1Type();
  Value training = n.opset() >= 12 ? n.input(2) : Value();
  Value all = n.hasOutput(1)
                  ? n.broadcastTo(n.scalarInt(i1, 1), n.sizes(x))
                  : Value();
  if (!training || n.constantInt(training) == 0)
    return dropoutResults(n, x, all);
  Type f32 = n.getBuilder().getF32Type();
  Expr drop(n, n.hasInput(1) ? n.convert(n.input(1), f32) : n.scalar(f32, ratio));
  Sizes sizes = n.sizes(x);
  Value uniform = n.create<dl::RngUniformOp>(n.tensorType(sizes, f32), key, n.scalar(f32, 0),
                                             n.scalar(f32, 1), n.shapeOperand(sizes));
  Expr keep = Expr(n, uniform) >= drop.get();
  // With ratio 1 nothing is kept, so that the scale doesn't matter.
  Expr scale = (drop < 1.0).select((-drop + 1.0).unary<dl::ReciprocalOp>(), 0.0);
  Expr input(n, x);
  Expr dropped = keep.select(input * scale.to(n.elementTypeOf(x)).get(), 0.0);
  if (n.constantInt(training))
    return dropoutResults(n, dropped, keep);
  // Whether it trains is known at run time only.
  Expr trains(n, n.convert(training, i1));
  return dropoutResults(n, trains.select(dropped, input),
                        n.hasOutput(1) ? (keep | (~trains).get()).get() : Value());
}

void dlc::onnx::registerNormalizationOps(OpTable &table) {
  table.add("BatchNormalization", 1, 5, importBatchNormalization);
  table.add("Dropout", 1, {1, 3}, importDropout);
  table.add("GroupNormalization", 18, 3, importGroupNormalization);
  table.add("Hardmax", 1, 1, importHardmax);
  table.add("InstanceNormalization", 1, 3, importInstanceNormalization);
  table.add("LRN", 1, 1, importLrn);
  table.add("LayerNormalization", 17, {2, 3}, importLayerNormalization);
  table.add("LogSoftmax", 1, 1, importLogSoftmax);
  table.add("LpNormalization", 1, 1, importLpNormalization);
  table.add("MeanVarianceNormalization", 9, 1, importMeanVarianceNormalization);
  table.add("RMSNormalization", 23, 2, importRmsNormalization);
  table.add("Softmax", 1, 1, importSoftmax);
}
