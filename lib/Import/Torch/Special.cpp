//===- Special.cpp - ATen's special functions -----------------------------===//
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

/// √x, and 0 where `isLeftOut`: its derivative is infinite at 0 and NaN below, as those of
/// functions are at the ends of their domains and outside.
static Expr rootWithout(Expr isLeftOut, Expr x) { return (~isLeftOut).select(x, 0.0).sqrt(); }

/// −x ln x, 0 at 0, −∞ below.
static LogicalResult importEntr(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type);
  Expr isInside = x > 0.0, positive = isInside.select(x, 1.0);
  Expr slope = isInside.select(-(positive * positive.log().get()), rootWithout(isInside, x));
  return n.result(revise((x < 0.0).select(n.scalar(type, -INFINITY), slope), slope));
}

/// ln(x / (1 − x)), of x between eps and 1 − eps if that is given.
static LogicalResult importLogit(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  std::optional<double> eps = n.optionalNumber("eps");
  Expr x = n.operand("self", computationType(type));
  double low = eps.value_or(0);
  Expr isInside = (x >= low) & (x <= 1 - low).get(), inside = isInside.select(x, 0.5);
  Expr slope = inside.log() - (-inside + 1.0).log().get();
  if (eps)
    x = x.max(low).min(1 - low);
  else
    slope = isInside.select(slope, rootWithout(isInside, x * (-x + 1.0).get()));
  return n.result(revise((x / (-x + 1.0).get()).log(), slope).to(type));
}

/// The normal distribution's cumulative function, ½ (1 + erf(x / √2)).
static LogicalResult importNdtr(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type);
  return n.result(((x * M_SQRT1_2).unary<dl::ErfOp>() + 1.0) * 0.5);
}

// Cephes' quotients (ndtri.c): P0 / Q0 around ½, in (p − ½)²; P1 / Q1 and P2 / Q2 in the
// tails, in z = 1 / √(−2 ln p), for z above and below ⅛.
static const double ndtriP0[] = {-5.99633501014107895267e1, 9.80010754185999661536e1,
                                 -5.66762857469070293439e1, 1.39312609387279679503e1,
                                 -1.23916583867381258016e0};
static const double ndtriQ0[] = {
    1,
    1.95448858338141759834e0,
    4.67627912898881538453e0,
    8.63602421390890590575e1,
    -2.25462687854119370527e2,
    2.00260212380060660359e2,
    -8.20372256168333339912e1,
    1.59056225126211695515e1,
    -1.18331621121330003142e0};
static const double ndtriP1[] = {
    4.05544892305962419923e0,
    3.15251094599893866154e1,
    5.71628192246421288162e1,
    4.40805073893200834700e1,
    1.46849561928858024014e1,
    2.18663306850790267539e0,
    -1.40256079171354495875e-1,
    -3.50424626827848203418e-2,
    -8.57456785154685413611e-4};
static const double ndtriQ1[] = {
    1,
    1.57799883256466749731e1,
    4.53907635128879210584e1,
    4.13172038254672030440e1,
    1.50425385692907503408e1,
    2.50464946208309415979e0,
    -1.42182922854787788574e-1,
    -3.80806407691578277194e-2,
    -9.33259480895457427372e-4};
static const double ndtriP2[] = {
    3.23774891776946035970e0,
    6.91522889068984211695e0,
    3.93881025292474443415e0,
    1.33303460815807542389e0,
    2.01485389549179081538e-1,
    1.23716634817820021358e-2,
    3.01581553508235416007e-4,
    2.65806974686737550832e-6,
    6.23974539184983293730e-9};
static const double ndtriQ2[] = {
    1,
    6.02427039364742014255e0,
    3.67983563856160859403e0,
    1.37702099489081330271e0,
    2.16236993594496635890e-1,
    1.34204006088543189037e-2,
    3.28014464682127739104e-4,
    2.89247864745380683936e-6,
    6.79019408009981274425e-9};

/// The inverse of the normal distribution's cumulative function.
static LogicalResult importNdtri(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr p = n.operand("self", computationType(type));
  if (!p)
    return failure();
  const double edge = std::exp(-2.0);
  auto quotient = [](Expr x, ArrayRef<double> top, ArrayRef<double> bottom) {
    return polynomial(x, top) / polynomial(x, bottom).get();
  };
  Expr middle = p - 0.5, square = middle.square();
  Expr around = middle + (middle * square.get() * quotient(square, ndtriP0, ndtriQ0).get()).get();
  around = around * std::sqrt(2 * M_PI);
  // Elsewhere the tail is taken at its edge, where it is finite.
  Expr isUpper = p > 1 - edge, isLower = p <= edge, isInside = (p > 0.0) & (p < 1.0).get();
  Expr isTail = (isUpper | isLower.get()) & isInside.get();
  Expr tail = isTail.select(isUpper.select(-p + 1.0, p), edge);
  Expr x = (tail.log() * -2.0).sqrt(), z = Expr(n, n.splatLike(x, 1)) / x.get();
  Expr rest = (x < 8.0).select(quotient(z, ndtriP1, ndtriQ1), quotient(z, ndtriP2, ndtriQ2));
  Expr size = x - (x.log() / x.get()).get() - (z * rest.get()).get();
  Expr result = isTail.select(isUpper.select(size, -size), around);
  Expr isOutside = (p < 0.0) | (p > 1.0).get();
  Expr ends = (p <= 0.0).select(rootWithout(isInside, p), -rootWithout(isInside, -p + 1.0));
  Expr slope = isInside.select(result, ends);
  result = p.eq(0.0).select(n.scalar(n.elementTypeOf(p), -INFINITY), result);
  result = p.eq(1.0).select(n.scalar(n.elementTypeOf(p), INFINITY), result);
  result = isOutside.select(n.scalar(n.elementTypeOf(p), NAN), result);
  return n.result(revise(result, slope).to(type));
}

/// x ln(1 + y), 0 where x is 0 and y a number: there ln 1 is taken where it isn't finite.
static LogicalResult importXlog1py(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), y = n.operand("other", type);
  Expr isZero = x.eq(0.0) & ((y <= -1.0) | y.eq(INFINITY).get()).get();
  return n.result(x * isZero.select(n.scalar(type, 0), y).unary<dl::Log1pOp>().get());
}

/// sin x / x
static LogicalResult importSphericalBessel(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("x", type);
  Expr series = -(x.square() / 6.0) + 1.0;
  Expr quotient = x.unary<dl::SinOp>() / x.get();
  Expr nearby = x.abs() < 0.01;
  return n.result(x.abs().eq(INFINITY).select(n.scalar(type, 0), nearby.select(series, quotient)));
}

// Cephes' series (i0.c, i1.c) of e^−x I0(x) and e^−x I1(x) / x on [0, 8], and of the same
// times √x beyond.
static const double i0Near[] = {
    -4.41534164647933937950e-18, 3.33079451882223809783e-17, -2.43127984654795469359e-16,
    1.71539128555513303061e-15, -1.16853328779934516808e-14, 7.67618549860493561688e-14,
    -4.85644678311192946090e-13, 2.95505266312963983461e-12, -1.72682629144155570723e-11,
    9.67580903537323691224e-11, -5.18979560163526290666e-10, 2.65982372468238665035e-9,
    -1.30002500998624804212e-8, 6.04699502254191894932e-8, -2.67079385394061173391e-7,
    1.11738753912010371815e-6, -4.41673835845875056359e-6, 1.64484480707288970893e-5,
    -5.75419501008210370398e-5, 1.88502885095841655729e-4, -5.76375574538582365885e-4,
    1.63947561694133579842e-3, -4.32430999505057594430e-3, 1.05464603945949983183e-2,
    -2.37374148058994688156e-2, 4.93052842396707084878e-2, -9.49010970480476444210e-2,
    1.71620901522208775349e-1, -3.04682672343198398683e-1, 6.76795274409476084995e-1};
static const double i0Far[] = {
    -7.23318048787475395456e-18, -4.83050448594418207126e-18, 4.46562142029675999901e-17,
    3.46122286769746109310e-17, -2.82762398051658348494e-16, -3.42548561967721913462e-16,
    1.77256013305652638360e-15, 3.81168066935262242075e-15, -9.55484669882830764870e-15,
    -4.15056934728722208663e-14, 1.54008621752140982691e-14, 3.85277838274214270114e-13,
    7.18012445138366623367e-13, -1.79417853150680611778e-12, -1.32158118404477131188e-11,
    -3.14991652796324136454e-11, 1.18891471078464383424e-11, 4.94060238822496958910e-10,
    3.39623202570838634515e-9, 2.26666899049817806459e-8, 2.04891858946906374183e-7,
    2.89137052083475648297e-6, 6.88975834691682398426e-5, 3.36911647825569408990e-3,
    8.04490411014108831608e-1};
static const double i1Near[] = {
    2.77791411276104639959e-18, -2.11142121435816608115e-17, 1.55363195773620046921e-16,
    -1.10559694773538630805e-15, 7.60068429473540693410e-15, -5.04218550472791168711e-14,
    3.22379336594557470981e-13, -1.98397439776494371520e-12, 1.17361862988909016308e-11,
    -6.66348972350202774223e-11, 3.62559028155211703701e-10, -1.88724975172282928790e-9,
    9.38153738649577178388e-9, -4.44505912879632808065e-8, 2.00329475355213526229e-7,
    -8.56872026469545474066e-7, 3.47025130813767847674e-6, -1.32731636560394358279e-5,
    4.78156510755005422638e-5, -1.61760815825896745588e-4, 5.12285956168575772895e-4,
    -1.51357245063125314899e-3, 4.15642294431288815669e-3, -1.05640848946261981558e-2,
    2.47264490306265168283e-2, -5.29459812080949914269e-2, 1.02643658689847095384e-1,
    -1.76416518357834055153e-1, 2.52587186443633654823e-1};
static const double i1Far[] = {
    7.51729631084210481353e-18, 4.41434832307170791151e-18, -4.65030536848935832153e-17,
    -3.20952592199342395980e-17, 2.96262899764595013876e-16, 3.30820231092092828324e-16,
    -1.88035477551078244854e-15, -3.81440307243700780478e-15, 1.04202769841288027642e-14,
    4.27244001671195135429e-14, -2.10154184277266431302e-14, -4.08355111109219731823e-13,
    -7.19855177624590851209e-13, 2.03562854414708950722e-12, 1.41258074366137813316e-11,
    3.25260358301548823856e-11, -1.89749581235054123450e-11, -5.58974346219658380687e-10,
    -3.83538038596423702205e-9, -2.63146884688951950684e-8, -2.51223623787020892529e-7,
    -3.88256480887769039346e-6, -1.10588938762623716291e-4, -9.76109749136146840777e-3,
    7.78576235018280120474e-1};

Expr torch::modifiedBesselI(Expr x, int order, bool isScaled) {
  if (!x)
    return x;
  Expr size = magnitude(x);
  Expr near =
      chebyshevSeries(size / 2.0 - 2.0, order == 0 ? ArrayRef(i0Near) : ArrayRef(i1Near));
  if (order == 1)
    near = near * size.get();
  Expr far = size.max(8.0);
  Expr argument = Expr(x.builder(), x.builder().splatLike(x, 32)) / far.get() - 2.0;
  Expr beyond = chebyshevSeries(argument, order == 0 ? ArrayRef(i0Far) : ArrayRef(i1Far)) /
                far.sqrt().get();
  Expr isNear = size <= 8.0;
  Expr result = isNear.select(near, beyond);
  // e^−|x| is to have PyTorch's derivative at 0, which is 0.
  Expr exponent = isScaled ? isNear.select(size - x.abs().get(), 0.0) : size;
  result = result * exponent.exp().get();
  return order == 1 ? (x < 0.0).select(-result, result) : result;
}

static LogicalResult importModifiedBessel(NodeImporter &n, int order, bool isScaled) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type wide = computationType(type);
  return n.result(modifiedBesselI(n.operand("self", wide), order, isScaled).to(type));
}

void torch::registerSpecialOps(OpTable &t) {
  t.add("aten.special_entr.default", importEntr);
  t.add({"aten.logit.default", "aten.special_logit.default"}, importLogit);
  t.add("aten.special_ndtr.default", importNdtr);
  t.add("aten.special_ndtri.default", importNdtri);
  t.add({"aten.special_xlog1py.default", "aten.special_xlog1py.other_scalar",
         "aten.special_xlog1py.self_scalar"},
        importXlog1py);
  t.add("aten.special_spherical_bessel_j0.default", importSphericalBessel);
  t.add({"aten.i0.default", "aten.special_modified_bessel_i0.default"},
        [](NodeImporter &n) { return importModifiedBessel(n, 0, /*isScaled=*/false); });
  t.add({"aten.special_i0e.default"},
        [](NodeImporter &n) { return importModifiedBessel(n, 0, /*isScaled=*/true); });
  t.add({"aten.special_i1.default", "aten.special_modified_bessel_i1.default"},
        [](NodeImporter &n) { return importModifiedBessel(n, 1, /*isScaled=*/false); });
  t.add("aten.special_i1e.default",
        [](NodeImporter &n) { return importModifiedBessel(n, 1, /*isScaled=*/true); });
}
