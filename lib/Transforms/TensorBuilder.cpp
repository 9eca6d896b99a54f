//===- TensorBuilder.cpp - writing dl programs in C++ ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Transforms/TensorBuilder.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

Type dlc::getWideType(Type type) {
  auto real = dyn_cast<FloatType>(type);
  return real && real.getWidth() < 32 ? Float32Type::get(type.getContext()) : type;
}

static SmallVector<int64_t> staticShape(ArrayRef<Size> sizes) {
  return llvm::map_to_vector(sizes, [](const Size &size) { return size.known; });
}

//===----------------------------------------------------------------------===//
// Constants and sizes
//===----------------------------------------------------------------------===//

Value TensorBuilder::scalar(double value, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  Attribute element;
  if (auto real = dyn_cast<FloatType>(elementType)) {
    APFloat converted(value);
    bool lossy;
    converted.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    element = FloatAttr::get(real, converted);
  } else {
    element = IntegerAttr::get(elementType, int64_t(value));
  }
  return ConstantOp::create(*this, DenseElementsAttr::get(type, element));
}

Value TensorBuilder::constant(ArrayRef<int64_t> values) {
  return ConstantOp::create(*this, values);
}

Value TensorBuilder::splatLike(double value, Value like, Type elementType) {
  RankedTensorType type = getTensorType(like);
  if (!elementType)
    elementType = type.getElementType();
  return splat(scalar(value, elementType), sizes(like));
}

Value TensorBuilder::splat(Value scalar, ArrayRef<Size> sizes) {
  auto type = RankedTensorType::get(staticShape(sizes), getTensorType(scalar).getElementType());
  if (auto elements = dyn_cast_if_present<DenseElementsAttr>(getConstantElements(scalar));
      elements && type.hasStaticShape())
    return ConstantOp::create(*this, elements.resizeSplat(type));
  return SplatOp::create(*this, type, scalar, shapeOperand(sizes));
}

Value TensorBuilder::iota(ArrayRef<Size> sizes, int64_t dimension, Type elementType) {
  auto type = RankedTensorType::get(staticShape(sizes), elementType);
  return IotaOp::create(*this, type, shapeOperand(sizes), dimension);
}

Size TensorBuilder::size(Value tensor, int64_t dim) {
  RankedTensorType type = getTensorType(tensor);
  if (!type.isDynamicDim(dim))
    return type.getDimSize(dim);
  auto scalar = RankedTensorType::get({}, getI64Type());
  return Value(DimSizeOp::create(*this, scalar, tensor, dim));
}

SmallVector<Size> TensorBuilder::sizes(Value tensor) {
  SmallVector<Size> result;
  for (int64_t d = 0, rank = getTensorType(tensor).getRank(); d < rank; ++d)
    result.push_back(size(tensor, d));
  return result;
}

Size TensorBuilder::add(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return a.known + b.known;
  return add(scalar(a), scalar(b));
}

Size TensorBuilder::sub(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return a.known - b.known;
  return sub(scalar(a), scalar(b));
}

Size TensorBuilder::mul(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return a.known * b.known;
  if (a.isStatic() && a.known == 1)
    return b;
  if (b.isStatic() && b.known == 1)
    return a;
  return mul(scalar(a), scalar(b));
}

Size TensorBuilder::div(Size a, Size b) {
  if (a.isStatic() && b.isStatic() && b.known != 0)
    return a.known / b.known;
  if (b.isStatic() && b.known == 1)
    return a;
  return div(scalar(a), scalar(b));
}

Value TensorBuilder::scalar(Size size) {
  return size.isStatic() ? scalar(double(size.known), getI64Type()) : size.value;
}

Value TensorBuilder::shape(ArrayRef<Size> sizes) {
  if (llvm::all_of(sizes, [](const Size &size) { return size.isStatic(); }))
    return constant(staticShape(sizes));
  SmallVector<Value> parts;
  SmallVector<int64_t> run;
  auto flush = [&] {
    if (!run.empty())
      parts.push_back(constant(run));
    run.clear();
  };
  for (const Size &size : sizes) {
    if (size.isStatic()) {
      run.push_back(size.known);
      continue;
    }
    flush();
    parts.push_back(ReshapeOp::create(*this, RankedTensorType::get({1}, getI64Type()), size.value,
                                      /*shape=*/Value()));
  }
  flush();
  return parts.size() == 1 ? parts[0] : concat(parts, 0);
}

Value TensorBuilder::shapeOperand(ArrayRef<Size> sizes) {
  if (llvm::all_of(sizes, [](const Size &size) { return size.isStatic(); }))
    return {};
  return shape(sizes);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Type TensorBuilder::merged(Value x, Value y) {
  SmallVector<int64_t> sizes(getTensorType(x).getShape());
  for (auto [size, other] : llvm::zip_equal(sizes, getTensorType(y).getShape()))
    size = ShapedType::isDynamic(size) ? other : size;
  return getTensorType(x).clone(sizes);
}

Value TensorBuilder::compare(ComparisonDirection direction, Value x, Value y) {
  auto type = mlir::cast<RankedTensorType>(merged(x, y)).clone(getI1Type());
  return CompareOp::create(*this, type, direction, x, y);
}

Value TensorBuilder::select(Value pred, Value onTrue, Value onFalse) {
  return SelectOp::create(*this, merged(onTrue, onFalse), pred, onTrue, onFalse);
}

Value TensorBuilder::convert(Value x, Type elementType, bool saturate) {
  if (getTensorType(x).getElementType() == elementType)
    return x;
  return ConvertOp::create(*this, getTensorType(x).clone(elementType), x, saturate);
}

Value TensorBuilder::widen(Value x) {
  return convert(x, getWideType(getTensorType(x).getElementType()));
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

Value TensorBuilder::reshape(Value x, ArrayRef<Size> sizes) {
  RankedTensorType type = getTensorType(x).clone(staticShape(sizes));
  if (type == x.getType() && type.hasStaticShape())
    return x;
  return ReshapeOp::create(*this, type, x, shapeOperand(sizes));
}

Value TensorBuilder::cast(Value x, Type type) {
  if (x.getType() == type)
    return x;
  auto target = mlir::cast<RankedTensorType>(type);
  Value operand = target.hasStaticShape() ? Value() : shape(sizes(x));
  return ReshapeOp::create(*this, target, x, operand);
}

Value TensorBuilder::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return x;
  return TransposeOp::create(*this, x, permutation);
}

Value TensorBuilder::broadcast(Value x, ArrayRef<int64_t> dims, ArrayRef<Size> sizes) {
  RankedTensorType type = getTensorType(x).clone(staticShape(sizes));
  if (type == x.getType() && type.hasStaticShape())
    return x;
  return BroadcastInDimOp::create(*this, type, x, shapeOperand(sizes), dims);
}

Value TensorBuilder::broadcastLike(Value x, ArrayRef<int64_t> dims, Value like) {
  return broadcast(x, dims, sizes(like));
}

Value TensorBuilder::broadcastLike(Value x, Value like) {
  int64_t rank = getTensorType(x).getRank(), full = getTensorType(like).getRank();
  return broadcastLike(x, llvm::to_vector(llvm::seq<int64_t>(full - rank, full)), like);
}

Value TensorBuilder::slice(Value x, int64_t dim, int64_t start, int64_t limit, int64_t stride) {
  RankedTensorType type = getTensorType(x);
  SmallVector<int64_t> starts(type.getRank(), 0), limits(type.getShape());
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t &end : limits)
    end = ShapedType::isDynamic(end) ? -1 : end;
  starts[dim] = start;
  limits[dim] = limit;
  strides[dim] = stride;
  return SliceOp::create(*this, x, starts, limits, strides);
}

Value TensorBuilder::concat(ArrayRef<Value> values, int64_t dim) {
  return ConcatOp::create(*this, values, dim);
}

Value TensorBuilder::take(Value x, Value indices, int64_t axis, IndexMode mode) {
  return GatherOp::create(*this, x, indices, axis, mode);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value TensorBuilder::reduce(ReductionKind kind, Value x, ArrayRef<int64_t> dims) {
  return ReduceOp::create(*this, kind, x, dims, /*keep_dims=*/true);
}
