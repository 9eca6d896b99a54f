//===- Activation.cpp - ATen's activations --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Random.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// softmax and log_softmax, computed in the result's type; a 0-D tensor is a row of
/// one element. With `isSafe` a row of -inf only gives 0, and has derivative 0: softmax
/// isn't taken of it.
template <typename Op, bool isSafe = false>
static LogicalResult importSoftmax(NodeImporter &n) {
  n.ignore({"dtype", "half_to_float"});
  Type type = n.resultElementType();
  Value x = type ? n.operand("self", type).get() : Value();
  if (!x)
    return failure();
  auto axis = n.axis("dim", n.rankOf(x));
  if (!axis)
    return failure();
  bool isScalar = n.rankOf(x) == 0;
  if (isScalar)
    x = n.reshape(x, ArrayRef<int64_t>{1});
  Expr isHidden(n, Value());
  if (isSafe) {
    isHidden = Expr(n, x).maximum({*axis}).eq(-INFINITY);
    x = isHidden.select(n.scalar(type, 0), x);
  }
  Value result = n.infer<Op>(x, *axis);
  if (isSafe)
    result = isHidden.select(n.scalar(type, 0), result);
  return n.result(isScalar ? n.reshape(result, ArrayRef<int64_t>{}) : result);
}

template <typename Op>
static LogicalResult importUnary(NodeImporter &n) {
  return n.result(Expr(n, n.tensor("self")).unary<Op>());
}

/// relu is taken of integers, too.
static LogicalResult importRelu(NodeImporter &n) {
  Value x = n.tensor("self");
  if (x && !n.isFloat(x))
    return n.result(Expr(n, x).max(0.0));
  return n.result(Expr(n, x).unary<dl::ReluOp>());
}

static LogicalResult importGelu(NodeImporter &n) {
  std::string approximate = n.string("approximate");
  return n.result(n.infer<dl::GeluOp>(n.tensor("self"), approximate == "tanh"));
}

/// Between two bounds, with derivative 0 on them, where that of `clamp` is 1.
static Expr hardtanh(Expr x, double low, double high) {
  if (!x)
    return x;
  auto bound = [&](double number) {
    return x.builder().scalar(NodeBuilder::elementTypeOf(x), number);
  };
  return (x <= low).select(bound(low), (x >= high).select(bound(high), x));
}

/// 'self' as formulas take it, and what they make of it as the result: narrow floats are
/// rounded once, at the end.
static Expr computed(NodeImporter &n) {
  Value self = n.tensor("self");
  return Expr(n, self).to(self ? computationType(n.elementTypeOf(self)) : Type());
}

static LogicalResult rounded(NodeImporter &n, Expr y) {
  Type type = n.resultElementType();
  return type ? n.result(y.to(type)) : failure();
}

static LogicalResult importHardsigmoid(NodeImporter &n) {
  return rounded(n, hardtanh(computed(n) + 3.0, 0, 6) / 6.0);
}

static LogicalResult importHardswish(NodeImporter &n) {
  Expr x = computed(n);
  return rounded(n, x * hardtanh(x + 3.0, 0, 6).get() / 6.0);
}

static LogicalResult importHardtanh(NodeImporter &n) {
  return n.result(
      hardtanh(Expr(n, n.tensor("self")), n.number("min_val"), n.number("max_val")));
}

static LogicalResult importLeakyRelu(NodeImporter &n) {
  Expr x = computed(n);
  return rounded(n, (x > 0.0).select(x, x * n.number("negative_slope")));
}

/// Leaky ReLU with slopes that are drawn for training, else the middle one. The second
/// result is the slopes, of which evaluation makes nothing.
static LogicalResult importRrelu(NodeImporter &n) {
  n.ignore({"generator"});
  Expr x(n, n.tensor("self"));
  bool hasNoise = n.getTarget().contains("noise");
  Value noise = hasNoise ? n.tensor("noise") : Value();
  double lower = n.number("lower"), upper = n.number("upper");
  bool trains = n.boolean("training");
  if (!x || n.hasFailed())
    return failure();
  Expr isAbove = x > 0.0, negative = x * ((lower + upper) / 2);
  if (trains) { // a slope of each element's own
    Expr slope = drawUniform(n, n.sizes(x), n.elementTypeOf(x)) * (upper - lower) + lower;
    negative = x * slope.get();
    noise = (x <= 0.0).select(slope, 1.0);
  }
  Value y = isAbove.select(x, negative);
  return n.numResults() == 2 ? n.results({y, noise}) : n.result(y);
}

/// scale · x above 0, scale · alpha · (e^(inner · x) − 1) below. At 0 it is the line of the
/// slope from below, with a second derivative of 0.
static LogicalResult elu(NodeImporter &n, double alpha, double scale, double inner) {
  Expr x = computed(n);
  Expr line = x * scale, negative = (x * inner).unary<dl::Expm1Op>() * (alpha * scale);
  if (alpha * inner != 1)
    line = (x > 0.0).select(line, x * (alpha * scale * inner));
  return rounded(n, (x < 0.0).select(negative, line));
}

static LogicalResult importElu(NodeImporter &n) {
  double alpha = n.number("alpha"), scale = n.number("scale");
  return elu(n, alpha, scale, n.number("input_scale"));
}

static LogicalResult importCelu(NodeImporter &n) {
  double alpha = n.number("alpha");
  return elu(n, alpha, 1, 1 / alpha);
}

static LogicalResult importSoftplus(NodeImporter &n) {
  Expr x = computed(n);
  double beta = n.number("beta"), threshold = n.number("threshold");
  Expr scaled = x * beta;
  return rounded(n, (scaled > threshold).select(x, softplus(scaled) / beta));
}

static LogicalResult importMish(NodeImporter &n) {
  Expr x = computed(n);
  return rounded(n, x * softplus(x).tanh().get());
}

/// The second result is scratch space of the eager kernel.
static LogicalResult importLogSigmoid(NodeImporter &n) {
  Expr result = -softplus(-computed(n));
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.results({result.to(type).get(), n.hasResult(1) ? ImportedValue() : ImportedValue::none()});
}

static LogicalResult importGlu(NodeImporter &n) {
  Value x = computed(n);
  if (!x)
    return failure();
  auto axis = n.axis("dim", n.rankOf(x));
  if (!axis)
    return failure();
  Size half = n.div(n.size(x, *axis), 2);
  Expr a(n, n.sliceAxis(x, *axis, 0, half)), gate(n, n.sliceAxis(x, *axis, half, half));
  return rounded(n, a * gate.sigmoid().get());
}

static LogicalResult importThreshold(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  Type type = n.elementTypeOf(self);
  Expr x(n, self);
  Expr isBelow = x.compare(dl::ComparisonDirection::le, n.operand("threshold", type));
  return n.result(isBelow.select(n.operand("value", type), x));
}

static LogicalResult importHardshrink(NodeImporter &n) {
  Expr x(n, n.tensor("self"));
  Expr isSmall = x.abs() <= n.number("lambd");
  return n.result(isSmall.select(n.scalar(n.resultElementType(), 0), x));
}

/// x moved towards 0 by lambd.
static LogicalResult importSoftshrink(NodeImporter &n) {
  Expr x = computed(n);
  double lambd = n.number("lambd");
  Expr moved = (x > 0.0).select(x - lambd, x + lambd);
  return rounded(n, (x.abs() > lambd).select(moved, x * 0.0));
}

/// weight · x below 0; the weight counts along dimension 1, or is one for all.
static LogicalResult importPrelu(NodeImporter &n) {
  Value x = n.tensor("self"), weight = n.tensor("weight");
  if (!x || !weight)
    return failure();
  if (n.getTarget().contains("aten.prelu") && n.rankOf(weight) == 1) {
    bool isOne = n.shapeOf(weight)[0] == 1;
    weight = isOne ? n.reshape(weight, ArrayRef<int64_t>{})
                   : n.broadcastAlong(weight, x, n.rankOf(x) > 1 ? 1 : 0);
  }
  Expr input(n, x);
  return n.result((input > 0.0).select(input, input * weight));
}

void torch::registerActivationOps(OpTable &t) {
  t.add({"aten._softmax.default", "aten.softmax.int"}, importSoftmax<dl::SoftmaxOp>);
  t.add("aten._safe_softmax.default", importSoftmax<dl::SoftmaxOp, /*isSafe=*/true>);
  t.add({"aten._log_softmax.default", "aten.log_softmax.int"}, importSoftmax<dl::LogSoftmaxOp>);
  t.add("aten.relu.default", importRelu);
  t.add("aten.gelu.default", importGelu);
  t.add("aten.silu.default", importUnary<dl::SiluOp>);
  t.add("aten.hardsigmoid.default", importHardsigmoid);
  t.add("aten.hardswish.default", importHardswish);
  t.add("aten.hardtanh.default", importHardtanh);
  t.add("aten.leaky_relu.default", importLeakyRelu);
  t.add({"aten.rrelu.default", "aten.rrelu_with_noise.default",
         "aten.rrelu_with_noise_functional.default"},
        importRrelu);
  t.add("aten.elu.default", importElu);
  t.add("aten.celu.default", importCelu);
  t.add("aten.softplus.default", importSoftplus);
  t.add("aten.mish.default", importMish);
  t.add("aten.log_sigmoid_forward.default", importLogSigmoid);
  t.add("aten.glu.default", importGlu);
  t.add("aten.threshold.default", importThreshold);
  t.add("aten.hardshrink.default", importHardshrink);
  t.add("aten.softshrink.default", importSoftshrink);
  t.add({"aten._prelu_kernel.default", "aten.prelu.default"}, importPrelu);
}
