//===- Creation.cpp - ATen ops that make tensors of nothing ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static LogicalResult fill(NodeImporter &n, ArrayRef<Size> sizes, Value scalar) {
  return n.result(n.broadcastInDim(scalar, sizes, {}));
}

/// full, zeros, ones, and those that take everything but the number from a tensor.
static LogicalResult importFull(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? fill(n, n.symbolics("size"), n.operand("fill_value", type)) : failure();
}

template <int number>
static LogicalResult importFilled(NodeImporter &n) {
  n.ignore({"dtype", "self"});
  Type type = n.resultElementType();
  return type ? fill(n, n.symbolics("size"), n.scalarInt(type, number)) : failure();
}

static LogicalResult importFullLike(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? fill(n, n.sizes(n.tensor("self")), n.operand("fill_value", type)) : failure();
}

static LogicalResult importNewFull(NodeImporter &n) {
  n.ignore({"self"});
  return importFull(n);
}

template <int number>
static LogicalResult importFilledLike(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? fill(n, n.sizes(n.tensor("self")), n.scalarInt(type, number)) : failure();
}

static LogicalResult importScalarTensor(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? n.result(n.operand("s", type)) : failure();
}

/// start, start + step, … below end, or up to it (range). Integers are counted exactly;
/// floats as PyTorch does, start + i · step in double precision.
template <bool hasEnd>
static LogicalResult importArange(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  bool hasStart = hasEnd || n.getOverload() != "default";
  bool hasStep = n.getOverload() == (hasEnd ? "step" : "start_step");
  bool isIntegral = n.isIntegral("end") && (!hasStart || n.isIntegral("start")) &&
                    (!hasStep || n.isIntegral("step"));
  Type i64 = n.getBuilder().getI64Type(), f64 = n.getBuilder().getF64Type();
  if (isIntegral) {
    Size start = hasStart ? n.symbolic("start") : Size(0);
    int64_t step = hasStep ? n.integer("step") : 1;
    if (step == 0)
      return n.emitError() << "its step is 0";
    Size span = step > 0 ? n.sub(n.symbolic("end"), start) : n.sub(start, n.symbolic("end"));
    Size width = step > 0 ? Size(step) : n.sub(0, step);
    Size steps = hasEnd ? n.add(n.floorDiv(span, width), 1) : n.ceilDiv(span, width);
    Sizes count{n.max(steps, 0)};
    Expr index(n, n.iota(count, i64, 0));
    return n.result((index * double(step) + n.sizeTensor(start)).to(type));
  }
  double start = hasStart ? n.number("start") : 0, step = hasStep ? n.number("step") : 1,
         end = n.number("end");
  if (step == 0)
    return n.emitError() << "its step is 0";
  // PyTorch counts in the result's type, but arange only fills so what is narrower than i64.
  auto countTo = [&](double end) {
    double steps = (end - start) / step;
    return hasEnd ? std::floor(steps) + 1 : std::ceil(steps);
  };
  double count = countTo(end);
  if (type.isInteger()) {
    start = std::trunc(start);
    step = std::trunc(step);
  }
  if (type.isInteger(64) || (hasEnd && type.isInteger()))
    count = step == 0 ? -1 : countTo(std::trunc(end));
  if (n.hasFailed() || !(count >= 0 && count < 1e12))
    return n.emitError() << "its bounds don't fit its step";
  Expr index(n, n.iota({Size(int64_t(count))}, f64, 0));
  return n.result((index * step + start).to(type));
}

/// a + b · c in f64, rounded once, as the machines' instruction does: what the product
/// drops is added afterwards. `c` has at most 26 digits.
static Expr multiplyAdd(Expr a, Expr b, Expr c) {
  NodeBuilder &n = a.builder();
  // The upper half of b's digits, so that both halves' products are exact.
  Value mask = n.scalarInt(n.getBuilder().getI64Type(), ~((int64_t(1) << 27) - 1));
  Expr upper(n, n.create<dl::BitcastOp>(b.get().getType(), (bitsOf(b) & mask).get()));
  Expr product = b * c.get();
  Expr dropped = (upper * c.get() - product.get()) + ((b - upper.get()) * c.get()).get();
  Expr sum = product + a.get();
  Expr other = sum - product.get();
  Expr lost = (product - (sum - other.get()).get()) + (a - other.get()).get();
  return sum + (lost + dropped.get()).get();
}

/// `steps` numbers of the result's type, from the argument 'start' to 'end', computed as
/// PyTorch does: the first half from the start, the others back from the end. `fuse` makes
/// an element of where it is counted from, the step and the number of steps.
static Expr countBetween(NodeImporter &n, Expr start, Expr end, Size steps,
                         function_ref<Expr(Expr, Expr, Expr)> fuse) {
  n.require(dl::ComparisonDirection::ge, steps, 0, "a negative number of steps");
  if (!start || !end || n.hasFailed())
    return {n, {}};
  Type type = n.elementTypeOf(start);
  Size last = n.sub(steps, 1);
  Expr step = (end - start.get()) / sizeAs(n, n.max(last, 1), type).get();
  Expr index(n, n.iota({steps}, n.getBuilder().getI64Type(), 0));
  Expr back = Expr(n, n.sizeTensor(last)) - index.get();
  if (n.hasFailed())
    return {n, {}};
  Expr isFirst = index < n.sizeTensor(n.max(n.floorDiv(steps, 2), 1));
  return isFirst.select(fuse(start, step, index.to(type)), fuse(end, -step, back.to(type)));
}

static Expr scaleAdd(Expr a, Expr b, Expr c) { return b * c.get() + a.get(); }

/// The argument as PyTorch counts from it: of the result's type before anything else.
static Expr bound(NodeImporter &n, StringRef name, Type type, Type computed) {
  return n.operand(name, type).to(computed);
}

static LogicalResult importLinspace(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType(), f64 = n.getBuilder().getF64Type();
  if (!type)
    return failure();
  bool isFloat = isa<FloatType>(type);
  Type computed = isFloat ? computationType(type) : f64;
  // A whole number is cut off what is counted, so that the last digit matters.
  Expr line = countBetween(n, bound(n, "start", type, computed), bound(n, "end", type, computed),
                           n.symbolic("steps"), isFloat ? scaleAdd : multiplyAdd);
  return n.result(line.to(type));
}

static LogicalResult makeLogspace(NodeImporter &n, Type type, Size steps, double base) {
  Type f64 = n.getBuilder().getF64Type();
  Expr line = countBetween(n, bound(n, "start", type, f64), bound(n, "end", type, f64), steps,
                           scaleAdd);
  // A lone one is of the start as it is.
  if (!steps.isStatic() || steps.is(1))
    line = Expr(n, n.sizeTensor(steps)).eq(1.0).select(n.operand("start", f64), line);
  return n.result((Expr(n, n.scalar(f64, base)).pow(line.get())).to(type));
}

static LogicalResult makeComplexLogspace(NodeImporter &n, Type type, Size steps, double base) {
  Type f64 = n.getBuilder().getF64Type();
  Complex start = n.complexOperand("start", f64), end = n.complexOperand("end", f64);
  Complex line{countBetween(n, start.re, end.re, steps, scaleAdd),
               countBetween(n, start.im, end.im, steps, scaleAdd)};
  if (!line)
    return failure();
  Complex power = line.constant(base).pow(line);
  return n.result(Complex{power.re.to(type), power.im.to(type)});
}

/// Powers of the base, computed in f64: `make` has their type, their number and the base.
template <LogicalResult (*make)(NodeImporter &, Type, Size, double)>
static LogicalResult importLogspace(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? make(n, type, n.symbolic("steps"), n.number("base")) : failure();
}

static LogicalResult importEmpty(NodeImporter &n) { return importFilled<0>(n); }

static LogicalResult importEye(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType(), i64 = n.getBuilder().getI64Type();
  Size rows = n.symbolic("n"), columns = n.getOverload() == "m" ? n.symbolic("m") : rows;
  if (!type || n.hasFailed())
    return failure();
  Expr row(n, n.iota({rows, Size(1)}, i64, 0));
  return n.result(row.eq(n.iota({Size(1), columns}, i64, 1)).to(type));
}

void torch::registerCreationOps(OpTable &t) {
  t.add({"aten.eye.default", "aten.eye.m"}, importEye);
  t.add("aten.full.default", importFull);
  t.add("aten.full_like.default", importFullLike);
  t.add("aten.new_full.default", importNewFull);
  t.add({"aten.zeros.default", "aten.new_zeros.default"}, importFilled<0>);
  t.add({"aten.ones.default", "aten.new_ones.default"}, importFilled<1>);
  t.add("aten.zeros_like.default", importFilledLike<0>);
  t.add("aten.ones_like.default", importFilledLike<1>);
  // Any elements will do.
  t.add({"aten.empty.memory_format", "aten.new_empty.default"}, importEmpty);
  t.add("aten.empty_like.default", importFilledLike<0>);
  t.add("aten.scalar_tensor.default", importScalarTensor);
  std::initializer_list<StringRef> linspaces = {
      "aten.linspace.default", "aten.linspace.Tensor_Tensor", "aten.linspace.Tensor_Scalar",
      "aten.linspace.Scalar_Tensor"};
  t.add(linspaces, importLinspace);
  t.addByParts(linspaces, {"start", "end"});
  std::initializer_list<StringRef> logspaces = {
      "aten.logspace.default", "aten.logspace.Tensor_Tensor", "aten.logspace.Tensor_Scalar",
      "aten.logspace.Scalar_Tensor"};
  t.add(logspaces, importLogspace<makeLogspace>);
  t.addComplex(logspaces, importLogspace<makeComplexLogspace>);
  t.add({"aten.arange.default", "aten.arange.start", "aten.arange.start_step"},
        importArange</*hasEnd=*/false>);
  t.add({"aten.range.default", "aten.range.step"}, importArange</*hasEnd=*/true>);
}
