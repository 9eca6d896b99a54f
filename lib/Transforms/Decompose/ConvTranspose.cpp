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
static Value swapKernel(TensorBuilder &b, ConvTransposeOp op, Value kernel) {
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

/// `kernel` with `interior` zeros between its taps and `high` after them.
static Value stretchKernel(TensorBuilder &b, Value kernel, int64_t firstDim,
                           ArrayRef<int64_t> interior, ArrayRef<int64_t> high) {
  RankedTensorType type = getTensorType(kernel);
  SmallVector<int64_t> shape(type.getShape()), zeros(type.getRank(), 0);
  SmallVector<int64_t> between(zeros), after(zeros);
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(interior, high))) {
    between[firstDim + i] = std::get<0>(pair);
    after[firstDim + i] = std::get<1>(pair);
    shape[firstDim + i] += (shape[firstDim + i] - 1) * std::get<0>(pair) + std::get<1>(pair);
  }
  return PadOp::create(b, type.clone(shape), kernel, b.scalar(0.0, type.getElementType()),
                       /*dynamic_low=*/Value(), /*dynamic_high=*/Value(), zeros, after, between,
                       PadMode::constant);
}

/// The taps s·t + r of a kernel of s·T taps as T taps t of sᵈ times the output
/// channels: …,s·T → …,T,s → …,O/g·sᵈ,…,T.
static Value splitPhases(ConvTransposeOp op, TensorBuilder &b, Value kernel,
                         ArrayRef<int64_t> taps, int64_t phases) {
  int64_t spatial = taps.size();
  SmallVector<Size> sizes = b.sizes(kernel), split, merged;
  SmallVector<int64_t> permutation;
  auto pushSplit = [&] {
    for (auto [count, stride] : llvm::zip_equal(taps, op.getStrides()))
      split.append({Size(count), Size(stride)});
  };
  auto pushDims = [&](int64_t from) {
    for (int64_t i = 0; i < spatial; ++i)
      permutation.push_back(from + 2 * i);
  };
  if (op.getLayout() == Layout::channels_first) {
    split.append({sizes[0], sizes[1]});
    pushSplit();
    permutation.append({0, 1});
    pushDims(3);
    pushDims(2);
    merged.append({sizes[0], b.mul(sizes[1], phases)});
    merged.append(taps.begin(), taps.end());
  } else {
    pushSplit();
    split.append({sizes[spatial], sizes[spatial + 1]});
    pushDims(0);
    permutation.push_back(2 * spatial);
    pushDims(1);
    permutation.push_back(2 * spatial + 1);
    merged.append(taps.begin(), taps.end());
    merged.append({b.mul(sizes[spatial], phases), sizes[spatial + 1]});
  }
  return b.reshape(b.transpose(b.reshape(kernel, split), permutation), merged);
}

/// N,O·sᵈ,i → N,O,s…,i… → N,O,i,s,… → N,O,i·s,…
static Value interleavePhases(ConvTransposeOp op, TensorBuilder &b, Value y, int64_t phases) {
  ArrayRef<int64_t> strides = op.getStrides();
  int64_t spatial = strides.size();
  bool first = op.getLayout() == Layout::channels_first;
  SmallVector<Size> sizes = b.sizes(y), inner(strides.begin(), strides.end());
  Size channels = b.div(sizes[first ? 1 : spatial + 1], phases);
  SmallVector<Size> split{sizes[0]}, merged{sizes[0]};
  SmallVector<int64_t> permutation{0};
  if (first) {
    split.push_back(channels);
    merged.push_back(channels);
    permutation.push_back(1);
    split.append(inner);
  }
  for (int64_t i = 0; i < spatial; ++i) {
    Size size = sizes[(first ? 2 : 1) + i];
    split.push_back(size);
    merged.push_back(b.mul(size, strides[i]));
    permutation.append({first ? 2 + spatial + i : 1 + i, first ? 2 + i : 2 + spatial + i});
  }
  if (!first) {
    split.push_back(channels);
    merged.push_back(channels);
    split.append(inner);
    permutation.push_back(1 + spatial);
  }
  return b.reshape(b.transpose(b.reshape(y, split), permutation), merged);
}

/// Each tap s·t + r of a kernel contributes to outputs ≡ r modulo the stride s only:
///
///   y[s·i + r] = Σₜ w[s·t + r] · x[i − t]
///
/// which is one convolution with the phases r as output channels, laid out side by
/// side after it, and cropped. A stretched operand would multiply zeros, sᵈ − 1 of
/// sᵈ times.
static Value decomposeByPhases(ConvTransposeOp op, TensorBuilder &b) {
  ArrayRef<int64_t> strides = op.getStrides();
  int64_t spatial = strides.size(), phases = 1;
  bool first = op.getLayout() == Layout::channels_first;
  int64_t kernelDim = first ? 2 : 0, dim = first ? 2 : 1;
  SmallVector<int64_t> interior, missing, taps, reach, low(spatial + 2, 0), high(spatial + 2, 0);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t size = getTensorType(op.getKernel()).getDimSize(kernelDim + i);
    interior.push_back(op.getDilations()[i] - 1);
    int64_t extent = size + (size - 1) * interior.back();
    taps.push_back(llvm::divideCeil(extent, strides[i]));
    missing.push_back(taps.back() * strides[i] - extent);
    reach.push_back(taps.back() - 1);
    low[dim + i] = -op.getPaddingLow()[i];
    high[dim + i] = op.getOutputPadding()[i] - op.getPaddingHigh()[i] - missing.back();
    phases *= strides[i];
  }
  Value kernel = stretchKernel(b, op.getKernel(), kernelDim, interior, missing);
  kernel = swapKernel(b, op, splitPhases(op, b, kernel, taps, phases));
  SmallVector<int64_t> ones(spatial, 1);
  Value y = ConvOp::create(b, op.getInput(), kernel, /*bias=*/Value(), ones, reach, reach, ones,
                           op.getGroups(), op.getLayout());
  y = interleavePhases(op, b, y, phases);
  y = PadOp::create(b, getTensorType(op.getOutput()), y,
                    b.scalar(0.0, getTensorType(y).getElementType()), Value(), Value(), low, high,
                    SmallVector<int64_t>(spatial + 2, 0), PadMode::constant);
  if (op.getBias())
    y = b.add(y, b.broadcastLike(op.getBias(), {first ? 1 : spatial + 1}, y));
  return y;
}

/// With a kernel whose size shows as the program runs: a convolution of the operand with zeros
/// between its elements, and around them as many as the kernel reaches.
static Value decomposeOpenKernel(ConvTransposeOp op, TensorBuilder &b) {
  int64_t spatial = op.getStrides().size();
  bool first = op.getLayout() == Layout::channels_first;
  SmallVector<int64_t> zeros(spatial + 2, 0), interior(zeros), ones(spatial, 1), none(spatial, 0);
  SmallVector<Size> low(spatial + 2, Size(0)), high(low);
  RankedTensorType type = getTensorType(op.getInput());
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t dim = first ? i + 2 : i + 1;
    Size taps = b.size(op.getKernel(), first ? i + 2 : i);
    Size reach = b.mul(b.sub(taps, 1), op.getDilations()[i]);
    low[dim] = b.sub(reach, op.getPaddingLow()[i]);
    high[dim] = b.sub(b.add(reach, op.getOutputPadding()[i]), op.getPaddingHigh()[i]);
    interior[dim] = op.getStrides()[i] - 1;
    shape[dim] = ShapedType::kDynamic;
  }
  Value x = PadOp::create(b, type.clone(shape), op.getInput(), b.scalar(0.0, type.getElementType()),
                          b.shapeOperand(low), b.shapeOperand(high), zeros, zeros, interior,
                          PadMode::constant);
  Value y = ConvOp::create(b, x, swapKernel(b, op, op.getKernel()), op.getBias(), ones, none, none,
                           op.getDilations(), op.getGroups(), op.getLayout());
  return b.cast(y, op.getOutput().getType());
}

/// With strides of 1, conv_transpose(x, w) → conv(x, flipped w): every output is a
/// sum over the window of the operand.
static Value decomposeConvTranspose(ConvTransposeOp op, TensorBuilder &b) {
  Value x = op.getInput();
  int64_t spatial = op.getStrides().size();
  bool first = op.getLayout() == Layout::channels_first;
  RankedTensorType kernelType = getTensorType(op.getKernel());
  if (llvm::is_contained(kernelType.getShape().slice(first ? 2 : 0, spatial),
                         ShapedType::kDynamic))
    return decomposeOpenKernel(op, b);
  if (llvm::any_of(op.getStrides(), [](int64_t stride) { return stride != 1; }))
    return decomposeByPhases(op, b);
  SmallVector<int64_t> low(spatial + 2, 0), high(spatial + 2, 0);
  SmallVector<int64_t> convLow(spatial), convHigh(spatial);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t taps = kernelType.getDimSize(first ? i + 2 : i);
    int64_t reach = (taps - 1) * op.getDilations()[i];
    int64_t before = reach - op.getPaddingLow()[i];
    int64_t after = reach - op.getPaddingHigh()[i] + op.getOutputPadding()[i];
    int64_t dim = first ? i + 2 : i + 1;
    // A convolution pads; what is to be cropped, `pad` crops.
    low[dim] = std::min<int64_t>(before, 0);
    high[dim] = std::min<int64_t>(after, 0);
    convLow[i] = std::max<int64_t>(before, 0);
    convHigh[i] = std::max<int64_t>(after, 0);
  }
  auto isNonZero = [](int64_t n) { return n != 0; };
  if (llvm::any_of(low, isNonZero) || llvm::any_of(high, isNonZero)) {
    RankedTensorType type = getTensorType(x);
    SmallVector<int64_t> shape(type.getShape());
    for (auto [d, size] : llvm::enumerate(shape))
      if (!ShapedType::isDynamic(size))
        size = size + low[d] + high[d];
    x = PadOp::create(b, type.clone(shape), x, b.scalar(0.0, type.getElementType()),
                      /*dynamic_low=*/Value(), /*dynamic_high=*/Value(), low, high,
                      SmallVector<int64_t>(spatial + 2, 0), PadMode::constant);
  }
  return ConvOp::create(b, x, swapKernel(b, op, op.getKernel()), op.getBias(),
                        SmallVector<int64_t>(spatial, 1), convLow, convHigh, op.getDilations(),
                        op.getGroups(), op.getLayout());
}

void decompose::addConvTranspose(DecomposerMap &map) {
  add<ConvTransposeOp, decomposeConvTranspose>(map);
}
