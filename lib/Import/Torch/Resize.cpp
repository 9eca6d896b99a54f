//===- Resize.cpp - ATen ops that resample or rearrange images ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResizeBytes.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

//===----------------------------------------------------------------------===//
// upsample_…
//===----------------------------------------------------------------------===//

namespace {
struct ResizeMethod {
  dl::ResizeMode mode;
  /// Without align_corners.
  dl::CoordinateMode coordinates = dl::CoordinateMode::half_pixel;
  bool antialias = false;
};
} // namespace

static ResizeMethod methodOf(NodeImporter &n) {
  StringRef name = n.getTarget();
  if (name.contains("nearest_exact"))
    return {dl::ResizeMode::nearest};
  if (name.contains("nearest"))
    return {dl::ResizeMode::nearest, dl::CoordinateMode::asymmetric};
  return {name.contains("cubic") ? dl::ResizeMode::cubic : dl::ResizeMode::linear,
          dl::CoordinateMode::half_pixel, name.contains("_aa")};
}

/// The scales that are given, one for each spatial dimension; empty if none is.
static SmallVector<double> readScales(NodeImporter &n, int64_t rank) {
  SmallVector<double> scales;
  if (n.getOverload() == "vec") {
    scales = n.numbers("scale_factors");
  } else {
    static constexpr StringRef names[] = {"scales_d", "scales_h", "scales_w"};
    for (int64_t d = 0; d < rank; ++d) {
      StringRef name = rank == 1 ? StringRef("scales") : names[3 - rank + d];
      if (std::optional<double> scale = n.optionalNumber(name))
        scales.push_back(*scale);
    }
  }
  if (!scales.empty() && int64_t(scales.size()) != rank && !n.hasFailed())
    n.emitError() << "it has " << scales.size() << " scales for " << rank
                  << " spatial dimensions";
  return scales;
}

/// ⌊size · scale⌋
static Size scaledSize(NodeImporter &n, Size size, double scale) {
  if (size.isStatic()) {
    double scaled = std::floor(double(size.getStatic()) * scale);
    if (scaled >= 0 && scaled < 0x1p62)
      return int64_t(scaled);
    n.emitError() << "a scale of " << scale << " gives no size";
    return Size(Value());
  }
  Type f64 = n.getBuilder().getF64Type(), i64 = n.getBuilder().getI64Type();
  return Size((sizeAs(n, size, f64) * scale).floor().to(i64).get());
}

/// The scales (out - 1) / (in - 1) whose half-pixel coordinates are those that
/// PyTorch antialiases with where corners are aligned: step · (i + 1/2) - 1/2
/// (aten/src/ATen/native/cpu/UpSampleKernel.cpp). One element out is step 0.
static Value alignedScales(NodeImporter &n, ArrayRef<Size> in, ArrayRef<Size> out, Type type) {
  SmallVector<Value> scales(2, n.reshape(n.scalar(type, 1), {Size(1)}));
  for (auto [from, to] : llvm::zip_equal(in.drop_front(2), out.drop_front(2))) {
    Expr last = sizeAs(n, to, type) - 1;
    Expr scale = (last > 0).select(last / (sizeAs(n, from, type) - 1).get(),
                                   std::numeric_limits<double>::infinity());
    scales.push_back(scale.reshape({Size(1)}));
  }
  return n.concat(scales, 0);
}

namespace {
/// How a nearest mode picks elements along a dimension: output i is
/// ⌊(i + offset) · step⌋, where PyTorch rounds the step, 1 / scale or in / out, and
/// the product to f32, or f64 for f64 (aten/src/ATen/native/UpSample.h). Small images go
/// another way there: always in f32, and where sizes are equal or one twice the other
/// those say what to pick, whatever the scale is (nearest_idx, nearest_exact_idx).
struct NearestPick {
  Size from, to;
  std::optional<double> scale;
  double offset;

  /// Whether dl.resize, which divides by an f32 scale, surely picks the same.
  bool isResize(bool isF64, std::optional<bool> isSmall) const {
    constexpr int64_t kMostCompared = 1 << 16;
    int exponent;
    if (!from.isStatic() || !to.isStatic() || to.getStatic() > kMostCompared || !isSmall)
      return scale && std::frexp(*scale, &exponent) == 0.5; // all of it is exact
    double divisor = scale ? double(float(*scale)) : double(to.getStatic()) / from.getStatic();
    double last = double(from.getStatic() - 1);
    return llvm::all_of(llvm::seq<int64_t>(0, to.getStatic()), [&](int64_t i) {
      double picked = isF64 && !*isSmall ? pick<double>(i, false) : pick<float>(i, *isSmall);
      double resized = std::floor((double(i) + offset) / divisor - offset + offset);
      return std::min(picked, last) == std::min(resized, last);
    });
  }

  /// The picked elements' numbers; `isSmall` is a scalar boolean.
  Expr indices(NodeImporter &n, Type type, Expr isSmall) const {
    Type f32 = n.getBuilder().getF32Type(), i64 = n.getBuilder().getI64Type();
    Expr generic = place(n, type);
    if (offset != 0 && type == f32)
      return generic;
    Expr small = place(n, f32);
    if (offset == 0) {
      Expr i(n, n.iota({to}, i64, 0)), in = sizeAs(n, from, i64), out = sizeAs(n, to, i64);
      small = out.eq((in * 2.0).get()).select(i.binary<dl::ShiftRightOp>(1.0), small);
      small = out.eq(in.get()).select(i, small);
    }
    return isSmall.select(small, generic);
  }

private:
  template <typename T>
  double pick(int64_t i, bool isSmall) const {
    int64_t in = from.getStatic(), out = to.getStatic();
    if (isSmall && offset == 0 && (out == in || out == 2 * in))
      return double(out == in ? i : i / 2);
    return std::floor(float((T(i) + T(offset)) * (scale ? T(1 / *scale) : T(in) / T(out))));
  }

  Expr place(NodeImporter &n, Type type) const {
    Expr step = scale ? Expr(n, n.scalar(type, 1 / *scale))
                      : sizeAs(n, from, type) / sizeAs(n, to, type).get();
    Type f32 = n.getBuilder().getF32Type(), i64 = n.getBuilder().getI64Type();
    Expr place = (Expr(n, n.iota({to}, type, 0)) + offset) * step.get();
    return place.to(f32).floor().to(i64).min((sizeAs(n, from, i64) - 1).get());
  }
};
} // namespace

/// `x` with elements picked along each spatial dimension; x itself where dl.resize can
/// do it. Its layout is taken to be the compact one: PyTorch counts images of more than
/// three channels among the small ones where the channels lie together.
static Value pickNearest(NodeImporter &n, Value x, ArrayRef<Size> sizes,
                         ArrayRef<double> scales, bool isExact) {
  constexpr int64_t kMostSmall = 128; // height and width together
  bool isF64 = n.elementTypeOf(x).isF64();
  Size extent = n.add(sizes.back(), sizes.size() > 3 ? sizes[sizes.size() - 2] : Size(kMostSmall));
  std::optional<bool> isSmall;
  if (extent.isStatic())
    isSmall = extent.getStatic() <= kMostSmall;
  SmallVector<NearestPick> picks;
  for (auto [d, from, to] : llvm::enumerate(n.sizes(x), sizes)) {
    if (d < 2)
      continue;
    NearestPick pick{from, to, std::nullopt, isExact ? 0.5 : 0.0};
    if (!scales.empty() && scales[d - 2] > 0)
      pick.scale = scales[d - 2];
    picks.push_back(pick);
  }
  if (llvm::all_of(picks, [&](const NearestPick &p) { return p.isResize(isF64, isSmall); }))
    return x;
  Type type = isF64 ? n.getBuilder().getF64Type() : n.getBuilder().getF32Type();
  Expr small = sizeAs(n, extent, n.getBuilder().getI64Type()) <= double(kMostSmall);
  for (auto [d, pick] : llvm::enumerate(picks)) {
    Value indices = pick.indices(n, type, small);
    x = x && indices ? n.take(x, indices, d + 2, /*wrapNegative=*/false) : Value();
  }
  return x;
}

static LogicalResult importUpsample(NodeImporter &n) {
  bool isVec = n.getOverload() == "vec";
  Value x = n.tensor(isVec ? "input" : "self");
  if (!x || !n.requireRank(x, 3, 5, "input"))
    return failure();
  int64_t rank = n.rankOf(x) - 2;
  Sizes sizes = n.sizes(x);
  SmallVector<double> scales = readScales(n, rank);
  Sizes wanted = n.symbolics("output_size");
  ResizeMethod m = methodOf(n);
  bool aligns = m.mode != dl::ResizeMode::nearest && n.boolean("align_corners");
  if (n.hasFailed())
    return failure();
  if (wanted.size() == 1)
    wanted.assign(rank, Size(wanted.front()));
  if (int64_t(wanted.size()) != rank && (!wanted.empty() || int64_t(scales.size()) != rank))
    return n.emitError() << "it has neither a size nor a scale for each of " << rank
                         << " spatial dimensions";
  for (int64_t d = 0; d < rank; ++d)
    sizes[d + 2] = wanted.empty() ? scaledSize(n, sizes[d + 2], scales[d]) : wanted[d];
  if (rank == 2 && m.mode != dl::ResizeMode::nearest &&
      n.elementTypeOf(x).isUnsignedInteger(8)) {
    ByteResize bytes{m.mode == dl::ResizeMode::cubic, aligns, m.antialias};
    return n.result(resizeBytes(n, bytes, x, sizes[2], sizes[3], scales));
  }
  if (m.mode == dl::ResizeMode::nearest) {
    bool isExact = m.coordinates == dl::CoordinateMode::half_pixel;
    Value picked = pickNearest(n, x, sizes, scales, isExact);
    if (picked != x)
      return n.result(picked);
  }
  // Corners that are aligned need no scale but for antialiasing, which aligns by
  // the step alone.
  // PyTorch's are f32 but for interpolation in f64.
  Value scaleTensor;
  OpBuilder &b = n.getBuilder();
  bool isDouble = n.elementTypeOf(x).isF64() && m.mode != dl::ResizeMode::nearest;
  Type scaleType = isDouble ? Type(b.getF64Type()) : Type(b.getF32Type());
  if (aligns && m.antialias) {
    scaleTensor = alignedScales(n, n.sizes(x), sizes, scaleType);
    aligns = false;
  } else if (!scales.empty() && !aligns) {
    SmallVector<Attribute> all(2, b.getFloatAttr(scaleType, 1));
    for (double scale : scales)
      all.push_back(b.getFloatAttr(scaleType, scale));
    auto type = RankedTensorType::get({rank + 2}, scaleType);
    scaleTensor = n.constant(DenseElementsAttr::get(type, all));
  }
  auto nearest = m.coordinates == dl::CoordinateMode::asymmetric
                     ? dl::NearestMode::floor
                     : dl::NearestMode::round_prefer_ceil;
  // With antialiasing PyTorch takes another coefficient, and leaves out what
  // lies outside.
  return n.result(n.create<dl::ResizeOp>(
      n.tensorType(sizes, n.elementTypeOf(x)), x, n.shapeOperand(sizes), scaleTensor, Value(),
      m.mode, aligns ? dl::CoordinateMode::align_corners : m.coordinates, nearest,
      APFloat(m.antialias ? -0.5 : -0.75), APFloat(0.0), /*exclude_outside=*/m.antialias,
      m.antialias));
}

//===----------------------------------------------------------------------===//
// grid_sampler
//===----------------------------------------------------------------------===//

/// In three dimensions PyTorch takes 0, or the last element, at coordinates that aren't
/// finite (aten/src/ATen/native/GridSampler.cpp).
static Value sampleVolume(NodeImporter &n, Value x, Value grid, dl::ResizeMode mode,
                          dl::GridPadding padding, bool aligns) {
  constexpr double kLast = 1, kInfinity = std::numeric_limits<double>::infinity();
  Expr g(n, grid), isFinite = g.abs() < kInfinity;
  if (padding == dl::GridPadding::border)
    g = (~g.isNan()).select(g, kLast);
  else if (padding == dl::GridPadding::reflection)
    g = isFinite.select(g, kLast);
  else if (mode == dl::ResizeMode::linear)
    g = isFinite.select(g, 0.0);
  Expr y(n, n.infer<dl::GridSampleOp>(x, g, mode, padding, aligns));
  if (padding != dl::GridPadding::zeros || mode != dl::ResizeMode::linear)
    return y;
  Expr isSomewhere = Expr(n, grid).abs().maximum({4}, /*keepDims=*/false) < kInfinity;
  return Expr(n, n.unsqueeze(isSomewhere, {1})).select(y, 0.0);
}

static LogicalResult importGridSampler(NodeImporter &n) {
  static constexpr dl::ResizeMode modes[] = {dl::ResizeMode::linear, dl::ResizeMode::nearest,
                                             dl::ResizeMode::cubic};
  static constexpr dl::GridPadding paddings[] = {
      dl::GridPadding::zeros, dl::GridPadding::border, dl::GridPadding::reflection};
  Value x = n.tensor("input"), grid = n.tensor("grid");
  int64_t mode = n.integer("interpolation_mode"), padding = n.integer("padding_mode");
  bool aligns = n.boolean("align_corners");
  if (!x || !grid || n.hasFailed())
    return failure();
  if (mode < 0 || mode > 2 || padding < 0 || padding > 2)
    return n.emitError() << "interpolation mode " << mode << " or padding mode " << padding
                         << " is unknown";
  if (n.rankOf(x) == 5 && n.requireRank(grid, 5, 5, "grid"))
    return n.result(sampleVolume(n, x, grid, modes[mode], paddings[padding], aligns));
  return n.result(n.infer<dl::GridSampleOp>(x, grid, modes[mode], paddings[padding], aligns));
}

//===----------------------------------------------------------------------===//
// Padding that repeats the operand
//===----------------------------------------------------------------------===//

/// `pads` is low and high of the last dimension, then of the one before, …
static LogicalResult padBy(NodeImporter &n, ArrayRef<int64_t> pads, dl::PadMode mode) {
  Value self = n.tensor("self");
  if (!self || n.hasFailed())
    return failure();
  int64_t rank = n.rankOf(self);
  if (pads.size() % 2 || int64_t(pads.size()) / 2 > rank)
    return n.emitError() << "it pads more dimensions than there are";
  SmallVector<int64_t> low(rank, 0), high(rank, 0), interior(rank, 0);
  Sizes cropLow(rank, Size(0)), cropHigh(rank, Size(0));
  bool crops = false;
  for (size_t i = 0; i < pads.size() / 2; ++i) {
    int64_t d = rank - 1 - i;
    low[d] = std::max<int64_t>(pads[2 * i], 0);
    high[d] = std::max<int64_t>(pads[2 * i + 1], 0);
    cropLow[d] = std::min<int64_t>(pads[2 * i], 0);
    cropHigh[d] = std::min<int64_t>(pads[2 * i + 1], 0);
    crops |= pads[2 * i] < 0 || pads[2 * i + 1] < 0;
  }
  // What is cropped at one end isn't what the other end goes on with.
  if (crops && mode == dl::PadMode::wrap && !(self = n.padConstant(self, cropLow, cropHigh)))
    return failure();
  Sizes sizes = n.sizes(self);
  for (int64_t d = 0; d < rank; ++d)
    sizes[d] = n.add(n.add(sizes[d], low[d]), high[d]);
  Value y = n.create<dl::PadOp>(n.tensorType(sizes, n.elementTypeOf(self)), self, Value(),
                                Value(), Value(), low, high, interior, mode);
  return n.result(crops && y && mode != dl::PadMode::wrap ? n.padConstant(y, cropLow, cropHigh)
                                                          : y);
}

template <dl::PadMode mode>
static LogicalResult importPadding(NodeImporter &n) {
  return padBy(n, n.integers("padding"), mode);
}

static LogicalResult importConstantPad(NodeImporter &n) {
  Value self = n.tensor("self");
  Sizes pads = n.symbolics("pad");
  if (!self || n.hasFailed())
    return failure();
  int64_t rank = n.rankOf(self);
  if (pads.size() % 2 || pads.size() / 2 > size_t(rank))
    return n.emitError() << "it pads more dimensions than there are";
  Sizes low(rank, Size(0)), high(rank, Size(0));
  for (size_t i = 0; i < pads.size() / 2; ++i) {
    low[rank - 1 - i] = pads[2 * i];
    high[rank - 1 - i] = pads[2 * i + 1];
  }
  Value value = n.has("value") ? n.operand("value", n.elementTypeOf(self)).get() : Value();
  return n.result(n.padConstant(self, low, high, value));
}

static LogicalResult importPad(NodeImporter &n) {
  std::string name = n.string("mode");
  if (name == "constant")
    return importConstantPad(n);
  n.ignore({"value"});
  if (name == "reflect")
    return padBy(n, n.integers("pad"), dl::PadMode::reflect);
  if (name == "replicate")
    return padBy(n, n.integers("pad"), dl::PadMode::edge);
  if (name == "circular")
    return padBy(n, n.integers("pad"), dl::PadMode::wrap);
  return n.emitError() << "mode is '" << name << "'";
}

//===----------------------------------------------------------------------===//
// Channels and pixels
//===----------------------------------------------------------------------===//

/// …,C·r²,H,W → …,C,H·r,W·r
static LogicalResult importPixelShuffle(NodeImporter &n) {
  Value self = n.tensor("self");
  int64_t r = n.integer("upscale_factor");
  if (!self || n.hasFailed() || !n.requireRank(self, 3, INT64_MAX, "self"))
    return failure();
  Sizes sizes = n.sizes(self);
  int64_t rank = sizes.size(), c = rank - 3;
  Sizes split(ArrayRef(sizes).take_front(c));
  split.append({n.div(sizes[c], n.mul(r, r)), Size(r), Size(r), sizes[c + 1], sizes[c + 2]});
  SmallVector<int64_t> order = dimRange(0, c + 1);
  order.append({c + 3, c + 1, c + 4, c + 2});
  Sizes result(ArrayRef(sizes).take_front(c));
  result.append({split[c], n.mul(sizes[c + 1], r), n.mul(sizes[c + 2], r)});
  return n.result(Expr(n, self).reshape(split).transpose(order).reshape(result));
}

/// …,C,H·r,W·r → …,C·r²,H,W
static LogicalResult importPixelUnshuffle(NodeImporter &n) {
  Value self = n.tensor("self");
  int64_t r = n.integer("downscale_factor");
  if (!self || n.hasFailed() || !n.requireRank(self, 3, INT64_MAX, "self"))
    return failure();
  Sizes sizes = n.sizes(self);
  int64_t rank = sizes.size(), c = rank - 3;
  Size height = n.div(sizes[c + 1], r), width = n.div(sizes[c + 2], r);
  Sizes split(ArrayRef(sizes).take_front(c + 1));
  split.append({height, Size(r), width, Size(r)});
  SmallVector<int64_t> order = dimRange(0, c + 1);
  order.append({c + 2, c + 4, c + 1, c + 3});
  Sizes result(ArrayRef(sizes).take_front(c));
  result.append({n.mul(sizes[c], n.mul(r, r)), height, width});
  return n.result(Expr(n, self).reshape(split).transpose(order).reshape(result));
}

/// The channels, group by group, taken in turn from each group.
static LogicalResult importChannelShuffle(NodeImporter &n) {
  Value self = n.tensor("self");
  int64_t groups = n.integer("groups");
  if (!self || n.hasFailed() || !n.requireRank(self, 3, INT64_MAX, "self"))
    return failure();
  if (groups < 1)
    return n.emitError() << "groups is " << groups;
  Sizes sizes = n.sizes(self), split{sizes[0], Size(groups), n.div(sizes[1], groups)};
  split.append(ArrayRef(sizes).drop_front(2).begin(), ArrayRef(sizes).end());
  SmallVector<int64_t> order{0, 2, 1};
  order.append(dimRange(3, split.size()));
  return n.result(Expr(n, self).reshape(split).transpose(order).reshape(sizes));
}

void torch::registerResizeOps(OpTable &t) {
  for (const char *name :
       {"upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
        "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d",
        "upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d",
        "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa"})
    for (const char *overload : {"default", "vec"})
      t.add(("aten." + Twine(name) + "." + overload).str(), importUpsample);
  t.add({"aten.grid_sampler.default", "aten.grid_sampler_2d.default",
         "aten.grid_sampler_3d.default"},
        importGridSampler);
  t.add({"aten.reflection_pad1d.default", "aten.reflection_pad2d.default",
         "aten.reflection_pad3d.default"},
        importPadding<dl::PadMode::reflect>);
  t.add({"aten.replication_pad1d.default", "aten.replication_pad2d.default",
         "aten.replication_pad3d.default"},
        importPadding<dl::PadMode::edge>);
  t.add("aten.pad.default", importPad);
  t.add("aten.constant_pad_nd.default", importConstantPad);
  t.add("aten.pixel_shuffle.default", importPixelShuffle);
  t.add("aten.pixel_unshuffle.default", importPixelUnshuffle);
  t.add({"aten.channel_shuffle.default", "aten.native_channel_shuffle.default"},
        importChannelShuffle);
}
