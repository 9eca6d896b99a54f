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

/// −x ln x, 0 at 0, −∞ below.
static LogicalResult importEntr(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), zero(n, n.scalar(type, 0));
  Expr inside = x.eq(0.0).select(zero, -(x * x.log().get()));
  return n.result((x < 0.0).select(n.scalar(type, -INFINITY), inside));
}

static LogicalResult importErfc(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(Expr(n, n.scalar(type, 1)) - n.operand("self", type).unary<dl::ErfOp>().get());
}

/// The normal distribution's cumulative function, ½ (1 + erf(x / √2)).
static LogicalResult importNdtr(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type);
  return n.result(((x * M_SQRT1_2).unary<dl::ErfOp>() + 1.0) * 0.5);
}

static LogicalResult importNdtri(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr p = n.operand("self", type);
  return n.result((p * 2.0 - 1.0).erfInv() * M_SQRT2);
}

/// x ln(1 + y), 0 where x is 0 and y a number.
static LogicalResult importXlog1py(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), y = n.operand("other", type);
  Expr isZero = x.eq(0.0) & (~y.isNan()).get();
  return n.result(isZero.select(n.scalar(type, 0), x * y.unary<dl::Log1pOp>().get()));
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

// Cephes' single-precision series of e^−x I0(x) and e^−x I1(x) on [0, 8], and of the
// same times √x beyond.
static const double i0Near[] = {
    -1.30002500998624804212e-8, 6.04699502254191894932e-8,  -2.67079385394061173391e-7,
    1.11738753912010371815e-6,  -4.41673835845875056359e-6, 1.64484480707288970893e-5,
    -5.75419501008210370398e-5, 1.88502885095841655729e-4,  -5.76375574538582365885e-4,
    1.63947561694133579842e-3,  -4.32430999505057594430e-3, 1.05464603945949983183e-2,
    -2.37374148058994688156e-2, 4.93052842396707084878e-2,  -9.49010970480476444210e-2,
    1.71620901522208775349e-1,  -3.04682672343198398683e-1, 6.76795274409476084995e-1};
static const double i0Far[] = {3.39623202570838634515e-9, 2.26666899049817806459e-8,
                               2.04891858946906374183e-7, 2.89137052083475648297e-6,
                               6.88975834691682398426e-5, 3.36911647825569408990e-3,
                               8.04490411014108831608e-1};
static const double i1Near[] = {
    9.38153738649577178388e-9,  -4.44505912879632808065e-8, 2.00329475355213526229e-7,
    -8.56872026469545474066e-7, 3.47025130813767847674e-6,  -1.32731636560394358279e-5,
    4.78156510755005422638e-5,  -1.61760815825896745588e-4, 5.12285956168575772895e-4,
    -1.51357245063125314899e-3, 4.15642294431288815669e-3,  -1.05640848946261981558e-2,
    2.47264490306265168283e-2,  -5.29459812080949914269e-2, 1.02643658689847095384e-1,
    -1.76416518357834055153e-1, 2.52587186443633654823e-1};
static const double i1Far[] = {-3.83538038596423702205e-9, -2.63146884688951950684e-8,
                               -2.51223623787020892529e-7, -3.88256480887769039346e-6,
                               -1.10588938762623716291e-4, -9.76109749136146840777e-3,
                               7.78576235018280120474e-1};

/// The modified Bessel function of order 0 or 1, times e^−|x| if scaled.
static LogicalResult importModifiedBessel(NodeImporter &n, int order, bool isScaled) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type wide = type.getIntOrFloatBitWidth() < 32 ? Type(n.getBuilder().getF32Type()) : type;
  Expr x = n.operand("self", wide), magnitude = x.abs();
  Expr near = chebyshevSeries(magnitude / 2.0 - 2.0, order == 0 ? ArrayRef(i0Near) : ArrayRef(i1Near));
  if (order == 1)
    near = near * magnitude.get();
  Expr argument = Expr(n, n.scalar(wide, 32)) / magnitude.max(8.0).get() - 2.0;
  Expr far = chebyshevSeries(argument, order == 0 ? ArrayRef(i0Far) : ArrayRef(i1Far)) /
             magnitude.max(8.0).sqrt().get();
  Expr result = (magnitude <= 8.0).select(near, far);
  if (!isScaled)
    result = result * magnitude.exp().get();
  if (order == 1)
    result = (x < 0.0).select(-result, result);
  return n.result(result.to(type));
}

void torch::registerSpecialOps(OpTable &t) {
  t.add("aten.special_entr.default", importEntr);
  t.add({"aten.erfc.default", "aten.special_erfc.default"}, importErfc);
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
