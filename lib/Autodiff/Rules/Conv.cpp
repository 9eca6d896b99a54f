//===- Conv.cpp - derivatives of convolutions -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// With y = conv(x, w), of stride s, dilation d and padding low, high:
//
//   ∂x: conv_transpose(dy, w), s, d, low, high    (its adjoint in x)
//   ∂w: conv(xᵀ, dyᵀ), stride d, dilation s, with batch and channels exchanged
//
// and conv_transpose's are the same with x and dy in each other's place.
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

namespace {
/// The attributes that both kinds of convolution have.
struct ConvShape {
  template <typename Op>
  ConvShape(Op op)
      : strides(op.getStrides()), low(op.getPaddingLow()), high(op.getPaddingHigh()),
        dilations(op.getDilations()), groups(op.getGroups()), layout(op.getLayout()),
        kernel(op.getKernel()) {}

  int64_t getRank() const { return strides.size(); }
  bool isChannelsFirst() const { return layout == dl::DataLayout::channels_first; }
  /// Which dimension of an operand is the k-th spatial one.
  int64_t spatial(int64_t k) const { return isChannelsFirst() ? 2 + k : 1 + k; }
  int64_t channels() const { return isChannelsFirst() ? 1 : getRank() + 1; }
  int64_t kernelSpatial(int64_t k) const { return isChannelsFirst() ? 2 + k : k; }

  ArrayRef<int64_t> strides, low, high, dilations;
  int64_t groups;
  dl::DataLayout layout;
  Value kernel;
};
} // namespace

/// N,C,spatial of either layout.
static Value toChannelsFirst(TensorBuilder &b, Value x, const ConvShape &shape) {
  if (shape.isChannelsFirst())
    return x;
  SmallVector<int64_t> permutation{0, shape.channels()};
  for (int64_t k = 0; k < shape.getRank(); ++k)
    permutation.push_back(shape.spatial(k));
  return b.transpose(x, permutation);
}

/// The leading `sizes` elements of the spatial dimensions, numbered by `dimOf`.
static Value crop(TensorBuilder &b, Value x, ArrayRef<Size> sizes,
                  llvm::function_ref<int64_t(int64_t)> dimOf) {
  for (auto [k, size] : llvm::enumerate(sizes)) {
    Size own = b.size(x, dimOf(k));
    if (!(own.isStatic() && size.isStatic() && own.known == size.known))
      x = sliceAlong(b, x, dimOf(k), 0, size);
  }
  return x;
}

/// The cotangent of a convolution's input: the adjoint, cut to the input's size. An
/// output padding of stride − 1 makes it as large as any input with that result.
static Value transposeInput(TensorBuilder &b, Value dy, Value input, const ConvShape &shape) {
  SmallVector<int64_t> extra;
  for (int64_t stride : shape.strides)
    extra.push_back(stride - 1);
  Value kernel = b.convert(shape.kernel, getTensorType(dy).getElementType());
  Value full = ConvTransposeOp::create(b, dy, kernel, Value(), shape.strides, shape.low,
                                       shape.high, shape.dilations, extra, shape.groups,
                                       shape.layout);
  SmallVector<Size> sizes;
  for (int64_t k = 0; k < shape.getRank(); ++k)
    sizes.push_back(b.size(input, shape.spatial(k)));
  return crop(b, full, sizes, [&](int64_t k) { return shape.spatial(k); });
}

/// The cotangent of a convolution's kernel. Per group, channels take the batch's
/// place: x as (C/G),(G·N) and dy as O,N, so that group g of the convolution is that
/// of the channels.
static Value transposeKernel(TensorBuilder &b, Value x, Value dy, const ConvShape &shape) {
  int64_t rank = shape.getRank(), groups = shape.groups;
  Type element = getTensorType(dy).getElementType();
  x = toChannelsFirst(b, b.convert(x, element), shape);
  dy = toChannelsFirst(b, dy, shape);
  SmallVector<Size> sizes = b.sizes(x);
  SmallVector<Size> split{sizes[0], groups, b.div(sizes[1], groups)};
  SmallVector<int64_t> order{2, 1, 0};
  for (int64_t k = 0; k < rank; ++k) {
    split.push_back(sizes[2 + k]);
    order.push_back(3 + k);
  }
  SmallVector<Size> merged{split[2], b.mul(split[1], split[0])};
  llvm::append_range(merged, ArrayRef(sizes).drop_front(2));
  Value input = b.reshape(b.transpose(b.reshape(x, split), order), merged);
  SmallVector<int64_t> swap = upTo(rank + 2);
  std::swap(swap[0], swap[1]);
  Value kernel = b.transpose(dy, swap);
  Value product = ConvOp::create(b, input, kernel, Value(), shape.dilations, shape.low, shape.high,
                                 shape.strides, groups, dl::DataLayout::channels_first);
  // (C/G),O,spatial, perhaps with positions beyond the kernel's.
  SmallVector<Size> kept;
  for (int64_t k = 0; k < rank; ++k)
    kept.push_back(b.size(shape.kernel, shape.kernelSpatial(k)));
  product = crop(b, product, kept, [](int64_t k) { return 2 + k; });
  if (shape.isChannelsFirst())
    return b.transpose(product, swap);
  SmallVector<int64_t> last;
  for (int64_t k = 0; k < rank; ++k)
    last.push_back(2 + k);
  last.append({0, 1});
  return b.transpose(product, last);
}

/// Σ over all but the channels.
static Value transposeBias(TensorBuilder &b, Value dy, const ConvShape &shape) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < shape.getRank() + 2; ++d)
    if (d != shape.channels())
      dims.push_back(d);
  return sumOver(b, dy, dims);
}

/// Linear in the kernel, and in input and bias together.
template <typename Op>
static void forwardConv(Op op, Forward &f) {
  TensorBuilder &b = f.b;
  ConvShape shape(op);
  auto apply = [&](Value input, Value kernel) -> Value {
    auto applied = cast<Op>(op->clone());
    applied.getInputMutable().assign(input);
    applied.getKernelMutable().assign(kernel);
    applied.getBiasMutable().clear();
    b.insert(applied);
    return applied;
  };
  if (f.tangent(0))
    f.add(0, apply(f.tangent(0), op.getKernel()));
  if (f.tangent(1))
    f.add(0, apply(op.getInput(), f.tangent(1)));
  if (op.getBias() && f.tangent(2))
    f.add(0, b.broadcastLike(f.tangent(2), {shape.channels()}, op.getOutput()));
}

static void reverseConv(ConvOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  ConvShape shape(op);
  Value dy = r.cotangent();
  auto add = [&](unsigned i, Value value) {
    r.add(i, b.convert(value, getTensorType(op->getOperand(i)).getElementType()));
  };
  if (r.wants(0u))
    add(0, transposeInput(b, dy, op.getInput(), shape));
  if (r.wants(1u))
    add(1, transposeKernel(b, op.getInput(), dy, shape));
  if (r.wants(op.getBias()))
    add(2, transposeBias(b, dy, shape));
}

/// conv_transpose may have padding below 0, which conv has not, and an output padding
/// of a stride or more; the cotangent is padded and cut to fit.
static void reverseConvTranspose(ConvTransposeOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  ConvShape shape(op);
  Value dy = r.cotangent();
  if (r.wants(op.getBias()))
    r.add(2, transposeBias(b, dy, shape));
  SmallVector<int64_t> low, high;
  SmallVector<Size> addedLow(shape.getRank() + 2, 0), addedHigh = addedLow;
  bool isPadded = false;
  for (int64_t k = 0; k < shape.getRank(); ++k) {
    low.push_back(std::max<int64_t>(shape.low[k], 0));
    high.push_back(std::max<int64_t>(shape.high[k], 0));
    addedLow[shape.spatial(k)] = std::min<int64_t>(shape.low[k], 0);
    addedHigh[shape.spatial(k)] = std::min<int64_t>(shape.high[k], 0);
    isPadded |= shape.low[k] < 0 || shape.high[k] < 0;
  }
  if (isPadded)
    dy = padZeros(b, dy, addedLow, addedHigh, SmallVector<int64_t>(shape.getRank() + 2, 0));
  shape.low = low;
  shape.high = high;
  if (r.wants(0u)) {
    Value dx = ConvOp::create(b, dy, op.getKernel(), Value(), shape.strides, low, high,
                              shape.dilations, shape.groups, shape.layout);
    SmallVector<Size> sizes;
    for (int64_t k = 0; k < shape.getRank(); ++k)
      sizes.push_back(b.size(op.getInput(), shape.spatial(k)));
    r.add(0, crop(b, dx, sizes, [&](int64_t k) { return shape.spatial(k); }));
  }
  if (r.wants(1u))
    r.add(1, transposeKernel(b, dy, op.getInput(), shape));
}

void autodiff::addConvRules(RuleTable &table) {
  table.add<ConvOp>(forwardConv<ConvOp>, reverseConv);
  table.add<ConvTransposeOp>(forwardConv<ConvTransposeOp>, reverseConvTranspose);
}
