//===- Resize.cpp - Resize, Upsample, GridSample, AffineGrid --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"
#include "Linear.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

namespace {
struct ResizeMethod {
  dl::ResizeMode mode = dl::ResizeMode::nearest;
  dl::CoordinateMode coordinates = dl::CoordinateMode::half_pixel;
  dl::NearestMode nearest = dl::NearestMode::round_prefer_floor;
  double cubic = -0.75, extrapolation = 0;
  bool excludeOutside = false, antialias = false;
};
} // namespace

/// An attribute that names a case of an enum.
template <typename Enum>
static std::optional<Enum> enumAttr(NodeImporter &n, StringRef name, StringRef fallback,
                                    std::optional<Enum> (*symbolize)(StringRef)) {
  std::string value = n.stringAttr(name, fallback);
  auto symbol = symbolize(value);
  if (!symbol)
    n.emitError() << name << " has the unknown value \"" << value << "\"";
  return symbol;
}

static std::optional<ResizeMethod> readMethod(NodeImporter &n) {
  ResizeMethod m;
  auto mode = enumAttr<dl::ResizeMode>(n, "mode", "nearest", dl::symbolizeResizeMode);
  auto coordinates = enumAttr<dl::CoordinateMode>(n, "coordinate_transformation_mode",
                                                  "half_pixel", dl::symbolizeCoordinateMode);
  auto nearest = enumAttr<dl::NearestMode>(n, "nearest_mode", "round_prefer_floor",
                                           dl::symbolizeNearestMode);
  m.cubic = n.floatAttr("cubic_coeff_a", -0.75);
  m.extrapolation = n.floatAttr("extrapolation_value", 0);
  m.excludeOutside = n.boolAttr("exclude_outside");
  m.antialias = n.boolAttr("antialias");
  if (!mode || !coordinates || !nearest || n.hasFailed())
    return std::nullopt;
  m.mode = *mode;
  m.coordinates = *coordinates;
  m.nearest = *nearest;
  return m;
}

static LogicalResult createResize(NodeImporter &n, Value x, const Sizes &sizes, Value scales,
                                  Value roi, const ResizeMethod &m) {
  auto f64 = [&](double value) { return APFloat(value); };
  return n.result(n.create<dl::ResizeOp>(n.tensorType(sizes, n.elementTypeOf(x)), x,
                                         n.shapeOperand(sizes), scales, roi, m.mode,
                                         m.coordinates, m.nearest, f64(m.cubic),
                                         f64(m.extrapolation), m.excludeOutside, m.antialias));
}

/// A float vector over `axes` as one over all dimensions, `fill` elsewhere.
static Value overAllDimensions(NodeImporter &n, Value values, ArrayRef<int64_t> axes,
                               int64_t rank, double fill) {
  if (!values || int64_t(axes.size()) == rank)
    if (axes.empty() || llvm::is_sorted(axes))
      return values;
  Type element = n.elementTypeOf(values);
  Value rest = n.broadcastTo(n.scalar(element, fill), {Size(1)});
  SmallVector<Value> parts;
  for (int64_t d = 0; d < rank; ++d) {
    const int64_t *place = llvm::find(axes, d);
    parts.push_back(place == axes.end()
                        ? rest
                        : n.sliceAxis(values, 0, Size(place - axes.begin()), Size(1)));
  }
  return n.concat(parts, 0);
}

/// ⌊size · scale⌋ per dimension; `scales` is f32, one per dimension.
static std::optional<Sizes> scaledSizes(NodeImporter &n, Value x, Value scales) {
  if (!scales)
    return std::nullopt;
  int64_t rank = n.rankOf(x);
  if (!n.requireRank(scales, 1, 1, "scales"))
    return std::nullopt;
  if (n.shapeOf(scales)[0] != rank) {
    n.emitError() << "scales has " << n.shapeOf(scales)[0] << " entries where there are " << rank
                  << " dimensions";
    return std::nullopt;
  }
  auto known = n.constantFloats(scales);
  Sizes sizes;
  for (int64_t d = 0; d < rank; ++d) {
    Size size = n.size(x, d);
    if (known && (*known)[d] == 1.0) {
      sizes.push_back(size);
      continue;
    }
    if (known && !((*known)[d] > 0)) {
      n.emitError() << "scales must be positive";
      return std::nullopt;
    }
    if (known && size.isStatic()) {
      sizes.push_back(int64_t(std::floor(float(size.getStatic()) * float((*known)[d]))));
      continue;
    }
    Expr scale(n, n.squeeze(n.sliceAxis(scales, 0, Size(d), Size(1)), {0}));
    Expr scaled = (sizeAs(n, size, n.elementTypeOf(scales)) * scale.get()).floor();
    sizes.push_back(Size(scaled.to(n.getBuilder().getI64Type()).get()));
  }
  return sizes;
}

/// keep_aspect_ratio_policy: one scale for all axes, the smallest or largest of
/// size/input; each size is the rounded product.
static LogicalResult keepAspectRatio(NodeImporter &n, Value x, ArrayRef<int64_t> axes,
                                     bool smallest, Sizes &sizes, Value &scales) {
  Type f32 = n.getBuilder().getF32Type(), i64 = n.getBuilder().getI64Type();
  Expr scale(n, {});
  for (int64_t d : axes) {
    Expr ratio = sizeAs(n, sizes[d], f32) / sizeAs(n, n.size(x, d), f32).get();
    scale = !scale ? ratio : smallest ? scale.min(ratio.get()) : scale.max(ratio.get());
  }
  if (!scale)
    return failure();
  for (int64_t d : axes) {
    Expr rounded = (sizeAs(n, n.size(x, d), f32) * scale.get() + 0.5).floor().to(i64);
    if (!rounded)
      return failure();
    auto known = n.constantInt(rounded);
    sizes[d] = known ? Size(*known) : Size(rounded.get());
  }
  SmallVector<Value> parts(n.rankOf(x), n.broadcastTo(n.scalar(f32, 1), {Size(1)}));
  for (int64_t d : axes)
    parts[d] = scale.unsqueeze({0});
  scales = n.concat(parts, 0);
  return success();
}

static LogicalResult importResize(NodeImporter &n) {
  Value x = n.input(0);
  if (!x)
    return failure();
  int64_t rank = n.rankOf(x);
  if (n.opset() < 11) { // scales only, ⌊i / scale⌋
    ResizeMethod m;
    auto mode = enumAttr<dl::ResizeMode>(n, "mode", "nearest", dl::symbolizeResizeMode);
    Value scales = n.input(1);
    auto sizes = scaledSizes(n, x, scales);
    if (!mode || !sizes)
      return failure();
    m.mode = *mode;
    m.coordinates = dl::CoordinateMode::asymmetric;
    m.nearest = dl::NearestMode::floor;
    return createResize(n, x, *sizes, scales, {}, m);
  }
  auto method = readMethod(n);
  auto axes = n.normalizeAxes(n.intsAttr("axes", dimRange(0, rank)), rank);
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (!method || !axes)
    return failure();
  auto isEmpty = [&](Value v) { return v && n.rankOf(v) == 1 && n.shapeOf(v)[0] == 0; };
  Value roi = n.input(1), scales = n.input(2), wanted = n.input(3);
  if (n.hasFailed())
    return failure();
  if (isEmpty(scales))
    scales = {};
  if (isEmpty(wanted))
    wanted = {};
  bool crops = method->coordinates == dl::CoordinateMode::tf_crop_and_resize;
  if (!crops || isEmpty(roi))
    roi = {};
  if (crops && !roi)
    return n.emitError() << "tf_crop_and_resize needs the input roi";
  if (roi) {
    int64_t count = axes->size();
    if (!n.requireRank(roi, 1, 1, "roi") || n.shapeOf(roi)[0] != 2 * count)
      return n.emitError() << "roi needs a start and an end for each axis";
    Value starts = n.sliceAxis(roi, 0, Size(0), Size(count));
    Value ends = n.sliceAxis(roi, 0, Size(count), Size(count));
    roi = n.concat({overAllDimensions(n, starts, *axes, rank, 0),
                    overAllDimensions(n, ends, *axes, rank, 1)},
                   0);
  }
  if (bool(scales) == bool(wanted))
    return n.emitError() << "needs one of the inputs scales and sizes";
  for (Value v : {scales, wanted})
    if (v && (!n.requireRank(v, 1, 1, "scales or sizes") ||
              n.shapeOf(v)[0] != int64_t(axes->size())))
      return n.emitError() << "scales or sizes has another number of entries than the "
                           << axes->size() << " axes";
  if (scales) {
    scales = overAllDimensions(n, scales, *axes, rank, 1);
    auto sizes = scaledSizes(n, x, scales);
    return sizes ? createResize(n, x, *sizes, scales, roi, *method) : failure();
  }
  auto given = n.entries(wanted, "sizes");
  if (!given)
    return failure();
  Sizes sizes = n.sizes(x);
  for (auto [d, size] : llvm::zip(*axes, *given))
    sizes[d] = size;
  if (policy == "not_larger" || policy == "not_smaller") {
    if (failed(keepAspectRatio(n, x, *axes, policy == "not_larger", sizes, scales)))
      return failure();
  } else if (policy != "stretch") {
    return n.emitError() << "keep_aspect_ratio_policy has the unknown value \"" << policy << "\"";
  }
  return createResize(n, x, sizes, scales, roi, *method);
}

static LogicalResult importUpsample(NodeImporter &n) {
  Value x = n.input(0);
  auto mode = enumAttr<dl::ResizeMode>(n, "mode", "nearest", dl::symbolizeResizeMode);
  Value scales = n.input(1);
  if (n.opset() < 9) {
    SmallVector<float> values;
    for (double value : n.floatsAttr("scales"))
      values.push_back(value);
    auto type = RankedTensorType::get({int64_t(values.size())}, n.getBuilder().getF32Type());
    scales = n.constant(DenseElementsAttr::get(type, ArrayRef(values)));
  }
  if (!x || !mode || !scales)
    return failure();
  auto sizes = scaledSizes(n, x, scales);
  if (!sizes)
    return failure();
  ResizeMethod m;
  m.mode = *mode;
  m.coordinates = dl::CoordinateMode::asymmetric;
  m.nearest = dl::NearestMode::floor;
  return createResize(n, x, *sizes, scales, {}, m);
}

static LogicalResult importGridSample(NodeImporter &n) {
  Value x = n.input(0), grid = n.input(1);
  std::string mode = n.stringAttr("mode", n.opset() < 20 ? "bilinear" : "linear");
  auto padding = enumAttr<dl::GridPadding>(n, "padding_mode", "zeros", dl::symbolizeGridPadding);
  bool align = n.boolAttr("align_corners");
  if (mode == "bilinear")
    mode = "linear";
  if (mode == "bicubic")
    mode = "cubic";
  auto kind = dl::symbolizeResizeMode(mode);
  if (!kind)
    return n.emitError() << "mode has the unknown value \"" << mode << "\"";
  if (!x || !grid || !padding)
    return failure();
  return n.result(n.infer<dl::GridSampleOp>(x, grid, *kind, *padding, align));
}

/// The normalised coordinates of `size` points: from −1 to 1 with
/// `alignCorners`, else the centres of as many cells.
static Expr gridCoordinates(NodeImporter &n, Size size, Type type, bool alignCorners) {
  Expr position(n, n.iota({size}, type, 0));
  Expr count = sizeAs(n, size, type);
  if (!alignCorners)
    return (position * 2.0 + 1.0) / count.get() - 1.0;
  // A single point lies at −1.
  return position * 2.0 / (count - 1.0).max(1.0).get() - 1.0;
}

/// theta · (x, y, (z,) 1) for every point of a grid.
static LogicalResult importAffineGrid(NodeImporter &n) {
  Value theta = n.input(0), size = n.input(1);
  bool align = n.boolAttr("align_corners");
  if (!theta || !size || !n.requireRank(theta, 3, 3, "theta"))
    return failure();
  auto sizes = n.entries(size, "size");
  if (!sizes)
    return failure();
  int64_t spatial = sizes->size() - 2;
  if (spatial != 2 && spatial != 3)
    return n.emitError() << "size must have 4 or 5 entries but has " << sizes->size();
  Type type = n.elementTypeOf(theta);
  Sizes grid(llvm::drop_begin(*sizes, 2));
  Sizes withOne = grid;
  withOne.push_back(Size(1));
  SmallVector<Value> parts;
  for (int64_t d = spatial - 1; d >= 0; --d)
    parts.push_back(n.broadcastInDim(gridCoordinates(n, grid[d], type, align), withOne, {d}));
  parts.push_back(n.broadcastTo(n.scalar(type, 1), withOne));
  Value points = n.concat(parts, spatial);
  // theta N,R,R+1 · points spatial,R+1 → N,R,spatial → N,spatial,R
  Value moved = dot(n, theta, points, {}, {}, {2}, {spatial});
  SmallVector<int64_t> permutation{0};
  llvm::append_range(permutation, dimRange(2, spatial + 2));
  permutation.push_back(1);
  return n.result(moved ? n.transpose(moved, permutation) : moved);
}

void dlc::onnx::registerResizeOps(OpTable &table) {
  table.add("AffineGrid", 20, 2, importAffineGrid);
  table.add("GridSample", 16, 2, importGridSample);
  table.add("Resize", 10, {1, 4}, importResize);
  table.add("Upsample", 7, {1, 2}, importUpsample);
}
