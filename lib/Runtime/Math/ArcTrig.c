//===- ArcTrig.c - inverse trigonometric functions --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// asin and acos by fdlibm's rational function on [0, ½] and asin(x) =
// π/2 − 2·asin(√((1 − x)/2)); atan by Cephes' on [0, 0.66] after taking away 0, π/4
// or π/2.
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

#define PIO2_HI 0x1.921fb54442d18p+0
#define PIO2_LO 0x1.1a62633145c07p-54
#define PI_HI 0x1.921fb54442d18p+1
#define PI_LO 0x1.1a62633145c07p-53

/// (asin(√z) − √z) / √z
static inline double asin_tail(double z) {
  double p = z * P64(6, z, 3.47933107596021167570e-05, 7.91534994289814532176e-04,
                     -4.00555345006794114027e-02, 2.01212532134862925881e-01,
                     -3.25565818622400915405e-01, 1.66666666666666657415e-01);
  double q = P64(5, z, 7.70381505559019352791e-02, -6.88283971605453293030e-01,
                 2.02094576023350569471e+00, -2.40339491173441421878e+00, 1.0);
  return p / q;
}

double dlc_math_asin_f64(double x) {
  double a = __builtin_fabs(x), z = a <= 0.5 ? a * a : 0.5 * (1 - a);
  double s = a <= 0.5 ? a : __builtin_sqrt(z), t = fma_f64(s, asin_tail(z), s);
  double y = a <= 0.5 ? t : PIO2_HI - (2 * t - PIO2_LO);
  y = a > 1 ? NAN_F64 : y;
  return x != x ? x : __builtin_copysign(y, x);
}

double dlc_math_acos_f64(double x) {
  double a = __builtin_fabs(x), z = a <= 0.5 ? a * a : 0.5 * (1 - a);
  double s = a <= 0.5 ? a : __builtin_sqrt(z), tail = s * asin_tail(z), t = s + tail;
  double small = PIO2_HI - (x - (PIO2_LO - __builtin_copysign(tail, x)));
  double y = a <= 0.5 ? small : x > 0 ? 2 * t : PI_HI - (2 * t - PI_LO);
  y = a > 1 ? NAN_F64 : y;
  return x != x ? x : y;
}

/// For x >= 0, infinity included.
static inline double atan_positive(double x) {
  int large = x > 2.41421356237309504880, middle = x > 0.66;
  double base = large ? PIO2_HI : middle ? PIO2_HI / 2 : 0;
  double low = large ? PIO2_LO : middle ? PIO2_LO / 2 : 0;
  double r = large ? -1 / x : middle ? (x - 1) / (x + 1) : x;
  double z = r * r;
  double p = P64(5, z, -8.750608600031904122785e-1, -1.615753718733365076637e1,
                 -7.500855792314704667340e1, -1.228866684490136173410e2,
                 -6.485021904942025371773e1);
  double q = P64(6, z, 1.0, 2.485846490142306297962e1, 1.650270098316988542046e2,
                 4.328810604912902668951e2, 4.853903996359136964868e2,
                 1.945506571482613964425e2);
  return base + (fma_f64(r, z * p / q, r) + low);
}

double dlc_math_atan_f64(double x) {
  double y = atan_positive(__builtin_fabs(x));
  return x != x ? x : __builtin_copysign(y, x);
}

double dlc_math_atan2_f64(double y, double x) {
  double ay = __builtin_fabs(y), ax = __builtin_fabs(x);
  // Equal sizes, infinite ones too, make 45 degrees; two zeros none.
  double q = ay == ax ? (ax == 0 ? 0 : 1) : ay / ax;
  double angle = atan_positive(q);
  angle = __builtin_signbit(x) ? PI_HI - (angle - PI_LO) : angle;
  return x != x || y != y ? x + y : __builtin_copysign(angle, y);
}

float dlc_math_asin_f32(float x) { return (float)dlc_math_asin_f64(x); }
float dlc_math_acos_f32(float x) { return (float)dlc_math_acos_f64(x); }
float dlc_math_atan_f32(float x) { return (float)dlc_math_atan_f64(x); }
float dlc_math_atan2_f32(float y, float x) { return (float)dlc_math_atan2_f64(y, x); }
