//===- Indexing.cpp - gathering and scattering elements -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

Value dlc::frontend::positions(NodeBuilder &n, Value indices, Size size) {
  return n.convert(n.wrapNegativeIndices(indices, size), n.getBuilder().getI64Type());
}

Value dlc::frontend::gatherElements(NodeBuilder &n, Value x, Value indices, int64_t axis,
                                    bool wrapNegative) {
  if (!n.requireDimension(x, axis))
    return {};
  indices = wrapNegative ? positions(n, indices, n.size(x, axis))
                         : n.convert(indices, n.getBuilder().getI64Type());
  for (int64_t d = 0, rank = n.rankOf(x); d < rank; ++d)
    if (d != axis && indices && x && !n.sameSize(n.size(x, d), n.size(indices, d)))
      x = n.sliceAxis(x, d, 0, n.size(indices, d));
  return pickElements(n, x, indices, axis, dl::IndexMode::error);
}

Value dlc::frontend::pickElements(NodeBuilder &n, Value x, Value indices, int64_t axis,
                                  dl::IndexMode mode) {
  if (!x || !indices)
    return {};
  if (n.shapeOf(x)[axis] == 0 || llvm::is_contained(n.shapeOf(indices), 0))
    return n.lookUpNothing(indices, n.elementTypeOf(x), n.sizes(indices));
  OpBuilder &b = n.getBuilder();
  int64_t rank = n.rankOf(x);
  SmallVector<int64_t> others = llvm::to_vector(llvm::seq(int64_t(0), rank));
  others.erase(others.begin() + axis);
  return n.infer<dl::GatherOp>(
      x, indices, b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({axis}),
      b.getDenseI64ArrayAttr(others), b.getDenseI64ArrayAttr(others),
      b.getDenseI64ArrayAttr({axis}), b.getI64IntegerAttr(rank),
      b.getDenseI64ArrayAttr(SmallVector<int64_t>(rank, 1)),
      dl::IndexModeAttr::get(n.getContext(), mode));
}

Value dlc::frontend::scatterElements(NodeBuilder &n, Value x, Value indices, Value updates,
                                     int64_t axis, dl::ScatterKind kind, bool wrapNegative) {
  if (!indices || !n.requireDimension(x, axis))
    return {};
  OpBuilder &b = n.getBuilder();
  indices = wrapNegative ? positions(n, indices, n.size(x, axis))
                         : n.convert(indices, b.getI64Type());
  if (!indices)
    return {};
  int64_t rank = n.rankOf(x);
  auto kindAttr = dl::ScatterKindAttr::get(n.getContext(), kind);
  auto mode = dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::error);
  SmallVector<int64_t> others;
  bool sameSizes = true;
  for (int64_t d = 0; d < rank; ++d)
    if (d != axis) {
      others.push_back(d);
      sameSizes &= n.sameSize(n.size(x, d), n.size(indices, d));
    }
  if (sameSizes)
    return n.infer<dl::ScatterOp>(x, indices, updates, b.getDenseI64ArrayAttr({}),
                                  b.getDenseI64ArrayAttr({axis}), b.getDenseI64ArrayAttr(others),
                                  b.getDenseI64ArrayAttr(others), b.getDenseI64ArrayAttr({axis}),
                                  b.getI64IntegerAttr(rank), kindAttr, mode);
  // Fewer updates than elements: the whole coordinates of each.
  Sizes count = n.sizes(indices);
  SmallVector<Value> coordinates;
  for (int64_t d = 0; d < rank; ++d) {
    Value coordinate = d == axis ? indices : n.iota(count, b.getI64Type(), d);
    coordinates.push_back(n.unsqueeze(coordinate, {rank}));
  }
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return n.infer<dl::ScatterOp>(x, n.concat(coordinates, rank), updates,
                                b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr(all),
                                b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}),
                                b.getDenseI64ArrayAttr(all), b.getI64IntegerAttr(rank), kindAttr,
                                mode);
}
