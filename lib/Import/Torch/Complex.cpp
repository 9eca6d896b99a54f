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

Complex Complex::reciprocal() const { return constant(1) / *this; }

//===----------------------------------------------------------------------===//
// Powers, exponentials, logarithms
//===----------------------------------------------------------------------===//

Complex Complex::exp() const {
  Expr length = re.exp();
  // Infinity times 0 would be NaN.
  Expr isReal = im.eq(0.0);
  return {isReal.select(length, length * im.cos().get()),
          isReal.select(im, length * im.sin().get())};
}

Complex Complex::log() const { return {abs().log(), angle()}; }

/// t = √((|z| + |x|) / 2) is one part, y / 2t the other. z is scaled by a power of 4,
/// so that |z| doesn't overflow, and that tiny parts keep their digits.
Complex Complex::sqrt() const {
  if (!*this)
    return *this;
  auto type = cast<FloatType>(NodeBuilder::elementTypeOf(re));
  int digits = llvm::APFloat::semanticsPrecision(type.getFloatSemantics());
  Expr isTiny = re.abs().max(im.abs().get()) < std::ldexp(1.0, -digits);
  auto choose = [&](double tiny, double other) {
    return isTiny.select(builder().splatLike(re, tiny), other);
  };
  Complex z = *this * choose(std::ldexp(1.0, 2 * digits), 1.0 / 16);
  Expr t = ((z.abs() + z.re.abs().get()) * 0.5).sqrt();
  Expr u = t.eq(0.0).select(t, z.im.abs() / (t * 2.0).get());
  u = z.im.abs().eq(INFINITY).select(t, u);
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
  return {sinhOf(re) * im.cos().get(), coshOf(re) * im.sin().get()};
}

Complex Complex::cosh() const {
  return {coshOf(re) * im.cos().get(), sinhOf(re) * im.sin().get()};
}

/// (sinh x cosh x + i sin y cos y) / (sinh² x + cos² y); beyond ±20 it is ±1.
Complex Complex::tanh() const {
  Expr x = re.max(-20.0).min(20.0), sinh = sinhOf(x), cos = im.cos();
  Complex numerator{sinh * coshOf(x).get(), im.sin() * cos.get()};
  return numerator / (sinh.square() + cos.square().get());
}

// W. Kahan, Branch Cuts for Complex Elementary Functions (1987).

Complex Complex::acos() const {
  Complex one = constant(1), a = (one - *this).sqrt(), b = (one + *this).sqrt();
  return {a.re.binary<dl::Atan2Op>(b.re) * 2.0, (b.conj() * a).im.unary<dl::AsinhOp>()};
}

Complex Complex::acosh() const {
  Complex one = constant(1), a = (*this - one).sqrt(), b = (*this + one).sqrt();
  return {(a.conj() * b).re.unary<dl::AsinhOp>(), a.im.binary<dl::Atan2Op>(b.re) * 2.0};
}

Complex Complex::asin() const {
  Complex one = constant(1), a = (one - *this).sqrt(), b = (one + *this).sqrt();
  return {re.binary<dl::Atan2Op>((a * b).re), (a.conj() * b).im.unary<dl::AsinhOp>()};
}

Complex Complex::atanh() const {
  Expr far = re + 1.0, near = -re + 1.0;
  Expr gap = near.square() + im.square().get();
  Expr real = (re * 4.0 / gap.get()).unary<dl::Log1pOp>() * 0.25;
  Expr imaginary =
      (im * 2.0).binary<dl::Atan2Op>(far * near.get() - im.square().get()) * 0.5;
  return {real, imaginary};
}
