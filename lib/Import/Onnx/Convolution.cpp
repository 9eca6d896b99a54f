//===- Convolution.cpp - convolutions -------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Expr.h"
#include "Sampling.h"
#include "Window.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// The spatial sizes of a kernel O,I,spatial; they must be static.
static std::optional<SmallVector<int64_t>> kernelShape(NodeImporter &n, Value kernel) {
  if (!kernel || !n.requireRank(kernel, 3, INT64_MAX, "W"))
    return std::nullopt;
  auto shape = n.shapeOf(kernel).drop_front(2);
  if (ShapedType::isDynamicShape(shape)) {
    n.emitError() << "the kernel's spatial sizes must be known";
    return std::nullopt;
  }
  return llvm::to_vector(shape);
}

Value dlc::onnx::convolve(NodeImporter &n, Value x, Value w, Value bias, Type elementType) {
  auto kernel = kernelShape(n, w);
  if (!kernel || !x)
    return {};
  if (n.rankOf(x) != n.rankOf(w)) {
    n.emitError() << "X has rank " << n.rankOf(x) << " but W has rank " << n.rankOf(w);
    return {};
  }
  std::optional<Window> window = readWindow(n, x, *kernel);
  int64_t groups = n.intAttr("group", 1);
  if (!window || n.hasFailed())
    return {};
  if (groups < 1) {
    n.emitError() << "group must be positive but is " << groups;
    return {};
  }
  x = applyDynamicPadding(n, x, *window);
  if (!x)
    return {};
  SmallVector<int64_t> shape{n.shapeOf(x)[0], n.shapeOf(w)[0]};
  for (int64_t d = 0; d < window->rank(); ++d)
    shape.push_back(dl::getWindowedSize(n.shapeOf(x)[d + 2], window->kernel[d],
                                        window->strides[d], window->low[d], window->high[d],
                                        window->dilations[d]));
  return n.create<dl::ConvOp>(n.tensorType(shape, elementType), x, w, bias, window->strides,
                              window->low, window->high, window->dilations, groups);
}

static LogicalResult importConv(NodeImporter &n) {
  Value x = n.input(0), w = n.input(1);
  if (!x || !w || !n.requireFloat(x, "X") || !n.requireSameElementType(x, w))
    return failure();
  return n.result(convolve(n, x, w, n.input(2), n.elementTypeOf(x)));
}

/// ConvTranspose's padding where the result's size is given instead.
static bool padForOutput(NodeImporter &n, Value x, Window &w, ArrayRef<int64_t> outputShape,
                         MutableArrayRef<int64_t> outputPadding, StringRef autoPad) {
  for (int64_t d = 0; d < w.rank(); ++d) {
    // SAME makes the result size · stride, so that the padding depends on no size.
    int64_t total = w.span(d) + outputPadding[d] - w.strides[d];
    if (!outputShape.empty()) {
      Size size = n.size(x, d + 2);
      if (!size.isStatic()) {
        n.emitError() << "output_shape needs an input of known size";
        return false;
      }
      total = w.strides[d] * (size.getStatic() - 1) + outputPadding[d] + w.span(d) -
              outputShape[d];
    }
    // Less than no padding is more output, at the end.
    outputPadding[d] -= std::min<int64_t>(total, 0);
    total = std::max<int64_t>(total, 0);
    int64_t half = total / 2;
    w.low[d] = autoPad == "SAME_UPPER" ? half : total - half;
    w.high[d] = total - w.low[d];
  }
  return true;
}

static LogicalResult importConvTranspose(NodeImporter &n) {
  Value x = n.input(0), w = n.input(1), bias = n.input(2);
  if (!x || !w || !n.requireFloat(x, "X") || !n.requireSameElementType(x, w))
    return failure();
  auto kernel = kernelShape(n, w);
  if (!kernel)
    return failure();
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  std::optional<Window> window = readWindow(n, x, *kernel);
  int64_t groups = n.intAttr("group", 1);
  SmallVector<int64_t> outputPadding = n.intsAttr("output_padding");
  SmallVector<int64_t> outputShape = n.intsAttr("output_shape");
  if (!window || n.hasFailed())
    return failure();
  if (outputPadding.empty())
    outputPadding.assign(window->rank(), 0);
  // output_shape may hold the batch and channel sizes, too.
  if (int64_t(outputShape.size()) == window->rank() + 2)
    outputShape.erase(outputShape.begin(), outputShape.begin() + 2);
  if (int64_t(outputPadding.size()) != window->rank() ||
      (!outputShape.empty() && int64_t(outputShape.size()) != window->rank()))
    return n.emitError() << "output_padding and output_shape need one entry for each of "
                         << window->rank() << " spatial dimensions";
  bool same = StringRef(autoPad).starts_with("SAME");
  if (same) {
    window->dynamicLow.clear();
    window->dynamicHigh.clear();
  }
  if ((same || !outputShape.empty()) &&
      !padForOutput(n, x, *window, outputShape, outputPadding, autoPad))
    return failure();
  return n.result(n.infer<dl::ConvTransposeOp>(x, w, bias, window->strides, window->low,
                                               window->high, window->dilations, outputPadding,
                                               groups));
}

//===----------------------------------------------------------------------===//
// DeformConv
//===----------------------------------------------------------------------===//

Value dlc::onnx::pickPixels(NodeImporter &n, Value images, Value b, Value y, Value x) {
  if (!images || !b || !y || !x || !n.broadcast(b, y, x))
    return {};
  int64_t rank = n.rankOf(b);
  Value indices = n.concat({n.unsqueeze(b, {rank}), n.unsqueeze(y, {rank}),
                            n.unsqueeze(x, {rank})},
                           rank);
  if (!indices)
    return {};
  return n.infer<dl::GatherOp>(images, indices, /*offset_dims=*/ArrayRef<int64_t>{rank},
                               /*collapsed_slice_dims=*/ArrayRef<int64_t>{0, 2, 3},
                               ArrayRef<int64_t>{}, ArrayRef<int64_t>{},
                               /*start_index_map=*/ArrayRef<int64_t>{0, 2, 3}, rank,
                               /*slice_sizes=*/ArrayRef<int64_t>{1, -1, 1, 1},
                               dl::IndexMode::clamp);
}

/// Bilinear values at (y, x) of shape P for images b; zero outside. Shape P, C.
static Expr sampleBilinear(NodeImporter &n, Value images, Value b, Expr y, Expr x) {
  Type i64 = n.getBuilder().getI64Type();
  if (!images || !y || !x)
    return {n, {}};
  Type element = n.elementTypeOf(images), coordinate = n.elementTypeOf(y);
  int64_t last = n.rankOf(y);
  Expr height = sizeAs(n, n.size(images, 2), coordinate);
  Expr width = sizeAs(n, n.size(images, 3), coordinate);
  Expr total(n, {});
  for (int64_t dy : {0, 1})
    for (int64_t dx : {0, 1}) {
      Expr cornerY = y.floor() + double(dy), cornerX = x.floor() + double(dx);
      Expr weight = (-(y - cornerY).abs() + 1.0) * (-(x - cornerX).abs() + 1.0);
      Expr inside = (cornerY >= 0.0) & (cornerY < height).get();
      inside = inside & ((cornerX >= 0.0) & (cornerX < width).get()).get();
      weight = inside.select(weight, 0.0).to(element);
      if (!weight)
        return {n, {}};
      Expr pixels(n, pickPixels(n, images, b, cornerY.to(i64), cornerX.to(i64)));
      Expr term = pixels * weight.unsqueeze({last}).get();
      total = total ? total + term : term;
    }
  return total;
}

/// Y = W · columns, where the columns are sampled at displaced positions:
///   y(oh, ow, kh) = oh · stride − pad + kh · dilation + offset
static LogicalResult importDeformConv(NodeImporter &n) {
  Value x = n.input(0), w = n.input(1), offset = n.input(2), bias = n.input(3),
        mask = n.input(4);
  auto kernel = kernelShape(n, w);
  if (!x || !offset || !kernel || !n.requireRank(x, 4, 4, "X") ||
      !n.requireRank(offset, 4, 4, "offset"))
    return failure();
  std::optional<Window> window = readWindow(n, x, *kernel);
  int64_t groups = n.intAttr("group", 1), offsetGroups = n.intAttr("offset_group", 1);
  if (!window || n.hasFailed())
    return failure();
  Size batch = n.size(x, 0), channels = n.size(x, 1), filters = n.size(w, 0),
       height = n.size(offset, 2), width = n.size(offset, 3);
  int64_t kh = window->kernel[0], kw = window->kernel[1];
  if (groups < 1 || offsetGroups < 1 ||
      (channels.isStatic() && (channels.getStatic() % groups || channels.getStatic() % offsetGroups)))
    return n.emitError() << "group and offset_group must divide the channels";
  // Positions: batch · offset group, kh, kw, out height, out width.
  Sizes grid{n.mul(batch, offsetGroups), Size(kh), Size(kw), height, width};
  Type type = n.elementTypeOf(offset), i64 = n.getBuilder().getI64Type();
  Sizes offsetSizes{grid[0], Size(kh), Size(kw), Size(2), height, width};
  Value offsets = n.reshape(offset, offsetSizes);
  auto position = [&](int64_t axis) {
    Expr base(n, n.iota(grid, type, 3 + axis));
    Expr tap(n, n.iota(grid, type, 1 + axis));
    Expr moved(n, n.squeeze(n.sliceAxis(offsets, 3, Size(axis), Size(1)), {3}));
    return base * double(window->strides[axis]) - double(window->low[axis]) +
           (tap * double(window->dilations[axis])).get() + moved.get();
  };
  // Each offset group sees its channels as an image of its own.
  Value images = n.reshape(x, {grid[0], n.div(channels, offsetGroups), n.size(x, 2),
                               n.size(x, 3)});
  Expr columns = sampleBilinear(n, images, n.iota(grid, i64, 0), position(0), position(1));
  if (!columns)
    return failure();
  if (mask)
    columns = columns * Expr(n, mask).reshape(grid).unsqueeze({5}).get();
  // B·OG,kh,kw,OH,OW,C/OG → B,groups,C/groups,kh,kw,OH,OW
  columns = columns.transpose({0, 5, 1, 2, 3, 4})
                .reshape({batch, Size(groups), n.div(channels, groups), Size(kh), Size(kw), height,
                          width});
  Value kernels = n.reshape(w, {Size(groups), n.div(filters, groups), n.div(channels, groups),
                                Size(kh), Size(kw)});
  if (!columns || !kernels)
    return failure();
  SmallVector<int64_t> shape{groups, n.shapeOf(kernels)[1], n.shapeOf(columns)[0],
                             n.shapeOf(columns)[5], n.shapeOf(columns)[6]};
  Expr y(n, n.create<dl::DotGeneralOp>(n.tensorType(shape, n.elementTypeOf(x)), kernels,
                                       columns.get(), ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1},
                                       ArrayRef<int64_t>{2, 3, 4}, ArrayRef<int64_t>{2, 3, 4}));
  y = y.transpose({2, 0, 1, 3, 4}).reshape({batch, filters, height, width});
  if (bias)
    y = y + n.unsqueeze(bias, {0, 2, 3});
  return n.result(y);
}

/// A depthwise convolution over the past and the present; the last k − 1
/// elements are the next call's past.
static LogicalResult importCausalConvWithState(NodeImporter &n) {
  Value x = n.input(0), w = n.input(1), bias = n.input(2), past = n.input(3);
  std::string activation = n.stringAttr("activation", "none");
  if (!x || !w || !n.requireRank(x, 3, 3, "input") || !n.requireRank(w, 3, 3, "weight"))
    return failure();
  Size taps = n.size(w, 2), channels = n.size(w, 0);
  if (!taps.isStatic() || !channels.isStatic())
    return n.emitError() << "weight must have a known shape";
  int64_t history = taps.getStatic() - 1;
  Value all = past ? n.concat({past, x}, 2)
                   : n.padConstant(x, {Size(0), Size(0), Size(history)},
                                   {Size(0), Size(0), Size(0)});
  if (!all)
    return failure();
  SmallVector<int64_t> one{1}, zero{0}, shape = llvm::to_vector(n.shapeOf(x));
  shape[1] = channels.getStatic();
  Expr y(n, n.create<dl::ConvOp>(n.tensorType(shape, n.elementTypeOf(x)), all, w, bias, one, zero,
                                 zero, one, channels.getStatic()));
  if (activation == "silu" || activation == "swish")
    y = y.silu();
  else if (activation != "none")
    return n.emitError() << "activation has the unknown value \"" << activation << "\"";
  Value present = n.sliceAxis(all, 2, n.sub(n.size(all, 2), history), Size(history));
  return n.results(ArrayRef<Value>{y, present}.take_front(n.numOutputs()));
}

void dlc::onnx::registerConvolutionOps(OpTable &table) {
  table.add("CausalConvWithState", 27, {2, 4}, importCausalConvWithState);
  table.add("Conv", 1, {2, 3}, importConv);
  table.add("ConvTranspose", 1, {2, 3}, importConvTranspose);
  table.add("DeformConv", 19, {3, 5}, importDeformConv);
}
