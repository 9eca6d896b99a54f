//===- Sorting.cpp - ATen's sorting and searching -------------------------===//
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

/// A tensor and the dimension that an op works along; a 0-D tensor is a row of one.
struct Along {
  Value x;
  int64_t axis = 0;
  bool isScalar = false;
};

static std::optional<Along> getAlong(NodeImporter &n) {
  Along along{n.tensor("self")};
  if (!along.x)
    return std::nullopt;
  auto axis = n.axis("dim", n.rankOf(along.x));
  if (!axis)
    return std::nullopt;
  along.axis = *axis;
  along.isScalar = n.rankOf(along.x) == 0;
  if (along.isScalar)
    along.x = n.reshape(along.x, ArrayRef<int64_t>{1});
  return along;
}

static Value restore(NodeImporter &n, const Along &along, Value value) {
  return along.isScalar ? n.reshape(value, ArrayRef<int64_t>{}) : value;
}

/// Sorted elements, and where they were.
static std::pair<Value, Value> sortWithIndices(NodeImporter &n, Value x, int64_t axis,
                                               bool descending) {
  Value positions = n.iota(n.sizes(x), n.getBuilder().getI64Type(), axis);
  if (!positions)
    return {};
  SmallVector<Value> sorted = n.createMulti<dl::SortOp>(
      TypeRange{x.getType(), positions.getType()}, ValueRange{x, positions}, axis, descending);
  return sorted.empty() ? std::pair<Value, Value>() : std::pair(sorted[0], sorted[1]);
}

static LogicalResult importSort(NodeImporter &n) {
  n.ignore({"stable"});
  auto along = getAlong(n);
  if (!along)
    return failure();
  auto [values, indices] = sortWithIndices(n, along->x, along->axis, n.boolean("descending"));
  return n.results({restore(n, *along, values), restore(n, *along, indices)});
}

static LogicalResult importTopk(NodeImporter &n) {
  n.ignore({"sorted"});
  auto along = getAlong(n);
  Size k = n.symbolic("k");
  if (!along || n.hasFailed())
    return failure();
  Sizes sizes = n.sizes(along->x);
  sizes[along->axis] = k;
  Type types[] = {n.tensorType(sizes, n.elementTypeOf(along->x)),
                  n.tensorType(sizes, n.getBuilder().getI64Type())};
  SmallVector<Value> results = n.createMulti<dl::TopKOp>(
      TypeRange(types), along->x, n.sizeTensor(k), along->axis, !n.boolean("largest"));
  if (results.size() != 2)
    return failure();
  return n.results({restore(n, *along, results[0]), restore(n, *along, results[1])});
}

/// Element `place` of each sorted slice, and where it was.
static LogicalResult pickSorted(NodeImporter &n, const Along &along, Size place, bool keepDims) {
  auto [values, indices] = sortWithIndices(n, along.x, along.axis, /*descending=*/false);
  auto pick = [&](Value sorted) -> Value {
    Value part = n.sliceAxis(sorted, along.axis, place, 1);
    return keepDims && !along.isScalar ? part : n.squeeze(part, {along.axis});
  };
  return n.results({pick(values), pick(indices)});
}

static LogicalResult importKthvalue(NodeImporter &n) {
  auto along = getAlong(n);
  Size k = n.symbolic("k");
  if (!along || n.hasFailed())
    return failure();
  return pickSorted(n, *along, n.sub(k, 1), n.boolean("keepdim"));
}

/// The lower of the two in the middle, or NaN if there is one; nanmedian leaves those
/// out, which are sorted last.
static LogicalResult importMedian(NodeImporter &n, bool ignoresNan) {
  bool isFlat = n.getOverload() == "default";
  Along along;
  if (isFlat) {
    along.x = n.flatten(n.tensor("self"));
  } else if (auto given = getAlong(n)) {
    along = *given;
  }
  if (!along.x)
    return failure();
  bool keepDims = !isFlat && n.boolean("keepdim");
  if (!isFlat)
    n.requireElements(along.x, {along.axis});
  Type i64 = n.getBuilder().getI64Type();
  Expr x(n, along.x);
  Expr isNan = n.isFloat(x) ? x.isNan() : x.ne(x.get());
  Expr count = sizeAs(n, n.size(along.x, along.axis), i64);
  Expr nans = isNan.to(i64).sum({along.axis});
  Expr place = ((count - nans.get()) - 1.0).max(0.0) / 2.0;
  if (!ignoresNan) // the first NaN, where there is one
    place = (nans > 0.0).select(count - nans.get(), (count - 1.0) / 2.0);
  auto [values, indices] = sortWithIndices(n, along.x, along.axis, /*descending=*/false);
  if (!values)
    return failure();
  Expr isHere = Expr(n, n.iota(n.sizes(along.x), i64, along.axis)).eq(place.get());
  auto pick = [&](Value sorted) -> Value {
    Expr zero(n, n.scalarInt(n.elementTypeOf(sorted), 0));
    Expr picked = isHere.select(sorted, zero).sum({along.axis}, keepDims && !along.isScalar);
    return picked;
  };
  if (!isFlat)
    return n.results({pick(values), pick(indices)});
  // Of nothing it is NaN, or the least integer.
  Type type = n.elementTypeOf(values);
  if (!n.isFloat(values))
    return n.result(count.eq(0.0).select(n.scalarInt(type, INT64_MIN), pick(values)));
  // As the largest of all that equal it, which share its derivative.
  Expr median(n, pick(values)), isEqual = x.eq(median.get()) | (isNan & median.isNan().get()).get();
  Expr shared = isEqual.select(x, -INFINITY).maximum({along.axis}, /*keepDims=*/false);
  return n.result(count.eq(0.0).select(n.scalar(type, NAN), shared));
}

/// The element that occurs most often (the smallest of several), and its last place:
/// sorted, equal elements are a run, and this one ends the first of the longest.
static LogicalResult importMode(NodeImporter &n) {
  auto along = getAlong(n);
  if (!along)
    return failure();
  bool keepDims = n.boolean("keepdim");
  int64_t axis = along->axis;
  n.requireElements(along->x, {axis});
  Type i64 = n.getBuilder().getI64Type();
  auto [values, indices] = sortWithIndices(n, along->x, axis, /*descending=*/false);
  if (!values)
    return failure();
  Expr row(n, n.iota({n.size(values, axis)}, i64, 0));
  Expr place(n, n.iota(n.sizes(values), i64, axis));
  Expr previous(n, n.take(values, (row - 1.0).max(0.0), axis, /*wrapNegative=*/false));
  Expr isFirst = Expr(n, values).ne(previous.get()) | place.eq(0.0).get();
  Expr starts = isFirst.select(place, 0.0);
  Expr length = place - (starts ? n.infer<dl::CumulativeOp>(dl::CumulativeKind::max, starts.get(),
                                                            axis)
                                : Value());
  SmallVector<int64_t> shape(n.shapeOf(values));
  shape[axis] = 1;
  Value best = length ? n.create<dl::ArgReduceOp>(n.tensorType(ArrayRef<int64_t>(shape), i64),
                                                  dl::ArgReduceKind::max, length.get(), axis,
                                                  /*select_last=*/false, /*keep_dims=*/true)
                      : Value();
  auto pick = [&](Value sorted) -> Value {
    Value picked = best ? frontend::gatherElements(n, sorted, best, axis) : Value();
    return keepDims && !along->isScalar ? picked : n.squeeze(picked, {axis});
  };
  return n.results({pick(values), pick(indices)});
}

/// The largest (smallest) so far, and the last place where it was.
static LogicalResult importCumulativeExtremum(NodeImporter &n, dl::CumulativeKind kind) {
  auto along = getAlong(n);
  if (!along)
    return failure();
  Type type = n.elementTypeOf(along->x);
  if (type.isInteger(1))
    along->x = n.convert(along->x, n.getBuilder().getI8Type());
  Expr x(n, along->x), best(n, n.infer<dl::CumulativeOp>(kind, along->x, along->axis));
  Expr isRecord = x.eq(best.get());
  if (along->x && n.isFloat(along->x))
    isRecord = isRecord | x.isNan().get();
  Value place = n.iota(n.sizes(along->x), n.getBuilder().getI64Type(), along->axis);
  Expr records = isRecord.select(place, 0.0);
  Value last = records ? n.infer<dl::CumulativeOp>(dl::CumulativeKind::max, records.get(),
                                                   along->axis)
                       : Value();
  return n.results({restore(n, *along, best.to(type)), restore(n, *along, last)});
}

static LogicalResult importLogCumSumExp(NodeImporter &n) {
  auto along = getAlong(n);
  if (!along)
    return failure();
  return n.result(restore(n, *along,
                          n.infer<dl::CumulativeOp>(dl::CumulativeKind::log_sum_exp, along->x,
                                                    along->axis)));
}

/// How many elements of the (last dimension of the) sequence lie below each value.
static LogicalResult search(NodeImporter &n, Value sequence, Type common, bool isRight) {
  Value values = n.operand("self", common);
  sequence = n.convert(sequence, common);
  if (!sequence || !values)
    return failure();
  Type type = n.resultElementType();
  int64_t rank = n.rankOf(values);
  Expr value(n, n.unsqueeze(values, {rank}));
  // A sequence of one dimension serves all values; else each row has its own.
  Value row = sequence;
  if (n.rankOf(sequence) > 1)
    row = n.unsqueeze(sequence, {n.rankOf(sequence) - 1});
  // NaN lies above all.
  Expr isBelow = isRight ? ~(Expr(n, row) > value.get()) : ~(Expr(n, row) >= value.get());
  return n.result(isBelow.to(type).sum({rank}, /*keepDims=*/false));
}

static LogicalResult importSearchsorted(NodeImporter &n) {
  n.ignore({"out_int32"});
  Value sequence = n.tensor("sorted_sequence");
  bool isRight = n.boolean("right") || (n.has("side") && n.string("side") == "right");
  Value sorter = n.optionalTensor("sorter");
  if (sequence && sorter)
    sequence = frontend::gatherElements(n, sequence, sorter, n.rankOf(sorter) - 1);
  return search(n, sequence, n.promote({"sorted_sequence", "self"}), isRight);
}

static LogicalResult importBucketize(NodeImporter &n) {
  n.ignore({"out_int32"});
  return search(n, n.tensor("boundaries"), n.promote({"boundaries", "self"}),
                n.boolean("right"));
}

void torch::registerSortingOps(OpTable &t) {
  t.add({"aten.sort.default", "aten.sort.stable"}, importSort);
  t.add("aten.topk.default", importTopk);
  t.add("aten.kthvalue.default", importKthvalue);
  t.add({"aten.median.default", "aten.median.dim"},
        [](NodeImporter &n) { return importMedian(n, /*ignoresNan=*/false); });
  t.add({"aten.nanmedian.default", "aten.nanmedian.dim"},
        [](NodeImporter &n) { return importMedian(n, /*ignoresNan=*/true); });
  t.add("aten.mode.default", importMode);
  t.add("aten.cummax.default",
        [](NodeImporter &n) { return importCumulativeExtremum(n, dl::CumulativeKind::max); });
  t.add("aten.cummin.default",
        [](NodeImporter &n) { return importCumulativeExtremum(n, dl::CumulativeKind::min); });
  t.add("aten.logcumsumexp.default", importLogCumSumExp);
  t.add({"aten.searchsorted.Tensor", "aten.searchsorted.Scalar"}, importSearchsorted);
  t.add({"aten.bucketize.Tensor", "aten.bucketize.Scalar"}, importBucketize);
}
