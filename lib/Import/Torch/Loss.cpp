//===- Loss.cpp - ATen's losses and distances -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most losses are taken apart by the tracer. Here are those that can't be.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// …,P,M and …,R,M → …,P,R
static LogicalResult importCdist(NodeImporter &n) {
  n.ignore({"compute_mode"}); // how, not what
  Value a = n.tensor("x1"), b = n.tensor("x2");
  double p = n.number("p");
  if (!a || !b || n.hasFailed() || !n.requireRank(a, 2, INT64_MAX, "x1") ||
      !n.requireRank(b, 2, INT64_MAX, "x2"))
    return failure();
  Expr difference = Expr(n, a).unsqueeze({n.rankOf(a) - 1}) - n.unsqueeze(b, {n.rankOf(b) - 2});
  return difference ? n.result(pNorm(difference, n.rankOf(difference) - 1, p)) : failure();
}

/// The distances of all pairs of rows, i < j.
static LogicalResult importPdist(NodeImporter &n) {
  Value self = n.tensor("self");
  double p = n.number("p");
  if (!self || n.hasFailed() || !n.requireRank(self, 2, 2, "self"))
    return failure();
  int64_t count = n.shapeOf(self)[0];
  if (ShapedType::isDynamic(count))
    return n.emitError() << "the number of rows must be known";
  SmallVector<int64_t> first, second;
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = i + 1; j < count; ++j) {
      first.push_back(i);
      second.push_back(j);
    }
  auto rows = [&](ArrayRef<int64_t> indices) {
    return Expr(n, n.take(self, n.constantInts(indices), 0, /*wrapNegative=*/false));
  };
  Expr difference = rows(first) - rows(second).get();
  return difference ? n.result(pNorm(difference, 1, p)) : failure();
}

/// The product of three operands, each with ones at its own places, summed.
static LogicalResult importTrilinear(NodeImporter &n) {
  n.ignore({"unroll_dim"});
  Expr product(n, {});
  for (int64_t i : {1, 2, 3}) {
    Value operand = n.tensor("i" + std::to_string(i));
    std::string name = "expand" + std::to_string(i);
    SmallVector<int64_t> given = n.integers(name);
    if (!operand)
      return failure();
    auto ones = n.normalizeAxes(given, n.rankOf(operand) + given.size(), name);
    if (!ones)
      return failure();
    Expr wide(n, n.unsqueeze(operand, *ones));
    product = product ? product * wide.get() : wide;
  }
  if (!product)
    return failure();
  auto summed = n.normalizeAxes(n.integers("sumdim"), n.rankOf(product), "sumdim");
  return summed ? n.result(product.sum(*summed, /*keepDims=*/false)) : failure();
}

void torch::registerLossOps(OpTable &t) {
  t.add({"aten.cdist.default", "aten._cdist_forward.default"}, importCdist);
  t.add({"aten.pdist.default", "aten._pdist_forward.default"}, importPdist);
  t.add("aten._trilinear.default", importTrilinear);
}
