//===- Polynomial.cpp - ATen's orthogonal polynomials ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All by their three-term recurrences; the degree is a tensor, so that the number of
// steps is known at run time only.
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Loop.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// The polynomial of degree k + 1 from those of degrees k (q) and k − 1 (p).
using Step = llvm::function_ref<Expr(Expr x, Expr k, Expr q, Expr p)>;

/// x and the degree, in f64 and the result's shape: near a polynomial's zeros, its terms
/// cancel. Fractions of degrees are cut off, and there is none below 0, NaN or infinite.
static bool readOperands(NodeImporter &n, Expr &x, Expr &degree) {
  Type type = n.getBuilder().getF64Type();
  std::tie(x, degree) = broadcast(n.operand("x", type), n.operand("n", type));
  Expr whole = degree.unary<dl::TruncOp>();
  Expr isDegree = (whole >= 0.0) & (whole < double(INFINITY)).get();
  degree = isDegree.select(whole, n.scalar(type, -1));
  return bool(degree);
}

/// `first` gives the polynomial of degree 1; that of degree 0 is 1, and 0 below.
static LogicalResult importPolynomial(NodeImporter &n, double scale, double shift,
                                      llvm::function_ref<Expr(Expr)> first, Step step) {
  Expr x(n, {}), degree(n, {});
  Type resultType = n.resultElementType();
  if (!resultType || !readOperands(n, x, degree))
    return failure();
  if (scale != 1 || shift != 0)
    x = x * scale + shift;
  Type type = n.elementTypeOf(x);
  Expr one(n, n.splatLike(x, 1)), linear = first(x);
  Expr start = (degree < 1.0).select((degree < 0.0).select(n.scalar(type, 0), one), linear);
  Expr highest = degree;
  if (n.rankOf(degree) > 0)
    highest = degree.maximum(dimRange(0, n.rankOf(degree)), /*keepDims=*/false);
  if (!highest || !start)
    return failure();
  // The step's k, the polynomials of degrees k − 1 and k, the results so far.
  SmallVector<Value> carried{n.scalar(type, 1), one, linear, start};
  SmallVector<Value> last = buildLoop(
      n, carried, [&](ArrayRef<Value> now) { return (Expr(n, now[0]) < highest.get()).get(); },
      [&](ArrayRef<Value> now, SmallVectorImpl<Value> &next) {
        Expr k(n, now[0]), p(n, now[1]), q(n, now[2]), result(n, now[3]);
        Expr value = step(x, k, q, p);
        Expr isReached = degree > k.get();
        next.append({k + 1.0, q, value, isReached.select(value, result)});
        return bool(next.back());
      });
  return last.empty() ? failure() : n.result(n.convert(last.back(), resultType));
}

/// p₁ is ax + b, pₖ₊₁ = 2x pₖ − pₖ₋₁; the shifted ones are of 2x − 1.
template <int a, int b, bool isShifted>
static LogicalResult importChebyshev(NodeImporter &n) {
  return importPolynomial(
      n, isShifted ? 2 : 1, isShifted ? -1 : 0, [](Expr x) { return x * double(a) + double(b); },
      [](Expr x, Expr, Expr q, Expr p) { return x * 2.0 * q.get() - p.get(); });
}

/// PyTorch gives NaN from the degree on at which the numbers would overflow.
static LogicalResult importHermite(NodeImporter &n, double factor) {
  Type type = n.resultElementType();
  double limit = type && type.isF64() ? 512 : 128;
  return importPolynomial(
      n, 1, 0, [&](Expr x) { return x * factor; },
      [&](Expr x, Expr k, Expr q, Expr p) {
        Expr next = (x * q.get() - (k * p.get()).get()) * factor;
        return (k >= limit).select(n.scalar(n.elementTypeOf(x), NAN), next);
      });
}

static LogicalResult importLaguerre(NodeImporter &n) {
  return importPolynomial(
      n, 1, 0, [](Expr x) { return -x + 1.0; },
      [](Expr x, Expr k, Expr q, Expr p) {
        Expr scaled = (k * 2.0 + 1.0 - x.get()) * q.get() - (k * p.get()).get();
        return scaled / (k + 1.0).get();
      });
}

static LogicalResult importLegendre(NodeImporter &n) {
  return importPolynomial(
      n, 1, 0, [](Expr x) { return x; },
      [](Expr x, Expr k, Expr q, Expr p) {
        Expr scaled = (k * 2.0 + 1.0) * x.get() * q.get() - (k * p.get()).get();
        return scaled / (k + 1.0).get();
      });
}

void torch::registerPolynomialOps(OpTable &t) {
  auto add = [&](StringRef name, OpImporter importer) {
    for (StringRef overload : {"default", "n_scalar", "x_scalar"})
      t.add(("aten.special_" + name + "." + overload).str(), importer);
  };
  add("chebyshev_polynomial_t", importChebyshev<1, 0, false>);
  add("chebyshev_polynomial_u", importChebyshev<2, 0, false>);
  add("chebyshev_polynomial_v", importChebyshev<2, -1, false>);
  add("chebyshev_polynomial_w", importChebyshev<2, 1, false>);
  add("shifted_chebyshev_polynomial_t", importChebyshev<1, 0, true>);
  add("shifted_chebyshev_polynomial_u", importChebyshev<2, 0, true>);
  add("shifted_chebyshev_polynomial_v", importChebyshev<2, -1, true>);
  add("shifted_chebyshev_polynomial_w", importChebyshev<2, 1, true>);
  add("hermite_polynomial_h", [](NodeImporter &n) { return importHermite(n, 2); });
  add("hermite_polynomial_he", [](NodeImporter &n) { return importHermite(n, 1); });
  add("laguerre_polynomial_l", importLaguerre);
  add("legendre_polynomial_p", importLegendre);
}
