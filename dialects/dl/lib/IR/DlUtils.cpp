//===- DlUtils.cpp - what inference and reification share -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

bool dlc::dl::areCompatibleTypes(TypeRange lhs, TypeRange rhs) {
  if (lhs.size() != rhs.size())
    return false;
  return llvm::all_of(llvm::zip_equal(lhs, rhs), [](auto pair) {
    auto [l, r] = pair;
    auto left = dyn_cast<RankedTensorType>(l), right = dyn_cast<RankedTensorType>(r);
    if (!left || !right)
      return l == r;
    return left.getElementType() == right.getElementType() &&
           areCompatibleShapes(left.getShape(), right.getShape());
  });
}

LogicalResult dlc::dl::inferError(std::optional<Location> loc, StringRef op,
                                  const Twine &message) {
  return emitOptionalError(loc, "dl.", op, ": ", message);
}

LogicalResult dlc::dl::mergeSize(int64_t &size, int64_t other) {
  if (ShapedType::isDynamic(size))
    size = other;
  return success(ShapedType::isDynamic(other) || size == other);
}

FailureOr<SmallVector<int64_t>> dlc::dl::mergeShapes(ArrayRef<int64_t> lhs,
                                                     ArrayRef<int64_t> rhs) {
  if (lhs.size() != rhs.size())
    return failure();
  SmallVector<int64_t> merged(lhs);
  for (auto [size, other] : llvm::zip_equal(merged, rhs))
    if (failed(mergeSize(size, other)))
      return failure();
  return merged;
}

LogicalResult dlc::dl::checkDimension(std::optional<Location> loc, StringRef op,
                                      StringRef attribute, int64_t dimension, int64_t rank) {
  if (dimension >= 0 && dimension < rank)
    return success();
  return inferError(loc, op, attribute + " " + Twine(dimension) +
                                 " is not a dimension of a tensor of rank " + Twine(rank));
}

LogicalResult dlc::dl::checkDimensions(std::optional<Location> loc, StringRef op,
                                       StringRef attribute, ArrayRef<int64_t> dimensions,
                                       int64_t rank) {
  llvm::SmallBitVector seen(rank);
  for (int64_t d : dimensions) {
    if (failed(checkDimension(loc, op, attribute, d, rank)))
      return failure();
    if (seen.test(d))
      return inferError(loc, op, attribute + " names dimension " + Twine(d) + " twice");
    seen.set(d);
  }
  return success();
}

LogicalResult dlc::dl::checkPerDimension(std::optional<Location> loc, StringRef op,
                                         StringRef attribute, ArrayRef<int64_t> values,
                                         int64_t count, int64_t least) {
  if (static_cast<int64_t>(values.size()) != count)
    return inferError(loc, op, attribute + " needs " + Twine(count) + " entries, has " +
                                   Twine(values.size()));
  for (int64_t value : values)
    if (value < least)
      return inferError(loc, op, attribute + " has an entry " + Twine(value) +
                                     " below " + Twine(least));
  return success();
}

LogicalResult dlc::dl::verifyShapeOperand(Operation *op, Value shape, RankedTensorType result) {
  if (!shape) {
    if (result.hasStaticShape())
      return success();
    return op->emitOpError("needs a shape operand for its dynamic result type ") << result;
  }
  int64_t length = getTensorType(shape).getDimSize(0);
  if (length != result.getRank())
    return op->emitOpError("shape operand has ")
           << length << " entries for a result of rank " << result.getRank();
  return success();
}

std::string dlc::dl::shapeToString(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(
      shape, os,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          os << '?';
        else
          os << size;
      },
      "x");
  return shape.empty() ? "scalar" : text;
}

int64_t dlc::dl::getWindowedSize(int64_t size, int64_t window, int64_t stride, int64_t low,
                                 int64_t high, int64_t dilation, bool ceil) {
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(window))
    return ShapedType::kDynamic;
  int64_t span = (window - 1) * dilation + 1;
  int64_t room = size + low + high - span;
  if (window == 0 || room < 0)
    return 0;
  if (!ceil)
    return room / stride + 1;
  // Only so many windows start before the high padding.
  int64_t starts = std::max<int64_t>(1, llvm::divideCeilSigned(size + low, stride));
  return std::min(llvm::divideCeilSigned(room, stride) + 1, starts);
}

//===----------------------------------------------------------------------===//
// Reification
//===----------------------------------------------------------------------===//

OpFoldResult SizeBuilder::constant(int64_t value) { return builder.getIndexAttr(value); }

OpFoldResult SizeBuilder::dim(Value tensor, int64_t d) {
  return tensor::getMixedSize(builder, loc, tensor, d);
}

SmallVector<OpFoldResult> SizeBuilder::dims(Value tensor) {
  return tensor::getMixedSizes(builder, loc, tensor);
}

/// Element `indices` of an integer tensor, as index.
static Value extractIndex(OpBuilder &builder, Location loc, Value tensor, ValueRange indices) {
  Value element = tensor::ExtractOp::create(builder, loc, tensor, indices);
  if (element.getType().isIndex())
    return element;
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(), element);
}

OpFoldResult SizeBuilder::entry(Value shape, int64_t i) {
  if (auto known = getKnownShape(shape); known && !ShapedType::isDynamic((*known)[i]))
    return constant((*known)[i]);
  Value index = arith::ConstantIndexOp::create(builder, loc, i);
  return extractIndex(builder, loc, shape, index);
}

OpFoldResult SizeBuilder::scalar(Value tensor) {
  if (auto known = getConstantInts(tensor))
    return constant(known->front());
  return extractIndex(builder, loc, tensor, {});
}

Value SizeBuilder::toValue(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(builder, loc, size);
}

OpFoldResult SizeBuilder::add(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r)
    return constant(*l + *r);
  if (l == 0)
    return rhs;
  if (r == 0)
    return lhs;
  return builder.createOrFold<arith::AddIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::sub(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r)
    return constant(*l - *r);
  if (r == 0)
    return lhs;
  return builder.createOrFold<arith::SubIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::mul(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r)
    return constant(*l * *r);
  if (l == 1)
    return rhs;
  if (r == 1)
    return lhs;
  return builder.createOrFold<arith::MulIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::floorDiv(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r && *r != 0)
    return constant(llvm::divideFloorSigned(*l, *r));
  if (r == 1)
    return lhs;
  return builder.createOrFold<arith::FloorDivSIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::ceilDiv(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r && *r != 0)
    return constant(llvm::divideCeilSigned(*l, *r));
  if (r == 1)
    return lhs;
  return builder.createOrFold<arith::CeilDivSIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::max(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r)
    return constant(std::max(*l, *r));
  return builder.createOrFold<arith::MaxSIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::min(OpFoldResult lhs, OpFoldResult rhs) {
  auto l = getConstantIntValue(lhs), r = getConstantIntValue(rhs);
  if (l && r)
    return constant(std::min(*l, *r));
  return builder.createOrFold<arith::MinSIOp>(loc, toValue(lhs), toValue(rhs));
}

OpFoldResult SizeBuilder::windowed(OpFoldResult size, int64_t window, int64_t stride,
                                   int64_t low, int64_t high, int64_t dilation, bool ceil) {
  if (auto known = getConstantIntValue(size))
    return constant(getWindowedSize(*known, window, stride, low, high, dilation, ceil));
  int64_t span = (window - 1) * dilation + 1;
  OpFoldResult room = add(size, constant(low + high - span));
  if (!ceil)
    return max(add(floorDiv(room, constant(stride)), constant(1)), constant(0));
  OpFoldResult count = add(ceilDiv(room, constant(stride)), constant(1));
  // Only so many windows start before the high padding.
  OpFoldResult starts = ceilDiv(add(size, constant(low)), constant(stride));
  count = min(count, max(starts, constant(1)));
  // Where none fits (room < 0) this gives 0; otherwise count ≤ room + 1 anyway.
  return max(min(count, add(room, constant(1))), constant(0));
}

void dlc::dl::addReified(OpBuilder &builder, Value result, ArrayRef<OpFoldResult> dims,
                         ReifiedRankedShapedTypeDims &reified) {
  auto type = getTensorType(result);
  auto &sizes = reified.emplace_back();
  for (auto [d, size] : llvm::enumerate(dims)) {
    if (!type.isDynamicDim(d))
      sizes.push_back(builder.getIndexAttr(type.getDimSize(d)));
    else
      sizes.push_back(getValueOrCreateConstantIndexOp(builder, result.getLoc(), size));
  }
}

LogicalResult dlc::dl::reifyLike(OpBuilder &builder, Value result, Value operand,
                                 ReifiedRankedShapedTypeDims &reified) {
  auto type = getTensorType(result);
  SizeBuilder sizes(builder, result.getLoc());
  SmallVector<OpFoldResult> dims(type.getRank());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (type.isDynamicDim(d))
      dims[d] = sizes.dim(operand, d);
  addReified(builder, result, dims, reified);
  return success();
}

LogicalResult dlc::dl::reifyFromShape(OpBuilder &builder, Value result, Value shape,
                                      ReifiedRankedShapedTypeDims &reified) {
  auto type = getTensorType(result);
  if (!shape && !type.hasStaticShape())
    return failure();
  SizeBuilder sizes(builder, result.getLoc());
  SmallVector<OpFoldResult> dims(type.getRank());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (type.isDynamicDim(d))
      dims[d] = sizes.entry(shape, d);
  addReified(builder, result, dims, reified);
  return success();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

ElementsAttr dlc::dl::getConstantElements(Value value) {
  auto constant = value ? value.getDefiningOp<ConstantOp>() : nullptr;
  return constant ? constant.getValue() : nullptr;
}

std::optional<SmallVector<int64_t>> dlc::dl::getConstantInts(Value value) {
  auto elements = dyn_cast_or_null<DenseIntElementsAttr>(getConstantElements(value));
  constexpr int64_t limit = 1024;
  if (!elements || elements.getNumElements() > limit)
    return std::nullopt;
  Type type = elements.getElementType();
  bool zeroExtend = type.isUnsignedInteger() || type.isInteger(1);
  SmallVector<int64_t> values;
  for (const APInt &element : elements.getValues<APInt>())
    values.push_back(zeroExtend ? element.getZExtValue() : element.getSExtValue());
  return values;
}
