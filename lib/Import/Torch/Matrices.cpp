//===- Matrices.cpp - what importers of linear algebra share --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Matrices.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;

Value torch::matrix(NodeImporter &n, StringRef name) {
  Value x = n.tensor(name);
  return x && n.requireRank(x, 2, INT64_MAX, name) ? x : Value();
}

Value torch::onlyMatrix(NodeImporter &n) { return matrix(n, n.has("A") ? "A" : "self"); }

static Value requireSquare(NodeImporter &n, Value x) {
  if (!x)
    return {};
  Size rows = countRows(n, x), columns = countColumns(n, x);
  if (!n.sameSize(rows, columns))
    n.require(Direction::eq, rows, columns, "the matrix isn't square");
  return n.hasFailed() ? Value() : x;
}

Value torch::squareMatrix(NodeImporter &n, StringRef name) {
  return requireSquare(n, matrix(n, name));
}

Value torch::onlySquareMatrix(NodeImporter &n) { return requireSquare(n, onlyMatrix(n)); }

Size torch::countRows(NodeImporter &n, Value x) {
  return x ? n.size(x, n.rankOf(x) - 2) : Size(Value());
}
Size torch::countColumns(NodeImporter &n, Value x) {
  return x ? n.size(x, n.rankOf(x) - 1) : Size(Value());
}

Value torch::transposeMatrix(NodeImporter &n, Value x) {
  if (!n.requireRank(x, 2, INT64_MAX, "a matrix"))
    return {};
  SmallVector<int64_t> permutation = dimRange(0, n.rankOf(x));
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return n.transpose(x, permutation);
}

/// Where row and column numbers of matrices of these sizes compare as said.
static Expr compareNumbers(NodeImporter &n, Size rows, Size columns, Direction rowToColumn) {
  Type i64 = n.getBuilder().getI64Type();
  Expr row(n, n.iota({rows, Size(1)}, i64, 0));
  return row.compare(rowToColumn, n.iota({Size(1), columns}, i64, 1));
}

Expr torch::keepWhere(NodeImporter &n, Value x, Direction rowToColumn) {
  return compareNumbers(n, countRows(n, x), countColumns(n, x), rowToColumn).select(x, 0.0);
}

Value torch::identityLike(NodeImporter &n, Value x, Size rows) {
  if (!n.requireRank(x, 2, INT64_MAX, "a matrix"))
    return {};
  Expr one = compareNumbers(n, rows, rows, Direction::eq).to(n.elementTypeOf(x));
  Sizes sizes = n.sizes(x);
  sizes[sizes.size() - 2] = sizes.back() = rows;
  return n.broadcastTo(one, sizes);
}

Expr torch::diagonal(NodeImporter &n, Value x) {
  if (!x)
    return {n, {}};
  int64_t rank = n.rankOf(x);
  Size count = n.min(countRows(n, x), countColumns(n, x));
  Value square = n.sliceAxis(n.sliceAxis(x, rank - 2, 0, count), rank - 1, 0, count);
  return keepWhere(n, square, Direction::eq).sum({rank - 1}, /*keepDims=*/false);
}

Expr torch::scaleColumns(NodeImporter &n, Value x, Value vector) {
  return Expr(n, x) * Expr(n, vector).unsqueeze({x ? n.rankOf(x) - 2 : 0}).get();
}

Value torch::solveTriangular(NodeImporter &n, Value a, Value b, Triangle kind) {
  if (!frontend::broadcastBatches(n, a, b))
    return {};
  return n.infer<dl::TriangularSolveOp>(a, b, kind.isRightSide, kind.isUpper, kind.isUnit,
                                        kind.isTransposed);
}

Lu torch::factorLu(NodeImporter &n, Value a) {
  if (!a)
    return {};
  SmallVector<Value> results = n.inferMulti<dl::LuOp>(a);
  return results.empty() ? Lu() : Lu{results[0], results[1]};
}

Lu torch::takeLu(NodeImporter &n, Value factors, Value pivots) {
  if (!n.requireRank(pivots, 1, INT64_MAX, "pivots"))
    return {};
  return {factors, Expr(n, pivots) - 1.0};
}

Value torch::countFromOne(NodeImporter &n, Value pivots) { return Expr(n, pivots) + 1.0; }

Value torch::infoOf(NodeImporter &n, const Lu &lu) {
  return firstTrue(n, diagonal(n, lu.factors).eq(0.0));
}

Value torch::solveLu(NodeImporter &n, Lu lu, Value b, bool isTransposed) {
  Value factors = lu.factors, pivots = lu.pivots;
  if (!lu || !frontend::broadcastBatches(n, factors, b))
    return {};
  Sizes sizes(ArrayRef(n.sizes(b)).drop_back());
  sizes.back() = n.size(pivots, n.rankOf(pivots) - 1);
  pivots = n.broadcastTo(pivots, sizes);
  Triangle lower, upper;
  lower.isUnit = upper.isUpper = true;
  lower.isTransposed = upper.isTransposed = isTransposed;
  if (isTransposed) {
    Value x = solveTriangular(n, factors, solveTriangular(n, factors, b, upper), lower);
    return x ? n.infer<dl::ExchangeRowsOp>(x, pivots, /*backward=*/true) : Value();
  }
  Value x = n.infer<dl::ExchangeRowsOp>(b, pivots, /*backward=*/false);
  return solveTriangular(n, factors, solveTriangular(n, factors, x, lower), upper);
}

Value torch::firstTrue(NodeImporter &n, Value isTrue) {
  if (!isTrue)
    return {};
  Type i32 = n.getBuilder().getI32Type();
  int64_t last = n.rankOf(isTrue) - 1;
  Expr found(n, n.infer<dl::CumulativeOp>(dl::CumulativeKind::max, n.convert(isTrue, i32), last));
  Expr count = found.sum({last}, /*keepDims=*/false);
  Expr number = (sizeAs(n, n.size(isTrue, last), i32) - count.get()) + 1.0;
  return count.eq(0.0).select(n.scalarInt(i32, 0), number);
}

void torch::requireZero(NodeImporter &n, Value info, const Twine &message) {
  Expr isZero = Expr(n, info).eq(0.0);
  if (isZero)
    n.createVoid<dl::AssertOp>(isZero.get(), n.getBuilder().getStringAttr(
                                                 n.describe() + ": " + message));
}

Svd torch::factorSvd(NodeImporter &n, Value a, bool isFull) {
  if (!a)
    return {};
  SmallVector<Value> results = n.inferMulti<dl::SvdOp>(a, isFull);
  return results.empty() ? Svd() : Svd{results[0], results[1], results[2]};
}

Eigh torch::factorEigh(NodeImporter &n, Value a, bool isUpper) {
  if (!a)
    return {};
  SmallVector<Value> results = n.inferMulti<dl::EighOp>(a, isUpper);
  return results.empty() ? Eigh() : Eigh{results[0], results[1]};
}
