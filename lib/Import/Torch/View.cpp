//===- View.cpp - ATen ops that rearrange elements ------------------------===//
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
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The one of `sizes` that is -1 worked out, so that they multiply to `whole`.
static void fillOpenSize(NodeImporter &n, Sizes &sizes, Size whole) {
  auto *open = llvm::find_if(sizes, [](const Size &size) { return size.is(-1); });
  if (open == sizes.end())
    return;
  Size others = 1;
  for (const Size &size : sizes)
    if (&size != open)
      others = n.mul(others, size);
  *open = n.div(whole, others);
}

/// The sizes asked for, the one that is -1 worked out.
static LogicalResult importView(NodeImporter &n, StringRef name) {
  Value self = n.tensor("self");
  Sizes sizes = n.symbolics(name);
  if (!self || n.hasFailed())
    return failure();
  fillOpenSize(n, sizes, n.product(n.sizes(self)));
  return n.result(n.reshape(self, sizes));
}

static LogicalResult importViewAs(NodeImporter &n) {
  return n.result(n.reshape(n.tensor("self"), n.sizes(n.tensor("other"))));
}

/// The same bits as unsigned integers.
static Expr bitsOf(NodeImporter &n, Value x) {
  unsigned width = n.elementTypeOf(x).getIntOrFloatBitWidth();
  Type type = n.getBuilder().getIntegerType(width, /*isSigned=*/false);
  return {n, n.create<dl::BitcastOp>(n.type(x).clone(type), x)};
}

/// Each element as `count` of the width of `part`, the lowest bits first.
static Value splitElements(NodeImporter &n, Value x, Type part, int64_t count) {
  Expr bits = bitsOf(n, x);
  Type whole = n.elementTypeOf(bits);
  SmallVector<Value> parts;
  int64_t rank = n.rankOf(x), width = part.getIntOrFloatBitWidth();
  for (int64_t i = 0; i < count; ++i) {
    Expr shifted = bits.binary<dl::ShiftRightOp>(n.scalarInt(whole, i * width));
    parts.push_back(n.unsqueeze(shifted.to(part), {rank}));
  }
  Sizes sizes = n.sizes(x);
  sizes.back() = n.mul(sizes.back(), count);
  return n.reshape(n.concat(parts, rank), sizes);
}

/// Each `count` elements in a row as one of the type `whole`.
static Value joinElements(NodeImporter &n, Value x, Type whole, int64_t count) {
  Expr bits = bitsOf(n, x);
  int64_t rank = n.rankOf(x), width = n.elementTypeOf(x).getIntOrFloatBitWidth();
  Sizes sizes = n.sizes(x);
  Size rows = n.floorDiv(sizes.back(), count);
  n.require(dl::ComparisonDirection::eq, n.mul(rows, count), sizes.back(),
            "the last size isn't a multiple of " + Twine(count));
  sizes.back() = rows;
  sizes.push_back(count);
  Expr parts = bits.reshape(sizes), joined(n, n.scalarInt(whole, 0));
  sizes.pop_back();
  for (int64_t i = 0; i < count; ++i) {
    Expr part = Expr(n, n.reshape(n.sliceAxis(parts, rank, i, 1), sizes)).to(whole);
    joined = joined.binary<dl::OrOp>(part.binary<dl::ShiftLeftOp>(n.scalarInt(whole, i * width)));
  }
  return joined;
}

static LogicalResult importViewDtype(NodeImporter &n) {
  Value self = n.tensor("self");
  Type type = n.elementType("dtype");
  if (!self || !type)
    return failure();
  Type own = n.elementTypeOf(self);
  if (own.isInteger(1) || type.isInteger(1)) // a byte, but no number of eight bits
    return n.emitError() << "the bits of booleans aren't supported";
  int64_t from = own.getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (from != to && !n.requireRank(self, 1, INT64_MAX, "self"))
    return failure();
  Type bits = n.getBuilder().getIntegerType(to, /*isSigned=*/false);
  if (from > to)
    self = splitElements(n, self, bits, from / to);
  else if (from < to)
    self = joinElements(n, self, bits, to / from);
  if (!self || n.hasFailed())
    return failure();
  return n.result(n.create<dl::BitcastOp>(n.type(self).clone(type), self));
}

/// The source with the shape and element type of self.
static LogicalResult importCopy(NodeImporter &n) {
  Value self = n.tensor("self");
  Value source = self ? n.operand("src", n.elementTypeOf(self)).get() : Value();
  return n.result(source ? n.broadcastTo(source, n.sizes(self)) : source);
}

/// The first elements in memory, as another shape.
static LogicalResult importResize(NodeImporter &n) {
  Value self = n.tensor("self");
  Sizes sizes = n.symbolics("size");
  if (!self || n.hasFailed())
    return failure();
  Size own = n.product(n.sizes(self)), wanted = n.product(sizes);
  if (n.sameSize(own, wanted))
    return n.result(n.reshape(self, sizes));
  n.require(Direction::le, wanted, own, "it would have elements that aren't defined");
  Value row = n.reshape(self, ArrayRef<Size>{own});
  return n.result(n.reshape(n.sliceAxis(row, 0, 0, wanted), sizes));
}

static LogicalResult importExpand(NodeImporter &n) {
  n.ignore({"implicit"});
  Value self = n.tensor("self");
  Sizes sizes = n.symbolics("size");
  if (!self || n.hasFailed())
    return failure();
  int64_t added = int64_t(sizes.size()) - n.rankOf(self);
  for (auto [d, size] : llvm::enumerate(sizes))
    if (size.is(-1) && int64_t(d) >= added)
      size = n.size(self, d - added);
  return n.result(n.broadcastTo(self, sizes));
}

static LogicalResult importPermute(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  SmallVector<int64_t> given = n.integers("dims");
  auto dims = n.normalizeAxes(given, n.rankOf(self), "dims");
  return dims ? n.result(n.transpose(self, *dims)) : failure();
}

static LogicalResult importTranspose(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  int64_t rank = n.rankOf(self);
  auto a = n.axis("dim0", rank), b = n.axis("dim1", rank);
  if (!a || !b)
    return failure();
  SmallVector<int64_t> dims = dimRange(0, rank);
  if (rank > 0)
    std::swap(dims[*a], dims[*b]);
  return n.result(n.transpose(self, dims));
}

/// t, mT, T: the matrix transposed.
static LogicalResult importMatrixTranspose(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  SmallVector<int64_t> dims = dimRange(0, n.rankOf(self));
  if (dims.size() >= 2)
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return n.result(n.transpose(self, dims));
}

static LogicalResult importUnsqueeze(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self) + 1);
  return axis ? n.result(n.unsqueeze(self, {*axis})) : failure();
}

/// Drops those of the named dimensions whose size is 1.
static LogicalResult importSqueeze(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axes = n.has("dim") ? n.axes("dim", n.rankOf(self))
                           : std::optional(dimRange(0, n.rankOf(self)));
  if (!axes)
    return failure();
  // An empty list names no dimension.
  if (n.getOverload() == "dims" && n.integers("dim").empty())
    return n.result(self);
  llvm::erase_if(*axes, [&](int64_t axis) {
    return n.rankOf(self) == 0 || n.shapeOf(self)[axis] != 1;
  });
  return n.result(n.squeeze(self, *axes));
}

/// The named dimensions brought to their places, the others in order around them.
static LogicalResult importMovedim(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  int64_t rank = n.rankOf(self), span = std::max<int64_t>(rank, 1);
  auto from = n.normalizeAxes(n.integers("source"), span, "source");
  auto to = n.normalizeAxes(n.integers("destination"), span, "destination");
  if (!from || !to)
    return failure();
  if (from->size() != to->size())
    return n.emitError() << "it moves " << from->size() << " dimensions to " << to->size()
                         << " places";
  if (rank == 0)
    return n.result(self);
  SmallVector<int64_t> order(rank, -1);
  for (auto [source, destination] : llvm::zip(*from, *to))
    order[destination] = source;
  int64_t next = 0;
  for (int64_t &dim : order)
    if (dim < 0) {
      while (llvm::is_contained(*from, next))
        ++next;
      dim = next++;
    }
  return n.result(n.transpose(self, order));
}

static LogicalResult importUnflatten(NodeImporter &n) {
  Value self = n.tensor("self");
  Sizes parts = n.symbolics("sizes");
  if (!self || n.hasFailed() || !n.requireRank(self, 1, INT64_MAX, "its input"))
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis)
    return failure();
  Sizes own = n.sizes(self);
  fillOpenSize(n, parts, own[*axis]);
  Sizes sizes(ArrayRef(own).take_front(*axis));
  sizes.append(parts);
  sizes.append(own.begin() + *axis + 1, own.end());
  return n.result(n.reshape(self, sizes));
}

static LogicalResult importFlatten(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  int64_t rank = n.rankOf(self);
  auto first = n.axis("start_dim", rank), last = n.axis("end_dim", rank);
  if (!first || !last)
    return failure();
  if (rank == 0)
    return n.result(n.reshape(self, ArrayRef<int64_t>{1}));
  if (*first > *last)
    return n.emitError() << "start_dim " << *first << " is after end_dim " << *last;
  return n.result(n.collapse(self, *first, *last + 1));
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// A bound of a slice: counted from the end where negative, moved into
/// [0, size].
static Size clampBound(NodeImporter &n, Size bound, Size size) {
  if (bound.isStatic() && bound.getStatic() == INT64_MAX)
    return size;
  Size counted = bound.isStatic() && bound.getStatic() >= 0
                     ? bound
                     : n.select(Direction::lt, bound, 0, n.add(bound, size), bound);
  if (counted.is(0))
    return counted;
  return n.min(n.max(counted, 0), size);
}

namespace {
/// `length` elements along a dimension, from `start`, each `step` behind the last.
struct SliceRange {
  int64_t axis, step;
  Size start, length;
};
} // namespace

/// What slice and slice_scatter name; nullopt after reporting an error.
static std::optional<SliceRange> getSliceRange(NodeImporter &n, Value self) {
  auto axis = n.axis("dim", n.rankOf(self));
  int64_t step = n.integer("step");
  if (!axis || n.hasFailed())
    return std::nullopt;
  if (step < 1) {
    n.emitError() << "its step is " << step;
    return std::nullopt;
  }
  Size size = n.size(self, *axis);
  if (n.hasFailed())
    return std::nullopt;
  Size start = n.has("start") ? clampBound(n, n.symbolic("start"), size) : Size(0);
  Size end = n.has("end") ? clampBound(n, n.symbolic("end"), size) : size;
  if (start.is(0) && step == 1)
    return SliceRange{*axis, step, start, end};
  return SliceRange{*axis, step, start, n.max(n.ceilDiv(n.sub(end, start), step), 0)};
}

static LogicalResult importSlice(NodeImporter &n) {
  Value self = n.tensor("self");
  auto range = self ? getSliceRange(n, self) : std::nullopt;
  if (!range)
    return failure();
  Size size = n.size(self, range->axis);
  if (range->start.is(0) && range->step == 1 && n.sameSize(range->length, size))
    return n.result(self);
  return n.result(n.sliceAxis(self, range->axis, range->start, range->length, range->step));
}

static LogicalResult importSliceScatter(NodeImporter &n) {
  Value self = n.tensor("self");
  Value source = self ? n.operand("src", n.elementTypeOf(self)).get() : Value();
  auto range = source ? getSliceRange(n, self) : std::nullopt;
  if (!range)
    return failure();
  Sizes sizes = n.sizes(self), starts(n.rankOf(self), Size(0));
  sizes[range->axis] = range->length;
  source = n.broadcastTo(source, sizes);
  if (!source || range->length.is(0))
    return n.result(source ? self : source);
  if (range->step == 1) {
    starts[range->axis] = range->start;
    return n.result(n.infer<dl::DynamicUpdateSliceOp>(self, source, n.sizesTensor(starts)));
  }
  Expr place(n, n.iota(sizes, n.getBuilder().getI64Type(), range->axis));
  place = place * double(range->step) + n.sizeTensor(range->start);
  return n.result(frontend::scatterElements(n, self, place, source, range->axis,
                                            dl::ScatterKind::replace));
}

/// Windows along a dimension, each `step` behind the last; what is in them becomes the
/// last dimension.
static LogicalResult importUnfold(NodeImporter &n) {
  Value self = n.tensor("self");
  Size size = n.symbolic("size");
  int64_t step = n.integer("step");
  if (!self || n.hasFailed())
    return failure();
  auto axis = n.axis("dimension", n.rankOf(self));
  if (!axis)
    return failure();
  if (step < 1)
    return n.emitError() << "its step is " << step;
  bool isScalar = n.rankOf(self) == 0;
  if (isScalar)
    self = n.reshape(self, ArrayRef<int64_t>{1});
  Size own = n.size(self, *axis);
  n.require(Direction::le, size, own, "its window is longer than the dimension");
  if (n.hasFailed())
    return failure();
  Type i64 = n.getBuilder().getI64Type();
  Sizes sizes{n.add(n.floorDiv(n.sub(own, size), step), 1), size};
  Expr place = Expr(n, n.iota(sizes, i64, 0)) * double(step) + n.iota(sizes, i64, 1);
  Value windows = n.take(self, place, *axis, /*wrapNegative=*/false);
  if (!windows || isScalar)
    return n.result(windows ? n.squeeze(windows, {0}) : windows);
  SmallVector<int64_t> order = dimRange(0, n.rankOf(windows));
  order.erase(order.begin() + *axis + 1);
  order.push_back(*axis + 1);
  return n.result(n.transpose(windows, order));
}

static LogicalResult importSelect(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis || !n.requireRank(self, 1, INT64_MAX, "its input"))
    return failure();
  Size index = n.index("index", n.size(self, *axis));
  if (n.hasFailed())
    return failure();
  return n.result(n.squeeze(n.sliceAxis(self, *axis, index, 1), {*axis}));
}

static LogicalResult importNarrow(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  Size start = n.symbolic("start"), length = n.symbolic("length");
  if (!axis || n.hasFailed())
    return failure();
  Size size = n.size(self, *axis);
  if (!start.isStatic() || start.getStatic() < 0)
    start = n.select(Direction::lt, start, 0, n.add(start, size), start);
  n.require(Direction::le, n.add(start, length), size, "the part reaches beyond the dimension");
  return n.result(n.sliceAxis(self, *axis, start, length));
}

static LogicalResult cutInto(NodeImporter &n, Value self, int64_t axis, ArrayRef<Size> lengths) {
  SmallVector<ImportedValue> parts;
  Size start = 0;
  for (const Size &length : lengths) {
    parts.push_back(n.sliceAxis(self, axis, start, length));
    start = n.add(start, length);
  }
  return n.results(parts);
}

/// As many parts as there are results, of one length but for the last.
static LogicalResult cutEvenly(NodeImporter &n, Value self, int64_t axis, Size length) {
  Sizes lengths(std::max(n.numResults(), 1u), length);
  lengths.back() = n.sub(n.size(self, axis), n.mul(length, int64_t(lengths.size()) - 1));
  return cutInto(n, self, axis, lengths);
}

static LogicalResult importSplit(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis)
    return failure();
  if (n.getTarget().contains("with_sizes") || n.getOverload() == "sizes")
    return cutInto(n, self, *axis,
                   n.symbolics(n.getOverload() == "sizes" ? "split_size" : "split_sizes"));
  Size length = n.symbolic("split_size");
  return n.hasFailed() ? failure() : cutEvenly(n, self, *axis, length);
}

static LogicalResult importChunk(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  int64_t chunks = n.integer("chunks");
  if (!axis || n.hasFailed())
    return failure();
  if (chunks < 1)
    return n.emitError() << "the number of chunks is " << chunks;
  return cutEvenly(n, self, *axis, n.ceilDiv(n.size(self, *axis), chunks));
}

static LogicalResult importUnbind(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis)
    return failure();
  SmallVector<ImportedValue> parts;
  for (unsigned i = 0; i < n.numResults(); ++i)
    parts.push_back(n.squeeze(n.sliceAxis(self, *axis, int64_t(i), 1), {*axis}));
  return n.results(parts);
}

//===----------------------------------------------------------------------===//
// Wholes
//===----------------------------------------------------------------------===//

/// Parts of another element type are converted; an empty one-dimensional part
/// counts for nothing.
static LogicalResult importCat(NodeImporter &n) {
  Type type = n.resultElementType();
  SmallVector<Value> all = n.tensors("tensors"), parts;
  if (!type || n.hasFailed())
    return failure();
  int64_t rank = n.resultShape().size();
  for (Value part : all)
    if (n.rankOf(part) == rank)
      parts.push_back(n.convert(part, type));
    else if (n.rankOf(part) != 1 || n.shapeOf(part)[0] != 0)
      return n.emitError() << "its parts are of different ranks";
  auto axis = n.axis("dim", rank);
  return axis ? n.result(n.concat(parts, *axis)) : failure();
}

static LogicalResult importStack(NodeImporter &n) {
  Type type = n.resultElementType();
  SmallVector<Value> parts = n.tensors("tensors");
  if (!type || n.hasFailed() || parts.empty())
    return failure();
  auto axis = n.axis("dim", n.rankOf(parts.front()) + 1);
  if (!axis)
    return failure();
  for (Value &part : parts)
    part = n.unsqueeze(n.convert(part, type), {*axis});
  return n.result(n.concat(parts, *axis));
}

static LogicalResult importFlip(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  SmallVector<int64_t> given = n.integers("dims");
  auto dims = n.normalizeAxes(given, std::max<int64_t>(n.rankOf(self), 1), "dims");
  if (!dims)
    return failure();
  if (dims->empty() || n.rankOf(self) == 0)
    return n.result(self);
  return n.result(n.infer<dl::ReverseOp>(self, n.getBuilder().getDenseI64ArrayAttr(*dims)));
}

/// Each dimension the given times over; leading ones are added.
static LogicalResult importRepeat(NodeImporter &n) {
  Value self = n.tensor("self");
  Sizes repeats = n.symbolics("repeats");
  if (!self || n.hasFailed())
    return failure();
  int64_t rank = repeats.size(), added = rank - n.rankOf(self);
  if (added < 0)
    return n.emitError() << "it has " << rank << " repeats for a tensor of rank "
                         << n.rankOf(self);
  Sizes own(added, Size(1)), wide, result;
  own.append(n.sizes(self));
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d) {
    wide.push_back(repeats[d]);
    if (d >= added)
      dims.push_back(wide.size());
    wide.push_back(own[d]);
    result.push_back(n.mul(repeats[d], own[d]));
  }
  return n.result(n.reshape(n.broadcastInDim(self, wide, dims), result));
}

static LogicalResult importBroadcastTensors(NodeImporter &n) {
  SmallVector<Value> values = n.tensors("tensors");
  if (n.hasFailed() || !n.broadcastTogether(values))
    return failure();
  return n.results(llvm::to_vector_of<ImportedValue>(values));
}

/// Each vector along a dimension of its own; "xy" swaps the first two.
static LogicalResult importMeshgrid(NodeImporter &n) {
  SmallVector<Value> vectors = n.tensors("tensors");
  std::string indexing = n.has("indexing") ? n.string("indexing") : "ij";
  if (n.hasFailed())
    return failure();
  if (indexing != "ij" && indexing != "xy")
    return n.emitError() << "argument 'indexing' must be ij or xy, not '" << indexing << "'";
  bool isSwapped = indexing == "xy" && vectors.size() > 1;
  Sizes sizes;
  for (Value vector : vectors)
    if (n.requireRank(vector, 0, 1, "an input"))
      sizes.push_back(n.rankOf(vector) ? n.size(vector, 0) : Size(1));
  if (n.hasFailed())
    return failure();
  if (isSwapped)
    std::swap(sizes[0], sizes[1]);
  SmallVector<ImportedValue> grids;
  for (auto [i, vector] : llvm::enumerate(vectors)) {
    int64_t dim = isSwapped && i < 2 ? 1 - i : i;
    grids.push_back(n.broadcastInDim(n.reshape(vector, ArrayRef<Size>{sizes[dim]}), sizes, {dim}));
  }
  return n.results(grids);
}

/// Each element the given times, one behind the other.
static LogicalResult importRepeatEach(NodeImporter &n) {
  n.ignore({"output_size"});
  Value self = n.tensor("self");
  Size repeats = n.symbolic("repeats");
  if (!self || n.hasFailed())
    return failure();
  int64_t axis = 0;
  if (!n.has("dim") || n.rankOf(self) == 0)
    self = n.reshape(self, ArrayRef<Size>{n.product(n.sizes(self))});
  else if (auto given = n.axis("dim", n.rankOf(self)))
    axis = *given;
  if (n.hasFailed())
    return failure();
  Sizes sizes = n.sizes(self), wide = sizes;
  wide.insert(wide.begin() + axis + 1, repeats);
  sizes[axis] = n.mul(sizes[axis], repeats);
  SmallVector<int64_t> dims = dimRange(0, n.rankOf(self) + 1);
  dims.erase(dims.begin() + axis + 1);
  return n.result(n.reshape(n.broadcastInDim(self, wide, dims), sizes));
}

void torch::registerViewOps(OpTable &t) {
  t.add({"aten.view.default", "aten._unsafe_view.default", "aten._reshape_copy.default",
         "aten.view_copy.default"},
        [](NodeImporter &n) { return importView(n, "size"); });
  t.add("aten.reshape.default", [](NodeImporter &n) { return importView(n, "shape"); });
  t.add({"aten.view_as.default", "aten.reshape_as.default"}, importViewAs);
  t.add("aten.view.dtype", importViewDtype);
  t.add("aten.copy.default", importCopy);
  t.add("aten.resize.default", importResize);
  t.add({"aten.expand.default", "aten.expand_copy.default"}, importExpand);
  t.add({"aten.permute.default", "aten.permute_copy.default"}, importPermute);
  t.add({"aten.transpose.int", "aten.transpose_copy.int"}, importTranspose);
  t.add({"aten.t.default", "aten.t_copy.default", "aten.numpy_T.default", "aten.mT.default"},
        importMatrixTranspose);
  t.add({"aten.unsqueeze.default", "aten.unsqueeze_copy.default"}, importUnsqueeze);
  t.add({"aten.squeeze.default", "aten.squeeze.dim", "aten.squeeze.dims",
         "aten.squeeze_copy.default", "aten.squeeze_copy.dim", "aten.squeeze_copy.dims"},
        importSqueeze);
  t.add("aten.flatten.using_ints", importFlatten);
  t.add("aten.unflatten.int", importUnflatten);
  t.add({"aten.movedim.int", "aten.movedim.intlist"}, importMovedim);
  t.add({"aten.slice.Tensor", "aten.slice_copy.Tensor"}, importSlice);
  t.add("aten.slice_scatter.default", importSliceScatter);
  t.add({"aten.unfold.default", "aten.unfold_copy.default"}, importUnfold);
  t.add({"aten.select.int", "aten.select_copy.int"}, importSelect);
  t.add({"aten.narrow.default", "aten.narrow_copy.default"}, importNarrow);
  t.add({"aten.split.Tensor", "aten.split_copy.Tensor", "aten.split_with_sizes.default",
         "aten.split_with_sizes_copy.default", "aten.split.sizes"},
        importSplit);
  t.add("aten.chunk.default", importChunk);
  t.add({"aten.unbind.int", "aten.unbind_copy.int"}, importUnbind);
  t.add("aten.cat.default", importCat);
  t.add("aten.stack.default", importStack);
  t.add("aten.flip.default", importFlip);
  t.add("aten.repeat.default", importRepeat);
  t.add("aten.repeat_interleave.self_int", importRepeatEach);
  t.add("aten.broadcast_tensors.default", importBroadcastTensors);
  t.add({"aten.meshgrid.default", "aten.meshgrid.indexing"}, importMeshgrid);
}
