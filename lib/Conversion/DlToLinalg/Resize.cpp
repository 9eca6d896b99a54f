//===- Resize.cpp - resampling --------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// resize works on one dimension after the other: each element of the result is a
// weighted sum of a few elements along it. Coordinates are f64, since a rounding
// there would choose another element.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

namespace {
/// f64 arithmetic in a few letters.
struct F64 {
  explicit F64(B &b) : b(b), type(b.getF64Type()) {}
  Value of(double value) { return floatConstant(b, type, value); }
  Value fromIndex(Value index) {
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), index);
    return arith::SIToFPOp::create(b, type, number);
  }
  Value toIndex(Value x) {
    Value number = arith::FPToSIOp::create(b, b.getI64Type(), x);
    return arith::IndexCastOp::create(b, b.getIndexType(), number);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value floor(Value x) { return math::FloorOp::create(b, x); }
  Value ceil(Value x) { return math::CeilOp::create(b, x); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value less(Value x, Value y) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  }
  Value max(Value x, Value y) { return arith::SelectOp::create(b, less(x, y), y, x); }
  Value min(Value x, Value y) { return arith::SelectOp::create(b, less(y, x), y, x); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(b, c, x, y); }
  B &b;
  Type type;
};

/// How one dimension is resampled.
struct Axis {
  Value inSize, outSize;  ///< index
  Value scale;            ///< f64
  Value resized;          ///< f64: the output's size before it was rounded down
  Value roiStart, roiEnd; ///< f64, null without a region
};
} // namespace

/// Keys' cubic convolution kernel at distance `t`.
static Value getCubicWeight(F64 &f, Value t, double a) {
  t = f.abs(t);
  // ((a + 2) t − (a + 3)) t² + 1 up to 1; ((a t − 5a) t + 8a) t − 4a up to 2.
  Value inner = f.mul(f.sub(f.mul(f.of(a + 2), t), f.of(a + 3)), f.mul(t, t));
  inner = f.add(inner, f.of(1));
  Value outer = f.add(f.mul(f.sub(f.mul(f.of(a), t), f.of(5 * a)), t), f.of(8 * a));
  outer = f.sub(f.mul(outer, t), f.of(4 * a));
  Value rest = f.select(f.less(t, f.of(2)), outer, f.of(0));
  return f.select(f.less(t, f.of(1)), inner, rest);
}

/// The operand's coordinate of a result coordinate (ONNX Resize).
static Value getCoordinate(F64 &f, const Axis &axis, Value index, dl::CoordinateMode mode) {
  Value out = f.fromIndex(index), in = f.fromIndex(axis.inSize), size = f.fromIndex(axis.outSize);
  Value half = f.of(0.5), one = f.of(1), zero = f.of(0);
  Value isLong = f.less(one, size);
  Value halfPixel = f.sub(f.div(f.add(out, half), axis.scale), half);
  Value inSpan = f.sub(in, one), outSpan = f.max(f.sub(axis.resized, one), one);
  switch (mode) {
  case dl::CoordinateMode::half_pixel:
    return halfPixel;
  case dl::CoordinateMode::half_pixel_symmetric: {
    Value adjustment = f.div(size, f.mul(axis.scale, in));
    Value center = f.mul(f.mul(in, half), f.sub(one, adjustment));
    return f.add(center, halfPixel);
  }
  case dl::CoordinateMode::pytorch_half_pixel:
    return f.select(isLong, halfPixel, zero);
  case dl::CoordinateMode::align_corners:
    return f.select(isLong, f.div(f.mul(out, inSpan), outSpan), zero);
  case dl::CoordinateMode::asymmetric:
    return f.div(out, axis.scale);
  case dl::CoordinateMode::tf_crop_and_resize: {
    Value extent = f.mul(f.sub(axis.roiEnd, axis.roiStart), inSpan);
    Value along = f.add(f.mul(axis.roiStart, inSpan), f.div(f.mul(out, extent), outSpan));
    Value middle = f.mul(f.mul(half, f.add(axis.roiStart, axis.roiEnd)), inSpan);
    return f.select(isLong, along, middle);
  }
  case dl::CoordinateMode::tf_half_pixel_for_nn:
    return f.div(f.add(out, half), axis.scale);
  }
  llvm_unreachable("all modes handled");
}

static Value roundNearest(F64 &f, Value x, dl::NearestMode mode) {
  switch (mode) {
  case dl::NearestMode::round_prefer_floor:
    return f.ceil(f.sub(x, f.of(0.5)));
  case dl::NearestMode::round_prefer_ceil:
    return f.floor(f.add(x, f.of(0.5)));
  case dl::NearestMode::floor:
    return f.floor(x);
  case dl::NearestMode::ceil:
    return f.ceil(x);
  }
  llvm_unreachable("all modes handled");
}

/// The coordinate, or the index itself where the dimension doesn't change.
static Value getSource(F64 &f, dl::ResizeOp op, const Axis &axis, Value index) {
  Value x = getCoordinate(f, axis, index, op.getCoordinateMode());
  if (axis.roiStart)
    return x;
  Value isSame =
      arith::CmpIOp::create(f.b, arith::CmpIPredicate::eq, axis.inSize, axis.outSize);
  Value isOne = arith::CmpFOp::create(f.b, arith::CmpFPredicate::OEQ, axis.scale, f.of(1));
  return f.select(arith::AndIOp::create(f.b, isSame, isOne), f.fromIndex(index), x);
}

namespace {
/// The weighted sum along one dimension.
struct TapSum {
  B &b;
  mutable dl::ResizeOp op;
  const Axis &axis;
  Value input;
  int64_t dim;
  Type element; ///< of the input: a dl type, or f32/f64 between passes
  Type computed;

  Value load(B &inner, ArrayRef<Value> indices, Value at) const {
    SmallVector<Value> position(indices);
    position[dim] = clampIndex(inner, at, axis.inSize);
    Value value = fromStorage(inner, tensor::ExtractOp::create(inner, input, position), element);
    Type from = isa<FloatType>(element) ? getComputeType(element) : element;
    return convertElement(inner, value, from, computed);
  }

  /// Adds the tap at coordinate `at` (f64, whole) to (sum, total).
  std::pair<Value, Value> add(B &inner, ArrayRef<Value> indices, Value x, Value at, Value shrink,
                              Value sum, Value total) const {
    F64 f(inner);
    Value distance = f.sub(at, x);
    if (shrink)
      distance = f.div(distance, shrink);
    double a = op.getCubicCoefficient().convertToDouble();
    Value weight = op.getMode() == dl::ResizeMode::cubic
                       ? getCubicWeight(f, distance, a)
                       : f.max(f.of(0), f.sub(f.of(1), f.abs(distance)));
    Value place = f.toIndex(at);
    if (op.getExcludeOutside()) {
      Value inside = arith::CmpIOp::create(inner, arith::CmpIPredicate::ult, place, axis.inSize);
      weight = f.select(inside, weight, f.of(0));
    }
    Value value = load(inner, indices, place);
    Value narrow = convertElement(inner, weight, f.type, computed);
    // An element that doesn't count adds nothing, not even a NaN.
    Value counts = arith::CmpFOp::create(inner, arith::CmpFPredicate::UNE, weight, f.of(0));
    Value product =
        arith::SelectOp::create(inner, counts, arith::MulFOp::create(inner, value, narrow),
                                floatConstant(inner, computed, 0));
    return {arith::AddFOp::create(inner, sum, product), f.add(total, weight)};
  }

  Value compute(ArrayRef<Value> indices) const {
    F64 f(b);
    Value x = getSource(f, op, axis, indices[dim]);
    bool isCubic = op.getMode() == dl::ResizeMode::cubic;
    Value sum = floatConstant(b, computed, 0), total = f.of(0);
    if (!op.getAntialias()) {
      Value floor = f.floor(x);
      for (int tap = isCubic ? -1 : 0, last = isCubic ? 2 : 1; tap <= last; ++tap)
        std::tie(sum, total) =
            add(b, indices, x, f.add(floor, f.of(tap)), Value(), sum, total);
    } else {
      // The filter widens by the factor that the dimension shrinks by.
      Value shrink = f.max(f.of(1), f.div(f.of(1), axis.scale));
      Value radius = f.mul(f.of(isCubic ? 2 : 1), shrink);
      Value low = f.floor(f.sub(x, radius)), high = f.ceil(f.add(x, radius));
      Value taps = f.toIndex(f.add(f.sub(high, low), f.of(1)));
      auto loop = scf::ForOp::create(
          b, indexConstant(b, 0), taps, indexConstant(b, 1), ValueRange{sum, total},
          [&](OpBuilder &nested, Location loc, Value tap, ValueRange args) {
            B inner(loc, nested);
            F64 g(inner);
            Value at = g.add(low, g.fromIndex(tap));
            auto [nextSum, nextTotal] = add(inner, indices, x, at, shrink, args[0], args[1]);
            scf::YieldOp::create(inner, ValueRange{nextSum, nextTotal});
          });
      sum = loop.getResult(0);
      total = loop.getResult(1);
    }
    return arith::DivFOp::create(b, sum, convertElement(b, total, f.type, computed));
  }
};
} // namespace

static SmallVector<Axis> getAxes(B &b, dl::ResizeOp op, dl::ResizeOp::Adaptor adaptor,
                                 ArrayRef<OpFoldResult> sizes) {
  F64 f(b);
  SmallVector<Axis> axes;
  int64_t rank = sizes.size();
  for (int64_t d = 0; d < rank; ++d) {
    Axis axis;
    axis.inSize = toValue(b, getSize(b, adaptor.getInput(), d));
    axis.outSize = toValue(b, sizes[d]);
    if (adaptor.getScales()) {
      Value scale = tensor::ExtractOp::create(b, adaptor.getScales(), indexConstant(b, d));
      axis.scale = convertElement(b, scale, scale.getType(), f.type);
      axis.resized = f.mul(f.fromIndex(axis.inSize), axis.scale);
    } else {
      axis.resized = f.fromIndex(axis.outSize);
      axis.scale = f.div(axis.resized, f.fromIndex(axis.inSize));
    }
    if (adaptor.getRoi()) {
      Type element = elementOf(op.getRoi());
      auto entry = [&](int64_t i) {
        Value value = tensor::ExtractOp::create(b, adaptor.getRoi(), indexConstant(b, i));
        return convertElement(b, fromStorage(b, value, element), getComputeType(element), f.type);
      };
      axis.roiStart = entry(d);
      axis.roiEnd = entry(rank + d);
    }
    axes.push_back(axis);
  }
  return axes;
}

/// Whether a dimension is surely copied.
static bool isKept(dl::ResizeOp op, int64_t d) {
  auto from = cast<RankedTensorType>(op.getInput().getType());
  auto to = cast<RankedTensorType>(op.getOutput().getType());
  if (op.getRoi() || from.isDynamicDim(d) || from.getDimSize(d) != to.getDimSize(d))
    return false;
  DenseFPElementsAttr scales;
  if (!op.getScales())
    return true;
  return matchPattern(op.getScales(), m_Constant(&scales)) &&
         scales.getValues<APFloat>()[d].isExactlyValue(1.0);
}

/// Points of a region that lie outside the operand get a value of their own.
static Value isOutside(B &b, dl::ResizeOp op, ArrayRef<Axis> axes, ArrayRef<Value> indices) {
  F64 f(b);
  Value outside;
  for (auto [axis, index] : llvm::zip_equal(axes, indices)) {
    Value x = getCoordinate(f, axis, index, op.getCoordinateMode());
    Value last = f.sub(f.fromIndex(axis.inSize), f.of(1));
    Value here = arith::OrIOp::create(b, f.less(x, f.of(0)), f.less(last, x));
    outside = outside ? arith::OrIOp::create(b, outside, here).getResult() : here;
  }
  return outside;
}

/// A computed sample as an element: integers are rounded and kept in range.
static Value fromSampled(B &b, Value value, Type element) {
  if (!isa<FloatType>(element))
    value = math::RoundEvenOp::create(b, value);
  return toStorage(b, convertElement(b, value, value.getType(), element), element);
}

static Type getSampleType(B &b, Type element) {
  bool isExact = isa<FloatType>(element) ? !element.isF64()
                                         : !element.isIndex() &&
                                               element.getIntOrFloatBitWidth() <= 16;
  return isExact ? Type(b.getF32Type()) : Type(b.getF64Type());
}

static LogicalResult lowerResize(dl::ResizeOp op, dl::ResizeOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  auto type = storageTensorType(op.getOutput());
  Type element = elementOf(op.getInput());
  int64_t rank = type.getRank();
  SmallVector<Axis> axes = getAxes(b, op, adaptor, *sizes);
  for (const Axis &axis : axes) {
    Value zero = indexConstant(b, 0);
    Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, axis.inSize, zero);
    Value isNone = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, axis.outSize, zero);
    check(b, arith::OrIOp::create(b, isFull, isNone),
          "an empty dimension can't be resampled");
  }
  Value current = adaptor.getInput();
  Type currentElement = element, sampleType = getSampleType(b, element);
  if (op.getMode() == dl::ResizeMode::nearest) {
    Value input = current;
    current = generate(b, type, *sizes, [&](B &inner, ArrayRef<Value> indices) {
      F64 f(inner);
      SmallVector<Value> position(indices);
      for (int64_t d = 0; d < rank; ++d) {
        if (isKept(op, d))
          continue;
        Value x = getSource(f, op, axes[d], indices[d]);
        Value at = f.toIndex(roundNearest(f, x, op.getNearestMode()));
        position[d] = clampIndex(inner, at, axes[d].inSize);
      }
      return tensor::ExtractOp::create(inner, input, position).getResult();
    });
  } else {
    SmallVector<OpFoldResult> shape = getSizes(b, current);
    for (int64_t d = 0; d < rank; ++d) {
      if (isKept(op, d))
        continue;
      shape[d] = (*sizes)[d];
      SmallVector<int64_t> known;
      for (OpFoldResult size : shape)
        known.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
      Value input = current;
      current = generate(b, RankedTensorType::get(known, sampleType), shape,
                         [&](B &inner, ArrayRef<Value> indices) {
                           return TapSum{inner,        op,         axes[d], input, d,
                                         currentElement, sampleType}
                               .compute(indices);
                         });
      currentElement = sampleType;
    }
  }
  bool isSampled = currentElement != element || current == adaptor.getInput();
  if (op.getRoi() || isSampled) {
    double outsideValue = op.getExtrapolationValue().convertToDouble();
    current = mapElements(
        b, type, *sizes, current, b.getMultiDimIdentityMap(rank), [&](B &inner, ValueRange args) {
          Value value = fromStorage(inner, args[0], currentElement);
          Type from = isa<FloatType>(currentElement) ? getComputeType(currentElement)
                                                     : currentElement;
          if (!op.getRoi())
            return currentElement == element ? args[0] : fromSampled(inner, value, element);
          SmallVector<Value> indices;
          for (int64_t d = 0; d < rank; ++d)
            indices.push_back(linalg::IndexOp::create(inner, d));
          value = convertElement(inner, value, from, sampleType);
          value = arith::SelectOp::create(inner, isOutside(inner, op, axes, indices),
                                          floatConstant(inner, sampleType, outsideValue), value);
          return fromSampled(inner, value, element);
        });
  }
  rewriter.replaceOp(op, current);
  return success();
}

//===----------------------------------------------------------------------===//
// grid_sample
//===----------------------------------------------------------------------===//

/// A coordinate reflected into [low, high].
static Value reflect(F64 &f, Value x, Value low, Value high) {
  Value span = f.sub(high, low), period = f.mul(f.of(2), span);
  Value distance = f.abs(f.sub(x, low));
  Value safe = f.max(period, f.of(1e-30));
  Value phase = f.sub(distance, f.mul(period, f.floor(f.div(distance, safe))));
  Value isBack = f.less(span, phase);
  Value inside = f.add(low, f.select(isBack, f.sub(period, phase), phase));
  return f.select(f.less(f.of(0), span), inside, low);
}

namespace {
/// Samples one plane.
struct GridSampler {
  B &b;
  mutable dl::GridSampleOp op;
  ArrayRef<Value> sizes; ///< of the spatial dimensions, index

  /// The coordinate of a grid value.
  Value getCoordinate(Value value, int64_t d) const {
    F64 f(b);
    Value size = f.fromIndex(sizes[d]), one = f.of(1), half = f.of(0.5);
    Value last = f.sub(size, one);
    Value x = op.getAlignCorners()
                  ? f.mul(f.mul(f.add(value, one), half), last)
                  : f.mul(f.sub(f.mul(f.add(value, one), size), one), half);
    if (op.getMode() == dl::ResizeMode::cubic)
      return x;
    if (op.getPaddingMode() == dl::GridPadding::reflection)
      x = op.getAlignCorners() ? reflect(f, x, f.of(0), last)
                               : reflect(f, x, f.of(-0.5), f.sub(size, half));
    if (op.getPaddingMode() == dl::GridPadding::zeros)
      return x;
    Value isNan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
    return f.select(isNan, f.of(0), f.min(f.max(x, f.of(0)), last));
  }

  /// The element that whole coordinate `at` reads, and whether it counts.
  std::pair<Value, Value> getPlace(Value at, int64_t d) const {
    F64 f(b);
    Value size = f.fromIndex(sizes[d]), last = f.sub(size, f.of(1));
    Value isInside = arith::AndIOp::create(
        b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, at, f.of(0)),
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, at, last));
    Value always = intConstant(b, b.getI1Type(), 1), place = at, counts = always;
    if (op.getPaddingMode() == dl::GridPadding::zeros)
      counts = isInside;
    else if (op.getPaddingMode() == dl::GridPadding::reflection)
      place = f.select(isInside, at,
                       op.getAlignCorners()
                           ? reflect(f, at, f.of(0), last)
                           : f.floor(f.add(reflect(f, at, f.of(-0.5), f.sub(size, f.of(0.5))),
                                           f.of(0.5))));
    place = f.min(f.max(place, f.of(0)), last);
    return {f.toIndex(place), counts};
  }

  /// Places and weights along a dimension.
  SmallVector<std::pair<Value, Value>> getTaps(Value x, int64_t d) const {
    F64 f(b);
    Value isFinite = f.less(f.abs(x), f.of(INFINITY));
    if (op.getPaddingMode() != dl::GridPadding::zeros)
      x = f.min(f.max(x, f.of(-1e8)), f.of(1e8));
    // Far outside nothing is near; nowhere nothing can be interpolated.
    Value isNear = f.less(f.abs(x), f.of(1e9));
    x = f.select(isNear, x, f.of(0));
    SmallVector<std::pair<Value, Value>> taps;
    auto add = [&](Value at, Value weight) {
      auto [place, counts] = getPlace(at, d);
      counts = arith::AndIOp::create(b, counts, isNear);
      weight = f.select(counts, weight, f.of(0));
      if (op.getMode() != dl::ResizeMode::nearest)
        weight = f.select(isFinite, weight, f.of(NAN));
      taps.push_back({place, weight});
    };
    Value floor = f.floor(x), fraction = f.sub(x, floor);
    switch (op.getMode()) {
    case dl::ResizeMode::nearest:
      add(math::RoundEvenOp::create(b, x), f.of(1));
      break;
    case dl::ResizeMode::linear:
      add(floor, f.sub(f.of(1), fraction));
      add(f.add(floor, f.of(1)), fraction);
      break;
    case dl::ResizeMode::cubic:
      for (int i = -1; i <= 2; ++i)
        add(f.add(floor, f.of(i)), getCubicWeight(f, f.sub(f.of(i), fraction), -0.75));
      break;
    }
    return taps;
  }
};
} // namespace

static LogicalResult lowerGridSample(dl::GridSampleOp op, dl::GridSampleOp::Adaptor adaptor,
                                     ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput(), grid = adaptor.getGrid();
  auto type = storageTensorType(op.getOutput());
  int64_t rank = type.getRank(), spatial = rank - 2;
  Type element = elementOf(op.getInput()), gridElement = elementOf(op.getGrid());
  Type sampleType = getSampleType(b, element);
  SmallVector<Value> planeSizes;
  for (int64_t d = 0; d < spatial; ++d)
    planeSizes.push_back(toValue(b, getSize(b, input, d + 2)));
  Value result = generate(b, type, *sizes, [&](B &inner, ArrayRef<Value> indices) {
    F64 f(inner);
    GridSampler sampler{inner, op, planeSizes};
    SmallVector<SmallVector<std::pair<Value, Value>>> taps;
    for (int64_t d = 0; d < spatial; ++d) {
      SmallVector<Value> at{indices[0]};
      llvm::append_range(at, indices.drop_front(2));
      at.push_back(indexConstant(inner, spatial - 1 - d));
      Value value =
          fromStorage(inner, tensor::ExtractOp::create(inner, grid, at), gridElement);
      value = convertElement(inner, value, getComputeType(gridElement), f.type);
      taps.push_back(sampler.getTaps(sampler.getCoordinate(value, d), d));
    }
    Value sum = floatConstant(inner, sampleType, 0);
    SmallVector<Value> position(indices);
    std::function<void(int64_t, Value)> visit = [&](int64_t d, Value weight) {
      if (d == spatial) {
        Value value =
            fromStorage(inner, tensor::ExtractOp::create(inner, input, position), element);
        Type from = isa<FloatType>(element) ? getComputeType(element) : element;
        value = convertElement(inner, value, from, sampleType);
        Value factor = convertElement(inner, weight, f.type, sampleType);
        // An element that doesn't count adds nothing, not even a NaN.
        Value product = arith::MulFOp::create(inner, value, factor);
        Value zero = floatConstant(inner, sampleType, 0);
        Value counts =
            arith::CmpFOp::create(inner, arith::CmpFPredicate::UNE, factor, zero);
        product = arith::SelectOp::create(inner, counts, product, zero);
        sum = arith::AddFOp::create(inner, sum, product);
        return;
      }
      for (auto [place, factor] : taps[d]) {
        position[d + 2] = place;
        visit(d + 1, weight ? f.mul(weight, factor) : factor);
      }
    };
    visit(0, Value());
    return fromSampled(inner, sum, element);
  });
  rewriter.replaceOp(op, result);
  return success();
}

void dlc::populateDlResizeToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::ResizeOp>(patterns, converter, lowerResize);
  addLowering<dl::GridSampleOp>(patterns, converter, lowerGridSample);
}
