//===- Householder.c - QR by reflections --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include <math.h>

/// The reflection I − tau·v·vᵀ, v[0] = 1, that takes x to (beta, 0, …): leaves beta in
/// x[0] and the rest of v in x; gives tau. That of LAPACK's larfg.
static double make_reflection(double *x, int64_t count, int64_t stride) {
  double scale = 0, sum = 0;
  for (int64_t i = 1; i < count; ++i)
    scale = fmax(scale, fabs(x[i * stride]));
  if (scale == 0)
    return 0;
  scale = fmax(scale, fabs(x[0]));
  for (int64_t i = 0; i < count; ++i)
    sum += x[i * stride] / scale * (x[i * stride] / scale);
  double beta = -copysign(scale * sqrt(sum), x[0]), tau = (beta - x[0]) / beta;
  for (int64_t i = 1; i < count; ++i)
    x[i * stride] /= x[0] - beta;
  x[0] = beta;
  return tau;
}

/// Applies I − tau·v·vᵀ to the rows of a block of width n, v[0] being 1. `sums` has n
/// places.
static void reflect(double *a, int64_t rows, int64_t n, int64_t row_stride, const double *v,
                    int64_t v_stride, double tau, double *sums) {
  if (tau == 0)
    return;
  for (int64_t j = 0; j < n; ++j)
    sums[j] = a[j];
  for (int64_t i = 1; i < rows; ++i)
    for (int64_t j = 0; j < n; ++j)
      sums[j] += v[i * v_stride] * a[i * row_stride + j];
  for (int64_t j = 0; j < n; ++j)
    a[j] -= tau * sums[j];
  for (int64_t i = 1; i < rows; ++i)
    for (int64_t j = 0; j < n; ++j)
      a[i * row_stride + j] -= tau * v[i * v_stride] * sums[j];
}

void dlc_kernel_householder_qr(dlc_call *call, int32_t element, const void *in, void *factors,
                               void *tau, int64_t batch, int64_t m, int64_t n) {
  int64_t size = m * n, count = m < n ? m : n;
  double *a = size ? dlc_rt_alloc(call, (size + n) * (int64_t)sizeof(double)) : 0;
  if (!a)
    return;
  for (int64_t b = 0; b < batch; ++b) {
    load_floats(element, in, b * size, size, a);
    for (int64_t k = 0; k < count; ++k) {
      double *head = a + k * n + k;
      double t = make_reflection(head, m - k, n);
      reflect(head + 1, m - k, n - k - 1, n, head, n, t, a + size);
      store_float(element, tau, b * count + k, t);
    }
    store_floats(element, factors, b * size, size, a);
  }
  dlc_rt_free(call, a);
}

// The last reflection first, on the columns that it can reach.
void dlc_kernel_householder_product(dlc_call *call, int32_t element, const void *factors,
                                    const void *tau, void *out, int64_t batch, int64_t m,
                                    int64_t n, int64_t count) {
  int64_t size = m * n;
  double *v = size ? dlc_rt_alloc(call, (2 * size + n) * (int64_t)sizeof(double)) : 0;
  if (!v)
    return;
  double *q = v + size;
  for (int64_t b = 0; b < batch; ++b) {
    load_floats(element, factors, b * size, size, v);
    for (int64_t i = 0; i < size; ++i)
      q[i] = i / n == i % n;
    for (int64_t k = count - 1; k >= 0; --k)
      reflect(q + k * n + k, m - k, n - k, n, v + k * n + k, n,
              element_float(element, tau, b * count + k), q + size);
    store_floats(element, out, b * size, size, q);
  }
  dlc_rt_free(call, v);
}
