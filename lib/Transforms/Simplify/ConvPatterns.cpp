//===- ConvPatterns.cpp - what follows a convolution or product -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::simplify;
using Layout = dlc::dl::DataLayout;

static int64_t channelDim(ConvOp op) {
  return op.getLayout() == Layout::channels_first ? 1 : op.getType().getRank() - 1;
}
static int64_t kernelOutputDim(ConvOp op) {
  return op.getLayout() == Layout::channels_first ? 0 : op.getType().getRank() - 1;
}

/// The convolution behind `value` if nothing else uses it and its elements are
/// of the result's own type, so that rounding comes once.
static ConvOp getOwnConv(Value value) {
  auto conv = value.getDefiningOp<ConvOp>();
  if (!conv || !conv->hasOneUse())
    return {};
  Type element = conv.getType().getElementType();
  return getTensorType(conv.getKernel()).getElementType() == element && isa<FloatType>(element)
             ? conv
             : ConvOp();
}

/// The convolution with another kernel and bias.
static Value rebuild(TensorBuilder &b, ConvOp conv, Value kernel, Value bias) {
  return ConvOp::create(b, conv.getType(), conv.getInput(), kernel, bias, conv.getStridesAttr(),
                        conv.getPaddingLowAttr(), conv.getPaddingHighAttr(),
                        conv.getDilationsAttr(), conv.getGroupsAttr(), conv.getLayoutAttr());
}

/// conv(x, w, b)·factor + shift, with factor and shift per output channel (shift
/// may be null), as one convolution.
static Value scaleConv(TensorBuilder &b, ConvOp conv, Value factor, Value shift) {
  Value kernel = b.mul(conv.getKernel(),
                       b.broadcastLike(factor, kernelOutputDim(conv), conv.getKernel()));
  Value bias = conv.getBias() ? b.mul(conv.getBias(), factor) : Value();
  if (shift)
    bias = bias ? b.add(bias, shift) : shift;
  return rebuild(b, conv, kernel, bias);
}

namespace {
/// add(conv(x, w), broadcast(b) per channel) → conv(x, w) bias(b): the sum starts
/// at the bias instead of another pass adding it.
struct AbsorbConvBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    for (auto [value, term] :
         {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      ConvOp conv = getOwnConv(value);
      if (!conv || conv.getType() != op.getType() || !isPerIndex(term, channelDim(conv)))
        continue;
      TensorBuilder b(rewriter, op.getLoc());
      Value bias = getPerIndexOperand(term, channelDim(conv), b);
      if (conv.getBias())
        bias = b.add(conv.getBias(), bias);
      rewriter.replaceOp(op, rebuild(b, conv, conv.getKernel(), bias));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no term is a convolution, the other per channel");
  }
};

/// mul(conv(x, w, b), broadcast(s) per channel) → conv(x, w·s, b·s) for constant
/// w and s: the weights are scaled once, at compile time.
struct FoldConvScale : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [value, factor] :
         {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      ConvOp conv = getOwnConv(value);
      if (!conv || conv.getType() != op.getType() || !isPerIndex(factor, channelDim(conv)) ||
          !isConstantExpression(factor) || !isConstantExpression(conv.getKernel()))
        continue;
      TensorBuilder b(rewriter, op.getLoc());
      Value scale = getPerIndexOperand(factor, channelDim(conv), b);
      rewriter.replaceOp(op, scaleConv(b, conv, scale, /*shift=*/Value()));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no factor is a convolution, the other constant");
  }
};

/// (v − mean)·factor + bias = v·factor + (bias − mean·factor) with
/// factor = scale/√(variance + ε).
static std::pair<Value, Value> getAffine(TensorBuilder &b, BatchNormOp op) {
  Value inverse = b.unary<RsqrtOp>(b.add(op.getVariance(), op.getEpsilon().convertToDouble()));
  Value factor = b.mul(op.getScale(), inverse);
  return {factor, b.sub(op.getBias(), b.mul(op.getMean(), factor))};
}

static bool isConstantNorm(BatchNormOp op) {
  return llvm::all_of(op->getOperands().drop_front(), isConstantExpression) &&
         llvm::all_of(op->getOperands().drop_front(), [&](Value v) {
           return getTensorType(v).getElementType() == op.getType().getElementType();
         });
}

/// batch_norm(conv(x, w, b)) → conv(x, w·factor, b·factor + shift) for constant
/// parameters.
struct FoldBatchNormIntoConv : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp op, PatternRewriter &rewriter) const override {
    ConvOp conv = getOwnConv(op.getInput());
    if (!conv || conv.getType() != op.getType() ||
        int64_t(op.getFeatureDimension()) != channelDim(conv))
      return rewriter.notifyMatchFailure(op, "not of a convolution's channels");
    if (!isConstantNorm(op) || !isConstantExpression(conv.getKernel()))
      return rewriter.notifyMatchFailure(op, "kernel or statistics aren't constant");
    TensorBuilder b(rewriter, op.getLoc());
    auto [factor, shift] = getAffine(b, op);
    rewriter.replaceOp(op, scaleConv(b, conv, factor, shift));
    return success();
  }
};

/// batch_norm(dot_general(x, w)) → add(dot_general(x, w·factor), shift), where w
/// is a constant matrix and its columns the features.
struct FoldBatchNormIntoDot : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BatchNormOp op, PatternRewriter &rewriter) const override {
    auto dot = op.getInput().getDefiningOp<DotGeneralOp>();
    int64_t last = op.getType().getRank() - 1;
    if (!dot || !dot->hasOneUse() || dot.getType() != op.getType() ||
        int64_t(op.getFeatureDimension()) != last || dot.getRhs().getType().getRank() != 2 ||
        !dot.getRhsBatching().empty() || dot.getRhsContracting().size() != 1 ||
        dot.getRhs().getType().getElementType() != op.getType().getElementType())
      return rewriter.notifyMatchFailure(op, "not of a matrix product's columns");
    if (!isConstantNorm(op) || !isConstantExpression(dot.getRhs()))
      return rewriter.notifyMatchFailure(op, "matrix or statistics aren't constant");
    TensorBuilder b(rewriter, op.getLoc());
    auto [factor, shift] = getAffine(b, op);
    int64_t column = 1 - dot.getRhsContracting()[0];
    Value rhs = b.mul(dot.getRhs(), b.broadcastLike(factor, column, dot.getRhs()));
    Value product = DotGeneralOp::create(b, dot.getType(), dot.getLhs(), rhs,
                                         dot.getLhsBatching(), dot.getRhsBatching(),
                                         dot.getLhsContracting(), dot.getRhsContracting());
    rewriter.replaceOp(op, b.add(product, b.broadcastLike(shift, last, product)));
    return success();
  }
};

/// A convolution over depth, height and width as one over height and width: the
/// taps along the depth become input channels, output planes images.
///
///   x' = concat over k of x[:, :, k·dilation + stride·d]   (n·d, k·c, h, w)
///   conv3d(x, w) → conv2d(x', w')                          (n·d, o, h', w')
///
/// The operand is copied once a tap, and the kernels for planes serve volumes.
struct UnfoldConvDepth : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    RankedTensorType input = getTensorType(op.getInput()), kernel = getTensorType(op.getKernel());
    if (input.getRank() != 5 || op.getGroups() != 1 || op.getLayout() != Layout::channels_first)
      return rewriter.notifyMatchFailure(op, "not one over channels, depth, height and width");
    if (!input.getElementType().isF32() || !kernel.getElementType().isF32() ||
        !op.getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "not of f32");
    if (!kernel.hasStaticShape() || input.isDynamicDim(2) || op.getType().getDimSize(2) <= 0 ||
        op.getPaddingLow()[0] < 0 || op.getPaddingHigh()[0] < 0)
      return rewriter.notifyMatchFailure(op, "the depth is unknown, cropped or empty");
    TensorBuilder b(rewriter, op.getLoc());
    Value x = unfoldInput(op, b);
    SmallVector<int64_t> planesFirst{0, 2, 1, 3, 4};
    SmallVector<Size> sizes = b.sizes(op.getKernel());
    Value w = b.reshape(b.transpose(op.getKernel(), planesFirst),
                        {sizes[0], b.mul(sizes[1], sizes[2]), sizes[3], sizes[4]});
    Value y = ConvOp::create(b, x, w, op.getBias(), op.getStrides().drop_front(),
                             op.getPaddingLow().drop_front(), op.getPaddingHigh().drop_front(),
                             op.getDilations().drop_front(), 1, op.getLayout());
    SmallVector<Size> planes = b.sizes(y);
    y = b.reshape(y, {b.size(op.getInput(), 0), op.getType().getDimSize(2), planes[1], planes[2],
                      planes[3]});
    rewriter.replaceOp(op, b.cast(b.transpose(y, planesFirst), op.getType()));
    return success();
  }

  static Value unfoldInput(ConvOp op, TensorBuilder &b) {
    Value x = op.getInput();
    RankedTensorType type = getTensorType(x);
    int64_t low = op.getPaddingLow()[0], high = op.getPaddingHigh()[0];
    if (low || high) {
      SmallVector<int64_t> shape(type.getShape());
      shape[2] += low + high;
      x = PadOp::create(b, type.clone(shape), x, b.scalar(0.0, type.getElementType()), Value(),
                        Value(), {0, 0, low, 0, 0}, {0, 0, high, 0, 0}, {0, 0, 0, 0, 0},
                        PadMode::constant);
    }
    int64_t depth = op.getType().getDimSize(2), stride = op.getStrides()[0];
    SmallVector<Value> taps;
    for (int64_t k = 0; k < getTensorType(op.getKernel()).getDimSize(2); ++k) {
      int64_t start = k * op.getDilations()[0];
      taps.push_back(b.slice(x, 2, start, start + (depth - 1) * stride + 1, stride));
    }
    x = b.transpose(b.concat(taps, 1), {0, 2, 1, 3, 4});
    SmallVector<Size> sizes = b.sizes(x);
    return b.reshape(x, {b.mul(sizes[0], sizes[1]), sizes[2], sizes[3], sizes[4]});
  }
};
} // namespace

void simplify::populateConvPatterns(RewritePatternSet &patterns) {
  patterns.add<AbsorbConvBias, FoldConvScale, FoldBatchNormIntoConv, FoldBatchNormIntoDot,
               UnfoldConvDepth>(
      patterns.getContext());
}
