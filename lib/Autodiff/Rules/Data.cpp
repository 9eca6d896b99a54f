//===- Data.cpp - derivatives of ops that make and convert tensors --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"
#include "grad/IR/GradRevise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

/// y = x in another type; the cotangent in x's own.
static void reverseConvert(ConvertOp op, Reverse &r) {
  r.add(0, r.b.convert(r.cotangent(), getTensorType(op.getInput()).getElementType()));
}

/// The same elements under a type that says more or less of the size.
static void reverseCast(tensor::CastOp op, Reverse &r) {
  r.add(0, r.b.cast(r.cotangent(), op.getSource().getType()));
}

/// c ? x : y, which canonicalisation makes of an scf.if. The two may be of different
/// sizes, and the cotangent is of the one that was chosen.
static void reverseSelect(arith::SelectOp op, Reverse &r) {
  auto add = [&](unsigned i, bool isChosen) {
    if (!r.wants(i))
      return;
    Value dy = r.b.cast(r.cotangent(), op.getType()), zero = zerosLike(r.b, op->getOperand(i));
    r.add(i, arith::SelectOp::create(r.b, op.getCondition(), isChosen ? dy : zero,
                                     isChosen ? zero : dy));
  };
  add(1, true);
  add(2, false);
}

/// Another value under the derivative that there is.
static void forwardRevise(grad::ReviseOp op, Forward &f) { f.set(0, f.tangent(0)); }
static void reverseRevise(grad::ReviseOp op, Reverse &r) { r.add(0, r.cotangent()); }

static Value sumAll(TensorBuilder &b, Value x) {
  return sumOver(b, x, upTo(getTensorType(x).getRank()));
}

/// Every element is x.
static void reverseSplat(SplatOp op, Reverse &r) { r.add(0, sumAll(r.b, r.cotangent())); }

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

/// The numbers that the op draws before they are shifted and stretched: y = base +
/// factor·z, with low, high − low and z in [0, 1), or mean, deviation and z normal.
template <typename Op>
static Value drawStandard(TensorBuilder &b, Op op) {
  Type type = getTensorType(op.getOutput()).getElementType();
  return Op::create(b, op.getOutput().getType(), op.getKey(), b.scalar(0.0, type),
                    b.scalar(1.0, type), op.getShape());
}

/// The weights of the two parameters in each element.
static std::pair<Value, Value> getWeights(TensorBuilder &b, RngUniformOp op) {
  Value z = drawStandard(b, op);
  return {b.sub(b.splatLike(1.0, z), z), z};
}
static std::pair<Value, Value> getWeights(TensorBuilder &b, RngNormalOp op) {
  Value z = drawStandard(b, op);
  return {b.splatLike(1.0, z), z};
}

template <typename Op>
static void forwardRandom(Op op, Forward &f) {
  auto [first, second] = getWeights(f.b, op);
  for (auto [i, weight] : {std::pair(1u, first), std::pair(2u, second)})
    if (f.tangent(i))
      f.add(0, f.b.mul(f.b.broadcastLike(f.tangent(i), ArrayRef<int64_t>{}, weight), weight));
}

template <typename Op>
static void reverseRandom(Op op, Reverse &r) {
  auto [first, second] = getWeights(r.b, op);
  for (auto [i, weight] : {std::pair(1u, first), std::pair(2u, second)})
    if (r.wants(i))
      r.add(i, sumAll(r.b, r.b.mul(r.cotangent(), weight)));
}

void autodiff::addDataRules(RuleTable &table) {
  table.addLinear<ConvertOp>(reverseConvert);
  table.addLinear<SplatOp>(reverseSplat);
  table.addLinear<arith::SelectOp>(reverseSelect);
  table.addLinear<tensor::CastOp>(reverseCast);
  table.add<grad::ReviseOp>(forwardRevise, reverseRevise);
  table.add<RngNormalOp>(forwardRandom<RngNormalOp>, reverseRandom<RngNormalOp>);
  table.add<RngUniformOp>(forwardRandom<RngUniformOp>, reverseRandom<RngUniformOp>);
}
