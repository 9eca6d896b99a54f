//===- Histogram.cpp - ATen's histograms ----------------------------------===//
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

/// How many elements fall into each of equal bins; the last takes its upper bound.
static LogicalResult importHistc(NodeImporter &n) {
  Value self = n.tensor("self");
  Type type = n.resultElementType();
  int64_t bins = n.integer("bins");
  double low = n.number("min"), high = n.number("max");
  if (!self || !type || n.hasFailed())
    return failure();
  Expr x(n, n.flatten(self)), least(n, n.scalar(type, low)), most(n, n.scalar(type, high));
  if (low == high) {
    least = x.reduce(dl::ReductionKind::min, {0}, /*keepDims=*/false);
    most = x.maximum({0}, /*keepDims=*/false);
    Expr isPoint = least.eq(most.get());
    least = isPoint.select(least - 1.0, least);
    most = isPoint.select(most + 1.0, most);
  }
  Type i64 = n.getBuilder().getI64Type();
  Expr place = (((x - least.get()) * double(bins)) / (most - least.get()).get()).floor().to(i64);
  place = place.min(double(bins) - 1);
  Expr isInside = (x >= least.get()) & (x <= most.get()).get();
  Expr bin(n, n.iota({Size(1), Size(bins)}, i64, 1));
  Expr hit = bin.eq(place.unsqueeze({1}).get()) & isInside.unsqueeze({1}).get();
  return n.result(hit.to(type).sum({0}, /*keepDims=*/false));
}

/// How often each number from 0 to the largest occurs, or the sum of its weights.
static LogicalResult importBincount(NodeImporter &n) {
  Value self = n.tensor("self"), weights = n.optionalTensor("weights");
  Size least = n.symbolic("minlength");
  Type type = n.resultElementType(), i64 = n.getBuilder().getI64Type();
  if (!self || !type || n.hasFailed() || !n.requireRank(self, 1, 1, "its input"))
    return failure();
  Value place = n.convert(self, i64);
  // With a 0 in front there is a smallest; with a -1, a largest of nothing.
  auto extremum = [&](dl::ReductionKind kind, int64_t first) {
    Value padded = n.padConstant(place, {Size(1)}, {Size(0)}, n.scalarInt(i64, first));
    return Size(n.reduce(kind, padded, {0}, /*keepDims=*/false));
  };
  n.require(dl::ComparisonDirection::ge, extremum(dl::ReductionKind::min, 0), 0,
            "it counts no negative numbers");
  Size bins = n.max(n.add(extremum(dl::ReductionKind::max, -1), 1), least);
  Value counts = weights ? n.convert(weights, type)
                         : n.broadcastInDim(n.scalarInt(type, 1), n.sizes(self), {});
  Value none = n.broadcastInDim(n.scalarInt(type, 0), {bins}, {});
  return n.result(
      frontend::scatterElements(n, none, place, counts, 0, dl::ScatterKind::add));
}

namespace {
/// What a histogram counts: the coordinates of N samples, one tensor of N for each
/// dimension, and how much each counts (null: 1).
struct Samples {
  SmallVector<Value> coordinates;
  Value weight;
};
} // namespace

/// All elements as samples of one dimension, or the rows of the last dimension as
/// samples of several; no coordinates after reporting an error.
static Samples getSamples(NodeImporter &n, bool isOneDimensional) {
  Samples samples;
  Value self = n.tensor("self"), weight = n.optionalTensor("weight");
  if (!self)
    return samples;
  if (weight)
    samples.weight = n.flatten(n.convert(weight, n.elementTypeOf(self)));
  if (isOneDimensional) {
    samples.coordinates.push_back(n.flatten(self));
    return samples;
  }
  int64_t last = n.rankOf(self) - 1;
  if (!n.requireRank(self, 2, INT64_MAX, "its input"))
    return samples;
  if (n.type(self).isDynamicDim(last)) {
    n.emitError() << "the number of coordinates must be known";
    return samples;
  }
  if (size_t lists = n.values("bins").size(); int64_t(lists) != n.shapeOf(self)[last]) {
    n.emitError() << "it has " << lists << " lists of bins, but " << n.shapeOf(self)[last]
                  << " coordinates";
    return samples;
  }
  for (int64_t d = 0; d < n.shapeOf(self)[last]; ++d)
    samples.coordinates.push_back(n.flatten(n.sliceAxis(self, last, d, 1)));
  return samples;
}

/// `count` bins of one width from the least to the largest, or over the range that is
/// given; counted from both ends, as torch.linspace does.
static Value getEvenEdges(NodeImporter &n, Value x, int64_t count, ArrayRef<double> range) {
  Type type = n.elementTypeOf(x);
  Expr least(n, {}), most(n, {});
  if (range.empty() && !n.size(x, 0).is(0)) {
    least = Expr(n, x).reduce(dl::ReductionKind::min, {0}, /*keepDims=*/false);
    most = Expr(n, x).maximum({0}, /*keepDims=*/false);
  } else {
    least = {n, n.scalar(type, range.empty() ? 0 : range[0])};
    most = {n, n.scalar(type, range.empty() ? 1 : range[1])};
  }
  Expr isPoint = least.eq(most.get());
  Expr low = isPoint.select(least - 0.5, least), high = isPoint.select(most + 0.5, most);
  Expr step = (high - low.get()) / double(count);
  Expr place(n, n.iota({n.add(count, 1)}, n.getBuilder().getI64Type(), 0));
  Expr fromLow = low + (step * place.to(type).get()).get();
  Expr fromHigh = high - (step * (place * -1.0 + double(count)).to(type).get()).get();
  return (place < double(count / 2 + count % 2)).select(fromLow, fromHigh);
}

/// The edges of every dimension's bins, from the argument 'bins' and, where those are
/// numbers, 'range'.
static SmallVector<Value> getEdges(NodeImporter &n, const Samples &samples, bool areTensors) {
  SmallVector<Value> edges;
  if (samples.coordinates.empty() || n.hasFailed())
    return edges;
  size_t rank = samples.coordinates.size();
  if (areTensors) {
    edges = n.getOverload() == "bins_tensor" ? SmallVector<Value>{n.tensor("bins")}
                                             : n.tensors("bins");
  } else {
    SmallVector<int64_t> counts = n.integers("bins", rank);
    SmallVector<double> range = n.numbers("range");
    if (n.hasFailed())
      return {};
    if (!range.empty() && range.size() != 2 * rank) {
      n.emitError() << "'range' has " << range.size() << " entries, not " << 2 * rank;
      return {};
    }
    for (auto [d, x] : llvm::enumerate(samples.coordinates))
      edges.push_back(getEvenEdges(
          n, x, counts[d], range.empty() ? ArrayRef<double>() : ArrayRef(range).slice(2 * d, 2)));
  }
  for (Value own : edges)
    if (!n.requireRank(own, 1, 1, "a list of bins"))
      return {};
  return n.hasFailed() ? SmallVector<Value>() : edges;
}

/// How much lies in each bin. A bin holds its lower edge, the last one also its upper.
static Value countSamples(NodeImporter &n, const Samples &samples, ArrayRef<Value> edges,
                          bool isDensity) {
  Type i64 = n.getBuilder().getI64Type(), type = n.elementTypeOf(samples.coordinates.front());
  Sizes bins;
  Expr flatBin(n, {}), isInside(n, {});
  for (auto [coordinate, own] : llvm::zip_equal(samples.coordinates, edges)) {
    Size count = n.sub(n.size(own, 0), 1);
    Expr x = Expr(n, coordinate).unsqueeze({1});
    Expr reached = (Expr(n, own) <= x.get()).to(i64).sum({1}, /*keepDims=*/false);
    Expr last(n, n.sliceAxis(own, 0, count, 1));
    Expr inside = (reached > 0.0) & (Expr(n, coordinate) <= last.get()).get();
    Expr bin = (reached - 1.0).min(sizeAs(n, n.sub(count, 1), i64).get()).max(0.0);
    isInside = isInside ? isInside & inside.get() : inside;
    flatBin = flatBin ? flatBin * sizeAs(n, count, i64).get() + bin.get() : bin;
    bins.push_back(count);
  }
  Expr amount = isInside.to(type);
  if (samples.weight)
    amount = isInside.select(samples.weight, 0.0);
  Value none = n.broadcastInDim(n.scalar(type, 0), {n.product(bins)}, {});
  Value index = isInside.select(flatBin, 0.0);
  if (!index || !amount)
    return {};
  Expr total(n, frontend::scatterElements(n, none, index, amount, 0, dl::ScatterKind::add));
  total = total.reshape(bins);
  if (!isDensity || !total)
    return total;
  total = total / total.sum(dimRange(0, bins.size())).get();
  for (auto [d, own] : llvm::enumerate(edges)) {
    Expr width = Expr(n, n.sliceAxis(own, 0, 1, bins[d])) - n.sliceAxis(own, 0, 0, bins[d]);
    total = total / n.broadcastInDim(width, bins, {int64_t(d)});
  }
  return total;
}

static LogicalResult importHistogram(NodeImporter &n, bool isOneDimensional, bool areTensors) {
  Samples samples = getSamples(n, isOneDimensional);
  bool isDensity = n.boolean("density");
  SmallVector<Value> edges = getEdges(n, samples, areTensors);
  if (edges.empty())
    return failure();
  Value counts = countSamples(n, samples, edges, isDensity);
  if (!isOneDimensional)
    return n.result(counts);
  return n.results({counts, edges.front()});
}

static LogicalResult importHistogramEdges(NodeImporter &n) {
  n.ignore({"weight", "density"});
  SmallVector<ImportedValue> results;
  for (Value edges : getEdges(n, getSamples(n, /*isOneDimensional=*/false), /*areTensors=*/false))
    results.push_back(edges);
  return n.results(results);
}

void torch::registerHistogramOps(OpTable &t) {
  t.add("aten.bincount.default", importBincount);
  t.add("aten.histc.default", importHistc);
  t.add("aten.histogram.bin_ct", [](NodeImporter &n) { return importHistogram(n, true, false); });
  t.add("aten.histogram.bins_tensor",
        [](NodeImporter &n) { return importHistogram(n, true, true); });
  t.add("aten._histogramdd_bin_edges.default", importHistogramEdges);
  t.add("aten._histogramdd_from_bin_cts.default",
        [](NodeImporter &n) { return importHistogram(n, false, false); });
  t.add("aten._histogramdd_from_bin_tensors.default",
        [](NodeImporter &n) { return importHistogram(n, false, true); });
}
