//===- Unary.td - derivatives of ops of one operand -------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_AUTODIFF_UNARY_TD
#define DLC_AUTODIFF_UNARY_TD

include "Derivative.td"

def : Unary<"neg", "-1">;
def : Unary<"abs", "sign(x)">;
def : Unary<"sign", "0">;
def : Unary<"exp", "y">;
def : Unary<"expm1", "y + 1">;
def : Unary<"log", "1/x">;
def : Unary<"log1p", "1/(x + 1)">;
def : Unary<"sqrt", "1/(2*y)">;
def : Unary<"rsqrt", "-y*y*y/2">;
def : Unary<"reciprocal", "-y*y">;
def : Unary<"sin", "cos(x)">;
def : Unary<"cos", "-sin(x)">;
def : Unary<"tan", "1 + y*y">;
def : Unary<"asin", "rsqrt(1 - x*x)">;
def : Unary<"acos", "-rsqrt(1 - x*x)">;
def : Unary<"atan", "1/(1 + x*x)">;
def : Unary<"sinh", "cosh(x)">;
def : Unary<"cosh", "sinh(x)">;
def : Unary<"tanh", "1 - y*y">;
def : Unary<"asinh", "rsqrt(x*x + 1)">;
def : Unary<"acosh", "rsqrt(x*x - 1)">;
def : Unary<"atanh", "1/(1 - x*x)">;
def : Unary<"erf", "2/sqrt(pi) * exp(-x*x)">;
def : Unary<"erf_inv", "sqrt(pi)/2 * exp(y*y)">;
def : Unary<"lgamma", "digamma(x)">;
def : Unary<"sigmoid", "y*(1 - y)">;
def : Unary<"floor", "0">;
def : Unary<"ceil", "0">;
def : Unary<"round", "0">;
def : Unary<"trunc", "0">;
def : Unary<"relu", "where(x <= 0, 0, 1)">;
def : Unary<"silu", "sigmoid(x) * (1 + x*(1 - sigmoid(x)))">;

// Φ(x) + x·φ(x), φ the normal density.
def : Unary<"gelu", "(1 + erf(x/sqrt(2)))/2 + x*exp(-x*x/2)/sqrt(2*pi)">;
// With u = √(2/π)(x + 0.044715x³): (1 + tanh u)/2 + x(1 − tanh² u)/2 · ∂u/∂x
def : Unary<"gelu",
    "(1 + tanh(sqrt(2/pi)*(x + 0.044715*x*x*x)))/2 + "
    "x*(1 - tanh(sqrt(2/pi)*(x + 0.044715*x*x*x))*tanh(sqrt(2/pi)*(x + 0.044715*x*x*x)))/2 * "
    "sqrt(2/pi)*(1 + 0.134145*x*x)"> {
  let condition = "op.getTanh()";
  let note = "with `tanh`";
}

#endif // DLC_AUTODIFF_UNARY_TD
