//===- Linear.cpp - matrix products and convolutions ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The generic form: one linalg.generic over all dimensions, on an operand padded
// beforehand. Kernel templates take the common cases before this does.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

static constexpr auto kParallel = utils::IteratorType::parallel;
static constexpr auto kReduction = utils::IteratorType::reduction;

/// accumulator + lhs · rhs, the operands converted to the accumulator's type.
static Value multiplyAdd(B &b, Value lhs, Value rhs, Value sum, Type lhsElement, Type rhsElement,
                         Type sumElement) {
  auto convert = [&](Value stored, Type element) {
    Value value = fromStorage(b, stored, element);
    Type computed = isa<FloatType>(element) ? getComputeType(element) : element;
    return convertElement(b, value, computed, sumElement);
  };
  Value product = emitMul(b, convert(lhs, lhsElement), convert(rhs, rhsElement), true);
  Value result = emitAdd(b, fromStorage(b, sum, sumElement), product, true);
  return toStorage(b, result, sumElement);
}

static LogicalResult lowerDotGeneral(dl::DotGeneralOp op, dl::DotGeneralOp::Adaptor adaptor,
                                     ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value lhs = adaptor.getLhs(), rhs = adaptor.getRhs();
  auto type = storageTensorType(op.getOutput());
  Type element = elementOf(op.getOutput()), sumElement = accumulatorElement(element);
  int64_t lhsRank = cast<RankedTensorType>(lhs.getType()).getRank();
  int64_t rhsRank = cast<RankedTensorType>(rhs.getType()).getRank();
  // Loops: the result's dimensions, then the contracted ones.
  SmallVector<AffineExpr> lhsExprs(lhsRank), rhsExprs(rhsRank);
  int64_t loop = 0, resultRank = type.getRank();
  for (auto [l, r] : llvm::zip_equal(op.getLhsBatching(), op.getRhsBatching()))
    lhsExprs[l] = rhsExprs[r] = b.getAffineDimExpr(loop++);
  auto isBound = [](ArrayRef<int64_t> batching, ArrayRef<int64_t> contracting, int64_t d) {
    return llvm::is_contained(batching, d) || llvm::is_contained(contracting, d);
  };
  for (int64_t d = 0; d < lhsRank; ++d)
    if (!isBound(op.getLhsBatching(), op.getLhsContracting(), d))
      lhsExprs[d] = b.getAffineDimExpr(loop++);
  for (int64_t d = 0; d < rhsRank; ++d)
    if (!isBound(op.getRhsBatching(), op.getRhsContracting(), d))
      rhsExprs[d] = b.getAffineDimExpr(loop++);
  for (auto [l, r] : llvm::zip_equal(op.getLhsContracting(), op.getRhsContracting()))
    lhsExprs[l] = rhsExprs[r] = b.getAffineDimExpr(loop++);
  SmallVector<AffineExpr> resultExprs;
  for (int64_t d = 0; d < resultRank; ++d)
    resultExprs.push_back(b.getAffineDimExpr(d));
  SmallVector<utils::IteratorType> iterators(resultRank, kParallel);
  iterators.append(loop - resultRank, kReduction);

  Value zero = numberConstant(b, getStorageType(sumElement), 0);
  Value init = filledTensor(b, type.clone(getStorageType(sumElement)), *sizes, zero);
  Type lhsElement = elementOf(op.getLhs()), rhsElement = elementOf(op.getRhs());
  MLIRContext *context = b.getContext();
  Value result =
      buildGeneric(b, {lhs, rhs}, init,
                   {AffineMap::get(loop, 0, lhsExprs, context),
                    AffineMap::get(loop, 0, rhsExprs, context),
                    // Not getMajorSubMap, which has no map for a scalar.
                    AffineMap::get(loop, 0, resultExprs, context)},
                   iterators,
                   [&](B &inner, ValueRange args) {
                     return SmallVector<Value>{multiplyAdd(inner, args[0], args[1], args[2],
                                                           lhsElement, rhsElement, sumElement)};
                   })
          .front();
  rewriter.replaceOp(op, convertTensor(b, result, sumElement, element));
  return success();
}

//===----------------------------------------------------------------------===//
// conv
//===----------------------------------------------------------------------===//

/// `tensor` with dimension `d` seen as groups × rest.
static Value splitDimension(B &b, Value tensor, int64_t d, int64_t groups) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> sizes = getSizes(b, tensor);
  SmallVector<int64_t> shape(type.getShape());
  OpFoldResult rest;
  if (type.isDynamicDim(d))
    rest = arith::DivUIOp::create(b, toValue(b, sizes[d]), indexConstant(b, groups)).getResult();
  else
    rest = b.getIndexAttr(type.getDimSize(d) / groups);
  sizes[d] = b.getIndexAttr(groups);
  sizes.insert(sizes.begin() + d + 1, rest);
  shape[d] = groups;
  shape.insert(shape.begin() + d + 1, getConstantIntValue(rest).value_or(ShapedType::kDynamic));
  SmallVector<ReassociationIndices> reassociation;
  for (int64_t i = 0, next = 0; i < type.getRank(); ++i) {
    reassociation.push_back({next++});
    if (i == d)
      reassociation.back().push_back(next++);
  }
  return tensor::ExpandShapeOp::create(b, type.clone(shape), tensor, reassociation, sizes);
}

/// The reverse.
static Value joinDimension(B &b, Value tensor, int64_t d) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<ReassociationIndices> reassociation;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (i == d + 1)
      reassociation.back().push_back(i);
    else
      reassociation.push_back({i});
  }
  return tensor::CollapseShapeOp::create(b, tensor, reassociation);
}

namespace {
/// Loops of a convolution: n, [g,] f, o…, [reductions:] c, k….
struct ConvLoops {
  ConvLoops(B &b, dl::ConvOp op, bool hasGroups) {
    bool isLast = op.getLayout() == dl::DataLayout::channels_last;
    int64_t spatial = op.getStrides().size();
    int64_t next = 0;
    auto dim = [&] { return b.getAffineDimExpr(next++); };
    AffineExpr n = dim(), g = hasGroups ? dim() : AffineExpr(), f = dim();
    SmallVector<AffineExpr> o, k, x;
    for (int64_t d = 0; d < spatial; ++d)
      o.push_back(dim());
    parallel = next;
    AffineExpr c = dim();
    for (int64_t d = 0; d < spatial; ++d) {
      k.push_back(dim());
      x.push_back(o[d] * op.getStrides()[d] + k[d] * op.getDilations()[d]);
    }
    total = next;
    auto make = [&](ArrayRef<SmallVector<AffineExpr>> parts) {
      SmallVector<AffineExpr> exprs;
      for (const auto &part : parts)
        for (AffineExpr expr : part)
          if (expr)
            exprs.push_back(expr);
      return AffineMap::get(total, 0, exprs, b.getContext());
    };
    input = isLast ? make({{n}, x, {g, c}}) : make({{n}, {g, c}, x});
    kernel = isLast ? make({k, {c}, {g, f}}) : make({{g, f, c}, k});
    output = isLast ? make({{n}, o, {g, f}}) : make({{n}, {g, f}, o});
  }
  int64_t parallel, total;
  AffineMap input, kernel, output;
};
} // namespace

/// A tensor of the result's shape that the products are added to: the bias, or 0.
static Value buildInit(B &b, dl::ConvOp op, Value bias, RankedTensorType type,
                       ArrayRef<OpFoldResult> sizes, Type sumElement) {
  if (!bias)
    return filledTensor(b, type, sizes, numberConstant(b, type.getElementType(), 0));
  bool isLast = op.getLayout() == dl::DataLayout::channels_last;
  Type element = elementOf(op.getBias());
  AffineMap map = AffineMap::get(
      type.getRank(), 0, b.getAffineDimExpr(isLast ? type.getRank() - 1 : 1), b.getContext());
  return mapElements(b, type, sizes, bias, map, [&](B &inner, ValueRange args) {
    Value value = fromStorage(inner, args[0], element);
    Type computed = isa<FloatType>(element) ? getComputeType(element) : element;
    return toStorage(inner, convertElement(inner, value, computed, sumElement), sumElement);
  });
}

static LogicalResult lowerConv(dl::ConvOp op, dl::ConvOp::Adaptor adaptor,
                               ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  bool isLast = op.getLayout() == dl::DataLayout::channels_last;
  int64_t rank = op.getStrides().size() + 2, channel = isLast ? rank - 1 : 1;
  Type element = elementOf(op.getOutput()), sumElement = accumulatorElement(element);
  auto type = storageTensorType(op.getOutput());
  Value input = adaptor.getInput(), kernel = adaptor.getKernel();
  auto inputType = cast<RankedTensorType>(input.getType());
  SmallVector<OpFoldResult> low(rank, b.getIndexAttr(0)), high(low);
  for (int64_t d = 0; d < rank - 2; ++d) {
    low[d + (isLast ? 1 : 2)] = b.getIndexAttr(op.getPaddingLow()[d]);
    high[d + (isLast ? 1 : 2)] = b.getIndexAttr(op.getPaddingHigh()[d]);
  }
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(inputType.getElementType()));
  input = padTensor(b, input, low, high, zero);
  Value init = buildInit(b, op, adaptor.getBias(), type.clone(getStorageType(sumElement)), *sizes,
                         sumElement);
  int64_t groups = op.getGroups();
  if (groups > 1) {
    input = splitDimension(b, input, channel, groups);
    kernel = splitDimension(b, kernel, isLast ? rank - 1 : 0, groups);
    init = splitDimension(b, init, channel, groups);
  }
  ConvLoops loops(b, op, groups > 1);
  SmallVector<utils::IteratorType> iterators(loops.parallel, kParallel);
  iterators.append(loops.total - loops.parallel, kReduction);
  Type inputElement = elementOf(op.getInput()), kernelElement = elementOf(op.getKernel());
  Value result =
      buildGeneric(b, {input, kernel}, init, {loops.input, loops.kernel, loops.output}, iterators,
                   [&](B &inner, ValueRange args) {
                     return SmallVector<Value>{multiplyAdd(inner, args[0], args[1], args[2],
                                                           inputElement, kernelElement,
                                                           sumElement)};
                   })
          .front();
  if (groups > 1)
    result = joinDimension(b, result, channel);
  auto sumType = type.clone(getStorageType(sumElement));
  if (result.getType() != sumType)
    result = tensor::CastOp::create(b, sumType, result);
  rewriter.replaceOp(op, convertTensor(b, result, sumElement, element));
  return success();
}

void dlc::populateDlLinearToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::DotGeneralOp>(patterns, converter, lowerDotGeneral);
  addLowering<dl::ConvOp>(patterns, converter, lowerConv);
}
