//===- ErrorFunction.cpp - erfc and what is made of it ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// erfc x = e^−x² p(x) / q(x) from 1 on, with Cephes' ratios (S. L. Moshier, ndtr.c): what
// 1 − erf x loses there is the whole value.
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static const double nearP[] = {
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687,
    4.86371970985681366614e1,   1.96520832956077098242e2,  5.26445194995477358631e2,
    9.34528527171957607540e2,   1.02755188689515710272e3,  5.57535335369399327526e2};
static const double nearQ[] = {1,
                               1.32281951154744992508e1,
                               8.67072140885989742329e1,
                               3.54937778887819891062e2,
                               9.75708501743205489753e2,
                               1.82390916687909736289e3,
                               2.24633760818710981792e3,
                               1.65666309194161350182e3,
                               5.57535340817727675546e2};
static const double farP[] = {5.64189583547755073984e-1, 1.27536670759978104416,
                              5.01905042251180477414,    6.16021097993053585195,
                              7.40974269950448939160,    2.97886665372100240670};
static const double farQ[] = {1,
                              2.26052863220117276590,
                              9.39603524938001434673,
                              1.20489539808096656605e1,
                              1.70814450747565897222e1,
                              9.60896809063285878198,
                              3.36907645100081516050};

/// erfc x · e^x² for x of 1 and more.
static Expr scaledTail(Expr x) {
  Expr near = clamp(x, 1.0, 8.0), one(x.builder(), x.builder().splatLike(x, 1));
  Expr z = one / atLeast(x, 8.0).get();
  Expr nearValue = polynomial(near, nearP) / polynomial(near, nearQ).get();
  // In 1 / x, so that nothing overflows.
  auto reversed = [](ArrayRef<double> all) { return SmallVector<double>(llvm::reverse(all)); };
  Expr farValue =
      z * polynomial(z, reversed(farP)).get() / polynomial(z, reversed(farQ)).get();
  return (x < 8.0).select(nearValue, farValue);
}

/// e^±x², x² taken apart so that its rounding isn't magnified.
static Expr expOfSquare(Expr x, double sign) {
  Expr bounded = clamp(x, -1000.0, 1000.0), coarse = (bounded * 16.0).round() / 16.0;
  Expr rest = (bounded - coarse.get()) * (bounded + coarse.get()).get();
  return (coarse.square() * sign).exp() * (rest * sign).exp().get();
}

static Expr erfc(Expr x) {
  Expr inside = -x.unary<dl::ErfOp>() + 1.0;
  Expr tail = scaledTail(x.abs()) * expOfSquare(x, -1).get();
  Expr outside = (x < 0.0).select(-tail + 2.0, tail);
  return x.isNan().select(x, (x.abs() < 1.0).select(inside, outside));
}

static Expr erfcx(Expr x) {
  Expr square = expOfSquare((x < 1.0).select(x, 0.0), 1); // finite where it isn't used
  Expr inside = (-x.unary<dl::ErfOp>() + 1.0) * square.get();
  Expr negative = square * 2.0 - scaledTail(x.abs()).get();
  Expr value = (x >= 1.0).select(scaledTail(x), (x <= -1.0).select(negative, inside));
  return x.isNan().select(x, value);
}

/// ln ½ erfc(−x / √2). Each of two formulas is given what it is finite for.
static Expr logNdtr(Expr x) {
  Expr t = x * M_SQRT1_2, isLow = x < -1.0;
  Expr below = isLow.select(-t, 1.0), above = (~isLow).select(t, 0.0);
  Expr low = (erfcx(below) * 0.5).log() - below.square().get();
  Expr high = (-erfc(above) * 0.5).unary<dl::Log1pOp>();
  return isLow.select(low, high);
}

template <Expr (*function)(Expr)>
static LogicalResult importOne(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type wide = computationType(type);
  Expr x = n.operand("self", wide);
  return x ? n.result(function(x).to(type)) : failure();
}

void torch::registerErrorFunctionOps(OpTable &t) {
  t.add({"aten.erfc.default", "aten.special_erfc.default"}, importOne<erfc>);
  t.add("aten.special_erfcx.default", importOne<erfcx>);
  t.add("aten.special_log_ndtr.default", importOne<logNdtr>);
}
