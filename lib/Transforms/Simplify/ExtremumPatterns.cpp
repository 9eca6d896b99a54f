//===- ExtremumPatterns.cpp - the larger and the smaller written otherwise -===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Frontends write bounds and extremes such that their derivatives at ties are the
// framework's. Once derivatives are written that makes no difference, and max and min are
// one operation.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::simplify;

namespace {
/// select(x ≤ c, c, x) → max(x, c) and select(x ≥ c, c, x) → min(x, c); the former also of
/// select(x ≤ c, c, min(x, d)) with c ≤ d. NaN compares false, and stays.
struct BoundByComparison : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op, PatternRewriter &rewriter) const override {
    if (!isa<FloatType>(getTensorType(op).getElementType()))
      return rewriter.notifyMatchFailure(op, "not floats");
    auto compare = op.getPred().getDefiningOp<CompareOp>();
    std::optional<double> bound = getUniformValue(op.getOnTrue());
    if (!compare || !bound || getUniformValue(compare.getRhs()) != bound)
      return rewriter.notifyMatchFailure(op, "not a number chosen where that is passed");
    Value x = compare.getLhs(), inside = op.getOnFalse();
    ComparisonDirection direction = compare.getDirection();
    bool isLow = direction == ComparisonDirection::le || direction == ComparisonDirection::lt;
    if (!isLow && direction != ComparisonDirection::ge && direction != ComparisonDirection::gt)
      return rewriter.notifyMatchFailure(op, "the comparison is no inequality");
    if (inside != x && !(isLow && isBoundAbove(inside, x, *bound)))
      return rewriter.notifyMatchFailure(op, "it isn't what is compared elsewhere");
    if (isLow)
      rewriter.replaceOpWithNewOp<MaxOp>(op, op.getType(), inside, op.getOnTrue());
    else
      rewriter.replaceOpWithNewOp<MinOp>(op, op.getType(), inside, op.getOnTrue());
    return success();
  }

private:
  /// min(x, d) with d ≥ bound.
  static bool isBoundAbove(Value value, Value x, double bound) {
    auto min = value.getDefiningOp<MinOp>();
    if (!min || min.getLhs() != x)
      return false;
    std::optional<double> high = getUniformValue(min.getRhs());
    return high && *high >= bound;
  }
};

/// clamp(low, x, ∞) → max(x, low) and clamp(−∞, x, high) → min(x, high)
struct DropInfiniteBound : OpRewritePattern<ClampOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ClampOp op, PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    bool hasNoHigh = getUniformValue(op.getHigh()) == INFINITY;
    if (!hasNoHigh && getUniformValue(op.getLow()) != -INFINITY)
      return rewriter.notifyMatchFailure(op, "both bounds may count");
    TensorBuilder b(rewriter, op.getLoc());
    Value bound = b.broadcastLike(hasNoHigh ? op.getLow() : op.getHigh(), x);
    if (hasNoHigh)
      rewriter.replaceOpWithNewOp<MaxOp>(op, op.getType(), x, bound);
    else
      rewriter.replaceOpWithNewOp<MinOp>(op, op.getType(), x, bound);
    return success();
  }
};

/// gather(x, arg_reduce(max, x)) → reduce(max, x): the element that was found is the largest.
struct ReduceToExtreme : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto found = op.getIndices().getDefiningOp<ArgReduceOp>();
    if (!found || found.getInput() != op.getInput() || !found.getKeepDims())
      return rewriter.notifyMatchFailure(op, "the indices aren't those of extremes");
    int64_t axis = found.getDimension(), rank = getTensorType(op.getInput()).getRank();
    SmallVector<int64_t> others = llvm::to_vector(llvm::seq(int64_t(0), rank));
    others.erase(others.begin() + axis);
    if (int64_t(op.getIndexVectorDim()) != rank || op.getStartIndexMap() != ArrayRef(axis) ||
        op.getOperandBatchingDims() != ArrayRef(others) ||
        op.getStartIndicesBatchingDims() != ArrayRef(others))
      return rewriter.notifyMatchFailure(op, "the elements aren't those along the dimension");
    auto kind = found.getKind() == ArgReduceKind::max ? ReductionKind::max : ReductionKind::min;
    TensorBuilder b(rewriter, op.getLoc());
    rewriter.replaceOp(op, b.cast(b.reduce(kind, op.getInput(), axis), op.getType()));
    return success();
  }
};
} // namespace

void simplify::populateExtremumPatterns(RewritePatternSet &patterns) {
  patterns.add<BoundByComparison, DropInfiniteBound, ReduceToExtreme>(patterns.getContext());
}
