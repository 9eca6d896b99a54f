//===- Activation.cpp - ONNX activation functions ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;

/// x · factor + offset.
static Value scaleAndShift(NodeImporter &n, Value x, double factor, double offset) {
  if (factor != 1.0)
    x = n.infer<dl::MulOp>(x, n.splatLike(x, factor));
  return offset == 0.0 ? x : n.infer<dl::AddOp>(x, n.splatLike(x, offset));
}

/// min(max(x, low), high).
static Value clamp(NodeImporter &n, Value x, double low, double high) {
  if (!x)
    return {};
  Type type = n.elementTypeOf(x);
  return n.infer<dl::ClampOp>(n.scalar(type, low), x, n.scalar(type, high));
}

/// x where x > 0, else `negative`.
static Value positiveOr(NodeImporter &n, Value x, Value negative) {
  return n.infer<dl::SelectOp>(n.compare(Direction::gt, x, n.splatLike(x, 0.0)), x, negative);
}

static LogicalResult importElu(NodeImporter &n) {
  Value x = n.input(0);
  Value negative = scaleAndShift(n, n.infer<dl::Expm1Op>(x), n.floatAttr("alpha", 1.0), 0.0);
  return n.result(positiveOr(n, x, negative));
}

static LogicalResult importSelu(NodeImporter &n) {
  Value x = n.input(0);
  double alpha = n.floatAttr("alpha", 1.67326319217681884765625);
  double gamma = n.floatAttr("gamma", 1.05070102214813232421875);
  Value negative = scaleAndShift(n, n.infer<dl::Expm1Op>(x), alpha, 0.0);
  return n.result(scaleAndShift(n, positiveOr(n, x, negative), gamma, 0.0));
}

/// max(0, x) + min(0, α (e^(x / α) − 1))
static LogicalResult importCelu(NodeImporter &n) {
  Value x = n.input(0);
  double alpha = n.floatAttr("alpha", 1.0);
  if (alpha == 0.0)
    return n.emitError() << "attribute 'alpha' must not be 0";
  Value scaled = n.infer<dl::DivOp>(x, n.splatLike(x, alpha));
  Value negative = scaleAndShift(n, n.infer<dl::Expm1Op>(scaled), alpha, 0.0);
  Value zero = n.splatLike(x, 0.0);
  return n.result(n.infer<dl::AddOp>(n.infer<dl::MaxOp>(x, zero),
                                     n.infer<dl::MinOp>(negative, zero)));
}

static LogicalResult importHardSigmoid(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 0.2), beta = n.floatAttr("beta", 0.5);
  return n.result(clamp(n, scaleAndShift(n, n.input(0), alpha, beta), 0.0, 1.0));
}

static LogicalResult importHardSwish(NodeImporter &n) {
  Value x = n.input(0);
  return n.result(
      n.infer<dl::MulOp>(x, clamp(n, scaleAndShift(n, x, 1.0 / 6.0, 0.5), 0.0, 1.0)));
}

/// ln(1 + eˣ) as max(x, 0) + ln(1 + e^−|x|), which doesn't overflow.
static Value softplus(NodeImporter &n, Value x) {
  Value tail = n.infer<dl::Log1pOp>(
      n.infer<dl::ExpOp>(n.infer<dl::NegOp>(n.infer<dl::AbsOp>(x))));
  return n.infer<dl::AddOp>(n.infer<dl::ReluOp>(x), tail);
}

static LogicalResult importSoftplus(NodeImporter &n) { return n.result(softplus(n, n.input(0))); }

static LogicalResult importMish(NodeImporter &n) {
  Value x = n.input(0);
  return n.result(n.infer<dl::MulOp>(x, n.infer<dl::TanhOp>(softplus(n, x))));
}

static LogicalResult importGelu(NodeImporter &n) {
  std::string approximate = n.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.emitError() << "attribute 'approximate' must be none or tanh, not '" << approximate
                         << "'";
  return n.result(n.infer<dl::GeluOp>(n.input(0), approximate == "tanh"));
}

/// x where x ≥ 0, else slope · x; the slope is broadcast to x.
static LogicalResult importPRelu(NodeImporter &n) {
  Value x = n.input(0), slope = n.input(1);
  if (!n.requireSameElementType(x, slope))
    return failure();
  // Before opset 7 a slope of one dimension belongs to the channels.
  bool perChannel = n.opset() < 7 && n.rankOf(slope) == 1 && n.rankOf(x) > 1 &&
                    n.shapeOf(slope)[0] != 1;
  slope = perChannel ? n.broadcastAlong(slope, x, 1) : n.broadcastTo(slope, n.sizes(x));
  Value isNegative = n.compare(Direction::lt, x, n.splatLike(x, 0.0));
  return n.result(n.infer<dl::SelectOp>(isNegative, n.infer<dl::MulOp>(x, slope), x));
}

static LogicalResult importLeakyRelu(NodeImporter &n) {
  Value x = n.input(0);
  Value isNegative = n.compare(Direction::lt, x, n.splatLike(x, 0.0));
  Value leaked = scaleAndShift(n, x, n.floatAttr("alpha", 0.01f), 0.0);
  return n.result(n.infer<dl::SelectOp>(isNegative, leaked, x));
}

static LogicalResult importThresholdedRelu(NodeImporter &n) {
  Value x = n.input(0);
  Value limit = n.splatLike(x, n.floatAttr("alpha", 1.0));
  return n.result(n.infer<dl::SelectOp>(n.compare(Direction::gt, x, limit), x,
                                        n.splatLike(x, 0.0)));
}

static LogicalResult importRelu(NodeImporter &n) { return n.result(n.infer<dl::ReluOp>(n.input(0))); }

static LogicalResult importSigmoid(NodeImporter &n) {
  return n.result(n.infer<dl::SigmoidOp>(n.input(0)));
}

static LogicalResult importTanh(NodeImporter &n) { return n.result(n.infer<dl::TanhOp>(n.input(0))); }

static LogicalResult importSoftsign(NodeImporter &n) {
  Value x = n.input(0);
  return n.result(n.infer<dl::DivOp>(x, scaleAndShift(n, n.infer<dl::AbsOp>(x), 1.0, 1.0)));
}

static LogicalResult importShrink(NodeImporter &n) {
  Value x = n.input(0);
  double lambda = n.floatAttr("lambd", 0.5), bias = n.floatAttr("bias", 0.0);
  Value zero = n.splatLike(x, 0.0), shift = n.splatLike(x, bias);
  Value below = n.compare(Direction::lt, x, n.splatLike(x, -lambda));
  Value above = n.compare(Direction::gt, x, n.splatLike(x, lambda));
  Value high = n.infer<dl::SelectOp>(above, n.infer<dl::SubOp>(x, shift), zero);
  return n.result(n.infer<dl::SelectOp>(below, n.infer<dl::AddOp>(x, shift), high));
}

/// x · sigmoid(α x)
static Value swish(NodeImporter &n) {
  Value x = n.input(0);
  double alpha = n.floatAttr("alpha", 1.0);
  if (alpha == 1.0)
    return n.infer<dl::SiluOp>(x);
  return n.infer<dl::MulOp>(x, n.infer<dl::SigmoidOp>(scaleAndShift(n, x, alpha, 0.0)));
}

static LogicalResult importSwish(NodeImporter &n) { return n.result(swish(n)); }

static LogicalResult importSwiGlu(NodeImporter &n) {
  Value gate = swish(n);
  return n.result(n.infer<dl::MulOp>(gate, n.input(1)));
}

/// Before opset 13, softmax and its kin work on the operand as a matrix, with
/// the dimensions from `axis` on as columns.
static LogicalResult alongAxis(NodeImporter &n,
                               function_ref<Value(Value x, int64_t dimension)> compute) {
  Value x = n.input(0);
  if (!n.requireFloat(x, "its input"))
    return failure();
  int64_t rank = n.rankOf(x);
  std::optional<int64_t> axis = n.axisAttr("axis", n.opset() < 13 ? 1 : -1, rank);
  if (!axis)
    return failure();
  if (n.opset() >= 13 || *axis == rank - 1)
    return n.result(compute(x, *axis));
  Sizes all = n.sizes(x);
  Sizes matrix{n.product(ArrayRef(all).take_front(*axis)),
               n.product(ArrayRef(all).drop_front(*axis))};
  return n.result(n.reshape(compute(n.reshape(x, matrix), 1), all));
}

template <typename OpTy>
static LogicalResult importSoftmax(NodeImporter &n) {
  return alongAxis(n, [&](Value x, int64_t dimension) {
    return n.infer<OpTy>(x, n.getBuilder().getI64IntegerAttr(dimension));
  });
}

/// 1 at the first maximum along the axis, else 0.
static LogicalResult importHardmax(NodeImporter &n) {
  return alongAxis(n, [&](Value x, int64_t dimension) -> Value {
    if (!x)
      return {};
    OpBuilder &b = n.getBuilder();
    Sizes reduced = n.sizes(x);
    reduced[dimension] = Size(1);
    Value position = n.create<dl::ArgReduceOp>(
        n.tensorType(reduced, b.getI64Type()),
        dl::ArgReduceKindAttr::get(n.getContext(), dl::ArgReduceKind::max), x,
        b.getI64IntegerAttr(dimension), /*select_last=*/UnitAttr(),
        /*keep_dims=*/b.getUnitAttr());
    Sizes all = n.sizes(x);
    Value here = n.compare(Direction::eq, n.iota(all, b.getI64Type(), dimension),
                           n.broadcastTo(position, all));
    return n.infer<dl::SelectOp>(here, n.splatLike(x, 1.0), n.splatLike(x, 0.0));
  });
}

void dlc::onnx::registerActivationOps(OpTable &t) {
  t.add("Celu", 12, 1, importCelu);
  t.add("Elu", 1, 1, importElu);
  t.add("Gelu", 20, 1, importGelu);
  t.add("HardSigmoid", 1, 1, importHardSigmoid);
  t.add("HardSwish", 14, 1, importHardSwish);
  t.add("Hardmax", 1, 1, importHardmax);
  t.add("LeakyRelu", 1, 1, importLeakyRelu);
  t.add("LogSoftmax", 1, 1, importSoftmax<dl::LogSoftmaxOp>);
  t.add("Mish", 18, 1, importMish);
  t.add("PRelu", 1, 2, importPRelu);
  t.add("Relu", 1, 1, importRelu);
  t.add("Selu", 1, 1, importSelu);
  t.add("Shrink", 9, 1, importShrink);
  t.add("Sigmoid", 1, 1, importSigmoid);
  t.add("Softmax", 1, 1, importSoftmax<dl::SoftmaxOp>);
  t.add("Softplus", 1, 1, importSoftplus);
  t.add("Softsign", 1, 1, importSoftsign);
  t.add("SwiGLU", 28, 2, importSwiGlu);
  t.add("Swish", 24, 1, importSwish);
  t.add("Tanh", 1, 1, importTanh);
  t.add("ThresholdedRelu", 10, 1, importThresholdedRelu);
}
