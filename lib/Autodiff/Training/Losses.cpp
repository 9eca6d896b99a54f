//===- Losses.cpp - what a training step makes smaller --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Means over all elements, in PyTorch's formulas.
//
//===----------------------------------------------------------------------===//

#include "Losses.h"
#include "../Rules/Common.h"
#include "grad/IR/Grad.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;
using namespace dlc::training;

/// A target of this number is left out, as in PyTorch.
static constexpr int64_t kIgnored = -100;

static FailureOr<RankedTensorType> requireFloats(Location loc, RankedTensorType output) {
  if (isDifferentiable(output))
    return output;
  return emitError(loc) << "the model's first output is " << output
                        << ", but a loss is of floats";
}

static Value meanOf(TensorBuilder &b, Value x) {
  Value mean = ReduceOp::create(b, ReductionKind::mean, b.widen(x),
                                upTo(getTensorType(x).getRank()), /*keep_dims=*/false);
  return b.convert(mean, getTensorType(x).getElementType());
}

//===----------------------------------------------------------------------===//
// cross_entropy: of logits [N, C, …] and class numbers [N, …]
//===----------------------------------------------------------------------===//

static FailureOr<RankedTensorType> getClassType(Location loc, RankedTensorType output) {
  if (failed(requireFloats(loc, output)))
    return failure();
  if (output.getRank() < 2)
    return emitError(loc) << "cross_entropy takes logits [N, C, ...], but the model's first output is "
                          << output;
  SmallVector<int64_t> shape(output.getShape());
  shape.erase(shape.begin() + 1);
  return RankedTensorType::get(shape, IntegerType::get(output.getContext(), 64));
}

/// The mean of ln Σ e^(x − m) − (x[target] − m) with m the largest logit, of which nothing
/// depends on the choice: it counts as a constant. Not by way of log_softmax: of that the
/// derivative at x[target] would be a tensor of the size of x.
static Value computeCrossEntropy(TensorBuilder &b, Value logits, Value target) {
  RankedTensorType type = getTensorType(logits);
  Value isCounted = b.compare(ComparisonDirection::ne, target, kIgnored);
  Value isClass = b.binary<AndOp>(
      b.compare(ComparisonDirection::ge, target, 0.0),
      b.compare(ComparisonDirection::lt, target, b.splat(b.scalar(b.size(logits, 1)), b.sizes(target))));
  AssertOp::create(b, b.binary<OrOp>(isClass, b.unary<NotOp>(isCounted)),
                   "cross_entropy: a target is no class number of the model's output");
  // Classes come last, as most models make them.
  int64_t last = type.getRank() - 1;
  SmallVector<int64_t> order = upTo(type.getRank());
  std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  logits = b.transpose(logits, order);
  Value x = b.widen(logits);
  Value top = grad::StopOp::create(b, b.reduce(ReductionKind::max, x, last));
  Value sum = b.reduce(ReductionKind::sum, b.unary<ExpOp>(b.sub(x, b.broadcastLike(top, x))), last);
  SmallVector<Size> sizes = b.sizes(target);
  sizes.push_back(1);
  Value own = b.widen(takeAlong(b, logits, b.reshape(target, sizes), last));
  Value each = b.sub(b.unary<LogOp>(sum), b.sub(own, top));
  sizes.pop_back();
  Value total = sumOver(b, where(b, isCounted, b.reshape(each, sizes)), upTo(last));
  Value count = sumOver(b, b.convert(isCounted, getTensorType(x).getElementType()), upTo(last));
  return b.convert(b.div(total, count), type.getElementType());
}

//===----------------------------------------------------------------------===//
// The others
//===----------------------------------------------------------------------===//

static Value computeMse(TensorBuilder &b, Value output, Value target) {
  Value difference = b.sub(output, target);
  return meanOf(b, b.mul(difference, difference));
}

/// (1 − t)·x + log(1 + e^−x), the logarithm as max(−x, 0) + log(1 + e^−|x|): chosen by a
/// comparison, of which either branch is smooth.
static Value computeBinaryCrossEntropy(TensorBuilder &b, Value x, Value target) {
  Value isNegative = b.compare(ComparisonDirection::lt, x, 0.0), negative = b.unary<NegOp>(x);
  Value power = b.unary<ExpOp>(b.select(isNegative, x, negative));
  Value log = b.add(where(b, isNegative, negative), b.unary<Log1pOp>(power));
  Value rest = b.mul(b.sub(b.splatLike(1.0, target), target), x);
  return meanOf(b, b.add(rest, log));
}

static FailureOr<RankedTensorType> requireScalar(Location loc, RankedTensorType output) {
  if (failed(requireFloats(loc, output)))
    return failure();
  if (!output.hasStaticShape() || output.getNumElements() != 1)
    return emitError(loc) << "loss=output takes the model's first output for the loss, but that is "
                          << output << " instead of one number";
  return RankedTensorType();
}

static Value computeOutput(TensorBuilder &b, Value output, Value) {
  return b.reshape(output, ArrayRef<Size>());
}

static ArrayRef<Loss> getLosses() {
  static const Loss losses[] = {
      {"bce_with_logits", requireFloats, computeBinaryCrossEntropy},
      {"cross_entropy", getClassType, computeCrossEntropy},
      {"mse", requireFloats, computeMse},
      {"output", requireScalar, computeOutput},
  };
  return losses;
}

const Loss *Loss::lookup(StringRef name) {
  const Loss *found = llvm::find_if(getLosses(), [&](auto &each) { return each.name == name; });
  return found == getLosses().end() ? nullptr : found;
}

std::string Loss::listNames() {
  return llvm::join(llvm::map_range(getLosses(), [](auto &each) { return each.name.str(); }), ", ");
}
