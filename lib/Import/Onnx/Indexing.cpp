//===- Indexing.cpp - ONNX ops that read and write by index ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using frontend::gatherElements;
using frontend::positions;
using frontend::scatterElements;
using Direction = dl::ComparisonDirection;

static SmallVector<int64_t> range(int64_t first, int64_t last) {
  return llvm::to_vector(llvm::seq<int64_t>(first, std::max(first, last)));
}

static bool requireIndices(NodeImporter &n, Value indices) {
  Type type = n.elementTypeOf(indices);
  if (isa<IntegerType>(type) && !n.isBool(indices))
    return true;
  n.emitError() << "the indices are of type " << type << ", not an integer type";
  return false;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static LogicalResult importGather(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1);
  std::optional<int64_t> axis = n.axisAttr("axis", 0, n.rankOf(x));
  if (!axis || !requireIndices(n, indices))
    return failure();
  return n.result(n.take(x, indices, *axis));
}

static LogicalResult importGatherElements(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1);
  int64_t rank = n.rankOf(x);
  std::optional<int64_t> axis = n.axisAttr("axis", 0, rank);
  if (!axis || !requireIndices(n, indices) || !n.requireRank(indices, rank, rank, "the indices"))
    return failure();
  for (int64_t d = 0; d < rank; ++d)
    if (d != *axis)
      n.require(Direction::le, n.size(indices, d), n.size(x, d),
                "the indices are longer than the data in dimension " + Twine(d));
  return n.result(n.hasFailed() ? Value() : gatherElements(n, x, indices, *axis, /*wrapNegative=*/true));
}

/// Index vectors with negative components counted from the end; component j
/// belongs to dimension first + j of x.
static Value wrapVectors(NodeImporter &n, Value x, Value indices, int64_t first) {
  int64_t length = n.shapeOf(indices).back();
  if (auto numbers = n.constantInts(indices))
    if (llvm::all_of(*numbers, [](int64_t i) { return i >= 0; }))
      return n.convert(indices, n.getBuilder().getI64Type());
  indices = n.convert(indices, n.getBuilder().getI64Type());
  Sizes all = n.sizes(x);
  Value sizes = n.sizesTensor(ArrayRef(all).slice(first, length));
  Value wrapped = n.infer<dl::AddOp>(indices, n.broadcastTo(sizes, n.sizes(indices)));
  Value isNegative = n.compare(Direction::lt, indices, n.splatLike(indices, 0.0));
  return n.infer<dl::SelectOp>(isNegative, wrapped, indices);
}

/// The length of the index vectors; nullopt (reported) where it doesn't fit.
static std::optional<int64_t> getVectorLength(NodeImporter &n, Value x, Value indices,
                                              int64_t batchDims) {
  if (!requireIndices(n, indices) ||
      !n.requireRank(indices, batchDims + 1, 1 << 16, "the indices"))
    return std::nullopt;
  int64_t length = n.shapeOf(indices).back();
  if (ShapedType::isDynamic(length) || length > n.rankOf(x) - batchDims) {
    n.emitError() << "the last dimension of the indices must be known and at most "
                  << n.rankOf(x) - batchDims << "; they are of type " << n.type(indices);
    return std::nullopt;
  }
  return length;
}

static LogicalResult importGatherNd(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1);
  OpBuilder &b = n.getBuilder();
  int64_t batchDims = n.intAttr("batch_dims", 0), rank = n.rankOf(x);
  if (batchDims < 0 || batchDims >= std::max<int64_t>(rank, 1))
    return n.emitError() << "attribute 'batch_dims' is " << batchDims << " for data of rank "
                         << rank;
  std::optional<int64_t> length = getVectorLength(n, x, indices, batchDims);
  if (!length)
    return failure();
  for (int64_t d = 0; d < batchDims; ++d)
    n.require(Direction::eq, n.size(indices, d), n.size(x, d),
              "data and indices differ in batch dimension " + Twine(d));
  if (n.hasFailed())
    return failure();
  indices = wrapVectors(n, x, indices, batchDims);
  if (!indices)
    return failure();
  int64_t indexRank = n.rankOf(indices);
  SmallVector<int64_t> sliceSizes;
  for (int64_t d = 0; d < rank; ++d)
    sliceSizes.push_back(d < batchDims + *length ? 1
                         : n.type(x).isDynamicDim(d) ? -1
                                                     : n.shapeOf(x)[d]);
  SmallVector<int64_t> batch = range(0, batchDims), mapped = range(batchDims, batchDims + *length);
  return n.result(n.infer<dl::GatherOp>(
      x, indices,
      b.getDenseI64ArrayAttr(range(indexRank - 1, indexRank - 1 + rank - batchDims - *length)),
      b.getDenseI64ArrayAttr(mapped), b.getDenseI64ArrayAttr(batch),
      b.getDenseI64ArrayAttr(batch), b.getDenseI64ArrayAttr(mapped),
      b.getI64IntegerAttr(indexRank - 1), b.getDenseI64ArrayAttr(sliceSizes),
      dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::error)));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static std::optional<dl::ScatterKind> getReduction(NodeImporter &n) {
  std::string name = n.stringAttr("reduction", "none");
  auto kind = llvm::StringSwitch<std::optional<dl::ScatterKind>>(name)
                  .Case("none", dl::ScatterKind::replace)
                  .Case("add", dl::ScatterKind::add)
                  .Case("mul", dl::ScatterKind::mul)
                  .Case("max", dl::ScatterKind::max)
                  .Case("min", dl::ScatterKind::min)
                  .Default(std::nullopt);
  if (!kind)
    n.emitError() << "attribute 'reduction' must be none, add, mul, max or min, not '" << name
                  << "'";
  return kind;
}

static LogicalResult importScatterElements(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1), updates = n.input(2);
  int64_t rank = n.rankOf(x);
  std::optional<int64_t> axis = n.axisAttr("axis", 0, rank);
  std::optional<dl::ScatterKind> kind =
      n.opset() < 16 ? dl::ScatterKind::replace : getReduction(n);
  if (!axis || !kind || !requireIndices(n, indices) ||
      !n.requireRank(indices, rank, rank, "the indices") ||
      !n.requireRank(updates, rank, rank, "the updates") || !n.requireSameElementType(x, updates))
    return failure();
  for (int64_t d = 0; d < rank; ++d)
    n.require(Direction::eq, n.size(indices, d), n.size(updates, d),
              "indices and updates differ in dimension " + Twine(d));
  return n.result(n.hasFailed() ? Value() : scatterElements(n, x, indices, updates, *axis, *kind,
                                                           /*wrapNegative=*/true));
}

static LogicalResult importScatterNd(NodeImporter &n) {
  Value x = n.input(0), indices = n.input(1), updates = n.input(2);
  OpBuilder &b = n.getBuilder();
  std::optional<dl::ScatterKind> kind =
      n.opset() < 16 ? dl::ScatterKind::replace : getReduction(n);
  std::optional<int64_t> length = getVectorLength(n, x, indices, 0);
  if (!kind || !length || !n.requireSameElementType(x, updates))
    return failure();
  int64_t batchRank = n.rankOf(indices) - 1, windowRank = n.rankOf(x) - *length;
  if (!n.requireRank(updates, batchRank + windowRank, batchRank + windowRank, "the updates"))
    return failure();
  indices = wrapVectors(n, x, indices, 0);
  SmallVector<int64_t> mapped = range(0, *length);
  return n.result(n.infer<dl::ScatterOp>(
      x, indices, updates, b.getDenseI64ArrayAttr(range(batchRank, batchRank + windowRank)),
      b.getDenseI64ArrayAttr(mapped), b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}),
      b.getDenseI64ArrayAttr(mapped), b.getI64IntegerAttr(batchRank),
      dl::ScatterKindAttr::get(n.getContext(), *kind),
      dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::error)));
}

/// A cache written at each batch element's own position along the axis.
static LogicalResult importTensorScatter(NodeImporter &n) {
  Value cache = n.input(0), update = n.input(1), starts = n.input(2);
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(cache);
  std::optional<int64_t> axis = n.axisAttr("axis", -2, rank);
  std::string mode = n.stringAttr("mode", "linear");
  if (!axis || !n.requireSameElementType(cache, update) ||
      !n.requireRank(update, rank, rank, "the update"))
    return failure();
  if (mode != "linear" && mode != "circular")
    return n.emitError() << "attribute 'mode' must be linear or circular, not '" << mode << "'";
  if (*axis == 0)
    return n.emitError() << "attribute 'axis' must not be the batch dimension";
  Sizes all = n.sizes(update);
  Value index = n.iota(all, b.getI64Type(), *axis);
  if (starts) {
    if (!requireIndices(n, starts) || !n.requireRank(starts, 1, 1, "the write indices"))
      return failure();
    starts = n.convert(starts, b.getI64Type());
    index = n.infer<dl::AddOp>(index, n.broadcastInDim(starts, all, {0}));
  }
  if (mode == "circular") {
    Value size = n.splatLike(index, n.sizeTensor(n.size(cache, *axis)));
    index = n.infer<dl::RemOp>(index, size);
  }
  return n.result(scatterElements(n, cache, index, update, *axis, dl::ScatterKind::replace));
}

//===----------------------------------------------------------------------===//
// One-hot, compression, reversal
//===----------------------------------------------------------------------===//

static LogicalResult importOneHot(NodeImporter &n) {
  Value indices = n.input(0), depth = n.input(1), values = n.input(2);
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(indices) + 1;
  std::optional<int64_t> axis = n.axisAttr("axis", -1, rank);
  if (!axis || !n.requireRank(values, 1, 1, "the pair of values"))
    return failure();
  if (n.shapeOf(values)[0] != 2)
    return n.emitError() << "the pair of values is of type " << n.type(values);
  std::optional<Sizes> count =
      n.entries(n.convert(n.reshape(depth, ArrayRef<int64_t>{1}), b.getI64Type()), "the depth");
  if (!count)
    return failure();
  n.require(Direction::ge, count->front(), 0, "the depth is negative");
  Sizes all = n.sizes(indices);
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    if (d != *axis)
      dims.push_back(d);
  all.insert(all.begin() + *axis, count->front());
  Value wrapped = positions(n, n.convert(indices, b.getI64Type()), count->front());
  Value isHere = n.compare(Direction::eq, n.iota(all, b.getI64Type(), *axis),
                           n.broadcastInDim(wrapped, all, dims));
  auto value = [&](int64_t i) {
    return n.splatLike(isHere, n.reshape(n.sliceAxis(values, 0, i, 1), ArrayRef<int64_t>{}));
  };
  return n.result(n.infer<dl::SelectOp>(isHere, value(1), value(0)));
}

static LogicalResult importCompress(NodeImporter &n) {
  Value x = n.input(0), condition = n.input(1);
  OpBuilder &b = n.getBuilder();
  int64_t axis = 0;
  if (n.hasAttr("axis")) {
    std::optional<int64_t> given = n.axisAttr("axis", 0, n.rankOf(x));
    if (!given)
      return failure();
    axis = *given;
  } else {
    x = n.collapse(x, 0, n.rankOf(x));
  }
  if (!x || !n.requireRank(condition, 1, 1, "the condition"))
    return failure();
  n.require(Direction::le, n.size(condition, 0), n.size(x, axis),
            "the condition is longer than the dimension");
  Value indices;
  if (auto flags = n.constantInts(condition)) {
    SmallVector<int64_t> taken;
    for (auto [i, flag] : llvm::enumerate(*flags))
      if (flag)
        taken.push_back(i);
    indices = n.constantInts(taken);
  } else {
    Value found = n.infer<dl::NonzeroOp>(condition);
    indices = n.convert(found ? n.reshape(found, {n.size(found, 1)}) : Value(), b.getI64Type());
  }
  return n.result(n.take(x, indices, axis, /*wrapNegative=*/false));
}

/// The first lengths[b] elements along the time axis reversed.
static LogicalResult importReverseSequence(NodeImporter &n) {
  Value x = n.input(0), lengths = n.input(1);
  OpBuilder &b = n.getBuilder();
  int64_t batch = n.intAttr("batch_axis", 1), time = n.intAttr("time_axis", 0);
  if (!n.requireRank(x, 2, 1 << 16, "its input") ||
      !n.requireRank(lengths, 1, 1, "the list of lengths") || !requireIndices(n, lengths))
    return failure();
  if (batch + time != 1 || batch * time != 0)
    return n.emitError() << "attributes 'batch_axis' and 'time_axis' must be 0 and 1";
  n.require(Direction::eq, n.size(lengths, 0), n.size(x, batch),
            "there must be a length for each batch element");
  Sizes all = n.sizes(x);
  Value step = n.iota(all, b.getI64Type(), time);
  Value length = n.broadcastInDim(n.convert(lengths, b.getI64Type()), all, {batch});
  Value mirrored = n.infer<dl::SubOp>(
      n.infer<dl::SubOp>(length, n.splatLike(length, 1.0)), step);
  Value index = n.infer<dl::SelectOp>(n.compare(Direction::lt, step, length), mirrored, step);
  return n.result(index ? gatherElements(n, x, index, time) : Value());
}

void dlc::onnx::registerIndexingOps(OpTable &t) {
  t.add("Compress", 9, 2, importCompress);
  t.add("Gather", 1, 2, importGather);
  t.add("GatherElements", 11, 2, importGatherElements);
  t.add("GatherND", 11, 2, importGatherNd);
  t.add("OneHot", 9, 3, importOneHot);
  t.add("ReverseSequence", 10, 2, importReverseSequence);
  t.add("Scatter", 9, 3, importScatterElements);
  t.add("ScatterElements", 11, 3, importScatterElements);
  t.add("ScatterND", 11, 3, importScatterNd);
  t.add("TensorScatter", 24, {2, 3}, importTensorScatter);
}
