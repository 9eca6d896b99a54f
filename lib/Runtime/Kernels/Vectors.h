//===- Vectors.h - rows of numbers --------------------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_RUNTIME_KERNELS_VECTORS_H
#define DLC_LIB_RUNTIME_KERNELS_VECTORS_H

#include "Element.h"

#include <math.h>

/// In four parts, which a vector unit can sum at once.
static inline double dot(const double *x, const double *y, int64_t n) {
  double sums[4] = {0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int64_t j = 0; j < 4; ++j)
      sums[j] += x[i + j] * y[i + j];
  for (; i < n; ++i)
    sums[0] += x[i] * y[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// x += factor·y
static inline void add_scaled(double *restrict x, double factor, const double *restrict y,
                              int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    x[i] += factor * y[i];
}

/// (x, y) to (c·x + s·y, c·y − s·x).
static inline void rotate(double *restrict x, double *restrict y, double c, double s, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    double a = x[i], b = y[i];
    x[i] = c * a + s * b;
    y[i] = c * b - s * a;
  }
}

/// Divides by the largest absolute value, so that squares neither overflow nor vanish,
/// and gives it: 1 where all is 0, NaN where an element isn't finite, the elements 0 then.
static inline double normalize(double *x, int64_t n) {
  double largest = 0;
  int is_finite = 1;
  for (int64_t i = 0; i < n; ++i) {
    is_finite &= x[i] - x[i] == 0;
    largest = fmax(largest, fabs(x[i]));
  }
  double scale = largest == 0 ? 1 : largest;
  for (int64_t i = 0; i < n; ++i)
    x[i] = is_finite ? x[i] / scale : 0;
  return is_finite ? scale : (double)NAN;
}

/// The sign of the first element of more than half the largest absolute value.
static inline double sign_of(const double *x, int64_t n) {
  double largest = 0;
  for (int64_t i = 0; i < n; ++i)
    largest = fmax(largest, fabs(x[i]));
  for (int64_t i = 0; i < n; ++i)
    if (fabs(x[i]) > largest / 2)
      return copysign(1, x[i]);
  return 1;
}

#endif // DLC_LIB_RUNTIME_KERNELS_VECTORS_H
