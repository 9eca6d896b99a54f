//===- Reduction.cpp - ATen ops that reduce dimensions --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Indexing.h"
#include "Formulas.h"
#include "NodeImporter.h"
#include "Norms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Kind = dl::ReductionKind;

/// The dimensions an op reduces, and whether they stay with size 1; overloads
/// without the arguments reduce all.
struct Reduced {
  SmallVector<int64_t> axes;
  bool keepDims;
};

static std::optional<Reduced> getReduced(NodeImporter &n, int64_t rank) {
  // No dimensions are all of them, but where an overload is for several: then none.
  bool isList = n.getOverload() == "dims";
  auto axes = n.has("dim") ? n.axes("dim", rank) : std::optional(dimRange(0, rank));
  bool keepDims = n.has("keepdim") && n.boolean("keepdim");
  if (!axes)
    return std::nullopt;
  if (isList && n.has("dim") && n.integers("dim").empty())
    axes->clear();
  return Reduced{*axes, keepDims};
}

/// Of booleans the largest and the sum are `or`, the smallest and the product `and`.
static Expr reduce(NodeImporter &n, Kind kind, Expr x, const Reduced &reduced) {
  if (!x)
    return x;
  if (n.isBool(x) && (kind == Kind::max || kind == Kind::sum))
    kind = Kind::bit_or;
  else if (n.isBool(x) && (kind == Kind::min || kind == Kind::prod))
    kind = Kind::bit_and;
  return x.reduce(kind, reduced.axes, reduced.keepDims);
}

template <Kind kind>
static LogicalResult importReduction(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  Value self = n.tensor("self");
  if (!type || !self)
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  if (!reduced)
    return failure();
  if (kind == Kind::max || kind == Kind::min)
    n.requireElements(self, reduced->axes);
  return n.result(reduce(n, kind, n.operand("self", type), *reduced));
}

static LogicalResult importLogSumExp(NodeImporter &n) {
  Type type = n.resultElementType();
  Value self = type ? n.operand("self", type).get() : Value();
  if (!self)
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  return reduced ? n.result(Expr(n, self).logSumExp(reduced->axes, reduced->keepDims)) : failure();
}

/// The bits of all elements, as 64-bit numbers, by exclusive or.
static LogicalResult importHash(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  if (n.integer("mode") != 0)
    return n.emitError() << "only mode 0 is supported";
  auto reduced = getReduced(n, n.rankOf(self));
  Type type = n.resultElementType();
  if (!reduced || !type)
    return failure();
  Value bits = n.isFloat(self) ? n.convert(self, n.getBuilder().getF64Type())
                               : n.convert(self, n.getBuilder().getI64Type());
  if (!bits)
    return failure();
  bits = n.create<dl::BitcastOp>(n.type(bits).clone(type), bits);
  return n.result(reduce(n, Kind::bit_xor, Expr(n, bits), *reduced));
}

static LogicalResult importVectorNorm(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  double p = n.number("ord");
  Value self = type ? n.operand("self", type).get() : Value();
  if (!self || n.hasFailed())
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  if (!reduced)
    return failure();
  Expr x = Expr(n, self).to(computationType(type));
  return n.result(vectorNorm(x, p, reduced->axes, reduced->keepDims).to(type));
}

template <Kind kind>
static LogicalResult importTruth(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  if (!reduced)
    return failure();
  return n.result(reduce(n, kind, truth({n, self}), *reduced).to(n.resultElementType()));
}

/// Squares, and the mean they are taken from, are in the type it is computed in. A complex
/// number's is the sum of its parts'.
static LogicalResult importVariance(NodeImporter &n, bool isRoot, bool hasMean) {
  Type type = n.resultElementType();
  bool isComplex = n.isComplex("self");
  Complex given = isComplex ? n.complexOperand("self", type)
                            : Complex{{n, n.tensor("self")}, {n, {}}};
  Value self = given.re;
  if (!self || !type)
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  if (!reduced)
    return failure();
  double correction = 1;
  if (n.has("correction"))
    correction = n.number("correction");
  else if (n.has("unbiased"))
    correction = n.boolean("unbiased");
  Type computed = computationType(type);
  auto squaresFrom = [&](Expr x, Expr mean) {
    return (x - mean.get()).square().sum(reduced->axes, reduced->keepDims);
  };
  Expr x = given.re.to(computed), mean = x.mean(reduced->axes), squares = squaresFrom(x, mean);
  Expr imaginary = given.im.mean(reduced->axes);
  if (isComplex)
    squares = squares + squaresFrom(given.im, imaginary).get();
  Size count = 1;
  for (int64_t axis : reduced->axes)
    count = n.mul(count, n.size(self, axis));
  Expr divisor = (sizeAs(n, count, computed) - correction).max(0.0);
  Expr variance = squares / divisor.get();
  Expr spread = (isRoot ? flatPower(variance, 0.5) : variance).to(type);
  if (!hasMean)
    return n.result(spread);
  auto shown = [&](Expr x) { return (reduced->keepDims ? x : x.squeeze(reduced->axes)).to(type); };
  return n.results({spread.get(), isComplex ? ImportedValue::complex(shown(mean), shown(imaginary))
                                            : ImportedValue(shown(mean).get())});
}

static Value argReduce(NodeImporter &n, dl::ArgReduceKind kind, Value x, int64_t axis,
                       bool keepDims) {
  if (!x)
    return {};
  SmallVector<int64_t> shape(n.shapeOf(x));
  if (keepDims)
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  Type i64 = n.getBuilder().getI64Type();
  return n.create<dl::ArgReduceOp>(n.tensorType(ArrayRef<int64_t>(shape), i64), kind, x, axis,
                                   /*select_last=*/false, keepDims);
}

/// Where the largest (smallest) is, counted over all elements where no dimension
/// is named.
template <dl::ArgReduceKind kind>
static LogicalResult importArgReduce(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  bool keepDims = n.boolean("keepdim");
  int64_t rank = n.rankOf(self), axis = 0;
  if (n.isBool(self))
    return n.emitError() << "it isn't defined of booleans";
  if (!n.has("dim")) {
    n.requireElements(self, dimRange(0, rank));
    Value index = argReduce(n, kind, n.flatten(self), 0, /*keepDims=*/false);
    Sizes ones(rank, Size(1));
    return n.result(keepDims ? n.reshape(index, ones) : index);
  }
  if (auto given = n.axis("dim", rank))
    axis = *given;
  if (rank == 0)
    return n.result(n.scalarInt(n.getBuilder().getI64Type(), 0));
  n.requireElements(self, {axis});
  return n.result(argReduce(n, kind, self, axis, keepDims));
}

/// max and min along a dimension: values, and where they are, which is where the derivative
/// goes: ties aren't shared.
template <Kind kind, dl::ArgReduceKind argKind>
static LogicalResult importExtremumWithIndex(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  bool keepDims = n.boolean("keepdim");
  if (!axis)
    return failure();
  if (n.rankOf(self) == 0)
    return n.results({self, n.scalarInt(n.getBuilder().getI64Type(), 0)});
  n.requireElements(self, {*axis});
  if (!n.isFloat(self))
    return n.results({reduce(n, kind, Expr(n, self), Reduced{{*axis}, keepDims}).get(),
                      argReduce(n, argKind, self, *axis, keepDims)});
  Expr index(n, argReduce(n, argKind, self, *axis, /*keepDims=*/true));
  Expr value(n, frontend::pickElements(n, self, index, *axis));
  return keepDims ? n.results({value.get(), index.get()})
                  : n.results({value.squeeze({*axis}).get(), index.squeeze({*axis}).get()});
}

static LogicalResult importAminmax(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto reduced = getReduced(n, n.rankOf(self));
  if (!reduced)
    return failure();
  n.requireElements(self, reduced->axes);
  Expr x(n, self);
  return n.results(
      {reduce(n, Kind::min, x, *reduced).get(), reduce(n, Kind::max, x, *reduced).get()});
}

template <dl::CumulativeKind kind>
static LogicalResult importCumulative(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  Value self = type ? n.operand("self", type).get() : Value();
  if (!self)
    return failure();
  auto axis = n.axis("dim", n.rankOf(self));
  if (!axis)
    return failure();
  if (n.rankOf(self) == 0)
    return n.result(self);
  return n.result(n.infer<dl::CumulativeOp>(kind, self, *axis, /*exclusive=*/false,
                                            /*reverse=*/false));
}

void torch::registerReductionOps(OpTable &t) {
  t.add("aten.linalg_vector_norm.default", importVectorNorm);
  t.add({"aten.sum.default", "aten.sum.dim_IntList"}, importReduction<Kind::sum>);
  t.add({"aten.mean.default", "aten.mean.dim"}, importReduction<Kind::mean>);
  t.add({"aten.prod.default", "aten.prod.dim_int"}, importReduction<Kind::prod>);
  t.add({"aten.amax.default", "aten.max.default"}, importReduction<Kind::max>);
  t.add({"aten.amin.default", "aten.min.default"}, importReduction<Kind::min>);
  t.add("aten.logsumexp.default", importLogSumExp);
  t.add("aten.hash_tensor.default", importHash);
  t.add({"aten.any.default", "aten.any.dim", "aten.any.dims"}, importTruth<Kind::bit_or>);
  t.add({"aten.all.default", "aten.all.dim", "aten.all.dims"}, importTruth<Kind::bit_and>);
  auto addOfBoth = [&](std::initializer_list<StringRef> targets, OpImporter importer) {
    t.add(targets, importer);
    t.addComplex(targets, importer);
  };
  addOfBoth({"aten.var.default", "aten.var.dim", "aten.var.correction"},
            [](NodeImporter &n) { return importVariance(n, false, false); });
  addOfBoth({"aten.std.default", "aten.std.dim", "aten.std.correction"},
            [](NodeImporter &n) { return importVariance(n, true, false); });
  addOfBoth({"aten.var_mean.default", "aten.var_mean.dim", "aten.var_mean.correction"},
            [](NodeImporter &n) { return importVariance(n, false, true); });
  addOfBoth({"aten.std_mean.default", "aten.std_mean.dim", "aten.std_mean.correction"},
            [](NodeImporter &n) { return importVariance(n, true, true); });
  t.add("aten.argmax.default", importArgReduce<dl::ArgReduceKind::max>);
  t.add("aten.argmin.default", importArgReduce<dl::ArgReduceKind::min>);
  t.add("aten.max.dim", importExtremumWithIndex<Kind::max, dl::ArgReduceKind::max>);
  t.add("aten.min.dim", importExtremumWithIndex<Kind::min, dl::ArgReduceKind::min>);
  t.add("aten.aminmax.default", importAminmax);
  t.add("aten.cumsum.default", importCumulative<dl::CumulativeKind::sum>);
  t.add("aten.cumprod.default", importCumulative<dl::CumulativeKind::prod>);
}
