//===- DlShapeCanonicalizers.cpp - rewrites of ops that move elements -----===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every pattern here makes an op with fewer operands, elements or freedom:
// run-time positions become attributes, sizes become static.
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

using namespace mlir;
using namespace dlc::dl;

/// A slice in place of `op`; null where it would read outside, or not have a
/// type compatible with `type`: then the run ends with an error at `op`.
static Value makeSlice(OpBuilder &builder, Operation *op, Type type, Value input,
                       ArrayRef<int64_t> starts, ArrayRef<int64_t> limits,
                       ArrayRef<int64_t> strides) {
  SliceOp::Properties properties;
  properties.start_indices = builder.getDenseI64ArrayAttr(starts);
  properties.limit_indices = builder.getDenseI64ArrayAttr(limits);
  properties.strides = builder.getDenseI64ArrayAttr(strides);
  RankedTensorType inferred = inferSilently<SliceOp>(op, input, properties);
  if (!inferred || (type && !areCompatibleTypes(inferred, type)))
    return nullptr;
  return SliceOp::create(builder, op->getLoc(), inferred, input, starts, limits, strides);
}

/// Whether reshape to `type` needs no shape operand.
static bool isReshapeTarget(RankedTensorType type) {
  return type.getNumDynamicDims() == 0 ||
         (type.getNumDynamicDims() == 1 && !llvm::is_contained(type.getShape(), 0));
}

namespace {

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// The one unknown size follows from the number of elements.
///
///   dl.reshape %x : tensor<6x4xf32> -> tensor<?x8xf32>
/// →
///   %0 = dl.reshape %x : tensor<6x4xf32> -> tensor<3x8xf32>
///   tensor.cast %0 : tensor<3x8xf32> to tensor<?x8xf32>
struct InferReshapeSize : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto input = getTensorType(op.getInput()), type = getTensorType(op);
    if (!input.hasStaticShape() || type.getNumDynamicDims() != 1)
      return rewriter.notifyMatchFailure(op, "operand is dynamic, or not one size unknown");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    int64_t product = 1, unknown = 0;
    for (auto [d, size] : llvm::enumerate(type.getShape())) {
      if (ShapedType::isDynamic(size))
        unknown = d;
      else
        product *= size;
    }
    int64_t count = input.getNumElements();
    if (product == 0 || count % product != 0)
      return rewriter.notifyMatchFailure(op, "the element count does not give the size");
    SmallVector<int64_t> shape(type.getShape());
    shape[unknown] = count / product;
    replaceRefined(rewriter, op,
                   ReshapeOp::create(rewriter, op.getLoc(), type.clone(shape), op.getInput(),
                                     Value()));
    return success();
  }
};

/// A shape operand is no use where the element count gives the only unknown
/// size.
struct DropReshapeShape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    if (!op.getShape() || !isReshapeTarget(getTensorType(op)))
      return rewriter.notifyMatchFailure(op, "needs its shape operand, or has none");
    rewriter.modifyOpInPlace(op, [&] { op.getShapeMutable().clear(); });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

/// Moving dimensions of size 1 moves no element.
///
///   dl.transpose %x, permutation = [1, 0] : tensor<1x4xf32> -> tensor<4x1xf32>
/// →
///   dl.reshape %x : tensor<1x4xf32> -> tensor<4x1xf32>
struct TransposeOfUnitDims : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto input = getTensorType(op.getInput());
    SmallVector<int64_t> moved;
    for (int64_t d : op.getPermutation())
      if (input.getDimSize(d) != 1)
        moved.push_back(d);
    if (!llvm::is_sorted(moved) || !isReshapeTarget(getTensorType(op)))
      return rewriter.notifyMatchFailure(op, "moves a size that may not be 1");
    if (llvm::is_sorted(op.getPermutation()))
      return rewriter.notifyMatchFailure(op, "moves nothing");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(), Value());
    return success();
  }
};

/// Moves only the dimensions that were there before sizes of 1 came between them, so that
/// this transpose meets the one before that.
///
///   %0 = dl.reshape %x : tensor<4x6xf32> -> tensor<4x1x6xf32>
///   dl.transpose %0, permutation = [2, 1, 0] : tensor<4x1x6xf32> -> tensor<6x1x4xf32>
/// →
///   %0 = dl.transpose %x, permutation = [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
///   dl.reshape %0 : tensor<6x4xf32> -> tensor<6x1x4xf32>
struct TransposeOfInsertedDims : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
    if (!reshape || !isReshapeTarget(getTensorType(op)))
      return rewriter.notifyMatchFailure(op, "isn't of a reshape");
    auto before = getTensorType(reshape.getInput()), after = getTensorType(reshape);
    if (before.getRank() >= after.getRank() || !isReshapeTarget(before))
      return rewriter.notifyMatchFailure(op, "no dimension is inserted");
    // The dimension of `before` that each of `after` is; −1 where it is inserted.
    SmallVector<int64_t> origins;
    int64_t next = 0;
    for (int64_t size : after.getShape()) {
      bool isThere = next < before.getRank() && before.getDimSize(next) == size;
      if (!isThere && size != 1)
        return rewriter.notifyMatchFailure(op, "more than sizes of 1 is inserted");
      origins.push_back(isThere ? next++ : -1);
    }
    if (next != before.getRank())
      return rewriter.notifyMatchFailure(op, "a size goes");
    SmallVector<int64_t> permutation;
    for (int64_t d : op.getPermutation())
      if (origins[d] >= 0)
        permutation.push_back(origins[d]);
    Value moved = TransposeOp::create(rewriter, op.getLoc(), reshape.getInput(), permutation);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), moved, Value());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

/// Operands without elements vanish; a concatenation among the operands gives
/// its own; that of one is that one.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t dimension = op.getDimension();
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner.getDimension() == op.getDimension() && inner->hasOneUse())
        llvm::append_range(inputs, inner.getInputs());
      else if (getTensorType(input).getDimSize(dimension) != 0)
        inputs.push_back(input);
    }
    if (inputs.empty())
      inputs.push_back(op.getInputs().front());
    if (inputs.size() == 1) {
      auto type = getTensorType(inputs.front());
      if (type != op.getType() && !mayRefine(op))
        return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
      if (!areCompatibleTypes(type, op.getType()))
        return rewriter.notifyMatchFailure(op, "sizes disagree, an error at run time");
      replaceRefined(rewriter, op, inputs.front());
      return success();
    }
    if (ValueRange(inputs) == op.getInputs())
      return rewriter.notifyMatchFailure(op, "nothing to flatten");
    RankedTensorType inferred = inferSilently<ConcatOp>(op, inputs, op.getProperties());
    if (!inferred || !areCompatibleTypes(inferred, op.getType()))
      return rewriter.notifyMatchFailure(op, "sizes disagree, an error at run time");
    rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().assign(inputs); });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

/// slice(slice(x)) = slice(x), where the sizes are static.
struct SliceOfSlice : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SliceOp>();
    auto type = getTensorType(op);
    if (!inner || !type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "operand is no slice, or the result dynamic");
    SmallVector<int64_t> starts, limits, strides;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      int64_t stride = inner.getStrides()[d], count = type.getDimSize(d);
      starts.push_back(inner.getStartIndices()[d] + op.getStartIndices()[d] * stride);
      strides.push_back(op.getStrides()[d] * stride);
      limits.push_back(starts[d] + (count == 0 ? 0 : (count - 1) * strides[d] + 1));
    }
    Value slice = makeSlice(rewriter, op, type, inner.getInput(), starts, limits, strides);
    if (!slice)
      return rewriter.notifyMatchFailure(op, "reads outside, an error at run time");
    replaceRefined(rewriter, op, slice);
    return success();
  }
};

/// A slice that lies in one operand of a concatenation is a slice of that.
///
///   %0 = dl.concat %a, %b dim = 0 : (tensor<2xi64>, tensor<3xi64>) -> tensor<5xi64>
///   dl.slice %0 starts = [3] limits = [5] … : tensor<5xi64> -> tensor<2xi64>
/// →
///   dl.slice %b starts = [1] limits = [3] … : tensor<3xi64> -> tensor<2xi64>
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat)
      return rewriter.notifyMatchFailure(op, "operand is no concat");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    int64_t dimension = concat.getDimension(), offset = 0;
    SmallVector<int64_t> starts(op.getStartIndices()), limits(op.getLimitIndices());
    if (limits[dimension] == -1)
      limits[dimension] = getTensorType(concat).getDimSize(dimension);
    int64_t start = starts[dimension], limit = limits[dimension];
    for (Value part : concat.getInputs()) {
      int64_t size = getTensorType(part).getDimSize(dimension);
      if (ShapedType::isDynamic(size) || limit < start)
        break;
      if (start >= offset && limit <= offset + size && start < offset + size) {
        starts[dimension] -= offset;
        limits[dimension] -= offset;
        Value slice =
            makeSlice(rewriter, op, op.getType(), part, starts, limits, op.getStrides());
        if (!slice)
          return rewriter.notifyMatchFailure(op, "reads outside, an error at run time");
        replaceRefined(rewriter, op, slice);
        return success();
      }
      offset += size;
    }
    return rewriter.notifyMatchFailure(op, "spans several operands of the concat");
  }
};

/// Static positions make a static slice; what a negative stride reverses is
/// reversed after.
struct SliceAtConstants : OpRewritePattern<DynamicSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DynamicSliceOp op, PatternRewriter &rewriter) const override {
    auto input = getTensorType(op.getInput());
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    int64_t rank = input.getRank();
    auto starts = getKnownShape(op.getStartIndices());
    auto sizes = mergeShapes(
        getTensorType(op).getShape(),
        getKnownShape(op.getSizes())
            .value_or(SmallVector<int64_t>(rank, ShapedType::kDynamic)));
    auto strides = getKnownShape(op.getStrides()).value_or(SmallVector<int64_t>(rank, 1));
    if (failed(sizes))
      return rewriter.notifyMatchFailure(op, "sizes disagree, an error at run time");
    SmallVector<int64_t> lows, limits, steps, reversed;
    for (int64_t d = 0; d < rank; ++d) {
      int64_t start = (*starts)[d], count = (*sizes)[d], stride = strides[d];
      if (start < 0 || count < 0 || stride == 0 || ShapedType::isDynamic(stride))
        return rewriter.notifyMatchFailure(op, "a position is not constant, or negative");
      int64_t last = start + std::max<int64_t>(count - 1, 0) * stride;
      lows.push_back(std::min(start, last));
      limits.push_back(count == 0 ? lows.back() : std::max(start, last) + 1);
      steps.push_back(std::abs(stride));
      if (stride < 0 && count > 1)
        reversed.push_back(d);
      if (lows.back() < 0 || (!input.isDynamicDim(d) && limits.back() > input.getDimSize(d)))
        return rewriter.notifyMatchFailure(op, "reads outside, an error at run time");
    }
    Value slice = makeSlice(rewriter, op, op.getType(), op.getInput(), lows, limits, steps);
    if (!slice)
      return rewriter.notifyMatchFailure(op, "reads outside, an error at run time");
    if (!reversed.empty())
      slice = ReverseOp::create(rewriter, op.getLoc(), slice, reversed);
    replaceRefined(rewriter, op, slice);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

/// Constant padding becomes attributes, and the result as static as it gets.
struct PadByConstants : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PadOp op, PatternRewriter &rewriter) const override {
    auto low = getKnownShape(op.getDynamicLow()), high = getKnownShape(op.getDynamicHigh());
    if (!low || !high)
      return rewriter.notifyMatchFailure(op, "padding is static already");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    auto input = getTensorType(op.getInput());
    SmallVector<int64_t> shape;
    for (auto [d, l, h] : llvm::enumerate(*low, *high)) {
      bool allowed = op.getMode() == PadMode::constant || (l >= 0 && h >= 0);
      if (ShapedType::isDynamic(l) || ShapedType::isDynamic(h) || !allowed)
        return rewriter.notifyMatchFailure(op, "an entry is not constant, or negative");
      int64_t size = input.getDimSize(d);
      if (!ShapedType::isDynamic(size))
        size += l + h + std::max<int64_t>(size - 1, 0) * op.getInterior()[d];
      if (size < 0 && !ShapedType::isDynamic(size))
        return rewriter.notifyMatchFailure(op, "crops more than there is");
      shape.push_back(size);
    }
    auto type = getTensorType(op);
    auto merged = mergeShapes(type.getShape(), shape);
    if (failed(merged))
      return rewriter.notifyMatchFailure(op, "sizes disagree, an error at run time");
    replaceRefined(rewriter, op,
                   PadOp::create(rewriter, op.getLoc(), type.clone(*merged), op.getInput(),
                                 op.getValue(), Value(), Value(), *low, *high,
                                 op.getInterior(), op.getMode()));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

/// Constant indices at equal distances are a slice.
///
///   %i = dl.constant dense<2> : tensor<i64>
///   dl.gather %x, %i {…axis 1…} : tensor<4x5xf32>, tensor<i64> -> tensor<4xf32>
/// →
///   %0 = dl.slice %x starts = [0, 2] limits = [-1, 3] … : tensor<4x5xf32> -> tensor<4x1xf32>
///   dl.reshape %0 : tensor<4x1xf32> -> tensor<4xf32>
struct TakeAtConstants : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto axis = getTakenAxis(op);
    auto indices = getConstantInts(op.getIndices());
    if (!axis || !indices || indices->empty())
      return rewriter.notifyMatchFailure(op, "takes at indices that are not constant");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    int64_t count = indices->size();
    int64_t stride = count > 1 ? (*indices)[1] - (*indices)[0] : 1;
    for (int64_t i = 1; i < count; ++i)
      if (stride <= 0 || (*indices)[i] - (*indices)[i - 1] != stride)
        return rewriter.notifyMatchFailure(op, "indices are not at equal distances");
    int64_t first = indices->front(), limit = indices->back() + 1;
    auto input = getTensorType(op.getInput());
    bool known = !input.isDynamicDim(*axis);
    if (first < 0 || (known ? limit > input.getDimSize(*axis) : op.getMode() != IndexMode::error))
      return rewriter.notifyMatchFailure(op, "an index may lie outside");
    auto type = getTensorType(op);
    bool sameRank = getTensorType(op.getIndices()).getRank() == 1;
    if (!sameRank && !isReshapeTarget(type))
      return rewriter.notifyMatchFailure(op, "the reshape would need a shape operand");
    SmallVector<int64_t> starts(input.getRank(), 0), limits(input.getRank(), -1),
        strides(input.getRank(), 1);
    starts[*axis] = first;
    limits[*axis] = limit;
    strides[*axis] = stride;
    Value slice = makeSlice(rewriter, op, sameRank ? type : Type(), op.getInput(), starts,
                            limits, strides);
    if (!slice || !mayReshape(getTensorType(slice), type))
      return rewriter.notifyMatchFailure(op, "the result's type is wrong");
    if (!sameRank)
      slice = ReshapeOp::create(rewriter, op.getLoc(), type, slice, Value());
    replaceRefined(rewriter, op, slice);
    return success();
  }
};

} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<UseKnownShape<ReshapeOp>, DropReshapeShape, InferReshapeSize>(context);
}

void BroadcastInDimOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                   MLIRContext *context) {
  patterns.add<UseKnownShape<BroadcastInDimOp>>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<TransposeOfUnitDims, TransposeOfInsertedDims>(context);
}

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<FlattenConcat>(context);
}

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SliceOfSlice, SliceOfConcat>(context);
}

void DynamicSliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                 MLIRContext *context) {
  patterns.add<SliceAtConstants>(context);
}

void PadOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<PadByConstants>(context);
}

void GatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<TakeAtConstants>(context);
}
