//===- IncompleteGamma.cpp - ATen's incomplete gamma functions ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The regularised functions P(a, x) and Q = 1 − P: P's power series below x = a + 1
// (DLMF 8.7.1), Legendre's continued fraction for Q beyond (DLMF 8.9.2), in f64, for all
// elements until the last has converged.
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Loop.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static constexpr double kMostSteps = 2000;
static constexpr double kPrecision = 1e-16;

/// Whether a step is left, and some element isn't as near as it can be.
static Value goesOn(NodeImporter &n, Value step, Expr isOpen) {
  if (!isOpen)
    return {};
  Expr some = n.rankOf(isOpen) > 0 ? isOpen.reduce(dl::ReductionKind::bit_or,
                                                   dimRange(0, n.rankOf(isOpen)),
                                                   /*keepDims=*/false)
                                   : isOpen;
  return (Expr(n, step) < kMostSteps) & some.get();
}

/// Σ xᵏ / (a (a + 1) ⋯ (a + k))
static Expr powerSeries(NodeImporter &n, Expr a, Expr x) {
  Expr first = Expr(n, n.splatLike(a, 1)) / a.get();
  Value one = n.scalar(n.elementTypeOf(a), 1);
  SmallVector<Value> last = buildLoop(
      n, {one, first, first},
      [&](ArrayRef<Value> now) {
        Expr term(n, now[1]), sum(n, now[2]);
        return goesOn(n, now[0], term.abs() > (sum.abs() * kPrecision).get());
      },
      [&](ArrayRef<Value> now, SmallVectorImpl<Value> &next) {
        Expr k(n, now[0]), term = Expr(n, now[1]) * x.get() / (a + k.get()).get();
        next.append({k + 1.0, term, Expr(n, now[2]) + term.get()});
        return bool(next.back());
      });
  return {n, last.empty() ? Value() : last[2]};
}

/// 1 / (x + 1 − a − 1 (1 − a) / (x + 3 − a − …)), by Lentz' method.
static Expr continuedFraction(NodeImporter &n, Expr a, Expr x) {
  Expr b = x - a.get() + 1.0, ones(n, n.splatLike(a, 1)), d = ones / b.get();
  Value one = n.scalar(n.elementTypeOf(a), 1), big = n.splatLike(a, 1e300);
  SmallVector<Value> last = buildLoop(
      n, {one, b, big, d, d, big},
      [&](ArrayRef<Value> now) {
        return goesOn(n, now[0], (Expr(n, now[5]) - 1.0).abs() > 4 * kPrecision);
      },
      [&](ArrayRef<Value> now, SmallVectorImpl<Value> &next) {
        Expr i(n, now[0]), factor = (a - i.get()) * i.get();
        Expr denominator = Expr(n, now[1]) + 2.0;
        auto away = [&](Expr value) { // from 0
          return (value.abs() < 1e-300).select(n.splatLike(value, 1e-300), value);
        };
        Expr below = ones / away(factor * now[3] + denominator.get()).get();
        Expr above = away(denominator + (factor / now[2]).get());
        Expr change = below * above.get();
        next.append({i + 1.0, denominator, above, below, Expr(n, now[4]) * change.get(), change});
        return bool(next.back());
      });
  return {n, last.empty() ? Value() : last[4]};
}

static LogicalResult importIncompleteGamma(NodeImporter &n, bool isUpper) {
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  if (!type)
    return failure();
  auto [a, x] = broadcast(n.operand("self", f64), n.operand("other", f64));
  if (!a)
    return failure();
  Expr zero(n, n.scalar(f64, 0)), one(n, n.scalar(f64, 1));
  Expr isPlain = (a > 0.0) & (a < double(INFINITY)).get() & (x > 0.0).get() &
                 (x < double(INFINITY)).get();
  Expr order = isPlain.select(a, one), at = isPlain.select(x, one), limit = order + 1.0;
  Expr logScale = at.log() * order.get() - at.get() - order.unary<dl::LgammaOp>().get();
  Expr scale = logScale.exp(), isLow = at < limit.get();
  Expr low = powerSeries(n, order, at.min(limit.get())) * scale.get();
  Expr high = continuedFraction(n, order, at.max(limit.get())) * scale.get();
  Expr ones(n, n.splatLike(a, 1));
  Expr value = isUpper ? isLow.select(ones - low.get(), high)
                       : isLow.select(low, ones - high.get());
  // All of it lies at 0 for a = 0, and nowhere for a = ∞.
  Expr isAll = (x.eq(INFINITY) & a.ne(INFINITY).get()) | (a.eq(0.0) & (x > 0.0).get()).get();
  Expr isNone = (x.eq(0.0) & (a > 0.0).get()) |
                (a.eq(INFINITY) & (x < double(INFINITY)).get()).get();
  value = isPlain.select(value, n.scalar(f64, NAN));
  value = isAll.select(isUpper ? zero : one, value);
  value = isNone.select(isUpper ? one : zero, value);
  Expr isOutside = (a < 0.0) | (x < 0.0).get() | a.isNan().get() | x.isNan().get();
  return n.result(isOutside.select(n.scalar(f64, NAN), value).to(type));
}

void torch::registerIncompleteGammaOps(OpTable &t) {
  t.add("aten.igamma.default", [](NodeImporter &n) { return importIncompleteGamma(n, false); });
  t.add("aten.igammac.default", [](NodeImporter &n) { return importIncompleteGamma(n, true); });
}
