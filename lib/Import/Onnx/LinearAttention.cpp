//===- LinearAttention.cpp - attention by a recurrent state ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Linear.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

namespace {
/// The operands, in f32, with the steps in front: T,B,H,D.
struct LinearAttentionNode {
  Value q, k, v, decay, beta, state;
  double scale = 1;
  int64_t queryHeads = 1, heads = 1;
};
} // namespace

/// B,T,heads·D → T,B,heads,D in f32
static Value stepsFirst(NodeImporter &n, Value v, int64_t heads) {
  if (!v || !n.requireRank(v, 3, 3, "an operand"))
    return {};
  Size hidden = n.size(v, 2);
  if (hidden.isStatic() && hidden.getStatic() % heads) {
    n.emitError() << heads << " heads don't divide the hidden size " << hidden.getStatic();
    return {};
  }
  return Expr(n, v)
      .to(n.getBuilder().getF32Type())
      .reshape({n.size(v, 0), n.size(v, 1), Size(heads), n.div(hidden, Size(heads))})
      .transpose({1, 0, 2, 3});
}

/// x[t]: B,H,D
static Expr atStep(NodeImporter &n, Value x, Value t) {
  Sizes sizes = n.sizes(x);
  sizes[0] = Size(1);
  Value starts = n.concat({n.unsqueeze(t, {0}), n.constantInts({0, 0, 0})}, 0);
  if (!starts)
    return {n, {}};
  Expr slice(n, n.create<dl::DynamicSliceOp>(n.tensorType(sizes, n.elementTypeOf(x)), x, starts,
                                             n.shapeOperand(sizes), Value()));
  return slice.squeeze({0});
}

/// One step: the new state, and the output B,Hq,E.
static std::pair<Value, Value> step(NodeImporter &n, const LinearAttentionNode &a, Value t,
                                    Value oldState) {
  Expr state(n, oldState), q = atStep(n, a.q, t), k = atStep(n, a.k, t), v = atStep(n, a.v, t);
  if (a.decay)
    state = state * atStep(n, a.decay, t).exp().unsqueeze({3}).get();
  if (a.beta) {
    Expr retrieved = (state * k.unsqueeze({3}).get()).sum({2}, false);
    v = atStep(n, a.beta, t) * (v - retrieved.get()).get();
  }
  state = state + (k.unsqueeze({3}) * v.unsqueeze({2}).get()).get();
  if (!state || !q)
    return {};
  // B,H,groups,D · B,H,D,E
  int64_t groups = a.queryHeads / a.heads;
  Value grouped =
      n.reshape(q, {n.size(q, 0), Size(a.heads), Size(groups), n.size(q, 2)});
  Expr y(n, dot(n, grouped, state, {0, 1}, {0, 1}, {3}, {2}));
  return {state, y ? n.collapse(y * a.scale, 1, 3) : Value()};
}

/// Runs all steps; the outputs T,B,Hq,E and the last state.
static std::pair<Value, Value> runSteps(NodeImporter &n, const LinearAttentionNode &a) {
  OpBuilder &b = n.getBuilder();
  Location loc = n.getLoc();
  Type f32 = b.getF32Type();
  Size steps = n.size(a.q, 0);
  Sizes outSizes{steps, n.size(a.q, 1), Size(a.queryHeads), n.size(a.v, 3)};
  Value outputs = n.broadcastTo(n.scalar(f32, 0), outSizes);
  Value counter = n.scalarInt(b.getI64Type(), 0), state = a.state, count = n.sizeTensor(steps);
  if (!outputs || !counter || !state || !count)
    return {};
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  Value end;
  if (steps.isStatic())
    end = arith::ConstantIndexOp::create(b, loc, steps.getStatic());
  else
    end = arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                     tensor::ExtractOp::create(b, loc, count, ValueRange{}));
  auto loop = scf::ForOp::create(b, loc, zero, end, one, ValueRange{counter, state, outputs});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value t = loop.getRegionIterArg(0);
  auto [newState, y] = step(n, a, t, loop.getRegionIterArg(1));
  Value next = n.infer<dl::AddOp>(t, n.scalarInt(b.getI64Type(), 1));
  if (!newState || !y || !next)
    return {};
  Value starts = n.concat({n.unsqueeze(t, {0}), n.constantInts({0, 0, 0})}, 0);
  Value newOutputs =
      n.infer<dl::DynamicUpdateSliceOp>(loop.getRegionIterArg(2), n.unsqueeze(y, {0}), starts);
  if (!newOutputs)
    return {};
  newState = n.castTo(newState, n.type(state));
  newOutputs = n.castTo(newOutputs, n.type(outputs));
  scf::YieldOp::create(b, loc, ValueRange{n.castTo(next, n.type(counter)), newState, newOutputs});
  return {loop.getResult(2), loop.getResult(1)};
}

static LogicalResult importLinearAttention(NodeImporter &n) {
  LinearAttentionNode a;
  a.queryHeads = n.requiredInt("q_num_heads");
  a.heads = n.requiredInt("kv_num_heads");
  a.scale = n.floatAttr("scale", 0);
  std::string rule = n.stringAttr("update_rule", "gated_delta");
  n.ignoreAttr("chunk_size"); // how to compute, not what
  if (n.hasFailed())
    return failure();
  if (a.heads < 1 || a.queryHeads < 1 || a.queryHeads % a.heads)
    return n.emitError() << "q_num_heads must be a positive multiple of kv_num_heads";
  bool gates = rule == "gated" || rule == "gated_delta";
  bool corrects = rule == "delta" || rule == "gated_delta";
  if (!gates && !corrects && rule != "linear")
    return n.emitError() << "update_rule has the unknown value \"" << rule << "\"";
  Value query = n.input(0);
  Value past = n.input(3), decay = n.input(4), beta = n.input(5);
  if (gates != bool(decay) || corrects != bool(beta))
    return n.emitError() << "update_rule \"" << rule << "\" "
                         << (gates ? "needs" : "takes no") << " decay and "
                         << (corrects ? "needs" : "takes no") << " beta";
  Type f32 = n.getBuilder().getF32Type();
  a.q = stepsFirst(n, query, a.queryHeads);
  a.k = stepsFirst(n, n.input(1), a.heads);
  a.v = stepsFirst(n, n.input(2), a.heads);
  if (decay)
    a.decay = stepsFirst(n, decay, a.heads);
  if (beta) {
    if (!n.requireRank(beta, 3, 3, "beta"))
      return failure();
    a.beta = stepsFirst(n, beta, n.shapeOf(beta)[2] == 1 ? 1 : a.heads);
  }
  if (!a.q || !a.k || !a.v || n.hasFailed())
    return failure();
  Size depth = n.size(a.q, 3);
  if (a.scale == 0) {
    if (!depth.isStatic())
      return n.emitError() << "the head size must be known, or scale given";
    a.scale = 1 / std::sqrt(double(depth.getStatic()));
  }
  Sizes stateSizes{n.size(a.k, 1), Size(a.heads), n.size(a.k, 3), n.size(a.v, 3)};
  a.state = past ? n.convert(past, f32) : n.broadcastTo(n.scalar(f32, 0), stateSizes);
  auto [outputs, state] = runSteps(n, a);
  if (!outputs)
    return failure();
  // T,B,Hq,E → B,T,Hq·E
  Value y = n.collapse(n.transpose(outputs, {1, 0, 2, 3}), 2, 4);
  Type element = n.elementTypeOf(query);
  SmallVector<Value> results{y ? n.convert(y, element) : y,
                             n.convert(state, past ? n.elementTypeOf(past) : element)};
  return n.results(ArrayRef(results).take_front(n.numOutputs()));
}

void dlc::onnx::registerLinearAttentionOps(OpTable &table) {
  table.add("LinearAttention", 27, {3, 6}, importLinearAttention);
}
