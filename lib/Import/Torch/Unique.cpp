//===- Unique.cpp - ATen ops that find equal elements ---------------------===//
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

/// Result `i`, which is an empty tensor where it wasn't asked for, but for slices on
/// the CPU.
static Value ifAsked(NodeImporter &n, unsigned i, StringRef flag, Value value) {
  if (n.boolean(flag) || !n.hasResult(i) || n.resultShape(i) != ArrayRef<int64_t>{0})
    return value;
  return n.broadcastInDim(n.scalarInt(n.getBuilder().getI64Type(), 0), {Size(0)}, {});
}

/// The distinct elements (or slices along a dimension), always sorted, which costs
/// nothing more; for each element its place among them; how often each occurs.
static LogicalResult importUnique(NodeImporter &n) {
  n.ignore({"sorted"});
  Value self = n.tensor("self");
  if (!self)
    return failure();
  IntegerAttr axisAttr;
  bool isFlat = !n.has("dim");
  if (!isFlat) {
    auto axis = n.axis("dim", n.rankOf(self));
    if (!axis || !n.requireRank(self, 1, INT64_MAX, "its input"))
      return failure();
    axisAttr = n.getBuilder().getI64IntegerAttr(*axis);
  }
  UnitAttr yes = n.getBuilder().getUnitAttr();
  SmallVector<Value> found = n.inferMulti<dl::UniqueOp>(self, axisAttr, /*sorted=*/yes,
                                                        /*separate_nans=*/yes);
  if (found.empty())
    return failure();
  Value inverse = isFlat ? n.reshape(found[2], n.sizes(self)) : found[2];
  return n.results({found[0], ifAsked(n, 1, "return_inverse", inverse),
                    ifAsked(n, 2, "return_counts", found[3])});
}

/// The first of each run of equal elements (slices).
static LogicalResult importUniqueConsecutive(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  bool isFlat = !n.has("dim");
  int64_t axis = 0;
  Value x = self;
  if (isFlat)
    x = n.flatten(self);
  else if (auto given = n.axis("dim", n.rankOf(self)))
    axis = *given;
  if (!x || !n.requireRank(x, 1, INT64_MAX, "its input"))
    return failure();
  Type i64 = n.getBuilder().getI64Type();
  Expr place(n, n.iota({n.size(x, axis)}, i64, 0));
  Expr previous(n, n.take(x, (place - 1.0).max(0.0), axis, /*wrapNegative=*/false));
  Expr isFirst = Expr(n, x).ne(previous.get());
  SmallVector<int64_t> others = dimRange(0, n.rankOf(x));
  others.erase(others.begin() + axis);
  if (!others.empty())
    isFirst = isFirst.reduce(dl::ReductionKind::bit_or, others, /*keepDims=*/false);
  isFirst = isFirst | place.eq(0.0).get();
  if (!isFirst)
    return failure();
  Value starts = n.squeeze(n.infer<dl::NonzeroOp>(isFirst.get()), {0});
  Value values = n.take(x, starts, axis, /*wrapNegative=*/false);
  Expr run(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, isFirst.to(i64).get(), int64_t(0)));
  run = run - 1.0;
  if (!values || !run)
    return failure();
  Value counts = frontend::scatterElements(
      n, n.broadcastInDim(n.scalarInt(i64, 0), {n.size(values, axis)}, {}), run,
      n.broadcastInDim(n.scalarInt(i64, 1), n.sizes(run), {}), 0, dl::ScatterKind::add);
  Value inverse = isFlat ? run.reshape(n.sizes(self)) : run;
  return n.results({values, ifAsked(n, 1, "return_inverse", inverse),
                    ifAsked(n, 2, "return_counts", counts)});
}

/// Index i as often as repeats[i] says.
static LogicalResult importRepeatInterleave(NodeImporter &n) {
  Value repeats = n.tensor("repeats");
  if (!repeats || !n.requireRank(repeats, 1, 1, "repeats"))
    return failure();
  Type i64 = n.getBuilder().getI64Type();
  Expr count = Expr(n, repeats).to(i64);
  Size total = n.has("output_size")
                   ? n.symbolic("output_size")
                   : Size(count.sum({0}, /*keepDims=*/false));
  if (n.hasFailed())
    return failure();
  // One at each index's first place, all of which add up to the index.
  Expr start(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, count.get(), int64_t(0),
                                          /*exclusive=*/true));
  Value none = n.broadcastInDim(n.scalarInt(i64, 0), {n.add(total, 1)}, {});
  Value ones = n.broadcastInDim(n.scalarInt(i64, 1), n.sizes(repeats), {});
  Value steps = frontend::scatterElements(n, none, start, ones, 0, dl::ScatterKind::add);
  steps = steps ? n.sliceAxis(steps, 0, 0, total) : steps;
  Expr index(n, steps ? n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, steps, int64_t(0))
                      : steps);
  return n.result((index - 1.0).to(n.resultElementType()));
}

/// The positions of the first `size` elements that aren't zero; where there are
/// fewer, the rest is filled.
static LogicalResult importNonzeroStatic(NodeImporter &n) {
  Value self = n.tensor("self");
  Size size = n.symbolic("size");
  int64_t fill = n.integer("fill_value");
  if (!self || n.hasFailed())
    return failure();
  Type i64 = n.getBuilder().getI64Type();
  Value found = n.infer<dl::NonzeroOp>(n.isBool(self) ? Expr(n, self) : Expr(n, self).ne(0.0));
  if (!found)
    return failure();
  Value rows = n.transpose(n.convert(found, i64), {1, 0});
  Value fitted = n.padConstant(rows, {Size(0), Size(0)}, {n.sub(size, n.size(rows, 0)), Size(0)},
                               n.scalarInt(i64, fill));
  return n.result(fitted);
}

void torch::registerUniqueOps(OpTable &t) {
  t.add({"aten._unique2.default", "aten.unique_dim.default"}, importUnique);
  t.add("aten.unique_consecutive.default", importUniqueConsecutive);
  t.add("aten.repeat_interleave.Tensor", importRepeatInterleave);
  t.add("aten.nonzero_static.default", importNonzeroStatic);
}
