//===- Complex.h - formulas over complex tensors ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dl is real: a complex tensor is a pair of real ones while a program is imported,
// and where it is one value (an input, an output, an operand of dl.fft) a real one
// with a last dimension of 2, as it lies in memory anyway.
//
// The functions are those of C's <complex.h>, branch cuts included.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_COMPLEX_H
#define DLC_LIB_IMPORT_TORCH_COMPLEX_H

#include "../Common/Expr.h"

namespace dlc::torch {

using frontend::Expr;
using frontend::NodeBuilder;

/// A complex tensor: its real and its imaginary part.
struct Complex {
  Expr re, im;

  explicit operator bool() const { return re && im; }

  Complex operator-() const { return {-re, -im}; }
  Complex operator+(const Complex &other) const;
  Complex operator-(const Complex &other) const;
  Complex operator*(const Complex &other) const;
  Complex operator/(const Complex &other) const;
  /// Both parts times, and divided by, a real one.
  Complex operator*(Expr factor) const { return {re * factor.get(), im * factor.get()}; }
  Complex operator/(Expr divisor) const { return {re / divisor.get(), im / divisor.get()}; }
  Complex operator*(double factor) const { return {re * factor, im * factor}; }
  Complex operator+(double number) const { return {re + number, im}; }

  Complex conj() const { return {re, -im}; }
  /// Times i, and −i.
  Complex timesI() const { return {-im, re}; }
  Complex timesMinusI() const { return {im, -re}; }
  /// Where the boolean holds, this, else `other`.
  Complex where(Expr condition, const Complex &other) const;

  Expr abs() const;
  Expr angle() const;
  Complex exp() const;
  Complex log() const;
  Complex sqrt() const;
  Complex sin() const { return timesI().sinh().timesMinusI(); }
  Complex cos() const { return timesI().cosh(); }
  Complex tan() const { return timesI().tanh().timesMinusI(); }
  Complex sinh() const;
  Complex cosh() const;
  Complex tanh() const;
  Complex asin() const;
  Complex acos() const;
  Complex atan() const { return timesI().atanh().timesMinusI(); }
  Complex asinh() const { return timesMinusI().asin().timesI(); }
  Complex acosh() const;
  Complex atanh() const;
  Complex reciprocal() const;
  Complex pow(const Complex &exponent) const;

  NodeBuilder &builder() const { return re.builder(); }
  /// A constant of the parts' element type, and shape.
  Complex constant(double real, double imaginary = 0) const;
};

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_COMPLEX_H
