//===- Tensors.cpp - building linalg on tensors ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value lowering::toIndex(ImplicitLocOpBuilder &b, Value integer) {
  if (integer.getType().isIndex())
    return integer;
  return arith::IndexCastOp::create(b, b.getIndexType(), integer);
}

Value lowering::toValue(ImplicitLocOpBuilder &b, OpFoldResult size) {
  if (auto value = dyn_cast<Value>(size))
    return value;
  return indexConstant(b, *getConstantIntValue(size));
}

template <typename OpT, typename Fold>
static OpFoldResult foldIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs,
                              Fold fold) {
  auto left = getConstantIntValue(lhs), right = getConstantIntValue(rhs);
  if (left && right)
    return b.getIndexAttr(fold(*left, *right));
  return OpT::create(b, toValue(b, lhs), toValue(b, rhs)).getResult();
}

OpFoldResult lowering::addIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs) {
  return foldIndex<arith::AddIOp>(b, lhs, rhs, std::plus<int64_t>());
}
OpFoldResult lowering::subIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs) {
  return foldIndex<arith::SubIOp>(b, lhs, rhs, std::minus<int64_t>());
}
OpFoldResult lowering::mulIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs) {
  return foldIndex<arith::MulIOp>(b, lhs, rhs, std::multiplies<int64_t>());
}

Value lowering::clampIndex(ImplicitLocOpBuilder &b, Value index, Value size) {
  Value last = arith::SubIOp::create(b, size, indexConstant(b, 1));
  Value low = arith::MaxSIOp::create(b, index, indexConstant(b, 0));
  return arith::MinSIOp::create(b, low, last);
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

OpFoldResult lowering::getSize(ImplicitLocOpBuilder &b, Value tensor, int64_t dimension) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dimension))
    return b.getIndexAttr(type.getDimSize(dimension));
  return tensor::DimOp::create(b, tensor, dimension).getResult();
}

SmallVector<OpFoldResult> lowering::getSizes(ImplicitLocOpBuilder &b, Value tensor) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t d = 0, rank = cast<RankedTensorType>(tensor.getType()).getRank(); d < rank; ++d)
    sizes.push_back(getSize(b, tensor, d));
  return sizes;
}

FailureOr<SmallVector<SmallVector<OpFoldResult>>>
lowering::getResultSizes(ImplicitLocOpBuilder &b, Operation *op) {
  SmallVector<SmallVector<OpFoldResult>> sizes;
  bool isStatic = llvm::all_of(op->getResultTypes(), [](Type type) {
    return cast<ShapedType>(type).hasStaticShape();
  });
  if (isStatic) {
    for (Type type : op->getResultTypes())
      sizes.push_back(getAsIndexOpFoldResult(b.getContext(), cast<ShapedType>(type).getShape()));
    return sizes;
  }
  if (failed(reifyResultShapes(b, op, sizes)))
    return failure();
  for (auto [shape, type] : llvm::zip_equal(sizes, op->getResultTypes()))
    for (auto [d, size] : llvm::enumerate(shape))
      if (int64_t known = cast<ShapedType>(type).getDimSize(d); !ShapedType::isDynamic(known))
        size = b.getIndexAttr(known);
  return sizes;
}

FailureOr<SmallVector<OpFoldResult>> lowering::getOnlyResultSizes(ImplicitLocOpBuilder &b,
                                                                  Operation *op) {
  auto sizes = getResultSizes(b, op);
  if (failed(sizes))
    return failure();
  return sizes->front();
}

SmallVector<OpFoldResult> lowering::getShapeEntries(ImplicitLocOpBuilder &b, Value shape) {
  SmallVector<OpFoldResult> entries;
  DenseIntElementsAttr known;
  if (matchPattern(shape, m_Constant(&known))) {
    for (APInt value : known.getValues<APInt>())
      entries.push_back(b.getIndexAttr(value.getSExtValue()));
    return entries;
  }
  for (int64_t i = 0, n = cast<RankedTensorType>(shape.getType()).getDimSize(0); i < n; ++i)
    entries.push_back(
        toIndex(b, tensor::ExtractOp::create(b, shape, indexConstant(b, i))));
  return entries;
}

Value lowering::extractScalar(ImplicitLocOpBuilder &b, Value tensor) {
  return tensor::ExtractOp::create(b, tensor, ValueRange());
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

RankedTensorType lowering::storageTensorType(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return RankedTensorType::get(type.getShape(), getStorageType(type.getElementType()));
}

Value lowering::emptyTensor(ImplicitLocOpBuilder &b, RankedTensorType type,
                            ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> dynamic;
  for (auto [d, size] : llvm::enumerate(sizes))
    if (type.isDynamicDim(d))
      dynamic.push_back(toValue(b, size));
  return tensor::EmptyOp::create(b, type, dynamic);
}

Value lowering::filledTensor(ImplicitLocOpBuilder &b, RankedTensorType type,
                             ArrayRef<OpFoldResult> sizes, Value value) {
  Value empty = emptyTensor(b, type, sizes);
  return linalg::FillOp::create(b, value, empty).getResult(0);
}

SmallVector<Value> lowering::buildGeneric(ImplicitLocOpBuilder &b, ValueRange inputs,
                                          ValueRange inits, ArrayRef<AffineMap> maps,
                                          ArrayRef<utils::IteratorType> iterators, Body body) {
  auto generic = linalg::GenericOp::create(
      b, inits.getTypes(), inputs, inits, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder inner(loc, nested);
        linalg::YieldOp::create(inner, body(inner, args));
      });
  return SmallVector<Value>(generic.getResults());
}

Value lowering::mapElements(ImplicitLocOpBuilder &b, RankedTensorType type,
                            ArrayRef<OpFoldResult> sizes, ValueRange inputs,
                            ArrayRef<AffineMap> maps,
                            llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)> body) {
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(b.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  return buildGeneric(b, inputs, emptyTensor(b, type, sizes), allMaps, iterators,
                      [&](ImplicitLocOpBuilder &inner, ValueRange args) {
                        return SmallVector<Value>{body(inner, args.drop_back())};
                      })
      .front();
}

Value lowering::generate(
    ImplicitLocOpBuilder &b, RankedTensorType type, ArrayRef<OpFoldResult> sizes,
    llvm::function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>)> body) {
  return mapElements(b, type, sizes, ValueRange(), {},
                     [&](ImplicitLocOpBuilder &inner, ValueRange) {
                       SmallVector<Value> indices;
                       for (int64_t d = 0; d < type.getRank(); ++d)
                         indices.push_back(linalg::IndexOp::create(inner, d));
                       return body(inner, indices);
                     });
}

/// One group of all dimensions, or none for rank 0.
static SmallVector<ReassociationIndices> allDimensions(int64_t rank) {
  if (rank == 0)
    return {};
  return {llvm::to_vector(llvm::seq<int64_t>(0, rank))};
}

Value lowering::reshapeTensor(ImplicitLocOpBuilder &b, Value tensor, RankedTensorType type,
                              ArrayRef<OpFoldResult> sizes) {
  auto from = cast<RankedTensorType>(tensor.getType());
  if (from == type && from.hasStaticShape())
    return tensor;
  Type element = type.getElementType();
  auto scalarType = RankedTensorType::get({}, element);
  if (from.getRank() == 0 || type.getRank() == 0) {
    // All dimensions of the other side are 1.
    if (from.getRank() > 0) {
      auto ones = RankedTensorType::get(SmallVector<int64_t>(from.getRank(), 1), element);
      if (from != ones)
        tensor = tensor::CastOp::create(b, ones, tensor);
      return tensor::CollapseShapeOp::create(b, scalarType, tensor,
                                             ArrayRef<ReassociationIndices>());
    }
    if (type.getRank() == 0)
      return tensor;
    auto ones = RankedTensorType::get(SmallVector<int64_t>(type.getRank(), 1), element);
    Value result = tensor::ExpandShapeOp::create(b, ones, tensor,
                                                 ArrayRef<ReassociationIndices>());
    return ones == type ? result : tensor::CastOp::create(b, type, result).getResult();
  }
  Value flat = tensor;
  if (from.getRank() > 1)
    flat = tensor::CollapseShapeOp::create(b, tensor, allDimensions(from.getRank()));
  auto flatType = cast<RankedTensorType>(flat.getType());
  // Agree on what is static: a static result has a static flat form.
  auto wanted = RankedTensorType::get(
      {type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic}, element);
  if (type.getRank() == 1)
    return flatType == type ? flat : tensor::CastOp::create(b, type, flat).getResult();
  if (flatType != wanted)
    flat = tensor::CastOp::create(b, wanted, flat);
  return tensor::ExpandShapeOp::create(b, type, flat, allDimensions(type.getRank()),
                                       llvm::to_vector(sizes));
}

Value lowering::transposeTensor(ImplicitLocOpBuilder &b, Value tensor,
                                ArrayRef<int64_t> permutation) {
  auto from = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> sizes = getSizes(b, tensor), resultSizes;
  SmallVector<int64_t> shape;
  // Loops follow the result; operand dimension permutation[i] is loop i.
  SmallVector<AffineExpr> operand(from.getRank());
  for (auto [i, p] : llvm::enumerate(permutation)) {
    shape.push_back(from.getDimSize(p));
    resultSizes.push_back(sizes[p]);
    operand[p] = b.getAffineDimExpr(i);
  }
  auto type = RankedTensorType::get(shape, from.getElementType());
  return mapElements(b, type, resultSizes, tensor,
                     AffineMap::get(from.getRank(), 0, operand, b.getContext()),
                     [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
}

Value lowering::convertTensor(ImplicitLocOpBuilder &b, Value tensor, Type from, Type to) {
  if (from == to)
    return tensor;
  auto type = cast<RankedTensorType>(tensor.getType());
  return mapElements(b, type.clone(getStorageType(to)), getSizes(b, tensor), tensor,
                     b.getMultiDimIdentityMap(type.getRank()),
                     [&](ImplicitLocOpBuilder &inner, ValueRange args) {
                       Value value = fromStorage(inner, args[0], from);
                       return toStorage(inner, convertElement(inner, value, from, to), to);
                     });
}

void lowering::check(ImplicitLocOpBuilder &b, Value condition, const llvm::Twine &message) {
  APInt known;
  if (matchPattern(condition, m_ConstantInt(&known)) && known.isOne())
    return;
  cf::AssertOp::create(b, condition, message.str());
}

OpFoldResult lowering::maxIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs) {
  return foldIndex<arith::MaxSIOp>(b, lhs, rhs,
                                   [](int64_t x, int64_t y) { return std::max(x, y); });
}

Type lowering::accumulatorElement(Type element) {
  return isa<FloatType>(element) ? getComputeType(element) : element;
}

/// Whether a slice may lie in a tensor of that type. One that can't is empty, or
/// fails a check that stands before it; IR doesn't take it either way.
static bool mayLieInside(RankedTensorType type, ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides) {
  auto isNegative = [](OpFoldResult offset) {
    return getConstantIntValue(offset).value_or(0) < 0;
  };
  return llvm::none_of(offsets, isNegative) &&
         verifyInBoundsSlice(type.getShape(), offsets, sizes, strides).isValid;
}

Value lowering::extractSlice(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<OpFoldResult> offsets,
                             ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (mayLieInside(type, offsets, sizes, strides))
    return tensor::ExtractSliceOp::create(b, tensor, offsets, sizes, strides);
  return tensor::EmptyOp::create(b, sizes, type.getElementType());
}

Value lowering::insertSlice(ImplicitLocOpBuilder &b, Value slice, Value tensor,
                            ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> strides) {
  SmallVector<OpFoldResult> sizes = getSizes(b, slice);
  if (!mayLieInside(cast<RankedTensorType>(tensor.getType()), offsets, sizes, strides))
    return tensor;
  return tensor::InsertSliceOp::create(b, slice, tensor, offsets, sizes, strides);
}

Value lowering::padTensor(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<OpFoldResult> low,
                          ArrayRef<OpFoldResult> high, Value fill) {
  auto isZero = [](OpFoldResult amount) { return isConstantIntValue(amount, 0); };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return tensor;
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  SmallVector<OpFoldResult> sizes = getSizes(b, tensor), padded, kept, from, to;
  SmallVector<OpFoldResult> strides(sizes.size(), one);
  SmallVector<int64_t> shape;
  for (auto [size, l, h] : llvm::zip_equal(sizes, low, high)) {
    padded.push_back(addIndex(b, addIndex(b, size, l), h));
    shape.push_back(getConstantIntValue(padded.back()).value_or(ShapedType::kDynamic));
    // What is cropped is read from further in.
    from.push_back(maxIndex(b, zero, subIndex(b, zero, l)));
    to.push_back(maxIndex(b, zero, l));
    OpFoldResult cropped = addIndex(b, from.back(), maxIndex(b, zero, subIndex(b, zero, h)));
    kept.push_back(maxIndex(b, zero, subIndex(b, size, cropped)));
  }
  auto isWhole = llvm::all_of(llvm::zip_equal(kept, sizes), [](auto pair) {
    return std::get<0>(pair) == std::get<1>(pair);
  });
  Value inner = isWhole ? tensor : extractSlice(b, tensor, from, kept, strides);
  auto type = cast<RankedTensorType>(tensor.getType()).clone(shape);
  Value result = filledTensor(b, type, padded, fill);
  return insertSlice(b, inner, result, to, strides);
}

Value lowering::checkNone(
    ImplicitLocOpBuilder &b, Value tensor,
    llvm::function_ref<Value(ImplicitLocOpBuilder &, Value, ArrayRef<Value>)> predicate) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  auto flagType = RankedTensorType::get({}, b.getI8Type());
  Value zero = intConstant(b, b.getI8Type(), 0);
  Value init = filledTensor(b, flagType, {}, zero);
  Value found =
      buildGeneric(b, tensor, init,
                   {b.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, b.getContext())},
                   SmallVector<utils::IteratorType>(rank, utils::IteratorType::reduction),
                   [&](ImplicitLocOpBuilder &inner, ValueRange args) {
                     SmallVector<Value> indices;
                     for (int64_t d = 0; d < rank; ++d)
                       indices.push_back(linalg::IndexOp::create(inner, d));
                     Value holds = predicate(inner, args[0], indices);
                     Value flag = arith::ExtUIOp::create(inner, inner.getI8Type(), holds);
                     return SmallVector<Value>{
                         arith::OrIOp::create(inner, args[1], flag).getResult()};
                   })
          .front();
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, extractScalar(b, found),
                               intConstant(b, b.getI8Type(), 0));
}

Value lowering::loopOverTensor(
    ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes, Value tensor,
    llvm::function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>, Value)> body) {
  Value zero = indexConstant(b, 0), one = indexConstant(b, 1);
  SmallVector<Value> bounds, indices;
  for (OpFoldResult size : sizes)
    bounds.push_back(toValue(b, size));
  std::function<Value(ImplicitLocOpBuilder &, size_t, Value)> nest =
      [&](ImplicitLocOpBuilder &outer, size_t depth, Value current) -> Value {
    if (depth == bounds.size())
      return body(outer, indices, current);
    auto loop = scf::ForOp::create(
        outer, zero, bounds[depth], one, current,
        [&](OpBuilder &nested, Location loc, Value index, ValueRange args) {
          ImplicitLocOpBuilder inner(loc, nested);
          indices.push_back(index);
          scf::YieldOp::create(inner, nest(inner, depth + 1, args[0]));
          indices.pop_back();
        });
    return loop.getResult(0);
  };
  return nest(b, 0, tensor);
}
