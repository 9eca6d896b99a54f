//===- Linear.cpp - matrix products and determinants ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Linear.h"
#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

static LogicalResult importMatMul(NodeImporter &n) {
  Value a = n.input(0), b = n.input(1);
  if (!a || !b || !n.requireSameElementType(a, b))
    return failure();
  return n.result(matmul(n, a, b));
}

/// alpha · A' · B' + beta · C
static LogicalResult importGemm(NodeImporter &n) {
  Value a = n.input(0), b = n.input(1), c = n.input(2);
  double alpha = n.floatAttr("alpha", 1), beta = n.floatAttr("beta", 1);
  bool transA = n.boolAttr("transA"), transB = n.boolAttr("transB");
  if (n.opset() < 7)
    n.ignoreAttr("broadcast");
  if (!a || !b || !n.requireRank(a, 2, 2, "A") || !n.requireRank(b, 2, 2, "B") ||
      !n.requireSameElementType(a, b))
    return failure();
  Expr y(n, dot(n, a, b, {}, {}, {transA ? 0 : 1}, {transB ? 1 : 0}));
  if (alpha != 1)
    y = y * alpha;
  if (!c || !y)
    return n.result(y);
  Expr addend(n, c);
  if (beta != 1)
    addend = addend * beta;
  return n.result(y + n.broadcastTo(addend, n.sizes(y)));
}

/// Gaussian elimination with partial pivoting, one column at a time:
///   det A = ± pivot · det (rest − column/pivot · row)
static LogicalResult importDet(NodeImporter &n) {
  Value x = n.input(0);
  if (!x || !n.requireRank(x, 2, INT64_MAX, "X"))
    return failure();
  int64_t rank = n.rankOf(x), order = n.shapeOf(x)[rank - 1];
  constexpr int64_t kLargest = 256;
  if (ShapedType::isDynamic(order) || order != n.shapeOf(x)[rank - 2])
    return n.emitError() << "needs square matrices of known size";
  if (order > kLargest)
    return n.emitError() << "matrices of order " << order << " are larger than the "
                         << kLargest << " supported";
  Type element = n.elementTypeOf(x), i64 = n.getBuilder().getI64Type();
  Sizes batch(ArrayRef<Size>(n.sizes(x)).drop_back(2));
  int64_t rows = rank - 2, columns = rank - 1;
  Expr determinant(n, n.broadcastTo(n.scalar(element, 1), batch)), matrix(n, x);
  for (int64_t m = order; m > 0; --m) {
    if (!matrix)
      return failure();
    Expr first(n, n.sliceAxis(matrix, columns, Size(0), Size(1)));
    auto shape = llvm::to_vector(n.shapeOf(matrix));
    shape[rows] = shape[columns] = 1;
    // Where the column's largest element is, as a mask over the rows.
    Expr place(n, n.create<dl::ArgReduceOp>(n.tensorType(shape, i64), dl::ArgReduceKind::max,
                                            first.abs().get(), rows, false, true));
    Expr row(n, n.unsqueeze(n.iota({Size(m)}, i64, 0), {1}));
    Expr isPivot = place.eq(row.get());
    Expr pivotRow = isPivot.select(matrix, 0.0).sum({rows});
    Expr pivot(n, n.sliceAxis(pivotRow, columns, Size(0), Size(1)));
    Expr swapped = place.ne(0.0);
    Expr one(n, n.scalar(element, 1));
    determinant = determinant * (pivot * swapped.select(-one, one).get()).squeeze({rows, columns});
    if (m == 1)
      break;
    Value firstRow = n.sliceAxis(matrix, rows, Size(0), Size(1));
    Expr exchanged = isPivot.select(firstRow, matrix);
    Expr below(n, n.sliceAxis(exchanged, rows, Size(1), Size(m - 1)));
    Expr safe = pivot.eq(0.0).select(one, pivot);
    Expr factor = Expr(n, n.sliceAxis(below, columns, Size(0), Size(1))) / safe.get();
    Expr rest(n, n.sliceAxis(below, columns, Size(1), Size(m - 1)));
    matrix = rest - (factor * n.sliceAxis(pivotRow, columns, Size(1), Size(m - 1))).get();
  }
  return n.result(determinant);
}

void dlc::onnx::registerLinearOps(OpTable &table) {
  table.add("Det", 11, 1, importDet);
  table.add("Gemm", 1, {2, 3}, importGemm);
  table.add("MatMul", 1, 2, importMatMul);
}
