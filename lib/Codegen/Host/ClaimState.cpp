//===- ClaimState.cpp - which launches write state in place ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBufferizer.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

namespace {
/// Which kernels can report an error.
class KernelFailures {
public:
  explicit KernelFailures(const SymbolTable &symbols) : symbols(symbols) {}

  /// Whether a function of the LLVM dialect, or one that it calls or has called,
  /// reports an error or asks for memory. Any other may do so.
  bool mayFail(StringAttr name) {
    auto [known, isNew] = answers.try_emplace(name, false);
    if (!isNew)
      return known->second;
    bool answer = lookInto(name);
    answers[name] = answer;
    return answer;
  }

private:
  bool lookInto(StringAttr name) {
    auto function = symbols.lookup<LLVM::LLVMFuncOp>(name);
    if (!function)
      return !symbols.lookup<LLVM::GlobalOp>(name);
    if (function.isExternal())
      return name != "dlc_rt_parallel" && name != "dlc_rt_free" && !name.strref().starts_with("llvm.");
    WalkResult walked = function.walk([&](Operation *op) -> WalkResult {
      FlatSymbolRefAttr called;
      if (auto call = dyn_cast<LLVM::CallOp>(op))
        called = call.getCalleeAttr();
      else if (auto address = dyn_cast<LLVM::AddressOfOp>(op))
        called = address.getGlobalNameAttr();
      else
        return WalkResult::advance();
      bool fails = !called || mayFail(called.getAttr());
      return fails ? WalkResult::interrupt() : WalkResult::advance();
    });
    return walked.wasInterrupted();
  }

  const SymbolTable &symbols;
  DenseMap<StringAttr, bool> answers;
};
} // namespace

/// The first op of the block from which on nothing can fail.
static Operation *findSafeStart(Block &block, KernelFailures &failures) {
  Operation *first = block.getTerminator();
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    bool isSafe = isa<dispatch::ViewOp, dl::GlobalLoadOp, dl::GlobalStoreOp, dl::ConstantOp,
                      tensor::FromElementsOp>(op) ||
                  (isa<arith::ArithDialect>(op.getDialect()) && isPure(&op));
    if (auto launch = dyn_cast<dispatch::LaunchOp>(op))
      isSafe = launch.getSizes().empty() && !failures.mayFail(launch.getKernelAttr().getAttr());
    if (!isSafe)
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
  for (auto &[global, written] : stores) {
    Value value = written[0].getValue();
    auto launch = value.getDefiningOp<dispatch::LaunchOp>();
    if (written.size() != 1 || written[0]->getBlock() != &block || !launch ||
        launch->getBlock() != &block || launch->isBeforeInBlock(start) ||
        claims.contains(value) || stateClaims.contains(value))
      continue;
    Operation *kernel = symbols.lookup(launch.getKernel());
    if (!kernel || kernel->hasAttr(kInPlaceAttr))
      continue;
    SmallVector<int64_t> inputs =
        getPointwiseInputs(kernel, cast<OpResult>(value).getResultNumber());
    if (llvm::all_of(loads[global], [&](dl::GlobalLoadOp load) {
          return load->getBlock() == &block && isReadBefore(load.getOutput(), launch, inputs);
        }))
      stateClaims[value] = cast<FlatSymbolRefAttr>(global);
  }
}
