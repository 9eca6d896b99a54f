//===- ResizeBytes.cpp - images of bytes, resampled as PyTorch does -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PyTorch calculates with whole numbers where elements are bytes: first along rows, then
// along columns, each time with weights of 16 bits, and rounded to bytes
// (aten/src/ATen/native/cpu/UpSampleKernel.cpp).
//
//===----------------------------------------------------------------------===//

#include "../Common/MatrixProduct.h"
#include "ResizeBytes.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// Between two neighbours, at a distance x from one.
static Expr hat(Expr x) { return (-x.abs() + 1.0).max(0.0); }

/// R. Keys' cubic convolution.
static Expr cubic(Expr x, double a) {
  Expr d = x.abs();
  Expr near = ((d * (a + 2) - (a + 3)) * d.square().get()) + 1.0;
  Expr far = (((d - 5.0) * d.get() + 8.0) * d.get() - 4.0) * a;
  return (d < 1.0).select(near, (d < 2.0).select(far, 0.0));
}

/// How much each element counts: a matrix of as many rows as come out, and as many columns
/// as go in.
static Expr makeWeights(NodeImporter &n, const ByteResize &r, Size in, Size out,
                        std::optional<double> scale) {
  Type f64 = n.getBuilder().getF64Type();
  Expr i(n, n.iota({out, Size(1)}, f64, 0)), j(n, n.iota({Size(1), in}, f64, 1));
  Expr size = sizeAs(n, in, f64), count = sizeAs(n, out, f64);
  Expr step = size / count.get();
  if (r.alignsCorners)
    step = (count > 1.0).select((size - 1.0) / (count - 1.0).get(), 0.0);
  else if (scale)
    step = Expr(n, n.scalar(f64, 1 / *scale));
  if (r.antialiases) {
    Expr distance = (j - (step * (i + 0.5).get()).get() + 0.5) / step.max(1.0).get();
    Expr weights = r.isCubic ? cubic(distance, -0.5) : hat(distance);
    return weights / weights.sum({1}).get();
  }
  Expr place = r.alignsCorners ? step * i.get() : step * (i + 0.5).get() - 0.5;
  if (!r.alignsCorners && !r.isCubic)
    place = place.max(0.0);
  Expr first = place.floor().min((size - 1.0).get());
  Expr fraction = (place - first.get()).max(0.0).min(1.0);
  // What lies outside counts for the element at the edge.
  Expr weights(n, n.scalar(f64, 0));
  for (int tap = r.isCubic ? -1 : 0; tap <= (r.isCubic ? 2 : 1); ++tap) {
    Expr distance = -fraction + double(tap);
    Expr weight = r.isCubic ? cubic(distance, -0.75) : hat(distance);
    Expr isHere = j.eq((first + double(tap)).max(0.0).min((size - 1.0).get()).get());
    weights = weights + isHere.select(weight, 0.0).get();
  }
  return weights;
}

/// Resamples dimension `axis`, 2 or 3, of bytes in i32.
static Value resample(NodeImporter &n, const ByteResize &r, Value x, int64_t axis, Size out,
                      std::optional<double> scale) {
  if (!x)
    return {};
  Type i32 = n.getBuilder().getI32Type(), f64 = n.getBuilder().getF64Type();
  Expr weights = makeWeights(n, r, n.size(x, axis), out, scale);
  // As many bits as let the largest weight be less than 2¹⁵.
  Expr largest = weights.maximum({0, 1}, /*keepDims=*/false);
  Expr quotient = Expr(n, n.scalar(f64, 32767.5)) / largest.get();
  Expr bits = ((quotient.log() / std::log(2.0)).ceil() - 1.0).min(22.0).to(i32);
  Expr one(n, n.scalarInt(i32, 1)), unit = one.binary<dl::ShiftLeftOp>(bits.get());
  Expr rounded = (weights.abs() * unit.to(f64).get() + 0.5).floor();
  Value whole = (rounded * weights.sign().get()).to(i32);
  Expr sum(n, frontend::dot(n, x, whole, {}, {}, {axis}, {1}));
  Expr half = one.binary<dl::ShiftLeftOp>((bits - 1.0).get());
  sum = (sum + half.get()).binary<dl::ShiftRightOp>(bits.get()).max(0.0).min(255.0);
  return axis == 2 ? sum.transpose({0, 1, 3, 2}) : sum;
}

Value torch::resizeBytes(NodeImporter &n, const ByteResize &r, Value x, Size height, Size width,
                         ArrayRef<double> scales) {
  auto scaleOf = [&](size_t i) {
    return scales.empty() ? std::nullopt : std::optional(scales[i]);
  };
  Value y = n.convert(x, n.getBuilder().getI32Type());
  y = resample(n, r, y, 3, width, scaleOf(1));
  y = resample(n, r, y, 2, height, scaleOf(0));
  return n.convert(y, n.elementTypeOf(x));
}
