//===- Linear.cpp - the meaning of products and transforms ----------------===//
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
// dot_general
//===----------------------------------------------------------------------===//

/// Sizes and strides of some dimensions of a tensor.
static void selectDims(const Tensor &tensor, ArrayRef<int64_t> dims, Shape &sizes, Shape &strides) {
  for (int64_t d : dims) {
    sizes.push_back(tensor.getDim(d));
    strides.push_back(getProduct(tensor.getShape().drop_front(d + 1)));
  }
}

/// The position in memory of every index of `sizes`, row-major.
static std::vector<int64_t> getPositions(ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  std::vector<int64_t> positions;
  forEachIndex(sizes, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [i, stride] : llvm::zip_equal(index, strides))
      position += i * stride;
    positions.push_back(position);
  });
  return positions;
}

/// A dot_general operand as batch × free × contracted positions.
struct DotOperand {
  DotOperand(const Tensor &tensor, ArrayRef<int64_t> batchDims, ArrayRef<int64_t> contractedDims) {
    SmallVector<int64_t> freeDims;
    for (int64_t d = 0; d < tensor.getRank(); ++d)
      if (!llvm::is_contained(batchDims, d) && !llvm::is_contained(contractedDims, d))
        freeDims.push_back(d);
    Shape strides;
    selectDims(tensor, batchDims, batchSizes, strides);
    batch = getPositions(batchSizes, strides);
    strides.clear();
    selectDims(tensor, freeDims, freeSizes, strides);
    free = getPositions(freeSizes, strides);
    strides.clear();
    selectDims(tensor, contractedDims, contractedSizes, strides);
    contracted = getPositions(contractedSizes, strides);
  }
  Shape batchSizes, freeSizes, contractedSizes;
  std::vector<int64_t> batch, free, contracted;
};

/// Calls `action` with a zero of the type that sums products of a result type:
/// double, or 64 bits that wrap.
template <typename Action>
static auto withAccumulator(ElementType type, Action action) {
  return isFloat(type) ? action(double()) : action(int64_t());
}

static Expected<Tensor> evaluateDotGeneral(dl::DotGeneralOp op, Operands operands) {
  DotOperand lhs(operands[0], op.getLhsBatching(), op.getLhsContracting());
  DotOperand rhs(operands[1], op.getRhsBatching(), op.getRhsContracting());
  if (lhs.batchSizes != rhs.batchSizes || lhs.contractedSizes != rhs.contractedSizes)
    return makeError("operands are a {0} and a {1}", getTypeName(operands[0]),
                     getTypeName(operands[1]));
  Shape shape(lhs.batchSizes);
  llvm::append_range(shape, lhs.freeSizes);
  llvm::append_range(shape, rhs.freeSizes);
  ElementType type = getResultType(op);
  return withAccumulator(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(operands[0]), y = getValues<T>(operands[1]), results;
    results.reserve(getProduct(shape));
    // Copies of the rows, so that the innermost loop is contiguous.
    size_t depth = lhs.contracted.size();
    std::vector<T> row(depth), columns(rhs.free.size() * depth);
    for (size_t b = 0; b < lhs.batch.size(); ++b) {
      for (size_t j = 0; j < rhs.free.size(); ++j)
        for (size_t k = 0; k < depth; ++k)
          columns[j * depth + k] = y[rhs.batch[b] + rhs.free[j] + rhs.contracted[k]];
      for (int64_t i : lhs.free) {
        for (size_t k = 0; k < depth; ++k)
          row[k] = x[lhs.batch[b] + i + lhs.contracted[k]];
        for (size_t j = 0; j < rhs.free.size(); ++j) {
          T sum = 0;
          for (size_t k = 0; k < depth; ++k)
            sum = add(sum, multiply(row[k], columns[j * depth + k]));
          results.push_back(sum);
        }
      }
    }
    return makeTensor(type, shape, results);
  });
}

//===----------------------------------------------------------------------===//
// conv, conv_transpose
//===----------------------------------------------------------------------===//

/// The operand with its dimensions permuted.
static Tensor permute(const Tensor &tensor, ArrayRef<int64_t> permutation) {
  Shape shape, source(permutation.size());
  for (int64_t d : permutation)
    shape.push_back(tensor.getDim(d));
  return moveElements(tensor, shape, [&](ArrayRef<int64_t> index) {
    for (auto [i, d] : llvm::enumerate(permutation))
      source[d] = index[i];
    return getPosition(tensor.getShape(), source);
  });
}

/// N,spatial,C to N,C,spatial, and back.
static Tensor channelsFirst(const Tensor &tensor) {
  SmallVector<int64_t> permutation{0, tensor.getRank() - 1};
  for (int64_t d = 1; d < tensor.getRank() - 1; ++d)
    permutation.push_back(d);
  return permute(tensor, permutation);
}
static Tensor channelsLast(const Tensor &tensor) {
  SmallVector<int64_t> permutation{0};
  for (int64_t d = 2; d < tensor.getRank(); ++d)
    permutation.push_back(d);
  permutation.push_back(1);
  return permute(tensor, permutation);
}
/// spatial,I,O to O,I,spatial.
static Tensor kernelFirst(const Tensor &kernel) {
  SmallVector<int64_t> permutation{kernel.getRank() - 1, kernel.getRank() - 2};
  for (int64_t d = 0; d < kernel.getRank() - 2; ++d)
    permutation.push_back(d);
  return permute(kernel, permutation);
}

/// One convolution, channels first: sizes, and what moves along each spatial
/// dimension.
struct Convolution {
  ArrayRef<int64_t> strides, low, dilations;

  /// in = out · stride + tap · dilation − low per spatial dimension; −1 where
  /// that lies outside `inSizes`, else its row-major position.
  int64_t getInput(ArrayRef<int64_t> out, ArrayRef<int64_t> tap, ArrayRef<int64_t> inSizes) const {
    int64_t position = 0;
    for (size_t d = 0; d < inSizes.size(); ++d) {
      int64_t at = out[d] * strides[d] + tap[d] * dilations[d] - low[d];
      if (at < 0 || at >= inSizes[d])
        return -1;
      position = position * inSizes[d] + at;
    }
    return position;
  }
};

/// Adds the bias to every element of its channel (N,C,spatial).
template <typename T>
static void addBias(std::vector<T> &results, ArrayRef<int64_t> shape, const Tensor *bias) {
  if (!bias)
    return;
  std::vector<T> values = getValues<T>(*bias);
  Split split(shape, 1);
  for (int64_t n = 0; n < split.outer; ++n)
    for (int64_t c = 0; c < split.size; ++c)
      for (int64_t s = 0; s < split.inner; ++s)
        results[split.at(n, c, s)] = add(results[split.at(n, c, s)], values[c]);
}

static Expected<Tensor> evaluateConv(dl::ConvOp op, Operands operands) {
  bool isLast = op.getLayout() == dl::DataLayout::channels_last;
  Tensor input = isLast ? channelsFirst(operands[0]) : operands[0];
  Tensor kernel = isLast ? kernelFirst(operands[1]) : operands[1];
  const Tensor *bias = getOperand(op, op.getBias(), operands);
  int64_t batches = input.getDim(0), groups = op.getGroups();
  int64_t filters = kernel.getDim(0), depth = kernel.getDim(1);
  if (depth * groups != input.getDim(1) || filters % groups != 0)
    return makeError("the input is a {0}, the kernel a {1}", getTypeName(operands[0]),
                     getTypeName(operands[1]));
  ArrayRef<int64_t> inSizes = input.getShape().drop_front(2);
  ArrayRef<int64_t> taps = kernel.getShape().drop_front(2);
  Shape outSizes;
  for (size_t d = 0; d < inSizes.size(); ++d)
    outSizes.push_back(dl::getWindowedSize(inSizes[d], taps[d], op.getStrides()[d],
                                           op.getPaddingLow()[d], op.getPaddingHigh()[d],
                                           op.getDilations()[d]));
  Shape shape{batches, filters};
  llvm::append_range(shape, outSizes);
  Convolution conv{op.getStrides(), op.getPaddingLow(), op.getDilations()};
  int64_t inPlane = getProduct(inSizes), outPlane = getProduct(outSizes), tapCount = getProduct(taps);

  ElementType type = getResultType(op);
  Tensor result = withAccumulator(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(input), w = getValues<T>(kernel), y(getProduct(shape), T(0));
    int64_t o = 0;
    forEachIndex(outSizes, [&](ArrayRef<int64_t> out) {
      int64_t k = 0;
      forEachIndex(taps, [&](ArrayRef<int64_t> tap) {
        int64_t in = conv.getInput(out, tap, inSizes);
        for (int64_t nf = 0; in >= 0 && nf < batches * filters; ++nf) {
          int64_t n = nf / filters, f = nf % filters, first = f / (filters / groups) * depth;
          T &sum = y[nf * outPlane + o];
          for (int64_t c = 0; c < depth; ++c)
            sum = add(sum, multiply(x[(n * input.getDim(1) + first + c) * inPlane + in],
                                    w[(f * depth + c) * tapCount + k]));
        }
        ++k;
      });
      ++o;
    });
    addBias(y, shape, bias);
    return makeTensor(type, shape, y);
  });
  return isLast ? channelsLast(result) : result;
}

static Expected<Tensor> evaluateConvTranspose(dl::ConvTransposeOp op, Operands operands) {
  bool isLast = op.getLayout() == dl::DataLayout::channels_last;
  Tensor input = isLast ? channelsFirst(operands[0]) : operands[0];
  // I, O/groups, spatial: kernelFirst reverses spatial, O/groups, I likewise.
  Tensor kernel = isLast ? kernelFirst(operands[1]) : operands[1];
  const Tensor *bias = getOperand(op, op.getBias(), operands);
  int64_t batches = input.getDim(0), channels = input.getDim(1), groups = op.getGroups();
  int64_t perGroup = kernel.getDim(1), filters = perGroup * groups;
  if (channels != kernel.getDim(0) || channels % groups != 0)
    return makeError("the input is a {0}, the kernel a {1}", getTypeName(operands[0]),
                     getTypeName(operands[1]));
  ArrayRef<int64_t> inSizes = input.getShape().drop_front(2);
  ArrayRef<int64_t> taps = kernel.getShape().drop_front(2);
  Shape outSizes;
  for (size_t d = 0; d < inSizes.size(); ++d) {
    int64_t size = (inSizes[d] - 1) * op.getStrides()[d] + (taps[d] - 1) * op.getDilations()[d] + 1 -
                   op.getPaddingLow()[d] - op.getPaddingHigh()[d] + op.getOutputPadding()[d];
    outSizes.push_back(std::max<int64_t>(size, 0));
  }
  Shape shape{batches, filters};
  llvm::append_range(shape, outSizes);
  Convolution conv{op.getStrides(), op.getPaddingLow(), op.getDilations()};
  int64_t inPlane = getProduct(inSizes), outPlane = getProduct(outSizes), tapCount = getProduct(taps);

  ElementType type = getResultType(op);
  Tensor result = withAccumulator(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(input), w = getValues<T>(kernel), y(getProduct(shape), T(0));
    // The adjoint of conv: input and output change places.
    int64_t i = 0;
    forEachIndex(inSizes, [&](ArrayRef<int64_t> in) {
      int64_t k = 0;
      forEachIndex(taps, [&](ArrayRef<int64_t> tap) {
        int64_t o = conv.getInput(in, tap, outSizes);
        for (int64_t nc = 0; o >= 0 && nc < batches * channels; ++nc) {
          int64_t n = nc / channels, c = nc % channels, group = c / (channels / groups);
          for (int64_t f = 0; f < perGroup; ++f) {
            T &sum = y[(n * filters + group * perGroup + f) * outPlane + o];
            sum = add(sum, multiply(x[nc * inPlane + i], w[(c * perGroup + f) * tapCount + k]));
          }
        }
        ++k;
      });
      ++i;
    });
    addBias(y, shape, bias);
    return makeTensor(type, shape, y);
  });
  return isLast ? channelsLast(result) : result;
}

//===----------------------------------------------------------------------===//
// fft
//===----------------------------------------------------------------------===//

static Expected<Tensor> evaluateFft(dl::FftOp op, Operands operands) {
  const Tensor &input = operands[0];
  dl::FftKind kind = op.getKind();
  bool isRealIn = kind == dl::FftKind::rfft, isRealOut = kind == dl::FftKind::irfft;
  bool isInverse = kind == dl::FftKind::ifft || isRealOut;
  int64_t dim = op.getDimension();
  Shape inShape(isRealIn ? input.getShape() : input.getShape().drop_back()), outShape(inShape);
  int64_t terms = inShape[dim];
  // The period: the number of values in the time domain.
  int64_t period = isRealOut ? int64_t(*op.getLength()) : terms;
  outShape[dim] = isRealIn ? terms / 2 + 1 : isRealOut ? period : terms;
  if (isRealOut && terms != period / 2 + 1)
    return makeError("{0} real values have {1} terms, but the input has {2}", period,
                     period / 2 + 1, terms);
  Split from(inShape, dim), to(outShape, dim);
  std::vector<double> x = input.getFloats(), y(getProduct(outShape) * (isRealOut ? 1 : 2));
  for (int64_t o = 0; o < to.outer; ++o)
    for (int64_t k = 0; k < to.size; ++k)
      for (int64_t n = 0; n < to.inner; ++n) {
        double real = 0, imaginary = 0;
        for (int64_t t = 0; t < period; ++t) {
          // Terms beyond the middle of a real signal are conjugates.
          bool isConjugate = isRealOut && t >= terms;
          int64_t at = from.at(o, isConjugate ? period - t : t, n);
          double a = isRealIn ? x[at] : x[2 * at];
          double b = isRealIn ? 0 : isConjugate ? -x[2 * at + 1] : x[2 * at + 1];
          // Real signals have real first and middle terms.
          if (isRealOut && (t == 0 || 2 * t == period))
            b = 0;
          double angle = (isInverse ? 2 : -2) * M_PI * double(k * t % period) / double(period);
          real += a * std::cos(angle) - b * std::sin(angle);
          imaginary += a * std::sin(angle) + b * std::cos(angle);
        }
        double scale = isInverse ? 1.0 / double(period) : 1.0;
        int64_t at = to.at(o, k, n);
        if (isRealOut) {
          y[at] = real * scale;
        } else {
          y[2 * at] = real * scale;
          y[2 * at + 1] = imaginary * scale;
        }
      }
  if (!isRealOut)
    outShape.push_back(2);
  return Tensor::fromFloats(input.getType(), outShape, y);
}

void reference::addLinearEvaluators(EvaluatorTable &table) {
  table.add<dl::DotGeneralOp>(evaluateDotGeneral);
  table.add<dl::ConvOp>(evaluateConv);
  table.add<dl::ConvTransposeOp>(evaluateConvTranspose);
  table.add<dl::FftOp>(evaluateFft);
}
