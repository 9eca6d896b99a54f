//===- Power.c - powers, roots, remainders -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#include <math.h>

double dlc_math_rsqrt_f64(double x) { return 1 / __builtin_sqrt(x); }
float dlc_math_rsqrt_f32(float x) { return 1 / __builtin_sqrtf(x); }

/// From an estimate of the exponent divided by three, Halley's iteration.
double dlc_math_cbrt_f64(double x) {
  double a = __builtin_fabs(x), scaled = a < 0x1p-1000 ? a * 0x1p600 : a;
  // By the upper half alone: a 64-bit division has no vector instructions.
  uint32_t third = (uint32_t)(bits_f64(scaled) >> 32) / 3;
  double t = from_bits_f64((uint64_t)(third + 0x2a9f7893) << 32);
#define STEP t *= (t * t * t + 2 * scaled) / (2 * (t * t * t) + scaled);
  STEP STEP STEP STEP
#undef STEP
  t = a < 0x1p-1000 ? t * 0x1p-200 : t;
  t = a == 0 || a == INFINITY_F64 ? a : t;
  return x != x ? x : __builtin_copysign(t, x);
}
float dlc_math_cbrt_f32(float x) { return (float)dlc_math_cbrt_f64(x); }

/// A number as the unevaluated sum of two.
typedef struct pair {
  double high, low;
} pair;

static inline pair two_sum(double a, double b) {
  double sum = a + b, part = sum - a;
  return (pair){sum, (a - (sum - part)) + (b - part)};
}

/// ln a to about 2^-64 relative, a > 0 and finite: with m = (1 + s)/(1 − s), ln m =
/// 2(s + s³/3 + s⁵/5 + …), s as a pair.
static inline pair log_pair(double a) {
  double scaled = a < 0x1p-1022 ? a * 0x1p54 : a;
  uint64_t bits = bits_f64(scaled);
  uint64_t shifted = bits + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  int64_t exponent = (int64_t)(shifted >> 52) - 1023;
  double m = from_bits_f64(bits - ((uint64_t)exponent << 52));
  double k = (double)(exponent - (a < 0x1p-1022 ? 54 : 0));
  double f = m - 1;
  pair d = two_sum(m, 1);
  double s = f / d.high, rest = (fma_f64(-s, d.high, f) - s * d.low) / d.high;
  double z = s * s, z_low = fma_f64(s, s, -z) + 2 * s * rest;
  // s³/3 as a pair, the series' remainder as one number.
  double cube = s * z, cube_low = fma_f64(s, z, -cube) + s * z_low + rest * z;
  double third = cube * 0x1.5555555555555p-2;
  double third_low = fma_f64(cube, 0x1.5555555555555p-2, -third) +
                     cube * 0x1.5555555555555p-56 + cube_low * 0x1.5555555555555p-2;
  double tail = s * z * z *
                P64(10, z, 1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                    1.0 / 9, 1.0 / 7, 1.0 / 5);
  pair sum = two_sum(s, third);
  pair log_m = {2 * sum.high, 2 * (sum.low + rest + third_low + tail)};
  pair whole = two_sum(k * 0x1.62e42fefa3800p-1, log_m.high);
  double low = whole.low + log_m.low + k * 0x1.ef35793c76730p-45;
  return two_sum(whole.high, low);
}

/// |x|^y, and the sign that x's has for this y; the special cases as in C.
double dlc_math_pow_f64(double x, double y) {
  double a = __builtin_fabs(x);
  int ordinary = a > 0 && a < INFINITY_F64;
  pair l = log_pair(ordinary ? a : 1);
  // Larger exponents overflow or vanish as well.
  double in = y > 0x1p70 ? 0x1p70 : y < -0x1p70 ? -0x1p70 : y;
  double product = in * l.high, rest = fma_f64(in, l.high, -product) + in * l.low;
  product = product > 800 ? 800 : product < -800 ? -800 : product;
  rest = __builtin_fabs(product) == 800 ? 0 : rest;
  double power = dlc_math_exp_sum_f64(product, rest);
  int whole = y == __builtin_floor(y);
  int odd = whole && __builtin_fabs(y) < 0x1p53 && __builtin_floor(0.5 * y) != 0.5 * y;
  power = a == 0 ? (y > 0 ? 0 : INFINITY_F64) : power;
  power = a == INFINITY_F64 ? (y > 0 ? INFINITY_F64 : 0) : power;
  power = __builtin_signbit(x) && odd ? -power : power;
  power = x < 0 && x > -INFINITY_F64 && !whole && __builtin_fabs(y) < INFINITY_F64 ? NAN_F64 : power;
  power = x != x || y != y ? NAN_F64 : power;
  return y == 0 || x == 1 || (x == -1 && __builtin_fabs(y) == INFINITY_F64) ? 1 : power;
}

/// In f64, where even the largest exponent times the smallest logarithm keeps 24 bits.
float dlc_math_pow_f32(float x, float y) {
  double a = __builtin_fabs((double)x);
  int ordinary = a > 0 && a < INFINITY_F64;
  double product = (double)y * dlc_math_log_f64(ordinary ? a : 1);
  double power = dlc_math_exp_f64(product);
  int whole = y == __builtin_floorf(y);
  int odd = whole && __builtin_fabsf(y) < 0x1p24f && __builtin_floorf(0.5f * y) != 0.5f * y;
  power = a == 0 ? (y > 0 ? 0 : INFINITY_F64) : power;
  power = a == INFINITY_F64 ? (y > 0 ? INFINITY_F64 : 0) : power;
  power = __builtin_signbit(x) && odd ? -power : power;
  power = x < 0 && x > -__builtin_inff() && !whole && __builtin_fabsf(y) < __builtin_inff()
              ? NAN_F64
              : power;
  power = x != x || y != y ? NAN_F64 : power;
  return y == 0 || x == 1 || (x == -1 && __builtin_fabsf(y) == __builtin_inff()) ? 1
                                                                                  : (float)power;
}

/// Exact: takes away multiples of |y|·2^50j, j = 5 … 0, each of whose quotients
/// fits into f64 (the largest f32 over the smallest is 2^277).
float dlc_math_rem_f32(float x, float y) {
  double r = __builtin_fabs((double)x), d = __builtin_fabs((double)y);
#define STEP(scale)                                                                                \
  {                                                                                                \
    double step = d * scale, q = __builtin_trunc(r / step);                                        \
    r = fma_f64(-q, step, r);                                                                      \
    r = r < 0 ? r + step : r;                                                                      \
    r = r >= step ? r - step : r;                                                                  \
  }
  STEP(0x1p250) STEP(0x1p200) STEP(0x1p150) STEP(0x1p100) STEP(0x1p50) STEP(0x1p0)
#undef STEP
  float result = __builtin_copysignf((float)r, x);
  int infinite = !(__builtin_fabsf(x) < __builtin_inff());
  result = __builtin_fabsf(y) == __builtin_inff() ? x : result;
  result = y == 0 || infinite ? __builtin_nanf("") : result;
  return x != x || y != y ? x + y : result;
}

/// Quotients of f64 reach 2^2098: the C library's loop.
double dlc_math_rem_f64(double x, double y) { return fmod(x, y); }
