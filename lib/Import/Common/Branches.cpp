//===- Branches.cpp - building the branches of an scf.if ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Branches.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

RankedTensorType frontend::join(RankedTensorType a, RankedTensorType b) {
  if (a.getRank() != b.getRank() || a.getElementType() != b.getElementType())
    return {};
  SmallVector<int64_t> shape(a.getShape());
  for (auto [size, other] : llvm::zip_equal(shape, b.getShape()))
    if (size != other)
      size = ShapedType::kDynamic;
  return RankedTensorType::get(shape, a.getElementType());
}

Branches::Branches(NodeBuilder &n, Value flag)
    : n(n), flag(flag), draft(scf::IfOp::create(n.getBuilder(), n.getLoc(), TypeRange(), flag,
                                                /*withElseRegion=*/true)) {}

bool Branches::build(
    llvm::function_ref<bool(unsigned branch, SmallVectorImpl<Value> &results)> make) {
  OpBuilder &b = n.getBuilder();
  for (unsigned i : {0, 1}) {
    OpBuilder::InsertionGuard guard(b);
    Block &block = getRegion(i).front();
    block.clear();
    b.setInsertionPointToStart(&block);
    if (!make(i, results[i]))
      return false;
  }
  return true;
}

SmallVector<Value> Branches::finish(ArrayRef<Type> types) {
  OpBuilder &b = n.getBuilder();
  for (unsigned i : {0, 1}) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&getRegion(i).front());
    for (auto [value, type] : llvm::zip_equal(results[i], types))
      value = n.castTo(value, cast<RankedTensorType>(type));
    if (n.hasFailed())
      return {};
    scf::YieldOp::create(b, n.getLoc(), results[i]);
  }
  auto op = scf::IfOp::create(b, n.getLoc(), types, flag, /*withElseRegion=*/true);
  for (unsigned i : {0, 1})
    op->getRegion(i).takeBody(getRegion(i));
  draft.erase();
  return SmallVector<Value>(op.getResults());
}
