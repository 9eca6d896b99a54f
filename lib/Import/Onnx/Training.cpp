//===- Training.cpp - optimisers (ai.onnx.preview.training) ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// Inputs: learning rate, step count, then the parameters, the gradients and
/// `states` groups of state, one tensor each per parameter.
namespace {
struct Optimizer {
  SmallVector<Value> inputs;
  int64_t count = 0;
  Value rate, step;
};
} // namespace

static std::optional<Optimizer> readOptimizer(NodeImporter &n, int64_t states) {
  Optimizer o;
  SmallVector<Value> all = n.inputsFrom(0);
  if (n.hasFailed() || all.size() < 2)
    return std::nullopt;
  int64_t groups = 2 + states, rest = all.size() - 2;
  if (rest == 0 || rest % groups) {
    n.emitError() << "has " << rest << " tensors where a multiple of " << groups << " is needed";
    return std::nullopt;
  }
  for (Value v : {all[0], all[1]})
    if (!n.requireRank(v, 0, 1, "R or T"))
      return std::nullopt;
  o.rate = n.reshape(all[0], ArrayRef<int64_t>{});
  o.step = n.reshape(all[1], ArrayRef<int64_t>{});
  o.inputs.assign(all.begin() + 2, all.end());
  o.count = rest / groups;
  return o;
}

static LogicalResult importAdagrad(NodeImporter &n) {
  double decay = n.floatAttr("decay_factor", 0), epsilon = n.floatAttr("epsilon", 1e-6),
         regularize = n.floatAttr("norm_coefficient", 0);
  auto o = readOptimizer(n, 1);
  if (!o)
    return failure();
  SmallVector<Value> parameters, squares;
  for (int64_t i = 0; i < o->count; ++i) {
    Expr x(n, o->inputs[i]), g(n, o->inputs[o->count + i]), h(n, o->inputs[2 * o->count + i]);
    Type type = n.elementTypeOf(x);
    Expr rate = Expr(n, o->rate).to(type) /
                (Expr(n, o->step).to(type) * decay + 1.0).get();
    Expr regular = x * regularize + g.get();
    Expr square = h + regular.square().get();
    parameters.push_back(x - (rate * regular.get() / (square.sqrt() + epsilon).get()).get());
    squares.push_back(square);
  }
  parameters.append(squares);
  return n.results(parameters);
}

static LogicalResult importAdam(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 0.9), beta = n.floatAttr("beta", 0.999),
         epsilon = n.floatAttr("epsilon", 1e-6), regularize = n.floatAttr("norm_coefficient", 0),
         postRegularize = n.floatAttr("norm_coefficient_post", 0);
  auto o = readOptimizer(n, 2);
  if (!o)
    return failure();
  SmallVector<Value> parameters, firsts, seconds;
  for (int64_t i = 0; i < o->count; ++i) {
    Expr x(n, o->inputs[i]), g(n, o->inputs[o->count + i]), v(n, o->inputs[2 * o->count + i]),
        h(n, o->inputs[3 * o->count + i]);
    Type type = n.elementTypeOf(x);
    Expr regular = x * regularize + g.get();
    Expr first = v * alpha + (regular * (1 - alpha)).get();
    Expr second = h * beta + (regular.square() * (1 - beta)).get();
    // The first steps' averages are biased towards their start at zero.
    Expr step = Expr(n, o->step).to(type), rate = Expr(n, o->rate).to(type), one(n, n.scalar(type, 1));
    Expr unbiased = (one - Expr(n, n.scalar(type, beta)).pow(step.get()).get()).sqrt() /
                    (one - Expr(n, n.scalar(type, alpha)).pow(step.get()).get()).get();
    rate = step.eq(0.0).select(rate, rate * unbiased.get());
    Expr next = x - (rate * first.get() / (second.sqrt() + epsilon).get()).get();
    parameters.push_back(next * (1 - postRegularize));
    firsts.push_back(first);
    seconds.push_back(second);
  }
  parameters.append(firsts);
  parameters.append(seconds);
  return n.results(parameters);
}

static LogicalResult importMomentum(NodeImporter &n) {
  double alpha = n.floatAttr("alpha", 0), beta = n.floatAttr("beta", 0),
         regularize = n.floatAttr("norm_coefficient", 0);
  std::string mode = n.stringAttr("mode", "standard");
  auto o = readOptimizer(n, 1);
  if (!o)
    return failure();
  if (mode != "standard" && mode != "nesterov")
    return n.emitError() << "mode has the unknown value \"" << mode << "\"";
  SmallVector<Value> parameters, momenta;
  for (int64_t i = 0; i < o->count; ++i) {
    Expr x(n, o->inputs[i]), g(n, o->inputs[o->count + i]), v(n, o->inputs[2 * o->count + i]);
    Type type = n.elementTypeOf(x);
    Expr regular = x * regularize + g.get();
    // At the first step the gradient counts whole.
    Expr weight = (Expr(n, o->step) > 0.0).select(n.scalar(type, beta), n.scalar(type, 1));
    Expr momentum = v * alpha + (weight * regular.get()).get();
    Expr direction = mode == "standard" ? momentum : regular + (momentum * alpha).get();
    parameters.push_back(x - (Expr(n, o->rate).to(type) * direction.get()).get());
    momenta.push_back(momentum);
  }
  parameters.append(momenta);
  return n.results(parameters);
}

void dlc::onnx::registerTrainingOps(OpTable &table) {
  OpDomain &domain = table.domain("ai.onnx.preview.training");
  domain.add("Adagrad", 1, {3, Arity::kVariadic}, importAdagrad);
  domain.add("Adam", 1, {3, Arity::kVariadic}, importAdam);
  domain.add("Momentum", 1, {3, Arity::kVariadic}, importMomentum);
}
