//===- Random.cpp - random tensors ----------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Random.h"
#include "Expr.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

Value dlc::onnx::randomKey(NodeImporter &n) {
  // An explicit seed alone decides; the attribute is an int for Dropout and a
  // float elsewhere.
  bool isInt = n.getOpType() == "Dropout";
  if (n.hasAttr("seed")) {
    double seed = isInt ? double(n.intAttr("seed", 0)) : n.floatAttr("seed", 0);
    return n.constantInts({llvm::bit_cast<int64_t>(seed), 0});
  }
  return n.constantInts({0, int64_t(llvm::xxh3_64bits(n.getName()))});
}

/// The sizes of RandomX (attribute shape) or RandomXLike (those of input 0).
static Sizes randomSizes(NodeImporter &n) {
  if (n.numInputs() > 0)
    return n.input(0) ? n.sizes(n.input(0)) : Sizes();
  Sizes sizes;
  for (int64_t size : n.requiredInts("shape")) {
    if (size < 0)
      n.emitError() << "shape has the negative size " << size;
    sizes.push_back(size);
  }
  return sizes;
}

static Type randomType(NodeImporter &n) {
  Type fallback = n.getBuilder().getF32Type();
  if (n.numInputs() > 0 && n.input(0))
    fallback = n.elementTypeOf(n.input(0));
  Type type = n.elementTypeAttr("dtype", fallback);
  if (type && !isa<FloatType>(type)) {
    n.emitError() << "random numbers need a floating-point type, not " << type;
    return {};
  }
  return type;
}

/// Random numbers are drawn in f32 at least and then rounded.
static Type drawnType(Type type) {
  return type.getIntOrFloatBitWidth() < 32 ? Float32Type::get(type.getContext()) : type;
}

template <typename OpTy>
static LogicalResult importRandom(NodeImporter &n, StringRef first, double firstDefault,
                                  StringRef second, double secondDefault) {
  double a = n.floatAttr(first, firstDefault), b = n.floatAttr(second, secondDefault);
  Type type = randomType(n);
  Sizes sizes = randomSizes(n);
  Value key = randomKey(n);
  if (!type || n.hasFailed())
    return failure();
  Type drawn = drawnType(type);
  Value numbers = n.create<OpTy>(n.tensorType(sizes, drawn), key, n.scalar(drawn, a),
                                 n.scalar(drawn, b), n.shapeOperand(sizes));
  return n.result(numbers ? n.convert(numbers, type) : numbers);
}

static LogicalResult importRandomUniform(NodeImporter &n) {
  return importRandom<dl::RngUniformOp>(n, "low", 0.0, "high", 1.0);
}

static LogicalResult importRandomNormal(NodeImporter &n) {
  return importRandom<dl::RngNormalOp>(n, "mean", 0.0, "scale", 1.0);
}

/// One with probability x.
static LogicalResult importBernoulli(NodeImporter &n) {
  Value x = n.input(0);
  if (!x || !n.requireFloat(x, "input"))
    return failure();
  Type type = n.elementTypeAttr("dtype", n.elementTypeOf(x));
  Value key = randomKey(n);
  if (!type || n.hasFailed())
    return failure();
  Type drawn = drawnType(n.elementTypeOf(x));
  Sizes sizes = n.sizes(x);
  Expr uniform(n, n.create<dl::RngUniformOp>(n.tensorType(sizes, drawn), key,
                                             n.scalar(drawn, 0), n.scalar(drawn, 1),
                                             n.shapeOperand(sizes)));
  return n.result((uniform < Expr(n, x).to(drawn).get()).to(type));
}

/// Draws classes by inverting the cumulative distribution of softmax(x).
static LogicalResult importMultinomial(NodeImporter &n) {
  Value x = n.input(0);
  int64_t samples = n.intAttr("sample_size", 1);
  Type type = n.elementTypeAttr("dtype", n.getBuilder().getI32Type());
  Value key = randomKey(n);
  if (!x || !type || n.hasFailed() || !n.requireRank(x, 2, 2, "input"))
    return failure();
  if (samples < 0)
    return n.emitError() << "sample_size must not be negative but is " << samples;
  Type drawn = drawnType(n.elementTypeOf(x));
  Value probabilities = n.infer<dl::SoftmaxOp>(n.convert(x, drawn), int64_t(1));
  Expr cumulative(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::sum, probabilities,
                                               int64_t(1)));
  Sizes sizes{n.size(x, 0), Size(samples)};
  Expr uniform(n, n.create<dl::RngUniformOp>(n.tensorType(sizes, drawn), key,
                                             n.scalar(drawn, 0), n.scalar(drawn, 1),
                                             n.shapeOperand(sizes)));
  if (!cumulative || !uniform)
    return failure();
  // The class is the number of partial sums that don't exceed the draw.
  Expr index = (cumulative.unsqueeze({1}) <= uniform.unsqueeze({2}).get())
                   .to(n.getBuilder().getI64Type())
                   .sum({2}, /*keepDims=*/false);
  Expr last = sizeAs(n, n.sub(n.size(x, 1), 1), n.getBuilder().getI64Type());
  return n.result(index.min(last.get()).to(type));
}

void dlc::onnx::registerRandomOps(OpTable &table) {
  table.add("Bernoulli", 15, 1, importBernoulli);
  table.add("Multinomial", 7, 1, importMultinomial);
  table.add("RandomNormal", 1, 0, importRandomNormal);
  table.add("RandomNormalLike", 1, 1, importRandomNormal);
  table.add("RandomUniform", 1, 0, importRandomUniform);
  table.add("RandomUniformLike", 1, 1, importRandomUniform);
}
