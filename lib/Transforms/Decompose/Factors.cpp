//===- Factors.cpp - the decomposition of qr ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

/// The first `size` elements along a dimension.
static Value takeFirst(TensorBuilder &b, Value x, int64_t dim, Size size) {
  RankedTensorType type = getTensorType(x);
  if (size.isStatic())
    return type.getDimSize(dim) == size.known ? x : b.slice(x, dim, 0, size.known);
  SmallVector<Size> sizes = b.sizes(x);
  sizes[dim] = size;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = ShapedType::kDynamic;
  return DynamicSliceOp::create(b, type.clone(shape), x,
                                b.constant(SmallVector<int64_t>(type.getRank(), 0)),
                                b.shapeOperand(sizes), /*strides=*/Value());
}

/// Columns of zeros up to `count` of them.
static Value fillColumns(TensorBuilder &b, Value x, Size count) {
  RankedTensorType type = getTensorType(x);
  int64_t rank = type.getRank();
  SmallVector<int64_t> zeros(rank, 0), shape(type.getShape());
  SmallVector<Size> high(rank, 0);
  high.back() = b.sub(count, b.size(x, rank - 1));
  shape.back() = count.isStatic() ? count.known : ShapedType::kDynamic;
  return PadOp::create(b, type.clone(shape), x, b.scalar(0.0, type.getElementType()),
                       b.shape(SmallVector<Size>(rank, 0)), b.shape(high), zeros, zeros, zeros,
                       PadMode::constant);
}

static Value upperTriangle(TensorBuilder &b, Value x) {
  int64_t rank = getTensorType(x).getRank();
  SmallVector<Size> sizes = b.sizes(x);
  Value rows = b.iota(sizes, rank - 2, b.getI64Type());
  Value columns = b.iota(sizes, rank - 1, b.getI64Type());
  return b.select(b.compare(ComparisonDirection::le, rows, columns), x, b.splatLike(0.0, x));
}

/// Q of as many columns as R has rows: a reflection's column is followed by zeros.
static LogicalResult decomposeQr(QrOp op, TensorBuilder &b, SmallVectorImpl<Value> &results) {
  Value input = op.getInput();
  RankedTensorType type = getTensorType(input);
  int64_t rank = type.getRank();
  SmallVector<int64_t> tauShape(type.getShape().drop_back(2));
  int64_t m = type.getDimSize(rank - 2), n = type.getDimSize(rank - 1);
  tauShape.push_back(ShapedType::isDynamic(m) || ShapedType::isDynamic(n) ? ShapedType::kDynamic
                                                                          : std::min(m, n));
  auto factored = HouseholderQrOp::create(b, TypeRange{type, type.clone(tauShape)}, input);
  Value factors = factored.getFactors(), tau = factored.getTau();
  Size count = b.size(tau, rank - 2);
  Value vectors = takeFirst(b, factors, rank - 1, count);
  if (op.getComplete())
    vectors = fillColumns(b, vectors, b.size(input, rank - 2));
  else
    factors = takeFirst(b, factors, rank - 2, count);
  results.push_back(HouseholderProductOp::create(b, vectors.getType(), vectors, tau));
  results.push_back(upperTriangle(b, factors));
  return success();
}

void decompose::addFactors(DecomposerMap &map) { addMany<QrOp, decomposeQr>(map); }
