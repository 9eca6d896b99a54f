//===- ConvTranspose.cpp - transposed convolution as convolution ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using Layout = dlc::dl::DataLayout;

/// The kernel of the convolution: input and output channels swapped within each
/// group, and every spatial dimension reversed.
static Value swapKernel(TensorBuilder &b, ConvTransposeOp op) {
  Value kernel = op.getKernel();
  SmallVector<Size> sizes = b.sizes(kernel);
  int64_t rank = sizes.size(), groups = op.getGroups();
  bool first = op.getLayout() == Layout::channels_first;
  SmallVector<int64_t> spatial = llvm::to_vector(
      first ? llvm::seq<int64_t>(2, rank) : llvm::seq<int64_t>(0, rank - 2));
  kernel = ReverseOp::create(b, kernel, spatial);
  if (first) {
    // I,O/g,k → g,I/g,O/g,k → g,O/g,I/g,k → O,I/g,k
    SmallVector<Size> grouped{groups, b.div(sizes[0], groups)};
    grouped.append(sizes.begin() + 1, sizes.end());
    SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank + 1));
    std::swap(permutation[1], permutation[2]);
    SmallVector<Size> result{b.mul(sizes[1], groups), grouped[1]};
    result.append(sizes.begin() + 2, sizes.end());
    return b.reshape(b.transpose(b.reshape(kernel, grouped), permutation), result);
  }
  // k,O/g,I → k,O/g,g,I/g → k,I/g,g,O/g → k,I/g,O
  SmallVector<Size> grouped(sizes.begin(), sizes.end() - 1);
  Size perGroup = b.div(sizes[rank - 1], groups);
  grouped.append({Size(groups), perGroup});
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank + 1));
  std::swap(permutation[rank - 2], permutation[rank]);
  SmallVector<Size> result(sizes.begin(), sizes.end() - 2);
  result.append({perGroup, b.mul(sizes[rank - 2], groups)});
  return b.reshape(b.transpose(b.reshape(kernel, grouped), permutation), result);
}

/// conv_transpose(x, w) → conv(pad(x, interior = stride − 1), flipped w): every
/// output is a sum over the window of the stretched operand.
static Value decomposeConvTranspose(ConvTransposeOp op, TensorBuilder &b) {
  Value x = op.getInput();
  int64_t spatial = op.getStrides().size();
  bool first = op.getLayout() == Layout::channels_first;
  RankedTensorType kernelType = getTensorType(op.getKernel());
  SmallVector<int64_t> low(spatial + 2, 0), high(spatial + 2, 0), interior(spatial + 2, 0);
  SmallVector<int64_t> convLow(spatial), convHigh(spatial);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t taps = kernelType.getDimSize(first ? i + 2 : i);
    if (ShapedType::isDynamic(taps))
      return {};
    int64_t reach = (taps - 1) * op.getDilations()[i];
    int64_t before = reach - op.getPaddingLow()[i];
    int64_t after = reach - op.getPaddingHigh()[i] + op.getOutputPadding()[i];
    int64_t dim = first ? i + 2 : i + 1;
    interior[dim] = op.getStrides()[i] - 1;
    // A convolution pads; what is to be cropped, `pad` crops.
    low[dim] = std::min<int64_t>(before, 0);
    high[dim] = std::min<int64_t>(after, 0);
    convLow[i] = std::max<int64_t>(before, 0);
    convHigh[i] = std::max<int64_t>(after, 0);
  }
  auto isNonZero = [](int64_t n) { return n != 0; };
  if (llvm::any_of(interior, isNonZero) || llvm::any_of(low, isNonZero) ||
      llvm::any_of(high, isNonZero)) {
    RankedTensorType type = getTensorType(x);
    SmallVector<int64_t> shape(type.getShape());
    for (auto [d, size] : llvm::enumerate(shape))
      if (!ShapedType::isDynamic(size))
        size = size + std::max<int64_t>(size - 1, 0) * interior[d] + low[d] + high[d];
    x = PadOp::create(b, type.clone(shape), x, b.scalar(0.0, type.getElementType()),
                      /*dynamic_low=*/Value(), /*dynamic_high=*/Value(), low, high, interior,
                      PadMode::constant);
  }
  return ConvOp::create(b, x, swapKernel(b, op), op.getBias(), SmallVector<int64_t>(spatial, 1),
                        convLow, convHigh, op.getDilations(), op.getGroups(), op.getLayout());
}

void decompose::addConvTranspose(DecomposerMap &map) {
  add<ConvTransposeOp, decomposeConvTranspose>(map);
}
