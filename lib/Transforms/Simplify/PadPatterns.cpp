//===- PadPatterns.cpp - padding as part of a window op -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::simplify;
using Layout = dlc::dl::DataLayout;

/// The static, non-negative padding of the spatial dimensions that `pad` adds
/// with `value`; false if it does anything else.
static bool getSpatialPadding(PadOp pad, Layout layout, SmallVectorImpl<int64_t> &low,
                              SmallVectorImpl<int64_t> &high) {
  int64_t rank = getTensorType(pad).getRank();
  if (pad.getMode() != PadMode::constant || pad.getDynamicLow() ||
      llvm::any_of(pad.getInterior(), [](int64_t n) { return n != 0; }))
    return false;
  int64_t first = layout == Layout::channels_first ? 2 : 1;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t before = pad.getLow()[d], after = pad.getHigh()[d];
    if (before < 0 || after < 0)
      return false;
    if (d >= first && d < first + rank - 2) {
      low.push_back(before);
      high.push_back(after);
    } else if (before != 0 || after != 0) {
      return false;
    }
  }
  return true;
}

static SmallVector<int64_t> sum(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return llvm::map_to_vector(llvm::zip_equal(a, b), [](auto pair) {
    return std::get<0>(pair) + std::get<1>(pair);
  });
}

namespace {
/// conv(pad(x, 0)) → conv(x) with more padding: no padded copy of x.
struct FoldPadIntoConv : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    SmallVector<int64_t> low, high;
    if (!pad || !getSpatialPadding(pad, op.getLayout(), low, high) ||
        getUniformValue(pad.getValue()) != 0.0)
      return rewriter.notifyMatchFailure(op, "the operand isn't padded with zeros only");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getInput());
      op.setPaddingLow(sum(op.getPaddingLow(), low));
      op.setPaddingHigh(sum(op.getPaddingHigh(), high));
    });
    return success();
  }
};

/// pool max(pad(x, −∞)) → pool max(x) with more padding, and
/// pool average(pad(x, 0)) → pool average(x) {count_include_pad}.
struct FoldPadIntoPool : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    SmallVector<int64_t> low, high;
    if (!pad || op.getCeilMode() || !getSpatialPadding(pad, op.getLayout(), low, high))
      return rewriter.notifyMatchFailure(op, "the operand isn't padded by a constant");
    std::optional<double> value = getUniformValue(pad.getValue());
    bool isAverage = op.getKind() == PoolKind::average;
    auto isZero = [](int64_t n) { return n == 0; };
    bool unpadded = llvm::all_of(op.getPaddingLow(), isZero) &&
                    llvm::all_of(op.getPaddingHigh(), isZero);
    double neutral = op.getKind() == PoolKind::max ? -std::numeric_limits<double>::infinity() : 0.0;
    if (value != neutral || (isAverage && !unpadded && !op.getCountIncludePad()))
      return rewriter.notifyMatchFailure(op, "the padding counts in the result");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getInput());
      op.setPaddingLow(sum(op.getPaddingLow(), low));
      op.setPaddingHigh(sum(op.getPaddingHigh(), high));
      if (isAverage)
        op.setCountIncludePad(true);
    });
    return success();
  }
};
} // namespace

void simplify::populatePadPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldPadIntoConv, FoldPadIntoPool>(patterns.getContext());
}
