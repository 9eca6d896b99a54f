//===- Complex.cpp - formulas over complex tensors ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Complex.h"
#include "Formulas.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Complex Complex::operator+(const Complex &other) const {
  return {re + other.re.get(), im + other.im.get()};
}

Complex Complex::operator-(const Complex &other) const {
  return {re - other.re.get(), im - other.im.get()};
}

Complex Complex::operator*(const Complex &other) const {
  return {re * other.re.get() - (im * other.im.get()).get(),
          re * other.im.get() + (im * other.re.get()).get()};
}

/// Scaled by the divisor's larger part, as PyTorch does; each part by a zero's length.
Complex Complex::operator/(const Complex &other) const {
  Expr scale = other.re.abs().max(other.im.abs().get());
  Complex unit = other / scale;
  Expr square = unit.re.square() + unit.im.square().get();
  Complex quotient = *this * unit.conj() / square / scale;
  return (*this / scale).where(scale.eq(0.0), quotient);
}

Complex Complex::constant(double real, double imaginary) const {
  NodeBuilder &n = builder();
  return {{n, n.splatLike(re, real)}, {n, n.splatLike(re, imaginary)}};
}

Complex Complex::where(Expr condition, const Complex &other) const {
  return {condition.select(re, other.re), condition.select(im, other.im)};
}

Expr Complex::abs() const { return hypot(re, im); }

Expr Complex::angle() const { return im.binary<dl::Atan2Op>(re); }

/// Whether x is infinite.
static Expr isInfinite(Expr x) { return x.abs().eq(INFINITY); }

/// Where one part is infinite and the other a number, 0.
Complex Complex::reciprocal() const {
  return constant(0).where(isInfinite(re.abs() - im.abs().get()), constant(1) / *this);
}

//===----------------------------------------------------------------------===//
// Powers, exponentials, logarithms
//===----------------------------------------------------------------------===//

/// x · y, where 0 times anything is 0.
static Expr timesZero(Expr x, Expr y) {
  return x.eq(0.0).select(x, y.eq(0.0).select(y, x * y.get()));
}

/// cos y; 1 where the angle of an infinite number isn't known.
static Expr cosBeside(Expr x, Expr y) {
  Expr cos = y.cos();
  return (isInfinite(x) & cos.isNan().get()).select(cos.builder().splatLike(cos, 1), cos);
}

Complex Complex::exp() const {
  Expr length = re.exp();
  return {timesZero(length, cosBeside(re, im)), timesZero(length, im.sin())};
}

Complex Complex::log() const { return {abs().log(), angle()}; }

/// t = √((|z| + |x|) / 2) is one part, y / 2t the other. z is scaled by a power of 4,
/// so that |z| doesn't overflow, and that tiny parts keep their digits.
Complex Complex::sqrt() const {
  if (!*this || !builder().requireFloat(re, "what it takes the root of"))
    return {{builder(), {}}, {builder(), {}}};
  auto type = cast<FloatType>(NodeBuilder::elementTypeOf(re));
  int digits = llvm::APFloat::semanticsPrecision(type.getFloatSemantics());
  Expr isTiny = re.abs().max(im.abs().get()) < std::ldexp(1.0, -digits);
  auto choose = [&](double tiny, double other) {
    return isTiny.select(builder().splatLike(re, tiny), other);
  };
  Complex z = *this * choose(std::ldexp(1.0, 2 * digits), 1.0 / 16);
  Expr t = ((z.abs() + z.re.abs().get()) * 0.5).sqrt();
  Expr u = t.eq(0.0).select(t, z.im.abs() / (t * 2.0).get());
  // Beside an infinite imaginary part both are infinite.
  Expr isPole = isInfinite(z.im);
  t = isPole.select(z.im.abs(), t);
  u = isPole.select(t, u);
  Expr isRight = re >= 0.0;
  Complex root{isRight.select(t, u), copysign(isRight.select(u, t), im)};
  return root * choose(std::ldexp(1.0, -digits), 4);
}

/// 0 to the power 0 is 1; to one with a positive real part 0, with a negative one ∞ at an
/// unknown angle, and with none NaN.
Complex Complex::pow(const Complex &exponent) const {
  Complex power = (exponent * log()).exp();
  Expr isZero = re.eq(0.0) & im.eq(0.0).get();
  Expr isToZero = exponent.re.eq(0.0) & exponent.im.eq(0.0).get();
  Complex pole = power.constant(INFINITY, NAN), none = power.constant(NAN, NAN);
  Complex atZero = power.constant(0).where(exponent.re > 0.0, pole.where(exponent.re < 0.0, none));
  Complex general = atZero.where(isZero, power);
  return power.constant(1).where(isToZero, general);
}

//===----------------------------------------------------------------------===//
// Hyperbolic functions; the trigonometric ones are those of iz
//===----------------------------------------------------------------------===//

static Expr sinhOf(Expr x) { return x.unary<dl::SinhOp>(); }
static Expr coshOf(Expr x) { return x.unary<dl::CoshOp>(); }

Complex Complex::sinh() const {
  return {timesZero(sinhOf(re), cosBeside(re, im)), timesZero(coshOf(re), im.sin())};
}

Complex Complex::cosh() const {
  return {timesZero(coshOf(re), cosBeside(re, im)), timesZero(sinhOf(re), im.sin())};
}

/// (sinh x cosh x + i sin y cos y) / (sinh² x + cos² y); beyond ±20 it is ±1. A part that
/// is 0 stays 0 beside NaN.
Complex Complex::tanh() const {
  Expr x = re.max(-20.0).min(20.0), sinh = sinhOf(x), cos = im.cos();
  Complex numerator{sinh * coshOf(x).get(), im.sin() * cos.get()};
  Complex quotient = numerator / (sinh.square() + cos.square().get());
  Expr isOne = isInfinite(re);
  return {re.eq(0.0).select(re, isOne.select(re.sign(), quotient.re)),
          im.eq(0.0).select(im, isOne.select(builder().splatLike(im, 0), quotient.im))};
}

// W. Kahan, Branch Cuts for Complex Elementary Functions (1987). Where a part is infinite
// they are the limits, an angle and an infinity.

static Expr atan2(Expr y, Expr x) { return y.binary<dl::Atan2Op>(x); }
static Expr asinhOf(Expr x) { return x.unary<dl::AsinhOp>(); }
static Expr infinityLike(Expr sign) {
  return copysign({sign.builder(), sign.builder().splatLike(sign, INFINITY)}, sign);
}
static Expr hasInfinity(const Complex &z) { return isInfinite(z.re) | isInfinite(z.im).get(); }

Complex Complex::acos() const {
  Complex a = (-*this + 1).sqrt(), b = (*this + 1).sqrt();
  Complex root{atan2(a.re, b.re) * 2.0, asinhOf((b.conj() * a).im)};
  Complex limit{atan2(im.abs(), re), -infinityLike(im)};
  return limit.where(hasInfinity(*this), root);
}

Complex Complex::acosh() const {
  Complex a = (*this + -1).sqrt(), b = (*this + 1).sqrt();
  Complex root{asinhOf((a.conj() * b).re), atan2(a.im, b.re) * 2.0};
  Complex limit{infinityLike(re.abs()), atan2(im, re)};
  return limit.where(hasInfinity(*this), root);
}

Complex Complex::asin() const {
  Complex a = (-*this + 1).sqrt(), b = (*this + 1).sqrt();
  Complex root{atan2(re, (a * b).re), asinhOf((a.conj() * b).im)};
  Complex limit{atan2(re, im.abs()), infinityLike(im)};
  return limit.where(hasInfinity(*this), root);
}

/// ½ ln |(1 + z) / (1 − z)|, the logarithm of 1 + 4x / |1 − z|² but near ±1, and half the
/// angle of that.
Complex Complex::atanh() const {
  Expr x = re.abs(), far = x + 1.0, near = -x + 1.0;
  Expr gap = near.square() + im.square().get();
  Expr close = (hypot(far, im) / hypot(near, im).get()).log() * 0.5;
  Expr other = (x * 4.0 / gap.get()).unary<dl::Log1pOp>() * 0.25;
  Expr length = copysign((gap < 0x1p-20).select(close, other), re);
  Expr angle = atan2(im * 2.0, far * near.get() - im.square().get()) * 0.5;
  Complex limit = constant(0, M_PI_2);
  return Complex{limit.re, copysign(limit.im, im)}.where(hasInfinity(*this), {length, angle});
}
