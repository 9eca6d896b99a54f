//===- DlQuantOps.cpp - the quantisation ops of the dl dialect ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// quantize C3` name the constraint of docs/spec/quant.md
// that the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlQuantOps.cpp.inc"

/// Checks that a scale or zero point has one element per tensor, per index of
/// `axis`, or per block.
static LogicalResult checkParameter(Complaint complain, StringRef name, RankedTensorType type,
                                    RankedTensorType input, int64_t axis, int64_t blockSize) {
  auto mismatch = [&] {
    return complain(name, " ", type, " belongs to no granularity of the input ", input);
  };
  if (blockSize > 0) {
    if (type.getRank() != input.getRank())
      return mismatch();
    for (int64_t d = 0; d < type.getRank(); ++d) {
      int64_t size = input.getDimSize(d);
      if (d == axis && !isUnknown(size))
        size = llvm::divideCeil(size, blockSize);
      if (!mayEqual(type.getDimSize(d), size))
        return mismatch();
    }
    return success();
  }
  if (type.getRank() == 0)
    return success();
  if (type.getRank() != 1 || !mayEqual(type.getDimSize(0), input.getDimSize(axis)))
    return mismatch();
  return success();
}

/// Checks what `quantize` and `dequantize` share.
template <typename Op>
static LogicalResult verifyQuantization(Op op, Type quantized) {
  Complaint complain{op.getLoc(), op.getOperationName()};
  RankedTensorType input = op.getInput().getType(), scale = op.getScale().getType();
  // quantize C1
  if (!areCompatibleTypes(
          RankedTensorType::get(input.getShape(), op.getType().getElementType()), op.getType()))
    return complain("input ", input, " and result ", op.getType(), " differ in shape");
  // quantize C2
  if (op.getBlockSize() < 0)
    return complain("block_size must not be negative but is ", op.getBlockSize());
  bool usesAxis = scale.getRank() != 0 || op.getBlockSize() > 0;
  if (usesAxis && !isDimension(op.getAxis(), input.getRank()))
    return complain("axis ", op.getAxis(), " is out of range for the input ", input);
  // quantize C3
  if (failed(checkParameter(complain, "scale", scale, input, op.getAxis(), op.getBlockSize())))
    return failure();
  // quantize C4
  if (Value zeroPoint = op.getZeroPoint()) {
    RankedTensorType type = getTensorType(zeroPoint);
    if (!areCompatibleTypes(scale, type.clone(scale.getElementType())))
      return complain("zero_point ", type, " and scale ", scale, " differ in shape");
    if (type.getElementType() != quantized)
      return complain("zero_point ", type, " should have element type ", quantized);
  }
  return success();
}

LogicalResult QuantizeOp::verify() {
  return verifyQuantization(*this, getOutput().getType().getElementType());
}

LogicalResult QuantizeOp::reifyResultShapes(OpBuilder &builder,
                                            ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

LogicalResult DequantizeOp::verify() {
  return verifyQuantization(*this, getInput().getType().getElementType());
}

LogicalResult DequantizeOp::reifyResultShapes(OpBuilder &builder,
                                              ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}
