//===- Convolution.cpp - ATen's convolutions ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

namespace {
/// What all convolutions have. One sample (no batch dimension) is made a batch
/// of one.
struct Convolution {
  Value input, weight, bias;
  int64_t rank = 0; ///< spatial dimensions
  bool isBatched = true;
  SmallVector<int64_t> strides, low, high, dilations, outputPadding;
  int64_t groups = 1;
};
} // namespace

/// Everything but the padding.
static std::optional<Convolution> readConvolution(NodeImporter &n) {
  Convolution c;
  c.input = n.tensor("input");
  c.weight = n.tensor("weight");
  c.bias = n.optionalTensor("bias");
  if (!c.input || !c.weight || !n.requireRank(c.weight, 3, INT64_MAX, "weight"))
    return std::nullopt;
  int64_t rank = n.rankOf(c.weight);
  if (!n.requireRank(c.input, rank - 1, rank, "input"))
    return std::nullopt;
  if (ShapedType::isDynamicShape(n.shapeOf(c.weight).drop_front(2))) {
    n.emitError() << "the weight's spatial sizes must be known";
    return std::nullopt;
  }
  c.rank = rank - 2;
  c.isBatched = n.rankOf(c.input) == rank;
  if (!c.isBatched)
    c.input = n.unsqueeze(c.input, {0});
  c.strides = n.integers("stride", c.rank);
  c.dilations = n.integers("dilation", c.rank);
  c.groups = n.integer("groups");
  if (n.hasFailed())
    return std::nullopt;
  auto isPositive = [](int64_t number) { return number > 0; };
  if (!llvm::all_of(c.strides, isPositive) || !llvm::all_of(c.dilations, isPositive)) {
    n.emitError() << "a stride or dilation isn't positive";
    return std::nullopt;
  }
  return c;
}

/// The padding: numbers, or "valid" (none), or "same" (the result has the
/// input's size; of an odd total the end gets one more).
static void readPadding(NodeImporter &n, Convolution &c) {
  if (n.getOverload() != "padding" && n.getTarget() != "aten._convolution_mode.default") {
    c.low = c.high = n.integers("padding", c.rank);
    return;
  }
  std::string mode = n.string("padding");
  c.low.assign(c.rank, 0);
  c.high.assign(c.rank, 0);
  if (mode == "same") {
    for (int64_t d = 0; d < c.rank; ++d) {
      int64_t total =
          n.mul(c.dilations[d], n.shapeOf(c.weight)[d + 2] - 1).getStatic();
      c.low[d] = total / 2;
      c.high[d] = total - c.low[d];
    }
  } else if (mode != "valid") {
    n.emitError() << "padding is '" << mode << "'";
  }
}

static LogicalResult giveConvolution(NodeImporter &n, const Convolution &c, Value y) {
  return n.result(y && !c.isBatched ? n.squeeze(y, {0}) : y);
}

static LogicalResult convolve(NodeImporter &n, const Convolution &c) {
  if (n.hasFailed())
    return failure();
  SmallVector<int64_t> shape{n.shapeOf(c.input)[0], n.shapeOf(c.weight)[0]};
  for (int64_t d = 0; d < c.rank; ++d)
    shape.push_back(dl::getWindowedSize(n.shapeOf(c.input)[d + 2], n.shapeOf(c.weight)[d + 2],
                                        c.strides[d], c.low[d], c.high[d], c.dilations[d]));
  return giveConvolution(
      n, c,
      n.create<dl::ConvOp>(n.tensorType(shape, n.elementTypeOf(c.input)), c.input, c.weight,
                           c.bias, c.strides, c.low, c.high, c.dilations, c.groups));
}

static LogicalResult convolveTransposed(NodeImporter &n, Convolution &c) {
  c.outputPadding = n.integers("output_padding", c.rank);
  return giveConvolution(
      n, c,
      n.infer<dl::ConvTransposeOp>(c.input, c.weight, c.bias, c.strides, c.low, c.high,
                                   c.dilations, c.outputPadding, c.groups));
}

/// conv1d, conv2d, conv3d
static LogicalResult importConv(NodeImporter &n) {
  std::optional<Convolution> c = readConvolution(n);
  if (!c)
    return failure();
  readPadding(n, *c);
  return convolve(n, *c);
}

static LogicalResult importConvTranspose(NodeImporter &n) {
  std::optional<Convolution> c = readConvolution(n);
  if (!c)
    return failure();
  readPadding(n, *c);
  return convolveTransposed(n, *c);
}

/// What conv1d and its kin come down to.
static LogicalResult importConvolution(NodeImporter &n) {
  // How the CPU is to do it.
  n.ignore({"benchmark", "deterministic", "cudnn_enabled", "allow_tf32"});
  std::optional<Convolution> c = readConvolution(n);
  if (!c)
    return failure();
  readPadding(n, *c);
  if (n.boolean("transposed"))
    return convolveTransposed(n, *c);
  n.ignore({"output_padding"});
  return convolve(n, *c);
}

void torch::registerConvolutionOps(OpTable &t) {
  t.add({"aten.conv1d.default", "aten.conv2d.default", "aten.conv3d.default",
         "aten.conv1d.padding", "aten.conv2d.padding", "aten.conv3d.padding",
         "aten._convolution_mode.default"},
        importConv);
  t.add({"aten.conv_transpose1d.default", "aten.conv_transpose2d.input",
         "aten.conv_transpose3d.input"},
        importConvTranspose);
  t.add({"aten.convolution.default", "aten._convolution.default"}, importConvolution);
}
