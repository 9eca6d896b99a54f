//===- Recurrent.cpp - the meaning of rnn, lstm and gru -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// A gate's activation by its name, with ONNX's formulas.
static double activate(StringRef name, double x, double alpha, double beta) {
  if (name == "sigmoid")
    return 1 / (1 + std::exp(-x));
  if (name == "tanh")
    return std::tanh(x);
  if (name == "relu")
    return maximum(x, 0.0);
  if (name == "affine")
    return alpha * x + beta;
  if (name == "leaky_relu")
    return x >= 0 ? x : alpha * x;
  if (name == "thresholded_relu")
    return x >= alpha ? x : 0;
  if (name == "scaled_tanh")
    return alpha * std::tanh(beta * x);
  if (name == "hard_sigmoid")
    return minimum(maximum(alpha * x + beta, 0.0), 1.0);
  if (name == "elu")
    return x >= 0 ? x : alpha * std::expm1(x);
  if (name == "softsign")
    return x / (1 + std::fabs(x));
  if (name == "softplus")
    return std::log1p(std::exp(-std::fabs(x))) + std::max(x, 0.0);
  llvm_unreachable("the verifier knows the activations");
}

/// ONNX's defaults of alpha and beta.
static std::pair<double, double> getDefaultParameters(StringRef name) {
  return llvm::StringSwitch<std::pair<double, double>>(name)
      .Case("leaky_relu", {0.01, 0})
      .Case("thresholded_relu", {1, 0})
      .Case("hard_sigmoid", {0.2, 0.5})
      .Case("elu", {1, 0})
      .Case("affine", {1, 0})
      .Case("scaled_tanh", {1, 1})
      .Default({0, 0});
}

namespace {
/// What rnn, lstm and gru share: operands as doubles, and the walk over
/// directions, batches and steps.
struct Recurrence {
  template <typename OpTy>
  Recurrence(OpTy op, Operands operands, int64_t gates, ArrayRef<StringRef> usual)
      : type(operands[0].getType()), steps(operands[0].getDim(0)), batches(operands[0].getDim(1)),
        features(operands[0].getDim(2)), directions(operands[1].getDim(0)),
        hidden(op.getHiddenSize()), gates(gates), direction(op.getDirection()),
        x(operands[0].getFloats()), w(operands[1].getFloats()), r(operands[2].getFloats()) {
    if (const Tensor *tensor = getOperand(op, op.getBias(), operands))
      bias = tensor->getFloats();
    if (const Tensor *tensor = getOperand(op, op.getSequenceLengths(), operands))
      lengths = tensor->getInts();
    else
      lengths.assign(batches, steps);
    if (op.getClip())
      clip = op.getClip()->convertToDouble();
    state = getState(getOperand(op, op.getInitialH(), operands));
    output.assign(steps * directions * batches * hidden, 0);
    // alpha and beta are given in the order of the activations that use them;
    // an entry per activation, so that the k-th belongs to the k-th.
    for (int64_t i = 0; i < directions * int64_t(usual.size()); ++i) {
      StringRef name = op.getActivations().empty()
                           ? usual[i % usual.size()]
                           : cast<StringAttr>(op.getActivations()[i]).getValue();
      auto [alpha, beta] = getDefaultParameters(name);
      if (i < int64_t(op.getActivationAlpha().size()))
        alpha = op.getActivationAlpha()[i];
      if (i < int64_t(op.getActivationBeta().size()))
        beta = op.getActivationBeta()[i];
      activations.push_back({name, alpha, beta});
    }
    perDirection = usual.size();
  }

  /// An initial state D,B,H, zero where absent.
  std::vector<double> getState(const Tensor *initial) const {
    return initial ? initial->getFloats()
                   : std::vector<double>(directions * batches * hidden, 0.0);
  }

  /// Activation `which` of a direction.
  double activation(int64_t d, int64_t which, double value) const {
    auto [name, alpha, beta] = activations[d * perDirection + which];
    if (clip)
      value = std::clamp(value, -*clip, *clip);
    return activate(name, value, alpha, beta);
  }

  /// x·Wᵀ + b of one gate and unit.
  double fromInput(int64_t d, int64_t t, int64_t b, int64_t gate, int64_t unit) const {
    int64_t row = gate * hidden + unit;
    double sum = bias.empty() ? 0 : bias[d * 2 * gates * hidden + row];
    for (int64_t i = 0; i < features; ++i)
      sum += x[(t * batches + b) * features + i] * w[(d * gates * hidden + row) * features + i];
    return sum;
  }
  /// h·Rᵀ + b of one gate and unit.
  double fromState(int64_t d, ArrayRef<double> h, int64_t gate, int64_t unit) const {
    int64_t row = gate * hidden + unit;
    double sum = bias.empty() ? 0 : bias[d * 2 * gates * hidden + gates * hidden + row];
    for (int64_t i = 0; i < hidden; ++i)
      sum += h[i] * r[(d * gates * hidden + row) * hidden + i];
    return sum;
  }

  /// step(d, t, b, at): makes `state` at `at`, hidden values from there on, the
  /// next state. Outputs beyond a sequence's length stay 0.
  template <typename Step>
  void run(Step step) {
    for (int64_t d = 0; d < directions; ++d)
      for (int64_t b = 0; b < batches; ++b) {
        bool isReverse = d == 1 || direction == dl::RnnDirection::reverse;
        int64_t length = std::clamp<int64_t>(lengths[b], 0, steps);
        int64_t at = (d * batches + b) * hidden;
        for (int64_t i = 0; i < length; ++i) {
          int64_t t = isReverse ? length - 1 - i : i;
          step(d, t, b, at);
          for (int64_t u = 0; u < hidden; ++u)
            output[((t * directions + d) * batches + b) * hidden + u] = state[at + u];
        }
      }
  }

  /// `state` of one batch, as it is before the step.
  std::vector<double> getOld(int64_t at) const {
    return std::vector<double>(state.begin() + at, state.begin() + at + hidden);
  }

  Tensor getOutput() const {
    return Tensor::fromFloats(type, {steps, directions, batches, hidden}, output);
  }
  Tensor getLast(const std::vector<double> &values) const {
    return Tensor::fromFloats(type, {directions, batches, hidden}, values);
  }

  struct Activation {
    StringRef name;
    double alpha, beta;
  };
  ElementType type;
  int64_t steps, batches, features, directions, hidden, gates, perDirection;
  dl::RnnDirection direction;
  std::vector<double> x, w, r, bias, state, output;
  std::vector<int64_t> lengths;
  std::optional<double> clip;
  std::vector<Activation> activations;
};
} // namespace

static Tensors evaluateRnn(dl::RnnOp op, Operands operands) {
  Recurrence rnn(op, operands, 1, {"tanh"});
  rnn.run([&](int64_t d, int64_t t, int64_t b, int64_t at) {
    std::vector<double> h = rnn.getOld(at);
    for (int64_t u = 0; u < rnn.hidden; ++u)
      rnn.state[at + u] =
          rnn.activation(d, 0, rnn.fromInput(d, t, b, 0, u) + rnn.fromState(d, h, 0, u));
  });
  return {rnn.getOutput(), rnn.getLast(rnn.state)};
}

static Tensors evaluateLstm(dl::LstmOp op, Operands operands) {
  enum { inputGate, outputGate, forgetGate, cellGate };
  Recurrence rnn(op, operands, 4, {"sigmoid", "tanh", "tanh"});
  std::vector<double> cells = rnn.getState(getOperand(op, op.getInitialC(), operands));
  // Peepholes D,3·H: of the input, output and forget gate.
  std::vector<double> peepholes(rnn.directions * 3 * rnn.hidden, 0.0);
  if (const Tensor *tensor = getOperand(op, op.getPeephole(), operands))
    peepholes = tensor->getFloats();
  rnn.run([&](int64_t d, int64_t t, int64_t b, int64_t at) {
    std::vector<double> h = rnn.getOld(at);
    for (int64_t u = 0; u < rnn.hidden; ++u) {
      auto gate = [&](int64_t which) {
        return rnn.fromInput(d, t, b, which, u) + rnn.fromState(d, h, which, u);
      };
      auto peephole = [&](int64_t which) {
        return peepholes[(d * 3 + which) * rnn.hidden + u];
      };
      double &cell = cells[at + u];
      double in = rnn.activation(d, 0, gate(inputGate) + peephole(inputGate) * cell);
      double forget = op.getInputForget()
                          ? 1 - in
                          : rnn.activation(d, 0, gate(forgetGate) + peephole(forgetGate) * cell);
      cell = forget * cell + in * rnn.activation(d, 1, gate(cellGate));
      double out = rnn.activation(d, 0, gate(outputGate) + peephole(outputGate) * cell);
      rnn.state[at + u] = out * activate(rnn.activations[d * 3 + 2].name, cell,
                                         rnn.activations[d * 3 + 2].alpha,
                                         rnn.activations[d * 3 + 2].beta);
    }
  });
  return {rnn.getOutput(), rnn.getLast(rnn.state), rnn.getLast(cells)};
}

static Tensors evaluateGru(dl::GruOp op, Operands operands) {
  enum { updateGate, resetGate, hiddenGate };
  Recurrence rnn(op, operands, 3, {"sigmoid", "tanh"});
  rnn.run([&](int64_t d, int64_t t, int64_t b, int64_t at) {
    std::vector<double> h = rnn.getOld(at), reset(rnn.hidden), resetState(rnn.hidden);
    for (int64_t u = 0; u < rnn.hidden; ++u) {
      reset[u] = rnn.activation(
          d, 0, rnn.fromInput(d, t, b, resetGate, u) + rnn.fromState(d, h, resetGate, u));
      resetState[u] = reset[u] * h[u];
    }
    for (int64_t u = 0; u < rnn.hidden; ++u) {
      double update = rnn.activation(
          d, 0, rnn.fromInput(d, t, b, updateGate, u) + rnn.fromState(d, h, updateGate, u));
      double recurrent = op.getLinearBeforeReset()
                             ? reset[u] * rnn.fromState(d, h, hiddenGate, u)
                             : rnn.fromState(d, resetState, hiddenGate, u);
      double fresh = rnn.activation(d, 1, rnn.fromInput(d, t, b, hiddenGate, u) + recurrent);
      rnn.state[at + u] = (1 - update) * fresh + update * h[u];
    }
  });
  return {rnn.getOutput(), rnn.getLast(rnn.state)};
}

void reference::addRecurrentEvaluators(EvaluatorTable &table) {
  table.add<dl::RnnOp>(evaluateRnn);
  table.add<dl::LstmOp>(evaluateLstm);
  table.add<dl::GruOp>(evaluateGru);
}
