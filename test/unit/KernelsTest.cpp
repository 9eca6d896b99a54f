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
    int64_t count = dlc_kernel_unique_count(nullptr, DLC_I32, in.data(), 1, 5, 1);
    ASSERT_EQ(count, 3);
    std::vector<int32_t> values(count);
    std::vector<int64_t> first(count), inverse(5), counts(count);
    dlc_kernel_unique(nullptr, DLC_I32, in.data(), values.data(), first.data(), inverse.data(),
                      counts.data(), 8, 1, 5, 1, count, sorted);
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
  int64_t count = dlc_kernel_unique_count(nullptr, DLC_F32, in.data(), 2, 4, 1);
  ASSERT_EQ(count, 3);
  std::vector<float> values(2 * count);
  std::vector<int32_t> first(count), inverse(4), counts(count);
  dlc_kernel_unique(nullptr, DLC_F32, in.data(), values.data(), first.data(), inverse.data(),
                    counts.data(), 4, 2, 4, 1, count, true);
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

TEST(Kernels, WithoutMemoryNothingHappens) {
  hasMemory = false;
  std::vector<float> in(17, 1), out(34);
  std::vector<int64_t> indices(17);
  dlc_kernel_sort(nullptr, DLC_F32, in.data(), out.data(), indices.data(), 1, 17, 1, 0);
  dlc_kernel_top_k(nullptr, DLC_F32, in.data(), out.data(), indices.data(), 8, 1, 17, 1, 3, 0);
  dlc_kernel_unique_count(nullptr, DLC_F32, in.data(), 1, 17, 1);
  dlc_kernel_fft(nullptr, DLC_F32, 2, in.data(), out.data(), 1, 17, 9, 1);
  dlc_kernel_cholesky(nullptr, DLC_F32, in.data(), out.data(), 1, 4, 0);
  dlc_kernel_triangular_solve(nullptr, DLC_F32, in.data(), in.data(), out.data(), 1, 4, 1, 0, 0, 0,
                              0);
  hasMemory = true;
  EXPECT_EQ(liveBlocks, 0);
}

} // namespace
