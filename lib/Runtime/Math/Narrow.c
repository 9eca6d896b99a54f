//===- Narrow.c - floats narrower than f32 ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A one-byte format is its exponent and mantissa widths, its bias, and what its
// largest codes mean. Rounding to nearest even happens on f32's bits: for normal
// results by adding half a unit (less one for ties) below the kept mantissa; for
// subnormal ones by rint(x / smallest).
//
//===----------------------------------------------------------------------===//

#include "Bits.h"

/// 2^k, -149 <= k <= 127.
static inline float power_of_two(int k) {
  return k >= -126 ? exp2i_f32(k) : from_bits_f32(1u << (k + 149));
}

/// An e/m float of this bias without its special codes, sign in bit 7 (or 3).
static inline float decode(uint32_t code, int exponent_bits, int mantissa_bits, int bias) {
  uint32_t magnitude = code & ((1u << (exponent_bits + mantissa_bits)) - 1);
  uint32_t sign = code >> (exponent_bits + mantissa_bits) & 1;
  uint32_t exponent = magnitude >> mantissa_bits;
  float normal = from_bits_f32((magnitude << (23 - mantissa_bits)) +
                               ((uint32_t)(127 - bias) << 23));
  float subnormal = (float)magnitude * power_of_two(1 - bias - mantissa_bits);
  float value = exponent ? normal : subnormal;
  return sign ? -value : value;
}

/// |x| rounded to nearest even as exponent and mantissa bits; may be larger than
/// the format's largest. x finite.
static inline uint32_t encode(float x, int mantissa_bits, int bias) {
  uint32_t bits = bits_f32(x) & 0x7fffffff;
  int drop = 23 - mantissa_bits;
  uint32_t rounded = bits + ((1u << (drop - 1)) - 1) + (bits >> drop & 1);
  uint32_t normal = (rounded >> drop) - ((uint32_t)(127 - bias) << mantissa_bits);
  float magnitude = from_bits_f32(bits), smallest = power_of_two(1 - bias - mantissa_bits);
  float in = magnitude < 1 ? magnitude : 1;
  uint32_t subnormal = (uint32_t)__builtin_rintf(in * (1 / smallest));
  return magnitude < power_of_two(1 - bias) ? subnormal : normal;
}

/// Codes of a one-byte format with the sign in bit 7: the largest finite number,
/// what NaN and what overflow becomes.
static inline uint8_t encode_f8(float x, int mantissa_bits, int bias, uint32_t largest,
                                uint32_t nan, uint32_t overflow, uint32_t infinity) {
  uint32_t code = encode(x, mantissa_bits, bias);
  float a = __builtin_fabsf(x);
  code = code > largest || a >= 0x1p100f ? overflow : code;
  code = a == __builtin_inff() ? infinity : code;
  uint32_t sign = bits_f32(x) >> 31 << 7;
  code = code == 0x80 ? code : code | sign; // The unsigned-zero formats' only NaN is 0x80.
  return (uint8_t)(x != x ? nan : code);
}

/// Without a negative zero.
static inline uint8_t unsigned_zero(uint8_t code, float x) {
  return code == 0x80 && x == x && __builtin_fabsf(x) < 1 ? 0 : code;
}

// E4M3FN: no infinities, NaN is 0x7f; E5M2: IEEE-like; the FNUZ formats: no
// infinities, no negative zero, NaN is 0x80.

float dlc_math_f8e4m3fn_to_f32(uint8_t code) {
  return (code & 0x7f) == 0x7f ? __builtin_nanf("") : decode(code, 4, 3, 7);
}
uint8_t dlc_math_f32_to_f8e4m3fn(float x) {
  return encode_f8(x, 3, 7, 0x7e, 0x7f, 0x7f, 0x7f);
}
uint8_t dlc_math_f32_to_f8e4m3fn_sat(float x) {
  return encode_f8(x, 3, 7, 0x7e, 0x7f, 0x7e, 0x7e);
}

float dlc_math_f8e4m3fnuz_to_f32(uint8_t code) {
  return code == 0x80 ? __builtin_nanf("") : decode(code, 4, 3, 8);
}
uint8_t dlc_math_f32_to_f8e4m3fnuz(float x) {
  return unsigned_zero(encode_f8(x, 3, 8, 0x7f, 0x80, 0x80, 0x80), x);
}
uint8_t dlc_math_f32_to_f8e4m3fnuz_sat(float x) {
  return unsigned_zero(encode_f8(x, 3, 8, 0x7f, 0x80, 0x7f, 0x7f), x);
}

float dlc_math_f8e5m2_to_f32(uint8_t code) {
  uint32_t magnitude = code & 0x7f;
  float infinity = code & 0x80 ? -__builtin_inff() : __builtin_inff();
  float special = magnitude == 0x7c ? infinity : __builtin_nanf("");
  return magnitude >= 0x7c ? special : decode(code, 5, 2, 15);
}
uint8_t dlc_math_f32_to_f8e5m2(float x) { return encode_f8(x, 2, 15, 0x7b, 0x7f, 0x7c, 0x7c); }
uint8_t dlc_math_f32_to_f8e5m2_sat(float x) {
  return encode_f8(x, 2, 15, 0x7b, 0x7f, 0x7b, 0x7b);
}

float dlc_math_f8e5m2fnuz_to_f32(uint8_t code) {
  return code == 0x80 ? __builtin_nanf("") : decode(code, 5, 2, 16);
}
uint8_t dlc_math_f32_to_f8e5m2fnuz(float x) {
  return unsigned_zero(encode_f8(x, 2, 16, 0x7f, 0x80, 0x80, 0x80), x);
}
uint8_t dlc_math_f32_to_f8e5m2fnuz_sat(float x) {
  return unsigned_zero(encode_f8(x, 2, 16, 0x7f, 0x80, 0x7f, 0x7f), x);
}

/// 2^(code − 127); 0xff is NaN.
float dlc_math_f8e8m0fnu_to_f32(uint8_t code) {
  float value = power_of_two((int)code - 127);
  return code == 0xff ? __builtin_nanf("") : value;
}
/// The nearest power of two, ties to the larger one; `overflow` where it is too
/// large, NaN where it would need a sign.
static inline uint8_t encode_e8m0(float x, uint8_t overflow) {
  uint32_t bits = bits_f32(x), exponent = bits >> 23;
  uint32_t mantissa = bits & 0x7fffff;
  // A subnormal number's leading bit is part of the mantissa.
  uint32_t up = mantissa >= (exponent > 0 ? 0x400000u : 0x600000u);
  uint32_t code = exponent + up;
  code = code > 0xfe ? overflow : code;
  code = x > 0 ? code : 0;
  return (uint8_t)(x != x || x < 0 ? 0xff : code);
}
uint8_t dlc_math_f32_to_f8e8m0fnu(float x) { return encode_e8m0(x, 0xff); }
uint8_t dlc_math_f32_to_f8e8m0fnu_sat(float x) { return encode_e8m0(x, 0xfe); }

/// ±{0, 0.5, 1, 1.5, 2, 3, 4, 6}; NaN has no code and becomes −0.
float dlc_math_f4e2m1fn_to_f32(uint8_t code) { return decode(code & 15, 2, 1, 1); }
uint8_t dlc_math_f32_to_f4e2m1fn_sat(float x) {
  uint32_t code = encode(x, 1, 1);
  code = !(__builtin_fabsf(x) < 0x1p100f) || code > 7 ? 7 : code;
  uint32_t sign = bits_f32(x) >> 31 << 3;
  return (uint8_t)(x != x ? 8 : code | sign);
}
uint8_t dlc_math_f32_to_f4e2m1fn(float x) { return dlc_math_f32_to_f4e2m1fn_sat(x); }

float dlc_math_f16_to_f32(uint16_t code) {
  _Float16 x;
  __builtin_memcpy(&x, &code, sizeof x);
  return (float)x;
}
uint16_t dlc_math_f32_to_f16(float x) {
  _Float16 narrow = (_Float16)x;
  uint16_t code;
  __builtin_memcpy(&code, &narrow, sizeof code);
  return code;
}

float dlc_math_bf16_to_f32(uint16_t code) { return from_bits_f32((uint32_t)code << 16); }
uint16_t dlc_math_f32_to_bf16(float x) {
  uint32_t bits = bits_f32(x), rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (uint16_t)(x != x ? (bits >> 16 | 0x40) : rounded >> 16);
}

float dlc_math_f64_to_f32_odd(double x) {
  float nearest = (float)x;
  uint32_t bits = bits_f32(nearest);
  double back = nearest;
  // Inexact with an even last bit: towards x is the odd neighbour.
  int away = __builtin_fabs(back) > __builtin_fabs(x);
  uint32_t odd = bits & 1 ? bits : away ? bits - 1 : bits + 1;
  int exact = back == x || x != x || __builtin_fabsf(nearest) == __builtin_inff();
  return exact ? nearest : from_bits_f32(odd);
}
