//===- Formulas.h - functions that several ops are made of ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_FORMULAS_H
#define DLC_LIB_IMPORT_TORCH_FORMULAS_H

#include "../Common/Expr.h"

namespace dlc::torch {

using frontend::Expr;

/// The same, constant to every derivative.
Expr stop(Expr x);
/// A value with the derivative of another.
Expr revise(Expr value, Expr slope);
/// Both brought to their common shape; null after reporting that there is none.
std::pair<Expr, Expr> broadcast(Expr x, Expr y);
/// Whether a number isn't 0.
Expr truth(Expr x);
/// The bits of a float tensor as signless integers.
Expr bitsOf(Expr x);
/// Whether the sign bit is set, also of zeros and NaN.
Expr isNegative(Expr x);
/// The magnitude of one with the sign of the other.
Expr copysign(Expr magnitude, Expr sign);
/// Between two bounds, with derivative 1 on them, which `max` and `min` share.
Expr clamp(Expr x, mlir::Value low, mlir::Value high);
Expr clamp(Expr x, double low, double high);
inline Expr atLeast(Expr x, double low) { return clamp(x, low, INFINITY); }
inline Expr atMost(Expr x, double high) { return clamp(x, -INFINITY, high); }
/// |x| where that is made into something smooth: its derivative at 0 is 1, so that those of
/// even functions are right to every order.
Expr magnitude(Expr x);
/// ln(1 + eˣ) without overflow.
Expr softplus(Expr x);
/// √(x² + y²) without overflow; infinite where either is, even if the other is NaN.
Expr hypot(Expr x, Expr y);
/// Σ coefficients[i] · x^(count − 1 − i).
Expr polynomial(Expr x, llvm::ArrayRef<double> coefficients);
/// A Chebyshev series at x (Cephes' chbevl, highest coefficient first).
Expr chebyshevSeries(Expr x, llvm::ArrayRef<double> coefficients);
/// The modified Bessel function of the first kind and order 0 or 1, times e^−|x| if scaled.
Expr modifiedBesselI(Expr x, int order, bool isScaled);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_FORMULAS_H
