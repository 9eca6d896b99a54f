//===- MathTest.cpp - the vector-math library against long double ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors in units in the last place over each function's range, and the special
// values of C's functions. That loops over these functions vectorise is tested in
// TargetTest.cpp.
//
//===----------------------------------------------------------------------===//

#include "dlc/Runtime/Math.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace {

/// |y − r| in units in the last place of T.
template <typename T> double ulps(T y, long double r) {
  if (std::isnan(r))
    return std::isnan(y) ? 0 : HUGE_VAL;
  T nearest = T(r);
  if (std::isinf(nearest))
    return y == nearest || std::fabs(y) > std::numeric_limits<T>::max() / 2 ? 0 : HUGE_VAL;
  if (std::isnan(y) || std::isinf(y))
    return HUGE_VAL;
  T a = std::fabs(nearest), unit = std::nextafter(a, T(HUGE_VAL)) - a;
  if (std::isinf(unit))
    unit = a - std::nextafter(a, T(0));
  return double(std::fabs((long double)y - r) / unit);
}

struct Function {
  const char *name;
  float (*f32)(float);
  double (*f64)(double);
  long double (*reference)(long double);
  double low, high;          ///< the arguments
  double bound32, bound64;   ///< in ulps
};

long double sigmoidl(long double x) { return 1 / (1 + expl(-x)); }
long double silul(long double x) { return x / (1 + expl(-x)); }
long double rsqrtl(long double x) { return 1 / sqrtl(x); }

#define FN(name, reference, low, high, b32, b64)                                                   \
  {#name, dlc_math_##name##_f32, dlc_math_##name##_f64, reference, low, high, b32, b64}

const Function kFunctions[] = {
    FN(exp, expl, -800, 800, 1, 1),
    FN(exp2, exp2l, -1080, 1030, 1, 1.1),
    FN(expm1, expm1l, -800, 800, 1, 2),
    FN(log, logl, 0, 3e38, 1, 1),
    FN(log2, log2l, 0, 3e38, 1, 1),
    FN(log1p, log1pl, -1, 3e38, 1, 1),
    FN(sin, sinl, -1e5, 1e5, 1, 2.5),
    FN(cos, cosl, -1e5, 1e5, 1, 2.5),
    FN(tan, tanl, -1e5, 1e5, 1, 4),
    FN(sin, sinl, -3e38, 3e38, 1, 2.5),
    FN(cos, cosl, -1e300, 1e300, 1, 2.5),
    FN(tan, tanl, -1e300, 1e300, 1, 4),
    FN(asin, asinl, -1, 1, 1, 2.5),
    FN(acos, acosl, -1, 1, 1, 1.5),
    FN(atan, atanl, -1e3, 1e3, 1, 1),
    FN(sinh, sinhl, -720, 720, 1, 2.5),
    FN(cosh, coshl, -720, 720, 1, 2.7),
    FN(tanh, tanhl, -30, 30, 1.5, 2.7),
    FN(asinh, asinhl, -3e38, 3e38, 1, 2),
    FN(acosh, acoshl, 1, 1e10, 1, 2),
    FN(atanh, atanhl, -1, 1, 1, 2),
    FN(erf, erfl, -7, 7, 1.1, 1),
    FN(sigmoid, sigmoidl, -100, 100, 2.5, 2.5),
    FN(silu, silul, -80, 80, 3.5, 3.5),
    FN(rsqrt, rsqrtl, 1e-30, 3e38, 1.6, 1.6),
    FN(cbrt, cbrtl, -3e38, 3e38, 1, 3),
    FN(lgamma, lgammal, 2.5, 1e5, 1, 30),
};

/// Uniform, logarithmic and clustered near zero in turn.
double argument(std::mt19937_64 &rng, const Function &f, int i) {
  std::uniform_real_distribution<double> unit(0, 1);
  double x = f.low + (f.high - f.low) * unit(rng);
  if (i % 3 == 1)
    x = (f.low < 0 && rng() % 2 ? -1 : 1) * std::exp(-30 * unit(rng));
  else if (i % 3 == 2)
    x = f.low + (f.high - f.low) * unit(rng) * unit(rng) * unit(rng);
  return x < f.low || x > f.high ? (f.low + f.high) / 2 : x;
}

TEST(Math, IsAccurate) {
  for (const Function &f : kFunctions) {
    std::mt19937_64 rng(1);
    double worst32 = 0, worst64 = 0, at32 = 0, at64 = 0;
    for (int i = 0; i < 60000; ++i) {
      double x = argument(rng, f, i);
      float narrow = float(x);
      if (double e = ulps(f.f32(narrow), f.reference(narrow)); e > worst32)
        worst32 = e, at32 = narrow;
      if (double e = ulps(f.f64(x), f.reference(x)); e > worst64)
        worst64 = e, at64 = x;
    }
    EXPECT_LE(worst32, f.bound32) << f.name << "_f32 at " << at32;
    EXPECT_LE(worst64, f.bound64) << f.name << "_f64 at " << at64;
  }
}

const double kSpecial[] = {0.0, -0.0, 1, -1, HUGE_VAL, -HUGE_VAL, NAN, 0.5, 2, -2, 3, -3, 1e-310, 1e300,
                           1e10, -1e10, -1e300};

bool same(double y, double r) {
  if (std::isnan(r))
    return std::isnan(y);
  return (y == r && std::signbit(y) == std::signbit(r)) || std::fabs(y - r) <= 1e-14 * std::fabs(r);
}

TEST(Math, HasTheSpecialValuesOfC) {
#define CHECK(fn)                                                                                  \
  EXPECT_TRUE(same(dlc_math_##fn##_f64(x), std::fn(x))) << #fn << " at " << x << ": "             \
                                                        << dlc_math_##fn##_f64(x);                 \
  if (std::isnan(x) || std::isinf(x) || x == 0) {                                                  \
    EXPECT_TRUE(same(dlc_math_##fn##_f32(x), float(std::fn(x)))) << #fn << "f at " << x;           \
  }
  for (double x : kSpecial) {
    CHECK(exp) CHECK(exp2) CHECK(expm1) CHECK(log) CHECK(log2) CHECK(log1p) CHECK(sin) CHECK(cos)
    CHECK(tan) CHECK(asin) CHECK(acos) CHECK(atan) CHECK(sinh) CHECK(cosh) CHECK(tanh) CHECK(asinh)
    CHECK(acosh) CHECK(atanh) CHECK(erf) CHECK(cbrt)
  }
#undef CHECK
  for (double x : kSpecial)
    for (double y : kSpecial) {
      EXPECT_TRUE(same(dlc_math_pow_f64(x, y), std::pow(x, y))) << "pow " << x << " " << y;
      EXPECT_TRUE(same(dlc_math_atan2_f64(x, y), std::atan2(x, y))) << "atan2 " << x << " " << y;
      EXPECT_TRUE(same(dlc_math_rem_f64(x, y), std::fmod(x, y))) << "rem " << x << " " << y;
    }
}

TEST(Math, PowAndRem) {
  std::mt19937_64 rng(1);
  std::uniform_real_distribution<double> unit(-1, 1);
  double worst32 = 0, worst64 = 0;
  for (int i = 0; i < 60000; ++i) {
    double x = std::exp(30 * unit(rng)), y = (i % 3 ? 5 : 40) * unit(rng);
    float fx = float(x), fy = float(y);
    worst32 = std::max(worst32, ulps(dlc_math_pow_f32(fx, fy), powl(fx, fy)));
    worst64 = std::max(worst64, ulps(dlc_math_pow_f64(x, y), powl(x, y)));
    float a = float(std::exp(80 * unit(rng))), b = float(std::exp(80 * unit(rng)));
    ASSERT_EQ(dlc_math_rem_f32(a, b), std::fmod(a, b)) << a << " " << b;
  }
  EXPECT_LE(worst32, 1);
  EXPECT_LE(worst64, 1);
  // Powers of whole numbers that f64 holds are those; truncated they aren't one less.
  for (int base = 2; base <= 1000; ++base) {
    double power = 1;
    for (int y = 1; power * base < 0x1p53; ++y) {
      power *= base;
      EXPECT_EQ(dlc_math_pow_f64(base, y), power) << base << " " << y;
    }
  }
}

TEST(Math, GeluIsWithinItsBound) {
  for (double x = -8; x < 8; x += 1e-3) {
    float narrow = float(x);
    double r = 0.5 * double(narrow) * std::erfc(-double(narrow) * M_SQRT1_2);
    EXPECT_LE(std::fabs(dlc_math_gelu_f32(narrow) - r), 2e-7 * std::max(1.0, std::fabs(x))) << x;
    double tanh = 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    EXPECT_LE(std::fabs(dlc_math_gelu_tanh_f64(x) - tanh), 1e-14) << x;
  }
  EXPECT_EQ(dlc_math_gelu_f32(HUGE_VALF), HUGE_VALF);
  EXPECT_EQ(dlc_math_gelu_f32(-HUGE_VALF), 0);
  EXPECT_TRUE(std::isnan(dlc_math_gelu_f32(NAN)));
}

TEST(Math, InverseErrorFunction) {
  for (double x = -0.999; x < 1; x += 1e-3) {
    double y = dlc_math_erf_inv_f64(x);
    EXPECT_NEAR(std::erf(y), x, 4e-16 + 4e-16 * std::fabs(y * std::exp(-y * y))) << x;
  }
  EXPECT_EQ(dlc_math_erf_inv_f32(1), HUGE_VALF);
  EXPECT_EQ(dlc_math_erf_inv_f32(-1), -HUGE_VALF);
  EXPECT_TRUE(std::isnan(dlc_math_erf_inv_f32(1.5f)));
}

TEST(Math, GammaFunctions) {
  EXPECT_NEAR(dlc_math_digamma_f64(1), -0.57721566490153286, 1e-14);
  EXPECT_NEAR(dlc_math_digamma_f64(0.1), -10.423754940411076, 1e-13);
  EXPECT_NEAR(dlc_math_digamma_f64(-0.5), 0.036489973978576520, 1e-14);
  for (double x : {-2.5, -0.3, 0.1, 0.9, 1.0, 1.01, 1.99, 2.0, 7.7, 171.0, 1e10})
    EXPECT_NEAR(dlc_math_lgamma_f64(x), std::lgamma(x), 2e-14 * std::max(1.0, std::lgamma(x))) << x;
  EXPECT_EQ(dlc_math_lgamma_f64(-3), HUGE_VAL);
}

#define NARROW(name, count)                                                                        \
  for (int code = 0; code < count; ++code) {                                                       \
    float value = dlc_math_##name##_to_f32(code);                                                  \
    if (std::isnan(value))                                                                         \
      continue;                                                                                    \
    EXPECT_EQ(dlc_math_f32_to_##name(value), code) << #name;                                       \
    EXPECT_EQ(dlc_math_f32_to_##name##_sat(value), std::isinf(value)                               \
                                                       ? dlc_math_f32_to_##name##_sat(3e38f * value) \
                                                       : code) << #name;                           \
  }

TEST(Math, PowersOfTwoHaveNoSign) {
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(-1.0f), 0xff);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(-INFINITY), 0xff);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu_sat(INFINITY), 0xfe);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(0.0f), 0);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(1.49f), 127);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(1.5f), 128);
  // 2^-127 is a subnormal f32: the middle between it and the next is 1.5 times it.
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(0x1.4p-127f), 0);
  EXPECT_EQ(dlc_math_f32_to_f8e8m0fnu(0x1.8p-127f), 1);
}

TEST(Math, NarrowFloatsGoThereAndBack) {
  NARROW(f8e4m3fn, 256)
  NARROW(f8e4m3fnuz, 256)
  NARROW(f8e5m2, 256)
  NARROW(f8e5m2fnuz, 256)
  NARROW(f4e2m1fn, 16)
  for (uint32_t code = 0; code < 65536; ++code) {
    uint16_t bits = uint16_t(code);
    float half = dlc_math_f16_to_f32(bits), brain = dlc_math_bf16_to_f32(bits);
    if (!std::isnan(half)) {
      EXPECT_EQ(dlc_math_f32_to_f16(half), bits);
    }
    if (!std::isnan(brain)) {
      EXPECT_EQ(dlc_math_f32_to_bf16(brain), bits);
    }
  }
  EXPECT_EQ(dlc_math_f32_to_f16(65520.f), 0x7c00);
  EXPECT_EQ(dlc_math_f32_to_f16(65519.f), 0x7bff);
  EXPECT_EQ(dlc_math_f32_to_bf16(1.00390625f), 0x3f80); // a tie, to even
}

} // namespace
