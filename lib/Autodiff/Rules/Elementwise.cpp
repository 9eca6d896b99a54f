//===- Elementwise.cpp - derivatives of elementwise ops -------------------===//
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

Value Elementwise::operand(unsigned i) { return fromOperand(i, b.widen(op->getOperand(i))); }

Value Elementwise::number(double value) {
  // Sized like an operand, so that the result is not computed for its size alone.
  RankedTensorType type = getTensorType(op->getResult(0));
  Value like = *llvm::find_if(op->getOperands(), [&](Value operand) {
    return getTensorType(operand).getRank() == type.getRank();
  });
  return b.splatLike(value, like, getWideType(type.getElementType()));
}

Value Elementwise::fromOperand(unsigned i, Value tangent) {
  return isRepeated(i) ? b.broadcast(tangent, {}, b.sizes(op->getResult(0))) : tangent;
}

Value Elementwise::toOperand(unsigned i, Value value) {
  RankedTensorType type = getTensorType(op->getOperand(i));
  if (isRepeated(i)) {
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, getTensorType(value).getRank()));
    value = ReduceOp::create(b, ReductionKind::sum, value, dims, /*keep_dims=*/false);
  }
  return b.convert(value, type.getElementType());
}

void autodiff::applyForward(Forward &f, ArrayRef<Partial> partials) {
  Elementwise e(f.op, f.b);
  Value total;
  for (auto [i, partial] : llvm::enumerate(partials))
    if (partial && f.tangent(i))
      total = sum(f.b, total, e.toResult(partial(e, e.fromOperand(i, f.tangent(i)))));
  f.set(0, total);
}

void autodiff::applyReverse(Reverse &r, ArrayRef<Partial> partials) {
  Elementwise e(r.op, r.b);
  for (auto [i, partial] : llvm::enumerate(partials))
    if (partial && r.wants(i))
      r.add(i, e.toOperand(i, partial(e, r.cotangent())));
}

static void addUnary(RuleTable &table) {
#include "Unary.inc"
}

static void addBinary(RuleTable &table) {
#include "Binary.inc"
}

void autodiff::addUnaryRules(RuleTable &table) { addUnary(table); }
void autodiff::addBinaryRules(RuleTable &table) { addBinary(table); }
