//===- Rnn.cpp - RNN, LSTM, GRU -------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

namespace {
/// What the three ops have in common. Inputs and results are given in dl's
/// order, steps first, whatever `layout` says.
struct Recurrence {
  Value x, weights, recurrence, bias, lengths, initialH;
  int64_t hidden = 0;
  dl::RnnDirection direction = dl::RnnDirection::forward;
  ArrayAttr activations;
  SmallVector<double> alpha, beta;
  FloatAttr clip;
  bool batchFirst = false;
};

struct Activation {
  StringLiteral onnx, name;
  double alpha, beta;     ///< what an absent alpha and beta stand for
  unsigned alphas, betas; ///< how many of the lists' entries it takes
};
} // namespace

static constexpr Activation kActivations[] = {
    {"Sigmoid", "sigmoid", 0, 0, 0, 0},
    {"Tanh", "tanh", 0, 0, 0, 0},
    {"Relu", "relu", 0, 0, 0, 0},
    {"Affine", "affine", 1, 0, 1, 1},
    {"LeakyRelu", "leaky_relu", 0.01, 0, 1, 0},
    {"ThresholdedRelu", "thresholded_relu", 1, 0, 1, 0},
    {"ScaledTanh", "scaled_tanh", 1, 1, 1, 1},
    {"HardSigmoid", "hard_sigmoid", 0.2, 0.5, 1, 1},
    {"Elu", "elu", 1, 0, 1, 0},
    {"Softsign", "softsign", 0, 0, 0, 0},
    {"Softplus", "softplus", 0, 0, 0, 0},
};

/// The attributes activations, activation_alpha, activation_beta: dl has an
/// alpha and a beta for every activation, ONNX only for those that take one.
static bool readActivations(NodeImporter &n, unsigned perDirection, Recurrence &r) {
  auto names = n.stringsAttr("activations");
  auto alphas = n.floatsAttr("activation_alpha"), betas = n.floatsAttr("activation_beta");
  Builder &b = n.getBuilder();
  r.activations = b.getArrayAttr({});
  if (names.empty())
    return !n.hasFailed();
  unsigned directions = r.direction == dl::RnnDirection::bidirectional ? 2 : 1;
  if (names.size() != perDirection * directions) {
    n.emitError() << "activations has " << names.size() << " entries where "
                  << perDirection * directions << " are needed";
    return false;
  }
  SmallVector<Attribute> converted;
  ArrayRef<double> alphasLeft = alphas, betasLeft = betas;
  auto next = [](ArrayRef<double> &list, bool takes, double fallback) {
    if (!takes || list.empty())
      return fallback;
    double value = list.front();
    list = list.drop_front();
    return value;
  };
  for (const std::string &name : names) {
    const Activation *found = llvm::find_if(kActivations, [&](const Activation &a) {
      return StringRef(name).equals_insensitive(a.onnx);
    });
    if (found == std::end(kActivations)) {
      n.emitError() << "activations has the unknown function \"" << name << "\"";
      return false;
    }
    converted.push_back(b.getStringAttr(found->name));
    r.alpha.push_back(next(alphasLeft, found->alphas, found->alpha));
    r.beta.push_back(next(betasLeft, found->betas, found->beta));
  }
  r.activations = b.getArrayAttr(converted);
  return !n.hasFailed();
}

/// Swaps batch and steps (or batch and directions) of a batch-first tensor.
static Value swapLeading(NodeImporter &n, Value v, bool swap) {
  return v && swap ? n.transpose(v, {1, 0, 2}) : v;
}

static std::optional<Recurrence> readRecurrence(NodeImporter &n, unsigned gates,
                                                unsigned activations) {
  Recurrence r;
  r.batchFirst = n.boolAttr("layout");
  r.x = n.input(0);
  r.weights = n.input(1);
  r.recurrence = n.input(2);
  r.bias = n.input(3);
  r.lengths = n.input(4);
  r.initialH = n.input(5);
  if (!r.x || !r.weights || !r.recurrence || !n.requireRank(r.x, 3, 3, "X") ||
      !n.requireRank(r.weights, 3, 3, "W") || !n.requireRank(r.recurrence, 3, 3, "R") ||
      (r.initialH && !n.requireRank(r.initialH, 3, 3, "initial_h")))
    return std::nullopt;
  r.x = swapLeading(n, r.x, r.batchFirst);
  r.initialH = swapLeading(n, r.initialH, r.batchFirst);
  int64_t implied = n.shapeOf(r.recurrence)[2];
  r.hidden = n.intAttr("hidden_size", ShapedType::isDynamic(implied) ? 0 : implied);
  std::string direction = n.stringAttr("direction", "forward");
  auto known = dl::symbolizeRnnDirection(direction);
  if (!known) {
    n.emitError() << "direction has the unknown value \"" << direction << "\"";
    return std::nullopt;
  }
  r.direction = *known;
  if (n.hasAttr("clip"))
    r.clip = n.getBuilder().getF64FloatAttr(n.floatAttr("clip", 0));
  if (n.opset() < 7)
    n.ignoreAttr("output_sequence");
  if (!readActivations(n, activations, r))
    return std::nullopt;
  return r;
}

/// Y (S,D,B,H) and the last states (D,B,H), in the node's layout.
static LogicalResult giveResults(NodeImporter &n, const Recurrence &r, ArrayRef<Value> values) {
  if (values.empty())
    return failure();
  SmallVector<Value> results;
  for (Value value : values.take_front(n.numOutputs())) {
    if (r.batchFirst)
      value = results.empty() ? n.transpose(value, {2, 0, 1, 3}) : n.transpose(value, {1, 0, 2});
    results.push_back(value);
  }
  return n.results(results);
}

static LogicalResult importRnn(NodeImporter &n) {
  auto r = readRecurrence(n, 1, 1);
  if (!r)
    return failure();
  return giveResults(n, *r,
                     n.inferMulti<dl::RnnOp>(r->x, r->weights, r->recurrence, r->bias, r->lengths,
                                             r->initialH, r->hidden, r->direction, r->activations,
                                             r->alpha, r->beta, r->clip));
}

static LogicalResult importGru(NodeImporter &n) {
  auto r = readRecurrence(n, 3, 2);
  bool linearBeforeReset = n.boolAttr("linear_before_reset");
  if (!r)
    return failure();
  return giveResults(n, *r,
                     n.inferMulti<dl::GruOp>(r->x, r->weights, r->recurrence, r->bias, r->lengths,
                                             r->initialH, r->hidden, r->direction, r->activations,
                                             r->alpha, r->beta, r->clip, linearBeforeReset));
}

static LogicalResult importLstm(NodeImporter &n) {
  auto r = readRecurrence(n, 4, 3);
  bool inputForget = n.boolAttr("input_forget");
  Value initialC = n.input(6), peephole = n.input(7);
  if (!r || (initialC && !n.requireRank(initialC, 3, 3, "initial_c")))
    return failure();
  initialC = swapLeading(n, initialC, r->batchFirst);
  return giveResults(n, *r,
                     n.inferMulti<dl::LstmOp>(r->x, r->weights, r->recurrence, r->bias, r->lengths,
                                              r->initialH, initialC, peephole, r->hidden,
                                              r->direction, r->activations, r->alpha, r->beta,
                                              r->clip, inputForget));
}

void dlc::onnx::registerRnnOps(OpTable &table) {
  table.add("GRU", 1, {3, 6}, importGru);
  table.add("LSTM", 1, {3, 8}, importLstm);
  table.add("RNN", 1, {3, 6}, importRnn);
}
