//===- KernelsTest.cpp - the C routines that kernels call -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each routine against a few lines that say the same slowly, on random data of
// random sizes with many equal elements. Scratch memory is the test's own, so that
// what isn't freed or doesn't exist shows.
//
//===----------------------------------------------------------------------===//

#include "dlc/Runtime/Kernels.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace {
int64_t liveBlocks = 0;
bool hasMemory = true;
} // namespace

extern "C" {
void *dlc_rt_alloc(dlc_call *, int64_t bytes) {
  if (!hasMemory)
    return nullptr;
  ++liveBlocks;
  return std::aligned_alloc(64, (bytes + 63) / 64 * 64);
}
void dlc_rt_free(dlc_call *, void *memory) {
  liveBlocks -= memory != nullptr;
  std::free(memory);
}
}

namespace {

using Rng = std::mt19937_64;

/// Small integers as T, NaN now and then where there is one.
template <typename T>
std::vector<T> makeValues(Rng &rng, int64_t count, bool withNaN = true) {
  std::vector<T> values(count);
  for (T &value : values) {
    value = T(int(rng() % 7) - (std::is_signed_v<T> ? 3 : 0));
    if (withNaN && std::numeric_limits<T>::has_quiet_NaN && rng() % 8 == 0)
      value = std::numeric_limits<T>::quiet_NaN();
  }
  return values;
}

/// The order of dl.sort: NaN last.
template <typename T>
bool isLess(T a, T b) {
  return a != a ? false : b != b ? true : a < b;
}

/// The positions along the middle dimension, in order.
template <typename T>
std::vector<int64_t> getOrder(const std::vector<T> &values, int64_t base, int64_t n, int64_t inner,
                              bool descending) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    T a = values[base + i * inner], b = values[base + j * inner];
    if (descending)
      std::swap(a, b);
    return isLess(a, b) || (!isLess(b, a) && i < j);
  });
  return order;
}

bool isSame(double a, double b) { return a == b || (a != a && b != b); }

template <typename T>
void checkSort(int32_t element) {
  Rng rng(1);
  for (int round = 0; round < 40; ++round) {
    int64_t outer = rng() % 3, n = rng() % 40, inner = rng() % 3, total = outer * n * inner;
    bool descending = rng() % 2;
    std::vector<T> keys = makeValues<T>(rng, total), sorted(total), permuted(total);
    std::vector<int64_t> permutation(total);
    dlc_kernel_sort(nullptr, element, keys.data(), sorted.data(), permutation.data(), outer, n,
                    inner, descending);
    dlc_kernel_permute(sizeof(T), keys.data(), permutation.data(), permuted.data(), outer, n,
                       inner);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t base = o * n * inner + i;
        std::vector<int64_t> order = getOrder(keys, base, n, inner, descending);
        for (int64_t j = 0; j < n; ++j) {
          int64_t at = base + j * inner;
          ASSERT_EQ(permutation[at], order[j]);
          ASSERT_TRUE(isSame(sorted[at], keys[base + order[j] * inner]));
          ASSERT_TRUE(isSame(permuted[at], sorted[at]));
        }
      }
    ASSERT_EQ(liveBlocks, 0);
  }
}

TEST(Kernels, SortIsStableWithNaNLast) {
  checkSort<float>(DLC_F32);
  checkSort<double>(DLC_F64);
  checkSort<int8_t>(DLC_I8);
  checkSort<int64_t>(DLC_I64);
  checkSort<uint16_t>(DLC_UI16);
}

TEST(Kernels, TopKIsTheFrontOfTheOrder) {
  Rng rng(2);
  for (int round = 0; round < 60; ++round) {
    int64_t outer = 1 + rng() % 2, n = 1 + rng() % 50, inner = 1 + rng() % 3, k = rng() % (n + 1);
    bool smallest = rng() % 2;
    std::vector<float> in = makeValues<float>(rng, outer * n * inner), values(outer * k * inner);
    std::vector<int32_t> indices(values.size());
    dlc_kernel_top_k(nullptr, DLC_F32, in.data(), values.data(), indices.data(), 4, outer, n,
                     inner, k, smallest);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        std::vector<int64_t> order = getOrder(in, o * n * inner + i, n, inner, !smallest);
        for (int64_t j = 0; j < k; ++j) {
          int64_t at = (o * k + j) * inner + i;
          ASSERT_EQ(indices[at], order[j]) << n << " " << k;
          ASSERT_TRUE(isSame(values[at], in[(o * n + order[j]) * inner + i]));
        }
      }
    ASSERT_EQ(liveBlocks, 0);
  }
}

TEST(Kernels, NonzeroGivesCoordinates) {
  // NaN counts, minus zero doesn't.
  std::vector<float> in{0, 1, -0.f, NAN, 0, -2};
  int64_t sizes[] = {2, 3}, count = dlc_kernel_nonzero_count(DLC_F32, in.data(), 6);
  ASSERT_EQ(count, 3);
  std::vector<int64_t> out(2 * count);
  dlc_kernel_nonzero(DLC_F32, in.data(), out.data(), 8, 2, sizes, count);
  EXPECT_EQ(out, (std::vector<int64_t>{0, 1, 1, 1, 0, 2}));
  EXPECT_EQ(dlc_kernel_nonzero_count(DLC_F32, nullptr, 0), 0);
}

TEST(Kernels, UniqueElements) {
  std::vector<int32_t> in{2, 1, 2, 5, 1};
  for (bool sorted : {true, false}) {
    int64_t count = dlc_kernel_unique_count(nullptr, DLC_I32, in.data(), 1, 5, 1, 0);
    ASSERT_EQ(count, 3);
    std::vector<int32_t> values(count);
    std::vector<int64_t> first(count), inverse(5), counts(count);
    dlc_kernel_unique(nullptr, DLC_I32, in.data(), values.data(), first.data(), inverse.data(),
                      counts.data(), 8, 1, 5, 1, count, sorted, 0);
    EXPECT_EQ(values, sorted ? (std::vector<int32_t>{1, 2, 5}) : (std::vector<int32_t>{2, 1, 5}));
    EXPECT_EQ(first, sorted ? (std::vector<int64_t>{1, 0, 3}) : (std::vector<int64_t>{0, 1, 3}));
    EXPECT_EQ(inverse, sorted ? (std::vector<int64_t>{1, 0, 1, 2, 0})
                              : (std::vector<int64_t>{0, 1, 0, 2, 1}));
    EXPECT_EQ(counts, sorted ? (std::vector<int64_t>{2, 2, 1}) : (std::vector<int64_t>{2, 2, 1}));
  }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, UniqueSlicesCompareWhole) {
  // Columns of [[1, 0, 1, nan], [2, 2, 2, 0]]: the first and third are equal.
  std::vector<float> in{1, 0, 1, NAN, 2, 2, 2, 0};
  int64_t count = dlc_kernel_unique_count(nullptr, DLC_F32, in.data(), 2, 4, 1, 1);
  ASSERT_EQ(count, 3);
  std::vector<float> values(2 * count);
  std::vector<int32_t> first(count), inverse(4), counts(count);
  dlc_kernel_unique(nullptr, DLC_F32, in.data(), values.data(), first.data(), inverse.data(),
                    counts.data(), 4, 2, 4, 1, count, true, 1);
  EXPECT_EQ(first, (std::vector<int32_t>{1, 0, 3}));
  EXPECT_EQ(inverse, (std::vector<int32_t>{1, 0, 1, 2}));
  EXPECT_EQ(counts, (std::vector<int32_t>{1, 2, 1}));
  EXPECT_EQ(values[4], 2);
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, NonMaxSuppressionKeepsWithinItsCapacity) {
  // The second box covers most of the first; the third stands apart; corners of the
  // third in the other order.
  std::vector<float> boxes{0, 0, 1, 1, 0, 0.1f, 1, 1.1f, 11, 11, 10, 10};
  std::vector<float> scores{0.9f, 0.75f, 0.6f};
  auto run = [&](int64_t *out, int64_t capacity, int64_t most, double iou, double score) {
    return dlc_kernel_non_max_suppression(nullptr, DLC_F32, boxes.data(), scores.data(), out, 8,
                                          capacity, 1, 1, 3, most, iou, score, 0);
  };
  std::vector<int64_t> rows(6, -1);
  EXPECT_EQ(run(nullptr, 0, 3, 0.5, -INFINITY), 2);
  EXPECT_EQ(run(rows.data(), 2, 3, 0.5, -INFINITY), 2);
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 0, 0, 0, 0, 2}));
  EXPECT_EQ(run(nullptr, 0, 3, 0.5, 0.7), 1);
  EXPECT_EQ(run(nullptr, 0, 1, 0.5, -INFINITY), 1);
  EXPECT_EQ(run(nullptr, 0, 0, 0.5, -INFINITY), 0);
  EXPECT_EQ(run(nullptr, 0, 3, 0.9, -INFINITY), 3);
  std::fill(rows.begin(), rows.end(), -1);
  run(rows.data(), 1, 3, 0.5, -INFINITY);
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 0, 0, -1, -1, -1}));
  EXPECT_EQ(liveBlocks, 0);
}

/// The transform by its definition.
std::vector<std::complex<double>> transform(const std::vector<std::complex<double>> &x,
                                            bool inverse) {
  size_t n = x.size();
  std::vector<std::complex<double>> y(n);
  for (size_t k = 0; k < n; ++k) {
    for (size_t j = 0; j < n; ++j)
      y[k] += x[j] * std::polar(1.0, (inverse ? 2 : -2) * M_PI * double(j * k % n) / double(n));
    if (inverse)
      y[k] /= double(n);
  }
  return y;
}

TEST(Kernels, FourierTransformsOfAnyLength) {
  Rng rng(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int64_t n : {1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 30, 97, 128}) {
    std::vector<std::complex<double>> x(n);
    for (auto &value : x)
      value = {uniform(rng), uniform(rng)};
    for (int32_t kind : {0, 1}) {
      std::vector<std::complex<double>> y(n), expected = transform(x, kind == 1);
      dlc_kernel_fft(nullptr, DLC_F64, kind, x.data(), y.data(), 1, n, n, 1);
      for (int64_t k = 0; k < n; ++k)
        ASSERT_LT(std::abs(y[k] - expected[k]), 1e-12 * n) << n << " " << k;
    }
    // Real: half of the terms, and back.
    std::vector<double> real(n), back(n);
    for (int64_t j = 0; j < n; ++j)
      real[j] = x[j].real(), x[j] = real[j];
    int64_t terms = n / 2 + 1;
    std::vector<std::complex<double>> half(terms), expected = transform(x, false);
    dlc_kernel_fft(nullptr, DLC_F64, 2, real.data(), half.data(), 1, n, terms, 1);
    for (int64_t k = 0; k < terms; ++k)
      ASSERT_LT(std::abs(half[k] - expected[k]), 1e-12 * n) << n << " " << k;
    dlc_kernel_fft(nullptr, DLC_F64, 3, half.data(), back.data(), 1, n, terms, 1);
    for (int64_t j = 0; j < n; ++j)
      ASSERT_NEAR(back[j], real[j], 1e-12 * n) << n << " " << j;
    ASSERT_EQ(liveBlocks, 0);
  }
}

TEST(Kernels, CholeskyTimesItsTransposeIsTheMatrix) {
  Rng rng(4);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int64_t n : {0, 1, 2, 5, 33}) {
    std::vector<double> b(n * n), a(n * n, 0), l(n * n, -7), u(n * n, -7);
    for (double &value : b)
      value = uniform(rng);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        for (int64_t k = 0; k < n; ++k)
          a[i * n + j] += b[i * n + k] * b[j * n + k];
        a[i * n + j] += i == j ? 1 : 0;
      }
    dlc_kernel_cholesky(nullptr, DLC_F64, a.data(), l.data(), 1, n, 0);
    dlc_kernel_cholesky(nullptr, DLC_F64, a.data(), u.data(), 1, n, 1);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < n; ++k)
          sum += l[i * n + k] * l[j * n + k];
        ASSERT_NEAR(sum, a[i * n + j], 1e-10);
        ASSERT_NEAR(u[j * n + i], l[i * n + j], 1e-10);
        if (j > i)
          ASSERT_EQ(l[i * n + j], 0);
      }
  }
  double indefinite[] = {1, 2, 2, 1}, out[4];
  dlc_kernel_cholesky(nullptr, DLC_F64, indefinite, out, 1, 2, 0);
  EXPECT_EQ(out[0], 1);
  EXPECT_TRUE(std::isnan(out[3]));
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, TriangularSolveInEveryForm) {
  Rng rng(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  constexpr int64_t n = 6, m = 3;
  for (int form = 0; form < 16; ++form) {
    bool right = form & 1, upper = form & 2, unit = form & 4, transpose = form & 8;
    std::vector<double> a(n * n), b(n * m), x(n * m), used(n * n, 0);
    for (double &value : a)
      value = uniform(rng);
    for (int64_t i = 0; i < n; ++i)
      a[i * n + i] += a[i * n + i] < 0 ? -2 : 2;
    for (double &value : b)
      value = uniform(rng);
    // The matrix that is meant: one triangle, perhaps a unit diagonal.
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j)
        if (i == j || (upper ? j > i : j < i))
          used[transpose ? j * n + i : i * n + j] = i == j && unit ? 1 : a[i * n + j];
    dlc_kernel_triangular_solve(nullptr, DLC_F64, a.data(), b.data(), x.data(), 1, n, m, right,
                                upper, unit, transpose);
    for (int64_t r = 0; r < (right ? m : n); ++r)
      for (int64_t c = 0; c < (right ? n : m); ++c) {
        double sum = 0;
        for (int64_t k = 0; k < n; ++k)
          sum += right ? x[r * n + k] * used[k * n + c] : used[r * n + k] * x[k * m + c];
        ASSERT_NEAR(sum, b[right ? r * n + c : r * m + c], 1e-9) << "form " << form;
      }
  }
  EXPECT_EQ(liveBlocks, 0);
}

/// x · y of row-major matrices.
std::vector<double> multiply(const std::vector<double> &x, const std::vector<double> &y, int64_t m,
                             int64_t k, int64_t n) {
  std::vector<double> z(m * n, 0);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t l = 0; l < k; ++l)
      for (int64_t j = 0; j < n; ++j)
        z[i * n + j] += x[i * k + l] * y[l * n + j];
  return z;
}

std::vector<double> transpose(const std::vector<double> &x, int64_t m, int64_t n) {
  std::vector<double> y(n * m);
  for (int64_t i = 0; i < m * n; ++i)
    y[i % n * m + i / n] = x[i];
  return y;
}

void expectNear(const std::vector<double> &x, const std::vector<double> &y) {
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(x[i], y[i], 1e-11) << i;
}

/// Random, of the given rank at most.
std::vector<double> makeMatrix(Rng &rng, int64_t m, int64_t n, int64_t rank) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> x(m * rank), y(rank * n);
  for (double &value : x)
    value = uniform(rng);
  for (double &value : y)
    value = uniform(rng);
  return multiply(x, y, m, rank, n);
}

std::vector<double> makeIdentity(int64_t n) {
  std::vector<double> x(n * n, 0);
  for (int64_t i = 0; i < n; ++i)
    x[i * n + i] = 1;
  return x;
}

constexpr std::pair<int64_t, int64_t> kSizes[] = {{0, 0}, {0, 3}, {3, 0}, {1, 1}, {4, 4},
                                                  {7, 3}, {3, 7}, {20, 20}, {33, 12}};

TEST(Kernels, LuTimesItsExchangesIsTheMatrix) {
  Rng rng(6);
  for (auto [m, n] : kSizes) {
    int64_t count = std::min(m, n);
    std::vector<double> a = makeMatrix(rng, m, n, std::max(count - 1, int64_t(1))), f(m * n);
    std::vector<double> l(m * count, 0), u(count * n, 0), back(m * n);
    std::vector<int32_t> pivots(count);
    dlc_kernel_lu(nullptr, DLC_F64, a.data(), f.data(), pivots.data(), 1, m, n);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        (j < i ? l[i * count + j] : u[i * n + j]) = f[i * n + j];
    for (int64_t i = 0; i < count; ++i)
      l[i * count + i] = 1;
    std::vector<double> product = multiply(l, u, m, count, n);
    dlc_kernel_exchange_rows(8, product.data(), pivots.data(), 4, back.data(), 1, m, n, count, 1);
    expectNear(back, a);
  }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, ReflectionsTimesTheirTriangleAreTheMatrix) {
  Rng rng(7);
  for (auto [m, n] : kSizes) {
    int64_t count = std::min(m, n);
    std::vector<double> a = makeMatrix(rng, m, n, std::max(count - 1, int64_t(1)));
    std::vector<double> f(m * n), tau(count), v(m * count), q(m * count), r(count * n, 0);
    dlc_kernel_householder_qr(nullptr, DLC_F64, a.data(), f.data(), tau.data(), 1, m, n);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        if (j < count)
          v[i * count + j] = f[i * n + j];
        if (i <= j && i < count)
          r[i * n + j] = f[i * n + j];
      }
    dlc_kernel_householder_product(nullptr, DLC_F64, v.data(), tau.data(), q.data(), 1, m, count,
                                   count);
    expectNear(multiply(q, r, m, count, n), a);
    expectNear(multiply(transpose(q, m, count), q, count, m, count), makeIdentity(count));
  }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, EigenvectorsMakeTheMatrixDiagonal) {
  Rng rng(8);
  for (int64_t n : {0, 1, 2, 3, 10, 40})
    for (int64_t rank : {n, n / 2 + 1}) {
      std::vector<double> half = makeMatrix(rng, n, n, rank), a(n * n), l(n), v(n * n), scaled;
      for (int64_t i = 0; i < n * n; ++i)
        a[i] = half[i] + half[i % n * n + i / n];
      dlc_kernel_eigh(nullptr, DLC_F64, a.data(), l.data(), v.data(), 1, n, 0);
      scaled = v;
      for (int64_t i = 0; i < n * n; ++i)
        scaled[i] *= l[i % n];
      expectNear(multiply(scaled, transpose(v, n, n), n, n, n), a);
      expectNear(multiply(v, transpose(v, n, n), n, n, n), makeIdentity(n));
      EXPECT_TRUE(std::is_sorted(l.begin(), l.end()));
      std::vector<double> alone(n);
      dlc_kernel_eigh(nullptr, DLC_F64, a.data(), alone.data(), nullptr, 1, n, 0);
      expectNear(alone, l);
    }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, EigenvectorsAreScaledByTheMatrix) {
  Rng rng(11);
  for (int64_t n : {0, 1, 2, 3, 10, 40})
    for (bool isReal : {false, true}) {
      std::vector<double> re = makeMatrix(rng, n, n, n), im(n * n, 0), a;
      if (!isReal)
        im = makeMatrix(rng, n, n, n);
      for (int64_t i = 0; i < n * n; ++i)
        a.insert(a.end(), {re[i], im[i]});
      std::vector<double> l(n * 2), v(n * n * 2), alone(n * 2), vRe(n * n), vIm(n * n);
      dlc_kernel_eig(nullptr, DLC_F64, a.data(), l.data(), v.data(), 1, n);
      std::vector<double> scaledRe(n * n), scaledIm(n * n);
      for (int64_t i = 0; i < n * n; ++i) {
        double x = l[i % n * 2], y = l[i % n * 2 + 1];
        vRe[i] = v[2 * i], vIm[i] = v[2 * i + 1];
        scaledRe[i] = vRe[i] * x - vIm[i] * y, scaledIm[i] = vRe[i] * y + vIm[i] * x;
      }
      std::vector<double> left = multiply(re, vRe, n, n, n), right = multiply(im, vIm, n, n, n);
      for (int64_t i = 0; i < n * n; ++i)
        left[i] -= right[i];
      expectNear(left, scaledRe);
      left = multiply(re, vIm, n, n, n), right = multiply(im, vRe, n, n, n);
      for (int64_t i = 0; i < n * n; ++i)
        left[i] += right[i];
      expectNear(left, scaledIm);
      dlc_kernel_eig(nullptr, DLC_F64, a.data(), alone.data(), nullptr, 1, n);
      EXPECT_EQ(alone, l);
    }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, SingularVectorsMakeTheMatrixDiagonal) {
  Rng rng(9);
  for (auto [m, n] : kSizes)
    for (bool full : {false, true})
      for (int64_t rank : {int64_t(1), std::max(m, n)}) {
        int64_t count = std::min(m, n), left = full ? m : count, right = full ? n : count;
        std::vector<double> a = makeMatrix(rng, m, n, rank), s(count), u(m * left), vt(right * n);
        dlc_kernel_svd(nullptr, DLC_F64, a.data(), u.data(), s.data(), vt.data(), 1, m, n, full);
        std::vector<double> d(left * right, 0);
        for (int64_t i = 0; i < count; ++i)
          d[i * right + i] = s[i];
        expectNear(multiply(multiply(u, d, m, left, right), vt, m, right, n), a);
        expectNear(multiply(transpose(u, m, left), u, left, m, left), makeIdentity(left));
        expectNear(multiply(vt, transpose(vt, right, n), right, n, right), makeIdentity(right));
        EXPECT_TRUE(std::is_sorted(s.rbegin(), s.rend()));
        std::vector<double> alone(count);
        dlc_kernel_svd(nullptr, DLC_F64, a.data(), nullptr, alone.data(), nullptr, 1, m, n, full);
        expectNear(alone, s);
      }
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, LdlSolvesItsMatrix) {
  Rng rng(10);
  for (int64_t n : {0, 1, 2, 3, 10, 40}) {
    std::vector<double> half = makeMatrix(rng, n, n, n), a(n * n), f(n * n), x(n * 2), b(n * 2);
    for (int64_t i = 0; i < n * n; ++i)
      a[i] = i / n == i % n ? 0 : half[i] + half[i % n * n + i / n] + 1;
    for (double &value : b)
      value = double(rng() % 7);
    if (n == 1)
      a[0] = 3;
    std::vector<int32_t> pivots(n);
    dlc_kernel_ldl(nullptr, DLC_F64, a.data(), f.data(), pivots.data(), 1, n);
    EXPECT_EQ(dlc_kernel_ldl_solve(nullptr, DLC_F64, f.data(), pivots.data(), 4, b.data(),
                                   x.data(), 1, n, 2),
              1);
    std::vector<double> product = multiply(a, x, n, n, 2);
    for (int64_t i = 0; i < n * 2; ++i)
      ASSERT_NEAR(product[i], b[i], 1e-9);
  }
  double f = 1, b = 1, x;
  for (int32_t pivot : {0, 2, -1})
    EXPECT_EQ(dlc_kernel_ldl_solve(nullptr, DLC_F64, &f, &pivot, 4, &b, &x, 1, 1, 1), 0);
  EXPECT_EQ(liveBlocks, 0);
}

TEST(Kernels, WithoutMemoryNothingHappens) {
  hasMemory = false;
  std::vector<float> in(17, 1), out(34);
  std::vector<int64_t> indices(17);
  dlc_kernel_sort(nullptr, DLC_F32, in.data(), out.data(), indices.data(), 1, 17, 1, 0);
  dlc_kernel_top_k(nullptr, DLC_F32, in.data(), out.data(), indices.data(), 8, 1, 17, 1, 3, 0);
  dlc_kernel_unique_count(nullptr, DLC_F32, in.data(), 1, 17, 1, 0);
  dlc_kernel_fft(nullptr, DLC_F32, 2, in.data(), out.data(), 1, 17, 9, 1);
  dlc_kernel_cholesky(nullptr, DLC_F32, in.data(), out.data(), 1, 4, 0);
  dlc_kernel_triangular_solve(nullptr, DLC_F32, in.data(), in.data(), out.data(), 1, 4, 1, 0, 0, 0,
                              0);
  std::vector<int32_t> rows(4);
  dlc_kernel_lu(nullptr, DLC_F32, in.data(), out.data(), rows.data(), 1, 4, 4);
  dlc_kernel_householder_qr(nullptr, DLC_F32, in.data(), out.data(), out.data(), 1, 4, 4);
  dlc_kernel_householder_product(nullptr, DLC_F32, in.data(), in.data(), out.data(), 1, 4, 4, 4);
  dlc_kernel_eigh(nullptr, DLC_F32, in.data(), out.data(), out.data(), 1, 4, 0);
  dlc_kernel_eig(nullptr, DLC_F32, in.data(), out.data(), out.data(), 1, 2);
  dlc_kernel_svd(nullptr, DLC_F32, in.data(), out.data(), out.data(), out.data(), 1, 4, 4, 0);
  dlc_kernel_ldl(nullptr, DLC_F32, in.data(), out.data(), rows.data(), 1, 4);
  dlc_kernel_ldl_solve(nullptr, DLC_F32, in.data(), rows.data(), 4, in.data(), out.data(), 1, 4, 1);
  hasMemory = true;
  EXPECT_EQ(liveBlocks, 0);
}

} // namespace
