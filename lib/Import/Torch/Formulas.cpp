//===- Formulas.cpp - functions that several ops are made of --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "grad/IR/GradRevise.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::NodeBuilder;

Expr torch::stop(Expr x) {
  if (!x || !NodeBuilder::isFloat(x) || matchPattern(x.get(), m_Constant()))
    return x;
  NodeBuilder &n = x.builder();
  return {n, n.create<grad::StopOp>(x.get().getType(), x.get())};
}

Expr torch::revise(Expr value, Expr slope) {
  if (!value || !slope)
    return {value.builder(), {}};
  NodeBuilder &n = value.builder();
  return {n, n.create<grad::ReviseOp>(value.get().getType(), slope.get(), value.get())};
}

std::pair<Expr, Expr> torch::broadcast(Expr x, Expr y) {
  NodeBuilder &n = x.builder();
  Value a = x, b = y;
  if (!a || !b || !n.broadcast(a, b))
    return {{n, {}}, {n, {}}};
  return {{n, a}, {n, b}};
}

Expr torch::truth(Expr x) { return !x || NodeBuilder::isBool(x) ? x : x.ne(0.0); }

Expr torch::bitsOf(Expr x) {
  if (!x)
    return x;
  NodeBuilder &n = x.builder();
  Type bits = IntegerType::get(n.getContext(), n.elementTypeOf(x).getIntOrFloatBitWidth());
  return {n, n.create<dl::BitcastOp>(n.type(x).clone(bits), x.get())};
}

Expr torch::isNegative(Expr x) { return bitsOf(x) < 0.0; }

Expr torch::copysign(Expr magnitude, Expr sign) {
  Expr positive = magnitude.abs();
  return isNegative(sign).select(-positive, positive);
}

Expr torch::clamp(Expr given, Value low, Value high) {
  NodeBuilder &n = given.builder();
  Value x = given;
  auto isScalar = [](Value bound) { return NodeBuilder::rankOf(bound) == 0; };
  if (!x || !low || !high || (!isScalar(low) && !n.broadcast(low, x)) ||
      (!isScalar(high) && !n.broadcast(high, x)) || (!isScalar(low) && !n.broadcast(low, x)))
    return {n, {}};
  return {n, n.infer<dl::ClampOp>(low, x, high)};
}

Expr torch::clamp(Expr x, double low, double high) {
  if (!x)
    return x;
  auto number = [&](double value) {
    return x.builder().scalar(NodeBuilder::elementTypeOf(x), value);
  };
  return clamp(x, number(low), number(high));
}

Expr torch::magnitude(Expr x) { return (x < 0.0).select(-x, x); }

Expr torch::softplus(Expr x) {
  Expr isAbove = x > 0.0; // each branch smooth
  return isAbove.select(x, 0.0) + isAbove.select(-x, x).exp().unary<dl::Log1pOp>().get();
}

Expr torch::hypot(Expr x, Expr y) {
  Expr a = magnitude(x), b = magnitude(y), isFirst = (a >= b.get()) | a.isNan().get();
  Expr large = isFirst.select(a, b), small = isFirst.select(b, a);
  Expr isZero = large.eq(0.0);
  if (!isZero)
    return isZero;
  NodeBuilder &n = x.builder();
  auto number = [&](double value) { return n.scalar(n.elementTypeOf(large), value); };
  Expr divisor = isZero.select(number(1), large);
  Expr root = divisor * ((small / divisor.get()).square() + 1.0).sqrt().get();
  Expr isInfinite = a.eq(INFINITY) | b.eq(INFINITY).get();
  return isInfinite.select(number(INFINITY), isZero.select(number(0), root));
}

Expr torch::polynomial(Expr x, ArrayRef<double> coefficients) {
  if (!x)
    return x;
  NodeBuilder &n = x.builder();
  Expr sum(n, n.splatLike(x, coefficients.front()));
  for (double coefficient : coefficients.drop_front())
    sum = sum * x.get() + coefficient;
  return sum;
}

Expr torch::chebyshevSeries(Expr x, ArrayRef<double> coefficients) {
  if (!x)
    return x;
  NodeBuilder &n = x.builder();
  Expr b0(n, n.splatLike(x, coefficients.front())), b1(n, n.splatLike(x, 0)), b2 = b1;
  for (double coefficient : coefficients.drop_front()) {
    b2 = b1;
    b1 = b0;
    b0 = x * b1.get() - b2.get() + coefficient;
  }
  return (b0 - b2.get()) * 0.5;
}
