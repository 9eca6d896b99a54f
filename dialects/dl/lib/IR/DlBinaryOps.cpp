//===- DlBinaryOps.cpp - elementwise ops of two or three operands ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFormat.h"
#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

DL_KIND_FORMAT(Comparison, ComparisonDirectionAttr)

#define GET_OP_CLASSES
#include "dl/IR/DlBinaryOps.cpp.inc"

/// The shape that all `operands` agree on, with `elementType`.
static LogicalResult inferElementwise(std::optional<Location> loc, StringRef op,
                                      ValueRange operands, Type elementType,
                                      SmallVectorImpl<Type> &types) {
  SmallVector<int64_t> shape(getTensorType(operands.front()).getShape());
  for (Value operand : operands.drop_front()) {
    auto merged = mergeShapes(shape, getTensorType(operand).getShape());
    if (failed(merged))
      return inferError(loc, op, "operands differ in shape: " + shapeToString(shape) + " and " +
                                     shapeToString(getTensorType(operand).getShape()));
    shape = *merged;
  }
  types.push_back(RankedTensorType::get(shape, elementType));
  return success();
}

/// A size is that of the operand where it is static, else of the first operand.
static LogicalResult reifyElementwise(OpBuilder &builder, Operation *op, ValueRange operands,
                                      ReifiedRankedShapedTypeDims &reified) {
  Value result = op->getResult(0);
  auto type = getTensorType(result);
  SizeBuilder sizes(builder, op->getLoc());
  SmallVector<OpFoldResult> dims(type.getRank());
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (!type.isDynamicDim(d))
      continue;
    auto known = llvm::find_if(
        operands, [&](Value operand) { return !getTensorType(operand).isDynamicDim(d); });
    dims[d] = sizes.dim(known == operands.end() ? operands.front() : *known, d);
  }
  addReified(builder, result, dims, reified);
  return success();
}

#define DL_BINARY(Op)                                                                    \
  DL_INFER_RETURN_TYPES(Op) {                                                            \
    return inferElementwise(loc, getOperationName().drop_front(3), operands,             \
                            getTensorType(operands.front()).getElementType(), types);    \
  }                                                                                      \
  DL_REIFY_RESULT_SHAPES(Op) {                                                           \
    return reifyElementwise(builder, *this, getOperands(), reified);                     \
  }

DL_BINARY(AddOp)
DL_BINARY(SubOp)
DL_BINARY(MulOp)
DL_BINARY(DivOp)
DL_BINARY(RemOp)
DL_BINARY(PowOp)
DL_BINARY(MaxOp)
DL_BINARY(MinOp)
DL_BINARY(Atan2Op)
DL_BINARY(AndOp)
DL_BINARY(OrOp)
DL_BINARY(XorOp)
DL_BINARY(ShiftLeftOp)
DL_BINARY(ShiftRightOp)

//===----------------------------------------------------------------------===//
// compare
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(CompareOp) {
  return inferElementwise(loc, "compare", operands, IntegerType::get(context, 1), types);
}

DL_REIFY_RESULT_SHAPES(CompareOp) {
  return reifyElementwise(builder, *this, getOperands(), reified);
}

//===----------------------------------------------------------------------===//
// select
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(SelectOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  Type element = dlc::dl::getTensorType(adaptor.getOnTrue()).getElementType();
  if (element != dlc::dl::getTensorType(adaptor.getOnFalse()).getElementType()) // select C2
    return inferError(loc, "select", "on_true and on_false differ in element type");
  return inferElementwise(loc, "select", operands, element, types); // select C1
}

DL_REIFY_RESULT_SHAPES(SelectOp) {
  return reifyElementwise(builder, *this, getOperands(), reified);
}

//===----------------------------------------------------------------------===//
// clamp
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(ClampOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  for (Value bound : {adaptor.getLow(), adaptor.getHigh()}) {
    auto type = getTensorType(bound);
    if (type.getElementType() != input.getElementType()) // clamp C2
      return inferError(loc, "clamp", "a bound and the operand differ in element type");
    if (type.getRank() != 0 && !areCompatibleShapes(type.getShape(), input.getShape())) // clamp C1
      return inferError(loc, "clamp", "a bound is neither a scalar nor of the operand's shape");
  }
  types.push_back(input);
  return success();
}

DL_REIFY_RESULT_SHAPES(ClampOp) { return reifyLike(builder, *this, getInput(), reified); }
