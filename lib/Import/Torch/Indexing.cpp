//===- Indexing.cpp - ATen ops that read and write by index ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using frontend::gatherElements;
using frontend::scatterElements;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// Along one dimension
//===----------------------------------------------------------------------===//

/// 0-D tensors take part as rows of one element.
static Value atLeastOneDim(NodeImporter &n, Value x) {
  return x && n.rankOf(x) == 0 ? n.reshape(x, ArrayRef<int64_t>{1}) : x;
}

static Value ofRank(NodeImporter &n, Value x, int64_t rank) {
  return x && rank == 0 ? n.reshape(x, ArrayRef<int64_t>{}) : x;
}

static LogicalResult importGather(NodeImporter &n) {
  n.ignore({"sparse_grad"});
  Value self = n.tensor("self"), index = n.tensor("index");
  if (!self || !index)
    return failure();
  int64_t rank = n.rankOf(index);
  auto axis = n.axis("dim", n.rankOf(self));
  self = atLeastOneDim(n, self);
  index = atLeastOneDim(n, index);
  // An empty list of indices may be of any rank.
  if (axis && n.rankOf(index) != n.rankOf(self))
    return n.result(n.broadcastInDim(n.scalarInt(n.elementTypeOf(self), 0), n.sizes(index), {}));
  return axis ? n.result(ofRank(n, gatherElements(n, self, index, *axis), rank)) : failure();
}

static LogicalResult importIndexSelect(NodeImporter &n) {
  Value self = n.tensor("self"), index = n.tensor("index");
  if (!self || !index)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis)
    return failure();
  int64_t rank = n.rankOf(self);
  return n.result(ofRank(
      n, n.take(atLeastOneDim(n, self), atLeastOneDim(n, index), *axis, /*wrapNegative=*/false),
      rank));
}

static std::optional<dl::ScatterKind> getScatterKind(NodeImporter &n, StringRef name) {
  auto kind = llvm::StringSwitch<std::optional<dl::ScatterKind>>(name)
                  .Cases({"add", "sum", "mean"}, dl::ScatterKind::add)
                  .Cases({"multiply", "prod"}, dl::ScatterKind::mul)
                  .Case("amax", dl::ScatterKind::max)
                  .Case("amin", dl::ScatterKind::min)
                  .Default(std::nullopt);
  if (!kind)
    n.emitError() << "the reduction '" << name << "' isn't supported";
  return kind;
}

/// Scatters; booleans, which dl only replaces, as numbers, of which the larger is the sum.
static Value combine(NodeImporter &n, Value x, Value updates, dl::ScatterKind kind,
                     llvm::function_ref<Value(Value, Value, dl::ScatterKind)> scatter) {
  using Kind = dl::ScatterKind;
  if (!x || !updates || !n.isBool(x) || kind == Kind::replace)
    return scatter(x, updates, kind);
  Type i8 = n.getBuilder().getI8Type();
  kind = kind == Kind::add ? Kind::max : kind == Kind::mul ? Kind::min : kind;
  Value result = scatter(n.convert(x, i8), n.convert(updates, i8), kind);
  return n.convert(result, n.getBuilder().getI1Type());
}

/// The updates of a scatter: a tensor, or a number for every index.
static Value getUpdates(NodeImporter &n, Value self, Value index) {
  if (n.has("src"))
    return atLeastOneDim(n, n.tensor("src"));
  Value number = n.operand("value", n.elementTypeOf(self));
  return n.broadcastInDim(number, n.sizes(index), {});
}

namespace {
/// What a scatter works on along a dimension; 0-D tensors are rows of one element.
struct Scatter {
  Value self, index;
  int64_t axis, rank; ///< the rank that self was given with
};
} // namespace

static std::optional<Scatter> readScatter(NodeImporter &n) {
  Value self = n.tensor("self"), index = n.tensor("index");
  if (!self || !index)
    return std::nullopt;
  int64_t rank = n.rankOf(self);
  auto axis = n.axis("dim", rank);
  if (!axis)
    return std::nullopt;
  return Scatter{atLeastOneDim(n, self), atLeastOneDim(n, index), *axis, rank};
}

/// As many of the updates as there are indices.
static Value fitUpdates(NodeImporter &n, const Scatter &s, Value updates) {
  for (int64_t d = 0; d < n.rankOf(s.index); ++d)
    if (!n.sameSize(n.size(updates, d), n.size(s.index, d)))
      updates = n.sliceAxis(updates, d, 0, n.size(s.index, d));
  return updates;
}

static LogicalResult scatter(NodeImporter &n, dl::ScatterKind kind) {
  auto s = readScatter(n);
  Value updates = s ? getUpdates(n, s->self, s->index) : Value();
  if (!updates)
    return failure();
  if (n.rankOf(s->index) != n.rankOf(s->self))
    return n.result(ofRank(n, s->self, s->rank)); // an empty list of indices
  Value result = combine(n, s->self, fitUpdates(n, *s, updates), kind,
                         [&](Value x, Value y, dl::ScatterKind how) {
                           return scatterElements(n, x, s->index, y, s->axis, how);
                         });
  return n.result(ofRank(n, result, s->rank));
}

static LogicalResult importScatter(NodeImporter &n) {
  if (!n.has("reduce"))
    return scatter(n, dl::ScatterKind::replace);
  auto kind = getScatterKind(n, n.string("reduce"));
  return kind ? scatter(n, *kind) : failure();
}

/// What a reduction starts from where self doesn't count.
static Value getNeutral(NodeImporter &n, Type type, dl::ScatterKind kind) {
  bool isFloat = isa<FloatType>(type);
  unsigned width = type.getIntOrFloatBitWidth();
  switch (kind) {
  case dl::ScatterKind::mul:
    return n.scalarInt(type, 1);
  case dl::ScatterKind::max:
    return isFloat ? n.scalar(type, -INFINITY)
                   : n.scalarInt(type, type.isUnsignedInteger()
                                           ? 0
                                           : APInt::getSignedMinValue(width).getSExtValue());
  case dl::ScatterKind::min:
    return isFloat ? n.scalar(type, INFINITY)
                   : n.scalarInt(type, type.isUnsignedInteger()
                                           ? -1
                                           : APInt::getSignedMaxValue(width).getSExtValue());
  default:
    return n.scalarInt(type, 0);
  }
}

/// Every index's element combined; without include_self an element that is
/// indexed starts from nothing. A mean divides by how many were added.
static Value scatterReduce(NodeImporter &n, const Scatter &s, Value index, Value updates) {
  std::string reduction = n.string("reduce");
  bool includeSelf = n.boolean("include_self");
  auto kind = getScatterKind(n, reduction);
  if (!index || !updates || !kind)
    return {};
  Type given = n.elementTypeOf(s.self), i64 = n.getBuilder().getI64Type();
  Type type = reduction == "mean" ? computationType(given) : given;
  if (type.isInteger(1)) // counted
    type = n.getBuilder().getI32Type();
  Value self = n.convert(s.self, type);
  updates = n.convert(updates, type);
  Value ones = n.broadcastInDim(n.scalarInt(i64, 1), n.sizes(index), {});
  Value zeros = n.broadcastInDim(n.scalarInt(i64, 0), n.sizes(self), {});
  Expr count(n, scatterElements(n, zeros, index, ones, s.axis, dl::ScatterKind::add));
  Value start = self;
  if (!includeSelf)
    start = count.eq(0.0).select(self, getNeutral(n, type, *kind));
  Expr result(n, scatterElements(n, start, index, updates, s.axis, *kind));
  if (result && reduction == "mean") {
    Expr divisor = (includeSelf ? count + 1.0 : count.max(1.0)).to(type);
    Expr quotient = result / divisor.get();
    if (!n.isFloat(result)) { // floored
      Expr rest = result - (quotient * divisor.get()).get();
      quotient = (rest < 0.0).select(quotient - 1.0, quotient);
    }
    result = quotient;
  }
  return result.to(given);
}

static LogicalResult importScatterReduce(NodeImporter &n) {
  Value updates = atLeastOneDim(n, n.tensor("src"));
  auto s = readScatter(n);
  if (!s || !updates)
    return failure();
  if (n.rankOf(s->index) != n.rankOf(s->self)) {
    n.ignore({"reduce", "include_self"});
    return n.result(ofRank(n, s->self, s->rank));
  }
  updates = fitUpdates(n, *s, updates);
  return n.result(ofRank(n, scatterReduce(n, *s, s->index, updates), s->rank));
}

/// The same where a whole slice goes to each index.
static LogicalResult importIndexReduce(NodeImporter &n) {
  Value source = atLeastOneDim(n, n.tensor("source"));
  auto s = readScatter(n);
  if (!s || !source)
    return failure();
  Value everywhere = n.broadcastInDim(s->index, n.sizes(source), {s->axis});
  return n.result(ofRank(n, scatterReduce(n, *s, everywhere, source), s->rank));
}

static LogicalResult importTake(NodeImporter &n) {
  return n.result(n.take(n.flatten(n.tensor("self")), n.tensor("index"), 0));
}

/// put: the tensor as one row.
static Value putFlat(NodeImporter &n, Value self, Value index, Value source,
                     dl::ScatterKind kind) {
  if (!self || !index || !source)
    return {};
  Value row = combine(n, n.flatten(self), n.flatten(source), kind,
                      [&](Value x, Value y, dl::ScatterKind how) {
                        return scatterElements(n, x, n.flatten(index), y, 0, how,
                                               /*wrapNegative=*/true);
                      });
  return n.reshape(row, n.sizes(self));
}

static LogicalResult importPut(NodeImporter &n) {
  auto kind = n.boolean("accumulate") ? dl::ScatterKind::add : dl::ScatterKind::replace;
  return n.result(putFlat(n, n.tensor("self"), n.tensor("index"), n.tensor("source"), kind));
}


//===----------------------------------------------------------------------===//
// Along several dimensions
//===----------------------------------------------------------------------===//

/// Which dimensions are indexed, and by what: i64 tensors of one shape, counted
/// from the front.
struct AdvancedIndex {
  SmallVector<int64_t> dims;
  SmallVector<Value> positions;
  int64_t rank;  ///< of the positions
  int64_t place; ///< where their dimensions are in the result
};

/// A boolean tensor counts as the positions where it is true.
static void appendIndex(NodeImporter &n, Value self, Value index, int64_t &dim,
                        AdvancedIndex &all) {
  Type i64 = n.getBuilder().getI64Type();
  if (!n.isBool(index) && !n.elementTypeOf(index).isUnsignedInteger()) {
    Value wrapped = n.wrapNegativeIndices(index, n.size(self, dim));
    all.positions.push_back(n.convert(wrapped, i64));
    all.dims.push_back(dim++);
    return;
  }
  Value mask = Expr(n, index).to(n.getBuilder().getI1Type());
  Value found = n.infer<dl::NonzeroOp>(mask);
  for (int64_t d = 0, e = n.rankOf(index); found && d < e; ++d) {
    Value row = n.squeeze(n.sliceAxis(found, 0, d, 1), {0});
    all.positions.push_back(n.convert(row, i64));
    all.dims.push_back(dim++);
  }
}

static std::optional<AdvancedIndex> getAdvancedIndex(NodeImporter &n, Value self) {
  AdvancedIndex all;
  int64_t dim = 0;
  for (Value index : n.optionalTensors("indices")) {
    if (!index) {
      ++dim;
      continue;
    }
    if (n.isBool(index) && n.rankOf(index) == 0) {
      n.emitError() << "an index that is a boolean without dimensions isn't supported";
      return std::nullopt;
    }
    if (dim + (n.isBool(index) ? n.rankOf(index) : 1) > n.rankOf(self)) {
      n.emitError() << "there are more indices than dimensions";
      return std::nullopt;
    }
    appendIndex(n, self, index, dim, all);
  }
  if (n.hasFailed() || all.dims.empty() || !n.broadcastTogether(all.positions)) {
    if (!n.hasFailed())
      n.emitError() << "no dimension is indexed";
    return std::nullopt;
  }
  all.rank = n.rankOf(all.positions.front());
  bool isAdjacent = all.dims.back() - all.dims.front() + 1 == int64_t(all.dims.size());
  all.place = isAdjacent ? all.dims.front() : 0;
  return all;
}

/// The positions as vectors, in one tensor.
static Value getVectors(NodeImporter &n, const AdvancedIndex &index) {
  SmallVector<Value> parts;
  for (Value position : index.positions)
    parts.push_back(n.unsqueeze(position, {index.rank}));
  return n.concat(parts, index.rank);
}

/// The dimensions of the result that aren't from the positions.
static SmallVector<int64_t> getWindowDims(const AdvancedIndex &index, int64_t rank) {
  int64_t others = rank - index.dims.size();
  SmallVector<int64_t> dims = dimRange(0, std::min(index.place, others));
  llvm::append_range(dims, dimRange(index.place + index.rank, others + index.rank));
  return dims;
}

/// What is gathered where there is nothing to gather from: a gather takes elements that
/// are there.
static Value gatherNothing(NodeImporter &n, Value self, const AdvancedIndex &index) {
  Value vectors = getVectors(n, index);
  if (!vectors)
    return {};
  int64_t rank = n.rankOf(self);
  SmallVector<int64_t> window = getWindowDims(index, rank);
  Sizes places = n.sizes(vectors), sizes;
  places.pop_back();
  auto place = places.begin();
  for (int64_t d = 0, e = places.size() + window.size(), from = 0; d < e; ++d) {
    if (!llvm::is_contained(window, d)) {
      sizes.push_back(*place++);
      continue;
    }
    while (llvm::is_contained(index.dims, from))
      ++from;
    sizes.push_back(n.size(self, from++));
  }
  return n.broadcastInDim(n.scalar(n.elementTypeOf(self), 0), sizes, {});
}

static Value gatherAt(NodeImporter &n, Value self, const AdvancedIndex &index) {
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(self);
  if (llvm::is_contained(n.shapeOf(self), 0))
    return gatherNothing(n, self, index);
  SmallVector<int64_t> sliceSizes;
  for (int64_t d = 0; d < rank; ++d)
    sliceSizes.push_back(llvm::is_contained(index.dims, d) ? 1
                         : n.type(self).isDynamicDim(d)    ? -1
                                                           : n.shapeOf(self)[d]);
  return n.infer<dl::GatherOp>(
      self, getVectors(n, index), b.getDenseI64ArrayAttr(getWindowDims(index, rank)),
      b.getDenseI64ArrayAttr(index.dims), b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}),
      b.getDenseI64ArrayAttr(index.dims), b.getI64IntegerAttr(index.rank),
      b.getDenseI64ArrayAttr(sliceSizes),
      dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::error));
}

static Value scatterAt(NodeImporter &n, Value self, const AdvancedIndex &index, Value values,
                       dl::ScatterKind kind) {
  OpBuilder &b = n.getBuilder();
  if (!values)
    return {};
  return n.infer<dl::ScatterOp>(
      self, getVectors(n, index), values,
      b.getDenseI64ArrayAttr(getWindowDims(index, n.rankOf(self))),
      b.getDenseI64ArrayAttr(index.dims), b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}),
      b.getDenseI64ArrayAttr(index.dims), b.getI64IntegerAttr(index.rank),
      dl::ScatterKindAttr::get(n.getContext(), kind),
      dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::error));
}

static LogicalResult importIndex(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto index = getAdvancedIndex(n, self);
  return index ? n.result(gatherAt(n, self, *index)) : failure();
}

/// self where a lone mask is false, else the number.
static Value putUnderMask(NodeImporter &n, Value self, ArrayRef<Value> indices, Value values) {
  int64_t first = 0;
  while (first < int64_t(indices.size()) && !indices[first])
    ++first;
  Value mask = indices[first];
  SmallVector<int64_t> dims = dimRange(first, first + n.rankOf(mask));
  return Expr(n, n.broadcastInDim(mask, n.sizes(self), dims)).select(values, self);
}

static LogicalResult importIndexPut(NodeImporter &n) {
  n.ignore({"unsafe"});
  Value self = n.tensor("self"), values = n.tensor("values");
  bool accumulate = n.boolean("accumulate");
  if (!self || !values)
    return failure();
  SmallVector<Value> indices = n.optionalTensors("indices");
  values = n.convert(values, n.elementTypeOf(self));
  Sizes unit = n.sizes(values);
  bool isNumber = llvm::all_of(unit, [](const Size &size) { return size.is(1); });
  SmallVector<Value> given = llvm::to_vector(llvm::make_filter_range(
      indices, [](Value index) { return bool(index); }));
  if (!accumulate && isNumber && given.size() == 1 && n.isBool(given.front()) &&
      n.rankOf(given.front()) > 0)
    return n.result(putUnderMask(n, self, indices, n.reshape(values, ArrayRef<int64_t>{})));
  auto index = getAdvancedIndex(n, self);
  if (!index)
    return failure();
  // The shape that reading there would give.
  int64_t rank = n.rankOf(self);
  Sizes shape = n.sizes(index->positions.front()), others;
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(index->dims, d))
      others.push_back(n.size(self, d));
  shape.insert(shape.begin(), others.begin(), others.begin() + index->place);
  shape.append(others.begin() + index->place, others.end());
  auto kind = accumulate ? dl::ScatterKind::add : dl::ScatterKind::replace;
  return n.result(combine(n, self, n.broadcastTo(values, shape), kind,
                          [&](Value x, Value y, dl::ScatterKind how) {
                            return scatterAt(n, x, *index, y, how);
                          }));
}

/// index_add and index_copy: source's slices along a dimension go to its indices.
static LogicalResult putSlices(NodeImporter &n, dl::ScatterKind kind) {
  auto s = readScatter(n);
  if (!s)
    return failure();
  Value self = s->self, source = n.operand("source", n.elementTypeOf(self));
  if (n.has("alpha") && (n.isBool(self) || n.number("alpha") != 1)) {
    Expr scale = n.operand("alpha", n.elementTypeOf(self));
    source = n.isBool(self) ? Expr(n, source) & scale.get() : Expr(n, source) * scale.get();
  }
  source = atLeastOneDim(n, source);
  Value positions = n.convert(s->index, n.getBuilder().getI64Type());
  if (!source || !n.requireRank(positions, 1, 1, "index"))
    return failure();
  AdvancedIndex slices{{s->axis}, {positions}, /*rank=*/1, /*place=*/s->axis};
  Value result = combine(n, self, source, kind, [&](Value x, Value y, dl::ScatterKind how) {
    return scatterAt(n, x, slices, y, how);
  });
  return n.result(ofRank(n, result, s->rank));
}

/// A number at the indices of a dimension, which may be negative.
static LogicalResult importIndexFill(NodeImporter &n) {
  auto s = readScatter(n);
  if (!s)
    return failure();
  Value number = n.operand("value", n.elementTypeOf(s->self));
  Value positions = frontend::positions(n, s->index, n.size(s->self, s->axis));
  if (!number || !n.requireRank(positions, 1, 1, "index"))
    return failure();
  Sizes shape = n.sizes(s->self);
  shape[s->axis] = n.size(s->index, 0);
  AdvancedIndex slices{{s->axis}, {positions}, /*rank=*/1, /*place=*/s->axis};
  return n.result(ofRank(n, scatterAt(n, s->self, slices, n.broadcastTo(number, shape),
                                      dl::ScatterKind::replace),
                         s->rank));
}

/// Where the diagonal of two dimensions is; it becomes the last dimension.
static std::optional<AdvancedIndex> getDiagonal(NodeImporter &n, Value self) {
  int64_t rank = n.rankOf(self), offset = n.integer("offset");
  if (!n.requireRank(self, 2, INT64_MAX, "its input"))
    return std::nullopt;
  auto rows = n.axis("dim1", rank), columns = n.axis("dim2", rank);
  if (!rows || !columns || n.hasFailed())
    return std::nullopt;
  if (*rows == *columns) {
    n.emitError() << "dim1 and dim2 are both " << *rows;
    return std::nullopt;
  }
  int64_t right = std::max<int64_t>(offset, 0);
  int64_t down = offset < 0 ? -std::max(offset, -INT64_MAX) : 0;
  Size height = n.sub(n.size(self, *rows), down);
  Size width = n.sub(n.size(self, *columns), right);
  Size length = n.max(n.min(height, width), 0);
  Expr step(n, n.iota({length}, n.getBuilder().getI64Type(), 0));
  AdvancedIndex index;
  index.dims = {*rows, *columns};
  index.positions = {(step + double(down)).get(), (step + double(right)).get()};
  index.rank = 1;
  index.place = rank - 2;
  if (*rows > *columns) {
    std::swap(index.dims[0], index.dims[1]);
    std::swap(index.positions[0], index.positions[1]);
  }
  return index;
}

/// The elements whose two coordinates differ by the offset, as a last dimension.
static LogicalResult importDiagonal(NodeImporter &n) {
  Value self = n.tensor("self");
  auto index = self ? getDiagonal(n, self) : std::nullopt;
  return index ? n.result(gatherAt(n, self, *index)) : failure();
}

static LogicalResult importDiagonalScatter(NodeImporter &n) {
  Value self = n.tensor("self");
  Value source = self ? n.operand("src", n.elementTypeOf(self)).get() : Value();
  auto index = source ? getDiagonal(n, self) : std::nullopt;
  return index ? n.result(scatterAt(n, self, *index, source, dl::ScatterKind::replace))
               : failure();
}

/// The places in memory, which is that of a compact tensor, of the elements that
/// as_strided looks at. Null after reporting an error.
static Value getStridedPlaces(NodeImporter &n) {
  if (n.has("self_is_contiguous") && !n.boolean("self_is_contiguous")) {
    n.emitError() << "it is supported only of a tensor that is contiguous";
    return {};
  }
  if (n.has("self_is_whole") && !n.boolean("self_is_whole")) {
    n.emitError() << "it is supported only of a tensor that isn't a part of another";
    return {};
  }
  Sizes sizes = n.symbolics("size");
  SmallVector<int64_t> strides = n.integers("stride");
  int64_t offset = n.optionalInteger("storage_offset").value_or(0);
  if (!n.hasFailed() && strides.size() != sizes.size())
    n.emitError() << "it has " << sizes.size() << " sizes, but " << strides.size() << " strides";
  if (n.hasFailed())
    return {};
  Type i64 = n.getBuilder().getI64Type();
  Expr place(n, n.broadcastInDim(n.scalarInt(i64, offset), sizes, {}));
  for (auto [d, stride] : llvm::enumerate(strides))
    place = place + (Expr(n, n.iota(sizes, i64, d)) * double(stride)).get();
  return place;
}

static LogicalResult importAsStrided(NodeImporter &n) {
  Value self = n.tensor("self"), places = getStridedPlaces(n);
  return n.result(n.take(n.flatten(self), places, 0, /*wrapNegative=*/false));
}

static LogicalResult importAsStridedScatter(NodeImporter &n) {
  Value self = n.tensor("self"), source = n.tensor("src"), places = getStridedPlaces(n);
  return n.result(putFlat(n, self, places, source, dl::ScatterKind::replace));
}

//===----------------------------------------------------------------------===//
// Under masks
//===----------------------------------------------------------------------===//

static LogicalResult importMaskedFill(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  Expr mask(n, n.tensor("mask"));
  return n.result(mask.select(n.operand("value", n.elementTypeOf(self)), self));
}

/// Positions of a mask's true elements among all of them.
static Value flatPositions(NodeImporter &n, Value mask) {
  Value flat = n.flatten(mask);
  Value found = flat ? n.infer<dl::NonzeroOp>(flat) : Value();
  return found ? n.convert(n.squeeze(found, {0}), n.getBuilder().getI64Type()) : Value();
}

static LogicalResult importMaskedSelect(NodeImporter &n) {
  Value self = n.tensor("self"), mask = n.tensor("mask");
  if (!self || !mask || !n.broadcast(self, mask))
    return failure();
  Value flat = n.flatten(self);
  return n.result(n.take(flat, flatPositions(n, mask), 0, /*wrapNegative=*/false));
}

/// The i-th true element of the mask is source's i-th.
static LogicalResult importMaskedScatter(NodeImporter &n) {
  Value self = n.tensor("self"), mask = n.tensor("mask"), source = n.tensor("source");
  if (!self || !mask || !source || !n.broadcast(self, mask))
    return failure();
  Type i64 = n.getBuilder().getI64Type();
  Sizes shape = n.sizes(self);
  Value flags = n.reshape(n.convert(mask, i64), ArrayRef<Size>{n.product(shape)});
  Expr count(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, flags, int64_t(0)));
  // In front of the source, an element for what isn't masked: the source may be empty.
  Value padded = n.padConstant(n.flatten(source), {int64_t(1)}, {int64_t(0)});
  Value taken = n.take(padded, count, 0, /*wrapNegative=*/false);
  return n.result(Expr(n, mask).select(n.reshape(taken, shape), self));
}

static LogicalResult importNonzero(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  Value found = n.infer<dl::NonzeroOp>(n.isBool(self) ? Expr(n, self) : Expr(n, self).ne(0.0));
  return n.result(n.transpose(n.convert(found, n.getBuilder().getI64Type()), {1, 0}));
}

/// tril and triu: zero above (below) a diagonal.
static LogicalResult importTriangle(NodeImporter &n, bool isLower) {
  Value self = n.tensor("self");
  int64_t diagonal = n.integer("diagonal");
  if (!self || !n.requireRank(self, 2, 1 << 16, "its input"))
    return failure();
  int64_t rank = n.rankOf(self);
  Type i64 = n.getBuilder().getI64Type();
  Sizes plane{n.size(self, rank - 2), n.size(self, rank - 1)};
  Expr row(n, n.iota(plane, i64, 0)), column(n, n.iota(plane, i64, 1));
  Expr limit = row + double(diagonal);
  Expr isKept = isLower ? column <= limit.get() : column >= limit.get();
  return n.result(isKept.select(self, n.scalarInt(n.elementTypeOf(self), 0)));
}

//===----------------------------------------------------------------------===//
// Parts given new elements
//===----------------------------------------------------------------------===//

static LogicalResult importSelectScatter(NodeImporter &n) {
  Value self = n.tensor("self"), source = n.tensor("src");
  if (!self || !source)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis || !n.requireRank(self, 1, INT64_MAX, "its input"))
    return failure();
  Size index = n.index("index", n.size(self, *axis));
  if (n.hasFailed())
    return failure();
  Value part = n.unsqueeze(n.convert(source, n.elementTypeOf(self)), {*axis});
  Expr place(n, n.iota(n.sizes(self), n.getBuilder().getI64Type(), *axis));
  return n.result(place.eq(n.sizeTensor(index)).select(part, self));
}

/// Turned by a number of places: what falls off one end comes in at the other.
static LogicalResult importRoll(NodeImporter &n) {
  Value self = n.tensor("self");
  SmallVector<int64_t> dims = n.integers("dims");
  Sizes shifts = n.symbolics("shifts");
  if (!self || n.hasFailed())
    return failure();
  Sizes shape = n.sizes(self);
  bool isFlat = dims.empty();
  if (isFlat) {
    self = n.reshape(self, ArrayRef<Size>{n.product(shape)});
    dims = {0};
  }
  if (dims.size() != shifts.size())
    return n.emitError() << "it has " << shifts.size() << " shifts for " << dims.size()
                         << " dimensions";
  for (auto [dim, shift] : llvm::zip_equal(dims, shifts)) {
    auto axis = n.normalizeAxis(dim, std::max<int64_t>(n.rankOf(self), 1), "dims");
    if (!axis)
      return failure();
    if (n.rankOf(self) == 0 || n.shapeOf(self)[*axis] == 0)
      continue;
    Size size = n.size(self, *axis);
    Size moved = n.sub(shift, n.mul(n.floorDiv(shift, size), size));
    Size kept = n.sub(size, moved);
    self = n.concat({n.sliceAxis(self, *axis, kept, moved), n.sliceAxis(self, *axis, 0, kept)},
                    *axis);
    if (!self)
      return failure();
  }
  return n.result(isFlat ? n.reshape(self, shape) : self);
}

void torch::registerIndexingOps(OpTable &t) {
  t.add("aten.gather.default", importGather);
  t.add("aten.index_select.default", importIndexSelect);
  t.add({"aten.scatter.src", "aten.scatter.value", "aten.scatter.reduce",
         "aten.scatter.value_reduce"},
        importScatter);
  t.add("aten.scatter_add.default",
        [](NodeImporter &n) { return scatter(n, dl::ScatterKind::add); });
  t.add("aten.scatter_reduce.two", importScatterReduce);
  t.add("aten.index_add.default",
        [](NodeImporter &n) { return putSlices(n, dl::ScatterKind::add); });
  t.add("aten.index_copy.default",
        [](NodeImporter &n) { return putSlices(n, dl::ScatterKind::replace); });
  t.add({"aten.index_fill.int_Scalar", "aten.index_fill.int_Tensor"}, importIndexFill);
  t.add("aten.index_reduce.default", importIndexReduce);
  t.add("aten.take.default", importTake);
  t.add("aten.put.default", importPut);
  t.add("aten.index.Tensor", importIndex);
  t.add({"aten.index_put.default", "aten._unsafe_index_put.default"}, importIndexPut);
  t.add("aten._unsafe_index.Tensor", importIndex);
  t.add({"aten.diagonal.default", "aten.diagonal_copy.default"}, importDiagonal);
  t.add("aten.diagonal_scatter.default", importDiagonalScatter);
  t.add("aten.as_strided_scatter.default", importAsStridedScatter);
  t.add({"aten.as_strided.default", "aten.as_strided_copy.default"}, importAsStrided);
  t.add({"aten.masked_fill.Scalar", "aten.masked_fill.Tensor"}, importMaskedFill);
  t.add("aten.masked_select.default", importMaskedSelect);
  t.add("aten.masked_scatter.default", importMaskedScatter);
  t.add("aten.nonzero.default", importNonzero);
  t.add("aten.tril.default", [](NodeImporter &n) { return importTriangle(n, true); });
  t.add("aten.triu.default", [](NodeImporter &n) { return importTriangle(n, false); });
  t.add("aten.select_scatter.default", importSelectScatter);
  t.add("aten.roll.default", importRoll);
}
