//===- ComplexElementwise.cpp - ATen's elementwise ops on complex numbers -===//
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

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

template <Complex (Complex::*function)() const>
static LogicalResult importUnary(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result((n.complexOperand("self", type).*function)()) : failure();
}

/// A function whose result is real.
template <Expr (Complex::*function)() const>
static LogicalResult importMeasure(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result((n.complexOperand("self", type).*function)()) : failure();
}

/// The angle of a real number: 0, π where it is negative, NaN where it is that.
static LogicalResult importRealAngle(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type);
  Expr angle = (x < 0.0).select(n.scalar(type, M_PI), n.scalar(type, 0));
  return n.result(x.isNan().select(x, angle));
}

/// z / |z|, 0 at 0, and so is its derivative.
static LogicalResult importSgn(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  Expr length = z.abs();
  Expr isZero = length.eq(0.0);
  return n.result(z.constant(0).where(isZero, z / (~isZero).select(length, 1.0)));
}

static LogicalResult importSigmoid(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(((-n.complexOperand("self", type)).exp() + 1.0).reciprocal())
              : failure();
}

static LogicalResult importSilu(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  return n.result(z * ((-z).exp() + 1.0).reciprocal());
}

static LogicalResult importRsqrt(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(n.complexOperand("self", type).sqrt().reciprocal()) : failure();
}

static LogicalResult importLogBase(NodeImporter &n, double base) {
  Type type = n.resultElementType();
  return type ? n.result(n.complexOperand("self", type).log() * (1 / std::log(base))) : failure();
}

/// ½ ln(1 + (2 + x) x + y²), exact where z is small.
static LogicalResult importLog1p(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  Expr excess = (z.re + 2.0) * z.re.get() + z.im.square().get();
  Complex log = (z + 1.0).log();
  Expr isSmall = z.abs() < 0.5;
  return n.result(Complex{isSmall.select(excess.unary<dl::Log1pOp>() * 0.5, log.re), log.im});
}

/// eˣ cos y − 1 = (eˣ − 1) cos y − 2 sin² ½y
static LogicalResult importExpm1(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type);
  Expr half = (z.im * 0.5).sin();
  Expr real = z.re.unary<dl::Expm1Op>() * z.im.cos().get() - (half.square() * 2.0).get();
  return n.result(Complex{real, z.exp().im});
}

static LogicalResult importExp2(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result((n.complexOperand("self", type) * M_LN2).exp()) : failure();
}

/// sin πz / πz, 1 at 0.
static LogicalResult importSinc(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex z = n.complexOperand("self", type), angle = z * M_PI;
  return n.result(z.constant(1).where(z.abs().eq(0.0), angle.sin() / angle));
}

/// Whether either part is NaN, or infinite.
template <typename Op>
static LogicalResult importPartTest(NodeImporter &n) {
  Complex z = n.complexOperand("self", n.promoteParts({"self"}));
  return n.result(z.re.unary<Op>() | z.im.unary<Op>().get());
}

//===----------------------------------------------------------------------===//
// Truth
//===----------------------------------------------------------------------===//

/// Whether the number isn't 0.
static Expr truth(NodeImporter &n, StringRef name) {
  if (!n.isComplex(name))
    return truth(n.operand(name));
  Complex z = n.complexOperand(name, n.promoteParts({name}));
  return z.re.ne(0.0) | z.im.ne(0.0).get();
}

/// Where the numbers aren't 0, a row each.
static LogicalResult importNonzero(NodeImporter &n) {
  Expr mask = truth(n, "self");
  Value found = mask ? n.infer<dl::NonzeroOp>(mask.get()) : Value();
  return n.result(n.transpose(n.convert(found, n.getBuilder().getI64Type()), {1, 0}));
}

static LogicalResult importLogicalNot(NodeImporter &n) { return n.result(~truth(n, "self")); }

template <typename Op>
static LogicalResult importLogical(NodeImporter &n) {
  return n.result(truth(n, "self").binary<Op>(truth(n, "other")));
}

static LogicalResult importEqual(NodeImporter &n, bool isEqual) {
  Type type = n.promoteParts({"self", "other"});
  if (!type)
    return failure();
  Complex a = n.complexOperand("self", type), b = n.complexOperand("other", type);
  Expr differs = a.re.ne(b.re.get()) | a.im.ne(b.im.get()).get();
  return n.result(isEqual ? ~differs : differs);
}

template <dl::ReductionKind kind>
static LogicalResult importTruthReduction(NodeImporter &n) {
  Expr x = truth(n, "self");
  if (!x)
    return failure();
  auto axes = n.has("dim") ? n.axes("dim", n.rankOf(x)) : std::optional(dimRange(0, n.rankOf(x)));
  bool keepDims = n.has("keepdim") && n.boolean("keepdim");
  return axes ? n.result(x.reduce(kind, *axes, keepDims)) : failure();
}

/// To another element type: a complex one, a real one (the real part), or truth.
static LogicalResult importToCopy(NodeImporter &n) {
  n.ignore({"dtype", "copy", "dtype_layout"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  if (type.isInteger(1))
    return n.result(truth(n, "self"));
  Complex z = n.complexOperand("self", type);
  return n.isComplexResult() ? n.result(z) : n.result(z.re);
}

//===----------------------------------------------------------------------===//
// Several operands
//===----------------------------------------------------------------------===//

static LogicalResult importMul(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(n.complexOperand("self", type) * n.complexOperand("other", type));
}

static LogicalResult importDiv(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(n.complexOperand("self", type) / n.complexOperand("other", type));
}

/// Two complex numbers, the second one times a factor.
static LogicalResult importAdditive(NodeImporter &n, StringRef lhs, StringRef rhs, bool isSub) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex a = n.complexOperand(lhs, type), b = n.complexOperand(rhs, type);
  if (n.isComplex("alpha") || n.number("alpha") != 1)
    b = b * n.complexOperand("alpha", type);
  return n.result(isSub ? a - b : a + b);
}

/// Small whole powers are products; the others take the logarithm in f64, for what it is
/// off by is magnified.
static LogicalResult importPow(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  constexpr int64_t kMostFactors = 4;
  Complex z = n.complexOperand("self", type);
  bool isWhole = n.getOverload() == "Tensor_Scalar" && !n.isComplex("exponent");
  double exponent = isWhole ? n.number("exponent") : 0;
  if (!isWhole || exponent != std::floor(exponent) || std::abs(exponent) > kMostFactors) {
    Type f64 = n.getBuilder().getF64Type();
    Complex power = n.complexOperand("self", f64).pow(n.complexOperand("exponent", f64));
    return n.result(Complex{power.re.to(type), power.im.to(type)});
  }
  Complex power = z.constant(1);
  for (int64_t i = 0; i < std::abs(int64_t(exponent)); ++i)
    power = i == 0 ? z : power * z;
  return n.result(exponent < 0 ? power.reciprocal() : power);
}

static LogicalResult importLerp(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex start = n.complexOperand("self", type), end = n.complexOperand("end", type);
  Complex weight = n.complexOperand("weight", type), difference = end - start;
  Complex low = start + weight * difference;
  Complex high = end - difference * (weight.constant(1) - weight);
  return n.result(low.where(weight.abs() < 0.5, high));
}

static LogicalResult importAddcmul(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex product = n.complexOperand("tensor1", type) * n.complexOperand("tensor2", type);
  return n.result(n.complexOperand("self", type) + product * n.complexOperand("value", type));
}

static LogicalResult importAddcdiv(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Complex scaled = n.complexOperand("tensor1", type) * n.complexOperand("value", type);
  return n.result(n.complexOperand("self", type) + scaled / n.complexOperand("tensor2", type));
}

static void registerUnary(OpTable &t) {
  t.addComplex({"aten.abs.default"}, importMeasure<&Complex::abs>);
  t.addComplex({"aten.angle.default"}, importMeasure<&Complex::angle>);
  t.add("aten.angle.default", importRealAngle);
  t.addComplex({"aten.exp.default"}, importUnary<&Complex::exp>);
  t.addComplex({"aten.exp2.default"}, importExp2);
  t.addComplex({"aten.expm1.default"}, importExpm1);
  t.addComplex({"aten.log.default"}, importUnary<&Complex::log>);
  t.addComplex({"aten.log1p.default"}, importLog1p);
  t.addComplex({"aten.log2.default"}, [](NodeImporter &n) { return importLogBase(n, 2); });
  t.addComplex({"aten.log10.default"}, [](NodeImporter &n) { return importLogBase(n, 10); });
  t.addComplex({"aten.sqrt.default"}, importUnary<&Complex::sqrt>);
  t.addComplex({"aten.rsqrt.default"}, importRsqrt);
  t.addComplex({"aten.reciprocal.default"}, importUnary<&Complex::reciprocal>);
  t.addComplex({"aten.sin.default"}, importUnary<&Complex::sin>);
  t.addComplex({"aten.cos.default"}, importUnary<&Complex::cos>);
  t.addComplex({"aten.tan.default"}, importUnary<&Complex::tan>);
  t.addComplex({"aten.sinh.default"}, importUnary<&Complex::sinh>);
  t.addComplex({"aten.cosh.default"}, importUnary<&Complex::cosh>);
  t.addComplex({"aten.tanh.default"}, importUnary<&Complex::tanh>);
  t.addComplex({"aten.asin.default"}, importUnary<&Complex::asin>);
  t.addComplex({"aten.acos.default"}, importUnary<&Complex::acos>);
  t.addComplex({"aten.atan.default"}, importUnary<&Complex::atan>);
  t.addComplex({"aten.asinh.default"}, importUnary<&Complex::asinh>);
  t.addComplex({"aten.acosh.default"}, importUnary<&Complex::acosh>);
  t.addComplex({"aten.atanh.default"}, importUnary<&Complex::atanh>);
  t.addComplex({"aten.sigmoid.default"}, importSigmoid);
  t.addComplex({"aten.silu.default"}, importSilu);
  t.addComplex({"aten.sinc.default"}, importSinc);
  t.addComplex({"aten.sgn.default"}, importSgn);
  t.addComplex({"aten.isnan.default"}, importPartTest<dl::IsNanOp>);
  t.addComplex({"aten.isinf.default"}, importPartTest<dl::IsInfOp>);
}

void torch::registerComplexElementwiseOps(OpTable &t) {
  registerUnary(t);
  t.addComplex({"aten.nonzero.default"}, importNonzero);
  t.addComplex({"aten.logical_not.default"}, importLogicalNot);
  t.addComplex({"aten.logical_and.default"}, importLogical<dl::AndOp>);
  t.addComplex({"aten.logical_or.default"}, importLogical<dl::OrOp>);
  t.addComplex({"aten.logical_xor.default"}, importLogical<dl::XorOp>);
  t.addComplex({"aten.any.default", "aten.any.dim", "aten.any.dims"},
               importTruthReduction<dl::ReductionKind::bit_or>);
  t.addComplex({"aten.all.default", "aten.all.dim", "aten.all.dims"},
               importTruthReduction<dl::ReductionKind::bit_and>);
  t.addComplex({"aten.eq.Tensor", "aten.eq.Scalar"},
               [](NodeImporter &n) { return importEqual(n, true); });
  t.addComplex({"aten.ne.Tensor", "aten.ne.Scalar"},
               [](NodeImporter &n) { return importEqual(n, false); });
  t.addComplex({"aten._to_copy.default", "aten.to.dtype", "aten.to.dtype_layout"}, importToCopy);
  t.addComplex({"aten.add.Tensor", "aten.add.Scalar"},
               [](NodeImporter &n) { return importAdditive(n, "self", "other", false); });
  t.addComplex({"aten.sub.Tensor", "aten.sub.Scalar"},
               [](NodeImporter &n) { return importAdditive(n, "self", "other", true); });
  t.addComplex({"aten.rsub.Tensor", "aten.rsub.Scalar"},
               [](NodeImporter &n) { return importAdditive(n, "other", "self", true); });
  t.addComplex({"aten.mul.Tensor", "aten.mul.Scalar"}, importMul);
  t.addComplex({"aten.div.Tensor", "aten.div.Scalar"}, importDiv);
  t.addComplex({"aten.pow.Tensor_Tensor", "aten.pow.Tensor_Scalar", "aten.pow.Scalar"},
               importPow);
  t.addComplex({"aten.lerp.Scalar", "aten.lerp.Tensor"}, importLerp);
  t.addComplex({"aten.addcmul.default"}, importAddcmul);
  t.addComplex({"aten.addcdiv.default"}, importAddcdiv);
}
