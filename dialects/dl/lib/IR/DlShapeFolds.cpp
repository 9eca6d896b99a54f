//===- DlShapeFolds.cpp - folds of ops that move elements -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

using namespace mlir;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// reshape, broadcast_in_dim, transpose, reverse
//===----------------------------------------------------------------------===//

/// Whether two tensors of this type that have equally many elements have one
/// shape.
static bool isDeterminedByCount(RankedTensorType type) {
  return type.getNumDynamicDims() == 0 ||
         (type.getNumDynamicDims() == 1 && !llvm::is_contained(type.getShape(), 0));
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  auto type = dlc::dl::getTensorType(*this);
  if (getInput().getType() == type && isDeterminedByCount(type))
    return getInput();
  // reshape(reshape(x)) = reshape(x)
  auto inner = getInput().getDefiningOp<ReshapeOp>();
  if (inner && mayReshape(inner.getInput().getType(), type)) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput()))
    if (getFoldedType(type, dense.isSplat()) && dense.getNumElements() == type.getNumElements())
      return dense.isSplat() ? dense.resizeSplat(type) : dense.reshape(type);
  return foldKnownElements(*this);
}

OpFoldResult BroadcastInDimOp::fold(FoldAdaptor adaptor) {
  auto type = getTensorType(*this), input = getTensorType(getInput());
  if (input == type && type.hasStaticShape())
    return getInput();
  ArrayRef<int64_t> dims = getBroadcastDimensions();
  // broadcast(broadcast(x)) = broadcast(x)
  if (auto inner = getInput().getDefiningOp<BroadcastInDimOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t d : inner.getBroadcastDimensions())
      composed.push_back(dims[d]);
    if (mayBroadcast(inner.getInput().getType(), type, composed)) {
      setBroadcastDimensions(composed);
      getInputMutable().assign(inner.getInput());
      return getResult();
    }
  }
  return foldMovement(adaptor.getInput(), type, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source;
    for (auto [d, size] : llvm::zip_equal(dims, input.getShape()))
      source.push_back(size == 1 ? 0 : index[d]);
    return getRowMajorNumber(source, input.getShape());
  });
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  ArrayRef<int64_t> permutation = getPermutation();
  if (llvm::is_sorted(permutation) && getInput().getType() == getType())
    return getInput();
  // transpose(transpose(x, p), q) = transpose(x, p∘q)
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    auto composed = applyPermutation(inner.getPermutation(), permutation);
    auto shape = applyPermutation(inner.getInput().getType().getShape(), composed);
    if (areCompatibleShapes(shape, getType().getShape())) {
      setPermutation(composed);
      getInputMutable().assign(inner.getInput());
      return getResult();
    }
  }
  auto input = dlc::dl::getTensorType(getInput());
  return foldMovement(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source(index.size());
    for (auto [i, d] : llvm::enumerate(permutation))
      source[d] = index[i];
    return getRowMajorNumber(source, input.getShape());
  });
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  auto input = getTensorType(getInput());
  // A size of at most 1 has no order.
  SmallVector<int64_t> dims;
  for (int64_t d : getDimensions())
    if (input.isDynamicDim(d) || input.getDimSize(d) > 1)
      dims.push_back(d);
  if (dims.empty() && input == getType())
    return getInput();
  // reverse(reverse(x)) = x
  if (auto inner = getInput().getDefiningOp<ReverseOp>())
    if (inner.getDimensions() == getDimensions() && inner.getInput().getType() == getType())
      return inner.getInput();
  if (OpFoldResult moved =
          foldMovement(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
            SmallVector<int64_t> source(index);
            for (int64_t d : dims)
              source[d] = input.getDimSize(d) - 1 - index[d];
            return getRowMajorNumber(source, input.getShape());
          }))
    return moved;
  if (ArrayRef<int64_t>(dims) == getDimensions())
    return nullptr;
  setDimensions(dims);
  return getResult();
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

/// The constants one after another, in row-major order of the result.
static OpFoldResult foldConstants(ConcatOp op, ArrayRef<Attribute> operands) {
  RankedTensorType type = getFoldedType(op.getType());
  if (!type)
    return nullptr;
  SmallVector<DenseElementsAttr> constants;
  for (Attribute operand : operands) {
    auto dense = dyn_cast_or_null<DenseElementsAttr>(operand);
    if (!dense)
      return nullptr;
    constants.push_back(dense);
  }
  int64_t dimension = op.getDimension();
  SmallVector<Attribute> elements;
  forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source(index);
    auto *part = constants.begin();
    while (source[dimension] >= part->getType().getDimSize(dimension))
      source[dimension] -= (part++)->getType().getDimSize(dimension);
    elements.push_back(
        part->getValues<Attribute>()[getRowMajorNumber(source, part->getType().getShape())]);
  });
  return DenseElementsAttr::get(type, elements);
}

OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) {
  if (getInputs().size() == 1 && getInputs().front().getType() == getType())
    return getInputs().front();
  if (OpFoldResult constant = foldConstants(*this, adaptor.getInputs()))
    return constant;
  return foldKnownElements(*this);
}

//===----------------------------------------------------------------------===//
// slice, dynamic_slice, dynamic_update_slice
//===----------------------------------------------------------------------===//

/// Whether a slice takes every element in order.
static bool takesAll(SliceOp op) {
  auto input = getTensorType(op.getInput());
  for (int64_t d = 0; d < input.getRank(); ++d) {
    int64_t limit = op.getLimitIndices()[d];
    bool wholeEnd = limit == -1 || (!input.isDynamicDim(d) && limit == input.getDimSize(d));
    if (op.getStartIndices()[d] != 0 || op.getStrides()[d] != 1 || !wholeEnd)
      return false;
  }
  return true;
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  auto input = getTensorType(getInput());
  if (input == getType() && takesAll(*this))
    return getInput();
  ArrayRef<int64_t> starts = getStartIndices(), strides = getStrides();
  if (OpFoldResult moved =
          foldMovement(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
            SmallVector<int64_t> source;
            for (auto [i, start, stride] : llvm::zip_equal(index, starts, strides))
              source.push_back(start + i * stride);
            return getRowMajorNumber(source, input.getShape());
          }))
    return moved;
  return foldKnownElements(*this);
}

OpFoldResult DynamicSliceOp::fold(FoldAdaptor) {
  // Taking a whole static tensor leaves no choice of where to start.
  bool unitStrides = !getStrides() || isUniform(getStrides(), 1);
  auto type = getTensorType(*this);
  if (unitStrides && type.hasStaticShape() && getInput().getType() == type &&
      isUniform(getStartIndices(), 0))
    return getInput();
  return nullptr;
}

OpFoldResult DynamicUpdateSliceOp::fold(FoldAdaptor) {
  // An update of the whole operand replaces it.
  auto type = getTensorType(*this);
  if (type.hasStaticShape() && getUpdate().getType() == type &&
      isUniform(getStartIndices(), 0))
    return getUpdate();
  // No element is updated.
  if (llvm::is_contained(getTensorType(getUpdate()).getShape(), 0) &&
      isUniform(getStartIndices(), 0) && getInput().getType() == type)
    return getInput();
  return nullptr;
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  auto isZero = [](int64_t i) { return i == 0; };
  auto input = getTensorType(getInput()), type = getTensorType(*this);
  if (!getDynamicLow() && input == type && llvm::all_of(getLow(), isZero) &&
      llvm::all_of(getHigh(), isZero) && llvm::all_of(getInterior(), isZero))
    return getInput();
  auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  auto value = dyn_cast_or_null<DenseElementsAttr>(adaptor.getValue());
  if (getDynamicLow() || !dense || !value || !getFoldedType(type))
    return nullptr;
  auto values = dense.getValues<Attribute>();
  SmallVector<Attribute> elements;
  forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source;
    bool inside = true;
    for (auto [d, i] : llvm::enumerate(index)) {
      int64_t shifted = i - getLow()[d], step = getInterior()[d] + 1;
      inside &= shifted >= 0 && shifted % step == 0 && shifted / step < input.getDimSize(d);
      source.push_back(shifted / step);
    }
    elements.push_back(inside ? values[getRowMajorNumber(source, input.getShape())]
                              : value.getSplatValue<Attribute>());
  });
  return DenseElementsAttr::get(type, elements);
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

std::optional<int64_t> dlc::dl::getTakenAxis(GatherOp op) {
  auto input = getTensorType(op.getInput());
  if (!op.getOperandBatchingDims().empty() || op.getStartIndexMap().size() != 1 ||
      op.getCollapsedSliceDims() != op.getStartIndexMap() ||
      static_cast<int64_t>(op.getIndexVectorDim()) != getTensorType(op.getIndices()).getRank())
    return std::nullopt;
  int64_t axis = op.getStartIndexMap().front(), next = 0;
  int64_t indexRank = getTensorType(op.getIndices()).getRank();
  for (int64_t d = 0; d < input.getRank(); ++d) {
    if (d == axis)
      continue;
    int64_t size = op.getSliceSizes()[d];
    if (op.getOffsetDims()[next++] != (d < axis ? d : d - 1 + indexRank) ||
        (size != -1 && size != input.getDimSize(d)))
      return std::nullopt;
  }
  return axis;
}

OpFoldResult GatherOp::fold(FoldAdaptor adaptor) {
  auto axis = getTakenAxis(*this);
  auto indices = getConstantInts(getIndices());
  auto input = dlc::dl::getTensorType(getInput());
  if (axis && indices && llvm::all_of(*indices, [&](int64_t i) {
        return i >= 0 && i < input.getDimSize(*axis);
      })) {
    auto indexType = dlc::dl::getTensorType(getIndices());
    if (OpFoldResult moved =
            foldMovement(adaptor.getInput(), getType(), [&](ArrayRef<int64_t> index) {
              SmallVector<int64_t> source(index.take_front(*axis));
              source.push_back((*indices)[getRowMajorNumber(
                  index.slice(*axis, indexType.getRank()), indexType.getShape())]);
              llvm::append_range(source, index.drop_front(*axis + indexType.getRank()));
              return getRowMajorNumber(source, input.getShape());
            }))
      return moved;
  }
  return foldKnownElements(*this);
}
