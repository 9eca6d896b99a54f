//===- HoistStores.cpp - new state as soon as it may be stored ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A training step ends with all updates, and by then all gradients are in memory. An
// update moves up to where its gradient is made, and gradient and new values are gone
// at once. It may not pass what reads the old state, nor what can end the run: a step
// that fails changes nothing.
//
//===----------------------------------------------------------------------===//

#include "LaunchCost.h"
#include "OpClasses.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

namespace dlc {
#define GEN_PASS_DEF_HOISTSTORES
#include "dlc/Codegen/Dispatch/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
/// Works on one block.
class StoreHoister {
public:
  StoreHoister(Block &block, SymbolTable &symbols) : block(block), symbols(symbols), costs(1) {}
  void run();

private:
  bool mayFail(Operation *op);
  bool kernelMayFail(dispatch::LaunchOp launch);
  /// Whether the size depends on what a kernel computes, so that its memory is asked
  /// for in the middle of a run.
  static bool isData(Value size);
  /// The stores of a launch's results, and the views between, in order; empty if
  /// anything else uses them.
  SmallVector<Operation *> findStores(Operation *launch);
  unsigned getLastReader(dl::GlobalLoadOp load, Operation *except) const;
  /// The place that a value is known after. What computes small ones moves up, too.
  unsigned settle(Value value);
  /// Notes that an op goes after what is at a place.
  void moveAfter(Operation *op, unsigned place);
  /// Moves what was noted.
  void rearrange();
  /// Moves what `last` stores, if it is the last store of its launch's results.
  void hoist(dl::GlobalStoreOp last, unsigned lastFailure);

  Block &block;
  SymbolTable &symbols;
  LaunchCosts costs;
  SmallVector<Operation *> ops;
  DenseMap<Operation *, unsigned> places;
  SetVector<Operation *> moved;            ///< in the order they were
  DenseMap<Attribute, SmallVector<dl::GlobalLoadOp>> loads;
};

struct HoistStoresPass : dlc::impl::HoistStoresBase<HoistStoresPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && !func->hasAttr(kKernelAttr))
        StoreHoister(func.front(), symbols).run();
  }
};
} // namespace

bool StoreHoister::isData(Value size) {
  Operation *op = size.getDefiningOp();
  if (!op || isa<tensor::DimOp, arith::ConstantOp>(op))
    return false;
  return !isa<arith::ArithDialect>(op->getDialect()) || llvm::any_of(op->getOperands(), isData);
}

bool StoreHoister::kernelMayFail(dispatch::LaunchOp launch) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  return !kernel || kernel.isExternal() ||
         llvm::any_of(kernel.front(), [](Operation &op) {
           return !isMemoryEffectFree(&op) || mayRefuseValues(&op);
         });
}

bool StoreHoister::mayFail(Operation *op) {
  if (auto launch = dyn_cast<dispatch::LaunchOp>(op))
    return kernelMayFail(launch) || llvm::any_of(launch.getSizes(), isData);
  return op->getNumRegions() || isa<dispatch::FailIfOp>(op);
}

SmallVector<Operation *> StoreHoister::findStores(Operation *launch) {
  SetVector<Operation *> stores;
  SmallVector<Operation *> pending(launch->getUsers());
  while (!pending.empty()) {
    Operation *user = pending.pop_back_val();
    bool isView = isa<dispatch::ViewOp>(user);
    if (user->getBlock() != &block || !(isView || isa<dl::GlobalStoreOp>(user)))
      return {};
    stores.insert(user);
    if (isView)
      llvm::append_range(pending, user->getUsers());
  }
  SmallVector<Operation *> sorted = stores.takeVector();
  llvm::sort(sorted, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return sorted;
}

unsigned StoreHoister::getLastReader(dl::GlobalLoadOp load, Operation *except) const {
  unsigned last = places.lookup(load);
  SmallVector<Operation *> pending(load->getUsers());
  while (!pending.empty()) {
    Operation *user = pending.pop_back_val();
    if (user == except)
      continue;
    // What it is by another name is read later.
    if (!isa<dispatch::LaunchOp, dl::GlobalStoreOp>(user))
      llvm::append_range(pending, user->getUsers());
    last = std::max(last, places.lookup(block.findAncestorOpInBlock(*user)));
  }
  return last;
}

void StoreHoister::moveAfter(Operation *op, unsigned place) {
  moved.insert(op);
  places[op] = place;
}

void StoreHoister::rearrange() {
  // What was moved comes after what has the place.
  SmallVector<std::tuple<unsigned, unsigned, Operation *>> sorted;
  for (Operation *op : ArrayRef(ops).drop_back())
    if (!moved.contains(op))
      sorted.push_back({places.lookup(op), 0, op});
  for (auto [i, op] : llvm::enumerate(moved))
    sorted.push_back({places.lookup(op), i + 1, op});
  llvm::sort(sorted);
  for (auto [place, turn, op] : sorted)
    op->moveBefore(block.getTerminator());
}

unsigned StoreHoister::settle(Value value) {
  static constexpr int64_t kSmall = 4096;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &block)
    return 0;
  bool isSmall = isMemoryEffectFree(op) && !op->getNumRegions() &&
                 llvm::all_of(op->getResults(), [&](Value result) {
                   return !isa<RankedTensorType>(result.getType()) || costs.getBytes(result) <= kSmall;
                 });
  unsigned now = places.lookup(op);
  if (!isSmall || moved.contains(op))
    return now;
  unsigned known = 0;
  for (Value operand : op->getOperands())
    known = std::max(known, settle(operand));
  if (known < now)
    moveAfter(op, known);
  return places.lookup(op);
}

void StoreHoister::hoist(dl::GlobalStoreOp last, unsigned lastFailure) {
  Value root = last.getValue();
  while (auto view = root.getDefiningOp<dispatch::ViewOp>())
    root = view.getSource();
  auto launch = root.getDefiningOp<dispatch::LaunchOp>();
  if (!launch || launch->getBlock() != &block || moved.contains(launch))
    return;
  // What is in between may fail: all of it moves with the last.
  SmallVector<Operation *> stores = findStores(launch);
  if (stores.empty() || stores.back() != last)
    return;
  unsigned place = lastFailure;
  for (Operation *op : stores)
    if (auto store = dyn_cast<dl::GlobalStoreOp>(op))
      for (dl::GlobalLoadOp load : loads.lookup(store.getGlobalAttr()))
        place = std::max(place, getLastReader(load, launch));
  for (Value operand : launch->getOperands())
    place = std::max(place, settle(operand));
  for (Operation *op : stores)
    for (Value operand : op->getOperands().drop_front())
      place = std::max(place, settle(operand));
  if (place >= places.lookup(launch))
    return;
  moveAfter(launch, place);
  for (Operation *op : stores)
    moveAfter(op, place);
}

void StoreHoister::run() {
  for (Operation &op : block) {
    places[&op] = ops.size();
    ops.push_back(&op);
    op.walk([&](dl::GlobalLoadOp load) { loads[load.getGlobalAttr()].push_back(load); });
  }
  unsigned lastFailure = 0;
  for (auto [place, op] : llvm::enumerate(ops)) {
    if (mayFail(op))
      lastFailure = place;
    else if (auto store = dyn_cast<dl::GlobalStoreOp>(op))
      hoist(store, lastFailure);
  }
  if (!moved.empty())
    rearrange();
}
