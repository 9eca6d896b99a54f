//===- Common.cpp - what rules of several families are written in ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

SmallVector<int64_t> autodiff::invert(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, d] : llvm::enumerate(permutation))
    inverse[d] = i;
  return inverse;
}

SmallVector<int64_t> autodiff::upTo(int64_t count) {
  return llvm::to_vector(llvm::seq<int64_t>(0, count));
}

Value autodiff::sumOver(TensorBuilder &b, Value x, ArrayRef<int64_t> dims) {
  return ReduceOp::create(b, ReductionKind::sum, x, dims, /*keep_dims=*/false);
}

Value autodiff::zerosLike(TensorBuilder &b, Value like, Type elementType) {
  return b.splatLike(0.0, like, elementType);
}

Value autodiff::where(TensorBuilder &b, Value pred, Value x) {
  return b.select(pred, x, zerosLike(b, x));
}

Value autodiff::applyWith(TensorBuilder &b, Operation *op, unsigned i, Value operand) {
  Operation *applied = op->clone();
  applied->setOperand(i, operand);
  b.insert(applied);
  return applied->getResult(0);
}

Size autodiff::maximum(TensorBuilder &b, Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return std::max(x.known, y.known);
  return b.binary<MaxOp>(b.scalar(x), b.scalar(y));
}

Value autodiff::sliceAlong(TensorBuilder &b, Value x, int64_t dim, Size start, Size size) {
  if (start.isStatic() && size.isStatic())
    return b.slice(x, dim, start.known, start.known + size.known);
  SmallVector<Size> starts(getTensorType(x).getRank(), 0), sizes = b.sizes(x);
  starts[dim] = start;
  sizes[dim] = size;
  SmallVector<int64_t> shape =
      llvm::map_to_vector(sizes, [](const Size &each) { return each.known; });
  return DynamicSliceOp::create(b, getTensorType(x).clone(shape), x, b.shape(starts),
                                b.shapeOperand(sizes), /*strides=*/Value());
}

Value autodiff::padZeros(TensorBuilder &b, Value x, ArrayRef<Size> low, ArrayRef<Size> high,
                         ArrayRef<int64_t> interior) {
  RankedTensorType type = getTensorType(x);
  bool isStatic = true;
  SmallVector<int64_t> shape, lows, highs;
  for (auto [d, before, after, between] : llvm::enumerate(low, high, interior)) {
    isStatic &= before.isStatic() && after.isStatic();
    lows.push_back(before.known);
    highs.push_back(after.known);
    int64_t size = type.getDimSize(d);
    bool isKnown = !ShapedType::isDynamic(size) && before.isStatic() && after.isStatic();
    shape.push_back(isKnown ? before.known + size + std::max<int64_t>(size - 1, 0) * between +
                                  after.known
                            : ShapedType::kDynamic);
  }
  if (!isStatic) {
    lows.assign(low.size(), 0);
    highs.assign(low.size(), 0);
  }
  Value zero = b.scalar(0.0, type.getElementType());
  return PadOp::create(b, type.clone(shape), x, zero, isStatic ? Value() : b.shape(low),
                       isStatic ? Value() : b.shape(high), lows, highs, interior,
                       PadMode::constant);
}

/// All dimensions but one.
static SmallVector<int64_t> allBut(int64_t dim, int64_t rank) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    if (d != dim)
      dims.push_back(d);
  return dims;
}

bool autodiff::isEmpty(Value x) {
  return llvm::is_contained(getTensorType(x).getShape(), 0);
}

Value autodiff::takeAlong(TensorBuilder &b, Value x, Value indices, int64_t dim) {
  RankedTensorType type = getTensorType(x);
  if (isEmpty(x)) // a gather takes elements that are there
    return zerosLike(b, indices, type.getElementType());
  int64_t rank = type.getRank();
  SmallVector<int64_t> batch = allBut(dim, rank), ones(rank, 1);
  return GatherOp::create(b, x, indices, /*offset_dims=*/ArrayRef<int64_t>{},
                          /*collapsed_slice_dims=*/ArrayRef<int64_t>{dim}, batch, batch,
                          /*start_index_map=*/ArrayRef<int64_t>{dim},
                          /*index_vector_dim=*/rank, ones, IndexMode::drop);
}

Value autodiff::addAlong(TensorBuilder &b, Value like, Value indices, Value updates,
                         int64_t dim) {
  int64_t rank = getTensorType(like).getRank();
  SmallVector<int64_t> batch = allBut(dim, rank);
  Value zeros = zerosLike(b, like, getTensorType(updates).getElementType());
  return ScatterOp::create(b, zeros, indices, updates, /*update_window_dims=*/ArrayRef<int64_t>{},
                           /*inserted_window_dims=*/ArrayRef<int64_t>{dim}, batch, batch,
                           /*scatter_dims_to_operand_dims=*/ArrayRef<int64_t>{dim},
                           /*index_vector_dim=*/rank, ScatterKind::add, IndexMode::drop);
}

Value autodiff::transposeCopies(TensorBuilder &b, Operation *op, unsigned i, Value cotangent) {
  Value x = op->getOperand(i);
  SmallVector<Size> sizes = b.sizes(x);
  Size count = 1;
  for (const Size &size : sizes)
    count = b.mul(count, size);
  Value numbers = b.reshape(b.iota({count}, 0, b.getI64Type()), sizes);
  Operation *applied = op->clone();
  applied->setOperand(i, numbers);
  applied->getResult(0).setType(getTensorType(applied->getResult(0)).clone(b.getI64Type()));
  b.insert(applied);
  Size made = 1;
  for (const Size &size : b.sizes(cotangent))
    made = b.mul(made, size);
  Value zeros = b.splat(b.scalar(0.0, getTensorType(cotangent).getElementType()), {count});
  Value added = addAlong(b, zeros, b.reshape(applied->getResult(0), {made}),
                         b.reshape(cotangent, {made}), 0);
  return b.reshape(added, sizes);
}

Value autodiff::matmul(TensorBuilder &b, Value x, Value y, bool transposeX, bool transposeY) {
  int64_t rank = getTensorType(x).getRank();
  SmallVector<int64_t> batch = upTo(rank - 2);
  return DotGeneralOp::create(b, x, y, batch, batch,
                              ArrayRef<int64_t>{transposeX ? rank - 2 : rank - 1},
                              ArrayRef<int64_t>{transposeY ? rank - 1 : rank - 2});
}

Value autodiff::transposeMatrix(TensorBuilder &b, Value x) {
  int64_t rank = getTensorType(x).getRank();
  SmallVector<int64_t> permutation = upTo(rank);
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return b.transpose(x, permutation);
}

Value autodiff::keepTriangle(TensorBuilder &b, Value x, ComparisonDirection rowToColumn) {
  int64_t rank = getTensorType(x).getRank();
  SmallVector<Size> sizes = b.sizes(x);
  Value rows = b.iota(sizes, rank - 2, b.getI64Type());
  Value columns = b.iota(sizes, rank - 1, b.getI64Type());
  return where(b, b.compare(rowToColumn, rows, columns), x);
}
