//===- Composite.cpp - the meaning of norms, softmax and attention --------===//
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
// softmax
//===----------------------------------------------------------------------===//

/// softmax of `values`, in place.
static void applySoftmax(MutableArrayRef<double> values, bool isLog = false) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (double value : values)
    largest = maximum(largest, value);
  for (double value : values)
    sum += std::exp(value - largest);
  for (double &value : values)
    value = isLog ? value - largest - std::log(sum) : std::exp(value - largest) / sum;
}

template <typename OpTy>
static Tensor evaluateSoftmax(OpTy op, Operands operands) {
  const Tensor &input = operands[0];
  Split split(input.getShape(), op.getDimension());
  std::vector<double> values = input.getFloats(), line(split.size);
  for (int64_t o = 0; o < split.outer; ++o)
    for (int64_t n = 0; n < split.inner; ++n) {
      for (int64_t i = 0; i < split.size; ++i)
        line[i] = values[split.at(o, i, n)];
      applySoftmax(line, std::is_same_v<OpTy, dl::LogSoftmaxOp>);
      for (int64_t i = 0; i < split.size; ++i)
        values[split.at(o, i, n)] = line[i];
    }
  return Tensor::fromFloats(input.getType(), input.getShape(), values);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

static Tensor evaluateBatchNorm(dl::BatchNormOp op, Operands operands) {
  const Tensor &input = operands[0];
  Split split(input.getShape(), op.getFeatureDimension());
  std::vector<double> x = input.getFloats(), scale = operands[1].getFloats(),
                      bias = operands[2].getFloats(), mean = operands[3].getFloats(),
                      variance = operands[4].getFloats();
  double epsilon = op.getEpsilon().convertToDouble();
  for (int64_t o = 0; o < split.outer; ++o)
    for (int64_t c = 0; c < split.size; ++c)
      for (int64_t n = 0; n < split.inner; ++n) {
        double &value = x[split.at(o, c, n)];
        value = (value - mean[c]) / std::sqrt(variance[c] + epsilon) * scale[c] + bias[c];
      }
  return Tensor::fromFloats(input.getType(), input.getShape(), x);
}

/// Subtracts the mean and divides by the deviation, in place.
static void normalize(MutableArrayRef<double> values, double epsilon) {
  double mean = 0, variance = 0, count = double(values.size());
  for (double value : values)
    mean += value / count;
  for (double value : values)
    variance += (value - mean) * (value - mean) / count;
  for (double &value : values)
    value = (value - mean) / std::sqrt(variance + epsilon);
}

/// Position in a parameter of shape `from` that broadcasts (aligned at the last
/// dimension) of a row-major position in `shape`.
static int64_t getBroadcastPosition(int64_t position, ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> from) {
  int64_t result = 0, stride = 1, skipped = shape.size() - from.size();
  for (int64_t d = int64_t(shape.size()) - 1; d >= skipped; --d) {
    int64_t i = position % shape[d];
    position /= shape[d];
    if (from[d - skipped] != 1)
      result += i * stride;
    stride *= from[d - skipped];
  }
  return result;
}

/// values · scale + bias over the normalised dimensions, either absent.
static void applyAffine(std::vector<double> &values, ArrayRef<int64_t> normalized,
                        const Tensor *scale, const Tensor *bias) {
  int64_t size = getProduct(normalized);
  std::vector<double> s = scale ? scale->getFloats() : std::vector<double>();
  std::vector<double> b = bias ? bias->getFloats() : std::vector<double>();
  for (int64_t i = 0; i < int64_t(values.size()); ++i) {
    if (scale)
      values[i] *= s[getBroadcastPosition(i % size, normalized, scale->getShape())];
    if (bias)
      values[i] += b[getBroadcastPosition(i % size, normalized, bias->getShape())];
  }
}

static Tensor evaluateLayerNorm(dl::LayerNormOp op, Operands operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> normalized = input.getShape().drop_front(op.getAxis());
  int64_t size = getProduct(normalized);
  std::vector<double> x = input.getFloats();
  for (int64_t at = 0; at < int64_t(x.size()); at += size)
    normalize(MutableArrayRef(x).slice(at, size), op.getEpsilon().convertToDouble());
  applyAffine(x, normalized, getOperand(op, op.getScale(), operands),
              getOperand(op, op.getBias(), operands));
  return Tensor::fromFloats(input.getType(), input.getShape(), x);
}

static Expected<Tensor> evaluateGroupNorm(dl::GroupNormOp op, Operands operands) {
  const Tensor &input = operands[0];
  Split split(input.getShape(), 1);
  int64_t groups = op.getGroups();
  if (split.size % groups != 0)
    return makeError("{0} channels can't be split into {1} groups", split.size, groups);
  std::vector<double> x = input.getFloats();
  int64_t size = split.size / groups * split.inner;
  for (int64_t at = 0; at < int64_t(x.size()); at += size)
    normalize(MutableArrayRef(x).slice(at, size), op.getEpsilon().convertToDouble());
  const Tensor *scale = getOperand(op, op.getScale(), operands);
  const Tensor *bias = getOperand(op, op.getBias(), operands);
  for (int64_t i = 0; i < int64_t(x.size()); ++i) {
    int64_t channel = i / split.inner % split.size;
    x[i] = x[i] * (scale ? scale->getFloat(channel) : 1) + (bias ? bias->getFloat(channel) : 0);
  }
  return Tensor::fromFloats(input.getType(), input.getShape(), x);
}

static Tensor evaluateRmsNorm(dl::RmsNormOp op, Operands operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> normalized = input.getShape().drop_front(op.getAxis());
  int64_t size = getProduct(normalized);
  std::vector<double> x = input.getFloats();
  for (int64_t at = 0; at < int64_t(x.size()); at += size) {
    MutableArrayRef<double> group = MutableArrayRef(x).slice(at, size);
    double squares = 0;
    for (double value : group)
      squares += value * value / double(size);
    for (double &value : group)
      value /= std::sqrt(squares + op.getEpsilon().convertToDouble());
  }
  applyAffine(x, normalized, getOperand(op, op.getScale(), operands), nullptr);
  return Tensor::fromFloats(input.getType(), input.getShape(), x);
}

//===----------------------------------------------------------------------===//
// attention, rotary_embedding
//===----------------------------------------------------------------------===//

static Expected<Tensor> evaluateAttention(dl::AttentionOp op, Operands operands) {
  const Tensor &query = operands[0], &key = operands[1], &value = operands[2];
  const Tensor *mask = getOperand(op, op.getMask(), operands);
  int64_t batches = query.getDim(0), heads = query.getDim(1), rows = query.getDim(2),
          depth = query.getDim(3);
  int64_t keyHeads = key.getDim(1), keys = key.getDim(2), width = value.getDim(3);
  if (key.getDim(0) != batches || value.getDim(0) != batches || value.getDim(1) != keyHeads ||
      value.getDim(2) != keys || key.getDim(3) != depth || keyHeads == 0 || heads % keyHeads != 0)
    return makeError("query, key and value are a {0}, a {1} and a {2}", getTypeName(query),
                     getTypeName(key), getTypeName(value));
  Shape maskShape{batches, heads, rows, keys};
  if (mask)
    for (int64_t d = 0; d < 4; ++d)
      if (mask->getDim(d) != maskShape[d] && (mask->getDim(d) != 1 || d == 3))
        return makeError("the mask is a {0}, the query a {1}, the key a {2}", getTypeName(*mask),
                         getTypeName(query), getTypeName(key));
  std::vector<double> q = query.getFloats(), k = key.getFloats(), v = value.getFloats();
  std::vector<double> maskValues = mask && mask->isFloat() ? mask->getFloats() : std::vector<double>();
  double scale = op.getScale().convertToDouble(), softcap = op.getSoftcap().convertToDouble();
  const double hidden = -std::numeric_limits<double>::infinity();
  std::vector<double> y, scores(keys);
  for (int64_t row = 0; row < batches * heads * rows; ++row) {
    int64_t b = row / rows / heads, h = row / rows % heads, s = row % rows;
    int64_t keyHead = b * keyHeads + h / (heads / keyHeads);
    for (int64_t t = 0; t < keys; ++t) {
      double score = 0;
      for (int64_t d = 0; d < depth; ++d)
        score += q[row * depth + d] * k[(keyHead * keys + t) * depth + d];
      score *= scale;
      if (softcap > 0)
        score = softcap * std::tanh(score / softcap);
      if (mask) {
        int64_t at = getBroadcastPosition(row * keys + t, maskShape, mask->getShape());
        if (mask->isFloat())
          score += maskValues[at];
        else if (!mask->getInt(at))
          score = hidden;
      }
      if (op.getCausal() && t > s + int64_t(op.getCausalOffset()))
        score = hidden;
      scores[t] = score;
    }
    applySoftmax(scores);
    for (int64_t e = 0; e < width; ++e) {
      double sum = 0;
      for (int64_t t = 0; t < keys; ++t)
        sum += scores[t] * v[(keyHead * keys + t) * width + e];
      y.push_back(sum);
    }
  }
  return Tensor::fromFloats(query.getType(), {batches, heads, rows, width}, y);
}

static Expected<Tensor> evaluateRotaryEmbedding(dl::RotaryEmbeddingOp op, Operands operands) {
  const Tensor &input = operands[0], &cosines = operands[1], &sines = operands[2];
  int64_t heads = input.getDim(1), rows = input.getDim(2), depth = input.getDim(3);
  int64_t half = cosines.getDim(2);
  if (cosines.getShape() != sines.getShape() || cosines.getDim(1) != rows || 2 * half > depth ||
      (cosines.getDim(0) != 1 && cosines.getDim(0) != input.getDim(0)))
    return makeError("the operand is a {0}, cos a {1}, sin a {2}", getTypeName(input),
                     getTypeName(cosines), getTypeName(sines));
  std::vector<double> x = input.getFloats(), c = cosines.getFloats(), s = sines.getFloats();
  for (int64_t row = 0; row < input.getDim(0) * heads * rows; ++row) {
    int64_t b = cosines.getDim(0) == 1 ? 0 : row / rows / heads;
    int64_t angles = (b * rows + row % rows) * half;
    for (int64_t i = 0; i < half; ++i) {
      double &first = x[row * depth + (op.getInterleaved() ? 2 * i : i)];
      double &second = x[row * depth + (op.getInterleaved() ? 2 * i + 1 : i + half)];
      double rotated = first * c[angles + i] - second * s[angles + i];
      second = first * s[angles + i] + second * c[angles + i];
      first = rotated;
    }
  }
  return Tensor::fromFloats(input.getType(), input.getShape(), x);
}

void reference::addCompositeEvaluators(EvaluatorTable &table) {
  table.add<dl::SoftmaxOp>(evaluateSoftmax<dl::SoftmaxOp>);
  table.add<dl::LogSoftmaxOp>(evaluateSoftmax<dl::LogSoftmaxOp>);
  table.add<dl::BatchNormOp>(evaluateBatchNorm);
  table.add<dl::LayerNormOp>(evaluateLayerNorm);
  table.add<dl::GroupNormOp>(evaluateGroupNorm);
  table.add<dl::RmsNormOp>(evaluateRmsNorm);
  table.add<dl::AttentionOp>(evaluateAttention);
  table.add<dl::RotaryEmbeddingOp>(evaluateRotaryEmbedding);
}
