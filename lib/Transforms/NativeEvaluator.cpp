//===- NativeEvaluator.cpp - folding large constants ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NativeEvaluator.h"

#include "dl/IR/Dl.h"
#include "dlc/Reference/Interpreter.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// Ops that move elements
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

/// to[i…] = from[Σ i·strides] for elements of one size, dimension `d` and on.
template <typename T>
static void copyStrided(ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, const T *from, T *&to,
                        size_t d) {
  if (d + 1 < shape.size()) {
    for (int64_t i = 0; i < shape[d]; ++i)
      copyStrided(shape, strides, from + i * strides[d], to, d + 1);
    return;
  }
  int64_t count = shape.empty() ? 1 : shape[d], stride = shape.empty() ? 1 : strides[d];
  if (stride == 1) {
    std::memcpy(to, from, count * sizeof(T));
    to += count;
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    *to++ = from[i * stride];
}

/// A tensor of the given shape whose element i… is from[start + Σ i·strides].
static Tensor gatherStrided(const Tensor &from, ArrayRef<int64_t> shape, ArrayRef<int64_t> strides,
                            int64_t start) {
  Tensor result(from.getType(), shape);
  if (result.getNumElements() == 0)
    return result;
  auto copy = [&](auto element) {
    using T = decltype(element);
    T *to = reinterpret_cast<T *>(result.getMutableData());
    copyStrided(shape, strides, from.getDataAs<T>() + start, to, 0);
  };
  switch (getByteSize(from.getType())) {
  case 1:
    copy(uint8_t());
    break;
  case 2:
    copy(uint16_t());
    break;
  case 4:
    copy(uint32_t());
    break;
  default:
    copy(uint64_t());
    break;
  }
  return result;
}

static Tensor transpose(TransposeOp op, const Tensor &input) {
  SmallVector<int64_t> all = rowMajorStrides(input.getShape()), shape, strides;
  for (int64_t d : op.getPermutation()) {
    shape.push_back(input.getDim(d));
    strides.push_back(all[d]);
  }
  return gatherStrided(input, shape, strides, 0);
}

static Tensor broadcast(BroadcastInDimOp op, const Tensor &input) {
  ArrayRef<int64_t> shape = typeOf(op.getOutput()).getShape();
  SmallVector<int64_t> all = rowMajorStrides(input.getShape()), strides(shape.size(), 0);
  for (auto [d, place] : llvm::enumerate(op.getBroadcastDimensions()))
    strides[place] = input.getDim(d) == 1 ? 0 : all[d];
  return gatherStrided(input, shape, strides, 0);
}

static Tensor slice(SliceOp op, const Tensor &input) {
  ArrayRef<int64_t> shape = typeOf(op.getOutput()).getShape();
  SmallVector<int64_t> strides = rowMajorStrides(input.getShape());
  int64_t start = 0;
  for (auto [d, first] : llvm::enumerate(op.getStartIndices())) {
    start += first * strides[d];
    strides[d] *= op.getStrides()[d];
  }
  // Rows of the outermost dimension that isn't 1 lie together.
  bool contiguous = true, cut = false;
  for (auto [size, full, stride] : llvm::zip_equal(shape, input.getShape(), op.getStrides())) {
    contiguous &= (!cut || size == full) && (stride == 1 || size <= 1);
    cut |= size != 1;
  }
  if (contiguous) {
    int64_t bytes = getByteSize(input.getType());
    auto owner = std::make_shared<Tensor>(input);
    return Tensor::view(input.getType(), shape, input.getData() + start * bytes, owner);
  }
  return gatherStrided(input, shape, strides, start);
}

/// Whether `pad` below knows it: a constant around the operand.
static bool isPlainPad(PadOp op) {
  auto isNatural = [](int64_t size) { return size >= 0; };
  return op.getMode() == PadMode::constant && !op.getDynamicLow() &&
         typeOf(op.getOutput()).hasStaticShape() && llvm::all_of(op.getLow(), isNatural) &&
         llvm::all_of(op.getHigh(), isNatural) &&
         llvm::all_of(op.getInterior(), [](int64_t size) { return size == 0; });
}

static Tensor pad(PadOp op, ArrayRef<Tensor> operands) {
  const Tensor &input = operands[0];
  ArrayRef<int64_t> shape = typeOf(op.getOutput()).getShape();
  Tensor result = gatherStrided(operands[1], shape, SmallVector<int64_t>(shape.size(), 0), 0);
  if (input.getNumElements() == 0)
    return result;
  int64_t bytes = getByteSize(input.getType()), rank = shape.size();
  int64_t run = rank ? input.getDim(rank - 1) : 1, rows = input.getNumElements() / run;
  SmallVector<int64_t> strides = rowMajorStrides(shape);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t at = rank ? op.getLow()[rank - 1] : 0, rest = row;
    for (int64_t d = rank - 2; d >= 0; --d) {
      at += (rest % input.getDim(d) + op.getLow()[d]) * strides[d];
      rest /= input.getDim(d);
    }
    std::memcpy(result.getMutableData() + at * bytes, input.getData() + row * run * bytes, run * bytes);
  }
  return result;
}

static Tensor reverse(ReverseOp op, const Tensor &input) {
  SmallVector<int64_t> strides = rowMajorStrides(input.getShape());
  int64_t start = 0;
  for (int64_t d : op.getDimensions()) {
    start += strides[d] * std::max<int64_t>(input.getDim(d) - 1, 0);
    strides[d] = -strides[d];
  }
  return gatherStrided(input, input.getShape(), strides, start);
}

static Tensor concat(ConcatOp op, ArrayRef<Tensor> inputs) {
  ArrayRef<int64_t> shape = typeOf(op.getOutput()).getShape();
  int64_t dim = op.getDimension(), bytes = getByteSize(inputs[0].getType());
  int64_t rows = 1, inner = bytes;
  for (int64_t d = 0; d < dim; ++d)
    rows *= shape[d];
  for (size_t d = dim + 1; d < shape.size(); ++d)
    inner *= shape[d];
  Tensor result(inputs[0].getType(), shape);
  char *to = result.getMutableData();
  for (int64_t row = 0; row < rows; ++row)
    for (const Tensor &input : inputs) {
      int64_t length = input.getDim(dim) * inner;
      if (length != 0)
        std::memcpy(to, input.getData() + row * length, length);
      to += length;
    }
  return result;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// A function on doubles for the ops that float weights are folded with.
static double (*binaryFunction(Operation *op))(double, double) {
  using Function = double (*)(double, double);
  return TypeSwitch<Operation *, Function>(op)
      .Case([](AddOp) -> Function { return [](double x, double y) { return x + y; }; })
      .Case([](SubOp) -> Function { return [](double x, double y) { return x - y; }; })
      .Case([](MulOp) -> Function { return [](double x, double y) { return x * y; }; })
      .Case([](DivOp) -> Function { return [](double x, double y) { return x / y; }; })
      .Default([](Operation *) -> Function { return nullptr; });
}

static double (*unaryFunction(Operation *op))(double) {
  using Function = double (*)(double);
  return TypeSwitch<Operation *, Function>(op)
      .Case([](NegOp) -> Function { return [](double x) { return -x; }; })
      .Case([](SqrtOp) -> Function { return [](double x) { return std::sqrt(x); }; })
      .Case([](RsqrtOp) -> Function { return [](double x) { return 1 / std::sqrt(x); }; })
      .Default([](Operation *) -> Function { return nullptr; });
}

static constexpr int64_t kChunk = 4096;

/// Applies `fn` to chunks of doubles and rounds the results to `type`.
template <typename Fn>
static Tensor mapFloats(ElementType type, ArrayRef<int64_t> shape, ArrayRef<Tensor> operands,
                        Fn fn) {
  Tensor result(type, shape);
  char *to = result.getMutableData();
  std::vector<double> x(kChunk), y(kChunk);
  for (int64_t i = 0, count = result.getNumElements(); i < count; i += kChunk) {
    int64_t length = std::min(kChunk, count - i);
    auto decode = [&](const Tensor &from, std::vector<double> &values) {
      decodeFloats(from.getType(), from.getData() + i * getByteSize(from.getType()), length,
                   values.data());
    };
    decode(operands[0], x);
    if (operands.size() > 1)
      decode(operands[1], y);
    for (int64_t j = 0; j < length; ++j)
      x[j] = fn(x[j], y[j]);
    encodeFloats(type, x.data(), length, to + i * getByteSize(type));
  }
  return result;
}

static bool isFloatTensor(Value value) { return isa<FloatType>(typeOf(value).getElementType()); }

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

bool dlc::hasNativeEvaluation(Operation *op) {
  if (isa<ReshapeOp, BitcastOp, TransposeOp, BroadcastInDimOp, SplatOp, SliceOp, ReverseOp,
          ConcatOp>(op))
    return true;
  if (auto pad = dyn_cast<PadOp>(op))
    return isPlainPad(pad);
  if (auto convert = dyn_cast<ConvertOp>(op))
    return isFloatTensor(convert.getInput()) && isFloatTensor(convert.getOutput()) &&
           !convert.getSaturate();
  return (binaryFunction(op) || unaryFunction(op)) && isFloatTensor(op->getResult(0));
}

Tensor dlc::evaluateNatively(Operation *op, ArrayRef<Tensor> operands) {
  RankedTensorType type = typeOf(op->getResult(0));
  ElementType element = *reference::getElementType(type);
  return TypeSwitch<Operation *, Tensor>(op)
      .Case([&](ReshapeOp) { return operands[0].reshaped(type.getShape()); })
      .Case([&](BitcastOp) { return operands[0].bitcast(element); })
      .Case([&](TransposeOp op) { return transpose(op, operands[0]); })
      .Case([&](BroadcastInDimOp op) { return broadcast(op, operands[0]); })
      .Case([&](SplatOp) {
        SmallVector<int64_t> strides(type.getRank(), 0);
        return gatherStrided(operands[0], type.getShape(), strides, 0);
      })
      .Case([&](SliceOp op) { return slice(op, operands[0]); })
      .Case([&](PadOp op) { return pad(op, operands); })
      .Case([&](ReverseOp op) { return reverse(op, operands[0]); })
      .Case([&](ConcatOp op) { return concat(op, operands); })
      .Case([&](ConvertOp) {
        return mapFloats(element, type.getShape(), operands, [](double x, double) { return x; });
      })
      .Default([&](Operation *op) {
        if (auto *binary = binaryFunction(op))
          return mapFloats(element, type.getShape(), operands, binary);
        auto *unary = unaryFunction(op);
        return mapFloats(element, type.getShape(), operands,
                         [unary](double x, double) { return unary(x); });
      });
}
