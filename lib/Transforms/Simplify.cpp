//===- Simplify.cpp - -dl-simplify ----------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify/Simplify.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace dlc {
#define GEN_PASS_DEF_SIMPLIFY
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
struct SimplifyPass : public dlc::impl::SimplifyBase<SimplifyPass> {
  using SimplifyBase::SimplifyBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    simplify::populateActivationPatterns(set);
    simplify::populateConvPatterns(set);
    simplify::populateExtremumPatterns(set);
    simplify::populateNormPatterns(set);
    simplify::populatePadPatterns(set);
    simplify::populateScatterPatterns(set);
    simplify::populateTransposePatterns(set);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      if (op.getDialectNamespace() == dl::DlDialect::getDialectNamespace())
        op.getCanonicalizationPatterns(set, context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    config.setMaxIterations(maxIterations);
    // Not reaching a fixpoint is no failure: every step leaves a valid program.
    (void)applyPatternsGreedily(getOperation(), patterns, config);
  }

private:
  FrozenRewritePatternSet patterns;
};
} // namespace
