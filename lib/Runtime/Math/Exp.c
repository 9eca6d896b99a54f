//===- Exp.c - exponentials ----------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// exp(x) = 2^k · exp(r), k = round(x / ln 2), |r| <= ln 2 / 2, ln 2 in two parts
// (Cody and Waite, 1980); exp(r) by its Taylor polynomial in f64 and a minimax one
// (Cephes) in f32.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

/// r of the reduction; k as an integer in *k.
static inline double reduce_f64(double x, double *k) {
  *k = __builtin_rint(x * 0x1.71547652b82fep+0);
  double r = fma_f64(*k, -0x1.62e42fefa0000p-1, x);
  return fma_f64(*k, -0x1.cf79abc9e3b3ap-40, r);
}

/// (exp(r) − 1 − r) / r²
static inline double exp_tail_f64(double r) {
  return P64(12, r, 1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0,
             1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0,
             1 / 2.0);
}

double dlc_math_exp_f64(double x) {
  double in = x < -750 ? -750 : x > 710 ? 710 : x, k;
  double r = reduce_f64(in, &k);
  double p = fma_f64(r * r, exp_tail_f64(r), r) + 1;
  double y = scale_f64(p, (int64_t)k);
  y = x > 0x1.62e42fefa39efp+9 ? INFINITY_F64 : y;
  return x != x ? x : y;
}

/// exp(x + rest) for a tiny `rest`, to about 0.6 units of the last place: the last sum's
/// error isn't lost.
double dlc_math_exp_sum_f64(double x, double rest) {
  double in = x < -750 ? -750 : x > 710 ? 710 : x, k;
  double r = reduce_f64(in, &k);
  double t = fma_f64(r * r, exp_tail_f64(r), r); // exp(r) − 1
  double sum = 1 + t, low = t - (sum - 1);
  double y = scale_f64(sum + (low + fma_f64(t, rest, rest)), (int64_t)k);
  y = x > 0x1.62e42fefa39efp+9 ? INFINITY_F64 : y;
  return x != x ? x : y;
}

double dlc_math_exp2_f64(double x) {
  double in = x < -1080 ? -1080 : x > 1025 ? 1025 : x;
  double k = __builtin_rint(in), r = (in - k) * 0x1.62e42fefa39efp-1;
  double y = scale_f64(fma_f64(r * r, exp_tail_f64(r), r) + 1, (int64_t)k);
  return x != x ? x : y;
}

double dlc_math_expm1_f64(double x) {
  double in = x < -60 ? -60 : x > 710 ? 710 : x, k;
  double r = reduce_f64(in, &k);
  double p = fma_f64(r * r, exp_tail_f64(r), r); // exp(r) − 1
  // 2^k·(1 + p) − 1 = 2^k·p + (2^k − 1); near overflow by halves.
  double scale = exp2i_f64((int64_t)k - 1);
  double y = 2 * fma_f64(scale, p, scale - 0.5);
  y = x > 0x1.62e42fefa39efp+9 ? INFINITY_F64 : y;
  y = __builtin_fabs(x) < 0x1p-54 ? x : y; // keeps −0 and what is subnormal
  return x != x ? x : y;
}

float dlc_math_scale_f32(float x, int32_t k) {
  int32_t half = k >> 1;
  return x * exp2i_f32(half) * exp2i_f32(k - half);
}

/// Adding 1.5·2^23 rounds to an integer and leaves it in the low bits. NaN goes
/// through the comparisons, which are one instruction each, and the polynomial.
float dlc_math_exp_f32(float x) {
  const float magic = 12582912.0f;
  float in = -104.0f > x ? -104.0f : x;
  in = 89.0f < in ? 89.0f : in;
  float shifted = fma_f32(in, 0x1.715476p+0f, magic), k = shifted - magic;
  float r = fma_f32(k, -0x1.62e400p-1f, in);
  r = fma_f32(k, -0x1.7f7d1cp-20f, r);
  float p = P32(8, r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                1.6666665459e-1f, 5.0000001201e-1f, 1, 1);
  return dlc_math_scale_f32(p, (int32_t)(bits_f32(shifted) - bits_f32(magic)));
}

float dlc_math_exp2_f32(float x) { return (float)dlc_math_exp2_f64(x); }
float dlc_math_expm1_f32(float x) { return (float)dlc_math_expm1_f64(x); }

/// 1 / (1 + e^−x), or e^x / (1 + e^x) for negative x: there is no overflow.
double dlc_math_sigmoid_f64(double x) {
  double e = dlc_math_exp_f64(-__builtin_fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}
float dlc_math_sigmoid_f32(float x) {
  float e = dlc_math_exp_f32(-__builtin_fabsf(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/// x·sigmoid(x); −∞ gives NaN, as the product does.
double dlc_math_silu_f64(double x) {
  double e = dlc_math_exp_f64(-__builtin_fabs(x));
  return (x < 0 ? x * e : x) / (1 + e);
}
float dlc_math_silu_f32(float x) {
  float e = dlc_math_exp_f32(-__builtin_fabsf(x));
  return (x < 0 ? x * e : x) / (1 + e);
}
