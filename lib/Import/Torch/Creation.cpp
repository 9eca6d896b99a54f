//===- Creation.cpp - ATen ops that make tensors of nothing ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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

/// start, start + step, … below end. Integers are counted exactly; floats as
/// PyTorch does, start + i · step in double precision.
static LogicalResult importArange(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  if (!type)
    return failure();
  bool hasStart = n.getOverload() != "default", hasStep = n.getOverload() == "start_step";
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
    Sizes count{n.max(n.ceilDiv(span, width), 0)};
    Expr index(n, n.iota(count, i64, 0));
    return n.result((index * double(step) + n.sizeTensor(start)).to(type));
  }
  double start = hasStart ? n.number("start") : 0, step = hasStep ? n.number("step") : 1,
         end = n.number("end");
  if (step == 0)
    return n.emitError() << "its step is 0";
  // PyTorch counts in the result's type; narrower ones than i64 it only fills so.
  double count = std::ceil((end - start) / step);
  if (type.isInteger()) {
    start = std::trunc(start);
    step = std::trunc(step);
  }
  if (type.isInteger(64))
    count = step == 0 ? -1 : std::ceil((std::trunc(end) - start) / step);
  if (n.hasFailed() || !(count >= 0 && count < 1e12))
    return n.emitError() << "its bounds don't fit its step";
  Expr index(n, n.iota({Size(int64_t(count))}, f64, 0));
  return n.result((index * step + start).to(type));
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
  t.add({"aten.arange.default", "aten.arange.start", "aten.arange.start_step"}, importArange);
}
