//===- Fft.c - Fourier transforms --------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lengths that are powers of two: iterative radix 2 (Cooley and Tukey, 1965).
// Others: Bluestein's algorithm (1970), a convolution of such a length. All in
// f64, so that f32 results are rounded once.
//
//===----------------------------------------------------------------------===//

#include "Element.h"

#include <math.h>

typedef struct complex64 {
  double re, im;
} complex64;

static complex64 multiply(complex64 a, complex64 b) {
  return (complex64){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/// e^(sign·2πi·k/n), k reduced first so that large products stay exact.
static complex64 root(int64_t k, int64_t n, double sign) {
  double angle = 6.283185307179586476925286766559 * (double)(k % n) / (double)n;
  return (complex64){cos(angle), sign * sin(angle)};
}

/// In place; n a power of two; `roots` holds e^(sign·2πi·k/n) for k < n/2.
static void fft_power_of_two(complex64 *x, int64_t n, const complex64 *roots) {
  for (int64_t i = 1, j = 0; i < n; ++i) {
    int64_t bit = n >> 1;
    for (; j & bit; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) {
      complex64 swap = x[i];
      x[i] = x[j];
      x[j] = swap;
    }
  }
  for (int64_t half = 1; half < n; half *= 2)
    for (int64_t block = 0; block < n; block += 2 * half)
      for (int64_t k = 0; k < half; ++k) {
        complex64 *a = x + block + k, *b = a + half;
        complex64 t = multiply(*b, roots[k * (n / (2 * half))]);
        *b = (complex64){a->re - t.re, a->im - t.im};
        *a = (complex64){a->re + t.re, a->im + t.im};
      }
}

/// What a transform of one length and sign needs.
typedef struct plan {
  int64_t n, m;       ///< length; power of two at least 2n - 1 (Bluestein), or n
  complex64 *roots;   ///< of m: m / 2
  complex64 *inverse; ///< of m, the other sign (Bluestein)
  complex64 *chirp;   ///< e^(sign·πi·k²/n) (Bluestein)
  complex64 *filter;  ///< transform of the chirp's conjugate (Bluestein)
  complex64 *work;    ///< m
} plan;

static int make_plan(dlc_call *call, plan *p, int64_t n, double sign) {
  int64_t m = 1;
  int direct = (n & (n - 1)) == 0;
  while (m < (direct ? n : 2 * n - 1))
    m *= 2;
  int64_t count = direct ? m / 2 + m : m / 2 + m / 2 + n + m + m;
  complex64 *memory = dlc_rt_alloc(call, (count + 1) * (int64_t)sizeof(complex64));
  if (!memory)
    return 0;
  *p = (plan){n, m, memory, 0, 0, 0, memory + m / 2};
  for (int64_t k = 0; k < m / 2; ++k)
    p->roots[k] = root(k, m, direct ? sign : -1);
  if (direct)
    return 1;
  p->inverse = p->work + m;
  p->chirp = p->inverse + m / 2;
  p->filter = p->chirp + n;
  for (int64_t k = 0; k < m / 2; ++k)
    p->inverse[k] = (complex64){p->roots[k].re, -p->roots[k].im};
  // k² mod 2n without overflow: (k+1)² = k² + 2k + 1.
  for (int64_t k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), ++k)
    p->chirp[k] = root(square, 2 * n, sign);
  memset(p->filter, 0, m * sizeof(complex64));
  for (int64_t k = 0; k < n; ++k) {
    complex64 c = {p->chirp[k].re, -p->chirp[k].im};
    p->filter[k] = c;
    if (k)
      p->filter[m - k] = c;
  }
  fft_power_of_two(p->filter, m, p->roots);
  return 1;
}

/// Transforms the n values in p->work, in place.
static void transform(const plan *p) {
  complex64 *x = p->work;
  if (!p->chirp) {
    fft_power_of_two(x, p->n, p->roots);
    return;
  }
  for (int64_t k = 0; k < p->n; ++k)
    x[k] = multiply(x[k], p->chirp[k]);
  memset(x + p->n, 0, (p->m - p->n) * sizeof(complex64));
  fft_power_of_two(x, p->m, p->roots);
  for (int64_t k = 0; k < p->m; ++k)
    x[k] = multiply(x[k], p->filter[k]);
  fft_power_of_two(x, p->m, p->inverse);
  for (int64_t k = 0; k < p->n; ++k) {
    complex64 y = {x[k].re / (double)p->m, x[k].im / (double)p->m};
    x[k] = multiply(y, p->chirp[k]);
  }
}

void dlc_kernel_fft(dlc_call *call, int32_t element, int32_t kind, const void *in, void *out,
                    int64_t outer, int64_t n, int64_t terms, int64_t inner) {
  enum { FFT, IFFT, RFFT, IRFFT };
  if (n == 0 || outer == 0 || inner == 0)
    return;
  int inverse = kind == IFFT || kind == IRFFT;
  plan p;
  if (!make_plan(call, &p, n, inverse ? 1 : -1))
    return;
  double scale = inverse ? 1 / (double)n : 1;
  int64_t in_size = kind == IRFFT ? terms : n, out_size = kind == RFFT ? terms : n;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      for (int64_t k = 0; k < n; ++k) {
        // The missing half of a real signal's spectrum is the conjugate.
        int mirrored = kind == IRFFT && k >= n / 2 + 1;
        int64_t source = (o * in_size + (mirrored ? n - k : k)) * inner + i;
        complex64 x = {0, 0};
        if (kind == RFFT)
          x.re = element_float(element, in, source);
        else if ((mirrored ? n - k : k) < in_size)
          x = (complex64){element_float(element, in, 2 * source),
                          element_float(element, in, 2 * source + 1)};
        if (kind == IRFFT && (k == 0 || 2 * k == n))
          x.im = 0; // Its own conjugate.
        if (mirrored)
          x.im = -x.im;
        p.work[k] = x;
      }
      transform(&p);
      for (int64_t k = 0; k < out_size; ++k) {
        int64_t target = (o * out_size + k) * inner + i;
        if (kind == IRFFT) {
          store_float(element, out, target, p.work[k].re * scale);
        } else {
          store_float(element, out, 2 * target, p.work[k].re * scale);
          store_float(element, out, 2 * target + 1, p.work[k].im * scale);
        }
      }
    }
  dlc_rt_free(call, p.roots);
}
