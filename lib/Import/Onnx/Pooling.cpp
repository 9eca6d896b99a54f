//===- Pooling.cpp - pooling and regions of interest ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Sampling.h"
#include "Window.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

//===----------------------------------------------------------------------===//
// MaxPool, AveragePool, LpPool
//===----------------------------------------------------------------------===//

/// The lowest value of a type.
static Value lowest(NodeImporter &n, Type type) {
  if (isa<FloatType>(type))
    return n.scalar(type, -std::numeric_limits<double>::infinity());
  unsigned width = type.getIntOrFloatBitWidth();
  return n.scalarInt(type, type.isUnsignedInteger() ? 0 : llvm::minIntN(width));
}

static LogicalResult importAveragePool(NodeImporter &n) {
  Value x = n.input(0);
  std::optional<Window> w = readWindow(n, x);
  bool ceil = n.boolAttr("ceil_mode"), countPad = n.boolAttr("count_include_pad");
  if (!w || n.hasFailed())
    return failure();
  // Padding beforehand would make the padding count.
  if (!w->dynamicLow.empty() && !countPad)
    return n.emitError() << "auto_pad with strides needs known spatial sizes";
  x = applyDynamicPadding(n, x, *w);
  return n.result(n.infer<dl::PoolOp>(dl::PoolKind::average, x, w->kernel, w->strides, w->low,
                                      w->high, w->dilations, ceil, countPad));
}

static LogicalResult importLpPool(NodeImporter &n) {
  Value x = n.input(0);
  std::optional<Window> w = readWindow(n, x);
  bool ceil = n.boolAttr("ceil_mode");
  int64_t p = n.intAttr("p", 2);
  if (!w || n.hasFailed())
    return failure();
  x = applyDynamicPadding(n, x, *w);
  return n.result(n.infer<dl::PoolOp>(dl::PoolKind::lp, x, w->kernel, w->strides, w->low, w->high,
                                      w->dilations, ceil, false, p));
}

/// Positions in a channel's plane, row-major, as ONNX counts them: over the
/// whole tensor, column-major within a plane where `storage_order` is 1.
static Value globalIndices(NodeImporter &n, Value indices, Value x, bool columnMajor) {
  Type i64 = n.getBuilder().getI64Type();
  Expr index(n, indices);
  Sizes spatial(llvm::drop_begin(n.sizes(x), 2));
  if (columnMajor) {
    // Peel the coordinates off, last first, and weigh them the other way.
    Expr rest = index, result(n, n.splatLike(indices, 0.0));
    for (int64_t d = spatial.size() - 1; d >= 0; --d) {
      Expr size = sizeAs(n, spatial[d], i64);
      Expr coordinate = rest % size.get();
      Expr weight = sizeAs(n, n.product(ArrayRef(spatial).take_front(d)), i64);
      result = result + (coordinate * weight.get()).get();
      rest = rest / size.get();
    }
    index = result;
  }
  Sizes leading{n.size(x, 0), n.size(x, 1)};
  Expr plane(n, n.reshape(n.iota({n.mul(leading[0], leading[1])}, i64, 0), leading));
  Expr offset = plane * sizeAs(n, n.product(spatial), i64).get();
  if (!offset)
    return {};
  return index + offset.unsqueeze(dimRange(2, n.rankOf(x))).get();
}

static LogicalResult importMaxPool(NodeImporter &n) {
  Value x = n.input(0);
  std::optional<Window> w = readWindow(n, x);
  bool ceil = n.boolAttr("ceil_mode");
  int64_t order = n.intAttr("storage_order", 0);
  if (!w || n.hasFailed())
    return failure();
  if (!n.hasOutput(1)) {
    x = applyDynamicPadding(n, x, *w, lowest(n, n.elementTypeOf(x)));
    return n.results({n.infer<dl::PoolOp>(dl::PoolKind::max, x, w->kernel, w->strides, w->low,
                                          w->high, w->dilations, ceil)});
  }
  if (!w->dynamicLow.empty())
    return n.emitError() << "auto_pad with strides and Indices needs known spatial sizes";
  auto results = n.inferMulti<dl::MaxPoolWithIndexOp>(x, w->kernel, w->strides, w->low, w->high,
                                                      w->dilations, ceil);
  if (results.empty())
    return failure();
  return n.results({results[0], globalIndices(n, results[1], x, order == 1)});
}

//===----------------------------------------------------------------------===//
// Global pooling
//===----------------------------------------------------------------------===//

static LogicalResult importGlobalPool(NodeImporter &n, dl::ReductionKind kind) {
  Value x = n.input(0);
  if (!x || !n.requireRank(x, 3, INT64_MAX, "X"))
    return failure();
  return n.result(n.reduce(kind, x, dimRange(2, n.rankOf(x)), /*keepDims=*/true));
}
static LogicalResult importGlobalAveragePool(NodeImporter &n) {
  return importGlobalPool(n, dl::ReductionKind::mean);
}
static LogicalResult importGlobalMaxPool(NodeImporter &n) {
  return importGlobalPool(n, dl::ReductionKind::max);
}

static LogicalResult importGlobalLpPool(NodeImporter &n) {
  Value x = n.input(0);
  int64_t p = n.intAttr("p", 2);
  if (!x || !n.requireRank(x, 3, INT64_MAX, "X"))
    return failure();
  if (p < 1)
    return n.emitError() << "p must be positive but is " << p;
  Expr sum = Expr(n, x).abs().pow(double(p)).sum(dimRange(2, n.rankOf(x)));
  return n.result(sum.pow(1.0 / p));
}

//===----------------------------------------------------------------------===//
// MaxUnpool
//===----------------------------------------------------------------------===//

/// Puts each maximum back where it came from; zero elsewhere.
static LogicalResult importMaxUnpool(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1);
  std::optional<Window> w = readWindow(n, x);
  if (!w || !indices)
    return failure();
  Sizes sizes{n.size(x, 0), n.size(x, 1)};
  for (int64_t d = 0; d < w->rank(); ++d)
    sizes.push_back(n.sub(n.add(n.mul(n.sub(n.size(x, d + 2), 1), w->strides[d]), w->kernel[d]),
                          w->low[d] + w->high[d]));
  Type element = n.elementTypeOf(x);
  Value zeros = n.broadcastTo(n.scalar(element, 0), {n.product(sizes)});
  Size count = n.product(n.sizes(x));
  Value y = n.infer<dl::ScatterOp>(zeros, n.reshape(indices, {count, Size(1)}),
                                   n.reshape(x, {count}), /*update_window_dims=*/ArrayRef<int64_t>{},
                                   /*inserted_window_dims=*/ArrayRef<int64_t>{0},
                                   ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                                   /*scatter_dims_to_operand_dims=*/ArrayRef<int64_t>{0},
                                   /*index_vector_dim=*/1);
  y = y ? n.reshape(y, sizes) : y;
  if (!y || !n.hasInput(2))
    return n.result(y);
  // A larger shape that is asked for gets zeros at the ends.
  auto wanted = n.entries(n.input(2), "output_shape");
  if (!wanted)
    return failure();
  if (wanted->size() != sizes.size())
    return n.emitError() << "output_shape has " << wanted->size() << " entries for rank "
                         << sizes.size();
  Sizes low(sizes.size(), Size(0)), high;
  for (auto [want, have] : llvm::zip(*wanted, sizes))
    high.push_back(n.sub(want, have));
  return n.result(n.padConstant(y, low, high));
}

//===----------------------------------------------------------------------===//
// MaxRoiPool, RoiAlign
//===----------------------------------------------------------------------===//

/// Column `i` of a matrix, as a vector.
static Expr column(NodeImporter &n, Value matrix, int64_t i) {
  return {n, n.squeeze(n.sliceAxis(matrix, 1, Size(i), Size(1)), {1})};
}

/// Whether position p of a dimension lies in bin b of region r: R, bins, size.
static Expr binMask(NodeImporter &n, Expr start, Expr end, int64_t bins, Size size) {
  Type type = n.elementTypeOf(start);
  Expr extent = (end - start + 1.0).max(1.0);
  Expr step = (extent / double(bins)).unsqueeze({1});
  Expr bin(n, n.iota({Size(bins)}, type, 0));
  Expr from = (bin * step).floor() + start.unsqueeze({1}).get();
  Expr to = ((bin + 1.0) * step).ceil() + start.unsqueeze({1}).get();
  Expr position(n, n.iota({size}, type, 0));
  return (position >= from.unsqueeze({2}).get()) & (position < to.unsqueeze({2}).get()).get();
}

static LogicalResult importMaxRoiPool(NodeImporter &n) {
  Value x = n.input(0), rois = n.input(1);
  auto pooled = n.requiredInts("pooled_shape");
  double scale = n.floatAttr("spatial_scale", 1.0);
  if (!x || !rois || n.hasFailed() || !n.requireRank(x, 4, 4, "X") ||
      !n.requireRank(rois, 2, 2, "rois"))
    return failure();
  if (pooled.size() != 2 || pooled[0] < 1 || pooled[1] < 1)
    return n.emitError() << "pooled_shape needs two positive entries";
  // Rounds half away from zero, as C's round does.
  auto edge = [&](int64_t i) { return (column(n, rois, i) * scale + 0.5).floor(); };
  Expr batch = column(n, rois, 0).to(n.getBuilder().getI64Type());
  Expr images(n, n.take(x, batch, 0));
  Expr rows = binMask(n, edge(2), edge(4), pooled[0], n.size(x, 2));
  Expr columns = binMask(n, edge(1), edge(3), pooled[1], n.size(x, 3));
  Value none = lowest(n, n.elementTypeOf(x));
  if (!rows || !columns || !images)
    return failure();
  // R,C,H,W → R,C,PH,W → R,C,PH,PW
  Expr byRow = rows.unsqueeze({1, 4}).select(images.unsqueeze({2}), none).maximum({3}, false);
  Expr y = columns.unsqueeze({1, 2}).select(byRow.unsqueeze({3}), none).maximum({4}, false);
  return n.result(y.eq(none).select(n.scalar(n.elementTypeOf(x), 0), y));
}

namespace {
/// One dimension's sample points: the pixels on both sides and how far between.
struct Samples {
  Expr low, high, fraction, valid;
};
} // namespace

/// The samples `position` (any shape) in a dimension of `size` elements.
static Samples interpolate(NodeImporter &n, Expr position, Size size) {
  Type type = n.elementTypeOf(position), i64 = n.getBuilder().getI64Type();
  Expr limit = sizeAs(n, size, type);
  Expr valid = (position >= -1.0) & (position <= limit.get()).get();
  Expr inside = position.max(0.0).min((limit - 1.0).get());
  Expr low = inside.floor();
  Expr high = (low + 1.0).min((limit - 1.0).get());
  return {low.to(i64), high.to(i64), inside - low.get(), valid};
}

namespace {
/// RoiAlign's sample points in one dimension, R, bins, samples, and which of
/// them count, R, samples.
struct RoiAxis {
  Expr position, counts;
};
} // namespace

/// `perBin` samples in each bin; where it is 0, ⌈extent / bins⌉ of each region.
static RoiAxis roiAxis(NodeImporter &n, Expr start, Expr extent, int64_t bins, int64_t perBin) {
  Type type = n.elementTypeOf(start), i64 = n.getBuilder().getI64Type();
  Expr width = extent / double(bins);
  Size samples = perBin;
  Expr number(n, n.splatLike(start, double(perBin)));
  if (perBin == 0) {
    number = width.ceil();
    // As many as the largest region needs; the others leave some out.
    samples = Size(number.maximum({0}, false).to(i64).max(1.0).get());
  }
  Expr sample(n, n.iota({samples}, type, 0));
  Expr bin = Expr(n, n.iota({Size(bins)}, type, 0)).unsqueeze({0, 2});
  Expr within = (sample + 0.5) / number.unsqueeze({1}).get();
  Expr position = start.unsqueeze({1, 2}) +
                  (width.unsqueeze({1, 2}) * (bin + within.unsqueeze({1}).get()).get()).get();
  return {position, sample < number.unsqueeze({1}).get()};
}

static LogicalResult importRoiAlign(NodeImporter &n) {
  Value x = n.input(0), rois = n.input(1), batch = n.input(2);
  int64_t height = n.intAttr("output_height", 1), width = n.intAttr("output_width", 1),
          ratio = n.intAttr("sampling_ratio", 0);
  double scale = n.floatAttr("spatial_scale", 1.0);
  std::string mode = n.stringAttr("mode", "avg");
  std::string transform = n.opset() < 16
                              ? "output_half_pixel"
                              : n.stringAttr("coordinate_transformation_mode", "half_pixel");
  if (!x || !rois || !batch || n.hasFailed() || !n.requireRank(x, 4, 4, "X") ||
      !n.requireRank(rois, 2, 2, "rois"))
    return failure();
  if (height < 1 || width < 1 || ratio < 0)
    return n.emitError() << "output_height and output_width must be positive, sampling_ratio "
                            "not negative";
  if (mode != "avg" && mode != "max")
    return n.emitError() << "mode has the unknown value \"" << mode << "\"";
  bool half = transform == "half_pixel";
  if (!half && transform != "output_half_pixel")
    return n.emitError() << "coordinate_transformation_mode has the unknown value \"" << transform
                         << "\"";
  Type element = n.elementTypeOf(x), type = n.elementTypeOf(rois);
  auto edge = [&](int64_t i) { return column(n, rois, i) * scale - (half ? 0.5 : 0.0); };
  auto axis = [&](int64_t from, int64_t bins) {
    Expr extent = edge(from + 2) - edge(from);
    return roiAxis(n, edge(from), half ? extent : extent.max(1.0), bins, ratio);
  };
  RoiAxis rows = axis(1, height), columns = axis(0, width);
  if (!rows.position || !columns.position)
    return failure();
  // All samples: R, height, y samples, width, x samples.
  Samples y = interpolate(n, rows.position.unsqueeze({3, 4}), n.size(x, 2));
  Samples w = interpolate(n, columns.position.unsqueeze({1, 2}), n.size(x, 3));
  Expr counts = rows.counts.unsqueeze({1, 3, 4}) & columns.counts.unsqueeze({1, 2, 3}).get();
  Expr valid = y.valid & w.valid.get();
  Expr b = Expr(n, n.convert(batch, n.getBuilder().getI64Type())).unsqueeze({1, 2, 3, 4});
  auto corner = [&](Expr py, Expr px, Expr wy, Expr wx) {
    Expr weight = valid.select(wy * wx.get(), 0.0).to(element);
    return Expr(n, pickPixels(n, x, b, py, px)) * weight.unsqueeze({5}).get();
  };
  Expr ny = -y.fraction + 1.0, nx = -w.fraction + 1.0;
  Expr corners[] = {corner(y.low, w.low, ny, nx), corner(y.low, w.high, ny, w.fraction),
                    corner(y.high, w.low, y.fraction, nx),
                    corner(y.high, w.high, y.fraction, w.fraction)};
  Expr result(n, {});
  if (mode == "avg") {
    Expr number = counts.to(type).sum({2, 4}).max(1.0).to(element);
    Expr sum = corners[0] + corners[1].get() + corners[2].get() + corners[3].get();
    sum = counts.unsqueeze({5}).select(sum, 0.0).sum({2, 4}, false);
    result = sum / number.squeeze({2, 4}).unsqueeze({3}).get();
  } else {
    Expr most = corners[0].max(corners[1].get()).max(corners[2].get()).max(corners[3].get());
    result = counts.unsqueeze({5}).select(most, lowest(n, element)).maximum({2, 4}, false);
  }
  return n.result(result.transpose({0, 3, 1, 2}));
}

void dlc::onnx::registerPoolingOps(OpTable &table) {
  table.add("AveragePool", 1, 1, importAveragePool);
  table.add("GlobalAveragePool", 1, 1, importGlobalAveragePool);
  table.add("GlobalLpPool", 1, 1, importGlobalLpPool);
  table.add("GlobalMaxPool", 1, 1, importGlobalMaxPool);
  table.add("LpPool", 1, 1, importLpPool);
  table.add("MaxPool", 1, 1, importMaxPool);
  table.add("MaxRoiPool", 1, 2, importMaxRoiPool);
  table.add("MaxUnpool", 9, {2, 3}, importMaxUnpool);
  table.add("RoiAlign", 10, 3, importRoiAlign);
}
