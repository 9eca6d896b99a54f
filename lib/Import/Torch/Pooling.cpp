//===- Pooling.cpp - ATen's pooling ---------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "NodeImporter.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// The number before the "d" of "aten.max_pool2d.default".
static int64_t spatialRank(NodeImporter &n) {
  StringRef name = n.getTarget().split('.').second;
  return name[name.find_if(llvm::isDigit)] - '0';
}

/// N,C,spatial: leading dimensions that the operand lacks are put in.
static Value withBatch(NodeImporter &n, Value x, int64_t rank) {
  if (!x || !n.requireRank(x, rank + 1, rank + 2, "self"))
    return {};
  return n.rankOf(x) == rank + 1 ? n.unsqueeze(x, {0}) : x;
}

/// Drops the dimension that withBatch put in.
static Value withoutBatch(NodeImporter &n, Value y, Value self) {
  return y && n.rankOf(y) > n.rankOf(self) ? n.squeeze(y, {0}) : y;
}

//===----------------------------------------------------------------------===//
// Windows of one size
//===----------------------------------------------------------------------===//

namespace {
struct Window {
  SmallVector<int64_t> size, strides, padding, dilations;
  bool ceil = false;
};
} // namespace

/// Without strides windows lie side by side.
static Window readWindow(NodeImporter &n, int64_t rank, bool isDilated) {
  Window w;
  w.size = n.integers("kernel_size", rank);
  w.strides = n.integers("stride").empty() ? w.size : n.integers("stride", rank);
  w.padding = n.integers("padding", rank);
  w.dilations.assign(rank, 1);
  if (isDilated)
    w.dilations = n.integers("dilation", rank);
  w.ceil = n.boolean("ceil_mode");
  return w;
}

static LogicalResult importMaxPool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  Window w = readWindow(n, rank, /*isDilated=*/true);
  Value self = n.tensor("self"), x = withBatch(n, self, rank);
  if (!x || n.hasFailed())
    return failure();
  if (!n.hasResult(1)) {
    Value y = n.infer<dl::PoolOp>(dl::PoolKind::max, x, w.size, w.strides, w.padding, w.padding,
                                  w.dilations, w.ceil);
    return n.results({withoutBatch(n, y, self), Value()});
  }
  auto both = n.inferMulti<dl::MaxPoolWithIndexOp>(x, w.size, w.strides, w.padding, w.padding,
                                                   w.dilations, w.ceil);
  if (both.empty())
    return failure();
  return n.results({withoutBatch(n, both[0], self), withoutBatch(n, both[1], self)});
}

static LogicalResult importAveragePool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  Window w = readWindow(n, rank, /*isDilated=*/false);
  bool countsPadding = n.boolean("count_include_pad");
  std::optional<int64_t> divisor = n.optionalInteger("divisor_override");
  Value self = n.tensor("self"), x = withBatch(n, self, rank);
  if (!x || n.hasFailed())
    return failure();
  Expr y(n, n.infer<dl::PoolOp>(divisor ? dl::PoolKind::sum : dl::PoolKind::average, x, w.size,
                                w.strides, w.padding, w.padding, w.dilations, w.ceil,
                                !divisor && countsPadding));
  if (divisor)
    y = y / double(*divisor);
  return n.result(withoutBatch(n, y, self));
}

//===----------------------------------------------------------------------===//
// Windows that fit the result's size
//===----------------------------------------------------------------------===//

namespace {
/// Where the windows of one dimension begin and end: vectors of i64. Window i
/// of n reaches from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉.
struct AdaptiveWindows {
  Expr begin, end;
};
} // namespace

static AdaptiveWindows adaptiveWindows(NodeImporter &n, Size size, Size count) {
  Type i64 = n.getBuilder().getI64Type();
  Expr at(n, n.iota({count}, i64, 0)), in = sizeAs(n, size, i64), out = sizeAs(n, count, i64);
  Expr next = (at + 1.0) * in.get();
  return {at * in.get() / out.get(), (next + (out - 1.0).get()) / out.get()};
}

/// The one window of all dimensions, where the sizes are known and divide;
/// empty else.
static SmallVector<int64_t> commonWindow(NodeImporter &n, Value x, ArrayRef<Size> wanted) {
  SmallVector<int64_t> window;
  for (auto [d, out] : llvm::enumerate(wanted)) {
    int64_t in = n.shapeOf(x)[d + 2];
    if (ShapedType::isDynamic(in) || !out.isStatic() || out.getStatic() < 1 || in < 1 ||
        in % out.getStatic())
      return {};
    window.push_back(in / out.getStatic());
  }
  return window;
}

/// The sizes that are asked for, one for each spatial dimension.
static Sizes adaptiveSizes(NodeImporter &n, int64_t rank) {
  Sizes wanted = n.symbolics("output_size");
  if (wanted.size() == 1)
    wanted.assign(rank, Size(wanted.front()));
  if (int64_t(wanted.size()) != rank && !n.hasFailed())
    n.emitError() << "output_size has " << wanted.size() << " entries where there are " << rank
                  << " spatial dimensions";
  return wanted;
}

static LogicalResult importAdaptiveAveragePool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  Sizes wanted = adaptiveSizes(n, rank);
  Value self = n.tensor("self"), x = withBatch(n, self, rank);
  if (!x || n.hasFailed())
    return failure();
  if (llvm::all_of(wanted, [](const Size &size) { return size.is(1); }))
    return n.result(withoutBatch(
        n, n.reduce(dl::ReductionKind::mean, x, dimRange(2, rank + 2), true), self));
  SmallVector<int64_t> window = commonWindow(n, x, wanted), zeros(rank, 0), ones(rank, 1);
  if (!window.empty())
    return n.result(withoutBatch(n,
                                 n.infer<dl::PoolOp>(dl::PoolKind::average, x, window, window,
                                                     zeros, zeros, ones),
                                 self));
  // A mean over a box is the mean of means, one dimension after the other.
  Type i64 = n.getBuilder().getI64Type();
  Expr y(n, x);
  for (int64_t d = 0; d < rank && y; ++d) {
    int64_t axis = d + 2;
    Size size = n.size(y, axis);
    AdaptiveWindows w = adaptiveWindows(n, size, wanted[d]);
    // out, in, then the dimensions behind as ones.
    SmallVector<int64_t> behind = dimRange(2, 2 + rank - 1 - d), added{1};
    added.append(behind);
    Expr at = Expr(n, n.iota({size}, i64, 0)).unsqueeze({0});
    Expr isIn = (at >= w.begin.unsqueeze({1}).get()) & (at < w.end.unsqueeze({1}).get()).get();
    Expr sum = isIn.unsqueeze(behind)
                   .select(y.unsqueeze({axis}), n.scalar(n.elementTypeOf(y), 0))
                   .sum({axis + 1}, /*keepDims=*/false);
    Expr count = (w.end - w.begin.get()).to(n.elementTypeOf(y));
    y = sum / count.unsqueeze(dimRange(1, rank - d)).get();
  }
  return n.result(withoutBatch(n, y, self));
}

/// N,C,in… → N,C,out,window,…: the elements of the windows of one dimension,
/// the last one repeated in windows that are shorter than the longest.
static Expr gatherWindows(NodeImporter &n, Expr x, int64_t axis, Size size, Size count,
                          Expr &positions) {
  Type i64 = n.getBuilder().getI64Type();
  AdaptiveWindows w = adaptiveWindows(n, size, count);
  Size longest = n.add(n.ceilDiv(size, count), 1);
  Expr offset = Expr(n, n.iota({longest}, i64, 0)).unsqueeze({0});
  positions = (w.begin.unsqueeze({1}) + offset.get()).min((w.end.unsqueeze({1}) - 1.0).get());
  return {n, n.take(x, positions, axis, /*wrapNegative=*/false)};
}

static LogicalResult importAdaptiveMaxPool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  Sizes wanted = adaptiveSizes(n, rank);
  Value self = n.tensor("self"), x = withBatch(n, self, rank);
  if (!x || n.hasFailed())
    return failure();
  SmallVector<int64_t> window = commonWindow(n, x, wanted), zeros(rank, 0), ones(rank, 1);
  if (!window.empty()) {
    auto both = n.inferMulti<dl::MaxPoolWithIndexOp>(x, window, window, zeros, zeros, ones);
    if (both.empty())
      return failure();
    return n.results({withoutBatch(n, both[0], self), withoutBatch(n, both[1], self)});
  }
  Type i64 = n.getBuilder().getI64Type();
  Sizes sizes = n.sizes(x);
  Expr windows(n, x), place(n, n.scalarInt(i64, 0));
  for (int64_t d = 0; d < rank && windows; ++d) {
    Expr positions(n, {});
    windows = gatherWindows(n, windows, 2 + 2 * d, sizes[d + 2], wanted[d], positions);
    if (!positions)
      return failure();
    // Where the element lies in the channel's plane, row-major: out,window,…
    Expr weighed = positions * sizeAs(n, n.product(ArrayRef(sizes).drop_front(d + 3)), i64).get();
    place = place.unsqueeze(dimRange(2 * d, 2 * d + 2)) + weighed.get();
  }
  if (!windows || !place)
    return failure();
  // out…, then all of a window.
  SmallVector<int64_t> order;
  for (int64_t d = 0; d < rank; ++d)
    order.push_back(2 * d);
  for (int64_t d = 0; d < rank; ++d)
    order.push_back(2 * d + 1);
  SmallVector<int64_t> valueOrder{0, 1};
  for (int64_t d : order)
    valueOrder.push_back(d + 2);
  Value values = n.collapse(windows.transpose(valueOrder), 2 + rank, 2 + 2 * rank);
  Value places = n.collapse(place.transpose(order), rank, 2 * rank);
  if (!values || !places)
    return failure();
  auto shape = llvm::to_vector(n.shapeOf(values));
  shape.back() = 1;
  Expr best(n, n.create<dl::ArgReduceOp>(n.tensorType(shape, i64), dl::ArgReduceKind::max, values,
                                         2 + rank, false, /*keep_dims=*/true));
  Expr isBest = best.eq(n.iota({n.size(values, 2 + rank)}, i64, 0));
  Expr y(n, frontend::pickElements(n, values, best, 2 + rank));
  y = y.squeeze({2 + rank});
  Expr index = isBest.select(places, 0.0).sum({2 + rank}, false);
  return n.results({withoutBatch(n, y, self), withoutBatch(n, index, self)});
}

//===----------------------------------------------------------------------===//
// Windows at fractional places
//===----------------------------------------------------------------------===//

/// Where a dimension's windows read: planes,out,window. Window i of `out` starts at
/// ⌊(i + u) · α⌋ - ⌊u · α⌋ with α = (in - window) / (out - 1), the last one at the end;
/// u is the plane's sample (planes,1).
static Expr fractionalPlaces(NodeImporter &n, Expr sample, Size in, int64_t out, int64_t window) {
  Type type = n.elementTypeOf(sample), i64 = n.getBuilder().getI64Type();
  Expr last = sizeAs(n, in, i64) - double(window);
  Expr alpha = last.to(type) / double(std::max<int64_t>(out - 1, 1));
  Expr number(n, n.iota({Size(1), Size(out)}, type, 1));
  Expr start = ((number + sample.get()) * alpha.get()).to(i64);
  start = start - (sample * alpha.get()).to(i64).get();
  start = number.eq(double(out - 1)).select(last, start);
  return start.unsqueeze({2}) + n.iota({Size(window)}, i64, 0);
}

static LogicalResult importFractionalMaxPool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  SmallVector<int64_t> window = n.integers("kernel_size", rank);
  SmallVector<int64_t> out = n.integers("output_size", rank);
  Value self = n.tensor("self"), samples = n.tensor("random_samples");
  if (!self || !samples || n.hasFailed() || !n.requireRank(self, rank + 1, rank + 2, "self") ||
      !n.requireRank(samples, 3, 3, "random_samples"))
    return failure();
  Type type = computationType(n.elementTypeOf(self)), i64 = n.getBuilder().getI64Type();
  Sizes sizes = n.sizes(self), outer(ArrayRef(sizes).drop_back(rank));
  ArrayRef<Size> in = ArrayRef(sizes).take_back(rank);
  Size planes = n.product(outer);
  Expr sample = Expr(n, samples).to(type).reshape({planes, Size(rank)});
  Expr place(n, n.scalarInt(i64, 0)); // planes,out…,window…
  int64_t windows = 1, taps = 1;
  for (int64_t d = 0; d < rank && sample; ++d) {
    if (window[d] < 1 || out[d] < 1)
      return n.emitError() << "its windows or its result have no elements";
    n.require(dl::ComparisonDirection::le, n.add(Size(window[d]), out[d] - 1), in[d],
              "its windows don't fit the dimension");
    // The samples of an image are those of its width, then of its height.
    int64_t which = rank == 2 ? 1 - d : d;
    Expr own(n, n.sliceAxis(sample, 1, Size(which), Size(1)));
    Expr places = own ? fractionalPlaces(n, own, in[d], out[d], window[d]) : Expr(n, {});
    if (!places)
      return failure();
    Sizes wide(1 + 2 * rank, Size(1));
    wide[0] = planes;
    wide[1 + d] = Size(out[d]);
    wide[1 + rank + d] = Size(window[d]);
    place = place * sizeAs(n, in[d], i64).get() + places.reshape(wide).get();
    windows *= out[d];
    taps *= window[d];
  }
  Expr flat = Expr(n, n.reshape(self, {planes, n.product(in)}));
  Expr reads = place.reshape({planes, Size(windows * taps)});
  if (n.hasFailed() || !flat || !reads)
    return failure();
  Expr values(n, frontend::gatherElements(n, flat, reads, 1));
  values = values.reshape({planes, Size(windows), Size(taps)});
  outer.append(out.begin(), out.end());
  if (!values)
    return failure();
  SmallVector<int64_t> shape(n.shapeOf(values));
  shape.back() = 1;
  Value best = n.create<dl::ArgReduceOp>(n.tensorType(shape, i64), dl::ArgReduceKind::max, values,
                                         2, false, /*keep_dims=*/true);
  Value y = Expr(n, frontend::pickElements(n, values, best, 2)).reshape(outer), index;
  if (y && n.hasResult(1)) {
    Expr places = reads.reshape({planes, Size(windows), Size(taps)});
    index = Expr(n, frontend::pickElements(n, places, best, 2)).reshape(outer);
  }
  return n.results({y, index});
}

//===----------------------------------------------------------------------===//
// Unpooling
//===----------------------------------------------------------------------===//

/// Puts each maximum back where it came from; zero elsewhere. An index counts
/// the elements of its own channel's plane.
static LogicalResult importMaxUnpool(NodeImporter &n) {
  int64_t rank = spatialRank(n);
  n.ignore({"stride", "padding"}); // output_size says it all
  Value self = n.tensor("self"), indices = n.tensor("indices");
  Sizes wanted = n.symbolics("output_size");
  if (!self || !indices || n.hasFailed() || !n.requireRank(self, rank + 1, rank + 2, "self"))
    return failure();
  Type element = n.elementTypeOf(self), i64 = n.getBuilder().getI64Type();
  Sizes sizes = n.sizes(self);
  Size planes = n.product(ArrayRef(sizes).drop_back(rank)), plane = n.product(wanted),
       count = n.product(ArrayRef(sizes).take_back(rank));
  Expr index = Expr(n, indices).to(i64).reshape({planes, count});
  Value zeros = n.broadcastTo(n.scalar(element, 0), {planes, plane});
  Value y = frontend::scatterElements(n, zeros, index, n.reshape(self, {planes, count}), 1,
                                      dl::ScatterKind::replace);
  Sizes result(ArrayRef(sizes).drop_back(rank));
  result.append(wanted);
  return n.result(y ? n.reshape(y, result) : y);
}

void torch::registerPoolingOps(OpTable &t) {
  t.add({"aten.max_pool1d.default", "aten.max_pool2d.default", "aten.max_pool3d.default",
         "aten.max_pool1d_with_indices.default", "aten.max_pool2d_with_indices.default",
         "aten.max_pool3d_with_indices.default"},
        importMaxPool);
  t.add({"aten.avg_pool1d.default", "aten.avg_pool2d.default", "aten.avg_pool3d.default"},
        importAveragePool);
  t.add({"aten.adaptive_avg_pool1d.default", "aten.adaptive_avg_pool2d.default",
         "aten.adaptive_avg_pool3d.default", "aten._adaptive_avg_pool2d.default",
         "aten._adaptive_avg_pool3d.default"},
        importAdaptiveAveragePool);
  t.add({"aten.adaptive_max_pool1d.default", "aten.adaptive_max_pool2d.default",
         "aten.adaptive_max_pool3d.default"},
        importAdaptiveMaxPool);
  t.add({"aten.fractional_max_pool2d.default", "aten.fractional_max_pool3d.default"},
        importFractionalMaxPool);
  t.add({"aten.max_unpool2d.default", "aten.max_unpool3d.default"}, importMaxUnpool);
}
