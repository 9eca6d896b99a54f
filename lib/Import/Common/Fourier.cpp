//===- Fourier.cpp - discrete Fourier transforms --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fourier.h"

using namespace mlir;
using namespace dlc;
using frontend::NodeBuilder;
using frontend::Size;
using frontend::Sizes;
using frontend::Transform;

/// The signal with its size along the axis cut or padded with zeros to `length`.
static Value fitLength(NodeBuilder &n, Value x, int64_t axis, Size length) {
  if (!x)
    return {};
  Size size = n.size(x, axis);
  if (n.sameSize(size, length))
    return x;
  Sizes zero(n.rankOf(x), Size(0)), high = zero;
  high[axis] = n.sub(length, size); // negative: cuts
  return n.padConstant(x, zero, high);
}

/// A real signal N,…,1 as a complex one N,…,2.
static Value makeComplex(NodeBuilder &n, Value x) {
  int64_t last = n.rankOf(x) - 1;
  if (n.shapeOf(x)[last] == 2)
    return x;
  Sizes zero(n.rankOf(x), Size(0)), high = zero;
  high[last] = Size(1);
  return n.padConstant(x, zero, high);
}

Value frontend::transform(NodeBuilder &n, Value x, const Transform &t) {
  if (!n.requireRank(x, 2, INT64_MAX, "a signal"))
    return {};
  int64_t last = n.rankOf(x) - 1;
  bool real = n.shapeOf(x)[last] == 1;
  auto shape = llvm::to_vector(n.shapeOf(x));
  Size kept = t.onesided ? n.add(n.div(t.length, 2), 1) : t.length;
  IntegerAttr none;
  Builder &b = n.getBuilder();
  auto kindAttr = [&](dl::FftKind kind) { return dl::FftKindAttr::get(n.getContext(), kind); };
  auto fft = [&](ArrayRef<int64_t> result, Value v, dl::FftKind kind, IntegerAttr length) {
    return n.create<dl::FftOp>(n.tensorType(result, n.elementTypeOf(x)), v, kindAttr(kind),
                               b.getI64IntegerAttr(t.axis), length);
  };
  if (t.inverse && t.onesided) {
    if (!t.length.isStatic()) {
      n.emitError() << "a one-sided inverse transform needs a length that is known when compiling";
      return {};
    }
    if (t.length.is(0)) { // one term belongs to no value
      Sizes sizes = n.sizes(x);
      sizes[t.axis] = Size(0);
      sizes[last] = Size(1);
      return n.broadcastTo(n.scalar(n.elementTypeOf(x), 0), sizes);
    }
    x = fitLength(n, makeComplex(n, x), t.axis, kept);
    if (!x)
      return {};
    shape.pop_back();
    shape[t.axis] = t.length.getStatic();
    Value y = fft(shape, x, dl::FftKind::irfft, b.getI64IntegerAttr(t.length.getStatic()));
    return y ? n.unsqueeze(y, {last}) : y;
  }
  x = fitLength(n, x, t.axis, t.length);
  if (!x)
    return {};
  shape.back() = 2;
  shape[t.axis] = kept.asDim();
  if (t.onesided && real)
    return fft(shape, n.squeeze(x, {last}), dl::FftKind::rfft, none);
  shape[t.axis] = t.length.asDim();
  Value y = fft(shape, makeComplex(n, x), t.inverse ? dl::FftKind::ifft : dl::FftKind::fft, none);
  return y && t.onesided ? n.sliceAxis(y, t.axis, Size(0), kept) : y;
}
