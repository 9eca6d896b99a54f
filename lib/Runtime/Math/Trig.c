//===- Trig.c - trigonometric functions -----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reduction to |r| <= π/4: for |x| up to 2^30 by Cody and Waite with π/2 in three
// parts and fused products. Beyond that, f32 arguments, m·2^16j exactly, as
// m·(2^16j mod 2π) with the factor known to 106 bits; f64 arguments as Payne and
// Hanek do: of the product of the 53-bit integer m and 2/π only the bits that
// matter are computed, in integers, all in every lane.
//
// Kernels: sine and cosine by fdlibm's polynomials; tangent as their quotient.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#define PIO2_1 0x1.921fb54400000p+0
#define PIO2_2 0x1.0b4611a600000p-34
#define PIO2_3 0x1.3198a2e037073p-69

static inline double sin_kernel(double r) {
  double z = r * r;
  double p = P64(6, z, 1.58969099521155010221e-10, -2.50507602534068634195e-08,
                 2.75573137070700676789e-06, -1.98412698298579493134e-04,
                 8.33333333332248946124e-03, -1.66666666666666324348e-01);
  return fma_f64(r * z, p, r);
}

static inline double cos_kernel(double r) {
  double z = r * r;
  double p = P64(6, z, -1.13596475577881948265e-11, 2.08757232129817482790e-09,
                 -2.75573143513906633035e-07, 2.48015872894767294178e-05,
                 -1.38888888888741095749e-03, 4.16666666666666019037e-02);
  double half = 0.5 * z, w = 1 - half;
  return w + ((1 - w - half) + z * z * p);
}

static inline double reduce_by(double x, double k) {
  double r = fma_f64(-k, PIO2_1, x);
  r = fma_f64(-k, PIO2_2, r);
  return fma_f64(-k, PIO2_3, r);
}

/// r and the quadrant of x, |x| <= 2^30.
static inline double reduce_f64(double x, int64_t *quadrant) {
  double k = __builtin_rint(x * 0x1.45f306dc9c883p-1);
  *quadrant = (int64_t)k;
  return reduce_by(x, k);
}

/// The same for any finite x that is an f32.
static inline double reduce_f32(double x, int64_t *quadrant) {
  int64_t j = ((int64_t)((bits_f64(x) >> 52) & 2047) - 1023 - 24) >> 4;
  double high = 1, low = 0;
#define PART(n, h, l)                                                                              \
  high = j == n ? h : high;                                                                        \
  low = j == n ? l : low
  PART(1, 0x1.304999cb579e8p+1, -0x1.e90aa2efac07ep-53);
  PART(2, -0x1.54a767d1830eep+1, -0x1.c66f1d081359ap-53);
  PART(3, 0x1.09f4683d25023p-3, 0x1.fee10ecf6f246p-59);
  PART(4, 0x1.8f1a5c3d52d34p+1, 0x1.ade7e21ae7526p-55);
  PART(5, -0x1.082d219bb0225p+0, 0x1.29b05b18df9e2p-55);
  PART(6, 0x1.89a58c41dc40cp+1, -0x1.27745096c7eeep-53);
#undef PART
  double m = x * exp2i_f64(j > 0 ? -16 * j : 0);
  double p = m * high, rest = fma_f64(m, high, -p) + m * low;
  double k = __builtin_rint(p * 0x1.45f306dc9c883p-1);
  *quadrant = (int64_t)k;
  return reduce_by(p, k) + rest;
}

static inline double sin_quadrant(double r, int64_t quadrant) {
  double y = quadrant & 1 ? cos_kernel(r) : sin_kernel(r);
  return quadrant & 2 ? -y : y;
}

/// 32 zero bits, then those of 2/π.
static const uint32_t two_over_pi[] = {
    0x00000000, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
    0xdebbc561, 0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5,
    0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff,
    0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7,
    0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20,
};

/// The same for any finite |x| > 2^30. With x = m·2^e, the bits of 2/π worth 2^(2−e)
/// and more give whole turns; W, the 192 bits after them, give the position in the
/// turn: m·W / 2^192 modulo 1.
static inline double reduce_large(double x, int64_t *quadrant) {
  uint64_t bits = bits_f64(x);
  int64_t exponent = (int64_t)(bits >> 52 & 2047);
  // Any index that is in the table, where x is none of ours.
  exponent = exponent < 1023 + 30 ? 1023 + 30 : exponent > 2046 ? 2046 : exponent;
  uint64_t at = (uint64_t)(exponent - 1075 - 2 + 32), shift = at & 31, index = at >> 5;
  uint64_t m = (bits & 0xfffffffffffff) | 0x10000000000000, low = m & 0xffffffff, high = m >> 32;
#define WORD(i)                                                                                    \
  (((((uint64_t)two_over_pi[index + i] << 32) | two_over_pi[index + i + 1]) << shift) >> 32)
  uint64_t carry = 0, before = 0, word, a, b, sum;
  // One 32-bit column of the product, from the least significant up.
#define COLUMN(i, result)                                                                          \
  word = WORD(i);                                                                                  \
  a = low * word;                                                                                  \
  b = high * before;                                                                               \
  sum = (a & 0xffffffff) + (b & 0xffffffff) + carry;                                               \
  uint64_t result = sum & 0xffffffff;                                                              \
  carry = (sum >> 32) + (a >> 32) + (b >> 32);                                                     \
  before = word
  COLUMN(5, r0);
  COLUMN(4, r1);
  COLUMN(3, r2);
  COLUMN(2, r3);
  COLUMN(1, r4);
  COLUMN(0, r5);
#undef COLUMN
#undef WORD
  uint64_t top = r5 << 32 | r4, next = r3 << 32 | r2;
  int64_t turn = (int64_t)((top + (UINT64_C(1) << 61)) >> 62);
  // The rest of the quadrant in units of 2^-64, signed: 53 bits, 11, and 53 more.
  int64_t rest = (int64_t)(top << 2 | next >> 62);
  uint64_t below = (next << 2 | r1 >> 30) >> 11;
  double fraction = (double)(rest & ~INT64_C(2047)) +
                    ((double)(rest & 2047) + (double)(int64_t)below * 0x1p-53);
  (void)r0;
  double r = fraction * 0x1.921fb54442d18p-64;
  int negative = (int64_t)bits < 0;
  *quadrant = negative ? -turn : turn;
  return negative ? -r : r;
}

static inline double reduce_any(double x, int64_t *quadrant) {
  int64_t q1, q2;
  double a = __builtin_fabs(x), r1 = reduce_f64(a <= 0x1p30 ? x : 0, &q1),
         r2 = reduce_large(x, &q2);
  *quadrant = a <= 0x1p30 ? q1 : q2;
  double r = a <= 0x1p30 ? r1 : r2;
  return a < INFINITY_F64 ? r : NAN_F64;
}

static inline double tan_quadrant(double r, int64_t quadrant) {
  double s = sin_kernel(r), c = cos_kernel(r);
  return quadrant & 1 ? -c / s : s / c;
}

double dlc_math_sin_small_f64(double x) {
  int64_t quadrant;
  double r = reduce_f64(x, &quadrant);
  return sin_quadrant(r, quadrant);
}

double dlc_math_tan_small_f64(double x) {
  int64_t quadrant;
  double r = reduce_f64(x, &quadrant);
  return tan_quadrant(r, quadrant);
}

double dlc_math_sin_f64(double x) {
  int64_t quadrant;
  double r = reduce_any(x, &quadrant);
  return x == 0 ? x : sin_quadrant(r, quadrant);
}

double dlc_math_cos_f64(double x) {
  int64_t quadrant;
  double r = reduce_any(x, &quadrant);
  return sin_quadrant(r, quadrant + 1);
}

double dlc_math_tan_f64(double x) {
  int64_t quadrant;
  double r = reduce_any(x, &quadrant);
  return x == 0 ? x : tan_quadrant(r, quadrant);
}

static inline float finite_or_nan(float x, double y) {
  return __builtin_fabsf(x) < __builtin_inff() ? (float)y : __builtin_nanf("");
}

float dlc_math_sin_f32(float x) {
  int64_t quadrant;
  double r = reduce_f32(x, &quadrant);
  return x == 0 ? x : finite_or_nan(x, sin_quadrant(r, quadrant));
}

float dlc_math_cos_f32(float x) {
  int64_t quadrant;
  double r = reduce_f32(x, &quadrant);
  return finite_or_nan(x, sin_quadrant(r, quadrant + 1));
}

float dlc_math_tan_f32(float x) {
  int64_t quadrant;
  double r = reduce_f32(x, &quadrant);
  return x == 0 ? x : finite_or_nan(x, tan_quadrant(r, quadrant));
}
