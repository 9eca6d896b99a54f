//===- Formulas.cpp - functions that several ops are made of --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::NodeBuilder;

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

Expr torch::hypot(Expr x, Expr y) {
  Expr a = x.abs(), b = y.abs(), large = a.max(b.get());
  Expr root = large * ((a.min(b.get()) / large.get()).square() + 1.0).sqrt().get();
  Expr finite = large.eq(0.0).select(large, root);
  Expr isInfinite = a.eq(INFINITY) | b.eq(INFINITY).get();
  if (!large)
    return large;
  NodeBuilder &n = x.builder();
  return isInfinite.select(n.scalar(n.elementTypeOf(large), INFINITY), finite);
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
