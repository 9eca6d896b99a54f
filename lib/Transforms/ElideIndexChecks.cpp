//===- ElideIndexChecks.cpp - indices are compared once -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/Dl.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"
#include "llvm/ADT/TypeSwitch.h"

namespace dlc {
#define GEN_PASS_DEF_ELIDEINDEXCHECKS
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

/// The indices of an access to single elements along one dimension of static size, and
/// that size: all that it can fail for. No value if the access is another, or can't fail.
static std::pair<Value, int64_t> getCheck(Operation *op) {
  Value input, indices;
  ArrayRef<int64_t> dims;
  bool isChecked = false, isSingle = false;
  TypeSwitch<Operation *>(op)
      .Case([&](dl::GatherOp gather) {
        isChecked = gather.getMode() == dl::IndexMode::error;
        input = gather.getInput();
        indices = gather.getIndices();
        dims = gather.getStartIndexMap();
        isSingle = dims.size() == 1 && gather.getSliceSizes()[dims[0]] == 1;
      })
      .Case([&](dl::ScatterOp scatter) {
        isChecked = scatter.getMode() == dl::IndexMode::error;
        input = scatter.getInput();
        indices = scatter.getIndices();
        dims = scatter.getScatterDimsToOperandDims();
        isSingle = dims.size() == 1 &&
                   llvm::is_contained(scatter.getInsertedWindowDims(), dims[0]);
      });
  if (!isChecked || !isSingle)
    return {};
  int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(dims[0]);
  if (ShapedType::isDynamic(size))
    return {};
  while (auto reshape = indices.getDefiningOp<dl::ReshapeOp>())
    indices = reshape.getInput();
  return {indices, size};
}

namespace {
struct ElideIndexChecksPass : dlc::impl::ElideIndexChecksBase<ElideIndexChecksPass> {
  void runOnOperation() override {
    DominanceInfo dominance(getOperation());
    DenseMap<std::pair<Value, int64_t>, SmallVector<Operation *>> checkers;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      auto check = getCheck(op);
      if (!check.first)
        return;
      SmallVector<Operation *> &earlier = checkers[check];
      if (llvm::none_of(earlier, [&](Operation *other) { return dominance.properlyDominates(other, op); })) {
        earlier.push_back(op);
        return;
      }
      ++numElided;
      TypeSwitch<Operation *>(op).Case<dl::GatherOp, dl::ScatterOp>(
          [](auto access) { access.setMode(dl::IndexMode::drop); });
    });
  }
};
} // namespace
