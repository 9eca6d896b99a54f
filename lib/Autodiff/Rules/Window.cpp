//===- Window.cpp - derivatives of pooling and resampling -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// Sums over windows
//===----------------------------------------------------------------------===//

/// The pool as another kind, of another input.
static Value poolAs(TensorBuilder &b, PoolOp op, PoolKind kind, Value x) {
  RankedTensorType type = getTensorType(op).clone(getTensorType(x).getElementType());
  return PoolOp::create(b, type, kind, x, op.getWindow(), op.getStrides(), op.getPaddingLow(),
                        op.getPaddingHigh(), op.getDilations(), op.getCeilMode(),
                        op.getCountIncludePad(), op.getP(), op.getLayout());
}

static int64_t spatialDim(dl::DataLayout layout, int64_t k) {
  return layout == dl::DataLayout::channels_first ? 2 + k : 1 + k;
}

/// The transpose of a sum over windows: each input element sums the windows it is
/// in, which is a sum over a window of the cotangent with stride − 1 zeros between.
static Value transposeWindowSum(TensorBuilder &b, PoolOp op, Value dy) {
  int64_t rank = getTensorType(dy).getRank(), spatial = rank - 2;
  SmallVector<Size> low(rank, 0), high(rank, 0);
  SmallVector<int64_t> interior(rank, 0), ones(spatial, 1), none(spatial, 0);
  for (int64_t k = 0; k < spatial; ++k) {
    int64_t d = spatialDim(op.getLayout(), k), stride = op.getStrides()[k];
    int64_t reach = (op.getWindow()[k] - 1) * op.getDilations()[k];
    // Element i is in the windows that start from i + padding − reach on.
    low[d] = reach - op.getPaddingLow()[k];
    Size span = maximum(b, b.sub(b.mul(b.size(dy, d), stride), stride - 1), 0);
    Size wanted = b.add(b.size(op.getInput(), d), reach);
    high[d] = b.sub(b.sub(wanted, span), low[d]);
    interior[d] = stride - 1;
  }
  Value spread = padZeros(b, dy, low, high, interior);
  RankedTensorType type = getTensorType(op.getInput()).clone(getTensorType(dy).getElementType());
  return PoolOp::create(b, type, PoolKind::sum, spread, op.getWindow(), ones, none, none,
                        op.getDilations(), /*ceil_mode=*/false, /*count_include_pad=*/false,
                        /*p=*/2, op.getLayout());
}

/// How many elements each window of an average counts: what a sum of ones, divided
/// by its average, is.
static Value countElements(TensorBuilder &b, PoolOp op) {
  Value ones = b.splatLike(1.0, op.getInput(), getWideType(getTensorType(op).getElementType()));
  Value average = poolAs(b, op, PoolKind::average, ones);
  return b.div(poolAs(b, op, PoolKind::sum, ones), average);
}

/// |x|^(p−1)·sign x
static Value signedPower(TensorBuilder &b, Value x, int64_t p) {
  Value size = b.unary<AbsOp>(x), power = b.unary<SignOp>(x);
  for (int64_t i = 1; i < p; ++i)
    power = b.mul(power, size);
  return power;
}

/// dy·y^(1−p), and 0 where y is.
static Value dividePower(TensorBuilder &b, Value dy, Value y, int64_t p) {
  Value none = b.compare(ComparisonDirection::eq, y, 0.0);
  Value safe = b.select(none, b.splatLike(1.0, y), y);
  for (int64_t i = 1; i < p; ++i)
    dy = b.div(dy, safe);
  return b.select(none, zerosLike(b, dy), dy);
}

//===----------------------------------------------------------------------===//
// Maxima
//===----------------------------------------------------------------------===//

namespace {
/// Where the maxima of windows lie, in N·C rows of all spatial elements.
class Maxima {
public:
  template <typename Op>
  Maxima(TensorBuilder &b, Op op)
      : b(b), input(op.getInput()), isLast(op.getLayout() == dl::DataLayout::channels_last) {
    Type index = b.getI64Type();
    RankedTensorType type = getTensorType(op->getResult(0));
    auto pooled = MaxPoolWithIndexOp::create(
        b, type, type.clone(index), input, op.getWindow(), op.getStrides(), op.getPaddingLow(),
        op.getPaddingHigh(), op.getDilations(), op.getCeilMode(), op.getLayout());
    indices = pooled.getIndices();
    auto isOne = [](int64_t each) { return each == 1; };
    auto isZero = [](int64_t each) { return each == 0; };
    if (getTensorType(input).hasStaticShape() && op.getStrides() == op.getWindow() &&
        llvm::all_of(op.getDilations(), isOne) && llvm::all_of(op.getPaddingLow(), isZero) &&
        llvm::all_of(op.getPaddingHigh(), isZero) && !op.getCeilMode())
      tiles = llvm::to_vector(op.getWindow());
  }

  /// The tangent of the maxima.
  Value take(Value dx) {
    return fromRows(takeAlong(b, toRows(dx), toRows(indices), 2), indices);
  }
  /// The cotangent of the input.
  Value add(Value dy) {
    if (!tiles.empty())
      return addToTiles(dy);
    Value like = toRows(b.convert(input, getTensorType(dy).getElementType()));
    return fromRows(addAlong(b, like, toRows(indices), toRows(dy), 2), input);
  }

private:
  /// Where windows neither overlap nor leave the input: each element compares its
  /// number with its window's index, in a tensor of two dimensions (the window, and
  /// the place in it) for each spatial one.
  Value addToTiles(Value dy) {
    RankedTensorType type = getTensorType(input);
    int64_t rank = type.getRank(), first = isLast ? 1 : 2, number = 1;
    SmallVector<Size> split;
    SmallVector<int64_t> kept; // where the dimensions of dy are
    for (int64_t d = 0; d < rank; ++d) {
      kept.push_back(split.size());
      split.push_back(getTensorType(dy).getDimSize(d));
      if (d >= first && d < first + int64_t(tiles.size()))
        split.push_back(tiles[d - first]);
    }
    Type index = type.getNumElements() <= INT32_MAX ? b.getI32Type() : b.getI64Type();
    ArrayRef<Size> plane = ArrayRef(split).slice(first, 2 * tiles.size());
    Value numbers;
    for (int64_t k = tiles.size() - 1; k >= 0; number *= type.getDimSize(first + k--)) {
      Value place = b.add(b.mul(b.iota(plane, 2 * k, index), tiles[k]),
                          b.iota(plane, 2 * k + 1, index));
      numbers = sum(b, numbers, b.mul(place, number));
    }
    auto places = llvm::to_vector(llvm::seq<int64_t>(first, first + plane.size()));
    Value isMaximum = b.compare(ComparisonDirection::eq, b.broadcast(numbers, places, split),
                                b.broadcast(b.convert(indices, index), kept, split));
    Value spread = where(b, isMaximum, b.broadcast(dy, kept, split));
    // The elements behind the last window get nothing.
    SmallVector<Size> whole = b.sizes(dy), rest(rank, 0);
    for (auto [k, tile] : llvm::enumerate(tiles)) {
      whole[first + k] = whole[first + k].known * tile;
      rest[first + k] = type.getDimSize(first + k) - whole[first + k].known;
    }
    Value joined = b.reshape(spread, whole);
    if (llvm::all_of(rest, [](const Size &size) { return size.known == 0; }))
      return joined;
    return padZeros(b, joined, SmallVector<Size>(rank, 0), rest, SmallVector<int64_t>(rank, 0));
  }

  Value toRows(Value x) {
    int64_t rank = getTensorType(x).getRank();
    if (isLast) {
      SmallVector<int64_t> first{0, rank - 1};
      for (int64_t d = 1; d < rank - 1; ++d)
        first.push_back(d);
      x = b.transpose(x, first);
    }
    SmallVector<Size> sizes = b.sizes(x);
    Size count = 1;
    for (const Size &size : ArrayRef(sizes).drop_front(2))
      count = b.mul(count, size);
    return b.reshape(x, {sizes[0], sizes[1], count});
  }
  /// N,C,elements as a tensor of the shape of `like`.
  Value fromRows(Value rows, Value like) {
    SmallVector<Size> sizes = b.sizes(like);
    if (!isLast)
      return b.reshape(rows, sizes);
    int64_t rank = sizes.size();
    SmallVector<Size> first{sizes[0], sizes[rank - 1]};
    SmallVector<int64_t> back{0};
    for (int64_t d = 1; d < rank - 1; ++d) {
      first.push_back(sizes[d]);
      back.push_back(d + 1);
    }
    back.push_back(1);
    return b.transpose(b.reshape(rows, first), back);
  }

  TensorBuilder &b;
  Value input, indices;
  bool isLast;
  SmallVector<int64_t> tiles; ///< the windows' sizes if they lie side by side
};
} // namespace

//===----------------------------------------------------------------------===//
// pool
//===----------------------------------------------------------------------===//

static void forwardPool(PoolOp op, Forward &f) {
  TensorBuilder &b = f.b;
  Value dx = f.tangent(0);
  Type narrow = getTensorType(op).getElementType();
  switch (op.getKind()) {
  case PoolKind::sum:
  case PoolKind::average:
    return f.set(0, applyWith(b, op, 0, dx));
  case PoolKind::max:
    return f.set(0, Maxima(b, op).take(dx));
  case PoolKind::lp: {
    Value weighted = b.mul(b.widen(dx), signedPower(b, b.widen(op.getInput()), op.getP()));
    Value total = poolAs(b, op, PoolKind::sum, weighted);
    return f.set(0, b.convert(dividePower(b, total, b.widen(op.getOutput()), op.getP()), narrow));
  }
  }
}

static void reversePool(PoolOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = r.cotangent();
  Type narrow = getTensorType(op).getElementType();
  switch (op.getKind()) {
  case PoolKind::sum:
    return r.add(0, transposeWindowSum(b, op, dy));
  case PoolKind::average: {
    Value share = b.div(b.widen(dy), countElements(b, op));
    return r.add(0, b.convert(transposeWindowSum(b, op, share), narrow));
  }
  case PoolKind::max:
    return r.add(0, Maxima(b, op).add(dy));
  case PoolKind::lp: {
    Value share = dividePower(b, b.widen(dy), b.widen(op.getOutput()), op.getP());
    Value spread = transposeWindowSum(b, op, share);
    Value dx = b.mul(spread, signedPower(b, b.widen(op.getInput()), op.getP()));
    return r.add(0, b.convert(dx, narrow));
  }
  }
}

static void forwardMaxPool(MaxPoolWithIndexOp op, Forward &f) {
  f.set(0, Maxima(f.b, op).take(f.tangent(0)));
}

static void reverseMaxPool(MaxPoolWithIndexOp op, Reverse &r) {
  if (r.cotangent(0))
    r.add(0, Maxima(r.b, op).add(r.cotangent(0)));
}

//===----------------------------------------------------------------------===//
// resize
//===----------------------------------------------------------------------===//

/// How dimension `d` is resampled, as a matrix out × in: a resize of the identity.
static Value getResampling(TensorBuilder &b, ResizeOp op, int64_t d, Type element) {
  Size in = b.size(op.getInput(), d), out = b.size(op.getOutput(), d);
  SmallVector<Size> square{in, in};
  Value rows = b.iota(square, 0, b.getI64Type()), columns = b.iota(square, 1, b.getI64Type());
  Value identity = b.convert(b.compare(ComparisonDirection::eq, rows, columns), element);
  Value scales, roi;
  auto entry = [&](Value list, int64_t i) { return b.slice(list, 0, i, i + 1); };
  if (op.getScales()) {
    Value scale = entry(op.getScales(), d);
    scales = b.concat({scale, b.splatLike(1.0, scale)}, 0);
  }
  if (op.getRoi()) {
    int64_t rank = getTensorType(op.getInput()).getRank();
    Type type = getTensorType(op.getRoi()).getElementType();
    Value start = b.splat(b.scalar(0.0, type), {1}), end = b.splat(b.scalar(1.0, type), {1});
    roi = b.concat({entry(op.getRoi(), d), start, entry(op.getRoi(), rank + d), end}, 0);
  }
  auto type = RankedTensorType::get({out.known, in.known}, element);
  return ResizeOp::create(b, type, identity, b.shape({out, in}), scales, roi, op.getModeAttr(),
                          op.getCoordinateModeAttr(), op.getNearestModeAttr(),
                          op.getCubicCoefficientAttr(), b.getF64FloatAttr(0.0),
                          op.getExcludeOutsideAttr(), op.getAntialiasAttr());
}

/// Whether dimension `d` stays as it is.
static bool isUntouched(ResizeOp op, int64_t d) {
  RankedTensorType in = getTensorType(op.getInput()), out = getTensorType(op);
  if (in.isDynamicDim(d) || in.getDimSize(d) != out.getDimSize(d) ||
      op.getCoordinateMode() == CoordinateMode::tf_crop_and_resize ||
      op.getCoordinateMode() == CoordinateMode::tf_half_pixel_for_nn)
    return false;
  if (!op.getScales())
    return true;
  ElementsAttr scales = getConstantElements(op.getScales());
  return scales && scales.getValues<APFloat>()[d].isExactlyValue(1.0);
}

/// The op is linear but for a constant outside the operand; separable, so that its
/// transpose is a product with a matrix along each dimension.
static void forwardResize(ResizeOp op, Forward &f) {
  auto applied = cast<ResizeOp>(op->clone());
  applied.getInputMutable().assign(f.tangent(0));
  applied.setExtrapolationValueAttr(f.b.getF64FloatAttr(0.0));
  f.b.insert(applied);
  f.set(0, applied);
}

static void reverseResize(ResizeOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = b.widen(r.cotangent());
  int64_t rank = getTensorType(dy).getRank();
  for (int64_t d = 0; d < rank; ++d) {
    if (isUntouched(op, d))
      continue;
    Value matrix = getResampling(b, op, d, getTensorType(dy).getElementType());
    Value product = DotGeneralOp::create(b, dy, matrix, ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                                         ArrayRef<int64_t>{d}, ArrayRef<int64_t>{0});
    // The new dimension is the last.
    SmallVector<int64_t> order;
    for (int64_t e = 0; e < rank; ++e)
      order.push_back(e < d ? e : e == d ? rank - 1 : e - 1);
    dy = b.transpose(product, order);
  }
  r.add(0, b.convert(dy, getTensorType(op).getElementType()));
}

void autodiff::addWindowRules(RuleTable &table) {
  table.add<MaxPoolWithIndexOp>(forwardMaxPool, reverseMaxPool);
  table.add<PoolOp>(forwardPool, reversePool);
  table.add<ResizeOp>(forwardResize, reverseResize);
}
