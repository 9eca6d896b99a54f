//===- Svd.c - singular values ------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One-sided Jacobi rotations (Hestenes, 1958): pairs of columns are made orthogonal
// until all are; their lengths are the singular values, small ones as exact as large
// ones. Columns are kept as rows, so that a rotation is contiguous. A matrix with more
// columns than rows is transposed first.
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

/// Makes rows i and j of w orthogonal, turning those of v, if it isn't null, alike; whether
/// they weren't.
static int make_orthogonal(double *w, double *v, double *squares, int64_t p, int64_t q, int64_t i,
                           int64_t j, double least) {
  double a = squares[i], b = squares[j], g = dot(w + i * p, w + j * p, p);
  if (fabs(g) <= 0x1p-52 * sqrt(a * b) || fabs(g) <= least)
    return 0;
  double zeta = (b - a) / (2 * g);
  double t = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
  double c = 1 / sqrt(1 + t * t), s = c * t;
  rotate(w + i * p, w + j * p, c, -s, p);
  if (v)
    rotate(v + i * q, v + j * q, c, -s, q);
  squares[i] = dot(w + i * p, w + i * p, p);
  squares[j] = dot(w + j * p, w + j * p, p);
  return 1;
}

/// The rows of w orthogonal, the longest first; v the product of the rotations, or null.
static void rotate_rows(double *w, double *v, double *lengths, int64_t p, int64_t q) {
  double largest = 0;
  for (int64_t i = 0; v && i < q * q; ++i)
    v[i] = i / q == i % q;
  for (int64_t i = 0; i < q; ++i) {
    lengths[i] = dot(w + i * p, w + i * p, p);
    largest = fmax(largest, lengths[i]);
  }
  int is_turning = 1;
  for (int sweep = 0; is_turning && sweep < 60; ++sweep) {
    is_turning = 0;
    for (int64_t i = 0; i < q; ++i)
      for (int64_t j = i + 1; j < q; ++j)
        is_turning |= make_orthogonal(w, v, lengths, p, q, i, j, 0x1p-108 * largest);
  }
  for (int64_t i = 0; i < q; ++i) {
    int64_t best = i;
    for (int64_t j = i + 1; j < q; ++j)
      if (lengths[j] > lengths[best])
        best = j;
    double square = lengths[best];
    lengths[best] = lengths[i];
    lengths[i] = sqrt(square);
    if (best != i) {
      rotate(w + i * p, w + best * p, 0, 1, p);
      if (v)
        rotate(v + i * q, v + best * q, 0, 1, q);
    }
  }
}

/// Rows [first, count) of w: a unit vector orthogonal to all before it.
static void complete_rows(double *w, int64_t p, int64_t first, int64_t count) {
  for (int64_t j = first; j < count; ++j) {
    // The axis that lies the least in the space of the rows before.
    int64_t axis = 0;
    double least = 2;
    for (int64_t k = 0; k < p; ++k) {
      double inside = 0;
      for (int64_t i = 0; i < j; ++i)
        inside += w[i * p + k] * w[i * p + k];
      if (inside < least) {
        axis = k;
        least = inside;
      }
    }
    double *x = w + j * p;
    for (int64_t k = 0; k < p; ++k)
      x[k] = k == axis;
    for (int round = 0; round < 2; ++round)
      for (int64_t i = 0; i < j; ++i)
        add_scaled(x, -dot(x, w + i * p, p), w + i * p, p);
    double length = sqrt(dot(x, x, p));
    for (int64_t k = 0; k < p; ++k)
      x[k] /= length;
  }
}

/// The element (row, column) of U and of Vᵀ lies at rows of w or v.
static void store_vectors(int32_t element, void *out, int64_t first, const double *rows,
                          int64_t size, int64_t count, int transpose, const double *signs) {
  for (int64_t j = 0; out && j < count; ++j)
    for (int64_t k = 0; k < size; ++k)
      store_float(element, out, first + (transpose ? k * count + j : j * size + k),
                  signs[j] * rows[j * size + k]);
}

void dlc_kernel_svd(dlc_call *call, int32_t element, const void *in, void *u, void *s, void *vt,
                    int64_t batch, int64_t m, int64_t n, int32_t full) {
  int is_wide = m < n;
  int64_t p = is_wide ? n : m, q = is_wide ? m : n, columns = full ? p : q;
  double *w = p ? dlc_rt_alloc(call, (p * columns + q * q + q + p) * (int64_t)sizeof(double)) : 0;
  if (!w)
    return;
  double *v = w + p * columns, *lengths = v + q * q, *signs = lengths + q;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t i = 0; i < q; ++i)
      for (int64_t k = 0; k < p; ++k)
        w[i * p + k] =
            element_float(element, in, b * m * n + (is_wide ? i * n + k : k * n + i));
    double scale = normalize(w, p * q);
    int has_vectors = u || vt;
    rotate_rows(w, has_vectors ? v : 0, lengths, p, q);
    for (int64_t j = 0; j < q; ++j)
      store_float(element, s, b * q + j, lengths[j] * scale);
    if (!has_vectors)
      continue;
    int64_t rank = 0;
    while (rank < q && lengths[rank] > 0x1p-52 * lengths[0] * (double)p)
      ++rank;
    for (int64_t i = 0; i < rank; ++i)
      for (int64_t k = 0; k < p; ++k)
        w[i * p + k] /= lengths[i];
    complete_rows(w, p, rank, columns);
    // NaN where the scale is.
    for (int64_t j = 0; j < columns; ++j)
      signs[j] = (j < rank ? is_wide ? sign_of(v + j * q, q) : sign_of(w + j * p, p) : 1) *
                 (scale - scale + 1);
    store_vectors(element, is_wide ? vt : u, b * p * columns, w, p, columns, !is_wide, signs);
    store_vectors(element, is_wide ? u : vt, b * q * q, v, q, q, is_wide, signs);
  }
  dlc_rt_free(call, w);
}
