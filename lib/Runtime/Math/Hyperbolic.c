//===- Hyperbolic.c - hyperbolic functions and their inverses ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All from expm1 and log1p, which keep precision near 0 (as fdlibm does). tanh in
// f32, which activations use, is a rational function of its own (Eigen's
// coefficients, 2 ulp).
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#define LN2 0x1.62e42fefa39efp-1

double dlc_math_sinh_f64(double x) {
  double a = __builtin_fabs(x), e = dlc_math_expm1_f64(a < 709 ? a : 709);
  double y = 0.5 * (e + e / (e + 1));
  double h = dlc_math_exp_f64(0.5 * a); // e^a may overflow where e^a / 2 doesn't.
  y = a >= 709 ? 0.5 * h * h : y;
  return x != x ? x : __builtin_copysign(y, x);
}

double dlc_math_cosh_f64(double x) {
  double a = __builtin_fabs(x), h = dlc_math_exp_f64(0.5 * a);
  double e = dlc_math_exp_f64(a < 709 ? a : 709);
  double y = a >= 709 ? 0.5 * h * h : 0.5 * e + 0.5 / e;
  return x != x ? x : y;
}

double dlc_math_tanh_f64(double x) {
  double a = __builtin_fabs(x), e = dlc_math_expm1_f64(2 * (a < 22 ? a : 22));
  double y = a < 22 ? e / (e + 2) : 1;
  return x != x ? x : __builtin_copysign(y, x);
}

double dlc_math_asinh_f64(double x) {
  double a = __builtin_fabs(x), in = a < 0x1p28 ? a : 1;
  double y = dlc_math_log1p_f64(in + in * in / (1 + __builtin_sqrt(in * in + 1)));
  y = a < 0x1p28 ? y : dlc_math_log_f64(a) + LN2;
  return x != x ? x : __builtin_copysign(y, x);
}

double dlc_math_acosh_f64(double x) {
  double t = (x < 0x1p28 ? x : 2) - 1;
  double y = dlc_math_log1p_f64(t + __builtin_sqrt(2 * t + t * t));
  y = x < 0x1p28 ? y : dlc_math_log_f64(x) + LN2;
  return x < 1 ? NAN_F64 : y;
}

double dlc_math_atanh_f64(double x) {
  double a = __builtin_fabs(x);
  double y = 0.5 * dlc_math_log1p_f64(2 * a / (1 - a));
  y = a > 1 ? NAN_F64 : y;
  return x != x ? x : __builtin_copysign(y, x);
}

/// An odd polynomial near 0 (Cephes), 1 − 2 / (e^2a + 1) beyond.
float dlc_math_tanh_f32(float x) {
  float a = __builtin_fabsf(x), z = x * x;
  float p = P32(5, z, -5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                1.33314422036e-1f, -3.33332819422e-1f);
  float small = fma_f32(p * z, x, x);
  float large = 1 - 2 / (dlc_math_exp_f32(2 * a) + 1);
  float y = a < 0.625f ? small : large;
  return x != x ? x : __builtin_copysignf(y, x);
}

float dlc_math_sinh_f32(float x) { return (float)dlc_math_sinh_f64(x); }
float dlc_math_cosh_f32(float x) { return (float)dlc_math_cosh_f64(x); }
float dlc_math_asinh_f32(float x) { return (float)dlc_math_asinh_f64(x); }
float dlc_math_acosh_f32(float x) { return (float)dlc_math_acosh_f64(x); }
float dlc_math_atanh_f32(float x) { return (float)dlc_math_atanh_f64(x); }
