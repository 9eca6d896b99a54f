//===- Quant.cpp - the meaning of quantize and dequantize -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// Where the scale and zero point of an element lie in their tensors.
template <typename OpTy>
static Expected<std::vector<int64_t>> getParameterPositions(OpTy op, Operands operands) {
  const Tensor &input = operands[0], &scale = operands[1];
  int64_t axis = op.getAxis(), block = op.getBlockSize();
  Shape expected;
  if (block > 0) {
    expected.assign(input.getShape().begin(), input.getShape().end());
    expected[axis] = llvm::divideCeil(expected[axis], block);
  } else if (scale.getRank() > 0) {
    expected = {input.getDim(axis)};
  }
  for (const Tensor &parameter : operands.drop_front())
    if (parameter.getShape() != ArrayRef<int64_t>(expected))
      return makeError("a parameter is a {0}, the operand a {1}", getTypeName(parameter),
                       getTypeName(input));
  std::vector<int64_t> positions;
  forEachIndex(input.getShape(), [&](ArrayRef<int64_t> index) {
    if (block > 0) {
      Shape at(index);
      at[axis] /= block;
      positions.push_back(getPosition(expected, at));
    } else {
      positions.push_back(scale.getRank() > 0 ? index[axis] : 0);
    }
  });
  return positions;
}

/// Zero points as doubles; 0 where absent.
static std::vector<double> getZeroPoints(const Tensor *tensor, int64_t count) {
  std::vector<double> values(count, 0.0);
  for (int64_t i = 0; tensor && i < count; ++i)
    values[i] = tensor->getAsDouble(i);
  return values;
}

static Expected<Tensor> evaluateQuantize(dl::QuantizeOp op, Operands operands) {
  const Tensor &input = operands[0], &scale = operands[1];
  Expected<std::vector<int64_t>> positions = getParameterPositions(op, operands);
  if (!positions)
    return positions.takeError();
  ElementType type = getResultType(op);
  std::vector<double> scales = scale.getFloats();
  std::vector<double> zeroPoints =
      getZeroPoints(getOperand(op, op.getZeroPoint(), operands), scale.getNumElements());
  std::vector<double> values(input.getNumElements());
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t at = (*positions)[i];
    // The quotient is of the operand's precision (of f32 at least).
    values[i] = input.getAsDouble(i) / scales[at];
    if (scale.getType() != ElementType::f64 && input.getType() != ElementType::f64)
      values[i] = double(float(values[i]));
    if (!isFloat(type))
      values[i] = std::nearbyint(values[i]) + zeroPoints[at];
  }
  if (isFloat(type)) {
    Tensor result(type, input.getShape());
    encodeFloats(type, values.data(), values.size(), result.getMutableData(), op.getSaturate());
    return result;
  }
  return convert(Tensor::fromFloats(ElementType::f64, input.getShape(), values), type);
}

static Expected<Tensor> evaluateDequantize(dl::DequantizeOp op, Operands operands) {
  const Tensor &input = operands[0], &scale = operands[1];
  Expected<std::vector<int64_t>> positions = getParameterPositions(op, operands);
  if (!positions)
    return positions.takeError();
  std::vector<double> scales = scale.getFloats();
  std::vector<double> zeroPoints =
      getZeroPoints(getOperand(op, op.getZeroPoint(), operands), scale.getNumElements());
  std::vector<double> values(input.getNumElements());
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t at = (*positions)[i];
    values[i] = (input.getAsDouble(i) - zeroPoints[at]) * scales[at];
  }
  return Tensor::fromFloats(getResultType(op), input.getShape(), values);
}

void reference::addQuantEvaluators(EvaluatorTable &table) {
  table.add<dl::QuantizeOp>(evaluateQuantize);
  table.add<dl::DequantizeOp>(evaluateDequantize);
}
