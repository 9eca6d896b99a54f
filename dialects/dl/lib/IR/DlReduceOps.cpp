//===- DlReduceOps.cpp - reductions, scans and sorting --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFormat.h"
#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

DL_KIND_FORMAT(Reduction, ReductionKindAttr)
DL_KIND_FORMAT(ArgReduction, ArgReduceKindAttr)
DL_KIND_FORMAT(Cumulative, CumulativeKindAttr)

#define GET_OP_CLASSES
#include "dl/IR/DlReduceOps.cpp.inc"

/// `shape` without `dimensions`, or with size 1 in their place.
template <typename T>
static SmallVector<T> dropDimensions(ArrayRef<T> shape, ArrayRef<int64_t> dimensions,
                                     bool keep, T one) {
  SmallVector<T> result;
  for (auto [d, size] : llvm::enumerate(shape)) {
    if (!llvm::is_contained(dimensions, static_cast<int64_t>(d)))
      result.push_back(size);
    else if (keep)
      result.push_back(one);
  }
  return result;
}

static void reifyReduction(OpBuilder &builder, Value result, Value input,
                           ArrayRef<int64_t> dimensions, bool keep,
                           ReifiedRankedShapedTypeDims &reified) {
  SizeBuilder sizes(builder, result.getLoc());
  auto type = getTensorType(input);
  SmallVector<OpFoldResult> dims(type.getRank(), sizes.constant(1));
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (!llvm::is_contained(dimensions, d))
      dims[d] = sizes.dim(input, d);
  addReified(builder, result,
             dropDimensions<OpFoldResult>(dims, dimensions, keep, sizes.constant(1)), reified);
}

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(ReduceOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  Type element = input.getElementType();
  if (failed(checkDimensions(loc, "reduce", "dims", adaptor.getDimensions(), // reduce C1
                             input.getRank())))
    return failure();
  ReductionKind kind = adaptor.getKind();
  bool bitwise = llvm::is_contained(
      {ReductionKind::bit_and, ReductionKind::bit_or, ReductionKind::bit_xor}, kind);
  if (bitwise && isa<FloatType>(element)) // reduce C2
    return inferError(loc, "reduce", stringifyEnum(kind) + " of floating-point numbers");
  if (!bitwise && element.isInteger(1)) // reduce C3
    return inferError(loc, "reduce", stringifyEnum(kind) + " of booleans");
  types.push_back(RankedTensorType::get(
      dropDimensions<int64_t>(input.getShape(), adaptor.getDimensions(),
                              adaptor.getKeepDims(), 1),
      element));
  return success();
}

DL_REIFY_RESULT_SHAPES(ReduceOp) {
  reifyReduction(builder, *this, getInput(), getDimensions(), getKeepDims(), reified);
  return success();
}

//===----------------------------------------------------------------------===//
// arg_reduce
//===----------------------------------------------------------------------===//

LogicalResult ArgReduceOp::verify() {
  auto input = getTensorType(getInput()), output = getTensorType(*this);
  int64_t dimension = getDimension();
  if (failed(checkDimension(getLoc(), "arg_reduce", "dim", dimension, // arg_reduce C1
                            input.getRank())))
    return failure();
  if (input.getDimSize(dimension) == 0) // arg_reduce C2
    return emitOpError("reduces an empty dimension");
  auto shape = dropDimensions<int64_t>(input.getShape(), dimension, getKeepDims(), 1);
  if (!areCompatibleShapes(shape, output.getShape())) // arg_reduce C3
    return emitOpError("has a result of shape ") << shapeToString(output.getShape())
                                                 << ", expected " << shapeToString(shape);
  return success();
}

DL_REIFY_RESULT_SHAPES(ArgReduceOp) {
  reifyReduction(builder, *this, getInput(), static_cast<int64_t>(getDimension()),
                 getKeepDims(), reified);
  return success();
}

//===----------------------------------------------------------------------===//
// cumulative
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(CumulativeOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  if (failed(checkDimension(loc, "cumulative", "dim", adaptor.getDimension(), // cumulative C1
                            input.getRank())))
    return failure();
  if (adaptor.getKind() == CumulativeKind::log_sum_exp && // cumulative C2
      !isa<FloatType>(input.getElementType()))
    return inferError(loc, "cumulative", "log_sum_exp of numbers that are not floating-point");
  types.push_back(input);
  return success();
}

DL_REIFY_RESULT_SHAPES(CumulativeOp) { return reifyLike(builder, *this, getInput(), reified); }

//===----------------------------------------------------------------------===//
// sort
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(SortOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  if (operands.empty()) // sort C1
    return inferError(loc, "sort", "needs an operand");
  SmallVector<int64_t> shape(getTensorType(operands.front()).getShape());
  if (failed(checkDimension(loc, "sort", "dim", adaptor.getDimension(), shape.size()))) // sort C2
    return failure();
  for (Value operand : operands) { // sort C3
    auto merged = mergeShapes(shape, getTensorType(operand).getShape());
    if (failed(merged))
      return inferError(loc, "sort", "operands differ in shape");
    shape = *merged;
  }
  for (Value operand : operands)
    types.push_back(getTensorType(operand).clone(shape));
  return success();
}

DL_REIFY_RESULT_SHAPES(SortOp) {
  for (auto [result, operand] : llvm::zip_equal(getOutputs(), getInputs()))
    if (failed(reifyLike(builder, result, operand, reified)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// top_k
//===----------------------------------------------------------------------===//

LogicalResult TopKOp::verify() {
  auto input = getTensorType(getInput());
  int64_t dimension = getDimension();
  if (failed(checkDimension(getLoc(), "top_k", "dim", dimension, input.getRank()))) // top_k C1
    return failure();
  auto values = getTensorType(getValues());
  if (values.getElementType() != input.getElementType()) // top_k C2
    return emitOpError("operand and values differ in element type");
  SmallVector<int64_t> shape(input.getShape());
  shape[dimension] = ShapedType::kDynamic;
  for (Value result : getResults()) // top_k C3
    if (!areCompatibleShapes(shape, getTensorType(result).getShape()))
      return emitOpError("has a result of shape ")
             << shapeToString(getTensorType(result).getShape()) << ", expected "
             << shapeToString(shape);
  int64_t count = values.getDimSize(dimension), size = input.getDimSize(dimension);
  if (!areCompatibleShapes(values.getShape(), getTensorType(getIndices()).getShape()))
    return emitOpError("values and indices differ in shape");
  if (!ShapedType::isDynamic(count) && !ShapedType::isDynamic(size) && count > size) // top_k C4
    return emitOpError("takes ") << count << " of " << size << " elements";
  return success();
}

DL_REIFY_RESULT_SHAPES(TopKOp) {
  SizeBuilder sizes(builder, getLoc());
  for (Value result : getResults()) {
    auto type = getTensorType(result);
    SmallVector<OpFoldResult> dims(type.getRank());
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        dims[d] = d == static_cast<int64_t>(getDimension()) ? sizes.scalar(getK())
                                                            : sizes.dim(getInput(), d);
    addReified(builder, result, dims, reified);
  }
  return success();
}
