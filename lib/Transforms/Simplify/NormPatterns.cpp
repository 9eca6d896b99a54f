//===- NormPatterns.cpp - normalisations and softmax written out ----------===//
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

/// The reduction over `x` behind a broadcast back to x's shape, or behind none
/// where reduced dimensions are 1 anyway.
static ReduceOp getReduction(Value value, ReductionKind kind) {
  if (auto broadcast = value.getDefiningOp<BroadcastInDimOp>()) {
    Value input = broadcast.getInput();
    if (auto reshape = input.getDefiningOp<ReshapeOp>())
      input = reshape.getInput();
    auto reduce = input.getDefiningOp<ReduceOp>();
    if (!reduce || reduce.getKind() != kind)
      return {};
    // What stands at place d of the reduction must land on dimension d.
    int64_t rank = getTensorType(reduce.getInput()).getRank();
    SmallVector<int64_t> places;
    for (int64_t d = 0; d < rank; ++d)
      if (reduce.getKeepDims() || input != broadcast.getInput() ||
          !llvm::is_contained(reduce.getDimensions(), d))
        places.push_back(d);
    return llvm::equal(places, broadcast.getBroadcastDimensions()) ? reduce : ReduceOp();
  }
  auto reduce = value.getDefiningOp<ReduceOp>();
  return reduce && reduce.getKeepDims() && reduce.getKind() == kind ? reduce : ReduceOp();
}

/// The first of the trailing dimensions that are reduced; nothing where others
/// are.
static std::optional<int64_t> getAxis(ReduceOp reduce) {
  SmallVector<int64_t> dims(reduce.getDimensions());
  llvm::sort(dims);
  int64_t rank = getTensorType(reduce.getInput()).getRank();
  if (dims.empty() || !llvm::equal(dims, llvm::seq<int64_t>(dims.front(), rank)))
    return std::nullopt;
  return dims.front();
}

namespace {
/// y = d / √(mean d² + ε) in one of its spellings.
struct Normalized {
  Value d;
  ReduceOp square;
  double epsilon;
};
} // namespace

/// v + ε
static std::optional<std::pair<Value, double>> splitEpsilon(Value value) {
  auto add = value.getDefiningOp<AddOp>();
  if (!add)
    return std::nullopt;
  if (auto epsilon = getUniformValue(add.getRhs()))
    return std::pair(add.getLhs(), *epsilon);
  if (auto epsilon = getUniformValue(add.getLhs()))
    return std::pair(add.getRhs(), *epsilon);
  return std::nullopt;
}

/// √v, as sqrt or a power of one half.
static Value getRadicand(Value value) {
  if (auto sqrt = value.getDefiningOp<SqrtOp>())
    return sqrt.getInput();
  auto pow = value.getDefiningOp<PowOp>();
  return pow && isUniform(pow.getRhs(), 0.5) ? pow.getLhs() : Value();
}

/// 1/√v in one of its spellings.
static Value getInverseRadicand(Value value) {
  if (auto rsqrt = value.getDefiningOp<RsqrtOp>())
    return rsqrt.getInput();
  if (auto reciprocal = value.getDefiningOp<ReciprocalOp>())
    return getRadicand(reciprocal.getInput());
  if (auto div = value.getDefiningOp<DivOp>(); div && isUniform(div.getLhs(), 1.0))
    return getRadicand(div.getRhs());
  auto pow = value.getDefiningOp<PowOp>();
  return pow && isUniform(pow.getRhs(), -0.5) ? pow.getLhs() : Value();
}

/// Whether `value` is a square of `d`.
static bool isSquareOf(Value value, Value d) {
  Product product = getProduct(value);
  return product.scale == 1 && product.factors.size() == 2 && product.factors[0] == d &&
         product.factors[1] == d;
}

/// What is behind a broadcast, itself where there is none.
static Value behindBroadcast(Value value) {
  auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
  return broadcast ? broadcast.getInput() : value;
}

/// Matches `d` times or divided by `deviation`.
static std::optional<Normalized> matchNormalized(Value d, Value deviation, bool divides) {
  // The broadcast stands before or after the square root.
  Value inner = behindBroadcast(deviation);
  Value radicand = divides ? getRadicand(inner) : getInverseRadicand(inner);
  auto split = radicand ? splitEpsilon(radicand) : std::nullopt;
  if (!split)
    return std::nullopt;
  auto reduce = split->first.getDefiningOp<ReduceOp>();
  if (!reduce || !reduce.getKeepDims() || reduce.getKind() != ReductionKind::mean ||
      !isSquareOf(reduce.getInput(), d) || !getAxis(reduce))
    return std::nullopt;
  // The broadcast must put the deviation back where it comes from.
  if (auto broadcast = deviation.getDefiningOp<BroadcastInDimOp>();
      broadcast && !llvm::is_sorted(broadcast.getBroadcastDimensions()))
    return std::nullopt;
  return Normalized{d, reduce, split->second};
}

namespace {
/// With c = sub(x, mean(x)): div(c, sqrt(add(mean(mul(c, c)), ε))) → layer_norm(x),
/// and the same without the mean → rms_norm(x). Both read x once where the ops
/// one by one read it four times.
template <typename Op>
struct RecognizeNorm : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    constexpr bool divides = std::is_same_v<Op, DivOp>;
    std::optional<Normalized> match = matchNormalized(op.getLhs(), op.getRhs(), divides);
    if (!match && !divides)
      match = matchNormalized(op.getRhs(), op.getLhs(), divides);
    if (!match)
      return rewriter.notifyMatchFailure(op, "not divided by a deviation");
    int64_t axis = *getAxis(match->square);
    if (match->d.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the operand is broadcast");
    APFloat epsilon(match->epsilon);
    if (auto sub = match->d.template getDefiningOp<SubOp>()) {
      ReduceOp mean = getReduction(sub.getRhs(), ReductionKind::mean);
      if (mean && mean.getInput() == sub.getLhs() && getAxis(mean) == axis &&
          sub.getLhs().getType() == op.getType()) {
        rewriter.replaceOpWithNewOp<LayerNormOp>(op, op.getType(), sub.getLhs(), /*scale=*/Value(),
                                                 /*bias=*/Value(), axis, epsilon);
        return success();
      }
    }
    rewriter.replaceOpWithNewOp<RmsNormOp>(op, op.getType(), match->d, /*scale=*/Value(), axis,
                                           epsilon);
    return success();
  }
};
} // namespace

/// The operand of a broadcast over the leading dimensions only, if it fits a
/// norm's scale: dimensions from `axis` on, or the last of them.
static Value getTrailingOperand(Value value, int64_t axis) {
  auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
  if (!broadcast)
    return {};
  int64_t full = getTensorType(value).getRank(), rank = getTensorType(broadcast.getInput()).getRank();
  if (rank > full - axis || rank == 0 ||
      !llvm::equal(broadcast.getBroadcastDimensions(), llvm::seq<int64_t>(full - rank, full)))
    return {};
  return broadcast.getInput();
}

/// Both orders of a commutative op's operands.
template <typename Op>
static std::array<std::pair<Value, Value>, 2> orders(Op op) {
  return {std::pair<Value, Value>(op.getLhs(), op.getRhs()),
          std::pair<Value, Value>(op.getRhs(), op.getLhs())};
}

namespace {
/// mul(layer_norm(x), broadcast(s)) → layer_norm(x) scale(s), also for rms_norm
template <typename Norm>
struct AbsorbScale : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    for (auto [value, factor] : orders(op)) {
      auto norm = value.template getDefiningOp<Norm>();
      if (!norm || norm.getScale() || !norm->hasOneUse() || norm.getType() != op.getType())
        continue;
      Value scale = getTrailingOperand(factor, norm.getAxis());
      if (!scale)
        continue;
      if constexpr (std::is_same_v<Norm, LayerNormOp>) {
        if (norm.getBias())
          continue;
        rewriter.replaceOpWithNewOp<LayerNormOp>(op, op.getType(), norm.getInput(), scale, Value(),
                                                 norm.getAxis(), norm.getEpsilon());
      } else {
        rewriter.replaceOpWithNewOp<RmsNormOp>(op, op.getType(), norm.getInput(), scale,
                                               norm.getAxis(), norm.getEpsilon());
      }
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no norm without a scale");
  }
};

/// add(layer_norm(x) scale(s), broadcast(b)) → layer_norm(x) scale(s) bias(b)
struct AbsorbBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    for (auto [value, term] : orders(op)) {
      auto norm = value.getDefiningOp<LayerNormOp>();
      if (!norm || norm.getBias() || !norm->hasOneUse() || norm.getType() != op.getType())
        continue;
      Value bias = getTrailingOperand(term, norm.getAxis());
      if (!bias)
        continue;
      rewriter.replaceOpWithNewOp<LayerNormOp>(op, op.getType(), norm.getInput(), norm.getScale(),
                                               bias, norm.getAxis(), norm.getEpsilon());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no layer_norm without a bias");
  }
};

/// With e = exp(sub(x, max(x))): div(e, sum(e)) → softmax(x)
struct RecognizeSoftmax : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    auto exp = op.getLhs().getDefiningOp<ExpOp>();
    auto shifted = exp ? exp.getInput().getDefiningOp<SubOp>() : SubOp();
    if (!shifted)
      return rewriter.notifyMatchFailure(op, "not exp(x - max) by something");
    ReduceOp sum = getReduction(op.getRhs(), ReductionKind::sum);
    ReduceOp max = getReduction(shifted.getRhs(), ReductionKind::max);
    if (!sum || !max || sum.getInput() != exp || max.getInput() != shifted.getLhs() ||
        sum.getDimensions().size() != 1 || sum.getDimensions() != max.getDimensions() ||
        shifted.getLhs().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "not by its own sum");
    rewriter.replaceOpWithNewOp<SoftmaxOp>(op, op.getType(), shifted.getLhs(),
                                           sum.getDimensions()[0]);
    return success();
  }
};

/// In f16 and bf16:
///
///   dot_general(softmax(x), v)
///     → convert(dot_general(softmax(convert(x)), convert(v)))
///
/// An attention's weights aren't rounded before they are summed with, which
/// dl.attention doesn't do either.
struct KeepWeightsWide : OpRewritePattern<DotGeneralOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DotGeneralOp op, PatternRewriter &rewriter) const override {
    auto softmax = op.getLhs().getDefiningOp<SoftmaxOp>();
    Type element = getTensorType(op.getLhs()).getElementType();
    if (!softmax || !softmax->hasOneUse() || getWideType(element) == element)
      return rewriter.notifyMatchFailure(op, "no softmax of its own in a narrow type");
    TensorBuilder b(rewriter, op.getLoc());
    Value weights =
        SoftmaxOp::create(b, b.widen(softmax.getInput()), softmax.getDimension()).getOutput();
    Value product = DotGeneralOp::create(b, weights, b.widen(op.getRhs()), op.getLhsBatching(),
                                         op.getRhsBatching(), op.getLhsContracting(),
                                         op.getRhsContracting());
    product = b.convert(product, getTensorType(op.getOutput()).getElementType());
    rewriter.replaceOp(op, b.cast(product, op.getType()));
    return success();
  }
};
} // namespace

void simplify::populateNormPatterns(RewritePatternSet &patterns) {
  patterns.add<RecognizeNorm<DivOp>, RecognizeNorm<MulOp>, RecognizeSoftmax>(
      patterns.getContext(), /*benefit=*/2);
  patterns.add<AbsorbScale<LayerNormOp>, AbsorbScale<RmsNormOp>, AbsorbBias, KeepWeightsWide>(
      patterns.getContext());
}
