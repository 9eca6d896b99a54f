//===- Zeta.cpp - ATen's zeta and polygamma functions ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Loop.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// (2k)! / B₂ₖ, the divisors of the Euler–Maclaurin formula's terms.
static const double divisors[] = {12.0,
                                  -720.0,
                                  30240.0,
                                  -1209600.0,
                                  47900160.0,
                                  -1.8924375803183791606e9,
                                  7.47242496e10,
                                  -2.950130727918164224e12,
                                  1.1646782814350067249e14,
                                  -4.5979787224074726105e15,
                                  1.8152105401943546773e17,
                                  -7.1661652561756670113e18};

/// Σ (a + i)^−x over i ≥ 1 as far as a + i is 9, nothing more where it is; gives the last
/// a + i, the last term, and the sum.
static SmallVector<Value> sumToNine(NodeImporter &n, Expr x, Expr a, Expr term, Expr sum) {
  auto least = [&](Expr all) {
    return n.rankOf(all) > 0 ? all.reduce(dl::ReductionKind::min, dimRange(0, n.rankOf(all)),
                                          /*keepDims=*/false)
                             : all;
  };
  return buildLoop(
      n, {a, term, sum},
      [&](ArrayRef<Value> now) { return (least(Expr(n, now[0])) <= 9.0).get(); },
      [&](ArrayRef<Value> now, SmallVectorImpl<Value> &next) {
        Expr at(n, now[0]), isOpen = at <= 9.0, following = at + 1.0;
        Expr power = following.pow((-x).get());
        next.append({isOpen.select(following, at), isOpen.select(power, Expr(n, now[1])),
                     isOpen.select(Expr(n, now[2]) + power.get(), Expr(n, now[2]))});
        return bool(next.back());
      });
}

/// Hurwitz' ζ(x, q) = Σ (q + i)^−x: the first terms one by one, the rest by the formula of
/// Euler and Maclaurin (Cephes' zeta.c), in f64.
static Expr zeta(NodeImporter &n, Expr x, Expr q) {
  Type f64 = n.getBuilder().getF64Type();
  std::tie(x, q) = broadcast(x, q);
  if (!x)
    return x;
  Expr infinite(n, n.scalar(f64, INFINITY)), nan(n, n.scalar(f64, NAN));
  Expr isPole = (q <= 0.0) & q.eq(q.floor().get()).get();
  Expr isUndefined = (x < 1.0) | ((q <= 0.0) & x.ne(x.floor().get()).get()).get();
  // What has no value takes no steps.
  Expr isIdle = isPole | isUndefined.get() | q.isNan().get();
  Expr a = isIdle.select(n.scalar(f64, 1), q), sum = a.pow((-x).get()), term = sum;
  for (int i = 0; i < 9; ++i) {
    a = a + 1.0;
    term = a.pow((-x).get());
    sum = sum + term.get();
  }
  SmallVector<Value> loop = sumToNine(n, x, a, term, sum);
  if (loop.empty())
    return {n, {}};
  Expr w(n, loop[0]), b(n, loop[1]);
  sum = {n, loop[2]};
  Expr isDone = b.abs() < (sum.abs() * 1.11022302462515654042e-16).get();
  Expr total = sum + (b * w.get() / (x - 1.0).get()).get() - (b * 0.5).get();
  Expr factor = x;
  b = b / w.get();
  for (auto [i, divisor] : llvm::enumerate(divisors)) {
    total = total + (factor * b.get() / divisor).get();
    factor = factor * (x + (2.0 * i + 1)).get() * (x + (2.0 * i + 2)).get();
    b = b / w.get() / w.get();
  }
  Expr value = isDone.select(sum, total);
  value = isUndefined.select(nan, isPole.select(infinite, value));
  value = x.isNan().select(nan, q.isNan().select(nan, value));
  return x.eq(1.0).select(infinite, value);
}

static LogicalResult importZeta(NodeImporter &n) {
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  if (!type)
    return failure();
  return n.result(zeta(n, n.operand("self", f64), n.operand("other", f64)).to(type));
}

/// The n-th derivative of the digamma function, (−1)ⁿ⁺¹ n! ζ(n + 1, x).
static LogicalResult importPolygamma(NodeImporter &n) {
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  int64_t order = n.integer("n");
  if (!type || n.hasFailed())
    return failure();
  if (order < 0)
    return n.emitError() << "its order is " << order;
  if (order == 0)
    return n.result(n.operand("self", type).unary<dl::DigammaOp>());
  double factor = std::tgamma(double(order) + 1) * (order % 2 ? 1 : -1);
  Expr x = n.operand("self", f64);
  return n.result((zeta(n, {n, n.scalar(f64, double(order) + 1)}, x) * factor).to(type));
}

void torch::registerZetaOps(OpTable &t) {
  t.add({"aten.special_zeta.default", "aten.special_zeta.self_scalar",
         "aten.special_zeta.other_scalar"},
        importZeta);
  t.add("aten.polygamma.default", importPolygamma);
}
