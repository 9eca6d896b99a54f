//===- Signal.cpp - Fourier transforms and windows ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Fourier.h"
#include "Expr.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using frontend::Transform;
using frontend::transform;

static constexpr double kPi = 3.14159265358979323846;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// Σ coefficients[k] · cos(2πk·i/N); N is the size, or one less if symmetric.
static LogicalResult importWindow(NodeImporter &n, ArrayRef<double> coefficients) {
  Value length = n.input(0);
  Type type = n.elementTypeAttr("output_datatype", n.getBuilder().getF32Type());
  bool periodic = n.boolAttr("periodic", true);
  if (!length || !type || !n.requireRank(length, 0, 1, "size"))
    return failure();
  Type i64 = n.getBuilder().getI64Type(), f64 = n.getBuilder().getF64Type();
  auto known = n.constantInt(length);
  Value scalar = n.convert(n.reshape(length, ArrayRef<int64_t>{}), i64);
  Size size = known ? Size(*known) : Size(scalar);
  if (known && *known < 0)
    return n.emitError() << "size must not be negative but is " << *known;
  Expr position(n, n.iota({size}, f64, 0));
  Expr period = sizeAs(n, periodic ? size : n.sub(size, 1), f64).max(1.0);
  Expr angle = position * (2 * kPi) / period.get();
  Expr sum = angle * 0.0 + coefficients[0];
  for (size_t k = 1; k < coefficients.size(); ++k)
    sum = sum + ((angle * double(k)).cos() * coefficients[k]).get();
  return n.result(sum.to(type));
}

static LogicalResult importHannWindow(NodeImporter &n) { return importWindow(n, {0.5, -0.5}); }
static LogicalResult importHammingWindow(NodeImporter &n) {
  return importWindow(n, {25.0 / 46, -21.0 / 46});
}
static LogicalResult importBlackmanWindow(NodeImporter &n) {
  return importWindow(n, {0.42, -0.5, 0.08});
}

//===----------------------------------------------------------------------===//
// DFT, STFT
//===----------------------------------------------------------------------===//

/// The transform along t.axis; `length` is the input dft_length, or null.
static Value transformAlong(NodeImporter &n, Value x, Transform t, Value length) {
  t.length = n.size(x, t.axis);
  // A one-sided spectrum of k terms belongs to 2(k − 1) values.
  if (t.inverse && t.onesided)
    t.length = n.mul(n.sub(t.length, 1), 2);
  if (length) {
    auto known = n.constantInt(length);
    t.length = known ? Size(*known)
                     : Size(n.convert(n.reshape(length, ArrayRef<int64_t>{}),
                                      n.getBuilder().getI64Type()));
  }
  return transform(n, x, t);
}

/// The axis is known at run time only: a transform for each axis it may be, of
/// which one runs.
static Value transformAlongAny(NodeImporter &n, Value x, const Transform &t, Value length,
                               Value axis) {
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(x);
  Expr a(n, n.convert(n.reshape(axis, ArrayRef<int64_t>{}), b.getI64Type()));
  Expr normal = (a < 0.0).select(a + double(rank), a);
  SmallVector<int64_t> open(rank, ShapedType::kDynamic);
  RankedTensorType type = n.tensorType(open, n.elementTypeOf(x));
  std::function<Value(int64_t)> from = [&](int64_t candidate) -> Value {
    auto along = [&]() {
      Transform each = t;
      each.axis = candidate;
      Value y = transformAlong(n, x, each, length);
      return y ? n.castTo(y, type) : y;
    };
    if (candidate == rank - 2)
      return along();
    Value isCandidate = normal.eq(double(candidate));
    if (!isCandidate)
      return {};
    Value condition = tensor::ExtractOp::create(b, n.getLoc(), isCandidate, ValueRange{});
    auto choice = scf::IfOp::create(b, n.getLoc(), TypeRange{type}, condition, true);
    OpBuilder::InsertionGuard guard(b);
    for (bool taken : {true, false}) {
      b.setInsertionPointToStart(taken ? choice.thenBlock() : choice.elseBlock());
      Value y = taken ? along() : from(candidate + 1);
      if (!y)
        return {};
      scf::YieldOp::create(b, n.getLoc(), y);
    }
    return choice.getResult(0);
  };
  return from(0);
}

static LogicalResult importDft(NodeImporter &n) {
  Value x = n.input(0), length = n.input(1);
  if (!x || n.hasFailed() || !n.requireFloat(x, "input") ||
      !n.requireRank(x, 2, INT64_MAX, "input"))
    return failure();
  int64_t rank = n.rankOf(x);
  Transform t{n.boolAttr("inverse"), n.boolAttr("onesided"), 1, Size(0)};
  int64_t axis = n.opset() < 20 ? n.intAttr("axis", 1) : -2;
  int64_t parts = n.shapeOf(x)[rank - 1];
  if (parts != 1 && parts != 2)
    return n.emitError() << "the input's last dimension must be 1 (real) or 2 (complex)";
  if (n.opset() >= 20 && n.hasInput(2)) {
    auto known = n.constantInt(n.input(2));
    if (!known)
      return n.result(transformAlongAny(n, x, t, length, n.input(2)));
    axis = *known;
  }
  auto normal = n.normalizeAxis(axis, rank);
  if (!normal)
    return failure();
  t.axis = *normal;
  if (t.axis == rank - 1)
    return n.emitError() << "axis must not be the last dimension, of real and imaginary parts";
  return n.result(transformAlong(n, x, t, length));
}

/// Windowed frames of the signal, each transformed.
static LogicalResult importStft(NodeImporter &n) {
  Value signal = n.input(0), step = n.input(1), window = n.input(2), length = n.input(3);
  bool onesided = n.boolAttr("onesided", true);
  if (!signal || !step || n.hasFailed() || !n.requireRank(signal, 2, 3, "signal"))
    return failure();
  if (n.rankOf(signal) == 2)
    signal = n.unsqueeze(signal, {2});
  Type i64 = n.getBuilder().getI64Type();
  auto scalarSize = [&](Value v) {
    auto known = n.constantInt(v);
    return known ? Size(*known) : Size(n.convert(n.reshape(v, ArrayRef<int64_t>{}), i64));
  };
  if (!length && !window)
    return n.emitError() << "needs a window or a frame_length";
  Size frameLength = length ? scalarSize(length) : n.size(window, 0), hop = scalarSize(step);
  Size frames = n.add(n.div(n.sub(n.size(signal, 1), frameLength), hop), 1);
  Expr start = Expr(n, n.iota({frames}, i64, 0)) * n.sizeTensor(hop);
  if (!start)
    return failure();
  Expr index = start.unsqueeze({1}) + n.iota({frameLength}, i64, 0);
  Expr framed(n, n.take(signal, index, 1)); // batch, frames, frame length, 1 or 2
  if (window)
    framed = framed * n.unsqueeze(window, {1});
  if (!framed)
    return failure();
  return n.result(transform(n, framed, {false, onesided, 2, frameLength}));
}

//===----------------------------------------------------------------------===//
// MelWeightMatrix
//===----------------------------------------------------------------------===//

/// Triangles over the spectrum's bins, equally spaced on the mel scale:
///   w[j, i] rises from left[i] to centre[i] and falls to right[i].
static LogicalResult importMelWeightMatrix(NodeImporter &n) {
  Type f64 = n.getBuilder().getF64Type(), i64 = n.getBuilder().getI64Type();
  Type type = n.elementTypeAttr("output_datatype", n.getBuilder().getF32Type());
  for (unsigned i = 0; i < 5; ++i)
    if (!n.input(i) || !n.requireRank(n.input(i), 0, 1, "an input"))
      return failure();
  auto scalar = [&](unsigned i, Type t) {
    return Expr(n, n.convert(n.reshape(n.input(i), ArrayRef<int64_t>{}), t));
  };
  auto asSize = [&](unsigned i) {
    auto known = n.constantInt(n.input(i));
    return known ? Size(*known) : Size(scalar(i, i64).get());
  };
  if (!type)
    return failure();
  Size mels = asSize(0), length = asSize(1), bins = n.add(n.div(length, 2), 1);
  auto toMel = [](Expr hertz) {
    return (hertz / 700.0).unary<dl::Log1pOp>() * (2595 / std::log(10.0));
  };
  Expr low = toMel(scalar(3, f64)), high = toMel(scalar(4, f64));
  Size points = n.add(mels, 2);
  Expr step = (high - low.get()) / sizeAs(n, points, f64).get();
  Expr mel = Expr(n, n.iota({points}, f64, 0)) * step.get() + low.get();
  Expr hertz = (mel * (std::log(10.0) / 2595)).unary<dl::Expm1Op>() * 700.0;
  Expr bin = ((scalar(1, f64) + 1.0) * hertz.get() / scalar(2, f64).get()).floor();
  if (!bin)
    return failure();
  auto part = [&](int64_t from) { return Expr(n, n.sliceAxis(bin, 0, Size(from), mels)); };
  Expr left = part(0), centre = part(1), right = part(2);
  Expr j = Expr(n, n.iota({bins}, f64, 0)).unsqueeze({1});
  Expr rise = centre - left.get(), fall = right - centre.get();
  Expr zero(n, n.scalar(f64, 0)), one(n, n.scalar(f64, 1));
  // The falling side is written last: it decides at the centre, too.
  Expr rising = (j >= left.get()) & (j <= centre.get()).get();
  Expr falling = (j >= centre.get()) & (j < right.get()).get();
  Expr up = rise.eq(0.0).select(one, (j - left.get()) / rise.max(1.0).get());
  Expr down = (right - j.get()) / fall.max(1.0).get();
  return n.result(falling.select(down, rising.select(up, zero)).to(type));
}

void dlc::onnx::registerSignalOps(OpTable &table) {
  table.add("BlackmanWindow", 17, 1, importBlackmanWindow);
  table.add("DFT", 17, {1, 3}, importDft);
  table.add("HammingWindow", 17, 1, importHammingWindow);
  table.add("HannWindow", 17, 1, importHannWindow);
  table.add("MelWeightMatrix", 17, 5, importMelWeightMatrix);
  table.add("STFT", 17, {2, 4}, importStft);
}
