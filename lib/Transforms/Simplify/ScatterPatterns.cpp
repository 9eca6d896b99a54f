//===- ScatterPatterns.cpp - sums of scattered values ---------------------===//
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

namespace {
/// y + scatter add(x, i, u) → scatter add(y + x, i, u): the gradient of a weight that is an
/// embedding and a matrix, too, is made in one place, and what the optimiser adds to it
/// comes before what is scattered.
struct ScatterIntoAddend : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    for (unsigned side : {0, 1}) {
      auto scatter = op->getOperand(side).getDefiningOp<ScatterOp>();
      Value other = op->getOperand(1 - side);
      if (!scatter || scatter.getKind() != ScatterKind::add || !scatter->hasOneUse() ||
          other.getType() != op.getType() || scatter.getType() != op.getType())
        continue;
      Value sum = other;
      if (getUniformValue(scatter.getInput()) != 0.0)
        sum = AddOp::create(rewriter, op.getLoc(), other, scatter.getInput());
      // What is added to may be known only here.
      Operation *made = rewriter.clone(*scatter);
      rewriter.modifyOpInPlace(made, [&] { cast<ScatterOp>(made).getInputMutable().assign(sum); });
      rewriter.replaceOp(op, made);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "neither term is scattered to, and for this alone");
  }
};
} // namespace

void simplify::populateScatterPatterns(RewritePatternSet &patterns) {
  patterns.add<ScatterIntoAddend>(patterns.getContext());
}
