//===- Data.cpp - the meaning of constants, conversions and random data ---===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

//===----------------------------------------------------------------------===//
// convert, bitcast
//===----------------------------------------------------------------------===//

/// A float truncated towards zero into an integer type's range; NaN is 0.
static int64_t toInt(double value, ElementType type) {
  if (std::isnan(value))
    return 0;
  value = std::trunc(value);
  if (isUnsigned(type)) {
    uint64_t max = uint64_t(getMaxInt(type));
    if (value <= 0)
      return 0;
    return value >= double(max) ? int64_t(max) : int64_t(uint64_t(value));
  }
  int64_t min = getMinInt(type), max = getMaxInt(type);
  if (value <= double(min))
    return min;
  return value >= double(max) ? max : int64_t(value);
}

/// An integer as a double that rounds to every float type of at most 32 bits
/// as the integer itself would: beyond 2^53, rounded to odd.
static double toOddDouble(int64_t value, bool isUnsigned) {
  bool isNegative = !isUnsigned && value < 0;
  uint64_t magnitude = isNegative ? -uint64_t(value) : uint64_t(value);
  if (magnitude >> 53) {
    constexpr uint64_t low = 0x7ff;
    bool isInexact = magnitude & low;
    magnitude = (magnitude & ~low) | (isInexact ? low + 1 : 0);
  }
  return isNegative ? -double(magnitude) : double(magnitude);
}

Tensor reference::convert(const Tensor &tensor, ElementType type, bool saturate) {
  ElementType from = tensor.getType();
  if (from == type)
    return tensor;
  if (isFloat(from) && isFloat(type)) {
    Tensor result(type, tensor.getShape());
    std::vector<double> values = tensor.getFloats();
    encodeFloats(type, values.data(), values.size(), result.getMutableData(), saturate);
    return result;
  }
  if (isFloat(from)) {
    std::vector<double> values = tensor.getFloats();
    std::vector<int64_t> ints(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      ints[i] = type == ElementType::i1 ? values[i] != 0 : toInt(values[i], type);
    return Tensor::fromInts(type, tensor.getShape(), ints);
  }
  std::vector<int64_t> ints = tensor.getInts();
  if (!isFloat(type)) {
    if (type == ElementType::i1)
      for (int64_t &value : ints)
        value = value != 0;
    return Tensor::fromInts(type, tensor.getShape(), ints);
  }
  std::vector<double> values(ints.size());
  for (size_t i = 0; i < ints.size(); ++i) {
    if (type == ElementType::f64)
      values[i] = isUnsigned(from) ? double(uint64_t(ints[i])) : double(ints[i]);
    else
      values[i] = toOddDouble(ints[i], isUnsigned(from));
  }
  Tensor result(type, tensor.getShape());
  encodeFloats(type, values.data(), values.size(), result.getMutableData(), saturate);
  return result;
}

static Tensor evaluateBitcast(dl::BitcastOp op, Operands operands) {
  ElementType type = getResultType(op);
  Tensor result = operands[0].bitcast(type);
  // In a byte of their own, integers keep their upper bits as the type's sign
  // wants, floats keep them 0.
  unsigned bits = getBitWidth(type);
  if (bits >= 8)
    return result;
  char *data = result.getMutableData();
  for (int64_t i = 0; i < result.getNumElements(); ++i) {
    int64_t value = data[i] & ((1 << bits) - 1);
    if (isFloat(type))
      data[i] = char(value);
    else
      encodeInts(type, &value, 1, data + i);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Generated data
//===----------------------------------------------------------------------===//

static Expected<Shape> getGeneratedShape(Operation *op, Value operand, Operands operands) {
  Shape shape = getResultShape(op, getOperand(op, operand, operands));
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    return makeError("the result's shape has a negative size");
  return shape;
}

static Expected<Tensor> evaluateIota(dl::IotaOp op, Operands operands) {
  Expected<Shape> shape = getGeneratedShape(op, op.getShape(), operands);
  if (!shape)
    return shape.takeError();
  std::vector<int64_t> values;
  forEachIndex(*shape, [&](ArrayRef<int64_t> index) { values.push_back(index[op.getDimension()]); });
  return convert(Tensor::fromInts(ElementType::i64, *shape, values), getResultType(op));
}

static Expected<Tensor> evaluateSplat(dl::SplatOp op, Operands operands) {
  Expected<Shape> shape = getGeneratedShape(op, op.getShape(), operands);
  if (!shape)
    return shape.takeError();
  return moveElements(operands[0], *shape, [](ArrayRef<int64_t>) { return 0; });
}

/// Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3,
/// SC'11). The counter's low 64 bits are `counter`, its high ones the stream;
/// the key is the seed.
static std::array<uint32_t, 4> philox(uint64_t seed, uint64_t stream, uint64_t counter) {
  std::array<uint32_t, 4> c = {uint32_t(counter), uint32_t(counter >> 32), uint32_t(stream),
                               uint32_t(stream >> 32)};
  uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53) * c[0], p1 = uint64_t(0xCD9E8D57) * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ c[3] ^ k1,
         uint32_t(p0)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

/// Word `i` of the stream that `key` = (seed, stream) names.
static uint32_t getRandomWord(const Tensor &key, uint64_t i) {
  return philox(uint64_t(key.getInt(0)), uint64_t(key.getInt(1)), i / 4)[i % 4];
}

/// A number in [0, 1) from word `i`: its 24 upper bits, or for f64 all 32.
static double getRandomUnit(const Tensor &key, uint64_t i, ElementType type) {
  uint32_t word = getRandomWord(key, i);
  return type == ElementType::f64 ? double(word) * 0x1p-32 : double(word >> 8) * 0x1p-24;
}

static Expected<Tensor> evaluateUniform(dl::RngUniformOp op, Operands operands) {
  Expected<Shape> shape = getGeneratedShape(op, op.getShape(), operands);
  if (!shape)
    return shape.takeError();
  const Tensor &key = operands[0];
  int64_t count = getProduct(*shape);
  ElementType type = getResultType(op);
  if (isFloat(type)) {
    double low = operands[1].getFloat(0), high = operands[2].getFloat(0);
    std::vector<double> values(count);
    for (int64_t i = 0; i < count; ++i)
      values[i] = low + (high - low) * getRandomUnit(key, i, type);
    return Tensor::fromFloats(type, *shape, values);
  }
  uint64_t low = uint64_t(operands[1].getInt(0));
  uint64_t range = uint64_t(operands[2].getInt(0)) - low;
  if (range == 0)
    return makeError("there is no integer in an empty range");
  std::vector<int64_t> values(count);
  for (int64_t i = 0; i < count; ++i)
    values[i] = int64_t(low + getRandomWord(key, i) % range);
  return Tensor::fromInts(type, *shape, values);
}

static Expected<Tensor> evaluateNormal(dl::RngNormalOp op, Operands operands) {
  Expected<Shape> shape = getGeneratedShape(op, op.getShape(), operands);
  if (!shape)
    return shape.takeError();
  const Tensor &key = operands[0];
  double mean = operands[1].getFloat(0), deviation = operands[2].getFloat(0);
  ElementType type = getResultType(op);
  std::vector<double> values(getProduct(*shape));
  for (size_t i = 0; i < values.size(); ++i) {
    // Box and Muller; 1 − u is in (0, 1], so that the logarithm is finite.
    double u = getRandomUnit(key, 2 * i, type), v = getRandomUnit(key, 2 * i + 1, type);
    values[i] = mean + deviation * std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * M_PI * v);
  }
  return Tensor::fromFloats(type, *shape, values);
}

void reference::addDataEvaluators(EvaluatorTable &table) {
  table.add<dl::ConstantOp>([](dl::ConstantOp op, Operands) { return getTensor(op.getValue()); });
  table.add<dl::ConvertOp>([](dl::ConvertOp op, Operands operands) {
    return convert(operands[0], getResultType(op), op.getSaturate());
  });
  table.add<dl::BitcastOp>(evaluateBitcast);
  table.add<dl::IotaOp>(evaluateIota);
  table.add<dl::SplatOp>(evaluateSplat);
  table.add<dl::RngUniformOp>(evaluateUniform);
  table.add<dl::RngNormalOp>(evaluateNormal);
  table.add<dl::DimSizeOp>([](dl::DimSizeOp op, Operands operands) {
    return Tensor::fromInts(ElementType::i64, {}, operands[0].getDim(op.getDimension()));
  });
}
