//===- GatherScatter.cpp - the meaning of gather, scatter and embedding ---===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// The start of a slice: what the index vector at `batch` and the batching
/// dimensions say. `batch` is an index into `indices` without its index-vector
/// dimension.
static Shape getStart(const Tensor &indices, int64_t vectorDim, ArrayRef<int64_t> batch,
                      ArrayRef<int64_t> indexMap, ArrayRef<int64_t> operandBatching,
                      ArrayRef<int64_t> indicesBatching, int64_t rank) {
  Shape start(rank, 0);
  Shape at(batch);
  if (vectorDim < indices.getRank())
    at.insert(at.begin() + vectorDim, 0);
  for (auto [k, d] : llvm::enumerate(indexMap)) {
    if (vectorDim < indices.getRank())
      at[vectorDim] = k;
    start[d] = indices.getInt(getPosition(indices.getShape(), at));
  }
  for (auto [operandDim, indicesDim] : llvm::zip_equal(operandBatching, indicesBatching))
    start[operandDim] = batch[indicesDim - (indicesDim > vectorDim ? 1 : 0)];
  return start;
}

/// Applies the index mode to the start of a box of `sizes`. Gives false where
/// the access is dropped.
static Expected<bool> placeBox(Shape &start, ArrayRef<int64_t> sizes, ArrayRef<int64_t> shape,
                               dl::IndexMode mode) {
  for (size_t d = 0; d < start.size(); ++d) {
    int64_t last = shape[d] - sizes[d];
    if (start[d] >= 0 && start[d] <= last)
      continue;
    switch (mode) {
    case dl::IndexMode::error:
      return makeError("index {0} is outside dimension {1} of size {2}", start[d], d, shape[d]);
    case dl::IndexMode::clamp:
      if (last < 0)
        return makeError("dimension {0} of size {1} has no valid index", d, shape[d]);
      start[d] = std::clamp<int64_t>(start[d], 0, last);
      break;
    case dl::IndexMode::drop:
      return false;
    }
  }
  return true;
}

/// The shape of `indices` without the index-vector dimension.
static Shape getBatchShape(const Tensor &indices, int64_t vectorDim) {
  Shape shape(indices.getShape());
  if (vectorDim < indices.getRank())
    shape.erase(shape.begin() + vectorDim);
  return shape;
}

/// Splits a result index into its part over `dims` and the rest.
static void splitIndex(ArrayRef<int64_t> index, ArrayRef<int64_t> dims, Shape &inside, Shape &rest) {
  inside.clear();
  rest.clear();
  for (auto [d, i] : llvm::enumerate(index))
    (llvm::is_contained(dims, int64_t(d)) ? inside : rest).push_back(i);
}

static Expected<Tensor> evaluateGather(dl::GatherOp op, Operands operands) {
  const Tensor &input = operands[0], &indices = operands[1];
  int64_t rank = input.getRank(), vectorDim = op.getIndexVectorDim();
  Shape sizes, offsetSizes;
  SmallVector<int64_t> keptDims;
  for (int64_t d = 0; d < rank; ++d) {
    sizes.push_back(op.getSliceSizes()[d] < 0 ? input.getDim(d) : op.getSliceSizes()[d]);
    if (llvm::is_contained(op.getCollapsedSliceDims(), d) ||
        llvm::is_contained(op.getOperandBatchingDims(), d))
      continue;
    keptDims.push_back(d);
    offsetSizes.push_back(sizes[d]);
  }
  // Offset dimensions at offset_dims, in order, and batch dimensions between.
  Shape batchShape = getBatchShape(indices, vectorDim), shape;
  int64_t nextOffset = 0, nextBatch = 0, resultRank = batchShape.size() + offsetSizes.size();
  for (int64_t d = 0; d < resultRank; ++d)
    shape.push_back(llvm::is_contained(op.getOffsetDims(), d) ? offsetSizes[nextOffset++]
                                                              : batchShape[nextBatch++]);
  llvm::Error failure = llvm::Error::success();
  Shape offset, batch, source(rank);
  Tensor result = moveElements(input, shape, [&](ArrayRef<int64_t> index) -> int64_t {
    if (failure)
      return -1;
    splitIndex(index, op.getOffsetDims(), offset, batch);
    Shape start = getStart(indices, vectorDim, batch, op.getStartIndexMap(),
                           op.getOperandBatchingDims(), op.getStartIndicesBatchingDims(), rank);
    Expected<bool> isInside = placeBox(start, sizes, input.getShape(), op.getMode());
    if (!isInside) {
      failure = isInside.takeError();
      return -1;
    }
    if (!*isInside)
      return -1;
    for (auto [i, d] : llvm::enumerate(keptDims))
      start[d] += offset[i];
    return getPosition(input.getShape(), start);
  });
  if (failure)
    return failure;
  return result;
}

/// Combines an update with the element that is there.
static void combine(Tensor &result, char *data, int64_t at, const Tensor &updates, int64_t from,
                    dl::ScatterKind kind) {
  if (kind == dl::ScatterKind::replace) {
    copyElement(updates, from, data, at);
    return;
  }
  ElementType type = result.getType();
  withArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    auto get = [](const Tensor &tensor, int64_t i) {
      if constexpr (std::is_same_v<T, double>)
        return tensor.getFloat(i);
      else
        return T(tensor.getInt(i));
    };
    T old = get(result, at), update = get(updates, from), value = zero;
    switch (kind) {
    case dl::ScatterKind::add:
      value = add(old, update);
      break;
    case dl::ScatterKind::mul:
      value = multiply(old, update);
      break;
    case dl::ScatterKind::max:
      value = maximum(old, update);
      break;
    case dl::ScatterKind::min:
      value = minimum(old, update);
      break;
    case dl::ScatterKind::replace:
      llvm_unreachable("handled above");
    }
    char *to = data + at * getByteSize(type);
    if constexpr (std::is_same_v<T, double>) {
      encodeFloats(type, &value, 1, to);
    } else {
      int64_t bits = int64_t(value);
      encodeInts(type, &bits, 1, to);
    }
  });
}

static Expected<Tensor> evaluateScatter(dl::ScatterOp op, Operands operands) {
  Tensor result = operands[0];
  const Tensor &indices = operands[1], &updates = operands[2];
  int64_t rank = result.getRank(), vectorDim = op.getIndexVectorDim();
  // The operand dimensions that a window spans, and the window as a box.
  SmallVector<int64_t> windowDims;
  Shape box(rank, 1);
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(op.getInsertedWindowDims(), d) &&
        !llvm::is_contained(op.getInputBatchingDims(), d))
      windowDims.push_back(d);
  Shape expected = getBatchShape(indices, vectorDim);
  for (auto [i, d] : llvm::enumerate(op.getUpdateWindowDims()))
    box[windowDims[i]] = updates.getDim(d);
  Shape window, batch;
  splitIndex(updates.getShape(), op.getUpdateWindowDims(), window, batch);
  if (batch != expected)
    return makeError("indices are a {0}, updates a {1}", getTypeName(indices), getTypeName(updates));

  char *data = result.getMutableData();
  llvm::Error failure = llvm::Error::success();
  int64_t from = -1;
  forEachIndex(updates.getShape(), [&](ArrayRef<int64_t> index) {
    ++from;
    if (failure)
      return;
    splitIndex(index, op.getUpdateWindowDims(), window, batch);
    Shape start = getStart(indices, vectorDim, batch, op.getScatterDimsToOperandDims(),
                           op.getInputBatchingDims(), op.getScatterIndicesBatchingDims(), rank);
    Expected<bool> isInside = placeBox(start, box, result.getShape(), op.getMode());
    if (!isInside) {
      failure = isInside.takeError();
      return;
    }
    if (!*isInside)
      return;
    for (auto [i, d] : llvm::enumerate(windowDims))
      start[d] += window[i];
    combine(result, data, getPosition(result.getShape(), start), updates, from, op.getKind());
  });
  if (failure)
    return failure;
  return result;
}

static Expected<Tensor> evaluateEmbedding(dl::EmbeddingOp op, Operands operands) {
  const Tensor &table = operands[0], &indices = operands[1];
  std::vector<int64_t> rows = indices.getInts();
  for (int64_t row : rows)
    if (row < 0 || row >= table.getDim(0))
      return makeError("index {0} is outside dimension 0 of size {1}", row, table.getDim(0));
  Shape shape(indices.getShape());
  shape.append(table.getShape().begin() + 1, table.getShape().end());
  Tensor result(table.getType(), shape);
  char *data = result.getMutableData();
  int64_t width = getProduct(table.getShape().drop_front());
  for (auto [i, row] : llvm::enumerate(rows))
    for (int64_t j = 0; j < width; ++j)
      copyElement(table, row * width + j, data, int64_t(i) * width + j);
  return result;
}

void reference::addGatherScatterEvaluators(EvaluatorTable &table) {
  table.add<dl::GatherOp>(evaluateGather);
  table.add<dl::ScatterOp>(evaluateScatter);
  table.add<dl::EmbeddingOp>(evaluateEmbedding);
}
