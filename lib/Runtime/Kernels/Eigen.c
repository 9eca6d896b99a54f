//===- Eigen.c - eigenvalues of symmetric matrices ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reflections bring the matrix to tridiagonal form, then implicit QR steps with
// Wilkinson's shift make it diagonal (Golub and Van Loan, 8.3). The eigenvectors
// are kept as rows, so that a rotation of two of them is contiguous.
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

/// Q·A·Qᵀ tridiagonal: its diagonal to d, what is beside it to e; Q to z, if that isn't
/// null. `a` is used up; `work` has 2·n places.
static void make_tridiagonal(double *a, double *d, double *e, double *z, int64_t n, double *work) {
  double *v = work, *p = work + n;
  for (int64_t i = 0; z && i < n * n; ++i)
    z[i] = i / n == i % n;
  for (int64_t k = 0; k + 1 < n; ++k) {
    int64_t first = k + 1, count = n - first;
    // The column below the diagonal is the row beside it.
    double tail = 0, *x = a + k * n + first;
    for (int64_t i = 1; i < count; ++i)
      tail = fmax(tail, fabs(x[i]));
    e[k] = x[0];
    if (tail == 0)
      continue;
    double norm = copysign(sqrt(dot(x, x, count)), x[0]);
    for (int64_t i = 0; i < count; ++i)
      v[i] = x[i];
    v[0] += norm;
    e[k] = -norm;
    double tau = 2 / dot(v, v, count), half = 0;
    for (int64_t i = 0; i < count; ++i) {
      p[i] = tau * dot(a + (first + i) * n + first, v, count);
      half += p[i] * v[i];
    }
    add_scaled(p, -half * tau / 2, v, count);
    for (int64_t i = 0; i < count; ++i) {
      add_scaled(a + (first + i) * n + first, -v[i], p, count);
      add_scaled(a + (first + i) * n + first, -p[i], v, count);
    }
    // Q is a product of reflections: this one times what there is.
    for (int64_t i = 0; i < n; ++i)
      p[i] = 0;
    for (int64_t i = 0; z && i < count; ++i)
      add_scaled(p, v[i], z + (first + i) * n, n);
    for (int64_t i = 0; z && i < count; ++i)
      add_scaled(z + (first + i) * n, -tau * v[i], p, n);
  }
  for (int64_t i = 0; i < n; ++i)
    d[i] = a[i * n + i];
}

/// One implicit QR step on the rows [low, high] of the tridiagonal matrix.
static void step_tridiagonal(double *d, double *e, double *z, int64_t n, int64_t low,
                             int64_t high) {
  double half = (d[high - 1] - d[high]) / 2, off = e[high - 1];
  double shift = d[high] - off * off / (half + copysign(sqrt(half * half + off * off), half));
  double x = d[low] - shift, y = e[low];
  for (int64_t k = low; k < high; ++k) {
    double r = sqrt(x * x + y * y);
    double c = r == 0 ? 1 : x / r, s = r == 0 ? 0 : y / r;
    if (k > low)
      e[k - 1] = r;
    double a = d[k], b = e[k], g = d[k + 1];
    d[k] = c * c * a + 2 * c * s * b + s * s * g;
    d[k + 1] = s * s * a - 2 * c * s * b + c * c * g;
    e[k] = c * s * (g - a) + (c * c - s * s) * b;
    x = e[k];
    if (k + 1 < high) {
      y = s * e[k + 1];
      e[k + 1] *= c;
    }
    if (z)
      rotate(z + k * n, z + (k + 1) * n, c, s, n);
  }
}

static void make_diagonal(double *d, double *e, double *z, int64_t n) {
  int64_t high = n - 1;
  for (int64_t steps = 60 * n; high > 0 && steps > 0; --steps) {
    for (int64_t i = 0; i < high; ++i)
      if (fabs(e[i]) <= 0x1p-53 * (fabs(d[i]) + fabs(d[i + 1])))
        e[i] = 0;
    while (high > 0 && e[high - 1] == 0)
      --high;
    int64_t low = high;
    while (low > 0 && e[low - 1] != 0)
      --low;
    if (low < high)
      step_tridiagonal(d, e, z, n, low, high);
  }
}

/// Both, ascending.
static void sort_pairs(double *d, double *z, int64_t n) {
  for (int64_t i = 0; i + 1 < n; ++i) {
    int64_t least = i;
    for (int64_t j = i + 1; j < n; ++j)
      if (d[j] < d[least])
        least = j;
    if (least == i)
      continue;
    double swap = d[i];
    d[i] = d[least];
    d[least] = swap;
    if (z)
      rotate(z + i * n, z + least * n, 0, 1, n);
  }
}

void dlc_kernel_eigh(dlc_call *call, int32_t element, const void *in, void *values, void *vectors,
                     int64_t batch, int64_t n, int32_t upper) {
  double *a = n ? dlc_rt_alloc(call, (2 * n * n + 4 * n) * (int64_t)sizeof(double)) : 0;
  if (!a)
    return;
  double *z = vectors ? a + n * n : 0, *d = a + 2 * n * n, *e = d + n, *work = e + n;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j)
        a[i * n + j] = a[j * n + i] =
            element_float(element, in, b * n * n + (upper ? j * n + i : i * n + j));
    double scale = normalize(a, n * n);
    make_tridiagonal(a, d, e, z, n, work);
    make_diagonal(d, e, z, n);
    sort_pairs(d, z, n);
    for (int64_t j = 0; j < n; ++j) {
      store_float(element, values, b * n + j, d[j] * scale);
      double sign = z ? sign_of(z + j * n, n) * (scale - scale + 1) : 0;
      for (int64_t i = 0; z && i < n; ++i)
        store_float(element, vectors, (b * n + i) * n + j, sign * z[j * n + i]);
    }
  }
  dlc_rt_free(call, a);
}
