//===- Unary.cpp - the meaning of elementwise ops of one operand ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// y[i] = f(x[i]) in f64.
template <typename OpTy>
static void addFloat(EvaluatorTable &table, double (*f)(double)) {
  table.add<OpTy>([f](OpTy op, Operands operands) {
    std::vector<double> values = operands[0].getFloats();
    for (double &value : values)
      value = f(value);
    return Tensor::fromFloats(operands[0].getType(), operands[0].getShape(), values);
  });
}

/// y[i] = f(x[i]), f generic over double, int64_t and uint64_t.
template <typename OpTy, typename Fn>
static void addNumber(EvaluatorTable &table, Fn f) {
  table.add<OpTy>([f](OpTy op, Operands operands) {
    const Tensor &x = operands[0];
    return withArithmetic(x.getType(), [&](auto zero) {
      auto values = getValues<decltype(zero)>(x);
      for (auto &value : values)
        value = f(value);
      return makeTensor(x.getType(), x.getShape(), values);
    });
  });
}

/// y[i] = p(x[i]), a boolean.
template <typename OpTy>
static void addPredicate(EvaluatorTable &table, bool (*p)(double)) {
  table.add<OpTy>([p](OpTy op, Operands operands) {
    std::vector<double> values = operands[0].getFloats();
    std::vector<int64_t> results(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      results[i] = p(values[i]);
    return Tensor::fromInts(ElementType::i1, operands[0].getShape(), results);
  });
}

/// The inverse of erf: Giles' approximation (GPU Computing Gems, 2012, ch. 10),
/// then Newton steps on erf (or on erfc in the tails) to full precision.
static double erfInv(double x) {
  if (std::isnan(x) || std::fabs(x) > 1)
    return std::numeric_limits<double>::quiet_NaN();
  if (std::fabs(x) == 1)
    return std::copysign(std::numeric_limits<double>::infinity(), x);
  if (x == 0)
    return x;
  double a = std::fabs(x);
  double w = -std::log1p(-a * a);
  double y = w < 5 ? a * (1.50140941 + (w - 2.5) * (0.246640727 - (w - 2.5) * 0.00417768164))
                   : a * (2.83297682 + (std::sqrt(w) - 3) * (1.00167406 + (std::sqrt(w) - 3) * 0.00943887047));
  for (int step = 0; step < 4; ++step) {
    // 1 - a is exact for a ≥ 1/2.
    double error = a < 0.5 ? std::erf(y) - a : (1 - a) - std::erfc(y);
    double slope = M_2_SQRTPI * std::exp(-y * y);
    // Halley: erf'' = −2y erf'.
    double ratio = error / slope;
    y -= ratio / (1 + y * ratio);
  }
  return std::copysign(y, x);
}

/// Γ'/Γ: reflection to x > 0, recurrence to x ≥ 10, the asymptotic series.
static double digamma(double x) {
  if (x <= 0) {
    // A pole at 0 and the negative integers.
    if (x == 0)
      return std::copysign(std::numeric_limits<double>::infinity(), -x);
    if (x == std::floor(x))
      return std::numeric_limits<double>::quiet_NaN();
    double fraction = x - std::floor(x);
    return digamma(1 - x) - M_PI / std::tan(M_PI * fraction);
  }
  double result = 0;
  for (; x < 10; ++x)
    result -= 1 / x;
  if (std::isinf(x))
    return x;
  // The Bernoulli numbers B₂ₖ / 2k.
  static const double terms[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132,
                                 -691.0 / 32760, 1.0 / 12};
  double square = 1 / (x * x), power = square, series = 0;
  for (double term : terms) {
    series += term * power;
    power *= square;
  }
  return result + std::log(x) - 0.5 / x - series;
}

static double lgammaOf(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

static double gelu(double x) {
  // x · 0 at −∞ is the limit 0, not NaN.
  return std::isinf(x) && x < 0 ? -0.0 : 0.5 * x * std::erfc(-x * M_SQRT1_2);
}

static double geluTanh(double x) {
  if (std::isinf(x))
    return x < 0 ? -0.0 : x;
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static void addFunctions(EvaluatorTable &table) {
  addFloat<dl::ExpOp>(table, std::exp);
  addFloat<dl::Expm1Op>(table, std::expm1);
  addFloat<dl::LogOp>(table, std::log);
  addFloat<dl::Log1pOp>(table, std::log1p);
  addFloat<dl::SqrtOp>(table, std::sqrt);
  addFloat<dl::RsqrtOp>(table, [](double x) { return 1 / std::sqrt(x); });
  addFloat<dl::ReciprocalOp>(table, [](double x) { return 1 / x; });
  addFloat<dl::SinOp>(table, std::sin);
  addFloat<dl::CosOp>(table, std::cos);
  addFloat<dl::TanOp>(table, std::tan);
  addFloat<dl::AsinOp>(table, std::asin);
  addFloat<dl::AcosOp>(table, std::acos);
  addFloat<dl::AtanOp>(table, std::atan);
  addFloat<dl::SinhOp>(table, std::sinh);
  addFloat<dl::CoshOp>(table, std::cosh);
  addFloat<dl::TanhOp>(table, std::tanh);
  addFloat<dl::AsinhOp>(table, std::asinh);
  addFloat<dl::AcoshOp>(table, std::acosh);
  addFloat<dl::AtanhOp>(table, std::atanh);
  addFloat<dl::ErfOp>(table, std::erf);
  addFloat<dl::ErfInvOp>(table, erfInv);
  addFloat<dl::LgammaOp>(table, lgammaOf);
  addFloat<dl::DigammaOp>(table, digamma);
  addFloat<dl::SigmoidOp>(table, [](double x) { return 1 / (1 + std::exp(-x)); });
  addFloat<dl::FloorOp>(table, std::floor);
  addFloat<dl::CeilOp>(table, std::ceil);
  addFloat<dl::RoundOp>(table, std::nearbyint);
  addFloat<dl::TruncOp>(table, std::trunc);
  addFloat<dl::SiluOp>(table, [](double x) { return x / (1 + std::exp(-x)); });
}

void reference::addUnaryEvaluators(EvaluatorTable &table) {
  addFunctions(table);
  addNumber<dl::NegOp>(table, [](auto x) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>)
      return T(-uint64_t(x));
    else
      return -x;
  });
  addNumber<dl::AbsOp>(table, [](auto x) {
    using T = decltype(x);
    if constexpr (std::is_same_v<T, double>)
      return std::fabs(x);
    else if constexpr (std::is_signed_v<T>)
      return x < 0 ? T(-uint64_t(x)) : x;
    else
      return x;
  });
  addNumber<dl::SignOp>(table, [](auto x) {
    using T = decltype(x);
    if constexpr (std::is_same_v<T, double>)
      return sign(x);
    else
      return T(int(x > 0) - int(std::is_signed_v<T> && int64_t(x) < 0));
  });
  addNumber<dl::ReluOp>(table, [](auto x) {
    using T = decltype(x);
    return isNan(x) || x > 0 ? x : T(0);
  });
  table.add<dl::NotOp>([](dl::NotOp op, Operands operands) {
    std::vector<int64_t> values = operands[0].getInts();
    for (int64_t &value : values)
      value = ~value;
    return Tensor::fromInts(operands[0].getType(), operands[0].getShape(), values);
  });
  table.add<dl::GeluOp>([](dl::GeluOp op, Operands operands) {
    std::vector<double> values = operands[0].getFloats();
    for (double &value : values)
      value = op.getTanh() ? geluTanh(value) : gelu(value);
    return Tensor::fromFloats(operands[0].getType(), operands[0].getShape(), values);
  });
  addPredicate<dl::IsNanOp>(table, [](double x) { return std::isnan(x); });
  addPredicate<dl::IsInfOp>(table, [](double x) { return std::isinf(x); });
}
