//===- Norms.cpp - norms whose derivatives are finite ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Norms.h"

using namespace mlir;
using namespace dlc;
using frontend::Expr;
using frontend::NodeBuilder;
using Kind = dl::ReductionKind;

Expr torch::flatPower(Expr x, double p) {
  if (!x)
    return x;
  Value one = x.builder().scalar(NodeBuilder::elementTypeOf(x), 1);
  Expr isZero = x.eq(0.0), safe = isZero.select(one, x);
  Expr power = p == 0.5 ? safe.sqrt() : safe.pow(p);
  return isZero.select(x.builder().splatLike(x, std::pow(0.0, p)), power);
}

Expr torch::vectorNorm(Expr x, double p, ArrayRef<int64_t> axes, bool keepDims) {
  if (p == 0)
    return x.ne(0.0).to(NodeBuilder::elementTypeOf(x)).sum(axes, keepDims);
  if (p == 1)
    return x.abs().sum(axes, keepDims);
  if (std::isinf(p))
    return x.abs().reduce(p > 0 ? Kind::max : Kind::min, axes, keepDims);
  Expr powers = p == 2 ? x.square() : flatPower(x.abs(), p);
  return flatPower(powers.sum(axes, keepDims), 1 / p);
}
