//===- Rnn.cpp - ATen's recurrent networks --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/MatrixProduct.h"
#include "Loop.h"
#include "Random.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::dot;

namespace {
/// A stack of layers. PyTorch's parameters are, layer by layer and direction by
/// direction: input weights, recurrent weights, then both biases if there are
/// any, then the projection of the hidden state if there is one.
struct Recurrence {
  Value x; ///< S,B,I
  SmallVector<Value> params;
  bool hasBiases = false, isBidirectional = false, isBatchFirst = false;
  bool isProjected = false;
  int64_t layers = 0;
  double dropout = 0; ///< between layers
  /// PyTorch's gate for each of dl's.
  ArrayRef<int64_t> gates;

  int64_t directions() const { return isBidirectional ? 2 : 1; }
  int64_t paramsPerCell() const { return (hasBiases ? 4 : 2) + isProjected; }
  ArrayRef<Value> paramsOf(int64_t layer, int64_t direction) const {
    return ArrayRef(params).slice((layer * directions() + direction) * paramsPerCell(),
                                  paramsPerCell());
  }
};

/// One layer's operands as dl has them: a leading dimension for the direction.
struct Layer {
  Value weights, recurrence, bias;
  int64_t hidden = 0;
};
} // namespace

static std::optional<Recurrence> readRecurrence(NodeImporter &n, ArrayRef<int64_t> gates) {
  Recurrence r;
  r.x = n.tensor("input");
  r.params = n.tensors("params");
  r.hasBiases = n.boolean("has_biases");
  r.isBidirectional = n.boolean("bidirectional");
  r.isBatchFirst = n.boolean("batch_first");
  r.layers = n.integer("num_layers");
  r.dropout = n.boolean("train") ? n.number("dropout") : 0;
  r.gates = gates;
  n.ignore({"dropout"});
  if (!r.x || n.hasFailed() || !n.requireRank(r.x, 3, 3, "input"))
    return std::nullopt;
  if (r.layers < 1 || r.layers > int64_t(r.params.size())) {
    n.emitError() << "it has " << r.params.size() << " parameters for " << r.layers << " layers";
    return std::nullopt;
  }
  int64_t cells = r.layers * r.directions();
  // Only an LSTM, of four gates, may have projections.
  r.isProjected = gates.size() == 4 &&
                  int64_t(r.params.size()) == cells * (r.paramsPerCell() + 1);
  if (int64_t(r.params.size()) != cells * r.paramsPerCell()) {
    n.emitError() << "it has " << r.params.size() << " parameters where " << r.layers
                  << " layers need " << cells * r.paramsPerCell();
    return std::nullopt;
  }
  if (r.isBatchFirst)
    r.x = n.transpose(r.x, {1, 0, 2});
  return r;
}

/// The gates along the first dimension in dl's order.
static Value orderGates(NodeImporter &n, Value value, ArrayRef<int64_t> gates) {
  if (gates.size() == 1 || !value)
    return value;
  Size hidden = n.div(n.size(value, 0), int64_t(gates.size()));
  SmallVector<Value> parts;
  for (int64_t gate : gates)
    parts.push_back(n.sliceAxis(value, 0, n.mul(hidden, gate), hidden));
  return n.concat(parts, 0);
}

static std::optional<Layer> makeLayer(NodeImporter &n, const Recurrence &r, int64_t index) {
  Layer layer;
  SmallVector<Value> weights, recurrences, biases;
  for (int64_t d = 0; d < r.directions(); ++d) {
    ArrayRef<Value> params = r.paramsOf(index, d);
    if (!n.requireRank(params[0], 2, 2, "a weight") || !n.requireRank(params[1], 2, 2, "a weight"))
      return std::nullopt;
    layer.hidden = n.shapeOf(params[1])[1];
    weights.push_back(n.unsqueeze(orderGates(n, params[0], r.gates), {0}));
    recurrences.push_back(n.unsqueeze(orderGates(n, params[1], r.gates), {0}));
    if (r.hasBiases)
      biases.push_back(n.unsqueeze(n.concat({orderGates(n, params[2], r.gates),
                                             orderGates(n, params[3], r.gates)},
                                            0),
                                   {0}));
  }
  if (ShapedType::isDynamic(layer.hidden)) {
    n.emitError() << "the size of the hidden state must be known";
    return std::nullopt;
  }
  layer.weights = n.concat(weights, 0);
  layer.recurrence = n.concat(recurrences, 0);
  layer.bias = r.hasBiases ? n.concat(biases, 0) : Value();
  return n.hasFailed() ? std::nullopt : std::optional(layer);
}

/// Runs `runLayer(index, x, states)` for one layer after the other; it gives the
/// output S,D,B,H and the last states D,B,H. `initial` are the first states,
/// layers·D,B,H. Gives the output and the last states.
using RunLayer = llvm::function_ref<SmallVector<Value>(int64_t, Value, ArrayRef<Value>)>;
static LogicalResult stackLayers(NodeImporter &n, Recurrence &r, ArrayRef<Value> initial,
                                 RunLayer runLayer) {
  Value x = r.x;
  SmallVector<SmallVector<Value>> lasts(initial.size());
  for (int64_t index = 0; index < r.layers; ++index) {
    SmallVector<Value> states;
    for (Value state : initial)
      states.push_back(n.sliceAxis(state, 0, index * r.directions(), r.directions()));
    if (index > 0 && r.dropout > 0)
      x = dropOut(n, x, r.dropout).kept;
    if (!x || n.hasFailed())
      return failure();
    SmallVector<Value> results = runLayer(index, x, states);
    if (results.empty())
      return failure();
    // S,D,B,H → S,B,D·H
    x = n.collapse(n.transpose(results.front(), {0, 2, 1, 3}), 2, 4);
    for (size_t i = 0; i < initial.size(); ++i)
      lasts[i].push_back(results[i + 1]);
  }
  SmallVector<ImportedValue> results{r.isBatchFirst ? n.transpose(x, {1, 0, 2}) : x};
  for (ArrayRef<Value> last : lasts)
    results.push_back(n.concat(last, 0));
  return n.results(results);
}

static dl::RnnDirection directionOf(const Recurrence &r) {
  return r.isBidirectional ? dl::RnnDirection::bidirectional : dl::RnnDirection::forward;
}

/// One direction of an LSTM whose hidden state is a projection of the cell's output, which
/// dl.lstm has not: a loop. Gives the output S,B,P and the last states.
static SmallVector<Value> runProjectedCell(NodeImporter &n, Value x, ArrayRef<Value> params,
                                           Value h, Value c, bool isBackward) {
  using Direction = dl::ComparisonDirection;
  for (Value matrix : {params[0], params[1], params.back()})
    if (!n.requireRank(matrix, 2, 2, "a weight"))
      return {};
  Size steps = n.size(x, 0), hidden = n.div(n.size(params[0], 0), 4);
  Expr gates(n, dot(n, x, params[0], {}, {}, {2}, {1}));
  if (params.size() == 5)
    gates = gates + params[2] + params[3];
  Value outputs = n.broadcastInDim(n.scalarInt(n.elementTypeOf(x), 0),
                                   {steps, n.size(x, 1), n.size(params.back(), 0)}, {});
  Value first = n.scalarInt(n.getBuilder().getI64Type(), 0);
  auto check = [&](ArrayRef<Value> values) {
    return n.compare(Direction::lt, values[0], n.sizeTensor(steps));
  };
  auto round = [&](ArrayRef<Value> values, SmallVectorImpl<Value> &next) {
    Size step(values[0]), at = isBackward ? n.sub(n.sub(steps, 1), step) : step;
    Expr now(n, n.squeeze(n.sliceAxis(gates, 0, at, 1), {0}));
    now = now + dot(n, values[1], params[1], {}, {}, {1}, {1});
    auto gate = [&](int64_t i) {
      return Expr(n, n.sliceAxis(now, 1, n.mul(hidden, i), hidden));
    };
    Expr cell = gate(1).sigmoid() * values[2] + (gate(0).sigmoid() * gate(2).tanh().get()).get();
    Value state = gate(3).sigmoid() * cell.tanh().get();
    state = dot(n, state, params.back(), {}, {}, {1}, {1});
    if (!state || n.hasFailed())
      return false;
    Value updated = n.infer<dl::DynamicUpdateSliceOp>(values[3], n.unsqueeze(state, {0}),
                                                      n.sizesTensor({at, 0, 0}));
    next.append({n.sizeTensor(n.add(step, 1)), state, cell, updated});
    return !n.hasFailed();
  };
  if (!gates || !outputs || !h || !c)
    return {};
  SmallVector<Value> results = buildLoop(n, {first, h, c, outputs}, check, round);
  return results.empty() ? results : SmallVector<Value>{results[3], results[1], results[2]};
}

/// One layer of such an LSTM, as stackLayers wants it.
static SmallVector<Value> runProjected(NodeImporter &n, const Recurrence &r, int64_t index,
                                       Value x, ArrayRef<Value> states) {
  SmallVector<Value> parts[3];
  for (int64_t d = 0; d < r.directions(); ++d) {
    auto stateOf = [&](Value all) { return n.squeeze(n.sliceAxis(all, 0, d, 1), {0}); };
    SmallVector<Value> results = runProjectedCell(n, x, r.paramsOf(index, d), stateOf(states[0]),
                                                  stateOf(states[1]), /*isBackward=*/d == 1);
    if (results.empty())
      return {};
    for (int64_t i = 0; i < 3; ++i)
      parts[i].push_back(n.unsqueeze(results[i], {i == 0 ? 1 : 0}));
  }
  return {n.concat(parts[0], 1), n.concat(parts[1], 0), n.concat(parts[2], 0)};
}

/// Gates i, f, g, o; dl's are i, o, f, g.
static LogicalResult importLstm(NodeImporter &n) {
  static constexpr int64_t gates[] = {0, 3, 1, 2};
  std::optional<Recurrence> r = readRecurrence(n, gates);
  SmallVector<Value> initial = n.tensors("hx");
  if (!r || n.hasFailed())
    return failure();
  if (initial.size() != 2 || !n.requireRank(initial[0], 3, 3, "hx") ||
      !n.requireRank(initial[1], 3, 3, "hx"))
    return n.emitError() << "hx must be two tensors of rank 3";
  ArrayAttr usual = n.getBuilder().getStrArrayAttr({});
  auto none = n.getBuilder().getDenseF64ArrayAttr({});
  if (r->isProjected)
    return stackLayers(n, *r, initial, [&](int64_t index, Value x, ArrayRef<Value> states) {
      return runProjected(n, *r, index, x, states);
    });
  return stackLayers(n, *r, initial, [&](int64_t index, Value x, ArrayRef<Value> states) {
    std::optional<Layer> layer = makeLayer(n, *r, index);
    if (!layer)
      return SmallVector<Value>();
    return n.inferMulti<dl::LstmOp>(x, layer->weights, layer->recurrence, layer->bias, Value(),
                                    states[0], states[1], Value(), layer->hidden,
                                    directionOf(*r), usual, none, none, FloatAttr(),
                                    /*input_forget=*/false);
  });
}

/// Gates r, z, n; dl's are z, r, n.
static LogicalResult importGru(NodeImporter &n) {
  static constexpr int64_t gates[] = {1, 0, 2};
  std::optional<Recurrence> r = readRecurrence(n, gates);
  Value initial = n.tensor("hx");
  if (!r || !initial || !n.requireRank(initial, 3, 3, "hx"))
    return failure();
  ArrayAttr usual = n.getBuilder().getStrArrayAttr({});
  auto none = n.getBuilder().getDenseF64ArrayAttr({});
  return stackLayers(n, *r, initial, [&](int64_t index, Value x, ArrayRef<Value> states) {
    std::optional<Layer> layer = makeLayer(n, *r, index);
    if (!layer)
      return SmallVector<Value>();
    return n.inferMulti<dl::GruOp>(x, layer->weights, layer->recurrence, layer->bias, Value(),
                                   states[0], layer->hidden, directionOf(*r), usual, none, none,
                                   FloatAttr(), /*linear_before_reset=*/true);
  });
}

static LogicalResult importRnn(NodeImporter &n, StringRef activation) {
  static constexpr int64_t gates[] = {0};
  std::optional<Recurrence> r = readRecurrence(n, gates);
  Value initial = n.tensor("hx");
  if (!r || !initial || !n.requireRank(initial, 3, 3, "hx"))
    return failure();
  SmallVector<StringRef> names(r->directions(), activation);
  ArrayAttr activations = n.getBuilder().getStrArrayAttr(names);
  auto none = n.getBuilder().getDenseF64ArrayAttr({});
  return stackLayers(n, *r, initial, [&](int64_t index, Value x, ArrayRef<Value> states) {
    std::optional<Layer> layer = makeLayer(n, *r, index);
    if (!layer)
      return SmallVector<Value>();
    return n.inferMulti<dl::RnnOp>(x, layer->weights, layer->recurrence, layer->bias, Value(),
                                   states[0], layer->hidden, directionOf(*r), activations, none,
                                   none, FloatAttr());
  });
}

void torch::registerRnnOps(OpTable &t) {
  t.add("aten.lstm.input", importLstm);
  t.add("aten.gru.input", importGru);
  t.add("aten.rnn_tanh.input", [](NodeImporter &n) { return importRnn(n, "tanh"); });
  t.add("aten.rnn_relu.input", [](NodeImporter &n) { return importRnn(n, "relu"); });
}
