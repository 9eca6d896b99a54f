//===- Windows.cpp - windows of signals, and frequencies of transforms ----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// A window of `window_length` elements: of each one's position from 0 to `last`, both as
/// numbers that are computed with. A periodic one lacks the last element, one of a single
/// element is 1.
static LogicalResult importWindow(NodeImporter &n, function_ref<Expr(Expr, Expr)> formula) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  Size length = n.symbolic("window_length");
  bool isPeriodic = n.getOverload() == "default" || n.boolean("periodic");
  if (!type || n.hasFailed())
    return failure();
  Type wide = computationType(type);
  if (length.is(1))
    return n.result(n.broadcastInDim(n.scalar(type, 1), {length}, {}));
  Size last = isPeriodic ? length : n.sub(length, 1);
  Expr position(n, n.iota({length}, wide, 0));
  Expr window = formula(position, sizeAs(n, n.max(last, 1), wide));
  if (!length.isStatic()) // maybe of one element
    window = Expr(n, n.sizeTensor(length)).eq(1.0).select(n.scalar(wide, 1), window);
  return window ? n.result(window.to(type)) : failure();
}

/// A factor that an overload may lack.
static double factor(NodeImporter &n, StringRef name, double other) {
  return n.getOverload().contains(name) ? n.number(name) : other;
}

/// alpha − beta · cos(2π · position / last)
static LogicalResult importHamming(NodeImporter &n) {
  double alpha = factor(n, "alpha", 0.54), beta = factor(n, "beta", 0.46);
  return importWindow(n, [&](Expr position, Expr last) {
    Expr step = Expr(n, n.scalar(n.elementTypeOf(last), 2 * M_PI)) / last.get();
    return (position * step.get()).cos() * -beta + alpha;
  });
}

/// From 0 to 1 in the middle, and back.
static LogicalResult importBartlett(NodeImporter &n) {
  return importWindow(n, [](Expr position, Expr last) {
    Expr rising = position * 2.0 / last.get();
    return rising.min((-rising + 2.0).get());
  });
}

static LogicalResult importBlackman(NodeImporter &n) {
  return importWindow(n, [&](Expr position, Expr last) {
    Expr step = Expr(n, n.scalar(n.elementTypeOf(last), M_PI)) / last.get();
    Expr angle = position * step.get();
    return (angle * 4.0).cos() * 0.08 - ((angle * 2.0).cos() * 0.5).get() + 0.42;
  });
}

/// I0(beta · √(1 − u²)) / I0(beta), u from −1 to 1.
static LogicalResult importKaiser(NodeImporter &n) {
  double beta = factor(n, "beta", 12);
  return importWindow(n, [&](Expr position, Expr last) {
    Expr u = position * 2.0 / last.get() - 1.0;
    Expr inner = (-u.square() + 1.0).max(0.0).sqrt() * beta;
    Expr whole(n, n.scalar(n.elementTypeOf(last), beta));
    return modifiedBesselI(inner, 0, /*isScaled=*/false) /
           modifiedBesselI(whole, 0, /*isScaled=*/false).get();
  });
}

/// The frequencies of a Fourier transform's elements, of one of real numbers without the
/// negative ones: 0, 1, … and −n/2, … −1, times 1 / (n · d).
template <bool isReal>
static LogicalResult importFrequencies(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType(), i64 = n.getBuilder().getI64Type();
  Size size = n.symbolic("n");
  double d = n.number("d");
  if (!type || n.hasFailed())
    return failure();
  Type wide = computationType(type);
  Expr index(n, n.iota({isReal ? n.add(n.floorDiv(size, 2), 1) : size}, i64, 0));
  if (!isReal) {
    Expr all(n, n.sizeTensor(size));
    index = (index * 2.0 < all.get()).select(index.get(), index - all.get());
  }
  Expr step = Expr(n, n.scalar(wide, 1 / d)) / sizeAs(n, n.max(size, 1), wide).get();
  return n.result((index.to(wide) * step.get()).to(type));
}

void torch::registerWindowOps(OpTable &t) {
  t.add({"aten.hamming_window.default", "aten.hamming_window.periodic",
         "aten.hamming_window.periodic_alpha", "aten.hamming_window.periodic_alpha_beta"},
        importHamming);
  t.add({"aten.bartlett_window.default", "aten.bartlett_window.periodic"}, importBartlett);
  t.add({"aten.blackman_window.default", "aten.blackman_window.periodic"}, importBlackman);
  t.add({"aten.kaiser_window.default", "aten.kaiser_window.periodic", "aten.kaiser_window.beta"},
        importKaiser);
  t.add("aten.fft_fftfreq.default", importFrequencies</*isReal=*/false>);
  t.add("aten.fft_rfftfreq.default", importFrequencies</*isReal=*/true>);
}
