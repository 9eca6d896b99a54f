//===- Quant.cpp - quantize and dequantize --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

/// How loops over the operand find its scale: one for all, one per index of
/// `axis`, or one per block of it.
template <typename OpT>
static AffineMap getParameterMap(B &b, OpT op, Value scale, int64_t rank) {
  SmallVector<AffineExpr> exprs;
  int64_t axis = op.getAxis(), block = op.getBlockSize();
  if (block > 0) {
    for (int64_t d = 0; d < rank; ++d)
      exprs.push_back(b.getAffineDimExpr(d));
    exprs[axis] = exprs[axis].floorDiv(block);
  } else if (cast<RankedTensorType>(scale.getType()).getRank() > 0) {
    exprs.push_back(b.getAffineDimExpr(axis));
  }
  return AffineMap::get(rank, 0, exprs, b.getContext());
}

/// Whether numbers of the type are exact in f32.
static bool fitsF32(Type element) {
  if (isa<FloatType>(element))
    return !element.isF64();
  return !element.isIndex() && element.getIntOrFloatBitWidth() <= 16;
}

/// An element in `type` (f32 or f64).
static Value asFloat(B &b, Value stored, Type element, Type type) {
  Value value = fromStorage(b, stored, element);
  Type computed = isa<FloatType>(element) ? getComputeType(element) : element;
  return convertElement(b, value, computed, type);
}

static LogicalResult lowerQuantize(dl::QuantizeOp op, dl::QuantizeOp::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter, B &b) {
  Type from = elementOf(op.getInput()), to = elementOf(op.getOutput());
  Type scaleElement = elementOf(op.getScale());
  Type f32 = b.getF32Type(), f64 = b.getF64Type();
  bool isWide = from.isF64() || scaleElement.isF64();
  Type quotientType = isWide || !fitsF32(from) ? f64 : f32;
  auto type = storageTensorType(op.getOutput());
  int64_t rank = type.getRank();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap parameters = getParameterMap(b, op, adaptor.getScale(), rank);
  SmallVector<Value> inputs{adaptor.getInput(), adaptor.getScale()};
  SmallVector<AffineMap> maps{identity, parameters};
  if (adaptor.getZeroPoint()) {
    inputs.push_back(adaptor.getZeroPoint());
    maps.push_back(parameters);
  }
  Value result = mapElements(
      b, type, getSizes(b, adaptor.getInput()), inputs, maps, [&](B &inner, ValueRange args) {
        Value value = asFloat(inner, args[0], from, quotientType);
        Value scale = asFloat(inner, args[1], scaleElement, quotientType);
        value = arith::DivFOp::create(inner, value, scale);
        if (!isWide && quotientType == f64)
          value = arith::TruncFOp::create(inner, f32, value);
        Type current = value.getType();
        if (isa<FloatType>(to))
          return toStorage(inner, convertElement(inner, value, current, to, op.getSaturate()), to);
        value = math::RoundEvenOp::create(inner, value);
        if (adaptor.getZeroPoint()) {
          Type sumType = fitsF32(to) && current == f32 ? f32 : f64;
          value = convertElement(inner, value, current, sumType);
          Value zero = asFloat(inner, args[2], elementOf(op.getZeroPoint()), sumType);
          value = arith::AddFOp::create(inner, value, zero);
          current = sumType;
        }
        return toStorage(inner, convertElement(inner, value, current, to), to);
      });
  rewriter.replaceOp(op, result);
  return success();
}

static LogicalResult lowerDequantize(dl::DequantizeOp op, dl::DequantizeOp::Adaptor adaptor,
                                     ConversionPatternRewriter &rewriter, B &b) {
  Type from = elementOf(op.getInput()), to = elementOf(op.getOutput());
  Type scaleElement = elementOf(op.getScale());
  bool isWide = to.isF64() || scaleElement.isF64() || !fitsF32(from);
  Type computed = isWide ? Type(b.getF64Type()) : Type(b.getF32Type());
  auto type = storageTensorType(op.getOutput());
  int64_t rank = type.getRank();
  AffineMap parameters = getParameterMap(b, op, adaptor.getScale(), rank);
  SmallVector<Value> inputs{adaptor.getInput(), adaptor.getScale()};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank), parameters};
  if (adaptor.getZeroPoint()) {
    inputs.push_back(adaptor.getZeroPoint());
    maps.push_back(parameters);
  }
  Value result = mapElements(
      b, type, getSizes(b, adaptor.getInput()), inputs, maps, [&](B &inner, ValueRange args) {
        Value value = asFloat(inner, args[0], from, computed);
        if (adaptor.getZeroPoint()) {
          Value zero = asFloat(inner, args[2], elementOf(op.getZeroPoint()), computed);
          value = arith::SubFOp::create(inner, value, zero);
        }
        value = arith::MulFOp::create(inner, value,
                                      asFloat(inner, args[1], scaleElement, computed));
        return toStorage(inner, convertElement(inner, value, computed, to), to);
      });
  rewriter.replaceOp(op, result);
  return success();
}

void dlc::populateDlQuantToLinalgPatterns(const TypeConverter &converter,
                                          RewritePatternSet &patterns) {
  addLowering<dl::QuantizeOp>(patterns, converter, lowerQuantize);
  addLowering<dl::DequantizeOp>(patterns, converter, lowerDequantize);
}
