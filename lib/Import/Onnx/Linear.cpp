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

Value dlc::onnx::dot(NodeImporter &n, Value a, Value b, ArrayRef<int64_t> batchA,
                     ArrayRef<int64_t> batchB, ArrayRef<int64_t> contractA,
                     ArrayRef<int64_t> contractB) {
  if (!a || !b)
    return {};
  auto shapeA = n.shapeOf(a), shapeB = n.shapeOf(b);
  auto agree = [](int64_t x, int64_t y) {
    return x == y || ShapedType::isDynamic(x) || ShapedType::isDynamic(y);
  };
  for (auto [i, j] : llvm::zip(contractA, contractB))
    if (!agree(shapeA[i], shapeB[j])) {
      n.emitError() << "the sizes to be multiplied differ: " << shapeA[i] << " and "
                    << shapeB[j];
      return {};
    }
  SmallVector<int64_t> shape;
  for (auto [i, j] : llvm::zip(batchA, batchB))
    shape.push_back(ShapedType::isDynamic(shapeA[i]) ? shapeB[j] : shapeA[i]);
  for (int64_t d = 0; d < n.rankOf(a); ++d)
    if (!llvm::is_contained(batchA, d) && !llvm::is_contained(contractA, d))
      shape.push_back(shapeA[d]);
  for (int64_t d = 0; d < n.rankOf(b); ++d)
    if (!llvm::is_contained(batchB, d) && !llvm::is_contained(contractB, d))
      shape.push_back(shapeB[d]);
  return n.create<dl::DotGeneralOp>(n.tensorType(shape, n.elementTypeOf(a)), a, b, batchA, batchB,
                                    contractA, contractB);
}

/// Both operands have rank 2 at least.
static Value matmulMatrices(NodeImporter &n, Value a, Value b) {
  int64_t rankA = n.rankOf(a), rankB = n.rankOf(b);
  // Where b's leading dimensions are all 1 it is one matrix.
  if (rankB > 2 && rankA >= rankB &&
      llvm::all_of(n.shapeOf(b).drop_back(2), [](int64_t size) { return size == 1; })) {
    b = n.squeeze(b, dimRange(0, rankB - 2));
    rankB = 2;
  }
  if (rankB == 2)
    return dot(n, a, b, {}, {}, {rankA - 1}, {0});
  int64_t rank = std::max(rankA, rankB);
  Sizes sizesA = n.sizes(a), sizesB = n.sizes(b), batch;
  for (int64_t d = 0; d < rank - 2; ++d) {
    int64_t i = d - (rank - rankA), j = d - (rank - rankB);
    Size x = i < 0 ? Size(1) : sizesA[i], y = j < 0 ? Size(1) : sizesB[j];
    if (x.is(1))
      batch.push_back(y);
    else if (y.is(1) || n.sameSize(x, y))
      batch.push_back(x);
    else if (x.isStatic() && y.isStatic()) {
      n.emitError() << "leading sizes " << x.getStatic() << " and " << y.getStatic()
                    << " can't be broadcast";
      return {};
    } else
      batch.push_back(x.isStatic() ? x : y.isStatic() ? y : n.max(x, y));
  }
  auto widen = [&](Value v, Sizes sizes) -> Value {
    Sizes wanted = batch;
    wanted.append(sizes.end() - 2, sizes.end());
    bool same = sizes.size() == wanted.size() &&
                llvm::all_of(llvm::zip(sizes, wanted), [&](auto pair) {
                  return n.sameSize(std::get<0>(pair), std::get<1>(pair));
                });
    return same ? v : n.broadcastTo(v, wanted);
  };
  SmallVector<int64_t> dims = dimRange(0, rank - 2);
  return dot(n, widen(a, sizesA), widen(b, sizesB), dims, dims, {rank - 1}, {rank - 2});
}

Value dlc::onnx::matmul(NodeImporter &n, Value a, Value b) {
  if (!a || !b || !n.requireRank(a, 1, INT64_MAX, "A") || !n.requireRank(b, 1, INT64_MAX, "B"))
    return {};
  if (n.rankOf(b) == 1)
    return dot(n, a, b, {}, {}, {n.rankOf(a) - 1}, {0});
  if (n.rankOf(a) > 1)
    return matmulMatrices(n, a, b);
  Value y = matmulMatrices(n, n.unsqueeze(a, {0}), b);
  return y ? n.squeeze(y, {n.rankOf(y) - 2}) : y;
}

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
