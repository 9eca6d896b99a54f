//===- GridSample.cpp - sampling at a grid's points as gathers ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Derivatives are those of these ops, so they are written for PyTorch's conventions: a
// coordinate that was brought to the border has derivative 0, one that lies where it is
// mirrored that of the far side.
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using Direction = ComparisonDirection;

namespace {
/// One of the elements along a dimension that a point is sampled from.
struct Tap {
  Value place;  ///< its number, a whole float inside the input
  Value counts; ///< whether it is there; null: always
  Value weight; ///< null: 1
};

/// Samples at the points of a grid: tensors N, points in f64.
class GridSampler {
public:
  GridSampler(TensorBuilder &b, GridSampleOp op) : b(b), op(op) {}

  /// The taps along spatial dimension `d`, whose coordinate the grid gives as `value`.
  SmallVector<Tap> getTaps(Value value, int64_t d);

private:
  Value splat(Size size, Value like) {
    return b.splat(b.convert(b.scalar(size), b.getF64Type()), b.sizes(like));
  }
  Value both(Value x, Value y) { return x && y ? b.binary<AndOp>(x, y) : x ? x : y; }
  Value reflect(Value x, Value low, Value high);
  Value getCoordinate(Value value);
  Tap getTap(Value at, Value weight);
  SmallVector<Value> getCubicWeights(Value fraction);

  TensorBuilder &b;
  GridSampleOp op;
  Value size, last, isNear, isFinite;
};
} // namespace

/// `x` mirrored at both ends until it is in [low, high].
Value GridSampler::reflect(Value x, Value low, Value high) {
  Value span = b.sub(high, low), period = b.mul(span, 2.0);
  Value isBelow = b.compare(Direction::lt, x, low);
  Value distance = b.select(isBelow, b.sub(low, x), b.sub(x, low));
  Value isPoint = b.compare(Direction::le, span, 0.0);
  Value safe = b.select(isPoint, b.splatLike(1.0, span), period);
  Value turns = b.unary<FloorOp>(b.div(distance, safe));
  Value phase = b.sub(distance, b.mul(turns, period));
  Value isBack = b.compare(Direction::ge, phase, span);
  Value inside = b.add(low, b.select(isBack, b.sub(period, phase), phase));
  return b.select(isPoint, low, inside);
}

Value GridSampler::getCoordinate(Value value) {
  Value from0 = b.add(value, 1.0);
  Value x = op.getAlignCorners() ? b.mul(b.mul(from0, 0.5), last)
                                 : b.mul(b.sub(b.mul(from0, size), 1.0), 0.5);
  if (op.getMode() == ResizeMode::cubic || op.getPaddingMode() == GridPadding::zeros)
    return x;
  if (op.getPaddingMode() == GridPadding::reflection)
    x = op.getAlignCorners() ? reflect(x, b.splatLike(0.0, x), last)
                             : reflect(x, b.splatLike(-0.5, x), b.sub(size, 0.5));
  // A NaN reads the first element.
  Value isInside = b.compare(Direction::gt, x, 0.0);
  Value isBehind = b.compare(Direction::ge, x, last);
  return b.select(isInside, b.select(isBehind, last, x), b.splatLike(0.0, x));
}

/// What the whole coordinate `at` reads.
Tap GridSampler::getTap(Value at, Value weight) {
  Value isInside = b.binary<AndOp>(b.compare(Direction::ge, at, 0.0),
                                   b.compare(Direction::le, at, last));
  Value counts = isNear;
  if (op.getPaddingMode() == GridPadding::zeros) {
    counts = both(counts, isInside);
  } else if (op.getPaddingMode() == GridPadding::reflection) {
    Value mirrored =
        op.getAlignCorners()
            ? reflect(at, b.splatLike(0.0, at), last)
            : b.unary<FloorOp>(
                  b.add(reflect(at, b.splatLike(-0.5, at), b.sub(size, 0.5)), 0.5));
    at = b.select(isInside, at, mirrored);
  }
  if (weight)
    weight = b.select(isFinite, weight, b.splatLike(NAN, weight));
  return {b.binary<MinOp>(b.max(at, 0.0), last), counts, weight};
}

/// Keys' kernel with a = −3/4 at the distances 1 + f, f, 1 − f and 2 − f.
SmallVector<Value> GridSampler::getCubicWeights(Value fraction) {
  constexpr double a = -0.75;
  auto near = [&](Value t) { // ((a + 2)t − (a + 3))t² + 1
    return b.add(b.mul(b.sub(b.mul(t, a + 2), a + 3), b.mul(t, t)), 1.0);
  };
  auto far = [&](Value t) { // ((at − 5a)t + 8a)t − 4a
    return b.sub(b.mul(b.add(b.mul(b.sub(b.mul(t, a), 5 * a), t), 8 * a), t), 4 * a);
  };
  Value rest = b.sub(b.splatLike(1.0, fraction), fraction);
  return {far(b.add(fraction, 1.0)), near(fraction), near(rest), far(b.add(rest, 1.0))};
}

SmallVector<Tap> GridSampler::getTaps(Value value, int64_t d) {
  Size count = b.size(op.getInput(), d + 2);
  size = splat(count, value);
  last = b.sub(size, 1.0);
  Value x = getCoordinate(value);
  isFinite = b.compare(Direction::lt, b.unary<AbsOp>(x), INFINITY);
  if (op.getPaddingMode() != GridPadding::zeros)
    x = b.binary<MinOp>(b.max(x, -1e8), b.splatLike(1e8, x));
  // Far outside nothing is near; nowhere nothing can be interpolated.
  isNear = b.compare(Direction::lt, b.unary<AbsOp>(x), 1e9);
  x = b.select(isNear, x, b.splatLike(0.0, x));
  if (op.getMode() == ResizeMode::nearest)
    return {getTap(b.unary<RoundOp>(x), Value())};
  Value floor = b.unary<FloorOp>(x), fraction = b.sub(x, floor);
  if (op.getMode() == ResizeMode::linear)
    return {getTap(floor, b.sub(b.splatLike(1.0, fraction), fraction)),
            getTap(b.add(floor, 1.0), fraction)};
  SmallVector<Tap> taps;
  for (auto [i, weight] : llvm::enumerate(getCubicWeights(fraction)))
    taps.push_back(getTap(b.add(floor, double(i) - 1), weight));
  return taps;
}

/// The elements of N,C,plane that N,points number.
static Value takePlane(TensorBuilder &b, Value rows, Value numbers) {
  int64_t channels = getTensorType(rows).getDimSize(1);
  SmallVector<int64_t> sizes{1, ShapedType::isDynamic(channels) ? -1 : channels, 1};
  return GatherOp::create(b, rows, numbers, /*offset_dims=*/ArrayRef<int64_t>{1},
                          /*collapsed_slice_dims=*/ArrayRef<int64_t>{2},
                          /*operand_batching_dims=*/ArrayRef<int64_t>{0},
                          /*start_indices_batching_dims=*/ArrayRef<int64_t>{0},
                          /*start_index_map=*/ArrayRef<int64_t>{2}, /*index_vector_dim=*/2, sizes,
                          IndexMode::error);
}

static Value decomposeGridSample(GridSampleOp op, TensorBuilder &b) {
  RankedTensorType type = getTensorType(op);
  int64_t spatial = type.getRank() - 2;
  SmallVector<Size> inputSizes = b.sizes(op.getInput()), gridSizes = b.sizes(op.getGrid());
  Size points = 1, plane = 1;
  for (int64_t d = 0; d < spatial; ++d) {
    points = b.mul(points, gridSizes[d + 1]);
    plane = b.mul(plane, inputSizes[d + 2]);
  }
  Value rows = b.widen(b.reshape(op.getInput(), {inputSizes[0], inputSizes[1], plane}));
  Value grid = b.convert(b.reshape(op.getGrid(), {gridSizes[0], points, Size(spatial)}),
                         b.getF64Type());
  GridSampler sampler(b, op);
  // The taps of the dimensions so far: their number in the plane, and their weight.
  SmallVector<Tap> taps{{}};
  for (int64_t d = 0; d < spatial; ++d) {
    Value value = b.reshape(b.slice(grid, 2, spatial - 1 - d, spatial - d), {gridSizes[0], points});
    Value size = b.splat(b.convert(b.scalar(inputSizes[d + 2]), b.getF64Type()), b.sizes(value));
    SmallVector<Tap> along = sampler.getTaps(value, d), next;
    for (const Tap &before : taps)
      for (const Tap &tap : along) {
        Value place = before.place ? b.add(b.mul(before.place, size), tap.place) : tap.place;
        Value counts = before.counts ? b.binary<AndOp>(before.counts, tap.counts) : tap.counts;
        Value weight = before.weight ? b.mul(before.weight, tap.weight) : tap.weight;
        next.push_back({place, counts, weight});
      }
    taps = std::move(next);
  }
  Type element = getTensorType(rows).getElementType();
  Value total;
  for (const Tap &tap : taps) {
    Value value = takePlane(b, rows, b.convert(tap.place, b.getI64Type()));
    value = b.select(b.broadcastLike(tap.counts, {0, 2}, value), value, b.splatLike(0.0, value));
    if (tap.weight)
      value = b.mul(value, b.broadcastLike(b.convert(tap.weight, element), {0, 2}, value));
    total = total ? b.add(total, value) : value;
  }
  SmallVector<Size> sizes{inputSizes[0], inputSizes[1]};
  sizes.append(gridSizes.begin() + 1, gridSizes.end() - 1);
  return b.convert(b.reshape(total, sizes), type.getElementType());
}

void decompose::addGridSample(DecomposerMap &map) {
  add<GridSampleOp, decomposeGridSample>(map);
}
