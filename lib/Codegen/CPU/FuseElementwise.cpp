//===- FuseElementwise.cpp - elementwise producers into consumers ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A producer is fused where it has one consumer, or where it only moves or
// converts elements (broadcasts, transposes, extensions), which costs less than
// storing them. What has several consumers and costs something keeps a buffer:
// -dl-lower-kernel-loops then runs producer and consumers row by row, so that
// the buffer is a row.
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/CPU/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#define DEBUG_TYPE "dl-fuse-elementwise"

namespace dlc {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

/// Whether the op's body is little more than a move: `maxOps` of arithmetic.
static bool isCheap(linalg::GenericOp op, unsigned maxOps) {
  unsigned cost = 0;
  for (Operation &nested : op.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp, linalg::IndexOp, arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp,
            arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp, arith::IndexCastOp,
            arith::BitcastOp>(nested))
      continue;
    if (isa<math::MathDialect>(nested.getDialect()) ||
        isa<func::CallOp, tensor::ExtractOp, arith::DivFOp, arith::DivSIOp, arith::DivUIOp,
            arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(nested) ||
        nested.getNumRegions() != 0)
      return false;
    ++cost;
  }
  return cost <= maxOps;
}

/// Whether another operand of the consumer is the same one. They become one before the
/// producer is fused, or it would be computed for each of them, and so would its
/// producers, twice as often at every step.
static bool isReadTwice(OpOperand *operand, linalg::GenericOp consumer) {
  return llvm::any_of(consumer.getDpsInputOperands(), [&](OpOperand *other) {
    return other != operand && other->get() == operand->get() &&
           consumer.getMatchingIndexingMap(other) == consumer.getMatchingIndexingMap(operand);
  });
}

/// Whether the operand's producer is computed within its consumer.
static bool shouldFuse(OpOperand *operand, unsigned maxRepeatedOps) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  if (!producer)
    return false;
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!consumer || isReadTwice(operand, consumer))
    return false;
  if (isCheap(producer, maxRepeatedOps))
    return true;
  // A reduction over a dimension that the producer doesn't have, or a
  // contraction, would compute the producer's elements again and again.
  if (consumer.getNumLoops() != producer.getNumLoops())
    return false;
  return llvm::all_of(producer->getUsers(), [&](Operation *user) { return user == consumer; });
}

namespace {
/// linalg.generic without uses: its body may call functions, which are pure
/// here, but look as if they had effects.
struct EraseUnused : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(linalg::GenericOp op, PatternRewriter &rewriter) const override {
    if (!op->use_empty() || !op.hasPureTensorSemantics())
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

/// Takes the casts of a linalg.generic's operands into it:
///
///     %c = tensor.cast %e : tensor<?x3xf32> to tensor<?x?xf32>
///     %r = linalg.generic ... outs(%c : tensor<?x?xf32>)
///
/// becomes
///
///     %s = linalg.generic ... outs(%e : tensor<?x3xf32>)
///     %r = tensor.cast %s : tensor<?x3xf32> to tensor<?x?xf32>
///
/// A cast would hide the producer from fusion. It has to go before any other
/// pattern sees it: upstream's fusion gives an unused init that is no tensor.empty a
/// tensor.empty of its own, which canonicalization makes as static as it is, with a
/// cast, and so on for ever.
struct FoldCastOfOperand : OpRewritePattern<linalg::GenericOp> {
  FoldCastOfOperand(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op, PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || !tensor::hasFoldableTensorCastOperand(op))
      return rewriter.notifyMatchFailure(op, "no operand is a cast to a less static type");
    SmallVector<Type> types(op->getResultTypes());
    SmallVector<Value> operands = tensor::getUpdatedOperandsAfterCastOpFolding(op, types);
    Operation *folded = clone(rewriter, op, types, operands);
    SmallVector<Value> results;
    for (auto [result, type] : llvm::zip_equal(folded->getResults(), op->getResultTypes()))
      results.push_back(rewriter.createOrFold<tensor::CastOp>(op.getLoc(), type, result));
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct FuseElementwisePass : dlc::impl::FuseElementwiseBase<FuseElementwisePass> {
  using FuseElementwiseBase::FuseElementwiseBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    linalg::populateElementwiseOpsFusionPatterns(
        set, [this](OpOperand *operand) { return shouldFuse(operand, maxRepeatedOps); });
    set.add<EraseUnused, FoldCastOfOperand>(context);
    linalg::GenericOp::getCanonicalizationPatterns(set, context);
    linalg::FillOp::getCanonicalizationPatterns(set, context);
    tensor::CastOp::getCanonicalizationPatterns(set, context);
    tensor::DimOp::getCanonicalizationPatterns(set, context);
    tensor::EmptyOp::getCanonicalizationPatterns(set, context);
    tensor::ExtractOp::getCanonicalizationPatterns(set, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(set, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(set, context);
    tensor::ExtractSliceOp::getCanonicalizationPatterns(set, context);
    arith::CmpIOp::getCanonicalizationPatterns(set, context);
    context->getLoadedDialect<linalg::LinalgDialect>()->getCanonicalizationPatterns(set);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr(kKernelAttrName) || function.isDeclaration())
      return;
    IRRewriter rewriter(function);
    auto mergeEqual = [&] {
      DominanceInfo dominance(function);
      eliminateCommonSubExpressions(rewriter, dominance, function);
    };
    mergeEqual();
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(function, patterns, config)))
      return signalPassFailure();
    mergeEqual();
  }

  FrozenRewritePatternSet patterns;
};
} // namespace
