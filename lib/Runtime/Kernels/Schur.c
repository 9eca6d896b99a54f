//===- Schur.c - eigenvalues of general matrices --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As LAPACK's geev does it, so that eigenvalues come in its order: the matrix is
// balanced, brought to Hessenberg form by reflections, and made triangular by implicit
// QR steps, with one shift or, for a real matrix, with two, which keep it real: then
// blocks of two rows are left for pairs of conjugate eigenvalues (Golub and Van Loan,
// 7.4 to 7.6). The eigenvectors are those of the triangular matrix, transformed back.
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

typedef struct cplx {
  double re, im;
} cplx;

static cplx number(double re, double im) { return (cplx){re, im}; }
static cplx add(cplx a, cplx b) { return number(a.re + b.re, a.im + b.im); }
static cplx sub(cplx a, cplx b) { return number(a.re - b.re, a.im - b.im); }
static cplx mul(cplx a, cplx b) {
  return number(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}
static cplx scaled(cplx a, double s) { return number(a.re * s, a.im * s); }
static cplx conj_of(cplx a) { return number(a.re, -a.im); }
static double square_of(cplx a) { return a.re * a.re + a.im * a.im; }
static double size_of(cplx a) { return fabs(a.re) + fabs(a.im); }
/// Without overflow or underflow.
static double length_of(cplx a) {
  double large = fmax(fabs(a.re), fabs(a.im)), ratio = fmin(fabs(a.re), fabs(a.im)) / large;
  return large == 0 ? 0 : large * sqrt(1 + ratio * ratio);
}
static cplx quotient(cplx a, cplx b) {
  double s = fmax(fabs(b.re), fabs(b.im));
  b = scaled(b, 1 / s);
  return scaled(mul(a, conj_of(b)), 1 / square_of(b) / s);
}
static cplx square_root(cplx a) {
  double r = sqrt((length_of(a) + fabs(a.re)) / 2), other = r == 0 ? 0 : a.im / 2 / r;
  return a.re >= 0 ? number(r, other) : number(fabs(other), copysign(r, a.im));
}

static const double epsilon = 0x1p-52, tiny = 0x1p-970;

/// A = z·h·z⁻¹. The rows [low, high] of h aren't triangular yet.
typedef struct schur {
  cplx *h, *z;
  int64_t n, low, high;
} schur;

static cplx *at(const schur *s, int64_t i, int64_t j) { return s->h + i * s->n + j; }
static double size_at(const schur *s, int64_t i, int64_t j) { return size_of(*at(s, i, j)); }

//===----------------------------------------------------------------------===//
// Balancing
//===----------------------------------------------------------------------===//

static void swap_numbers(cplx *a, cplx *b) {
  cplx swap = *a;
  *a = *b;
  *b = swap;
}

static void exchange(schur *s, int64_t i, int64_t j) {
  for (int64_t k = 0; i != j && k < s->n; ++k)
    swap_numbers(at(s, k, i), at(s, k, j));
  for (int64_t k = 0; i != j && k < s->n; ++k) {
    swap_numbers(at(s, i, k), at(s, j, k));
    swap_numbers(s->z + k * s->n + i, s->z + k * s->n + j);
  }
}

/// Whether row i, or column i, is 0 between low and high but on the diagonal.
static int is_alone(const schur *s, int64_t i, int is_row) {
  for (int64_t j = s->low; j <= s->high; ++j)
    if (i != j && (is_row ? size_at(s, i, j) : size_at(s, j, i)) != 0)
      return 0;
  return 1;
}

/// Rows whose eigenvalue stands on the diagonal go to the end, columns to the front.
static void isolate(schur *s) {
  for (int again = 1; again;) {
    again = 0;
    for (int64_t i = s->high; i >= 0 && s->high >= 0; --i)
      if (i <= s->high && is_alone(s, i, 1)) {
        exchange(s, i, s->high--);
        again = 1;
      }
  }
  for (int again = 1; again;) {
    again = 0;
    for (int64_t j = s->low; j <= s->high; ++j)
      if (is_alone(s, j, 0)) {
        exchange(s, j, s->low++);
        again = 1;
      }
  }
}

/// Powers of 2 make each row about as large as its column.
static void balance(schur *s) {
  isolate(s);
  for (int again = 1; again;) {
    again = 0;
    for (int64_t i = s->low; i <= s->high; ++i) {
      double column = 0, row = 0, factor = 1;
      for (int64_t j = s->low; j <= s->high; ++j) {
        column += square_of(*at(s, j, i));
        row += square_of(*at(s, i, j));
      }
      column = sqrt(column);
      row = sqrt(row);
      if (column < tiny || row < tiny)
        continue;
      double sum = column + row;
      for (; column < row / 2 && factor < 0x1p400; factor *= 2, column *= 2, row /= 2)
        ;
      for (; column / 2 >= row && factor > 0x1p-400; factor /= 2, column /= 2, row *= 2)
        ;
      if (column + row >= 0.95 * sum)
        continue;
      again = 1;
      for (int64_t j = 0; j < s->n; ++j) {
        *at(s, i, j) = scaled(*at(s, i, j), 1 / factor);
        s->z[j * s->n + i] = scaled(s->z[j * s->n + i], factor);
      }
      for (int64_t j = 0; j < s->n; ++j)
        *at(s, j, i) = scaled(*at(s, j, i), factor);
    }
  }
}

//===----------------------------------------------------------------------===//
// Reflections
//===----------------------------------------------------------------------===//

/// The reflection H = I − tau·v·vᴴ with Hᴴ·x = (beta, 0, …), v in the place of x but for
/// v[0] = 1, where beta is.
static cplx make_reflection(cplx *x, int64_t count) {
  double square = 0;
  for (int64_t i = 1; i < count; ++i)
    square += square_of(x[i]);
  cplx alpha = x[0];
  if (square == 0 && alpha.im == 0)
    return number(0, 0);
  double beta = -copysign(sqrt(square_of(alpha) + square), alpha.re);
  cplx difference = number(alpha.re - beta, alpha.im);
  for (int64_t i = 1; i < count; ++i)
    x[i] = quotient(x[i], difference);
  x[0] = number(beta, 0);
  return number((beta - alpha.re) / beta, -alpha.im / beta);
}

/// Rows of a matrix of n columns times H from the right, in its columns from `first` on.
static void reflect_rows(cplx *rows, int64_t n, int64_t num_rows, const cplx *v, cplx tau, int64_t first,
                         int64_t count) {
  for (int64_t r = 0; r < num_rows; ++r) {
    cplx *x = rows + r * n + first, sum = x[0];
    for (int64_t i = 1; i < count; ++i)
      sum = add(sum, mul(x[i], v[i]));
    sum = mul(sum, tau);
    x[0] = sub(x[0], sum);
    for (int64_t i = 1; i < count; ++i)
      x[i] = sub(x[i], mul(sum, conj_of(v[i])));
  }
}

/// Hᴴ·h·H, where h is 0 left of `column` and, in the columns that change, from `row_end`
/// on; v[0] counts as 1.
static void reflect(schur *s, const cplx *v, cplx tau, int64_t first, int64_t count, int64_t column,
                    int64_t row_end) {
  for (int64_t j = column; j < s->n; ++j) {
    cplx sum = *at(s, first, j);
    for (int64_t i = 1; i < count; ++i)
      sum = add(sum, mul(*at(s, first + i, j), conj_of(v[i])));
    sum = mul(sum, conj_of(tau));
    *at(s, first, j) = sub(*at(s, first, j), sum);
    for (int64_t i = 1; i < count; ++i)
      *at(s, first + i, j) = sub(*at(s, first + i, j), mul(sum, v[i]));
  }
  reflect_rows(s->h, s->n, row_end, v, tau, first, count);
  reflect_rows(s->z, s->n, s->n, v, tau, first, count);
}

/// `v` has n places.
static void make_hessenberg(schur *s, cplx *v) {
  for (int64_t k = s->low; k + 1 < s->high; ++k) {
    int64_t first = k + 1, count = s->high - k;
    for (int64_t i = 0; i < count; ++i) {
      v[i] = *at(s, first + i, k);
      *at(s, first + i, k) = number(0, 0);
    }
    cplx tau = make_reflection(v, count);
    *at(s, first, k) = v[0];
    reflect(s, v, tau, first, count, first, s->high + 1);
  }
}

//===----------------------------------------------------------------------===//
// QR steps
//===----------------------------------------------------------------------===//

/// The first row of the block that ends with `last`: what is left of it is negligible,
/// and becomes 0 (Ahues and Tisseur's criterion).
static int64_t find_block(schur *s, int64_t last) {
  int64_t k = last;
  for (; k > s->low; --k) {
    double off = size_at(s, k, k - 1), here = size_at(s, k, k);
    double sum = size_at(s, k - 1, k - 1) + here;
    if (off <= tiny)
      break;
    if (sum == 0)
      sum = (k - 2 >= s->low ? size_at(s, k - 1, k - 2) : 0) +
            (k + 1 <= s->high ? size_at(s, k + 1, k) : 0);
    if (off > epsilon * sum)
      continue;
    double other = size_at(s, k - 1, k), gap = size_of(sub(*at(s, k - 1, k - 1), *at(s, k, k)));
    double most = fmax(here, gap), whole = most + fmax(off, other);
    if (fmin(off, other) * (fmax(off, other) / whole) <=
        fmax(tiny, epsilon * (fmin(here, gap) * (most / whole))))
      break;
  }
  if (k > s->low)
    *at(s, k, k - 1) = number(0, 0);
  return k;
}

/// The eigenvalues of the last two rows: a conjugate pair, else twice the one closer to the
/// last element. Every tenth step takes others, lest it should go round in circles.
static void find_shifts(const schur *s, int64_t first, int64_t last, int64_t step, cplx shifts[2]) {
  cplx a = *at(s, last - 1, last - 1), b = *at(s, last - 1, last), c = *at(s, last, last - 1);
  cplx d = *at(s, last, last);
  if (step % 10 == 9) {
    double size = size_of(c) + (last - 1 > first ? size_at(s, last - 1, last - 2) : 0);
    a = d = add(d, number(0.75 * size, 0));
    b = number(-0.4375 * size, 0);
    c = number(size, 0);
  }
  cplx half = scaled(sub(a, d), 0.5), product = mul(b, c);
  cplx root = square_root(add(mul(half, half), product));
  int is_real = a.im == 0 && d.im == 0 && product.im == 0;
  if (is_real && root.im != 0) {
    shifts[0] = number((a.re + d.re) / 2, root.im);
    shifts[1] = conj_of(shifts[0]);
    return;
  }
  if (half.re * root.re + half.im * root.im < 0)
    root = scaled(root, -1);
  cplx sum = add(half, root);
  shifts[0] = shifts[1] = size_of(sum) == 0 ? d : sub(d, quotient(product, sum));
}

/// The first column, from row m on, of the product of h − shift; as long as one, roughly.
static void start_bulge(const schur *s, int64_t m, const cplx *shifts, int64_t count, cplx *v) {
  cplx below = *at(s, m + 1, m), first = sub(*at(s, m, m), shifts[0]);
  v[0] = first;
  v[1] = below;
  v[2] = number(0, 0);
  if (count == 2) {
    cplx other = sub(*at(s, m, m), shifts[1]);
    v[0] = add(mul(first, other), mul(*at(s, m, m + 1), below));
    v[1] = mul(below, add(other, sub(*at(s, m + 1, m + 1), shifts[0])));
    v[2] = mul(below, *at(s, m + 2, m + 1));
    v[0].im = 0; // but for rounding it is: the matrix is real
  }
  double size = size_of(v[0]) + size_of(v[1]) + size_of(v[2]);
  for (int64_t i = 0; i < 3 && size != 0; ++i)
    v[i] = scaled(v[i], 1 / size);
}

/// One implicit QR step on the rows [first, last] with `count` shifts.
static void step_qr(schur *s, int64_t first, int64_t last, const cplx *shifts, int64_t count) {
  cplx v[3];
  int64_t m = last - count;
  for (;; --m) {
    start_bulge(s, m, shifts, count, v);
    if (m == first)
      break;
    // Two small elements in succession are as good as one that is 0.
    double around = size_at(s, m - 1, m - 1) + size_at(s, m, m) + size_at(s, m + 1, m + 1);
    if (size_at(s, m, m - 1) * (size_of(v[1]) + size_of(v[2])) <=
        epsilon * size_of(v[0]) * around)
      break;
  }
  for (int64_t k = m; k < last; ++k) {
    int64_t rows = last - k < count ? last - k + 1 : count + 1;
    for (int64_t i = 0; k > m && i < rows; ++i) {
      v[i] = *at(s, k + i, k - 1);
      *at(s, k + i, k - 1) = number(0, 0);
    }
    cplx tau = make_reflection(v, rows);
    if (k > m)
      *at(s, k, k - 1) = v[0];
    else if (m > first)
      *at(s, k, k - 1) = mul(*at(s, k, k - 1), sub(number(1, 0), conj_of(tau)));
    reflect(s, v, tau, k, rows, k, (k + count + 1 < last ? k + count + 1 : last) + 1);
  }
}

/// Makes the rows k and k + 1 of a real matrix triangular if their eigenvalues are real.
static void split_pair(schur *s, int64_t k) {
  double a = at(s, k, k)->re, b = at(s, k, k + 1)->re, c = at(s, k + 1, k)->re;
  double d = at(s, k + 1, k + 1)->re, half = (a - d) / 2, square = half * half + b * c;
  if (c == 0 || square < 0)
    return;
  double z = half + copysign(sqrt(square), half), length = length_of(number(c, z));
  double cosine = b == 0 ? 0 : z / length, sine = b == 0 ? 1 : c / length;
  for (int64_t j = k; j < s->n; ++j) {
    cplx x = *at(s, k, j), y = *at(s, k + 1, j);
    *at(s, k, j) = add(scaled(x, cosine), scaled(y, sine));
    *at(s, k + 1, j) = sub(scaled(y, cosine), scaled(x, sine));
  }
  for (int64_t i = 0; i < k + 2 + s->n; ++i) {
    cplx *x = (i < k + 2 ? s->h + i * s->n : s->z + (i - k - 2) * s->n) + k, first = x[0];
    x[0] = add(scaled(first, cosine), scaled(x[1], sine));
    x[1] = sub(scaled(x[1], cosine), scaled(first, sine));
  }
  *at(s, k + 1, k) = number(0, 0);
  if (b != 0) {
    *at(s, k, k) = number(d + z, 0);
    *at(s, k + 1, k + 1) = number(d - b * c / z, 0);
  }
}

/// Whether that came to an end, as it always does.
static int make_triangular(schur *s, int is_real) {
  int64_t count = is_real ? 2 : 1, step = 0, last = s->high;
  while (last >= s->low) {
    int64_t first = find_block(s, last);
    if (last - first < count) {
      if (first < last)
        split_pair(s, first);
      last = first - 1;
      step = 0;
      continue;
    }
    if (step == 300 + 30 * s->n)
      return 0;
    cplx shifts[2];
    find_shifts(s, first, last, step++, shifts);
    step_qr(s, first, last, shifts, count);
  }
  return 1;
}

//===----------------------------------------------------------------------===//
// Eigenvectors
//===----------------------------------------------------------------------===//

/// Whether rows i and i + 1 are a block, of two conjugate eigenvalues.
static int is_pair(const schur *s, int64_t i) {
  return i >= 0 && i + 1 < s->n && at(s, i + 1, i)->re != 0;
}

/// The one with the positive imaginary part stands first.
static cplx get_value(const schur *s, int64_t j) {
  int is_second = is_pair(s, j - 1);
  if (!is_second && !is_pair(s, j))
    return *at(s, j, j);
  int64_t k = is_second ? j - 1 : j;
  double a = at(s, k, k)->re, d = at(s, k + 1, k + 1)->re, half = (a - d) / 2;
  double im = sqrt(-(half * half + at(s, k, k + 1)->re * at(s, k + 1, k)->re));
  return number((a + d) / 2, is_second ? -im : im);
}

/// x with h·x = value·x: `top` rows of it, the last one or two being known.
static void solve_upwards(const schur *s, cplx value, cplx *x, int64_t top) {
  double least = fmax(epsilon * size_of(value), tiny);
  int64_t known = top > 1 && is_pair(s, top - 2) ? 2 : 1;
  for (int64_t i = top - known - 1; i >= 0; --i) {
    int64_t first = is_pair(s, i - 1) ? i - 1 : i;
    cplx sums[2] = {{0, 0}, {0, 0}};
    for (int64_t r = first; r <= i; ++r)
      for (int64_t j = i + 1; j < top; ++j)
        sums[r - first] = sub(sums[r - first], mul(*at(s, r, j), x[j]));
    cplx a = sub(*at(s, first, first), value), d = sub(*at(s, i, i), value), pivot = a;
    if (first < i)
      pivot = sub(mul(a, d), mul(*at(s, first, i), *at(s, i, first)));
    if (size_of(pivot) < least)
      pivot = number(least, 0);
    if (first < i) {
      x[i] = quotient(sub(mul(a, sums[1]), mul(*at(s, i, first), sums[0])), pivot);
      sums[0] = sub(mul(d, sums[0]), mul(*at(s, first, i), sums[1]));
    }
    x[first] = quotient(sums[0], pivot);
    double largest = fmax(size_of(x[first]), size_of(x[i]));
    for (int64_t j = first; largest > 0x1p300 && j < top; ++j)
      x[j] = scaled(x[j], 1 / largest);
    i = first;
  }
}

/// Length 1; the first of the largest elements, but for rounding, real and positive.
static void normalize_vector(cplx *v, int64_t n) {
  double largest = 0, square = 0, size = 0;
  for (int64_t i = 0; i < n; ++i)
    largest = fmax(largest, fmax(fabs(v[i].re), fabs(v[i].im)));
  for (int64_t i = 0; i < n; ++i) {
    v[i] = scaled(v[i], 1 / largest);
    double part = square_of(v[i]);
    square += part;
    size = fmax(size, part);
  }
  int64_t k = 0;
  while (square_of(v[k]) < size * (1 - 0x1p-30))
    ++k;
  cplx turn = scaled(conj_of(v[k]), 1 / sqrt(square) / length_of(v[k]));
  for (int64_t i = 0; i < n; ++i)
    v[i] = mul(v[i], turn);
  v[k].im = 0;
}

/// The eigenvector of eigenvalue j; `x` has n places.
static void get_vector(const schur *s, int64_t j, cplx *x, cplx *v) {
  cplx value = get_value(s, j);
  int64_t top = j + 1;
  x[j] = number(1, 0);
  if (is_pair(s, j)) {
    // Of two rows of which one is a multiple of the other.
    int is_upper = size_at(s, j, j + 1) >= size_at(s, j + 1, j);
    x[j] = is_upper ? *at(s, j, j + 1) : sub(value, *at(s, j + 1, j + 1));
    x[j + 1] = is_upper ? sub(value, *at(s, j, j)) : *at(s, j + 1, j);
    ++top;
  }
  solve_upwards(s, value, x, top);
  for (int64_t i = 0; i < s->n; ++i) {
    v[i] = number(0, 0);
    for (int64_t k = 0; k < top; ++k)
      v[i] = add(v[i], mul(s->z[i * s->n + k], x[k]));
  }
  normalize_vector(v, s->n);
}

/// A is n·n pairs of its parts, divided by `scale`, in s->h.
static void decompose(schur *s, cplx *x, cplx *v, double scale, int32_t element, void *values,
                      void *vectors, int64_t batch) {
  int64_t n = s->n;
  int is_real = 1;
  for (int64_t i = 0; i < n * n; ++i) {
    s->z[i] = number(i / n == i % n, 0);
    is_real &= s->h[i].im == 0;
  }
  s->low = 0;
  s->high = n - 1;
  balance(s);
  make_hessenberg(s, x);
  if (!make_triangular(s, is_real))
    scale = (double)NAN;
  for (int64_t j = 0; j < n; ++j) {
    cplx value = get_value(s, j);
    store_float(element, values, (batch * n + j) * 2, value.re * scale);
    store_float(element, values, (batch * n + j) * 2 + 1, value.im * scale);
    if (!vectors)
      continue;
    if (is_pair(s, j - 1))
      for (int64_t i = 0; i < n; ++i)
        v[i] = conj_of(v[i]);
    else
      get_vector(s, j, x, v);
    for (int64_t i = 0; i < n; ++i) {
      int64_t place = ((batch * n + i) * n + j) * 2;
      store_float(element, vectors, place, v[i].re + (scale - scale));
      store_float(element, vectors, place + 1, v[i].im + (scale - scale));
    }
  }
}

void dlc_kernel_eig(dlc_call *call, int32_t element, const void *in, void *values, void *vectors,
                    int64_t batch, int64_t n) {
  cplx *h = n ? dlc_rt_alloc(call, (2 * n * n + 2 * n) * (int64_t)sizeof(cplx)) : 0;
  if (!h)
    return;
  schur s = {h, h + n * n, n, 0, 0};
  cplx *x = s.z + n * n;
  for (int64_t b = 0; b < batch; ++b) {
    load_floats(element, in, b * n * n * 2, n * n * 2, &h->re);
    double scale = normalize(&h->re, n * n * 2);
    decompose(&s, x, x + n, scale, element, values, vectors, b);
  }
  dlc_rt_free(call, h);
}
