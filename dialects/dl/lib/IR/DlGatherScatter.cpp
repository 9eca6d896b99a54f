//===- DlGatherScatter.cpp - indexed reads and writes ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

namespace {

/// How an index tensor addresses an operand: what gather and scatter share,
/// under gather's names.
struct Indexing {
  StringRef op;
  RankedTensorType operand, indices;
  /// Operand dimensions that vanish from the slice, each of slice size 1.
  ArrayRef<int64_t> collapsed, batching;
  ArrayRef<int64_t> indicesBatching;
  /// Operand dimension that entry i of an index vector belongs to.
  ArrayRef<int64_t> indexMap;
  int64_t indexVectorDim;

  LogicalResult verify(std::optional<Location> loc) const;
  /// The sizes of `indices` without the index vectors.
  SmallVector<int64_t> getBatchShape() const;
  /// Whether operand dimension `d` appears in the slice.
  bool isWindowDim(int64_t d) const {
    return !llvm::is_contained(collapsed, d) && !llvm::is_contained(batching, d);
  }
};

} // namespace

LogicalResult Indexing::verify(std::optional<Location> loc) const {
  int64_t rank = operand.getRank(), indexRank = indices.getRank();
  if (indexVectorDim < 0 || indexVectorDim > indexRank) // gather C2, scatter C2
    return inferError(loc, op, "index_vector_dim " + Twine(indexVectorDim) +
                                   " is not in [0, " + Twine(indexRank) + "]");
  int64_t length =
      indexVectorDim < indexRank ? indices.getDimSize(indexVectorDim) : 1;
  if (!ShapedType::isDynamic(length) && // gather C3, scatter C3
      length != static_cast<int64_t>(indexMap.size()))
    return inferError(loc, op, "index vectors have " + Twine(length) +
                                   " entries for " + Twine(indexMap.size()) +
                                   " indexed dimensions");
  // gather C4, scatter C4
  SmallVector<int64_t> vanishing(collapsed);
  llvm::append_range(vanishing, batching);
  if (failed(checkDimensions(loc, op, "collapsed or batching dims", vanishing, rank)))
    return failure();
  // gather C5, scatter C5
  SmallVector<int64_t> indexed(indexMap);
  llvm::append_range(indexed, batching);
  if (failed(checkDimensions(loc, op, "indexed or batching dims", indexed, rank)) ||
      failed(checkDimensions(loc, op, "indices' batching dims", indicesBatching, indexRank)))
    return failure();
  if (!llvm::is_sorted(collapsed) || !llvm::is_sorted(batching)) // gather C6, scatter C6
    return inferError(loc, op, "collapsed and batching dims must increase");
  // gather C7, scatter C7
  if (batching.size() != indicesBatching.size() ||
      llvm::is_contained(indicesBatching, indexVectorDim))
    return inferError(loc, op, "batching dims of operand and indices don't match");
  for (auto [o, i] : llvm::zip_equal(batching, indicesBatching)) {
    int64_t size = operand.getDimSize(o);
    if (failed(mergeSize(size, indices.getDimSize(i))))
      return inferError(loc, op, "batching dims of operand and indices differ in size");
  }
  return success();
}

SmallVector<int64_t> Indexing::getBatchShape() const {
  SmallVector<int64_t> shape(indices.getShape());
  if (indexVectorDim < indices.getRank())
    shape.erase(shape.begin() + indexVectorDim);
  return shape;
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

/// Puts window sizes at `offsetDims` and batch sizes, in order, elsewhere.
template <typename T>
static SmallVector<T> interleave(ArrayRef<T> batch, ArrayRef<T> window,
                                 ArrayRef<int64_t> offsetDims) {
  SmallVector<T> result(batch.size() + window.size());
  size_t nextBatch = 0, nextWindow = 0;
  for (auto [d, size] : llvm::enumerate(result))
    size = llvm::is_contained(offsetDims, static_cast<int64_t>(d)) ? window[nextWindow++]
                                                                  : batch[nextBatch++];
  return result;
}

DL_INFER_RETURN_TYPES(GatherOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput());
  Indexing indexing{"gather",
                    input,
                    getTensorType(adaptor.getIndices()),
                    adaptor.getCollapsedSliceDims(),
                    adaptor.getOperandBatchingDims(),
                    adaptor.getStartIndicesBatchingDims(),
                    adaptor.getStartIndexMap(),
                    static_cast<int64_t>(adaptor.getIndexVectorDim())};
  if (failed(indexing.verify(loc)))
    return failure();
  ArrayRef<int64_t> sliceSizes = adaptor.getSliceSizes(), offsetDims = adaptor.getOffsetDims();
  if (failed(checkPerDimension(loc, "gather", "slice_sizes", sliceSizes, // gather C8
                               input.getRank(), -1)))
    return failure();
  SmallVector<int64_t> window;
  for (int64_t d = 0; d < input.getRank(); ++d) {
    int64_t size = sliceSizes[d] == -1 ? input.getDimSize(d) : sliceSizes[d];
    if (!input.isDynamicDim(d) && size > input.getDimSize(d)) // gather C9
      return inferError(loc, "gather",
                        "slices of size " + Twine(size) + " in dimension " + Twine(d) +
                            " of size " + Twine(input.getDimSize(d)));
    if (indexing.isWindowDim(d))
      window.push_back(size);
    else if (sliceSizes[d] != 1) // gather C10
      return inferError(loc, "gather", "dimension " + Twine(d) +
                                           " vanishes, but its slice size is not 1");
  }
  SmallVector<int64_t> batch = indexing.getBatchShape();
  if (offsetDims.size() != window.size()) // gather C1
    return inferError(loc, "gather", "offset_dims has " + Twine(offsetDims.size()) +
                                         " entries for slices of rank " +
                                         Twine(window.size()));
  if (failed(checkDimensions(loc, "gather", "offset_dims", offsetDims, // gather C11
                             batch.size() + window.size())))
    return failure();
  if (!llvm::is_sorted(offsetDims)) // gather C11
    return inferError(loc, "gather", "offset_dims must increase");
  types.push_back(input.clone(interleave<int64_t>(batch, window, offsetDims)));
  return success();
}

DL_REIFY_RESULT_SHAPES(GatherOp) {
  SizeBuilder sizes(builder, getLoc());
  SmallVector<OpFoldResult> batch, window;
  int64_t indexRank = getTensorType(getIndices()).getRank();
  for (int64_t d = 0; d < indexRank; ++d)
    if (d != static_cast<int64_t>(getIndexVectorDim()))
      batch.push_back(sizes.dim(getIndices(), d));
  for (auto [d, size] : llvm::enumerate(getSliceSizes())) {
    int64_t dimension = d;
    if (!llvm::is_contained(getCollapsedSliceDims(), dimension) &&
        !llvm::is_contained(getOperandBatchingDims(), dimension))
      window.push_back(size == -1 ? sizes.dim(getInput(), d) : sizes.constant(size));
  }
  addReified(builder, *this, interleave<OpFoldResult>(batch, window, getOffsetDims()), reified);
  return success();
}

void GatherOp::build(OpBuilder &builder, OperationState &state, Value input, Value indices,
                     int64_t axis, IndexMode mode) {
  int64_t rank = dlc::dl::getTensorType(input).getRank();
  int64_t indexRank = dlc::dl::getTensorType(indices).getRank();
  SmallVector<int64_t> offsetDims, sliceSizes(rank, -1);
  for (int64_t d = 0; d < rank; ++d)
    if (d != axis)
      offsetDims.push_back(d < axis ? d : d - 1 + indexRank);
  sliceSizes[axis] = 1;
  build(builder, state, input, indices, offsetDims, /*collapsed_slice_dims=*/{axis},
        /*operand_batching_dims=*/{}, /*start_indices_batching_dims=*/{},
        /*start_index_map=*/{axis}, /*index_vector_dim=*/indexRank, sliceSizes, mode);
}

//===----------------------------------------------------------------------===//
// scatter
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(ScatterOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = getTensorType(adaptor.getInput()), updates = getTensorType(adaptor.getUpdates());
  Indexing indexing{"scatter",
                    input,
                    getTensorType(adaptor.getIndices()),
                    adaptor.getInsertedWindowDims(),
                    adaptor.getInputBatchingDims(),
                    adaptor.getScatterIndicesBatchingDims(),
                    adaptor.getScatterDimsToOperandDims(),
                    static_cast<int64_t>(adaptor.getIndexVectorDim())};
  if (failed(indexing.verify(loc)))
    return failure();
  if (input.getElementType() != updates.getElementType()) // scatter C8
    return inferError(loc, "scatter", "operand and updates differ in element type");
  if (adaptor.getKind() != ScatterKind::replace && input.getElementType().isInteger(1))
    return inferError(loc, "scatter", "booleans are only replaced"); // scatter C9
  ArrayRef<int64_t> windowDims = adaptor.getUpdateWindowDims();
  SmallVector<int64_t> window, batch = indexing.getBatchShape();
  for (int64_t d = 0; d < input.getRank(); ++d)
    if (indexing.isWindowDim(d))
      window.push_back(input.getDimSize(d));
  if (windowDims.size() != window.size()) // scatter C1
    return inferError(loc, "scatter", "update_window_dims has " + Twine(windowDims.size()) +
                                          " entries for windows of rank " +
                                          Twine(window.size()));
  int64_t rank = batch.size() + window.size();
  if (updates.getRank() != rank) // scatter C10
    return inferError(loc, "scatter", "updates have rank " + Twine(updates.getRank()) +
                                          ", expected " + Twine(rank));
  if (failed(checkDimensions(loc, "scatter", "update_window_dims", windowDims, rank)))
    return failure(); // scatter C11
  if (!llvm::is_sorted(windowDims)) // scatter C11
    return inferError(loc, "scatter", "update_window_dims must increase");
  auto shape = interleave<int64_t>(batch, window, windowDims);
  for (int64_t d = 0; d < rank; ++d) { // scatter C12
    int64_t size = updates.getDimSize(d);
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(shape[d]))
      continue;
    if (llvm::is_contained(windowDims, d) ? size > shape[d] : size != shape[d])
      return inferError(loc, "scatter", "updates have shape " +
                                            shapeToString(updates.getShape()) +
                                            ", which does not fit " + shapeToString(shape));
  }
  types.push_back(input);
  return success();
}

DL_REIFY_RESULT_SHAPES(ScatterOp) { return reifyLike(builder, *this, getInput(), reified); }
