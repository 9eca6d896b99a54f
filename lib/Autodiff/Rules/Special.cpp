//===- Special.cpp - derivatives of special functions ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

/// ψ'(x): for x < ½ by reflection, ψ'(1 − x) + ψ'(x) = π²/sin²(πx); else six times
/// ψ'(x) = 1/x² + ψ'(x + 1), then the asymptotic series.
static Value trigamma(TensorBuilder &b, Value x) {
  Value reflects = b.compare(ComparisonDirection::lt, x, 0.5);
  Value z = b.select(reflects, b.sub(b.splatLike(1.0, x), x), x);
  Value total;
  for (int i = 0; i < 6; ++i) {
    total = sum(b, total, b.unary<ReciprocalOp>(b.mul(z, z)));
    z = b.add(z, 1.0);
  }
  // (1 + 1/2z + 1/z²·(1/6 − 1/z²·(1/30 − 1/z²·(1/42 − 1/z²·(1/30 − 1/z²·5/66)))))/z
  Value inverse = b.unary<ReciprocalOp>(z), square = b.mul(inverse, inverse);
  Value series = b.splatLike(5.0 / 66, z);
  for (double term : {1.0 / 30, 1.0 / 42, 1.0 / 30, 1.0 / 6})
    series = b.sub(b.splatLike(term, z), b.mul(square, series));
  series = b.add(b.add(b.mul(square, series), b.mul(inverse, 0.5)), 1.0);
  total = b.add(total, b.mul(series, inverse));
  Value sine = b.unary<SinOp>(b.mul(x, M_PI));
  Value reflected = b.sub(b.div(b.splatLike(M_PI * M_PI, x), b.mul(sine, sine)), total);
  return b.select(reflects, reflected, total);
}

void autodiff::addSpecialRules(RuleTable &table) {
  addElementwise<DigammaOp>(table, {[](Elementwise &e, Value d) {
    return e.binary<MulOp>(d, trigamma(e.getBuilder(), e.operand(0)));
  }});
}
