//===- Random.cpp - ATen's random numbers ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Random.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// (seed, stream): the stream is the node's own.
static Value randomKey(NodeImporter &n) {
  return n.constantInts({0, int64_t(llvm::xxh3_64bits(n.describe()))});
}

/// In f32 or f64.
template <typename OpTy>
static Expr draw(NodeImporter &n, ArrayRef<Size> sizes, Type elementType) {
  if (!elementType || n.hasFailed())
    return {n, {}};
  Type drawn = isa<FloatType>(elementType) ? computationType(elementType)
                                           : Type(n.getBuilder().getF32Type());
  return {n, n.create<OpTy>(n.tensorType(sizes, drawn), randomKey(n), n.scalar(drawn, 0),
                            n.scalar(drawn, 1), n.shapeOperand(sizes))};
}

/// In a type narrower than the drawn one, rounded down to a multiple of 2⁻ᵖ for its p
/// digits: 1 isn't among them.
Expr torch::drawUniform(NodeImporter &n, ArrayRef<Size> sizes, Type elementType) {
  Expr numbers = draw<dl::RngUniformOp>(n, sizes, elementType);
  auto type = dyn_cast_or_null<FloatType>(elementType);
  if (!numbers || n.elementTypeOf(numbers) == elementType || !type)
    return numbers.to(elementType);
  double steps = std::ldexp(1.0, llvm::APFloat::semanticsPrecision(type.getFloatSemantics()));
  return ((numbers * steps).floor() / steps).to(elementType);
}

Expr torch::drawNormal(NodeImporter &n, ArrayRef<Size> sizes, Type elementType) {
  return draw<dl::RngNormalOp>(n, sizes, elementType).to(elementType);
}

Dropout torch::dropOut(NodeImporter &n, Value x, double p) {
  if (!x)
    return {{n, {}}, {n, {}}};
  Expr isKept = drawUniform(n, n.sizes(x), n.getBuilder().getF32Type()) >= p;
  Expr scaled = p < 1 ? Expr(n, x) * (1 / (1 - p)) : Expr(n, x);
  return {isKept.select(scaled, 0.0), isKept};
}

/// What the op takes as its sizes: its own, or another tensor's.
static Sizes randomSizes(NodeImporter &n) {
  n.ignore({"generator", "dtype"});
  if (!n.getTarget().contains("_like") && n.has("size"))
    return n.symbolics("size");
  Value self = n.tensor("self");
  return self ? n.sizes(self) : Sizes();
}

static LogicalResult importUniform(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr numbers = drawUniform(n, sizes, type);
  if (n.has("from")) {
    double from = n.number("from"), to = n.number("to");
    numbers = (numbers.to(computationType(type)) * (to - from) + from).to(type);
  }
  return n.result(numbers);
}

static LogicalResult importStandardNormal(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  return n.result(drawNormal(n, sizes, n.resultElementType()));
}

/// Means and deviations are numbers or tensors.
static LogicalResult importNormal(NodeImporter &n) {
  n.ignore({"generator", "dtype", "self"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type computed = computationType(type);
  Expr mean = n.operand("mean", computed), deviation = n.operand("std", computed);
  Sizes sizes;
  if (n.has("size")) {
    sizes = n.symbolics("size");
  } else if (n.has("self")) {
    sizes = randomSizes(n);
  } else {
    auto common = n.broadcastSizes({mean.get(), deviation.get()});
    if (!common)
      return failure();
    sizes = *common;
  }
  return n.result((drawNormal(n, sizes, computed) * deviation.get() + mean.get()).to(type));
}

/// Integers in [low, high).
static LogicalResult importRandomIntegers(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  if (!type)
    return failure();
  Expr high = n.operand("high", f64);
  Expr low = n.has("low") ? n.operand("low", f64) : Expr(n, n.scalar(f64, 0));
  Expr numbers = drawUniform(n, sizes, f64) * (high - low.get()).get() + low.get();
  return n.result(numbers.floor().to(type));
}

/// One with probability self, or p where that is given.
static LogicalResult importBernoulli(NodeImporter &n) {
  n.ignore({"generator"});
  Value self = n.tensor("self");
  Type type = n.resultElementType(), f32 = n.getBuilder().getF32Type();
  if (!self || !type)
    return failure();
  Expr p = n.operand(n.has("p") ? "p" : "self", f32);
  return n.result((drawUniform(n, n.sizes(self), f32) < p.get()).to(type));
}

/// −ln(1 − u) / λ
static LogicalResult importExponential(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr u = drawUniform(n, sizes, computationType(type));
  return n.result((-(-u).unary<dl::Log1pOp>() / n.number("lambd")).to(type));
}

static LogicalResult importCauchy(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr angle = (drawUniform(n, sizes, computationType(type)) - 0.5) * M_PI;
  Expr numbers = angle.unary<dl::TanOp>() * n.number("sigma") + n.number("median");
  return n.result(numbers.to(type));
}

static LogicalResult importLogNormal(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr z = drawNormal(n, sizes, computationType(type));
  return n.result((z * n.number("std") + n.number("mean")).exp().to(type));
}

/// ⌈ln(1 − u) / ln(1 − p)⌉, at least 1.
static LogicalResult importGeometric(NodeImporter &n) {
  Sizes sizes = randomSizes(n);
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  double p = n.number("p");
  if (!(p > 0 && p < 1))
    return n.emitError() << "p must be between 0 and 1";
  Expr tries = (-drawUniform(n, sizes, f64)).unary<dl::Log1pOp>() / std::log1p(-p);
  return n.result(type ? tries.ceil().max(1.0).to(type) : tries);
}

/// The order that random numbers are in.
static LogicalResult importRandomPermutation(NodeImporter &n) {
  n.ignore({"generator", "dtype"});
  Type type = n.resultElementType(), i64 = n.getBuilder().getI64Type();
  Sizes sizes{n.symbolic("n")};
  Expr keys = drawUniform(n, sizes, n.getBuilder().getF64Type());
  if (!keys || !type)
    return failure();
  Value order = n.iota(sizes, i64, 0);
  auto sorted = n.createMulti<dl::SortOp>(
      TypeRange{keys.get().getType(), order.getType()}, ValueRange{keys.get(), order}, int64_t(0),
      /*descending=*/false);
  return n.result(sorted.empty() ? Value() : n.convert(sorted[1], type));
}

/// Classes with the probabilities of the last dimension. Without replacement they
/// are those of the largest of Gumbel-distributed keys.
static LogicalResult importMultinomial(NodeImporter &n) {
  n.ignore({"generator"});
  Value self = n.tensor("self");
  int64_t samples = n.integer("num_samples");
  bool replaces = n.boolean("replacement");
  if (!self || n.hasFailed() || !n.requireRank(self, 1, 2, "self"))
    return failure();
  Type f32 = n.getBuilder().getF32Type(), i64 = n.getBuilder().getI64Type();
  int64_t last = n.rankOf(self) - 1;
  Expr weights = Expr(n, self).to(f32);
  if (!replaces) {
    // ln u / w: the same order as u^(1/w).
    Expr keys = (drawUniform(n, n.sizes(self), f32) + 1e-10).log() / weights.get();
    if (!keys)
      return failure();
    auto shape = llvm::to_vector(n.shapeOf(self));
    shape[last] = samples;
    auto top = n.createMulti<dl::TopKOp>(
        TypeRange{n.tensorType(shape, f32), n.tensorType(shape, i64)}, keys.get(),
        n.scalarInt(i64, samples), last, /*smallest=*/false);
    return n.result(top.empty() ? Value() : n.convert(top[1], i64));
  }
  if (!weights)
    return failure();
  Expr cumulative(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, weights.get(), last));
  Sizes sizes = n.sizes(self);
  sizes[last] = samples;
  Expr u = drawUniform(n, sizes, f32) * weights.sum({last}).get();
  // The class is the number of partial sums that don't exceed the draw.
  Expr index = (cumulative.unsqueeze({last}) <= u.unsqueeze({last + 1}).get())
                   .to(i64)
                   .sum({last + 1}, /*keepDims=*/false);
  return n.result(index.min(sizeAs(n, n.sub(n.size(self, last), 1), i64).get()));
}

static LogicalResult importDropout(NodeImporter &n) {
  Value x = n.tensor("input");
  double p = n.number("p");
  bool trains = n.has("train") ? n.boolean("train") : true;
  if (!x || n.hasFailed())
    return failure();
  bool hasMask = n.hasResult(1);
  SmallVector<ImportedValue> results{x};
  if (trains && p > 0) {
    Dropout dropped = dropOut(n, x, p);
    results = {dropped.kept.get(), dropped.mask.get()};
  } else if (hasMask) {
    results.push_back(n.broadcastTo(n.scalarInt(n.getBuilder().getI1Type(), 1), n.sizes(x)));
  }
  results.resize(n.numResults());
  return n.results(results);
}

void torch::registerRandomOps(OpTable &t) {
  t.add({"aten.rand.default", "aten.rand.generator", "aten.rand_like.default",
         "aten.rand_like.generator", "aten.uniform.default"},
        importUniform);
  t.add({"aten.randn.default", "aten.randn.generator", "aten.randn_like.default",
         "aten.randn_like.generator"},
        importStandardNormal);
  t.add({"aten.normal.Tensor_Tensor", "aten.normal.Tensor_float", "aten.normal.float_Tensor",
         "aten.normal.float_float", "aten.normal_functional.default"},
        importNormal);
  t.add({"aten.randint.default", "aten.randint.low", "aten.randint.generator",
         "aten.randint.low_generator", "aten.randint_like.default", "aten.randint_like.low_dtype",
         "aten.randint_like.Tensor"},
        importRandomIntegers);
  t.add({"aten.bernoulli.default", "aten.bernoulli.p", "aten.bernoulli.Tensor"}, importBernoulli);
  t.add("aten.exponential.default", importExponential);
  t.add("aten.cauchy.default", importCauchy);
  t.add("aten.log_normal.default", importLogNormal);
  t.add("aten.geometric.default", importGeometric);
  t.add({"aten.randperm.default", "aten.randperm.generator"}, importRandomPermutation);
  t.add("aten.multinomial.default", importMultinomial);
  t.add({"aten.dropout.default", "aten.native_dropout.default"}, importDropout);
}
