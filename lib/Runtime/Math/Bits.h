//===- Bits.h - bits of floats, and what the functions share -*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_RUNTIME_MATH_BITS_H
#define DLC_LIB_RUNTIME_MATH_BITS_H

#include "dlc/Runtime/Math.h"

#define INFINITY_F64 __builtin_inf()
#define NAN_F64 __builtin_nan("")

static inline uint64_t bits_f64(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
static inline double from_bits_f64(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}
static inline uint32_t bits_f32(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
static inline float from_bits_f32(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

static inline double fma_f64(double x, double y, double z) { return __builtin_fma(x, y, z); }
static inline float fma_f32(float x, float y, float z) { return __builtin_fmaf(x, y, z); }

/// 2^k for -1022 <= k <= 1023.
static inline double exp2i_f64(int64_t k) { return from_bits_f64((uint64_t)(k + 1023) << 52); }
/// 2^k for -126 <= k <= 127.
static inline float exp2i_f32(int32_t k) { return from_bits_f32((uint32_t)(k + 127) << 23); }

/// x·2^k, |k| <= 2044, rounded once where the result is subnormal (nearly always).
static inline double scale_f64(double x, int64_t k) {
  int64_t half = k >> 1;
  return x * exp2i_f64(half) * exp2i_f64(k - half);
}

/// x·2^k in f32, |k| <= 250; NaN for any k of one. Where the target has an instruction
/// for it, lib/Target puts that in its place.
float dlc_math_scale_f32(float x, int32_t k);

/// exp(x + rest) of a tiny rest (Exp.c).
double dlc_math_exp_sum_f64(double x, double rest);

/// sin and tan of |x| <= 2^30 (Trig.c).
double dlc_math_sin_small_f64(double x);
double dlc_math_tan_small_f64(double x);

/// Horner's scheme: P64(n, x, c0, …, c(n-1)) is c0·x^(n-1) + … + c(n-1); P32 in f32.
#define P64(n, x, ...) P_##n(fma_f64, x, __VA_ARGS__)
#define P32(n, x, ...) P_##n(fma_f32, x, __VA_ARGS__)
#define P_2(f, x, a, b) f(a, x, b)
#define P_3(f, x, a, b, ...) P_2(f, x, f(a, x, b), __VA_ARGS__)
#define P_4(f, x, a, b, ...) P_3(f, x, f(a, x, b), __VA_ARGS__)
#define P_5(f, x, a, b, ...) P_4(f, x, f(a, x, b), __VA_ARGS__)
#define P_6(f, x, a, b, ...) P_5(f, x, f(a, x, b), __VA_ARGS__)
#define P_7(f, x, a, b, ...) P_6(f, x, f(a, x, b), __VA_ARGS__)
#define P_8(f, x, a, b, ...) P_7(f, x, f(a, x, b), __VA_ARGS__)
#define P_9(f, x, a, b, ...) P_8(f, x, f(a, x, b), __VA_ARGS__)
#define P_10(f, x, a, b, ...) P_9(f, x, f(a, x, b), __VA_ARGS__)
#define P_11(f, x, a, b, ...) P_10(f, x, f(a, x, b), __VA_ARGS__)
#define P_12(f, x, a, b, ...) P_11(f, x, f(a, x, b), __VA_ARGS__)
#define P_13(f, x, a, b, ...) P_12(f, x, f(a, x, b), __VA_ARGS__)
#define P_14(f, x, a, b, ...) P_13(f, x, f(a, x, b), __VA_ARGS__)
#define P_15(f, x, a, b, ...) P_14(f, x, f(a, x, b), __VA_ARGS__)
#define P_16(f, x, a, b, ...) P_15(f, x, f(a, x, b), __VA_ARGS__)

#endif // DLC_LIB_RUNTIME_MATH_BITS_H
