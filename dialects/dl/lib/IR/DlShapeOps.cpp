//===- DlShapeOps.cpp - ops that move elements ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Verifiers and shapes; gather and scatter are in DlGatherScatter.cpp, folds in
// DlShapeFolds.cpp.
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlShapeOps.cpp.inc"

/// Operand 0 and the result have one element type.
static LogicalResult verifySameElementType(Operation *op) {
  auto input = getTensorType(op->getOperand(0)), output = getTensorType(op->getResult(0));
  if (input.getElementType() == output.getElementType())
    return success();
  return op->emitOpError("operand ")
         << input << " and result " << output << " differ in element type";
}

/// An optional operand with one entry per dimension.
static LogicalResult verifyPerDimensionOperand(Operation *op, StringRef name, Value operand,
                                               int64_t rank) {
  if (!operand || getTensorType(operand).getDimSize(0) == rank)
    return success();
  return op->emitOpError() << name << " needs " << rank << " entries, has "
                           << getTensorType(operand).getDimSize(0);
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// The product of the static sizes.
static int64_t getStaticProduct(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    if (!ShapedType::isDynamic(size))
      product *= size;
  return product;
}

LogicalResult ReshapeOp::verify() {
  auto input = dlc::dl::getTensorType(getInput()), output = dlc::dl::getTensorType(*this);
  if (failed(verifySameElementType(*this))) // reshape C1
    return failure();
  if (input.hasStaticShape() && output.hasStaticShape() && // reshape C2
      input.getNumElements() != output.getNumElements())
    return emitOpError("makes ") << output << " of " << input
                                 << ", which has another number of elements";
  int64_t unknowns = output.getNumDynamicDims();
  if (!getShape() && // reshape C3
      (unknowns > 1 || (unknowns == 1 && getStaticProduct(output.getShape()) == 0)))
    return emitOpError("needs a shape operand for its dynamic result type ") << output;
  if (getShape()) // reshape C4
    return verifyShapeOperand(*this, getShape(), output);
  return success();
}

DL_REIFY_RESULT_SHAPES(ReshapeOp) {
  if (getShape())
    return reifyFromShape(builder, *this, getShape(), reified);
  auto output = dlc::dl::getTensorType(*this);
  SizeBuilder sizes(builder, getLoc());
  SmallVector<OpFoldResult> dims(output.getRank());
  for (int64_t d = 0; d < output.getRank(); ++d) {
    if (!output.isDynamicDim(d))
      continue;
    OpFoldResult count = sizes.constant(1);
    for (OpFoldResult size : sizes.dims(getInput()))
      count = sizes.mul(count, size);
    dims[d] = sizes.floorDiv(count, sizes.constant(getStaticProduct(output.getShape())));
  }
  addReified(builder, *this, dims, reified);
  return success();
}

//===----------------------------------------------------------------------===//
// broadcast_in_dim
//===----------------------------------------------------------------------===//

LogicalResult BroadcastInDimOp::verify() {
  auto input = getTensorType(getInput()), output = getTensorType(*this);
  ArrayRef<int64_t> dims = getBroadcastDimensions();
  if (failed(verifySameElementType(*this))) // broadcast_in_dim C1
    return failure();
  if (static_cast<int64_t>(dims.size()) != input.getRank()) // broadcast_in_dim C2
    return emitOpError("names ") << dims.size() << " dimensions for an operand of rank "
                                 << input.getRank();
  if (failed(checkDimensions(getLoc(), "broadcast_in_dim", "dims", dims, // broadcast_in_dim C3
                             output.getRank())))
    return failure();
  if (!llvm::is_sorted(dims)) // broadcast_in_dim C4
    return emitOpError("dims must increase");
  for (auto [d, size] : llvm::zip_equal(dims, input.getShape())) {
    int64_t target = output.getDimSize(d);
    if (size != 1 && !ShapedType::isDynamic(size) && !ShapedType::isDynamic(target) &&
        size != target) // broadcast_in_dim C5
      return emitOpError("cannot repeat size ") << size << " to " << target
                                                << " (result dimension " << d << ")";
  }
  return verifyShapeOperand(*this, getShape(), output); // broadcast_in_dim C6
}

DL_REIFY_RESULT_SHAPES(BroadcastInDimOp) {
  return reifyFromShape(builder, *this, getShape(), reified);
}

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(TransposeOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = dlc::dl::getTensorType(adaptor.getInput());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  if (static_cast<int64_t>(permutation.size()) != input.getRank()) // transpose C1
    return inferError(loc, "transpose",
                      "permutation needs " + Twine(input.getRank()) + " entries, has " +
                          Twine(permutation.size()));
  if (failed(checkDimensions(loc, "transpose", "permutation", permutation, // transpose C2
                             input.getRank())))
    return failure();
  types.push_back(input.clone(applyPermutation(input.getShape(), permutation)));
  return success();
}

DL_REIFY_RESULT_SHAPES(TransposeOp) {
  SizeBuilder sizes(builder, getLoc());
  SmallVector<OpFoldResult> dims = sizes.dims(getInput());
  addReified(builder, *this, applyPermutation(ArrayRef<OpFoldResult>(dims), getPermutation()),
             reified);
  return success();
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(ConcatOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  if (operands.empty()) // concat C1
    return inferError(loc, "concat", "needs an operand");
  auto first = getTensorType(operands.front());
  int64_t dimension = adaptor.getDimension();
  if (failed(checkDimension(loc, "concat", "dim", dimension, first.getRank()))) // concat C2
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  int64_t total = 0;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    auto type = getTensorType(operand);
    if (type.getElementType() != first.getElementType()) // concat C3
      return inferError(loc, "concat", "operand " + Twine(i) + " has another element type than "
                                           "the first");
    if (type.getRank() != first.getRank()) // concat C4
      return inferError(loc, "concat",
                        "operand " + Twine(i) + " has rank " + Twine(type.getRank()) +
                            ", the first has " + Twine(first.getRank()));
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (d != dimension && failed(mergeSize(shape[d], type.getDimSize(d)))) // concat C5
        return inferError(loc, "concat",
                          "operand " + Twine(i) + " has size " + Twine(type.getDimSize(d)) +
                              " in dimension " + Twine(d) + ", another has " +
                              Twine(shape[d]));
    bool known = !ShapedType::isDynamic(total) && !type.isDynamicDim(dimension);
    total = known ? total + type.getDimSize(dimension) : ShapedType::kDynamic;
  }
  shape[dimension] = total;
  types.push_back(first.clone(shape));
  return success();
}

DL_REIFY_RESULT_SHAPES(ConcatOp) {
  SizeBuilder sizes(builder, getLoc());
  auto output = getTensorType(*this);
  int64_t dimension = getDimension();
  SmallVector<OpFoldResult> dims(output.getRank());
  for (int64_t d = 0; d < output.getRank(); ++d) {
    if (!output.isDynamicDim(d))
      continue;
    dims[d] = sizes.dim(getInputs().front(), d);
    if (d == dimension)
      for (Value input : getInputs().drop_front())
        dims[d] = sizes.add(dims[d], sizes.dim(input, d));
  }
  addReified(builder, *this, dims, reified);
  return success();
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(SliceOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  int64_t rank = input.getRank();
  ArrayRef<int64_t> starts = adaptor.getStartIndices(), limits = adaptor.getLimitIndices(),
                    strides = adaptor.getStrides();
  if (failed(checkPerDimension(loc, "slice", "starts", starts, rank, 0)) ||   // slice C1, C2
      failed(checkPerDimension(loc, "slice", "limits", limits, rank, -1)) ||  // slice C1, C3
      failed(checkPerDimension(loc, "slice", "strides", strides, rank, 1)))   // slice C1, C4
    return failure();
  SmallVector<int64_t> shape(rank, ShapedType::kDynamic);
  for (int64_t d = 0; d < rank; ++d) {
    int64_t size = input.getDimSize(d);
    int64_t limit = limits[d] == -1 ? size : limits[d];
    if (ShapedType::isDynamic(limit))
      continue;
    if (!ShapedType::isDynamic(size) && limit > size) // slice C3
      return inferError(loc, "slice",
                        "limit " + Twine(limit) + " lies beyond size " + Twine(size) +
                            " of dimension " + Twine(d));
    shape[d] = llvm::divideCeilSigned(std::max<int64_t>(limit - starts[d], 0), strides[d]);
  }
  types.push_back(input.clone(shape));
  return success();
}

DL_REIFY_RESULT_SHAPES(SliceOp) {
  SizeBuilder sizes(builder, getLoc());
  auto output = getTensorType(*this);
  SmallVector<OpFoldResult> dims(output.getRank());
  for (int64_t d = 0; d < output.getRank(); ++d) {
    if (!output.isDynamicDim(d))
      continue;
    OpFoldResult limit = getLimitIndices()[d] == -1 ? sizes.dim(getInput(), d)
                                                    : sizes.constant(getLimitIndices()[d]);
    OpFoldResult span = sizes.max(sizes.sub(limit, sizes.constant(getStartIndices()[d])),
                                  sizes.constant(0));
    if (getStartIndices()[d] == 0)
      span = limit;
    dims[d] = sizes.ceilDiv(span, sizes.constant(getStrides()[d]));
  }
  addReified(builder, *this, dims, reified);
  return success();
}

//===----------------------------------------------------------------------===//
// dynamic_slice, dynamic_update_slice
//===----------------------------------------------------------------------===//

LogicalResult DynamicSliceOp::verify() {
  auto input = getTensorType(getInput()), output = getTensorType(*this);
  if (failed(verifySameElementType(*this))) // dynamic_slice C1
    return failure();
  if (input.getRank() != output.getRank()) // dynamic_slice C2
    return emitOpError("operand ") << input << " and result " << output << " differ in rank";
  if (failed(verifyPerDimensionOperand(*this, "start_indices", getStartIndices(), // C3
                                       input.getRank())) ||
      failed(verifyPerDimensionOperand(*this, "strides", getStrides(), input.getRank())))
    return failure();
  for (auto [d, size, taken] : llvm::enumerate(input.getShape(), output.getShape()))
    if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(taken) && taken > size)
      return emitOpError("takes ") << taken << " of the " << size // dynamic_slice C4
                                   << " elements of dimension " << d;
  return verifyShapeOperand(*this, getSizes(), output); // dynamic_slice C5
}

DL_REIFY_RESULT_SHAPES(DynamicSliceOp) {
  return reifyFromShape(builder, *this, getSizes(), reified);
}

DL_INFER_RETURN_TYPES(DynamicUpdateSliceOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput()), update = getTensorType(adaptor.getUpdate());
  if (input.getElementType() != update.getElementType()) // dynamic_update_slice C1
    return inferError(loc, "dynamic_update_slice", "operand and update differ in element type");
  if (input.getRank() != update.getRank()) // dynamic_update_slice C2
    return inferError(loc, "dynamic_update_slice", "operand and update differ in rank");
  int64_t starts = getTensorType(adaptor.getStartIndices()).getDimSize(0);
  if (starts != input.getRank()) // dynamic_update_slice C3
    return inferError(loc, "dynamic_update_slice",
                      "start_indices needs " + Twine(input.getRank()) + " entries, has " +
                          Twine(starts));
  for (auto [d, size, part] : llvm::enumerate(input.getShape(), update.getShape()))
    if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(part) && part > size)
      return inferError(loc, "dynamic_update_slice", // dynamic_update_slice C4
                        "update has size " + Twine(part) + " in dimension " + Twine(d) +
                            ", the operand " + Twine(size));
  types.push_back(input);
  return success();
}

DL_REIFY_RESULT_SHAPES(DynamicUpdateSliceOp) {
  return reifyLike(builder, *this, getInput(), reified);
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  auto input = getTensorType(getInput()), output = getTensorType(*this);
  int64_t rank = input.getRank();
  if (failed(verifySameElementType(*this))) // pad C1
    return failure();
  if (rank != output.getRank()) // pad C2
    return emitOpError("operand ") << input << " and result " << output << " differ in rank";
  constexpr int64_t any = std::numeric_limits<int64_t>::min();
  int64_t least = getMode() == PadMode::constant ? any : 0; // pad C4
  if (failed(checkPerDimension(getLoc(), "pad", "low", getLow(), rank, least)) ||
      failed(checkPerDimension(getLoc(), "pad", "high", getHigh(), rank, least)) ||
      failed(checkPerDimension(getLoc(), "pad", "interior", getInterior(), rank, 0)))
    return failure(); // pad C3
  bool isConstant = getMode() == PadMode::constant;
  if (isConstant != static_cast<bool>(getValue())) // pad C5
    return emitOpError(isConstant ? "needs a value in mode constant"
                                  : "takes a value only in mode constant");
  if (getValue() &&
      getTensorType(getValue()).getElementType() != input.getElementType()) // pad C5
    return emitOpError("value and operand differ in element type");
  if (!isConstant && !llvm::all_of(getInterior(), [](int64_t i) { return i == 0; })) // pad C6
    return emitOpError("has interior padding, which only mode constant takes");
  if (static_cast<bool>(getDynamicLow()) != static_cast<bool>(getDynamicHigh())) // pad C7
    return emitOpError("needs dynamic_low and dynamic_high together");
  if (getDynamicLow()) {
    auto isZero = [](int64_t i) { return i == 0; };
    if (!llvm::all_of(getLow(), isZero) || !llvm::all_of(getHigh(), isZero)) // pad C8
      return emitOpError("has both constant and dynamic padding");
    if (failed(verifyPerDimensionOperand(*this, "dynamic_low", getDynamicLow(), rank)) ||
        failed(verifyPerDimensionOperand(*this, "dynamic_high", getDynamicHigh(), rank)))
      return failure(); // pad C3
    return success();
  }
  for (int64_t d = 0; d < rank; ++d) { // pad C9
    if (input.isDynamicDim(d) || output.isDynamicDim(d))
      continue;
    int64_t size = input.getDimSize(d);
    int64_t padded = getLow()[d] + size + std::max<int64_t>(size - 1, 0) * getInterior()[d] +
                     getHigh()[d];
    if (padded != output.getDimSize(d))
      return emitOpError("pads dimension ") << d << " to " << padded << ", but the result has "
                                            << output.getDimSize(d);
  }
  return success();
}

DL_REIFY_RESULT_SHAPES(PadOp) {
  SizeBuilder sizes(builder, getLoc());
  auto output = getTensorType(*this);
  SmallVector<OpFoldResult> dims(output.getRank());
  for (int64_t d = 0; d < output.getRank(); ++d) {
    if (!output.isDynamicDim(d))
      continue;
    OpFoldResult size = sizes.dim(getInput(), d), one = sizes.constant(1);
    OpFoldResult gaps = sizes.constant(0);
    if (getInterior()[d] != 0)
      gaps = sizes.mul(sizes.max(sizes.sub(size, one), sizes.constant(0)),
                       sizes.constant(getInterior()[d]));
    OpFoldResult low = getDynamicLow() ? sizes.entry(getDynamicLow(), d)
                                       : sizes.constant(getLow()[d]);
    OpFoldResult high = getDynamicHigh() ? sizes.entry(getDynamicHigh(), d)
                                         : sizes.constant(getHigh()[d]);
    dims[d] = sizes.add(sizes.add(size, gaps), sizes.add(low, high));
  }
  addReified(builder, *this, dims, reified);
  return success();
}

//===----------------------------------------------------------------------===//
// reverse
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(ReverseOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  types.push_back(input);
  return checkDimensions(loc, "reverse", "dims", adaptor.getDimensions(), // reverse C1
                         input.getRank());
}

DL_REIFY_RESULT_SHAPES(ReverseOp) { return reifyLike(builder, *this, getInput(), reified); }
