//===- Factor.c - Cholesky factors and triangular systems --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include <math.h>

// Row by row (Cholesky-Banachiewicz), in f64. The lower triangle of the operand
// is read, or with `upper` the upper one, whose factor is the transpose.
void dlc_kernel_cholesky(dlc_call *call, int32_t element, const void *in, void *out,
                         int64_t batch, int64_t n, int32_t upper) {
  double *factor = n ? dlc_rt_alloc(call, n * n * (int64_t)sizeof(double)) : 0;
  if (!factor)
    return;
  for (int64_t b = 0; b < batch; ++b) {
    int64_t good = n; // rows of the leading minors that are positive definite
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) {
        double sum = element_float(element, in, b * n * n + (upper ? j * n + i : i * n + j));
        for (int64_t k = 0; k < j; ++k)
          sum -= factor[i * n + k] * factor[j * n + k];
        if (i == j && !(sum > 0) && i < good)
          good = i;
        factor[i * n + j] = i == j ? sqrt(sum) : sum / factor[j * n + j];
      }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double value = j > i ? 0 : i < good ? factor[i * n + j] : (double)NAN;
        store_float(element, out, b * n * n + (upper ? j * n + i : i * n + j), value);
      }
  }
  dlc_rt_free(call, factor);
}

// Substitution in f64, of all right-hand sides at once: the innermost loop is contiguous.
void dlc_kernel_triangular_solve(dlc_call *call, int32_t element, const void *a, const void *b,
                                 void *x, int64_t batch, int64_t n, int64_t m,
                                 int32_t right_side, int32_t upper, int32_t unit_diagonal,
                                 int32_t transpose) {
  double *matrix = n * m ? dlc_rt_alloc(call, (n * n + n * m) * (int64_t)sizeof(double)) : 0;
  if (!matrix)
    return;
  double *rows = matrix + n * n;
  // X·op(A) = B is op(A)ᵀ·Xᵀ = Bᵀ.
  int flip = (right_side != 0) != (transpose != 0);
  int forward = (upper != 0) == flip;
  for (int64_t q = 0; q < batch; ++q) {
    load_floats(element, a, q * n * n, n * n, matrix);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t r = 0; r < m; ++r)
        rows[i * m + r] = element_float(element, b, q * n * m + (right_side ? r * n + i : i * m + r));
    for (int64_t step = 0; step < n; ++step) {
      int64_t i = forward ? step : n - 1 - step;
      double *row = rows + i * m;
      for (int64_t other = 0; other < step; ++other) {
        int64_t j = forward ? other : n - 1 - other;
        double factor = matrix[flip ? j * n + i : i * n + j];
        for (int64_t r = 0; r < m; ++r)
          row[r] -= factor * rows[j * m + r];
      }
      for (int64_t r = 0; r < m && !unit_diagonal; ++r)
        row[r] /= matrix[i * n + i];
    }
    for (int64_t i = 0; i < n; ++i)
      for (int64_t r = 0; r < m; ++r)
        store_float(element, x, q * n * m + (right_side ? r * n + i : i * m + r), rows[i * m + r]);
  }
  dlc_rt_free(call, matrix);
}
