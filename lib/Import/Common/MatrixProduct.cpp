//===- MatrixProduct.cpp - products of matrices ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProduct.h"
#include "Expr.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

Value dlc::frontend::dot(NodeBuilder &n, Value a, Value b, ArrayRef<int64_t> batchA,
                     ArrayRef<int64_t> batchB, ArrayRef<int64_t> contractA,
                     ArrayRef<int64_t> contractB, Type result) {
  if (!a || !b)
    return {};
  auto shapeA = n.shapeOf(a), shapeB = n.shapeOf(b);
  auto has = [&](Value v, ArrayRef<int64_t> dims) {
    return llvm::all_of(dims, [&](int64_t d) { return d >= 0 && d < n.rankOf(v); });
  };
  if (!has(a, batchA) || !has(a, contractA) || !has(b, batchB) || !has(b, contractB)) {
    n.emitError() << "the ranks of " << a.getType() << " and " << b.getType()
                  << " are too low for its product";
    return {};
  }
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
  return n.create<dl::DotGeneralOp>(n.tensorType(shape, result ? result : n.elementTypeOf(a)), a, b,
                                    batchA, batchB, contractA, contractB);
}

bool dlc::frontend::broadcastBatches(NodeBuilder &n, Value &a, Value &b) {
  if (!a || !b)
    return false;
  int64_t rankA = n.rankOf(a), rankB = n.rankOf(b), rank = std::max(rankA, rankB);
  if (rankA < 2 || rankB < 2) {
    n.emitError() << "matrices are expected, not " << a.getType() << " and " << b.getType();
    return false;
  }
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
      return false;
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
  a = widen(a, sizesA);
  b = widen(b, sizesB);
  return a && b;
}

/// Both operands have rank 2 at least.
static Value matmulMatrices(NodeBuilder &n, Value a, Value b, Type result) {
  if (!a || !b)
    return {};
  int64_t rankA = n.rankOf(a), rankB = n.rankOf(b);
  // Where b's leading dimensions are all 1 it is one matrix.
  if (rankB > 2 && rankA >= rankB &&
      llvm::all_of(n.shapeOf(b).drop_back(2), [](int64_t size) { return size == 1; })) {
    b = n.squeeze(b, dimRange(0, rankB - 2));
    rankB = 2;
  }
  if (rankB == 2)
    return dot(n, a, b, {}, {}, {rankA - 1}, {0}, result);
  if (!broadcastBatches(n, a, b))
    return {};
  int64_t rank = n.rankOf(a);
  SmallVector<int64_t> dims = dimRange(0, rank - 2);
  return dot(n, a, b, dims, dims, {rank - 1}, {rank - 2}, result);
}

Value dlc::frontend::matmul(NodeBuilder &n, Value a, Value b, Type result) {
  if (!a || !b || !n.requireRank(a, 1, INT64_MAX, "A") || !n.requireRank(b, 1, INT64_MAX, "B"))
    return {};
  if (n.rankOf(b) == 1)
    return dot(n, a, b, {}, {}, {n.rankOf(a) - 1}, {0}, result);
  if (n.rankOf(a) > 1)
    return matmulMatrices(n, a, b, result);
  Value y = matmulMatrices(n, n.unsqueeze(a, {0}), b, result);
  return y ? n.squeeze(y, {n.rankOf(y) - 2}) : y;
}
