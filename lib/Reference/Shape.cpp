//===- Shape.cpp - the meaning of the ops that move elements --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

static Expected<Tensor> evaluateReshape(dl::ReshapeOp op, Operands operands) {
  const Tensor &input = operands[0];
  Shape shape = getResultShape(op, getOperand(op, op.getShape(), operands));
  // One `?` that no operand gives follows from the element count.
  int64_t known = 1;
  int64_t *open = nullptr;
  for (int64_t &size : shape) {
    if (size >= 0)
      known *= size;
    else
      open = &size;
  }
  if (open && !op.getShape())
    *open = known ? input.getNumElements() / known : 0;
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }) ||
      getProduct(shape) != input.getNumElements())
    return makeError("{0} elements can't have the shape [{1:$[, ]}]", input.getNumElements(),
                     llvm::make_range(shape.begin(), shape.end()));
  return input.reshaped(shape);
}

static Expected<Tensor> evaluateBroadcast(dl::BroadcastInDimOp op, Operands operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> dims = op.getBroadcastDimensions();
  Shape shape = getResultShape(op, getOperand(op, op.getShape(), operands));
  for (auto [i, d] : llvm::enumerate(dims)) {
    // A `?` that no operand gives is the input's size.
    if (ShapedType::isDynamic(shape[d]))
      shape[d] = input.getDim(i);
    if (input.getDim(i) != 1 && input.getDim(i) != shape[d])
      return makeError("dimension {0} of size {1} can't be broadcast to size {2}", i,
                       input.getDim(i), shape[d]);
  }
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    return makeError("the result's shape has a negative size");
  return moveElements(input, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [i, d] : llvm::enumerate(dims))
      position = position * input.getDim(i) + (input.getDim(i) == 1 ? 0 : index[d]);
    return position;
  });
}

static Tensor evaluateTranspose(dl::TransposeOp op, Operands operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> permutation = op.getPermutation();
  Shape shape, source(permutation.size());
  for (int64_t d : permutation)
    shape.push_back(input.getDim(d));
  return moveElements(input, shape, [&](ArrayRef<int64_t> index) {
    for (auto [i, d] : llvm::enumerate(permutation))
      source[d] = index[i];
    return getPosition(input.getShape(), source);
  });
}

static Expected<Tensor> evaluateConcat(dl::ConcatOp op, Operands operands) {
  int64_t dim = op.getDimension();
  Shape shape(operands[0].getShape());
  shape[dim] = 0;
  for (const Tensor &operand : operands) {
    Shape expected(operand.getShape());
    expected[dim] = shape[dim];
    if (expected != shape)
      return makeError("operands are a {0} and a {1}", getTypeName(operands[0]),
                       getTypeName(operand));
    shape[dim] += operand.getDim(dim);
  }
  Tensor result(operands[0].getType(), shape);
  char *data = result.getMutableData();
  Split to(shape, dim);
  int64_t start = 0;
  for (const Tensor &operand : operands) {
    Split from(operand.getShape(), dim);
    for (int64_t o = 0; o < from.outer; ++o)
      for (int64_t i = 0; i < from.size; ++i)
        for (int64_t n = 0; n < from.inner; ++n)
          copyElement(operand, from.at(o, i, n), data, to.at(o, start + i, n));
    start += from.size;
  }
  return result;
}

/// result[i] = input[starts + i · strides]; every element must lie inside.
static Expected<Tensor> takeSlice(const Tensor &input, ArrayRef<int64_t> starts,
                                  ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  if (!llvm::is_contained(sizes, 0))
    for (int64_t d = 0; d < input.getRank(); ++d)
      for (int64_t i : {starts[d], starts[d] + (sizes[d] - 1) * strides[d]})
        if (i < 0 || i >= input.getDim(d))
          return makeError("index {0} is outside dimension {1} of size {2}", i, d, input.getDim(d));
  Shape source(input.getRank());
  return moveElements(input, sizes, [&](ArrayRef<int64_t> index) {
    for (int64_t d = 0; d < input.getRank(); ++d)
      source[d] = starts[d] + index[d] * strides[d];
    return getPosition(input.getShape(), source);
  });
}

static Expected<Tensor> evaluateSlice(dl::SliceOp op, Operands operands) {
  Shape sizes;
  for (int64_t d = 0; d < operands[0].getRank(); ++d) {
    int64_t size = operands[0].getDim(d), limit = op.getLimitIndices()[d];
    if (limit < 0)
      limit = size;
    int64_t start = op.getStartIndices()[d], stride = op.getStrides()[d];
    if (limit > size)
      return makeError("limit {0} is outside dimension {1} of size {2}", limit, d, size);
    sizes.push_back(limit > start ? (limit - start + stride - 1) / stride : 0);
  }
  return takeSlice(operands[0], op.getStartIndices(), sizes, op.getStrides());
}

static Expected<Tensor> evaluateDynamicSlice(dl::DynamicSliceOp op, Operands operands) {
  Shape sizes = getResultShape(op, getOperand(op, op.getSizes(), operands));
  if (llvm::any_of(sizes, [](int64_t size) { return size < 0; }))
    return makeError("a size is negative");
  const Tensor *strides = getOperand(op, op.getStrides(), operands);
  return takeSlice(operands[0], operands[1].getInts(), sizes,
                   strides ? strides->getInts() : std::vector<int64_t>(sizes.size(), 1));
}

static Expected<Tensor> evaluateDynamicUpdateSlice(dl::DynamicUpdateSliceOp op,
                                                   Operands operands) {
  Tensor result = operands[0];
  const Tensor &update = operands[1];
  std::vector<int64_t> starts = operands[2].getInts();
  for (int64_t d = 0; d < result.getRank(); ++d)
    if (starts[d] < 0 || starts[d] > result.getDim(d) - update.getDim(d))
      return makeError("a box of {0} at {1} is outside dimension {2} of size {3}",
                       update.getDim(d), starts[d], d, result.getDim(d));
  char *data = result.getMutableData();
  int64_t from = 0;
  Shape target(result.getRank());
  forEachIndex(update.getShape(), [&](ArrayRef<int64_t> index) {
    for (int64_t d = 0; d < result.getRank(); ++d)
      target[d] = starts[d] + index[d];
    copyElement(update, from++, data, getPosition(result.getShape(), target));
  });
  return result;
}

/// Where a padded coordinate comes from in a dimension of `size`; −1: the
/// padding value. `at` counts from the operand's first element.
static int64_t getPadSource(int64_t at, int64_t size, dl::PadMode mode) {
  if (at >= 0 && at < size)
    return at;
  switch (mode) {
  case dl::PadMode::constant:
    return -1;
  case dl::PadMode::edge:
    return at < 0 ? 0 : size - 1;
  case dl::PadMode::reflect: {
    if (size == 1)
      return 0;
    int64_t period = 2 * (size - 1);
    int64_t phase = ((at % period) + period) % period;
    return phase < size ? phase : period - phase;
  }
  case dl::PadMode::wrap:
    return ((at % size) + size) % size;
  }
  llvm_unreachable("all modes handled");
}

static Expected<Tensor> evaluatePad(dl::PadOp op, Operands operands) {
  const Tensor &input = operands[0];
  auto getEntries = [&](Value operand, ArrayRef<int64_t> attribute) {
    const Tensor *tensor = getOperand(op, operand, operands);
    return tensor ? llvm::to_vector<4>(tensor->getInts()) : Shape(attribute);
  };
  Shape low = getEntries(op.getDynamicLow(), op.getLow());
  Shape high = getEntries(op.getDynamicHigh(), op.getHigh());
  ArrayRef<int64_t> interior = op.getInterior();
  dl::PadMode mode = op.getMode();
  Shape shape;
  for (int64_t d = 0; d < input.getRank(); ++d) {
    int64_t size = input.getDim(d);
    if (mode != dl::PadMode::constant) {
      if (low[d] < 0 || high[d] < 0)
        return makeError("dimension {0} is cropped; only constant padding can do that", d);
      if (size == 0 && (low[d] > 0 || high[d] > 0))
        return makeError("dimension {0} is empty: there is nothing to repeat", d);
    }
    shape.push_back(low[d] + high[d] + size + std::max<int64_t>(size - 1, 0) * interior[d]);
    if (shape[d] < 0)
      return makeError("dimension {0} of size {1} is cropped to a negative size", d, size);
  }
  Shape source(input.getRank());
  return moveElements(
      input, shape,
      [&](ArrayRef<int64_t> index) -> int64_t {
        for (int64_t d = 0; d < input.getRank(); ++d) {
          int64_t at = index[d] - low[d], step = interior[d] + 1;
          // Between two neighbours.
          if (at >= 0 && at % step != 0 && at < (input.getDim(d) - 1) * step)
            return -1;
          source[d] = at < 0 || step == 1 ? getPadSource(at, input.getDim(d), mode)
                      : at % step == 0    ? getPadSource(at / step, input.getDim(d), mode)
                                          : -1;
          if (source[d] < 0)
            return -1;
        }
        return getPosition(input.getShape(), source);
      },
      getOperand(op, op.getValue(), operands));
}

static Tensor evaluateReverse(dl::ReverseOp op, Operands operands) {
  const Tensor &input = operands[0];
  Shape source(input.getRank());
  return moveElements(input, input.getShape(), [&](ArrayRef<int64_t> index) {
    llvm::copy(index, source.begin());
    for (int64_t d : op.getDimensions())
      source[d] = input.getDim(d) - 1 - index[d];
    return getPosition(input.getShape(), source);
  });
}

void reference::addShapeEvaluators(EvaluatorTable &table) {
  table.add<dl::ReshapeOp>(evaluateReshape);
  table.add<dl::BroadcastInDimOp>(evaluateBroadcast);
  table.add<dl::TransposeOp>(evaluateTranspose);
  table.add<dl::ConcatOp>(evaluateConcat);
  table.add<dl::SliceOp>(evaluateSlice);
  table.add<dl::DynamicSliceOp>(evaluateDynamicSlice);
  table.add<dl::DynamicUpdateSliceOp>(evaluateDynamicUpdateSlice);
  table.add<dl::PadOp>(evaluatePad);
  table.add<dl::ReverseOp>(evaluateReverse);
}
