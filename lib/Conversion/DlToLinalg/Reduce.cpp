//===- Reduce.cpp - reductions and scans ----------------------------------===//
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

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

static Value getNeutral(B &b, dl::ReductionKind kind, Type element) {
  Type type = getComputeType(element);
  switch (kind) {
  case dl::ReductionKind::sum:
  case dl::ReductionKind::mean:
  case dl::ReductionKind::bit_or:
  case dl::ReductionKind::bit_xor:
    return numberConstant(b, type, 0);
  case dl::ReductionKind::prod:
    return numberConstant(b, type, 1);
  case dl::ReductionKind::max:
    return lowestConstant(b, element);
  case dl::ReductionKind::min:
    return highestConstant(b, element);
  case dl::ReductionKind::bit_and:
    return intConstant(b, type, type.isInteger(1) ? 1 : -1);
  }
  llvm_unreachable("all kinds handled");
}

static Value combine(B &b, dl::ReductionKind kind, Value lhs, Value rhs, Type element) {
  switch (kind) {
  case dl::ReductionKind::sum:
  case dl::ReductionKind::mean:
    return emitAdd(b, lhs, rhs, /*reassociate=*/true);
  case dl::ReductionKind::prod:
    return emitMul(b, lhs, rhs, /*reassociate=*/true);
  case dl::ReductionKind::max:
    return emitMax(b, lhs, rhs, element);
  case dl::ReductionKind::min:
    return emitMin(b, lhs, rhs, element);
  case dl::ReductionKind::bit_and:
    return arith::AndIOp::create(b, lhs, rhs);
  case dl::ReductionKind::bit_or:
    return arith::OrIOp::create(b, lhs, rhs);
  case dl::ReductionKind::bit_xor:
    return arith::XOrIOp::create(b, lhs, rhs);
  }
  llvm_unreachable("all kinds handled");
}

/// The sum of a mean divided by the number of elements, in compute type.
static Value divideByCount(B &b, Value sum, Value count, Type element) {
  if (isa<FloatType>(sum.getType())) {
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), count);
    number = arith::SIToFPOp::create(b, sum.getType(), number);
    return arith::DivFOp::create(b, sum, number);
  }
  Value number = convertElement(b, count, b.getIndexType(), element);
  return emitIntDiv(b, sum, number, isUnsigned(element));
}

static LogicalResult lowerReduce(dl::ReduceOp op, dl::ReduceOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput();
  Type element = elementOf(op.getInput());
  // Narrow floats are summed in f32; a maximum keeps the operand's infinities.
  Type sumElement = accumulatorElement(element);
  auto type = storageTensorType(op.getOutput());
  auto sumType = type.clone(getStorageType(sumElement));
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<AffineExpr> exprs;
  SmallVector<utils::IteratorType> iterators;
  OpFoldResult count = b.getIndexAttr(1);
  for (int64_t d = 0; d < rank; ++d) {
    bool isReduced = llvm::is_contained(op.getDimensions(), d);
    iterators.push_back(isReduced ? utils::IteratorType::reduction
                                  : utils::IteratorType::parallel);
    if (isReduced)
      count = mulIndex(b, count, getSize(b, input, d));
    if (!isReduced)
      exprs.push_back(b.getAffineDimExpr(d));
    else if (op.getKeepDims())
      exprs.push_back(b.getAffineConstantExpr(0));
  }
  Value neutral = toStorage(b, getNeutral(b, op.getKind(), element), sumElement);
  Value init = filledTensor(b, sumType, *sizes, neutral);
  Value result =
      buildGeneric(b, input, init,
                   {b.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, exprs, b.getContext())},
                   iterators,
                   [&](B &inner, ValueRange args) {
                     Value value = fromStorage(inner, args[0], element);
                     Value sum = fromStorage(inner, args[1], sumElement);
                     value = combine(inner, op.getKind(), sum, value, element);
                     return SmallVector<Value>{toStorage(inner, value, sumElement)};
                   })
          .front();
  bool isMean = op.getKind() == dl::ReductionKind::mean;
  if (isMean || sumElement != element) {
    Value number = toValue(b, count);
    result = mapElements(b, type, *sizes, result, b.getMultiDimIdentityMap(type.getRank()),
                         [&](B &inner, ValueRange args) {
                           Value value = fromStorage(inner, args[0], sumElement);
                           if (isMean)
                             value = divideByCount(inner, value, number, element);
                           return toStorage(inner, value, element);
                         });
  }
  rewriter.replaceOp(op, result);
  return success();
}

//===----------------------------------------------------------------------===//
// arg_reduce
//===----------------------------------------------------------------------===//

/// Whether x is more extreme than y: NaN is more than any number.
static Value isMoreExtreme(B &b, Value x, Value y, bool isMax, Type element) {
  Value isBeyond = isMax ? emitLess(b, y, x, element) : emitLess(b, x, y, element);
  if (!isa<FloatType>(x.getType()))
    return isBeyond;
  Value xIsNan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  Value yIsNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, y, y);
  return arith::OrIOp::create(b, isBeyond, arith::AndIOp::create(b, xIsNan, yIsNumber));
}

/// Whether x is the extreme value: NaN is where any element is.
static Value isExtreme(B &b, Value x, Value extreme) {
  if (!isa<FloatType>(x.getType()))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, extreme);
  Value isEqual = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, extreme);
  Value isNan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  return arith::OrIOp::create(b, isEqual, isNan);
}

/// Along the contiguous dimension, where one pass would carry value and place from
/// element to element: the extreme value first, then its place, the least (or, with
/// `select_last`, the largest) of the numbers of the elements that are equal to it.
/// LLVM vectorises both. `maps` and `inits` are the op's own.
static Value reduceInTwoPasses(dl::ArgReduceOp op, B &b, Value input, ValueRange inits,
                               ArrayRef<AffineMap> maps,
                               ArrayRef<utils::IteratorType> iterators, Type bestElement) {
  Type element = elementOf(op.getInput());
  Type placeElement = cast<RankedTensorType>(inits[1].getType()).getElementType();
  auto kind = op.getKind() == dl::ArgReduceKind::max ? dl::ReductionKind::max
                                                     : dl::ReductionKind::min;
  Value extreme = buildGeneric(b, input, inits[0], {maps[0], maps[1]}, iterators,
                               [&](B &inner, ValueRange args) {
                                 Value value = fromStorage(inner, args[0], element);
                                 Value old = fromStorage(inner, args[1], bestElement);
                                 value = combine(inner, kind, old, value, element);
                                 return SmallVector<Value>{toStorage(inner, value, bestElement)};
                               })
                      .front();
  bool isLast = op.getSelectLast();
  unsigned width = placeElement.getIntOrFloatBitWidth();
  APInt none = isLast ? APInt::getZero(width) : APInt::getSignedMaxValue(width);
  auto createNone = [&](B &inner) -> Value {
    return arith::ConstantOp::create(inner, inner.getIntegerAttr(placeElement, none));
  };
  Value places = filledTensor(b, cast<RankedTensorType>(inits[1].getType()),
                              getSizes(b, inits[1]), createNone(b));
  return buildGeneric(b, {input, extreme}, places, maps, iterators,
                      [&](B &inner, ValueRange args) {
                        Value value = fromStorage(inner, args[0], element);
                        Value best = fromStorage(inner, args[1], bestElement);
                        Value at = convertElement(
                            inner, linalg::IndexOp::create(inner, op.getDimension()),
                            inner.getIndexType(), placeElement);
                        at = arith::SelectOp::create(inner, isExtreme(inner, value, best), at,
                                                     createNone(inner));
                        at = isLast ? arith::MaxSIOp::create(inner, at, args[2]).getResult()
                                    : arith::MinSIOp::create(inner, at, args[2]).getResult();
                        return SmallVector<Value>{at};
                      })
      .front();
}

static LogicalResult lowerArgReduce(dl::ArgReduceOp op, dl::ArgReduceOp::Adaptor adaptor,
                                    ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput();
  int64_t dim = op.getDimension();
  Type element = elementOf(op.getInput());
  Value size = toValue(b, getSize(b, input, dim));
  check(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, size, indexConstant(b, 0)),
        "an empty dimension has no extreme element");
  auto type = storageTensorType(op.getOutput());
  Type computeType = getComputeType(element);
  // The extreme value so far, beside its place; i1 as a byte.
  Type bestElement = isa<FloatType>(element) ? computeType : element;
  auto bestType = type.clone(getStorageType(bestElement));
  bool isMax = op.getKind() == dl::ArgReduceKind::max;
  Value worst = isMax ? lowestConstant(b, element) : highestConstant(b, element);
  Value best = filledTensor(b, bestType, *sizes, toStorage(b, worst, bestElement));
  Value place = filledTensor(b, type, *sizes, intConstant(b, type.getElementType(), 0));
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<AffineExpr> exprs;
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators[dim] = utils::IteratorType::reduction;
  for (int64_t d = 0; d < rank; ++d) {
    if (d != dim)
      exprs.push_back(b.getAffineDimExpr(d));
    else if (op.getKeepDims())
      exprs.push_back(b.getAffineConstantExpr(0));
  }
  AffineMap outMap = AffineMap::get(rank, 0, exprs, b.getContext());
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank), outMap, outMap};
  if (dim == rank - 1 && type.getElementType().isSignlessInteger()) {
    rewriter.replaceOp(op, reduceInTwoPasses(op, b, input, {best, place}, maps, iterators,
                                             bestElement));
    return success();
  }
  Value result =
      buildGeneric(b, input, {best, place}, maps, iterators,
                   [&](B &inner, ValueRange args) {
                     Value value = fromStorage(inner, args[0], element);
                     Value old = fromStorage(inner, args[1], bestElement);
                     Value isBetter = isMoreExtreme(inner, value, old, isMax, element);
                     if (op.getSelectLast()) {
                       Value isWorse = isMoreExtreme(inner, old, value, isMax, element);
                       isBetter = arith::XOrIOp::create(inner, isWorse,
                                                        intConstant(inner, inner.getI1Type(), 1));
                     }
                     Value at = convertElement(inner, linalg::IndexOp::create(inner, dim),
                                               inner.getIndexType(), type.getElementType());
                     Value stored = toStorage(inner, value, bestElement);
                     return SmallVector<Value>{
                         arith::SelectOp::create(inner, isBetter, stored, args[1]),
                         arith::SelectOp::create(inner, isBetter, at, args[2])};
                   })
          .back();
  rewriter.replaceOp(op, result);
  return success();
}

//===----------------------------------------------------------------------===//
// cumulative
//===----------------------------------------------------------------------===//

static Value emitLogAddExp(B &b, Value x, Value y, Type element) {
  Value larger = emitMax(b, x, y, element), smaller = emitMin(b, x, y, element);
  Value difference = arith::SubFOp::create(b, smaller, larger);
  Value sum = arith::AddFOp::create(
      b, larger, math::Log1pOp::create(b, math::ExpOp::create(b, difference)));
  // Two infinities of one sign have no difference.
  Value infinity = floatConstant(b, x.getType(), std::numeric_limits<double>::infinity());
  Value isInfinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                           math::AbsFOp::create(b, larger), infinity);
  return arith::SelectOp::create(b, isInfinite, larger, sum);
}

static Value accumulate(B &b, dl::CumulativeKind kind, Value x, Value y, Type element) {
  switch (kind) {
  case dl::CumulativeKind::sum:
    return emitAdd(b, x, y);
  case dl::CumulativeKind::prod:
    return emitMul(b, x, y);
  case dl::CumulativeKind::max:
    return emitMax(b, x, y, element);
  case dl::CumulativeKind::min:
    return emitMin(b, x, y, element);
  case dl::CumulativeKind::log_sum_exp:
    return emitLogAddExp(b, x, y, element);
  }
  llvm_unreachable("all kinds handled");
}

static Value getNeutral(B &b, dl::CumulativeKind kind, Type element) {
  switch (kind) {
  case dl::CumulativeKind::sum:
    return numberConstant(b, getComputeType(element), 0);
  case dl::CumulativeKind::prod:
    return numberConstant(b, getComputeType(element), 1);
  case dl::CumulativeKind::max:
  case dl::CumulativeKind::log_sum_exp:
    return lowestConstant(b, element);
  case dl::CumulativeKind::min:
    return highestConstant(b, element);
  }
  llvm_unreachable("all kinds handled");
}

/// Sums and products of many f32 lose digits at each step: they are carried on in f64.
static Type getCarriedElement(B &b, dl::CumulativeKind kind, Type element) {
  bool adds = kind == dl::CumulativeKind::sum || kind == dl::CumulativeKind::prod;
  return element.isF32() && adds ? b.getF64Type() : accumulatorElement(element);
}

static LogicalResult lowerCumulative(dl::CumulativeOp op, dl::CumulativeOp::Adaptor adaptor,
                                     ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput();
  int64_t dim = op.getDimension();
  Type element = elementOf(op.getInput());
  Type sumElement = getCarriedElement(b, op.getKind(), element);
  auto type = storageTensorType(op.getOutput());
  SmallVector<OpFoldResult> sizes = getSizes(b, input);
  Value init = emptyTensor(b, type.clone(getStorageType(sumElement)), sizes);
  Value last = toValue(b, subIndex(b, sizes[dim], b.getIndexAttr(1)));
  Value zero = indexConstant(b, 0), one = indexConstant(b, 1);
  Value neutral = convertElement(b, getNeutral(b, op.getKind(), element), element, sumElement);
  Value result = loopOverTensor(b, sizes, init, [&](B &inner, ArrayRef<Value> indices,
                                                    Value tensor) -> Value {
    Value step = indices[dim];
    auto placeOf = [&](Value at) {
      SmallVector<Value> place(indices);
      place[dim] = op.getReverse() ? arith::SubIOp::create(inner, last, at).getResult() : at;
      return place;
    };
    // The first step has no element before it; it reads its own and drops it.
    Value isFirst = arith::CmpIOp::create(inner, arith::CmpIPredicate::eq, step, zero);
    Value before = arith::SubIOp::create(inner, step, one);
    before = arith::SelectOp::create(inner, isFirst, zero, before);
    SmallVector<Value> here = placeOf(step), previous = placeOf(before);
    Value sum = tensor::ExtractOp::create(inner, tensor, previous);
    sum = fromStorage(inner, sum, sumElement);
    sum = arith::SelectOp::create(inner, isFirst, neutral, sum);
    Value addend = tensor::ExtractOp::create(inner, input, op.getExclusive() ? previous : here);
    addend = convertElement(inner, fromStorage(inner, addend, element), element, sumElement);
    Value next = accumulate(inner, op.getKind(), sum, addend, element);
    if (op.getExclusive())
      next = arith::SelectOp::create(inner, isFirst, neutral, next);
    return tensor::InsertOp::create(inner, toStorage(inner, next, sumElement), tensor, here);
  });
  rewriter.replaceOp(op, convertTensor(b, result, sumElement, element));
  return success();
}

static LogicalResult lowerAssert(dl::AssertOp op, dl::AssertOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, B &b) {
  Value holds = checkNone(b, adaptor.getPred(), [](B &inner, Value stored, ArrayRef<Value>) {
    return arith::CmpIOp::create(inner, arith::CmpIPredicate::eq, stored,
                                 intConstant(inner, stored.getType(), 0))
        .getResult();
  });
  check(b, holds, op.getMessage());
  rewriter.eraseOp(op);
  return success();
}

void dlc::populateDlReduceToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::ReduceOp>(patterns, converter, lowerReduce);
  addLowering<dl::ArgReduceOp>(patterns, converter, lowerArgReduce);
  addLowering<dl::CumulativeOp>(patterns, converter, lowerCumulative);
  addLowering<dl::AssertOp>(patterns, converter, lowerAssert);
}
