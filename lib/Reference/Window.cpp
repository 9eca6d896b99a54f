//===- Window.cpp - the meaning of pooling and resampling -----------------===//
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
// Pooling
//===----------------------------------------------------------------------===//

namespace {
/// A pooling's windows over the planes of its operand, whatever the layout.
struct Windows {
  template <typename OpTy>
  Windows(OpTy op, const Tensor &input)
      : window(op.getWindow()), strides(op.getStrides()), low(op.getPaddingLow()),
        high(op.getPaddingHigh()), dilations(op.getDilations()) {
    bool isLast = op.getLayout() == dl::DataLayout::channels_last;
    ArrayRef<int64_t> shape = input.getShape();
    inSizes.assign(shape.begin() + (isLast ? 1 : 2), shape.end() - (isLast ? 1 : 0));
    for (size_t d = 0; d < inSizes.size(); ++d)
      outSizes.push_back(dl::getWindowedSize(inSizes[d], window[d], strides[d], low[d], high[d],
                                             dilations[d], op.getCeilMode()));
    inner = isLast ? shape.back() : 1;
    outer = isLast ? shape[0] : shape[0] * shape[1];
    outShape.assign(shape.begin(), shape.end());
    llvm::copy(outSizes, outShape.begin() + (isLast ? 1 : 2));
    inPlane = getProduct(inSizes);
    outPlane = getProduct(outSizes);
  }

  /// body(to, taps, padded): a result's position, the plane positions of its
  /// window's elements inside the operand with the operand's position, and how
  /// many lie inside the padded operand.
  template <typename Body>
  void forEach(Body body) const {
    std::vector<int64_t> taps;
    int64_t o = 0;
    forEachIndex(outSizes, [&](ArrayRef<int64_t> out) {
      taps.clear();
      int64_t padded = 0;
      forEachIndex(window, [&](ArrayRef<int64_t> tap) {
        int64_t position = 0;
        bool isInside = true, isPadded = true;
        for (size_t d = 0; d < inSizes.size(); ++d) {
          int64_t at = out[d] * strides[d] + tap[d] * dilations[d] - low[d];
          isInside &= at >= 0 && at < inSizes[d];
          isPadded &= at < inSizes[d] + high[d];
          position = position * inSizes[d] + at;
        }
        padded += isPadded;
        if (isInside)
          taps.push_back(position);
      });
      for (int64_t plane = 0; plane < outer; ++plane)
        for (int64_t n = 0; n < inner; ++n)
          body((plane * outPlane + o) * inner + n, ArrayRef<int64_t>(taps),
               plane * inPlane * inner + n, padded);
      ++o;
    });
  }
  /// The operand's position of a plane position.
  int64_t at(int64_t base, int64_t tap) const { return base + tap * inner; }

  ArrayRef<int64_t> window, strides, low, high, dilations;
  Shape inSizes, outSizes, outShape;
  int64_t inner, outer, inPlane, outPlane;
};
} // namespace

static Tensor evaluatePool(dl::PoolOp op, Operands operands) {
  const Tensor &input = operands[0];
  ElementType type = input.getType();
  Windows windows(op, input);
  double p = double(op.getP());
  return withArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(input), y(getProduct(windows.outShape));
    windows.forEach([&](int64_t to, ArrayRef<int64_t> taps, int64_t base, int64_t padded) {
      T result = op.getKind() == dl::PoolKind::max ? getLowest<T>(type) : T(0);
      double power = 0;
      for (int64_t tap : taps) {
        T value = x[windows.at(base, tap)];
        if (op.getKind() == dl::PoolKind::max)
          result = maximum(result, value);
        else if (op.getKind() == dl::PoolKind::lp)
          power += std::pow(std::fabs(double(value)), p);
        else
          result = add(result, value);
      }
      if (op.getKind() == dl::PoolKind::average) {
        int64_t count = op.getCountIncludePad() ? padded : int64_t(taps.size());
        if constexpr (std::is_integral_v<T>)
          result = count ? T(result / T(count)) : T(0);
        else
          result = result / double(count);
      } else if (op.getKind() == dl::PoolKind::lp) {
        result = T(std::pow(power, 1 / p));
      }
      y[to] = result;
    });
    return makeTensor(type, windows.outShape, y);
  });
}

static Tensors evaluateMaxPoolWithIndex(dl::MaxPoolWithIndexOp op, Operands operands) {
  const Tensor &input = operands[0];
  ElementType type = input.getType();
  Windows windows(op, input);
  std::vector<int64_t> indices(getProduct(windows.outShape), 0);
  Tensor values = withArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> x = getValues<T>(input), y(indices.size(), getLowest<T>(type));
    windows.forEach([&](int64_t to, ArrayRef<int64_t> taps, int64_t base, int64_t) {
      for (auto [i, tap] : llvm::enumerate(taps)) {
        T value = x[windows.at(base, tap)];
        if (i > 0 && !isBefore(y[to], value))
          continue;
        y[to] = value;
        indices[to] = tap;
      }
    });
    return makeTensor(type, windows.outShape, y);
  });
  return {values, Tensor::fromInts(getResultType(op, 1), windows.outShape, indices)};
}

//===----------------------------------------------------------------------===//
// resize
//===----------------------------------------------------------------------===//

/// Keys' cubic convolution kernel at distance `t` with coefficient `a`.
static double getCubicWeight(double t, double a) {
  t = std::fabs(t);
  if (t < 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

namespace {
/// How one dimension is resampled.
struct Axis {
  int64_t inSize, outSize;
  double scale;
  double resized; ///< the output's size before it was rounded down
  double roiStart = 0, roiEnd = 1;

  /// The operand's coordinate of a result coordinate (ONNX Resize).
  double getCoordinate(int64_t at, dl::CoordinateMode mode) const {
    double out = double(at), in = double(inSize), size = double(outSize);
    double span = std::max(resized - 1, 1.0);
    switch (mode) {
    case dl::CoordinateMode::half_pixel:
      return (out + 0.5) / scale - 0.5;
    case dl::CoordinateMode::half_pixel_symmetric: {
      double adjustment = size / (scale * in), center = in / 2;
      return center * (1 - adjustment) + (out + 0.5) / scale - 0.5;
    }
    case dl::CoordinateMode::pytorch_half_pixel:
      return outSize > 1 ? (out + 0.5) / scale - 0.5 : 0;
    case dl::CoordinateMode::align_corners:
      return outSize > 1 ? out * (in - 1) / span : 0;
    case dl::CoordinateMode::asymmetric:
      return out / scale;
    case dl::CoordinateMode::tf_crop_and_resize:
      return outSize > 1
                 ? roiStart * (in - 1) + out * (roiEnd - roiStart) * (in - 1) / span
                 : 0.5 * (roiStart + roiEnd) * (in - 1);
    case dl::CoordinateMode::tf_half_pixel_for_nn:
      return (out + 0.5) / scale;
    }
    llvm_unreachable("all modes handled");
  }
};

/// One result coordinate as a weighted sum of operand coordinates, each inside.
using Weights = SmallVector<std::pair<int64_t, double>>;
} // namespace

static int64_t roundNearest(double x, dl::NearestMode mode) {
  switch (mode) {
  case dl::NearestMode::round_prefer_floor:
    return int64_t(std::ceil(x - 0.5));
  case dl::NearestMode::round_prefer_ceil:
    return int64_t(std::floor(x + 0.5));
  case dl::NearestMode::floor:
    return int64_t(std::floor(x));
  case dl::NearestMode::ceil:
    return int64_t(std::ceil(x));
  }
  llvm_unreachable("all modes handled");
}

static Weights getWeights(dl::ResizeOp op, const Axis &axis, double x) {
  int64_t last = axis.inSize - 1;
  auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i, 0, last); };
  if (op.getMode() == dl::ResizeMode::nearest)
    return {{clamp(roundNearest(x, op.getNearestMode())), 1.0}};
  bool isCubic = op.getMode() == dl::ResizeMode::cubic;
  // Antialiasing widens the filter by the shrinking factor.
  double shrink = op.getAntialias() ? std::max(1.0, 1.0 / axis.scale) : 1.0;
  double radius = (isCubic ? 2 : 1) * shrink, a = op.getCubicCoefficient().convertToDouble();
  Weights weights;
  double sum = 0;
  for (int64_t i = int64_t(std::floor(x - radius)) ; i <= int64_t(std::ceil(x + radius)); ++i) {
    double distance = (double(i) - x) / shrink;
    double weight = isCubic ? getCubicWeight(distance, a) : std::max(0.0, 1 - std::fabs(distance));
    if (weight == 0 || (op.getExcludeOutside() && (i < 0 || i > last)))
      continue;
    weights.push_back({clamp(i), weight});
    sum += weight;
  }
  for (auto &[i, weight] : weights)
    weight /= sum;
  return weights;
}

/// Converts a result to an integer type as a resampled image wants it: rounded,
/// in range.
static Tensor fromSampled(ElementType type, ArrayRef<int64_t> shape, std::vector<double> &values) {
  if (isFloat(type))
    return Tensor::fromFloats(type, shape, values);
  for (double &value : values)
    value = std::nearbyint(value);
  return convert(Tensor::fromFloats(ElementType::f64, shape, values), type);
}

/// ⌊size · scale⌋, in the scale's type.
static int64_t getScaledSize(int64_t size, const Tensor &scales, int64_t d) {
  double scale = scales.getFloat(d);
  if (scales.getType() == ElementType::f32)
    return int64_t(std::floor(float(size) * float(scale)));
  return int64_t(std::floor(double(size) * scale));
}

static Expected<Tensor> evaluateResize(dl::ResizeOp op, Operands operands) {
  const Tensor &input = operands[0];
  const Tensor *sizes = getOperand(op, op.getSizes(), operands);
  const Tensor *scales = getOperand(op, op.getScales(), operands);
  const Tensor *roi = getOperand(op, op.getRoi(), operands);
  int64_t rank = input.getRank();
  Shape shape = getResultShape(op, sizes);
  // For every dimension and result coordinate the weights of the operand.
  std::vector<std::vector<Weights>> weights(rank);
  std::vector<std::vector<bool>> isOutside(rank);
  for (int64_t d = 0; d < rank; ++d) {
    if (shape[d] < 0 && scales)
      shape[d] = getScaledSize(input.getDim(d), *scales, d);
    if (shape[d] < 0)
      return makeError("dimension {0} of the result has a negative size", d);
    if (input.getDim(d) == 0 && shape[d] > 0)
      return makeError("dimension {0} is empty: there is nothing to resample", d);
    double in = double(input.getDim(d)), out = double(shape[d]);
    double scale = scales ? scales->getFloat(d) : out / in;
    Axis axis{input.getDim(d), shape[d], scale, scales ? in * scale : out};
    if (roi) {
      axis.roiStart = roi->getFloat(d);
      axis.roiEnd = roi->getFloat(rank + d);
    }
    for (int64_t i = 0; i < shape[d]; ++i) {
      double x = axis.getCoordinate(i, op.getCoordinateMode());
      isOutside[d].push_back(roi && (x < 0 || x > double(axis.inSize - 1)));
      // A dimension that doesn't change isn't resampled.
      bool isKept = axis.inSize == axis.outSize && axis.scale == 1 && !roi;
      weights[d].push_back(isKept ? Weights{{i, 1.0}} : getWeights(op, axis, x));
    }
  }
  if (!input.isFloat() || op.getMode() != dl::ResizeMode::nearest || roi) {
    // One dimension after the other, in f64.
    std::vector<double> values = convert(input, ElementType::f64).getFloats();
    Shape current(input.getShape());
    for (int64_t d = 0; d < rank; ++d) {
      Split from(current, d);
      current[d] = shape[d];
      Split to(current, d);
      std::vector<double> next(getProduct(current));
      for (int64_t o = 0; o < to.outer; ++o)
        for (int64_t i = 0; i < to.size; ++i)
          for (int64_t n = 0; n < to.inner; ++n)
            for (auto [at, weight] : weights[d][i])
              next[to.at(o, i, n)] += weight * values[from.at(o, at, n)];
      values = std::move(next);
    }
    double outsideValue = op.getExtrapolationValue().convertToDouble();
    int64_t to = 0;
    forEachIndex(shape, [&](ArrayRef<int64_t> index) {
      for (int64_t d = 0; d < rank; ++d)
        if (isOutside[d][index[d]])
          values[to] = outsideValue;
      ++to;
    });
    return fromSampled(input.getType(), shape, values);
  }
  Shape source(rank);
  return moveElements(input, shape, [&](ArrayRef<int64_t> index) {
    for (int64_t d = 0; d < rank; ++d)
      source[d] = weights[d][index[d]].front().first;
    return getPosition(input.getShape(), source);
  });
}

//===----------------------------------------------------------------------===//
// grid_sample
//===----------------------------------------------------------------------===//

/// A coordinate reflected into [low, high].
static double reflect(double x, double low, double high) {
  double span = high - low;
  if (span <= 0)
    return low;
  double period = 2 * span;
  double phase = std::fmod(std::fabs(x - low), period);
  return low + (phase <= span ? phase : period - phase);
}

namespace {
/// Sampling of one plane.
struct GridSampler {
  mutable dl::GridSampleOp op; // an op's accessors aren't const
  ArrayRef<int64_t> sizes; ///< spatial

  /// The index that `i` reads in dimension d; −1: zero.
  int64_t getIndex(int64_t i, int64_t d) const {
    int64_t size = sizes[d];
    if (i >= 0 && i < size)
      return i;
    switch (op.getPaddingMode()) {
    case dl::GridPadding::zeros:
      return -1;
    case dl::GridPadding::border:
      return std::clamp<int64_t>(i, 0, size - 1);
    case dl::GridPadding::reflection:
      if (op.getAlignCorners())
        return int64_t(reflect(double(i), 0, double(size - 1)));
      return std::clamp<int64_t>(int64_t(reflect(double(i), -0.5, double(size) - 0.5) + 0.5), 0,
                                 size - 1);
    }
    llvm_unreachable("all modes handled");
  }

  /// The coordinate of a grid value; `border` and `reflection` bring it inside,
  /// but for cubic interpolation, whose neighbours are brought inside instead.
  double getCoordinate(double value, int64_t d) const {
    double size = double(sizes[d]);
    double x = op.getAlignCorners() ? (value + 1) / 2 * (size - 1) : ((value + 1) * size - 1) / 2;
    if (op.getMode() == dl::ResizeMode::cubic)
      return x;
    if (op.getPaddingMode() == dl::GridPadding::reflection)
      x = op.getAlignCorners() ? reflect(x, 0, size - 1) : reflect(x, -0.5, size - 0.5);
    // A NaN reads the first element.
    if (op.getPaddingMode() != dl::GridPadding::zeros)
      x = std::isnan(x) ? 0 : std::clamp(x, 0.0, size - 1);
    return x;
  }

  /// Whether nothing can be interpolated at a coordinate, and the result is NaN: what
  /// `border` and `reflection` bring inside is always somewhere.
  bool isNowhere(double x) const {
    return op.getMode() != dl::ResizeMode::nearest && !std::isfinite(x);
  }

  Weights getWeights(double x, int64_t d) const {
    Weights weights;
    if (op.getPaddingMode() != dl::GridPadding::zeros)
      x = std::clamp(x, -1e8, 1e8);
    // Far outside (or not a number): nothing is near.
    if (!(std::fabs(x) < 1e9))
      return weights;
    auto add = [&](int64_t i, double weight) {
      int64_t at = getIndex(i, d);
      if (at >= 0 && weight != 0)
        weights.push_back({at, weight});
    };
    int64_t floor = int64_t(std::floor(x));
    double fraction = x - double(floor);
    switch (op.getMode()) {
    case dl::ResizeMode::nearest:
      add(int64_t(std::nearbyint(x)), 1);
      break;
    case dl::ResizeMode::linear:
      add(floor, 1 - fraction);
      add(floor + 1, fraction);
      break;
    case dl::ResizeMode::cubic:
      for (int64_t i = -1; i <= 2; ++i)
        add(floor + i, getCubicWeight(double(i) - fraction, -0.75));
      break;
    }
    return weights;
  }
};
} // namespace

static Expected<Tensor> evaluateGridSample(dl::GridSampleOp op, Operands operands) {
  const Tensor &input = operands[0], &grid = operands[1];
  int64_t spatial = input.getRank() - 2;
  if (grid.getDim(0) != input.getDim(0) || grid.getShape().back() != spatial)
    return makeError("the input is a {0}, the grid a {1}", getTypeName(input), getTypeName(grid));
  ArrayRef<int64_t> sizes = input.getShape().drop_front(2);
  GridSampler sampler{op, sizes};
  Shape shape(input.getShape().take_front(2));
  llvm::append_range(shape, grid.getShape().drop_front().drop_back());
  int64_t batches = shape[0], channels = shape[1], plane = getProduct(sizes);
  int64_t points = getProduct(ArrayRef<int64_t>(shape).drop_front(2));
  std::vector<double> x = convert(input, ElementType::f64).getFloats(), g = grid.getFloats();
  std::vector<double> y(getProduct(shape), 0.0);
  for (int64_t n = 0; n < batches; ++n)
    for (int64_t p = 0; p < points; ++p) {
      // The weights of a plane's elements: the product over its dimensions.
      Weights elements{{0, 1.0}};
      bool isNowhere = false;
      for (int64_t d = 0; d < spatial; ++d) {
        double value = g[(n * points + p) * spatial + (spatial - 1 - d)];
        double x = sampler.getCoordinate(value, d);
        isNowhere |= sampler.isNowhere(x);
        Weights next;
        for (auto [position, weight] : elements)
          for (auto [i, w] : sampler.getWeights(x, d))
            next.push_back({position * sizes[d] + i, weight * w});
        elements = std::move(next);
      }
      if (isNowhere)
        elements = {{0, NAN}};
      for (int64_t c = 0; c < channels; ++c)
        for (auto [position, weight] : elements)
          y[(n * channels + c) * points + p] += weight * x[(n * channels + c) * plane + position];
    }
  return fromSampled(input.getType(), shape, y);
}

void reference::addWindowEvaluators(EvaluatorTable &table) {
  table.add<dl::PoolOp>(evaluatePool);
  table.add<dl::MaxPoolWithIndexOp>(evaluateMaxPoolWithIndex);
  table.add<dl::ResizeOp>(evaluateResize);
  table.add<dl::GridSampleOp>(evaluateGridSample);
}
