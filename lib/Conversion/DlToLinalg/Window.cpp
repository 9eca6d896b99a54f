//===- Window.cpp - pooling -----------------------------------------------===//
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

namespace {
/// The windows of a pooling op over dimensions [first, first + count) of its
/// operand.
struct Windows {
  template <typename OpT>
  Windows(OpT op)
      : window(op.getWindow()), strides(op.getStrides()), low(op.getPaddingLow()),
        high(op.getPaddingHigh()), dilations(op.getDilations()),
        first(op.getLayout() == dl::DataLayout::channels_last ? 1 : 2), count(window.size()) {}

  /// The operand with `fill` wherever a window reaches beyond it.
  Value pad(B &b, Value input, ArrayRef<OpFoldResult> outSizes, Value fill) const {
    SmallVector<OpFoldResult> sizes = getSizes(b, input);
    SmallVector<OpFoldResult> before(sizes.size(), b.getIndexAttr(0)), after(before);
    for (int64_t d = 0; d < count; ++d) {
      int64_t span = (window[d] - 1) * dilations[d] + 1;
      OpFoldResult lastStart =
          mulIndex(b, subIndex(b, outSizes[first + d], b.getIndexAttr(1)),
                   b.getIndexAttr(strides[d]));
      OpFoldResult needed = addIndex(b, lastStart, b.getIndexAttr(span));
      OpFoldResult present = addIndex(b, sizes[first + d], b.getIndexAttr(low[d]));
      before[first + d] = b.getIndexAttr(low[d]);
      after[first + d] = maxIndex(b, subIndex(b, needed, present), b.getIndexAttr(0));
    }
    return padTensor(b, input, before, after, fill);
  }

  /// Maps of the padded operand, the window (whose sizes are the reduction
  /// loops') and the result.
  SmallVector<AffineMap> getMaps(B &b, int64_t rank) const {
    SmallVector<AffineExpr> input, taps;
    for (int64_t d = 0; d < rank; ++d) {
      AffineExpr expr = b.getAffineDimExpr(d);
      if (d >= first && d < first + count) {
        AffineExpr tap = b.getAffineDimExpr(rank + d - first);
        taps.push_back(tap);
        expr = expr * strides[d - first] + tap * dilations[d - first];
      }
      input.push_back(expr);
    }
    MLIRContext *context = b.getContext();
    return {AffineMap::get(rank + count, 0, input, context),
            AffineMap::get(rank + count, 0, taps, context),
            AffineMap::getMultiDimIdentityMap(rank + count, context).getMajorSubMap(rank)};
  }

  /// How many taps of the window at `at` lie in [from, to) of dimension d, which
  /// count from the operand's first element.
  Value countTaps(B &b, Value at, int64_t d, Value from, Value to) const {
    Value start = arith::MulIOp::create(b, at, indexConstant(b, strides[d]));
    start = arith::SubIOp::create(b, start, indexConstant(b, low[d]));
    Value dilation = indexConstant(b, dilations[d]);
    auto tapOf = [&](Value bound) -> Value {
      // The first tap at or after `bound`, within the window.
      Value distance = arith::SubIOp::create(b, bound, start);
      distance = arith::MaxSIOp::create(b, distance, indexConstant(b, 0));
      Value tap = dilations[d] == 1 ? distance
                                    : arith::CeilDivUIOp::create(b, distance, dilation).getResult();
      return arith::MinSIOp::create(b, tap, indexConstant(b, window[d]));
    };
    Value taps = arith::SubIOp::create(b, tapOf(to), tapOf(from));
    return arith::MaxSIOp::create(b, taps, indexConstant(b, 0));
  }

  ArrayRef<int64_t> window, strides, low, high, dilations;
  int64_t first, count;
};
} // namespace

/// |x| to the power p.
static Value emitPower(B &b, Value x, int64_t p) {
  Value magnitude = math::AbsFOp::create(b, x);
  if (p == 1)
    return magnitude;
  if (p == 2)
    return arith::MulFOp::create(b, magnitude, magnitude);
  return math::PowFOp::create(b, magnitude, floatConstant(b, x.getType(), double(p)));
}

/// What remains to be done with a window's sum.
static Value finishPool(B &b, dl::PoolOp op, const Windows &windows, Value sum, Value input,
                        ArrayRef<Value> indices, Type element) {
  if (op.getKind() == dl::PoolKind::lp) {
    if (op.getP() == 1)
      return sum;
    if (op.getP() == 2)
      return math::SqrtOp::create(b, sum);
    return math::PowFOp::create(b, sum, floatConstant(b, sum.getType(), 1.0 / op.getP()));
  }
  if (op.getKind() != dl::PoolKind::average)
    return sum;
  Value count = indexConstant(b, 1);
  for (int64_t d = 0; d < windows.count; ++d) {
    Value from = indexConstant(b, 0), to = toValue(b, getSize(b, input, windows.first + d));
    if (op.getCountIncludePad()) {
      from = indexConstant(b, -windows.low[d]);
      to = arith::AddIOp::create(b, to, indexConstant(b, windows.high[d]));
    }
    count = arith::MulIOp::create(
        b, count, windows.countTaps(b, indices[windows.first + d], d, from, to));
  }
  if (isa<FloatType>(sum.getType())) {
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), count);
    return arith::DivFOp::create(b, sum, arith::SIToFPOp::create(b, sum.getType(), number));
  }
  Value number = convertElement(b, count, b.getIndexType(), element);
  return emitIntDiv(b, sum, number, isUnsigned(element));
}

static LogicalResult lowerPool(dl::PoolOp op, dl::PoolOp::Adaptor adaptor,
                               ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Windows windows(op);
  bool isMax = op.getKind() == dl::PoolKind::max, isLp = op.getKind() == dl::PoolKind::lp;
  Type element = elementOf(op.getInput());
  if (isLp && !isa<FloatType>(element))
    return op.emitOpError("is an lp pooling of integers");
  Type sumElement = isMax ? element : accumulatorElement(element);
  auto type = storageTensorType(op.getOutput());
  Value neutral = isMax ? lowestConstant(b, element)
                        : numberConstant(b, getComputeType(sumElement), 0);
  Value fill = toStorage(b, isMax ? neutral : numberConstant(b, getComputeType(element), 0),
                         element);
  Value input = windows.pad(b, adaptor.getInput(), *sizes, fill);
  Value init = filledTensor(b, type.clone(getStorageType(sumElement)), *sizes,
                            toStorage(b, neutral, sumElement));
  Value shape = tensor::EmptyOp::create(b, windows.window, b.getI8Type());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  iterators.append(windows.count, utils::IteratorType::reduction);
  Value result =
      buildGeneric(b, {input, shape}, init, windows.getMaps(b, type.getRank()), iterators,
                   [&](B &inner, ValueRange args) {
                     Value x = fromStorage(inner, args[0], element);
                     Value sum = fromStorage(inner, args[2], sumElement);
                     if (isMax)
                       sum = emitMax(inner, sum, x, element);
                     else
                       sum = emitAdd(inner, sum, isLp ? emitPower(inner, x, op.getP()) : x,
                                     /*reassociate=*/true);
                     return SmallVector<Value>{toStorage(inner, sum, sumElement)};
                   })
          .front();
  bool isFinished = isMax || (op.getKind() == dl::PoolKind::sum && sumElement == element);
  if (!isFinished)
    result = mapElements(b, type, *sizes, result, b.getMultiDimIdentityMap(type.getRank()),
                         [&](B &inner, ValueRange args) {
                           SmallVector<Value> indices;
                           for (int64_t d = 0; d < type.getRank(); ++d)
                             indices.push_back(linalg::IndexOp::create(inner, d));
                           Value sum = fromStorage(inner, args[0], sumElement);
                           sum = finishPool(inner, op, windows, sum, adaptor.getInput(), indices,
                                            element);
                           return toStorage(inner, sum, element);
                         });
  rewriter.replaceOp(op, result);
  return success();
}

/// One window's largest element and its place in the plane.
static std::pair<Value, Value> findMaximum(B &b, const Windows &windows, Value input,
                                           ArrayRef<Value> indices, Type element) {
  Value zero = indexConstant(b, 0), one = indexConstant(b, 1);
  Value worst = lowestConstant(b, element);
  Value none = arith::ConstantIntOp::create(b, b.getI1Type(), 0);
  SmallVector<Value> position(indices);
  std::function<SmallVector<Value>(B &, int64_t, Value, Value, ValueRange)> nest =
      [&](B &outer, int64_t d, Value plane, Value isInside, ValueRange state)
      -> SmallVector<Value> {
    if (d < windows.count) {
      Value base = arith::MulIOp::create(outer, indices[windows.first + d],
                                         indexConstant(outer, windows.strides[d]));
      base = arith::SubIOp::create(outer, base, indexConstant(outer, windows.low[d]));
      Value size = toValue(outer, getSize(outer, input, windows.first + d));
      auto loop = scf::ForOp::create(
          outer, zero, indexConstant(outer, windows.window[d]), one, state,
          [&](OpBuilder &nested, Location loc, Value tap, ValueRange args) {
            B inner(loc, nested);
            Value at = arith::MulIOp::create(inner, tap,
                                             indexConstant(inner, windows.dilations[d]));
            at = arith::AddIOp::create(inner, base, at);
            Value inside =
                arith::CmpIOp::create(inner, arith::CmpIPredicate::ult, at, size);
            if (isInside)
              inside = arith::AndIOp::create(inner, isInside, inside);
            Value place = arith::MulIOp::create(inner, plane, size);
            place = arith::AddIOp::create(inner, place, at);
            position[windows.first + d] = at;
            scf::YieldOp::create(inner, nest(inner, d + 1, place, inside, args));
          });
      return SmallVector<Value>(loop.getResults());
    }
    auto branch = scf::IfOp::create(
        outer, isInside,
        [&](OpBuilder &nested, Location loc) {
          B inner(loc, nested);
          Value value =
              fromStorage(inner, tensor::ExtractOp::create(inner, input, position), element);
          Value isLarger = emitLess(inner, state[0], value, element);
          if (isa<FloatType>(value.getType())) {
            Value isNan =
                arith::CmpFOp::create(inner, arith::CmpFPredicate::UNO, value, value);
            Value oldIsNumber =
                arith::CmpFOp::create(inner, arith::CmpFPredicate::ORD, state[0], state[0]);
            isLarger = arith::OrIOp::create(
                inner, isLarger, arith::AndIOp::create(inner, isNan, oldIsNumber));
          }
          // The first element inside counts even where it is the lowest value.
          Value isFirst = arith::XOrIOp::create(inner, state[2],
                                                intConstant(inner, inner.getI1Type(), 1));
          Value isTaken = arith::OrIOp::create(inner, isLarger, isFirst);
          Value best = arith::SelectOp::create(inner, isTaken, value, state[0]);
          Value place = arith::SelectOp::create(inner, isTaken, plane, state[1]);
          Value found = intConstant(inner, inner.getI1Type(), 1);
          scf::YieldOp::create(inner, ValueRange{best, place, found});
        },
        [&](OpBuilder &nested, Location loc) { scf::YieldOp::create(nested, loc, state); });
    return SmallVector<Value>(branch.getResults());
  };
  SmallVector<Value> found = nest(b, 0, zero, Value(), {worst, zero, none});
  return {found[0], found[1]};
}

static LogicalResult lowerMaxPoolWithIndex(dl::MaxPoolWithIndexOp op,
                                           dl::MaxPoolWithIndexOp::Adaptor adaptor,
                                           ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Windows windows(op);
  Type element = elementOf(op.getInput());
  auto valueType = storageTensorType(op.getValues()), indexType = storageTensorType(op.getIndices());
  Value values = emptyTensor(b, valueType, sizes->front());
  Value places = emptyTensor(b, indexType, sizes->back());
  AffineMap identity = b.getMultiDimIdentityMap(valueType.getRank());
  SmallVector<Value> results = buildGeneric(
      b, ValueRange(), {values, places}, {identity, identity},
      SmallVector<utils::IteratorType>(valueType.getRank(), utils::IteratorType::parallel),
      [&](B &inner, ValueRange) {
        SmallVector<Value> indices;
        for (int64_t d = 0; d < valueType.getRank(); ++d)
          indices.push_back(linalg::IndexOp::create(inner, d));
        auto [value, place] = findMaximum(inner, windows, adaptor.getInput(), indices, element);
        Value stored =
            convertElement(inner, place, inner.getIndexType(), indexType.getElementType());
        return SmallVector<Value>{toStorage(inner, value, element), stored};
      });
  rewriter.replaceOp(op, results);
  return success();
}

void dlc::populateDlWindowToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::PoolOp>(patterns, converter, lowerPool);
  addLowering<dl::MaxPoolWithIndexOp>(patterns, converter, lowerMaxPoolWithIndex);
}
