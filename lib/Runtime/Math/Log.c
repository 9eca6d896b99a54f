//===- Log.c - logarithms ------------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// log(x) = k·ln 2 + log(m), √½ <= m < √2, by s = (m − 1)/(m + 1) and the even
// polynomial of fdlibm's e_log.c (error below 2^-58). In f32: Cephes' logf.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#define LN2_HI 0x1.62e42fee00000p-1
#define LN2_LO 0x1.a39ef35793c76p-33

/// x = m·2^k for x > 0.
static inline double split_f64(double x, double *k) {
  double scaled = x < 0x1p-1022 ? x * 0x1p54 : x;
  uint64_t bits = bits_f64(scaled);
  // Adding moves mantissas from √2 up to the next exponent.
  uint64_t shifted = bits + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  int64_t exponent = (int64_t)(shifted >> 52) - 1023;
  *k = (double)(exponent - (x < 0x1p-1022 ? 54 : 0));
  return from_bits_f64(bits - ((uint64_t)exponent << 52));
}

/// With f = m − 1: log(1 + f) = f − (f²/2 − s·(f²/2 + R(s²))).
static inline double log_tail_f64(double f) {
  double s = f / (2 + f), z = s * s;
  double r = z * P64(7, z, 1.479819860511658591e-01, 1.531383769920937332e-01,
                     1.818357216161805012e-01, 2.222219843214978396e-01,
                     2.857142874366239149e-01, 3.999999999940941908e-01,
                     6.666666666666735130e-01);
  double half = 0.5 * f * f;
  return s * (half + r) - half;
}

static inline double log_special_f64(double x, double y) {
  y = x == INFINITY_F64 ? x : y;
  y = x == 0 ? -INFINITY_F64 : y;
  y = x < 0 ? NAN_F64 : y;
  return x != x ? x : y;
}

double dlc_math_log_f64(double x) {
  double k, f = split_f64(x, &k) - 1;
  double y = fma_f64(k, LN2_HI, f + fma_f64(k, LN2_LO, log_tail_f64(f)));
  return log_special_f64(x, y);
}

double dlc_math_log2_f64(double x) {
  double k, f = split_f64(x, &k) - 1;
  // log2(e)·(f + tail), the product's high part exact.
  double tail = log_tail_f64(f), sum = f + tail, low = tail - (sum - f);
  double high = sum * 0x1.71547652b82fep+0;
  double rest = fma_f64(sum, 0x1.71547652b82fep+0, -high) +
                fma_f64(sum, 0x1.777d0ffda0d24p-56, low * 0x1.71547652b82fep+0);
  return log_special_f64(x, k + (high + rest));
}

double dlc_math_log1p_f64(double x) {
  // log(u) with u = 1 + x rounded, corrected by what the rounding lost.
  double u = 1 + x, lost = x >= 1 ? 1 - (u - x) : x - (u - 1);
  double k, f = split_f64(u, &k) - 1;
  double correction = u > 0x1p1000 ? 0 : lost / u;
  double y = fma_f64(k, LN2_HI, f + (fma_f64(k, LN2_LO, log_tail_f64(f)) + correction));
  y = __builtin_fabs(x) < 0x1p-54 ? x : y;
  y = x == INFINITY_F64 ? x : y;
  y = x == -1 ? -INFINITY_F64 : y;
  y = x < -1 ? NAN_F64 : y;
  return x != x ? x : y;
}

float dlc_math_log_f32(float x) {
  float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
  uint32_t bits = bits_f32(scaled), shifted = bits + (0x3f800000 - 0x3f3504f3);
  int32_t exponent = (int32_t)(shifted >> 23) - 127;
  float k = (float)(exponent - (x < 0x1p-126f ? 23 : 0));
  float f = from_bits_f32(bits - ((uint32_t)exponent << 23)) - 1, z = f * f;
  float p = P32(9, f, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f,
                3.3333331174e-1f);
  float y = f * z * p;
  y = fma_f32(k, -2.12194440e-4f, y);
  y = fma_f32(-0.5f, z, y);
  y = fma_f32(k, 0.693359375f, f + y);
  y = x == __builtin_inff() ? x : y;
  y = x == 0 ? -__builtin_inff() : y;
  y = x < 0 ? __builtin_nanf("") : y;
  return x != x ? x : y;
}

float dlc_math_log2_f32(float x) { return (float)dlc_math_log2_f64(x); }
float dlc_math_log1p_f32(float x) { return (float)dlc_math_log1p_f64(x); }
