//===- DlReduceFolds.cpp - folds of reductions ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

/// Two integers combined; nullopt for a kind that isn't folded.
static std::optional<APInt> combine(ReductionKind kind, const APInt &x, const APInt &y,
                                    bool isUnsigned) {
  switch (kind) {
  case ReductionKind::sum:
    return x + y;
  case ReductionKind::prod:
    return x * y;
  case ReductionKind::max:
    return (isUnsigned ? x.ult(y) : x.slt(y)) ? y : x;
  case ReductionKind::min:
    return (isUnsigned ? x.ult(y) : x.slt(y)) ? x : y;
  case ReductionKind::bit_and:
    return x & y;
  case ReductionKind::bit_or:
    return x | y;
  case ReductionKind::bit_xor:
    return x ^ y;
  case ReductionKind::mean:
    return std::nullopt;
  }
  llvm_unreachable("every kind is handled");
}

/// All elements of a small constant of integers combined.
static OpFoldResult foldFullReduction(ReduceOp op, Attribute operand) {
  auto dense = dyn_cast_or_null<DenseIntElementsAttr>(operand);
  auto type = getTensorType(op);
  if (!dense || dense.empty() || dense.getNumElements() > kMaxFoldedElements ||
      !type.hasStaticShape() || type.getNumElements() != 1)
    return nullptr;
  bool isUnsigned = isUnsignedElement(type.getElementType());
  std::optional<APInt> total;
  for (const APInt &element : dense.getValues<APInt>()) {
    total = total ? combine(op.getKind(), *total, element, isUnsigned) : element;
    if (!total)
      return nullptr;
  }
  return DenseElementsAttr::get(type, *total);
}

OpFoldResult ReduceOp::fold(FoldAdaptor adaptor) {
  if (getDimensions().empty() && getInput().getType() == getType())
    return getInput();
  return foldFullReduction(*this, adaptor.getInput());
}

namespace {

/// Combining one element is no work.
///
///   dl.reduce sum %x, dims = [1] : tensor<4x1xf32> -> tensor<4xf32>
/// →
///   dl.reshape %x : tensor<4x1xf32> -> tensor<4xf32>
struct ReduceOfOneElement : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    auto input = getTensorType(op.getInput()), output = getTensorType(op);
    if (!llvm::all_of(op.getDimensions(),
                      [&](int64_t d) { return input.getDimSize(d) == 1; }))
      return rewriter.notifyMatchFailure(op, "reduces a size that is not 1");
    if (output.getNumDynamicDims() > 1 || llvm::is_contained(output.getShape(), 0))
      return rewriter.notifyMatchFailure(op, "the reshape would need a shape operand");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, output, op.getInput(), Value());
    return success();
  }
};

/// A constant number of elements makes the result's size static.
struct TopKOfConstant : OpRewritePattern<TopKOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TopKOp op, PatternRewriter &rewriter) const override {
    int64_t dimension = op.getDimension();
    auto k = getConstantInts(op.getK());
    auto values = getTensorType(op.getValues());
    if (!k || !values.isDynamicDim(dimension))
      return rewriter.notifyMatchFailure(op, "k is not constant, or the result static");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    int64_t size = getTensorType(op.getInput()).getDimSize(dimension);
    if (k->front() < 0 || (!ShapedType::isDynamic(size) && k->front() > size))
      return rewriter.notifyMatchFailure(op, "k is out of range, an error at run time");
    Operation *clone = rewriter.clone(*op);
    SmallVector<Value> casts;
    for (OpResult result : clone->getResults()) {
      auto declared = getTensorType(result);
      SmallVector<int64_t> shape(declared.getShape());
      shape[dimension] = k->front();
      result.setType(declared.clone(shape));
      casts.push_back(tensor::CastOp::create(rewriter, op.getLoc(), declared, result));
    }
    rewriter.replaceOp(op, casts);
    return success();
  }
};

} // namespace

void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<ReduceOfOneElement>(context);
}

void TopKOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TopKOfConstant>(context);
}
