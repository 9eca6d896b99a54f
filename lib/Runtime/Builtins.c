//===- Builtins.c - what LLVM's code generator calls ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions that a CPU without the instructions makes by calls of compiler-rt
// or libgcc, neither of which an artefact depends on. Each is linked only where
// it is called.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>
#include <string.h>

/// The narrow float with `exponent` and `mantissa` bits nearest to the f64 with
/// the given bits, ties to even. Its bias is that of an IEEE type.
static uint16_t narrow(uint64_t bits, int exponent, int mantissa) {
  const int bias = (1 << (exponent - 1)) - 1, drop = 52 - mantissa;
  const uint16_t infinity = (uint16_t)(((1 << exponent) - 1) << mantissa);
  uint16_t sign = (uint16_t)((bits >> 63) << 15);
  uint64_t magnitude = bits & (UINT64_MAX >> 1);
  if (magnitude > UINT64_C(0x7ff0000000000000)) // NaN: keep the payload's top, quiet
    return sign | infinity | (uint16_t)(1 << (mantissa - 1)) |
           (uint16_t)((magnitude >> drop) & ((1 << mantissa) - 1));
  int e = (int)(magnitude >> 52) - 1023 + bias;
  if (e >= (1 << exponent) - 1)
    return sign | infinity;
  uint64_t significand = (magnitude & ((UINT64_C(1) << 52) - 1)) | (UINT64_C(1) << 52);
  int shift = e > 0 ? drop : drop + 1 - e; // subnormal results drop more
  if (shift > 54)
    return sign;
  uint64_t kept = significand >> shift;
  uint64_t rest = significand & ((UINT64_C(1) << shift) - 1), half = UINT64_C(1) << (shift - 1);
  kept += rest > half || (rest == half && (kept & 1));
  // The leading one of a normal result carries into the exponent.
  return sign | (uint16_t)(kept + (e > 0 ? ((uint64_t)(e - 1) << mantissa) : 0));
}

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static float widen(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, e = half >> 10 & 31, m = half & 1023, bits;
  if (e == 31)
    bits = sign | 0x7f800000 | m << 13;
  else if (e)
    bits = sign | (e + 112) << 23 | m << 13;
  else if (!m)
    bits = sign;
  else {
    int shift = __builtin_clz(m) - 21;
    bits = sign | (uint32_t)(113 - shift) << 23 | (m << shift & 1023) << 13;
  }
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

#if defined(__x86_64__) || defined(__aarch64__)
#define RETURN_AS(type, value)                                                                     \
  uint16_t bits = value;                                                                           \
  type result;                                                                                     \
  memcpy(&result, &bits, sizeof result);                                                           \
  return result;

_Float16 __truncsfhf2(float x) { RETURN_AS(_Float16, narrow(bits_of(x), 5, 10)) }
_Float16 __truncdfhf2(double x) { RETURN_AS(_Float16, narrow(bits_of(x), 5, 10)) }
__bf16 __truncsfbf2(float x) { RETURN_AS(__bf16, narrow(bits_of(x), 8, 7)) }
__bf16 __truncdfbf2(double x) { RETURN_AS(__bf16, narrow(bits_of(x), 8, 7)) }
float __extendhfsf2(_Float16 x) {
  uint16_t bits;
  memcpy(&bits, &x, sizeof bits);
  return widen(bits);
}
#endif
