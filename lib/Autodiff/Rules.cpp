//===- Rules.cpp - how an op is differentiated ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

bool autodiff::isDifferentiable(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

Value autodiff::sum(TensorBuilder &b, Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  return b.add(x, y);
}

SmallVector<Value> Forward::tangentsOrZeros(OperandRange operands) {
  SmallVector<Value> values;
  for (unsigned i = 0; i < operands.size(); ++i)
    values.push_back(tangentOrZero(operands.getBeginOperandIndex() + i));
  return values;
}

void Forward::add(unsigned i, Value tangent) { results[i] = sum(b, results[i], tangent); }

void Reverse::add(unsigned i, Value cotangent) { operands[i] = sum(b, operands[i], cotangent); }

LogicalResult RuleTable::applyToTangents(Forward &f) {
  Operation *applied = f.op->cloneWithoutRegions();
  for (OpOperand &operand : applied->getOpOperands())
    if (isDifferentiable(operand.get().getType()))
      operand.set(f.tangentOrZero(operand.getOperandNumber()));
  f.b.insert(applied);
  for (OpResult result : applied->getResults())
    f.set(result.getResultNumber(), result);
  return success();
}

const RuleTable &RuleTable::get() {
  static const RuleTable table = [] {
    RuleTable made;
    addBinaryRules(made);
    addCompositeRules(made);
    addConvRules(made);
    addDataRules(made);
    addFactorRules(made);
    addGatherRules(made);
    addLinearRules(made);
    addReduceRules(made);
    addShapeRules(made);
    addSliceRules(made);
    addSolverRules(made);
    addSortRules(made);
    addSpecialRules(made);
    addUnaryRules(made);
    addWindowRules(made);
    return made;
  }();
  return table;
}
