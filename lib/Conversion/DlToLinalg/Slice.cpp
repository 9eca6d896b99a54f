//===- Slice.cpp - slices and padding -------------------------------------===//
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

static Value castTo(B &b, Value tensor, RankedTensorType type) {
  return tensor.getType() == type ? tensor : tensor::CastOp::create(b, type, tensor).getResult();
}

static LogicalResult lowerSlice(dl::SliceOp op, dl::SliceOp::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  SmallVector<OpFoldResult> offsets = getAsIndexOpFoldResult(b.getContext(), op.getStartIndices());
  SmallVector<OpFoldResult> strides = getAsIndexOpFoldResult(b.getContext(), op.getStrides());
  Value slice = extractSlice(b, adaptor.getInput(), offsets, *sizes, strides);
  rewriter.replaceOp(op, castTo(b, slice, storageTensorType(op.getOutput())));
  return success();
}

/// 0 <= value.
static Value isNotNegative(B &b, Value value) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::sge, value, indexConstant(b, 0));
}
static Value isAtMost(B &b, Value value, Value bound) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, value, bound);
}

static LogicalResult lowerDynamicSlice(dl::DynamicSliceOp op, dl::DynamicSliceOp::Adaptor adaptor,
                                       ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput();
  SmallVector<OpFoldResult> starts = getShapeEntries(b, adaptor.getStartIndices());
  SmallVector<OpFoldResult> strides(starts.size(), b.getIndexAttr(1));
  if (adaptor.getStrides())
    strides = getShapeEntries(b, adaptor.getStrides());
  Value isEmpty = arith::ConstantIntOp::create(b, b.getI1Type(), 0), one = indexConstant(b, 1);
  Value isInside = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  for (auto [d, start] : llvm::enumerate(starts)) {
    Value first = toValue(b, start), size = toValue(b, (*sizes)[d]);
    Value last = toValue(b, subIndex(b, getSize(b, input, d), b.getIndexAttr(1)));
    Value steps = arith::SubIOp::create(b, size, one);
    Value end = arith::AddIOp::create(b, first,
                                      arith::MulIOp::create(b, steps, toValue(b, strides[d])));
    for (Value index : {first, end}) {
      isInside = arith::AndIOp::create(b, isInside, isNotNegative(b, index));
      isInside = arith::AndIOp::create(b, isInside, isAtMost(b, index, last));
    }
    Value none = isAtMost(b, size, indexConstant(b, 0));
    isEmpty = arith::OrIOp::create(b, isEmpty, none);
  }
  check(b, arith::OrIOp::create(b, isEmpty, isInside),
        "a slice reaches outside its operand");
  auto type = storageTensorType(op.getOutput());
  bool isForward = llvm::all_of(strides, [](OpFoldResult stride) {
    return getConstantIntValue(stride).value_or(0) > 0;
  });
  Value result;
  if (isForward)
    result = castTo(b, extractSlice(b, input, starts, *sizes, strides), type);
  else
    result = generate(b, type, *sizes, [&](B &inner, ArrayRef<Value> indices) {
      SmallVector<Value> position;
      for (auto [d, index] : llvm::enumerate(indices)) {
        Value step = arith::MulIOp::create(inner, index, toValue(inner, strides[d]));
        position.push_back(arith::AddIOp::create(inner, toValue(inner, starts[d]), step));
      }
      return tensor::ExtractOp::create(inner, input, position).getResult();
    });
  rewriter.replaceOp(op, result);
  return success();
}

static LogicalResult lowerUpdateSlice(dl::DynamicUpdateSliceOp op,
                                      dl::DynamicUpdateSliceOp::Adaptor adaptor,
                                      ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput(), update = adaptor.getUpdate();
  SmallVector<OpFoldResult> starts = getShapeEntries(b, adaptor.getStartIndices());
  SmallVector<OpFoldResult> sizes = getSizes(b, update);
  SmallVector<OpFoldResult> strides(starts.size(), b.getIndexAttr(1));
  Value isInside = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  for (auto [d, start] : llvm::enumerate(starts)) {
    Value room = toValue(b, subIndex(b, getSize(b, input, d), sizes[d]));
    Value first = toValue(b, start);
    isInside = arith::AndIOp::create(b, isInside, isNotNegative(b, first));
    isInside = arith::AndIOp::create(b, isInside, isAtMost(b, first, room));
  }
  check(b, isInside, "an updated slice reaches outside its operand");
  Value result = insertSlice(b, update, input, starts, strides);
  rewriter.replaceOp(op, castTo(b, result, storageTensorType(op.getOutput())));
  return success();
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

/// index modulo size, not negative.
static Value floorMod(B &b, Value index, Value size) {
  Value rest = arith::RemSIOp::create(b, index, size);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rest, indexConstant(b, 0));
  return arith::SelectOp::create(b, isNegative, arith::AddIOp::create(b, rest, size), rest);
}

/// The operand's index that padded index `at` (from the operand's first element)
/// repeats.
static Value getPadSource(B &b, Value at, Value size, dl::PadMode mode) {
  switch (mode) {
  case dl::PadMode::constant:
  case dl::PadMode::edge:
    return clampIndex(b, at, size);
  case dl::PadMode::wrap:
    return floorMod(b, at, size);
  case dl::PadMode::reflect: {
    // A period goes forth and back without repeating either end.
    Value one = indexConstant(b, 1);
    Value period = arith::ShLIOp::create(b, arith::SubIOp::create(b, size, one), one);
    Value phase = floorMod(b, at, arith::MaxSIOp::create(b, period, one));
    Value back = arith::SubIOp::create(b, period, phase);
    Value isForth = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, phase, size);
    return arith::SelectOp::create(b, isForth, phase, back);
  }
  }
  llvm_unreachable("all modes handled");
}

static LogicalResult lowerPad(dl::PadOp op, dl::PadOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput();
  SmallVector<OpFoldResult> low = getAsIndexOpFoldResult(b.getContext(), op.getLow());
  SmallVector<OpFoldResult> high = getAsIndexOpFoldResult(b.getContext(), op.getHigh());
  if (adaptor.getDynamicLow()) {
    low = getShapeEntries(b, adaptor.getDynamicLow());
    high = getShapeEntries(b, adaptor.getDynamicHigh());
  }
  auto type = storageTensorType(op.getOutput());
  SmallVector<OpFoldResult> sizes = getSizes(b, input), padded, spread;
  OpFoldResult one = b.getIndexAttr(1), zero = b.getIndexAttr(0);
  bool hasInterior = llvm::any_of(op.getInterior(), [](int64_t count) { return count != 0; });
  for (auto [d, size] : llvm::enumerate(sizes)) {
    OpFoldResult gaps = mulIndex(b, maxIndex(b, zero, subIndex(b, size, one)),
                                 b.getIndexAttr(op.getInterior()[d]));
    spread.push_back(addIndex(b, size, gaps));
    padded.push_back(addIndex(b, addIndex(b, spread.back(), low[d]), high[d]));
  }
  for (OpFoldResult size : padded)
    if (!getConstantIntValue(size))
      check(b, isNotNegative(b, toValue(b, size)),
            "a dimension is cropped to a negative size");
  if (op.getMode() == dl::PadMode::constant) {
    Value fill = extractScalar(b, adaptor.getValue());
    Value inner = input;
    if (hasInterior) {
      SmallVector<int64_t> shape;
      SmallVector<OpFoldResult> strides, offsets(sizes.size(), zero);
      for (auto [d, size] : llvm::enumerate(spread)) {
        shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
        strides.push_back(b.getIndexAttr(op.getInterior()[d] + 1));
      }
      Value spreadOut = filledTensor(b, type.clone(shape), spread, fill);
      inner = insertSlice(b, input, spreadOut, offsets, strides);
    }
    rewriter.replaceOp(op, castTo(b, padTensor(b, inner, low, high, fill), type));
    return success();
  }
  for (auto [d, size] : llvm::enumerate(sizes)) {
    Value lowValue = toValue(b, low[d]), highValue = toValue(b, high[d]);
    Value isAdding = arith::AndIOp::create(b, isNotNegative(b, lowValue),
                                           isNotNegative(b, highValue));
    check(b, isAdding, "only constant padding can crop");
    Value total = arith::AddIOp::create(b, lowValue, highValue);
    Value isFilled = arith::OrIOp::create(b, isAtMost(b, total, indexConstant(b, 0)),
                                          isAtMost(b, indexConstant(b, 1), toValue(b, size)));
    check(b, isFilled, "an empty dimension can't be repeated");
  }
  Value result = generate(b, type, padded, [&](B &inner, ArrayRef<Value> indices) {
    SmallVector<Value> position;
    for (auto [d, index] : llvm::enumerate(indices)) {
      if (isConstantIntValue(low[d], 0) && isConstantIntValue(high[d], 0)) {
        position.push_back(index);
        continue;
      }
      Value at = arith::SubIOp::create(inner, index, toValue(inner, low[d]));
      position.push_back(getPadSource(inner, at, toValue(inner, sizes[d]), op.getMode()));
    }
    return tensor::ExtractOp::create(inner, input, position).getResult();
  });
  rewriter.replaceOp(op, result);
  return success();
}

void dlc::populateDlSliceToLinalgPatterns(const TypeConverter &converter,
                                          RewritePatternSet &patterns) {
  addLowering<dl::SliceOp>(patterns, converter, lowerSlice);
  addLowering<dl::DynamicSliceOp>(patterns, converter, lowerDynamicSlice);
  addLowering<dl::DynamicUpdateSliceOp>(patterns, converter, lowerUpdateSlice);
  addLowering<dl::PadOp>(patterns, converter, lowerPad);
}
