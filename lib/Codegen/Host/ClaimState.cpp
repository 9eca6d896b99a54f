//===- ClaimState.cpp - which launches write state in place ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBufferizer.h"
#include "KernelFailures.h"
#include "dlc/Codegen/InPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

/// Launches of a kernel on what it was launched on before: the values are known to be right.
static DenseSet<Operation *> findRepeated(Block &block) {
  DenseSet<Operation *> repeated;
  DenseMap<std::pair<Attribute, llvm::hash_code>, SmallVector<dispatch::LaunchOp>> seen;
  for (auto launch : block.getOps<dispatch::LaunchOp>()) {
    ValueRange inputs = launch.getInputs();
    auto &earlier = seen[{launch.getKernelAttr(), llvm::hash_combine_range(inputs)}];
    if (llvm::any_of(earlier, [&](dispatch::LaunchOp other) { return other.getInputs() == inputs; }))
      repeated.insert(launch);
    else
      earlier.push_back(launch);
  }
  return repeated;
}

/// Whether a size follows from the arguments': a buffer of such sizes has its place in the
/// arena, which is asked for once, at the start (-dl-plan-memory).
static bool isKnownAtStart(Value size) {
  Operation *op = size.getDefiningOp();
  if (!op)
    return false;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    return argument && isa<func::FuncOp>(argument.getOwner()->getParentOp()) &&
           matchPattern(dim.getIndex(), m_Constant());
  }
  return isa<arith::ArithDialect>(op->getDialect()) && isPure(op) &&
         llvm::all_of(op->getOperands(), isKnownAtStart);
}

/// Whether a tensor's sizes follow from the arguments'.
static bool hasKnownSizes(Value tensor) {
  if (cast<RankedTensorType>(tensor.getType()).hasStaticShape())
    return true;
  if (auto launch = tensor.getDefiningOp<dispatch::LaunchOp>())
    return llvm::all_of(launch.getSizes(), isKnownAtStart);
  if (auto view = tensor.getDefiningOp<dispatch::ViewOp>())
    return llvm::all_of(view.getSizes(), isKnownAtStart);
  return isa<BlockArgument>(tensor);
}

/// Whether an op makes an output whose sizes only data decide: the caller's tensor may have
/// others.
static bool mayRefuseOutput(Operation &op) {
  return llvm::any_of(op.getResults(), [](Value result) {
    return isa<RankedTensorType>(result.getType()) && !hasKnownSizes(result) &&
           llvm::any_of(result.getUsers(), llvm::IsaPred<func::ReturnOp>);
  });
}

/// The first op of the block from which on nothing can fail.
static Operation *findSafeStart(Block &block, KernelFailures &failures) {
  DenseSet<Operation *> repeated = findRepeated(block);
  Operation *first = block.getTerminator();
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    bool isSafe = isa<dispatch::ViewOp, dl::GlobalLoadOp, dl::GlobalStoreOp, dl::ConstantOp,
                      tensor::DimOp, tensor::FromElementsOp>(op) ||
                  (isa<arith::ArithDialect>(op.getDialect()) && isPure(&op));
    if (auto launch = dyn_cast<dispatch::LaunchOp>(op)) {
      Failure allowed = repeated.contains(launch) ? Failure::Values : Failure::None;
      isSafe = llvm::all_of(launch.getSizes(), isKnownAtStart) &&
               (failures.get(launch.getKernelAttr().getAttr()) & ~allowed) == Failure::None;
    }
    if (!isSafe || mayRefuseOutput(op))
      break;
    first = &op;
  }
  return first;
}

/// Whether all that reads the value, or a view of it, is over before `end`; `end` itself may
/// read it as one of the inputs `allowed`.
static bool isReadBefore(Value value, dispatch::LaunchOp end, ArrayRef<int64_t> allowed) {
  Block *block = end->getBlock();
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (user == end)
      return llvm::is_contained(allowed, use.getOperandNumber()) &&
             value.getDefiningOp<dl::GlobalLoadOp>();
    Operation *place = block->findAncestorOpInBlock(*user);
    if (!place || !place->isBeforeInBlock(end))
      return false;
    return isa<dispatch::LaunchOp>(user) ||
           (isa<dispatch::ViewOp>(user) && isReadBefore(user->getResult(0), end, allowed));
  });
}

/// The inputs that a result of a kernel may be written over.
static SmallVector<int64_t> getPointwiseInputs(Operation *kernel, int64_t result) {
  SmallVector<int64_t> inputs;
  if (auto pairs = kernel->getAttrOfType<DenseI64ArrayAttr>(kPointwiseAttr))
    for (int64_t i = 0; i + 1 < pairs.size(); i += 2)
      if (pairs[i + 1] == result)
        inputs.push_back(pairs[i]);
  return inputs;
}

/// Moves the stores of a block that come before `start`, from which on nothing can fail, to
/// it: a run that fails changes nothing. Not those of state that is read again.
static void sinkStores(Block &block, Operation *start,
                       function_ref<bool(dl::GlobalStoreOp)> isReadLater) {
  SmallVector<Operation *> early;
  for (auto store : block.getOps<dl::GlobalStoreOp>())
    if (store->isBeforeInBlock(start) && !isReadLater(store))
      early.push_back(store);
  for (Operation *store : early)
    store->moveBefore(start);
}

void HostBufferizer::claimState() {
  Block &block = func.getBody().front();
  DenseMap<Attribute, SmallVector<dl::GlobalLoadOp>> loads;
  DenseMap<Attribute, SmallVector<dl::GlobalStoreOp>> stores;
  func.walk([&](Operation *op) {
    if (auto load = dyn_cast<dl::GlobalLoadOp>(op))
      loads[load.getGlobalAttr()].push_back(load);
    else if (auto store = dyn_cast<dl::GlobalStoreOp>(op))
      stores[store.getGlobalAttr()].push_back(store);
  });
  if (stores.empty())
    return;
  KernelFailures failures(symbols);
  Operation *start = findSafeStart(block, failures);
  sinkStores(block, start, [&](dl::GlobalStoreOp store) {
    return stores[store.getGlobalAttr()].size() != 1 ||
           llvm::any_of(loads[store.getGlobalAttr()], [&](dl::GlobalLoadOp load) {
             Operation *place = block.findAncestorOpInBlock(*load);
             return !place || !place->isBeforeInBlock(store);
           });
  });
  for (auto &[global, written] : stores) {
    Value value = written[0].getValue(), made = getUpdatedRoot(value, symbols);
    auto launch = made.getDefiningOp<dispatch::LaunchOp>();
    if (written.size() != 1 || written[0]->getBlock() != &block || !launch ||
        launch->getBlock() != &block || launch->isBeforeInBlock(start) ||
        claims.contains(value) || stateClaims.contains(value))
      continue;
    Operation *kernel = symbols.lookup(launch.getKernel());
    if (!kernel || kernel->hasAttr(kInPlaceAttr))
      continue;
    SmallVector<int64_t> inputs =
        getPointwiseInputs(kernel, cast<OpResult>(made).getResultNumber());
    if (llvm::all_of(loads[global], [&](dl::GlobalLoadOp load) {
          return load->getBlock() == &block && isReadBefore(load.getOutput(), launch, inputs);
        }))
      for (Value each = value; each; each = getUpdatedInput(each.getDefiningOp(), symbols))
        stateClaims[each] = cast<FlatSymbolRefAttr>(global);
  }
}
