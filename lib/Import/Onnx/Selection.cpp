//===- Selection.cpp - results whose size depends on data, and TopK -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

static LogicalResult importNonZero(NodeImporter &n) {
  Value x = n.input(0);
  return n.result(x ? n.infer<dl::NonzeroOp>(x) : x);
}

/// A parameter that ONNX has as a vector of one element or a scalar.
static Value scalarInput(NodeImporter &n, unsigned i, Type type, double fallback) {
  if (!n.hasInput(i))
    return n.scalar(type, fallback);
  Value v = n.input(i);
  if (!v || !n.requireRank(v, 0, 1, "a scalar parameter"))
    return {};
  return n.convert(n.rankOf(v) == 0 ? v : n.reshape(v, ArrayRef<int64_t>{}), type);
}

static LogicalResult importNonMaxSuppression(NodeImporter &n) {
  Value boxes = n.input(0), scores = n.input(1);
  bool centre = n.boolAttr("center_point_box");
  Type i64 = n.getBuilder().getI64Type(), f32 = n.getBuilder().getF32Type();
  if (!boxes || !scores)
    return failure();
  Value threshold = n.hasInput(4) ? scalarInput(n, 4, f32, 0) : Value();
  return n.result(n.infer<dl::NonMaxSuppressionOp>(boxes, scores, scalarInput(n, 2, i64, 0),
                                                   scalarInput(n, 3, f32, 0), threshold, centre));
}

static LogicalResult importUnique(NodeImporter &n) {
  Value x = n.input(0);
  bool sorted = n.boolAttr("sorted", true);
  if (!x)
    return failure();
  IntegerAttr axisAttr;
  if (n.hasAttr("axis")) {
    auto axis = n.axisAttr("axis", 0, n.rankOf(x));
    if (!axis)
      return failure();
    axisAttr = n.getBuilder().getI64IntegerAttr(*axis);
  }
  auto sortedAttr = sorted ? n.getBuilder().getUnitAttr() : UnitAttr();
  auto results = n.inferMulti<dl::UniqueOp>(x, axisAttr, sortedAttr,
                                            /*separate_nans=*/UnitAttr());
  if (results.empty())
    return failure();
  return n.results(ArrayRef(results).take_front(n.numOutputs()));
}

/// dl sorts always, which `sorted` = 0 leaves open.
static LogicalResult importTopK(NodeImporter &n) {
  Value x = n.input(0);
  if (!x)
    return failure();
  auto axis = n.axisAttr("axis", -1, n.rankOf(x));
  bool largest = n.opset() < 11 || n.boolAttr("largest", true);
  if (n.opset() >= 11)
    n.ignoreAttr("sorted");
  Type i64 = n.getBuilder().getI64Type();
  std::optional<int64_t> known;
  Value k;
  if (n.opset() < 10) {
    known = n.requiredInt("k");
    k = n.scalarInt(i64, *known);
  } else {
    k = scalarInput(n, 1, i64, 0);
    if (!n.hasInput(1))
      return n.emitError() << "the input K is missing";
    known = k ? n.constantInt(k) : std::nullopt;
  }
  if (!axis || !k || n.hasFailed())
    return failure();
  auto shape = llvm::to_vector(n.shapeOf(x));
  if (known && (*known < 0 || (!ShapedType::isDynamic(shape[*axis]) && *known > shape[*axis])))
    return n.emitError() << "K is " << *known << " where the axis has " << shape[*axis]
                         << " elements";
  shape[*axis] = known ? *known : ShapedType::kDynamic;
  auto results = n.createMulti<dl::TopKOp>(
      TypeRange{n.tensorType(shape, n.elementTypeOf(x)), n.tensorType(shape, i64)}, x, k, *axis,
      !largest);
  if (results.empty())
    return failure();
  return n.results(ArrayRef(results).take_front(n.numOutputs()));
}

void dlc::onnx::registerSelectionOps(OpTable &table) {
  table.add("NonMaxSuppression", 10, {2, 5}, importNonMaxSuppression);
  table.add("NonZero", 9, 1, importNonZero);
  table.add("TopK", 1, {1, 2}, importTopK);
  table.add("Unique", 11, 1, importUnique);
}
