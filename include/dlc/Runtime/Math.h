//===- Math.h - the vector-math library ---------------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scalar functions without branches, calls or tables, so that LLVM's loop
// vectoriser vectorises the loop around a call at any width. They reach the
// compiler as bitcode; lib/Target links those a kernel uses, and inlines them.
// Generated code calls them by name on plain scalars: dlc_math_<fn>_<f32|f64>.
//
// f16, bf16 and narrower floats are computed in f32: convert, call, convert.
// A narrow float is passed as the integer that holds its bits.
//
// Not here because LLVM has an instruction for it: sqrt, fabs, floor, ceil,
// trunc, rint (round half to even), copysign, fma, min, max.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUNTIME_MATH_H
#define DLC_RUNTIME_MATH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// f(x), for f32 and f64. gelu is x·Φ(x), gelu_tanh its tanh form, silu
/// x·sigmoid(x), rsqrt 1/√x.
#define DLC_MATH_UNARY(X)                                                                          \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log1p) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan)    \
  X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(erf) X(erf_inv) X(lgamma) X(digamma)       \
  X(sigmoid) X(silu) X(gelu) X(gelu_tanh) X(rsqrt) X(cbrt)

/// f(x, y). rem is C's fmod (exact, the dividend's sign).
#define DLC_MATH_BINARY(X) X(pow) X(atan2) X(rem)

#define DLC_MATH_DECLARE_UNARY(name)                                                               \
  float dlc_math_##name##_f32(float x);                                                            \
  double dlc_math_##name##_f64(double x);
#define DLC_MATH_DECLARE_BINARY(name)                                                              \
  float dlc_math_##name##_f32(float x, float y);                                                   \
  double dlc_math_##name##_f64(double x, double y);
DLC_MATH_UNARY(DLC_MATH_DECLARE_UNARY)
DLC_MATH_BINARY(DLC_MATH_DECLARE_BINARY)
#undef DLC_MATH_DECLARE_UNARY
#undef DLC_MATH_DECLARE_BINARY

/// Narrow floats of one byte (f4e2m1fn in the low four bits).
#define DLC_MATH_NARROW(X)                                                                         \
  X(f8e4m3fn) X(f8e4m3fnuz) X(f8e5m2) X(f8e5m2fnuz) X(f8e8m0fnu) X(f4e2m1fn)

/// To f32 is exact. From f32 rounds to nearest even; what is too large becomes
/// the format's infinity or NaN (its largest value where it has neither), or with
/// _sat its largest finite value. f8e8m0fnu: a power of two; 0 gives the smallest
/// (2^-127), a negative number NaN. f4e2m1fn: NaN gives -0.
#define DLC_MATH_DECLARE_NARROW(name)                                                              \
  float dlc_math_##name##_to_f32(uint8_t bits);                                                    \
  uint8_t dlc_math_f32_to_##name(float x);                                                         \
  uint8_t dlc_math_f32_to_##name##_sat(float x);
DLC_MATH_NARROW(DLC_MATH_DECLARE_NARROW)
#undef DLC_MATH_DECLARE_NARROW

float dlc_math_f16_to_f32(uint16_t bits);
uint16_t dlc_math_f32_to_f16(float x);
float dlc_math_bf16_to_f32(uint16_t bits);
uint16_t dlc_math_f32_to_bf16(float x);

/// f64 to f32 rounded to odd: converting that on to a type of at most 21 bits of
/// precision rounds as converting directly would.
float dlc_math_f64_to_f32_odd(double x);

/// Saturating conversions to integers, towards zero, NaN to 0, are LLVM's
/// llvm.fptosi.sat and llvm.fptoui.sat.

/// Word i mod 4 of Philox4x32-10 with key (seed, stream) and counter i / 4.
uint32_t dlc_math_philox_u32(int64_t seed, int64_t stream, int64_t i);

#ifdef __cplusplus
}
#endif

#endif // DLC_RUNTIME_MATH_H
