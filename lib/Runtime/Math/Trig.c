//===- Trig.c - trigonometric functions -----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reduction to |r| <= π/4: for |x| up to 2^30 by Cody and Waite with π/2 in three
// parts and fused products. Beyond that, f32 arguments, m·2^16j exactly, as
// m·(2^16j mod 2π) with the factor known to 106 bits; f64 arguments by the C
// library (the only branch of this library: such angles carry no information
// that a model could use, but the answer must still be right).
//
// Kernels: sine and cosine by fdlibm's polynomials; tangent as their quotient.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#include <math.h>

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

static inline int is_large(double x) { return !(__builtin_fabs(x) <= 0x1p30); }

double dlc_math_sin_f64(double x) {
  if (__builtin_expect(is_large(x), 0))
    return sin(x);
  int64_t quadrant;
  double r = reduce_f64(x, &quadrant);
  return x == 0 ? x : sin_quadrant(r, quadrant);
}

double dlc_math_cos_f64(double x) {
  if (__builtin_expect(is_large(x), 0))
    return cos(x);
  int64_t quadrant;
  double r = reduce_f64(x, &quadrant);
  return sin_quadrant(r, quadrant + 1);
}

double dlc_math_tan_f64(double x) {
  if (__builtin_expect(is_large(x), 0))
    return tan(x);
  int64_t quadrant;
  double r = reduce_f64(x, &quadrant), s = sin_kernel(r), c = cos_kernel(r);
  double y = quadrant & 1 ? -c / s : s / c;
  return x == 0 ? x : y;
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
  double r = reduce_f32(x, &quadrant), s = sin_kernel(r), c = cos_kernel(r);
  return x == 0 ? x : finite_or_nan(x, quadrant & 1 ? -c / s : s / c);
}
