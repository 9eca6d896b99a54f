//===- DlFoldUtils.cpp - what folds share ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc::dl;

RankedTensorType dlc::dl::getFoldedType(Type type, bool splat) {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.hasStaticShape() || (!splat && tensor.getNumElements() > kMaxFoldedElements))
    return nullptr;
  return tensor;
}

int64_t dlc::dl::getRowMajorNumber(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t number = 0;
  for (auto [i, size] : llvm::zip_equal(index, shape))
    number = number * size + i;
  return number;
}

void dlc::dl::forEachIndex(ArrayRef<int64_t> shape,
                           llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t> index(shape.size(), 0);
  while (true) {
    visit(index);
    int64_t d = static_cast<int64_t>(shape.size()) - 1;
    for (; d >= 0 && ++index[d] == shape[d]; --d)
      index[d] = 0;
    if (d < 0)
      return;
  }
}

OpFoldResult dlc::dl::foldMovement(Attribute elements, Type resultType,
                                   llvm::function_ref<int64_t(ArrayRef<int64_t>)> source) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(elements);
  if (!dense || dense.empty())
    return nullptr;
  RankedTensorType type = getFoldedType(resultType, dense.isSplat());
  if (!type)
    return nullptr;
  if (dense.isSplat())
    return dense.resizeSplat(type);
  auto values = dense.getValues<Attribute>();
  SmallVector<Attribute> moved;
  forEachIndex(type.getShape(),
               [&](ArrayRef<int64_t> index) { moved.push_back(values[source(index)]); });
  return DenseElementsAttr::get(type, moved);
}

TypedAttr dlc::dl::getUniformElement(Value value) {
  // The chain of ops that repeat one element is short.
  for (int step = 0; step < 4; ++step) {
    if (auto splat = value.getDefiningOp<SplatOp>())
      value = splat.getValue();
    else if (auto broadcast = value.getDefiningOp<BroadcastInDimOp>())
      value = broadcast.getInput();
    else if (auto reshape = value.getDefiningOp<ReshapeOp>())
      value = reshape.getInput();
    else
      break;
  }
  auto dense = dyn_cast_or_null<DenseElementsAttr>(getConstantElements(value));
  if (!dense || !dense.isSplat() || dense.empty())
    return nullptr;
  return dyn_cast<TypedAttr>(dense.getSplatValue<Attribute>());
}

bool dlc::dl::isUniform(Value value, double number) {
  TypedAttr element = getUniformElement(value);
  if (auto integer = dyn_cast_or_null<IntegerAttr>(element)) {
    bool isUnsigned = isUnsignedElement(integer.getType());
    const APInt &bits = integer.getValue();
    return (isUnsigned ? bits.roundToDouble() : bits.signedRoundToDouble()) == number;
  }
  if (auto real = dyn_cast_or_null<FloatAttr>(element))
    return isFoldedFloat(real.getType()) && real.getValueAsDouble() == number;
  return false;
}

Attribute dlc::dl::foldKnownElements(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isSignlessIntOrIndex() || !getFoldedType(type))
    return nullptr;
  auto known = getKnownShape(value);
  if (!known || llvm::any_of(*known, ShapedType::isDynamic))
    return nullptr;
  unsigned width =
      type.getElementType().isIndex() ? 64 : type.getElementType().getIntOrFloatBitWidth();
  SmallVector<APInt> values;
  for (int64_t element : *known)
    values.emplace_back(width, element, /*isSigned=*/true, /*implicitTrunc=*/true);
  return DenseElementsAttr::get(type, values);
}

bool dlc::dl::mayReshape(RankedTensorType from, RankedTensorType to) {
  return !from.hasStaticShape() || !to.hasStaticShape() ||
         from.getNumElements() == to.getNumElements();
}

bool dlc::dl::mayBroadcast(RankedTensorType from, RankedTensorType to,
                           ArrayRef<int64_t> dimensions) {
  return llvm::all_of(llvm::zip_equal(from.getShape(), dimensions), [&](auto pair) {
    auto [operandSize, d] = pair;
    int64_t size = operandSize;
    return size == 1 || succeeded(mergeSize(size, to.getDimSize(d)));
  });
}

bool dlc::dl::mayRefine(Operation *op) {
  bool isStatic = llvm::all_of(op->getResultTypes(), [](Type type) {
    return cast<RankedTensorType>(type).hasStaticShape();
  });
  return isStatic || llvm::none_of(op->getUsers(), [](Operation *user) {
           return user->getName().getDialectNamespace() == "scf";
         });
}

void dlc::dl::replaceRefined(RewriterBase &rewriter, Operation *op, Value value) {
  Type declared = op->getResult(0).getType();
  if (value.getType() != declared)
    value = tensor::CastOp::create(rewriter, op->getLoc(), declared, value);
  rewriter.replaceOp(op, value);
}

RankedTensorType dlc::dl::refineType(RankedTensorType type, Value shape) {
  auto known = getKnownShape(shape);
  if (!known || type.hasStaticShape() ||
      llvm::any_of(*known, [](int64_t size) { return size < 0 && !ShapedType::isDynamic(size); }))
    return nullptr;
  auto merged = mergeShapes(type.getShape(), *known);
  if (failed(merged) || type.getShape() == ArrayRef<int64_t>(*merged))
    return nullptr;
  return type.clone(*merged);
}
