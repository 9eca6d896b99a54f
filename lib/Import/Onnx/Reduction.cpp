//===- Reduction.cpp - ONNX reductions and scans ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;
using Kind = dl::ReductionKind;

namespace {
/// What a Reduce* op does over given axes.
using Reducer = function_ref<Value(Value x, ArrayRef<int64_t> axes, bool keepDims)>;
} // namespace

static SmallVector<int64_t> allAxes(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

/// Handles where the axes come from: an attribute, or since opset `axesInput`
/// an input, which may be unknown before the run.
static LogicalResult importReduction(NodeImporter &n, int64_t axesInput, Reducer reduce) {
  Value x = n.input(0);
  int64_t rank = n.rankOf(x);
  bool keepDims = n.boolAttr("keepdims", true);
  bool noop = false;
  std::optional<SmallVector<int64_t>> axes;
  Value axesValue;
  if (n.opset() < axesInput) {
    if (n.numInputs() > 1)
      return n.emitError() << "the axes are an attribute before opset " << axesInput;
    axes = n.intsAttr("axes");
  } else {
    noop = n.boolAttr("noop_with_empty_axes");
    axesValue = n.input(1);
    axes = axesValue ? n.constantInts(axesValue) : SmallVector<int64_t>();
    if (axesValue && n.type(axesValue).hasStaticShape() && n.type(axesValue).getNumElements() == 0)
      axes = SmallVector<int64_t>();
  }
  if (n.hasFailed())
    return failure();
  if (axes) {
    if (axes->empty())
      return n.result(reduce(x, noop ? SmallVector<int64_t>() : allAxes(rank), keepDims));
    axes = n.normalizeAxes(*axes, rank);
    return axes ? n.result(reduce(x, *axes, keepDims)) : failure();
  }
  // Known at run time only: how many there are gives the rank.
  if (!n.requireRank(axesValue, 1, 1, "the list of axes"))
    return failure();
  if (n.type(axesValue).isDynamicDim(0))
    return n.emitError() << "how many axes there are isn't known before the run";
  int64_t resultRank = keepDims ? rank : rank - n.shapeOf(axesValue)[0];
  if (resultRank < 0)
    return n.emitError() << "more axes are given than the input has";
  auto type = RankedTensorType::get(SmallVector<int64_t>(resultRank, ShapedType::kDynamic),
                                    n.elementTypeOf(x));
  return n.result(n.forEachAxes(axesValue, rank, type, [&](ArrayRef<int64_t> candidate) {
    return reduce(x, candidate, keepDims);
  }));
}

/// `compute` on floating-point numbers; integers take the way over f64 (or f32,
/// which holds the narrow ones).
static Value inFloat(NodeImporter &n, Value x, function_ref<Value(Value)> compute) {
  if (!x || n.isFloat(x))
    return compute(x);
  Type own = n.elementTypeOf(x);
  return n.convert(compute(n.convert(x, n.getBuilder().getF64Type())), own);
}

template <Kind kind, int64_t axesInput>
static LogicalResult importReduce(NodeImporter &n) {
  return importReduction(n, axesInput, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) -> Value {
    if (axes.empty())
      return x;
    if (n.isBool(x)) // max and min of booleans
      return n.reduce(kind == Kind::max ? Kind::bit_or : Kind::bit_and, x, axes, keepDims);
    if (kind == Kind::mean)
      return inFloat(n, x, [&](Value v) { return n.reduce(kind, v, axes, keepDims); });
    return n.reduce(kind, x, axes, keepDims);
  });
}

static LogicalResult importReduceL1(NodeImporter &n) {
  return importReduction(n, 18, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) {
    return n.reduce(Kind::sum, n.isUnsigned(x) ? x : n.infer<dl::AbsOp>(x), axes, keepDims);
  });
}

static LogicalResult importReduceL2(NodeImporter &n) {
  return importReduction(n, 18, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) {
    return inFloat(n, x, [&](Value v) {
      Value squares = n.reduce(Kind::sum, n.infer<dl::MulOp>(v, v), axes, keepDims);
      return n.infer<dl::SqrtOp>(squares);
    });
  });
}

static LogicalResult importReduceSumSquare(NodeImporter &n) {
  return importReduction(n, 18, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) {
    return n.reduce(Kind::sum, n.infer<dl::MulOp>(x, x), axes, keepDims);
  });
}

static LogicalResult importReduceLogSum(NodeImporter &n) {
  return importReduction(n, 18, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) {
    return inFloat(n, x, [&](Value v) {
      return n.infer<dl::LogOp>(n.reduce(Kind::sum, v, axes, keepDims));
    });
  });
}

/// ln Σ e^(x − m) + m with m the maximum, or 0 where that is infinite.
static Value logSumExp(NodeImporter &n, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  Value largest = n.reduce(Kind::max, x, axes, /*keepDims=*/true);
  if (!largest)
    return {};
  Value shift = n.infer<dl::SelectOp>(n.infer<dl::IsInfOp>(largest), n.splatLike(largest, 0.0),
                                      largest);
  Value shifted = n.infer<dl::SubOp>(x, n.broadcastTo(shift, n.sizes(x)));
  Value sum = n.reduce(Kind::sum, n.infer<dl::ExpOp>(shifted), axes, /*keepDims=*/true);
  Value result = n.infer<dl::AddOp>(n.infer<dl::LogOp>(sum), shift);
  return keepDims || !result ? result : n.squeeze(result, axes);
}

static LogicalResult importReduceLogSumExp(NodeImporter &n) {
  return importReduction(n, 18, [&](Value x, ArrayRef<int64_t> axes, bool keepDims) {
    return inFloat(n, x, [&](Value v) { return logSumExp(n, v, axes, keepDims); });
  });
}

template <dl::ArgReduceKind kind>
static LogicalResult importArgReduce(NodeImporter &n) {
  Value x = n.input(0);
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(x);
  std::optional<int64_t> axis = n.axisAttr("axis", 0, rank);
  bool keepDims = n.boolAttr("keepdims", true), selectLast = n.boolAttr("select_last_index");
  if (!axis)
    return failure();
  SmallVector<int64_t> shape(n.shapeOf(x));
  if (keepDims)
    shape[*axis] = 1;
  else
    shape.erase(shape.begin() + *axis);
  return n.result(n.create<dl::ArgReduceOp>(
      n.tensorType(shape, b.getI64Type()), dl::ArgReduceKindAttr::get(n.getContext(), kind), x,
      b.getI64IntegerAttr(*axis), selectLast ? b.getUnitAttr() : UnitAttr(),
      keepDims ? b.getUnitAttr() : UnitAttr()));
}

template <dl::CumulativeKind kind>
static LogicalResult importCumulative(NodeImporter &n) {
  Value x = n.input(0), axis = n.input(1);
  OpBuilder &b = n.getBuilder();
  bool exclusive = n.boolAttr("exclusive"), reverse = n.boolAttr("reverse");
  auto along = [&](ArrayRef<int64_t> axes) {
    return n.infer<dl::CumulativeOp>(dl::CumulativeKindAttr::get(n.getContext(), kind), x,
                                     b.getI64IntegerAttr(axes.front()),
                                     exclusive ? b.getUnitAttr() : UnitAttr(),
                                     reverse ? b.getUnitAttr() : UnitAttr());
  };
  if (!n.type(axis).hasStaticShape() || n.type(axis).getNumElements() != 1)
    return n.emitError() << "the axis is of type " << n.type(axis) << ", not a scalar";
  if (n.constant(axis)) {
    std::optional<int64_t> known = n.constantInt(axis);
    if (!known)
      return n.emitError() << "the axis is of type " << n.type(axis) << ", not an integer";
    known = n.normalizeAxis(*known, n.rankOf(x));
    return known ? n.result(along(*known)) : failure();
  }
  return n.result(n.forEachAxes(n.reshape(axis, ArrayRef<int64_t>{1}), n.rankOf(x), n.type(x), along));
}

void dlc::onnx::registerReductionOps(OpTable &t) {
  t.add("ArgMax", 1, 1, importArgReduce<dl::ArgReduceKind::max>);
  t.add("ArgMin", 1, 1, importArgReduce<dl::ArgReduceKind::min>);
  t.add("CumProd", 26, 2, importCumulative<dl::CumulativeKind::prod>);
  t.add("CumSum", 11, 2, importCumulative<dl::CumulativeKind::sum>);
  t.add("ReduceL1", 1, {1, 2}, importReduceL1);
  t.add("ReduceL2", 1, {1, 2}, importReduceL2);
  t.add("ReduceLogSum", 1, {1, 2}, importReduceLogSum);
  t.add("ReduceLogSumExp", 1, {1, 2}, importReduceLogSumExp);
  t.add("ReduceMax", 1, {1, 2}, importReduce<Kind::max, 18>);
  t.add("ReduceMean", 1, {1, 2}, importReduce<Kind::mean, 18>);
  t.add("ReduceMin", 1, {1, 2}, importReduce<Kind::min, 18>);
  t.add("ReduceProd", 1, {1, 2}, importReduce<Kind::prod, 18>);
  t.add("ReduceSum", 1, {1, 2}, importReduce<Kind::sum, 13>);
  t.add("ReduceSumSquare", 1, {1, 2}, importReduceSumSquare);
}
