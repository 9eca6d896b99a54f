//===- Element.h - elements of any type, for kernels written in C -*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_RUNTIME_KERNELS_ELEMENT_H
#define DLC_LIB_RUNTIME_KERNELS_ELEMENT_H

#include "dlc/Runtime/Kernels.h"
#include "dlc/Runtime/Math.h"

#include <string.h>

static inline int32_t element_bytes(int32_t element) {
  switch (element) {
  case DLC_F64: case DLC_I64: case DLC_UI64: return 8;
  case DLC_F32: case DLC_I32: case DLC_UI32: return 4;
  case DLC_F16: case DLC_BF16: case DLC_I16: case DLC_UI16: return 2;
  default: return 1;
  }
}

static inline int element_is_float(int32_t element) { return element <= DLC_F4E2M1FN; }

/// A float element as f64.
static inline double element_float(int32_t element, const void *data, int64_t i) {
  switch (element) {
  case DLC_F64: return ((const double *)data)[i];
  case DLC_F32: return ((const float *)data)[i];
  case DLC_F16: return dlc_math_f16_to_f32(((const uint16_t *)data)[i]);
  case DLC_BF16: return dlc_math_bf16_to_f32(((const uint16_t *)data)[i]);
  case DLC_F8E4M3FN: return dlc_math_f8e4m3fn_to_f32(((const uint8_t *)data)[i]);
  case DLC_F8E4M3FNUZ: return dlc_math_f8e4m3fnuz_to_f32(((const uint8_t *)data)[i]);
  case DLC_F8E5M2: return dlc_math_f8e5m2_to_f32(((const uint8_t *)data)[i]);
  case DLC_F8E5M2FNUZ: return dlc_math_f8e5m2fnuz_to_f32(((const uint8_t *)data)[i]);
  case DLC_F8E8M0FNU: return dlc_math_f8e8m0fnu_to_f32(((const uint8_t *)data)[i]);
  default: return dlc_math_f4e2m1fn_to_f32(((const uint8_t *)data)[i]);
  }
}

/// Rounds to a float element of at least two bytes.
static inline void store_float(int32_t element, void *data, int64_t i, double value) {
  switch (element) {
  case DLC_F64: ((double *)data)[i] = value; break;
  case DLC_F32: ((float *)data)[i] = (float)value; break;
  case DLC_F16: ((uint16_t *)data)[i] = dlc_math_f32_to_f16(dlc_math_f64_to_f32_odd(value)); break;
  default: ((uint16_t *)data)[i] = dlc_math_f32_to_bf16(dlc_math_f64_to_f32_odd(value)); break;
  }
}

/// `count` float elements from `first` on, as f64 and back.
static inline void load_floats(int32_t element, const void *data, int64_t first, int64_t count,
                               double *to) {
  for (int64_t i = 0; i < count; ++i)
    to[i] = element_float(element, data, first + i);
}
static inline void store_floats(int32_t element, void *data, int64_t first, int64_t count,
                                const double *from) {
  for (int64_t i = 0; i < count; ++i)
    store_float(element, data, first + i, from[i]);
}

/// An unsigned number that orders as the element does: NaN above everything, the
/// two zeros alike, negative numbers below positive ones.
static inline uint64_t element_key(int32_t element, const void *data, int64_t i) {
  const uint64_t sign = UINT64_C(1) << 63;
  switch (element) {
  case DLC_I8: return (uint64_t)(int64_t)((const int8_t *)data)[i] ^ sign;
  case DLC_I16: return (uint64_t)(int64_t)((const int16_t *)data)[i] ^ sign;
  case DLC_I32: return (uint64_t)(int64_t)((const int32_t *)data)[i] ^ sign;
  case DLC_I64: return (uint64_t)((const int64_t *)data)[i] ^ sign;
  case DLC_UI8: case DLC_I1: return ((const uint8_t *)data)[i];
  case DLC_UI16: return ((const uint16_t *)data)[i];
  case DLC_UI32: return ((const uint32_t *)data)[i];
  case DLC_UI64: return ((const uint64_t *)data)[i];
  default: break;
  }
  double x = element_float(element, data, i);
  if (x != x)
    return UINT64_MAX;
  x = x == 0 ? 0 : x;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

static inline void copy_element(int32_t bytes, void *to, int64_t to_index, const void *from,
                                int64_t from_index) {
  switch (bytes) {
  case 8: ((uint64_t *)to)[to_index] = ((const uint64_t *)from)[from_index]; break;
  case 4: ((uint32_t *)to)[to_index] = ((const uint32_t *)from)[from_index]; break;
  case 2: ((uint16_t *)to)[to_index] = ((const uint16_t *)from)[from_index]; break;
  default: ((uint8_t *)to)[to_index] = ((const uint8_t *)from)[from_index]; break;
  }
}

static inline void store_index(int32_t index_bytes, void *to, int64_t at, int64_t value) {
  if (index_bytes == 8)
    ((int64_t *)to)[at] = value;
  else
    ((int32_t *)to)[at] = (int32_t)value;
}

static inline int64_t load_index(int32_t index_bytes, const void *from, int64_t at) {
  return index_bytes == 8 ? ((const int64_t *)from)[at] : ((const int32_t *)from)[at];
}

/// A key and where it stood.
typedef struct keyed {
  uint64_t key;
  int64_t position;
} keyed;

/// Sorts by key, stable; `scratch` is of the same length.
void dlc_kernel_sort_keyed(keyed *items, keyed *scratch, int64_t n);

#endif // DLC_LIB_RUNTIME_KERNELS_ELEMENT_H
