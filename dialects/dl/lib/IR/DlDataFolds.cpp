//===- DlDataFolds.cpp - folds of data ops --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/APSInt.h"

using namespace mlir;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// convert
//===----------------------------------------------------------------------===//

static unsigned getWidth(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// One element in another type; null where folds don't calculate with a type.
static Attribute convertElement(Attribute element, Type type) {
  constexpr auto nearest = APFloat::rmNearestTiesToEven;
  bool exact;
  if (auto real = dyn_cast<FloatAttr>(element)) {
    APFloat value = real.getValue();
    if (type.isInteger(1))
      return IntegerAttr::get(type, APInt(1, !value.isZero()));
    if (isFoldedFloat(type) && isFoldedFloat(real.getType())) {
      value.convert(cast<FloatType>(type).getFloatSemantics(), nearest, &exact);
      return FloatAttr::get(type, value);
    }
    if (!type.isIntOrIndex())
      return nullptr;
    // Saturates, and makes 0 of NaN.
    APSInt integer(getWidth(type), type.isUnsignedInteger());
    value.convertToInteger(integer, APFloat::rmTowardZero, &exact);
    return IntegerAttr::get(type, static_cast<const APInt &>(integer));
  }
  auto integer = cast<IntegerAttr>(element);
  const APInt &bits = integer.getValue();
  bool isUnsigned = isUnsignedElement(integer.getType());
  if (type.isInteger(1))
    return IntegerAttr::get(type, APInt(1, !bits.isZero()));
  if (type.isIntOrIndex())
    return IntegerAttr::get(type, isUnsigned ? bits.zextOrTrunc(getWidth(type))
                                             : bits.sextOrTrunc(getWidth(type)));
  if (!isFoldedFloat(type))
    return nullptr;
  APFloat value(cast<FloatType>(type).getFloatSemantics());
  value.convertFromAPInt(bits, !isUnsigned, nearest);
  return FloatAttr::get(type, value);
}

/// Whether every value of `from` is one of `to`.
static bool isLossless(Type from, Type to) {
  if (from == to)
    return true;
  if (from.isIntOrIndex() && to.isIntOrIndex()) {
    if (to.isInteger(1))
      return false;
    if (isUnsignedElement(from))
      return getWidth(to) > getWidth(from) ||
             (isUnsignedElement(to) && getWidth(to) == getWidth(from));
    return !isUnsignedElement(to) && getWidth(to) >= getWidth(from);
  }
  auto real = dyn_cast<FloatType>(to);
  if (!real || !isFoldedFloat(to))
    return false;
  if (from.isIntOrIndex())
    // A value of n bits needs n bits of precision (a signed one n − 1).
    return getWidth(from) - !isUnsignedElement(from) <= real.getFPMantissaWidth() &&
           (!to.isF16() || getWidth(from) <= 8);
  return isFoldedFloat(from) && (to.isF64() || (to.isF32() && !from.isF64()));
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  // convert(convert(x)) = convert(x) where the inner one loses nothing.
  if (auto inner = getInput().getDefiningOp<ConvertOp>()) {
    Type from = getElementTypeOrSelf(inner.getInput());
    if (isLossless(from, getElementTypeOrSelf(inner.getType())) &&
        areCompatibleShapes(inner.getInput().getType().getShape(), getType().getShape())) {
      getInputMutable().assign(inner.getInput());
      return getResult();
    }
  }
  auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  if (!dense || dense.empty())
    return nullptr;
  RankedTensorType type = getFoldedType(getType(), dense.isSplat());
  if (!type)
    return nullptr;
  SmallVector<Attribute> elements;
  if (dense.isSplat())
    elements.push_back(dense.getSplatValue<Attribute>());
  else
    llvm::append_range(elements, dense.getValues<Attribute>());
  for (Attribute &element : elements) {
    element = convertElement(element, type.getElementType());
    if (!element)
      return nullptr;
  }
  return DenseElementsAttr::get(type, elements);
}

//===----------------------------------------------------------------------===//
// bitcast, dim_size, splat
//===----------------------------------------------------------------------===//

OpFoldResult BitcastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<BitcastOp>();
  if (inner && areCompatibleShapes(inner.getInput().getType().getShape(),
                                   getType().getShape())) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  if (!dense || !getFoldedType(getType(), dense.isSplat()))
    return nullptr;
  return dense.bitcast(getType().getElementType());
}

OpFoldResult DimSizeOp::fold(FoldAdaptor) {
  auto input = dlc::dl::getTensorType(getInput());
  int64_t dimension = getDimension();
  if (!input.isDynamicDim(dimension))
    return DenseElementsAttr::get(cast<ShapedType>(getType()), input.getDimSize(dimension));
  // An op whose size alone is asked for isn't needed where its operand has that
  // size. (Looking through ops with other uses would make nothing dead, and
  // walk a long chain once for every question.)
  Operation *op = getInput().getDefiningOp();
  if (!op || !getInput().hasOneUse())
    return nullptr;
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    setDimension(transpose.getPermutation()[dimension]);
    getInputMutable().assign(transpose.getInput());
    return getResult();
  }
  if (op->hasTrait<OpTrait::SameOperandsAndResultShape>() ||
      isa<ConvertOp, BitcastOp, tensor::CastOp, ScatterOp, DynamicUpdateSliceOp>(op)) {
    getInputMutable().assign(op->getOperand(0));
    return getResult();
  }
  return nullptr;
}

OpFoldResult SplatOp::fold(FoldAdaptor adaptor) {
  return foldMovement(adaptor.getValue(), getType(), [](ArrayRef<int64_t>) { return 0; });
}

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

namespace {

/// A small iota of integers is a constant, with which shape arithmetic folds.
struct FoldSmallIota : OpRewritePattern<IotaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(IotaOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = getFoldedType(op.getType());
    if (!type || !type.getElementType().isSignlessIntOrIndex())
      return rewriter.notifyMatchFailure(op, "is not small, static and of integers");
    SmallVector<APInt> values;
    forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
      values.emplace_back(getWidth(type.getElementType()), index[op.getDimension()],
                          /*isSigned=*/true, /*implicitTrunc=*/true);
    });
    rewriter.replaceOpWithNewOp<ConstantOp>(op, DenseElementsAttr::get(type, values));
    return success();
  }
};

} // namespace

void IotaOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<UseKnownShape<IotaOp>, FoldSmallIota>(context);
}

void SplatOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<UseKnownShape<SplatOp>>(context);
}
