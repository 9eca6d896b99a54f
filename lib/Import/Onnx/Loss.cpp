//===- Loss.cpp - losses --------------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// −Σ weight[target] · logProbability[target], reduced as the attribute
/// `reduction` says. Classes are dimension 1 of `logProbabilities`.
static Value negativeLogLikelihood(NodeImporter &n, Value logProbabilities, Value target,
                                   Value weight) {
  std::string reduction = n.stringAttr("reduction", "mean");
  bool ignores = n.hasAttr("ignore_index");
  int64_t ignored = n.intAttr("ignore_index", 0);
  if (!logProbabilities || !target || n.hasFailed() ||
      !n.requireRank(logProbabilities, 2, INT64_MAX, "input"))
    return {};
  int64_t rank = n.rankOf(logProbabilities);
  if (n.rankOf(target) != rank - 1) {
    n.emitError() << "target has rank " << n.rankOf(target) << " where " << rank - 1
                  << " is needed";
    return {};
  }
  Type element = n.elementTypeOf(logProbabilities), i64 = n.getBuilder().getI64Type();
  Expr label = Expr(n, target).to(i64);
  Expr isLabel = label.unsqueeze({1}).eq(n.iota(n.sizes(logProbabilities), i64, 1));
  // Exactly one class of each row is selected; the others add zero.
  Expr loss = -isLabel.select(logProbabilities, 0.0).sum({1}, false);
  Expr weights(n, {});
  if (weight) {
    SmallVector<int64_t> others{0};
    llvm::append_range(others, dimRange(2, rank));
    weights = isLabel.select(n.unsqueeze(weight, others), 0.0).sum({1}, false);
  }
  if (ignores) {
    Expr kept = label.ne(n.scalarInt(i64, ignored));
    weights = weights ? kept.select(weights, 0.0) : kept.to(element);
    loss = kept.select(loss, 0.0);
  }
  if (weights)
    loss = loss * weights.get();
  SmallVector<int64_t> all = dimRange(0, rank - 1);
  if (reduction == "none")
    return loss;
  if (reduction == "sum")
    return loss.sum(all, false);
  if (reduction == "mean")
    return weights ? loss.sum(all, false) / weights.sum(all, false).get() : loss.mean(all, false);
  n.emitError() << "reduction has the unknown value \"" << reduction << "\"";
  return {};
}

static LogicalResult importNegativeLogLikelihoodLoss(NodeImporter &n) {
  return n.result(negativeLogLikelihood(n, n.input(0), n.input(1), n.input(2)));
}

static LogicalResult importSoftmaxCrossEntropyLoss(NodeImporter &n) {
  Value scores = n.input(0);
  if (!scores || !n.requireRank(scores, 2, INT64_MAX, "scores"))
    return failure();
  Value logProbabilities = n.infer<dl::LogSoftmaxOp>(scores, int64_t(1));
  Value loss = negativeLogLikelihood(n, logProbabilities, n.input(1), n.input(2));
  return n.results(ArrayRef<Value>{loss, logProbabilities}.take_front(n.numOutputs()));
}

void dlc::onnx::registerLossOps(OpTable &table) {
  table.add("NegativeLogLikelihoodLoss", 12, {2, 3}, importNegativeLogLikelihoodLoss);
  table.add("SoftmaxCrossEntropyLoss", 12, {2, 3}, importSoftmaxCrossEntropyLoss);
}
