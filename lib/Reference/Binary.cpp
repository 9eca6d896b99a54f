//===- Binary.cpp - the meaning of elementwise ops of several operands ----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// Operand shapes that types leave open must agree at run time.
static llvm::Error checkSameShape(Operands operands) {
  for (const Tensor &operand : operands.drop_front())
    if (operand.getShape() != operands[0].getShape())
      return makeError("operands are a {0} and a {1}", getTypeName(operands[0]),
                       getTypeName(operand));
  return llvm::Error::success();
}

/// z[i] = f(x[i], y[i]), f generic over double, int64_t and uint64_t.
template <typename OpTy, typename Fn>
static void addBinary(EvaluatorTable &table, Fn f) {
  table.add<OpTy>([f](OpTy op, Operands operands) -> Expected<Tensor> {
    if (llvm::Error error = checkSameShape(operands))
      return error;
    ElementType type = operands[0].getType();
    return withArithmetic(type, [&](auto zero) {
      using T = decltype(zero);
      std::vector<T> x = getValues<T>(operands[0]), y = getValues<T>(operands[1]);
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = f(x[i], y[i]);
      return makeTensor(type, operands[0].getShape(), x);
    });
  });
}

/// As addBinary; f is of integers and knows the type.
template <typename OpTy, typename Fn>
static void addInteger(EvaluatorTable &table, Fn f) {
  table.add<OpTy>([f](OpTy op, Operands operands) -> Expected<Tensor> {
    if (llvm::Error error = checkSameShape(operands))
      return error;
    ElementType type = operands[0].getType();
    std::vector<int64_t> x = operands[0].getInts(), y = operands[1].getInts();
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = f(x[i], y[i], type);
    return Tensor::fromInts(type, operands[0].getShape(), x);
  });
}

template <typename T>
static T divide(T x, T y) {
  if constexpr (std::is_integral_v<T>) {
    if (y == 0)
      return 0;
    // The one quotient that overflows wraps.
    if (std::is_signed_v<T> && y == T(-1))
      return T(-uint64_t(x));
  }
  return x / y;
}

template <typename T>
static T getRemainder(T x, T y) {
  if constexpr (std::is_same_v<T, double>) {
    return std::fmod(x, y);
  } else {
    if (y == 0)
      return x;
    return std::is_signed_v<T> && y == T(-1) ? T(0) : x % y;
  }
}

template <typename T>
static T power(T x, T y) {
  if constexpr (std::is_same_v<T, double>) {
    return std::pow(x, y);
  } else {
    if (std::is_signed_v<T> && int64_t(y) < 0) {
      // 1 / xⁿ truncates to 0 but for x = ±1; 1 / 0 is 0.
      if (x == T(1))
        return 1;
      return x == T(-1) ? (y & 1 ? T(-1) : T(1)) : T(0);
    }
    uint64_t result = 1, base = uint64_t(x);
    for (uint64_t n = uint64_t(y); n; n >>= 1) {
      if (n & 1)
        result *= base;
      base *= base;
    }
    return T(result);
  }
}

static int64_t shiftLeft(int64_t x, int64_t y, ElementType type) {
  return y < 0 || uint64_t(y) >= getBitWidth(type) ? 0 : int64_t(uint64_t(x) << y);
}

static int64_t shiftRight(int64_t x, int64_t y, ElementType type) {
  bool isOutside = y < 0 || uint64_t(y) >= getBitWidth(type);
  if (isUnsigned(type))
    return isOutside ? 0 : int64_t(uint64_t(x) >> y);
  return isOutside ? (x < 0 ? -1 : 0) : x >> y;
}

template <typename T>
static bool compare(T x, T y, dl::ComparisonDirection direction) {
  switch (direction) {
  case dl::ComparisonDirection::eq:
    return x == y;
  case dl::ComparisonDirection::ne:
    return x != y;
  case dl::ComparisonDirection::lt:
    return x < y;
  case dl::ComparisonDirection::le:
    return x <= y;
  case dl::ComparisonDirection::gt:
    return x > y;
  case dl::ComparisonDirection::ge:
    return x >= y;
  }
  llvm_unreachable("all directions handled");
}

static Expected<Tensor> evaluateCompare(dl::CompareOp op, Operands operands) {
  if (llvm::Error error = checkSameShape(operands))
    return error;
  std::vector<int64_t> results(operands[0].getNumElements());
  withArithmetic(operands[0].getType(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(operands[0]), y = getValues<T>(operands[1]);
    for (size_t i = 0; i < x.size(); ++i)
      results[i] = compare(x[i], y[i], op.getDirection());
  });
  return Tensor::fromInts(ElementType::i1, operands[0].getShape(), results);
}

static Expected<Tensor> evaluateSelect(dl::SelectOp op, Operands operands) {
  if (llvm::Error error = checkSameShape(operands))
    return error;
  const Tensor &pred = operands[0], &onTrue = operands[1], &onFalse = operands[2];
  Tensor result(onTrue.getType(), onTrue.getShape());
  char *data = result.getMutableData();
  for (int64_t i = 0; i < result.getNumElements(); ++i)
    copyElement(pred.getInt(i) ? onTrue : onFalse, i, data, i);
  return result;
}

static Expected<Tensor> evaluateClamp(dl::ClampOp op, Operands operands) {
  const Tensor &x = operands[1];
  for (const Tensor *bound : {&operands[0], &operands[2]})
    if (bound->getRank() != 0 && bound->getShape() != x.getShape())
      return makeError("a bound is a {0}, the operand a {1}", getTypeName(*bound), getTypeName(x));
  return withArithmetic(x.getType(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> low = getValues<T>(operands[0]), values = getValues<T>(x),
                   high = getValues<T>(operands[2]);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = minimum(maximum(values[i], low[operands[0].getRank() ? i : 0]),
                          high[operands[2].getRank() ? i : 0]);
    return makeTensor(x.getType(), x.getShape(), values);
  });
}

void reference::addBinaryEvaluators(EvaluatorTable &table) {
  addBinary<dl::AddOp>(table, [](auto x, auto y) { return add(x, y); });
  addBinary<dl::SubOp>(table, [](auto x, auto y) {
    using T = decltype(x);
    if constexpr (std::is_integral_v<T>)
      return T(uint64_t(x) - uint64_t(y));
    else
      return x - y;
  });
  addBinary<dl::MulOp>(table, [](auto x, auto y) { return multiply(x, y); });
  addBinary<dl::DivOp>(table, [](auto x, auto y) { return divide(x, y); });
  addBinary<dl::RemOp>(table, [](auto x, auto y) { return getRemainder(x, y); });
  addBinary<dl::PowOp>(table, [](auto x, auto y) { return power(x, y); });
  addBinary<dl::MaxOp>(table, [](auto x, auto y) { return maximum(x, y); });
  addBinary<dl::MinOp>(table, [](auto x, auto y) { return minimum(x, y); });
  addBinary<dl::Atan2Op>(table, [](auto x, auto y) {
    using T = decltype(x);
    return T(std::atan2(double(x), double(y)));
  });
  addInteger<dl::AndOp>(table, [](int64_t x, int64_t y, ElementType) { return x & y; });
  addInteger<dl::OrOp>(table, [](int64_t x, int64_t y, ElementType) { return x | y; });
  addInteger<dl::XorOp>(table, [](int64_t x, int64_t y, ElementType) { return x ^ y; });
  addInteger<dl::ShiftLeftOp>(table, shiftLeft);
  addInteger<dl::ShiftRightOp>(table, shiftRight);
  table.add<dl::CompareOp>(evaluateCompare);
  table.add<dl::SelectOp>(evaluateSelect);
  table.add<dl::ClampOp>(evaluateClamp);
}
