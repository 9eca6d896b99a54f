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
  return x < 0x1p28 ? y : dlc_math_log_f64(x) + LN2;
}

double dlc_math_atanh_f64(double x) {
  double a = __builtin_fabs(x);
  double y = 0.5 * dlc_math_log1p_f64(2 * a / (1 - a));
  y = a > 1 ? NAN_F64 : y;
  return x != x ? x : __builtin_copysign(y, x);
}

float dlc_math_tanh_f32(float x) {
  const float limit = 7.90531110763549805f;
  float in = x < -limit ? -limit : x > limit ? limit : x, z = in * in;
  float p = P32(7, z, -2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                5.12229709037114e-08f, 1.48572235717979e-05f, 6.37261928875436e-04f,
                4.89352455891786e-03f);
  float q = P32(4, z, 1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                4.89352518554385e-03f);
  float y = in * p / q;
  y = __builtin_fabsf(x) < 0.0004f ? x : y;
  y = __builtin_fabsf(x) > limit ? __builtin_copysignf(1, x) : y;
  return x != x ? x : y;
}

float dlc_math_sinh_f32(float x) { return (float)dlc_math_sinh_f64(x); }
float dlc_math_cosh_f32(float x) { return (float)dlc_math_cosh_f64(x); }
float dlc_math_asinh_f32(float x) { return (float)dlc_math_asinh_f64(x); }
float dlc_math_acosh_f32(float x) { return (float)dlc_math_acosh_f64(x); }
float dlc_math_atanh_f32(float x) { return (float)dlc_math_atanh_f64(x); }
