//===- Recurrences.cpp - decompositions of rnn, lstm and gru --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A recurrence becomes a loop over time whose body holds only what depends on
// the state. The input's part, x·Wᵀ + b for all steps at once, is one matrix
// product before the loop:
//
//   %p = dl.dot_general %x, %w ...        // S×B×(G·H)
//   %r:3 = scf.for %t = 0 to S iter_args(%h, %c, %y) {
//     %pt = dl.dynamic_slice %p, [%t, 0, 0]
//     %g = dl.add %pt, (dl.dot_general %h, %r)
//     ... gates, new %h and %c ...
//     scf.yield %h', %c', dl.dynamic_update_slice %y, %h', [%t, 0, 0]
//   }
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

static Type elementOf(Value value) { return getTensorType(value).getElementType(); }

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

namespace {
/// One gate activation with its parameters.
struct Activation {
  StringRef name;
  double alpha = 0, beta = 0;

  Value apply(TensorBuilder &b, Value x) const;
};
} // namespace

Value Activation::apply(TensorBuilder &b, Value x) const {
  auto positive = [&](Value v) { return b.max(v, 0.0); };
  if (name == "sigmoid")
    return b.unary<SigmoidOp>(x);
  if (name == "tanh")
    return b.unary<TanhOp>(x);
  if (name == "relu")
    return positive(x);
  if (name == "affine")
    return b.add(b.mul(x, alpha), beta);
  if (name == "leaky_relu")
    return b.select(b.compare(ComparisonDirection::lt, x, 0.0), b.mul(x, alpha), x);
  if (name == "thresholded_relu")
    return b.select(b.compare(ComparisonDirection::ge, x, alpha), x, b.splatLike(0.0, x));
  if (name == "scaled_tanh")
    return b.mul(b.unary<TanhOp>(b.mul(x, beta)), alpha);
  if (name == "hard_sigmoid")
    return b.min(b.max(b.add(b.mul(x, alpha), beta), 0.0), 1.0);
  if (name == "elu")
    return b.select(b.compare(ComparisonDirection::lt, x, 0.0),
                    b.mul(b.unary<Expm1Op>(x), alpha), x);
  if (name == "softsign")
    return b.div(x, b.add(b.unary<AbsOp>(x), 1.0));
  // softplus: max(x, 0) + ln(1 + e^−|x|), which doesn't overflow.
  Value decay = b.unary<ExpOp>(b.unary<NegOp>(b.unary<AbsOp>(x)));
  return b.add(positive(x), b.unary<Log1pOp>(decay));
}

/// Default alpha and beta of an activation.
static std::pair<double, double> defaultsOf(StringRef name) {
  return llvm::StringSwitch<std::pair<double, double>>(name)
      .Cases({"affine", "thresholded_relu", "elu"}, {1.0, 0.0})
      .Case("leaky_relu", {0.01, 0.0})
      .Case("scaled_tanh", {1.0, 1.0})
      .Case("hard_sigmoid", {0.2, 0.5})
      .Default({0.0, 0.0});
}

/// The activations of all directions; `usual` are those of one direction where
/// the op names none.
template <typename Op>
static SmallVector<Activation> getActivations(Op op, ArrayRef<StringRef> usual,
                                              int64_t directions) {
  SmallVector<Activation> activations;
  for (Attribute name : op.getActivations())
    activations.push_back({cast<StringAttr>(name).getValue()});
  for (int64_t d = 0; d < directions && op.getActivations().empty(); ++d)
    for (StringRef name : usual)
      activations.push_back({name});
  // The k-th constants, where given, belong to the k-th activation.
  ArrayRef<double> alphas = op.getActivationAlpha(), betas = op.getActivationBeta();
  for (auto [k, activation] : llvm::enumerate(activations)) {
    auto [alpha, beta] = defaultsOf(activation.name);
    activation.alpha = k < alphas.size() ? alphas[k] : alpha;
    activation.beta = k < betas.size() ? betas[k] : beta;
  }
  return activations;
}

//===----------------------------------------------------------------------===//
// The loop over time
//===----------------------------------------------------------------------===//

namespace {
/// What one direction of a recurrence is made of, in the type it is computed in.
struct Direction {
  int64_t hidden;
  Value projection;      // S×B×(G·H): x·Wᵀ and the biases that can be added there
  Value recurrence;      // (G·H)×H
  Value recurrentBias;   // G·H, for gates that need theirs apart (gru)
  Value peephole;        // 3·H, or null
  ArrayRef<Activation> activations;
  std::optional<double> clip;

  /// The activation's value at x, clipped before.
  Value activate(TensorBuilder &b, int64_t index, Value x) const {
    if (clip)
      x = b.min(b.max(x, -*clip), *clip);
    return activations[index].apply(b, x);
  }
  /// h·Rᵀ for the gates [first, last).
  Value recur(TensorBuilder &b, Value h, int64_t first, int64_t last) const {
    Value part = recurrence;
    if ((last - first) * hidden != getTensorType(recurrence).getDimSize(0))
      part = b.slice(recurrence, 0, first * hidden, last * hidden);
    return DotGeneralOp::create(b, h, part, ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                                ArrayRef<int64_t>{1}, ArrayRef<int64_t>{1});
  }
  /// Gate `index` of B×(G·H).
  Value gate(TensorBuilder &b, Value gates, int64_t index) const {
    return b.slice(gates, 1, index * hidden, (index + 1) * hidden);
  }
};

/// New states from the old ones and the step's projection (B×(G·H)).
using Cell = llvm::function_ref<SmallVector<Value>(TensorBuilder &, const Direction &, Value,
                                                   ValueRange)>;
} // namespace

/// The leading slice `index` of a tensor, without that dimension.
static Value entryOf(TensorBuilder &b, Value stacked, int64_t index) {
  SmallVector<Size> sizes = b.sizes(stacked);
  Value entry = sizes[0].isStatic() && sizes[0].known == 1
                    ? stacked
                    : b.slice(stacked, 0, index, index + 1);
  return b.reshape(entry, ArrayRef(sizes).drop_front());
}

static Value toIndex(TensorBuilder &b, Size size) {
  if (size.isStatic())
    return arith::ConstantIndexOp::create(b, size.known);
  Value scalar = tensor::ExtractOp::create(b, size.value, ValueRange{});
  return arith::IndexCastOp::create(b, b.getIndexType(), scalar);
}

/// Whether step `time` lies inside each batch entry's sequence: B×H booleans.
static Value stepIsValid(TensorBuilder &b, Value lengths, Value time, Value state) {
  Value step = tensor::FromElementsOp::create(
      b, RankedTensorType::get({}, b.getIndexType()), time);
  step = b.convert(step, b.getI32Type());
  Value before = b.compare(ComparisonDirection::lt,
                           b.broadcast(step, {}, {b.size(lengths, 0)}), lengths);
  return b.broadcast(before, {0}, b.sizes(state));
}

/// Runs `cell` over the steps of one direction: the outputs S×B×H, then the last
/// states.
static SmallVector<Value> runDirection(TensorBuilder &b, const Direction &direction,
                                       ValueRange initialStates, Value lengths, bool reverse,
                                       Cell cell) {
  Value projection = direction.projection;
  SmallVector<Size> sizes = b.sizes(projection);
  Size steps = sizes[0], batch = sizes[1], width = sizes[2];
  SmallVector<Value> carried(initialStates);
  carried.push_back(b.splat(b.scalar(0.0, elementOf(projection)),
                            {steps, batch, direction.hidden}));
  if (steps.known == 0) { // outputs without elements take no slice
    std::rotate(carried.begin(), carried.end() - 1, carried.end());
    return carried;
  }
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value count = toIndex(b, steps);
  Value sliceShape = b.shapeOperand({1, batch, width});

  auto body = [&](OpBuilder &builder, Location loc, Value iteration, ValueRange args) {
    TensorBuilder inner(builder, loc);
    ValueRange states = args.drop_back();
    Value time = iteration;
    if (reverse) {
      Value last = arith::SubIOp::create(inner, count, one);
      time = arith::SubIOp::create(inner, last, iteration);
    }
    Value start = tensor::FromElementsOp::create(inner, ValueRange{time, zero, zero});
    auto sliceType = RankedTensorType::get({1, batch.known, width.known}, elementOf(projection));
    Value step = DynamicSliceOp::create(inner, sliceType, projection, start, sliceShape,
                                        /*strides=*/Value());
    step = inner.reshape(step, {batch, width});
    SmallVector<Value> next = cell(inner, direction, step, states);
    Value output = next[0];
    if (lengths) {
      // Beyond the sequence's end the state stays and the output is 0.
      Value valid = stepIsValid(inner, lengths, time, output);
      output = inner.select(valid, output, inner.splatLike(0.0, output));
      for (auto [value, old] : llvm::zip_equal(next, states))
        value = inner.select(valid, value, old);
    }
    for (auto [value, old] : llvm::zip_equal(next, states))
      value = inner.cast(value, old.getType());
    output = inner.reshape(output, {1, batch, direction.hidden});
    Value outputs = DynamicUpdateSliceOp::create(inner, args.back(), output, start);
    next.push_back(inner.cast(outputs, args.back().getType()));
    scf::YieldOp::create(inner, next);
  };
  auto loop = scf::ForOp::create(b, zero, count, one, carried, body);
  // Slices of the weights are the same in every step.
  moveLoopInvariantCode(cast<LoopLikeOpInterface>(loop.getOperation()));
  SmallVector<Value> results{loop.getResults().back()};
  llvm::append_range(results, loop.getResults().drop_back());
  return results;
}

/// Writes a recurrence: `extra` are the initial states beyond h (or null for
/// zeros), `gates` the number of gates; the first `mergedBias` gates' recurrent
/// bias is added to the projection, the others' is left to the cell.
template <typename Op>
static LogicalResult decomposeRecurrence(Op op, TensorBuilder &b, SmallVectorImpl<Value> &results,
                                         int64_t gates, int64_t mergedBias,
                                         ArrayRef<StringRef> usual, ArrayRef<Value> initialStates,
                                         Value peephole, Cell cell) {
  Value input = b.widen(op.getInput()), weights = b.widen(op.getWeights());
  Value recurrence = b.widen(op.getRecurrence());
  Value bias = op.getBias() ? b.widen(op.getBias()) : Value();
  int64_t hidden = op.getHiddenSize(), width = gates * hidden;
  bool both = op.getDirection() == RnnDirection::bidirectional;
  int64_t directions = both ? 2 : 1;
  SmallVector<Activation> activations = getActivations(op, usual, directions);
  Size batch = b.size(input, 1);
  auto weightRows = RankedTensorType::get({width, hidden}, elementOf(recurrence));

  SmallVector<SmallVector<Value>> parts(1 + initialStates.size());
  for (int64_t d = 0; d < directions; ++d) {
    Direction direction{hidden, {}, {}, {}, {}, {}, {}};
    direction.activations = ArrayRef(activations).slice(d * usual.size(), usual.size());
    if (op.getClip())
      direction.clip = op.getClip()->convertToDouble();
    direction.recurrence = b.cast(entryOf(b, recurrence, d), weightRows);
    direction.projection =
        DotGeneralOp::create(b, input, entryOf(b, weights, d), ArrayRef<int64_t>{},
                             ArrayRef<int64_t>{}, ArrayRef<int64_t>{2}, ArrayRef<int64_t>{1});
    if (bias) {
      Value all = entryOf(b, bias, d);
      Value added = b.slice(all, 0, 0, width);
      Value recurrent = b.slice(all, 0, width, 2 * width);
      if (mergedBias == gates) {
        added = b.add(added, recurrent);
      } else {
        Value merged = b.slice(recurrent, 0, 0, mergedBias * hidden);
        Value none = b.splat(b.scalar(0.0, elementOf(bias)), {(gates - mergedBias) * hidden});
        added = b.add(added, b.concat({merged, none}, 0));
        direction.recurrentBias = recurrent;
      }
      direction.projection = b.add(direction.projection,
                                   b.broadcastLike(added, direction.projection));
    }
    if (peephole)
      direction.peephole = entryOf(b, b.widen(peephole), d);
    SmallVector<Value> states;
    auto stateType = RankedTensorType::get({batch.known, hidden}, elementOf(input));
    for (Value initial : initialStates)
      states.push_back(initial ? b.cast(entryOf(b, b.widen(initial), d), stateType)
                               : b.splat(b.scalar(0.0, elementOf(input)), {batch, hidden}));
    bool reverse = op.getDirection() == RnnDirection::reverse || d == 1;
    SmallVector<Value> run =
        runDirection(b, direction, states, op.getSequenceLengths(), reverse, cell);
    for (auto [part, value] : llvm::zip_equal(parts, run))
      part.push_back(value);
  }
  // S×B×H → S×D×B×H, and the states B×H → D×B×H.
  for (auto [index, part] : llvm::enumerate(parts)) {
    int64_t dim = index == 0 ? 1 : 0;
    for (Value &value : part) {
      SmallVector<Size> sizes = b.sizes(value);
      sizes.insert(sizes.begin() + dim, Size(1));
      value = b.reshape(value, sizes);
    }
    Value whole = both ? b.concat(part, dim) : part[0];
    results.push_back(b.convert(whole, elementOf(op.getInput())));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

/// h' = f(p + h·Rᵀ)
static SmallVector<Value> rnnCell(TensorBuilder &b, const Direction &d, Value projected,
                                  ValueRange states) {
  Value sum = b.add(projected, d.recur(b, states[0], 0, 1));
  return {d.activate(b, 0, sum)};
}

/// i = f(pᵢ + h·Rᵢᵀ + Pᵢ·c), f likewise (or 1 − i), c̃ = g(p_c + h·R_cᵀ),
/// c' = f·c + i·c̃, o = f(pₒ + h·Rₒᵀ + Pₒ·c'), h' = o·h(c'). Peepholes lie in
/// the order i, o, f.
static SmallVector<Value> lstmCell(TensorBuilder &b, const Direction &d, Value projected,
                                   ValueRange states, bool inputForget) {
  Value gates = b.add(projected, d.recur(b, states[0], 0, 4));
  Value cell = states[1];
  auto peep = [&](Value gate, int64_t index, Value c) {
    if (!d.peephole)
      return gate;
    Value weight = b.slice(d.peephole, 0, index * d.hidden, (index + 1) * d.hidden);
    return b.add(gate, b.mul(b.broadcastLike(weight, c), c));
  };
  Value input = d.activate(b, 0, peep(d.gate(b, gates, 0), 0, cell));
  Value forget = inputForget ? b.sub(b.splatLike(1.0, input), input)
                             : d.activate(b, 0, peep(d.gate(b, gates, 2), 2, cell));
  Value candidate = d.activate(b, 1, d.gate(b, gates, 3));
  Value next = b.add(b.mul(forget, cell), b.mul(input, candidate));
  Value output = d.activate(b, 0, peep(d.gate(b, gates, 1), 1, next));
  // `clip` is for what comes out of the gates, not for the cell's own output.
  return {b.mul(output, d.activations[2].apply(b, next)), next};
}

/// z, r = f(p + h·Rᵀ); h̃ = g(p_h + (r·h)·R_hᵀ + b_h), or with
/// linear_before_reset g(p_h + r·(h·R_hᵀ + b_h)); h' = (1 − z)·h̃ + z·h.
static SmallVector<Value> gruCell(TensorBuilder &b, const Direction &d, Value projected,
                                  ValueRange states, bool linearBeforeReset) {
  Value h = states[0];
  Value recurrent = linearBeforeReset ? d.recur(b, h, 0, 3) : d.recur(b, h, 0, 2);
  auto sum = [&](int64_t gate) {
    return b.add(d.gate(b, projected, gate), d.gate(b, recurrent, gate));
  };
  Value update = d.activate(b, 0, sum(0));
  Value reset = d.activate(b, 0, sum(1));
  auto withBias = [&](Value v) {
    if (!d.recurrentBias)
      return v;
    Value bias = b.slice(d.recurrentBias, 0, 2 * d.hidden, 3 * d.hidden);
    return b.add(v, b.broadcastLike(bias, v));
  };
  Value state = linearBeforeReset ? b.mul(reset, withBias(d.gate(b, recurrent, 2)))
                                  : withBias(d.recur(b, b.mul(reset, h), 2, 3));
  Value candidate = d.activate(b, 1, b.add(d.gate(b, projected, 2), state));
  Value keep = b.sub(b.splatLike(1.0, update), update);
  return {b.add(b.mul(keep, candidate), b.mul(update, h))};
}

static LogicalResult decomposeRnn(RnnOp op, TensorBuilder &b, SmallVectorImpl<Value> &results) {
  return decomposeRecurrence(op, b, results, /*gates=*/1, /*mergedBias=*/1, {"tanh"},
                             {op.getInitialH()}, /*peephole=*/{}, rnnCell);
}

static LogicalResult decomposeLstm(LstmOp op, TensorBuilder &b, SmallVectorImpl<Value> &results) {
  auto cell = [&](TensorBuilder &inner, const Direction &d, Value projected, ValueRange states) {
    return lstmCell(inner, d, projected, states, op.getInputForget());
  };
  return decomposeRecurrence(op, b, results, /*gates=*/4, /*mergedBias=*/4,
                             {"sigmoid", "tanh", "tanh"}, {op.getInitialH(), op.getInitialC()},
                             op.getPeephole(), cell);
}

static LogicalResult decomposeGru(GruOp op, TensorBuilder &b, SmallVectorImpl<Value> &results) {
  auto cell = [&](TensorBuilder &inner, const Direction &d, Value projected, ValueRange states) {
    return gruCell(inner, d, projected, states, op.getLinearBeforeReset());
  };
  return decomposeRecurrence(op, b, results, /*gates=*/3, /*mergedBias=*/2, {"sigmoid", "tanh"},
                             {op.getInitialH()}, /*peephole=*/{}, cell);
}

void decompose::addRecurrences(DecomposerMap &map) {
  addMany<RnnOp, decomposeRnn>(map);
  addMany<LstmOp, decomposeLstm>(map);
  addMany<GruOp, decomposeGru>(map);
}
