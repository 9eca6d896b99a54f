//===- ActivationPatterns.cpp - activations written out -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using namespace dlc::simplify;

/// The other operand of a commutative op one operand of which is `number`.
template <typename Op>
static Value otherThan(Value value, double number) {
  auto op = value.getDefiningOp<Op>();
  if (!op)
    return {};
  if (isUniform(op.getRhs(), number))
    return op.getLhs();
  return isUniform(op.getLhs(), number) ? op.getRhs() : Value();
}

static bool isClose(double value, double wanted) {
  return std::abs(value - wanted) < 1e-3 * std::abs(wanted);
}

namespace {
/// mul(x, 0.5, add(erf(x·√½), 1)) → gelu(x), and
/// mul(x, 0.5, add(tanh(√(2/π)·(x + 0.044715·x³)), 1)) → gelu(x) {tanh}
/// in any order of the factors: one pass over x instead of up to eight ops.
struct RecognizeGelu : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    Product product = getProduct(op);
    if (product.factors.size() != 2 || !isClose(product.scale, 0.5))
      return rewriter.notifyMatchFailure(op, "not half a product of two");
    for (auto [x, gate] : {std::pair(product.factors[0], product.factors[1]),
                           std::pair(product.factors[1], product.factors[0])}) {
      Value inner = otherThan<AddOp>(gate, 1.0);
      if (!inner)
        continue;
      if (auto erf = inner.getDefiningOp<ErfOp>(); erf && isErfArgument(erf.getInput(), x)) {
        rewriter.replaceOpWithNewOp<GeluOp>(op, op.getType(), x, /*tanh=*/false);
        return success();
      }
      if (auto tanh = inner.getDefiningOp<TanhOp>(); tanh && isTanhArgument(tanh.getInput(), x)) {
        rewriter.replaceOpWithNewOp<GeluOp>(op, op.getType(), x, /*tanh=*/true);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "no factor is 1 + erf or 1 + tanh");
  }

private:
  /// x·√½
  static bool isErfArgument(Value value, Value x) {
    Product product = getProduct(value);
    return isClose(product.scale, M_SQRT1_2) && product.factors.size() == 1 &&
           product.factors[0] == x;
  }
  /// √(2/π)·(x + 0.044715·x³), also with x taken out: x·(1 + 0.044715·x²)
  static bool isTanhArgument(Value value, Value x) {
    Product product = getProduct(value);
    if (!isClose(product.scale, 0.7978845608))
      return false;
    auto isPower = [&](Value term, size_t exponent) {
      Product power = getProduct(term);
      return isClose(power.scale, 0.044715) && power.factors.size() == exponent &&
             llvm::all_of(power.factors, [&](Value factor) { return factor == x; });
    };
    if (product.factors.size() == 2) {
      auto it = llvm::find(product.factors, x);
      Value rest = it == product.factors.end() ? Value() : product.factors[it == product.factors.begin()];
      Value term = rest ? otherThan<AddOp>(rest, 1.0) : Value();
      return term && isPower(term, 2);
    }
    auto add = product.factors.size() == 1 ? product.factors[0].getDefiningOp<AddOp>() : AddOp();
    return add && ((add.getLhs() == x && isPower(add.getRhs(), 3)) ||
                   (add.getRhs() == x && isPower(add.getLhs(), 3)));
  }
};

/// mul(x, sigmoid(x)) → silu(x)
struct RecognizeSilu : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [x, gate] :
         {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto sigmoid = gate.getDefiningOp<SigmoidOp>();
      if (!sigmoid || sigmoid.getInput() != x)
        continue;
      rewriter.replaceOpWithNewOp<SiluOp>(op, op.getType(), x);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "not x · sigmoid(x)");
  }
};

/// div(1, add(1, exp(neg(x)))) → sigmoid(x), likewise with reciprocal
template <typename Op>
struct RecognizeSigmoid : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value denominator = op->getOperands().back();
    if (op->getNumOperands() == 2 && !isUniform(op->getOperand(0), 1.0))
      return rewriter.notifyMatchFailure(op, "the numerator isn't 1");
    Value power = otherThan<AddOp>(denominator, 1.0);
    auto exp = power ? power.getDefiningOp<ExpOp>() : ExpOp();
    auto neg = exp ? exp.getInput().template getDefiningOp<NegOp>() : NegOp();
    if (!neg)
      return rewriter.notifyMatchFailure(op, "the denominator isn't 1 + exp(-x)");
    rewriter.replaceOpWithNewOp<SigmoidOp>(op, op.getType(), neg.getInput());
    return success();
  }
};

/// mul(mul(x, 2), 3) → mul(x, 6), and add(add(x, 2), 3) → add(x, 5), for floats:
/// one op less per element. (Integers wrap, so that for them it holds as well,
/// but their constants rarely meet.)
template <typename Op>
struct MergeUniformOperands : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!isa<FloatType>(getTensorType(op).getElementType()))
      return rewriter.notifyMatchFailure(op, "not floats");
    auto [outer, rest] = split(op);
    auto inner = outer ? rest.template getDefiningOp<Op>() : Op();
    if (!inner || !inner->hasOneUse())
      return rewriter.notifyMatchFailure(op, "no chain of numbers");
    auto [number, x] = split(inner);
    if (!number)
      return rewriter.notifyMatchFailure(op, "no chain of numbers");
    double joint = std::is_same_v<Op, MulOp> ? *outer * *number : *outer + *number;
    TensorBuilder b(rewriter, op.getLoc());
    rewriter.replaceOpWithNewOp<Op>(op, op.getType(), x, b.splatLike(joint, x));
    return success();
  }

private:
  static std::pair<std::optional<double>, Value> split(Op op) {
    if (auto number = getUniformValue(op.getRhs()))
      return {number, op.getLhs()};
    return {getUniformValue(op.getLhs()), op.getRhs()};
  }
};
} // namespace

void simplify::populateActivationPatterns(RewritePatternSet &patterns) {
  patterns.add<RecognizeGelu>(patterns.getContext(), /*benefit=*/3);
  patterns.add<RecognizeSilu, RecognizeSigmoid<DivOp>, RecognizeSigmoid<ReciprocalOp>>(
      patterns.getContext(), /*benefit=*/2);
  patterns.add<MergeUniformOperands<AddOp>, MergeUniformOperands<MulOp>>(patterns.getContext());
}
