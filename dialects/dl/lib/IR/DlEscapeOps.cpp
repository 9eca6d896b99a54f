//===- DlEscapeOps.cpp - the escape ops of the dl dialect -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// unique C1` name the constraint of docs/spec/escape.md
// that the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlEscapeOps.cpp.inc"

static RankedTensorType indexTensor(MLIRContext *context, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, IntegerType::get(context, 64));
}

//===----------------------------------------------------------------------===//
// nonzero, unique, non_max_suppression: how many there are depends on the data,
// so that no size can be reified.
//===----------------------------------------------------------------------===//

LogicalResult NonzeroOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                          ValueRange operands, DictionaryAttr attributes,
                                          OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  int64_t rank = getTensorType(op.getInput()).getRank();
  types.push_back(indexTensor(context, {rank, ShapedType::kDynamic}));
  return success();
}

LogicalResult NonzeroOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &) {
  return failure();
}

LogicalResult UniqueOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                         ValueRange operands, DictionaryAttr attributes,
                                         OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  int64_t places;
  if (std::optional<int64_t> axis = op.getAxis()) {
    // unique C1
    if (!isDimension(*axis, input.getRank()))
      return complain("axis ", *axis, " is out of range for the input ", input);
    places = input.getDimSize(*axis);
    SmallVector<int64_t> shape(input.getShape());
    shape[*axis] = ShapedType::kDynamic;
    types.push_back(input.clone(shape));
  } else {
    places = input.hasStaticShape() ? input.getNumElements() : ShapedType::kDynamic;
    types.push_back(input.clone({ShapedType::kDynamic}));
  }
  types.push_back(indexTensor(context, {ShapedType::kDynamic}));
  types.push_back(indexTensor(context, {places}));
  types.push_back(indexTensor(context, {ShapedType::kDynamic}));
  return success();
}

LogicalResult UniqueOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &) {
  return failure();
}

LogicalResult NonMaxSuppressionOp::inferReturnTypes(MLIRContext *context,
                                                    std::optional<Location> location,
                                                    ValueRange operands, DictionaryAttr attributes,
                                                    OpaqueProperties properties,
                                                    RegionRange regions,
                                                    SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType boxes = getTensorType(op.getBoxes()), scores = getTensorType(op.getScores());
  // non_max_suppression C1
  if (boxes.getRank() != 3 || !mayEqual(boxes.getDimSize(2), 4))
    return complain("boxes ", boxes, " should be N,B,4");
  // non_max_suppression C2
  if (scores.getRank() != 3 || !mayEqual(scores.getDimSize(0), boxes.getDimSize(0)) ||
      !mayEqual(scores.getDimSize(2), boxes.getDimSize(1)))
    return complain("scores ", scores, " should be N,C,B for boxes ", boxes);
  // non_max_suppression C3
  auto isFloat = [](Value value) {
    return !value || isa<FloatType>(getTensorType(value).getElementType());
  };
  if (!isFloat(op.getIouThreshold()) || !isFloat(op.getScoreThreshold()))
    return complain("thresholds should be floating-point scalars");
  types.push_back(indexTensor(context, {ShapedType::kDynamic, 3}));
  return success();
}

LogicalResult NonMaxSuppressionOp::reifyResultShapes(OpBuilder &, ReifiedRankedShapedTypeDims &) {
  return failure();
}

//===----------------------------------------------------------------------===//
// custom_call, assert
//===----------------------------------------------------------------------===//

LogicalResult CustomCallOp::verify() {
  Complaint complain{getLoc(), getOperationName()};
  // custom_call C1
  if (getTarget().empty())
    return complain("target must not be empty");
  // custom_call C2
  for (Value output : getOutputs())
    if (!getTensorType(output).hasStaticShape())
      return complain("result ", output.getType(), " is not static");
  return success();
}

namespace {
/// assert of a constant that holds everywhere goes away.
struct RemoveHoldingAssert : OpRewritePattern<AssertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AssertOp op, PatternRewriter &rewriter) const override {
    ElementsAttr pred = getConstantElements(op.getPred());
    if (!pred)
      return rewriter.notifyMatchFailure(op, "the predicate is not constant");
    auto values = pred.tryGetValues<bool>();
    if (!values || !llvm::all_of(*values, [](bool holds) { return holds; }))
      return rewriter.notifyMatchFailure(op, "the predicate is not known to hold");
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void AssertOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RemoveHoldingAssert>(context);
}
