//===- Lu.c - LU and LDL factors ----------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include <math.h>

static void exchange(double *x, double *y, int64_t count, int64_t stride) {
  for (int64_t i = 0; i < count; ++i) {
    double swap = x[i * stride];
    x[i * stride] = y[i * stride];
    y[i * stride] = swap;
  }
}

// Row by row from the left (Golub and Van Loan, 3.4.1): the innermost loop is contiguous.
static void factor_lu(double *a, int32_t *pivots, int64_t m, int64_t n) {
  for (int64_t k = 0; k < m && k < n; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < m; ++i)
      if (fabs(a[i * n + k]) > fabs(a[best * n + k]))
        best = i;
    pivots[k] = (int32_t)best;
    double pivot = a[best * n + k];
    if (pivot == 0)
      continue;
    if (best != k)
      exchange(a + k * n, a + best * n, n, 1);
    for (int64_t i = k + 1; i < m; ++i) {
      double factor = a[i * n + k] /= pivot;
      for (int64_t j = k + 1; j < n; ++j)
        a[i * n + j] -= factor * a[k * n + j];
    }
  }
}

void dlc_kernel_lu(dlc_call *call, int32_t element, const void *in, void *factors, int32_t *pivots,
                   int64_t batch, int64_t m, int64_t n) {
  int64_t size = m * n;
  double *a = size ? dlc_rt_alloc(call, size * (int64_t)sizeof(double)) : 0;
  if (!a)
    return;
  for (int64_t b = 0; b < batch; ++b) {
    load_floats(element, in, b * size, size, a);
    factor_lu(a, pivots + b * (m < n ? m : n), m, n);
    store_floats(element, factors, b * size, size, a);
  }
  dlc_rt_free(call, a);
}

void dlc_kernel_exchange_rows(int32_t bytes, const void *in, const void *pivots,
                              int32_t index_bytes, void *out, int64_t batch, int64_t m, int64_t n,
                              int64_t count, int32_t backward) {
  if (batch * m * n)
    memcpy(out, in, (size_t)(batch * m * n * bytes));
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t step = 0; step < count; ++step) {
      int64_t i = backward ? count - 1 - step : step;
      int64_t p = load_index(index_bytes, pivots, b * count + i);
      char *x = (char *)out + (b * m + i) * n * bytes, *y = (char *)out + (b * m + p) * n * bytes;
      if (p < 0 || p >= m)
        continue; // has been reported
      for (int64_t j = 0; j < n * bytes; ++j) {
        char swap = x[j];
        x[j] = y[j];
        y[j] = swap;
      }
    }
}

//===----------------------------------------------------------------------===//
// LDL
//===----------------------------------------------------------------------===//

/// The row of the largest element below the diagonal of column k; k if there is none.
static int64_t largest_below(const double *a, int64_t n, int64_t k) {
  int64_t best = k;
  double largest = 0;
  for (int64_t i = k + 1; i < n; ++i)
    if (best == k || fabs(a[i * n + k]) > largest) {
      best = i;
      largest = fabs(a[i * n + k]);
    }
  return best;
}

/// Rows and columns `k` and `p` > k of the symmetric part that is left, of which only the
/// lower triangle exists.
static void exchange_symmetric(double *a, int64_t n, int64_t k, int64_t p) {
  exchange(a + (p + 1) * n + k, a + (p + 1) * n + p, n - p - 1, n);
  for (int64_t j = k + 1; j < p; ++j)
    exchange(a + j * n + k, a + p * n + j, 1, 1);
  exchange(a + k * n + k, a + p * n + p, 1, 1);
}

/// Bunch and Kaufman's choice at column k: the row to exchange with, and whether the
/// block has two rows.
static int64_t choose_pivot(const double *a, int64_t n, int64_t k, int *is_double) {
  const double alpha = 0.6403882032022076; // (1 + sqrt(17)) / 8
  double diagonal = fabs(a[k * n + k]);
  int64_t p = largest_below(a, n, k);
  double column = p == k ? 0 : fabs(a[p * n + k]);
  *is_double = 0;
  if (diagonal >= alpha * column)
    return k;
  double row = 0;
  for (int64_t j = k; j < p; ++j)
    row = fmax(row, fabs(a[p * n + j]));
  for (int64_t i = p + 1; i < n; ++i)
    row = fmax(row, fabs(a[i * n + p]));
  if (diagonal >= alpha * column * (column / row))
    return k;
  *is_double = fabs(a[p * n + p]) < alpha * row;
  return p;
}

static void eliminate_one(double *a, int64_t n, int64_t k) {
  double d = a[k * n + k];
  if (d == 0)
    return;
  for (int64_t i = k + 1; i < n; ++i) {
    double factor = a[i * n + k] / d;
    for (int64_t j = k + 1; j <= i; ++j)
      a[i * n + j] -= factor * (j == i ? a[i * n + k] : a[j * n + k] * d);
    a[i * n + k] = factor;
  }
}

static void eliminate_two(double *a, int64_t n, int64_t k) {
  double off = a[(k + 1) * n + k];
  double d11 = a[(k + 1) * n + k + 1] / off, d22 = a[k * n + k] / off;
  double scale = 1 / (d11 * d22 - 1) / off;
  for (int64_t j = k + 2; j < n; ++j) {
    double *row = a + j * n + k;
    double w0 = scale * (d11 * row[0] - row[1]), w1 = scale * (d22 * row[1] - row[0]);
    for (int64_t i = j; i < n; ++i)
      a[i * n + j] -= a[i * n + k] * w0 + a[i * n + k + 1] * w1;
    row[0] = w0;
    row[1] = w1;
  }
}

static void factor_ldl(double *a, int32_t *pivots, int64_t n) {
  for (int64_t k = 0; k < n;) {
    int is_double;
    int64_t p = choose_pivot(a, n, k, &is_double), exchanged = k + is_double;
    if (p != exchanged) {
      exchange_symmetric(a, n, exchanged, p);
      if (is_double)
        exchange(a + (k + 1) * n + k, a + p * n + k, 1, 1);
    }
    if (is_double) {
      eliminate_two(a, n, k);
      pivots[k] = pivots[k + 1] = -(int32_t)(p + 1);
    } else {
      eliminate_one(a, n, k);
      pivots[k] = (int32_t)(p + 1);
    }
    k += 1 + is_double;
  }
}

void dlc_kernel_ldl(dlc_call *call, int32_t element, const void *in, void *factors,
                    int32_t *pivots, int64_t batch, int64_t n) {
  double *a = n ? dlc_rt_alloc(call, n * n * (int64_t)sizeof(double)) : 0;
  if (!a)
    return;
  for (int64_t b = 0; b < batch; ++b) {
    load_floats(element, in, b * n * n, n * n, a);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = i + 1; j < n; ++j)
        a[i * n + j] = 0;
    factor_ldl(a, pivots + b * n, n);
    store_floats(element, factors, b * n * n, n * n, a);
  }
  dlc_rt_free(call, a);
}

/// x[row] -= l · x[from]
static void subtract_row(double *x, int64_t m, int64_t row, double l, int64_t from) {
  for (int64_t j = 0; j < m; ++j)
    x[row * m + j] -= l * x[from * m + j];
}

/// Solves the block of rows k and k + 1 of D.
static void solve_block(const double *l, double *x, int64_t n, int64_t m, int64_t k) {
  double off = l[(k + 1) * n + k];
  double d0 = l[k * n + k] / off, d1 = l[(k + 1) * n + k + 1] / off, denominator = d0 * d1 - 1;
  for (int64_t j = 0; j < m; ++j) {
    double b0 = x[k * m + j] / off, b1 = x[(k + 1) * m + j] / off;
    x[k * m + j] = (d1 * b0 - b1) / denominator;
    x[(k + 1) * m + j] = (d0 * b1 - b0) / denominator;
  }
}

/// X with L·D·Lᵀ·X = B, in place. The pivots have been checked: see is_ldl.
static void solve_ldl(const double *l, const int64_t *pivots, double *x, int64_t n, int64_t m) {
  int64_t k = 0;
  while (k < n) {
    int64_t width = pivots[k] > 0 ? 1 : 2, last = k + width - 1;
    int64_t p = (pivots[k] > 0 ? pivots[k] : -pivots[k]) - 1;
    if (p != last)
      exchange(x + last * m, x + p * m, m, 1);
    for (int64_t i = k + width; i < n; ++i)
      for (int64_t j = k; j <= last; ++j)
        subtract_row(x, m, i, l[i * n + j], j);
    if (width == 2)
      solve_block(l, x, n, m, k);
    else
      for (int64_t j = 0; j < m; ++j)
        x[k * m + j] /= l[k * n + k];
    k += width;
  }
  while (k > 0) {
    int64_t width = pivots[k - 1] > 0 ? 1 : 2, last = k - 1;
    k -= width;
    for (int64_t i = last + 1; i < n; ++i)
      for (int64_t j = k; j <= last; ++j)
        subtract_row(x, m, j, l[i * n + j], i);
    int64_t p = (pivots[k] > 0 ? pivots[k] : -pivots[k]) - 1;
    if (p != last)
      exchange(x + last * m, x + p * m, m, 1);
  }
}

/// Whether `pivots` are rows, and negative ones in pairs.
static int is_ldl(const int64_t *pivots, int64_t n) {
  for (int64_t k = 0; k < n; ++k) {
    int64_t p = pivots[k] < 0 ? -pivots[k] : pivots[k];
    if (p < 1 || p > n || (pivots[k] < 0 && (k + 1 == n || pivots[k + 1] != pivots[k])))
      return 0;
    k += pivots[k] < 0;
  }
  return 1;
}

int32_t dlc_kernel_ldl_solve(dlc_call *call, int32_t element, const void *factors,
                             const void *pivots, int32_t index_bytes, const void *b, void *out,
                             int64_t batch, int64_t n, int64_t m) {
  int64_t bytes = (n * n + n * m + n) * (int64_t)sizeof(double);
  double *l = n * m ? dlc_rt_alloc(call, bytes) : 0;
  if (!l)
    return 1;
  double *x = l + n * n;
  int64_t *rows = (int64_t *)(x + n * m);
  int32_t is_valid = 1;
  for (int64_t q = 0; q < batch && is_valid; ++q) {
    for (int64_t k = 0; k < n; ++k)
      rows[k] = load_index(index_bytes, pivots, q * n + k);
    is_valid = is_ldl(rows, n);
    load_floats(element, factors, q * n * n, n * n, l);
    load_floats(element, b, q * n * m, n * m, x);
    if (is_valid)
      solve_ldl(l, rows, x, n, m);
    store_floats(element, out, q * n * m, n * m, x);
  }
  dlc_rt_free(call, l);
  return is_valid;
}
