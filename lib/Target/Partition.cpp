//===- Partition.cpp - one module into several ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partition.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace dlc {

/// Fewer ops than this aren't worth a module of their own.
constexpr int64_t kOpsPerPartition = 1500;

namespace {
class Partitioner {
public:
  Partitioner(ModuleOp module) : module(module) {
    for (Operation &op : *module.getBody())
      if (auto symbol = dyn_cast<SymbolOpInterface>(op))
        symbols[symbol.getNameAttr()] = &op;
  }

  SmallVector<OwningOpRef<ModuleOp>> run(unsigned maxPartitions);

private:
  /// A kernel with all that is reached from it and can be duplicated.
  struct Unit {
    llvm::SetVector<Operation *> ops;
    int64_t size = 0;
  };

  Operation *lookup(Attribute name) { return symbols.lookup(name); }

  template <typename Fn> void forEachReference(Operation *op, Fn fn) {
    op->walk([&](Operation *inner) {
      inner->getAttrDictionary().walk([&](FlatSymbolRefAttr ref) {
        if (Operation *target = lookup(ref.getAttr()))
          fn(target);
      });
    });
  }

  /// A private function or constant that every partition may have a copy of.
  static bool isDuplicable(Operation *op) {
    if (auto func = dyn_cast<LLVM::LLVMFuncOp>(op))
      return !func.isExternal() && !op->hasAttr(kKernelAttr) && !func.getSymName().starts_with(kEntryName);
    if (auto global = dyn_cast<LLVM::GlobalOp>(op))
      return global.getConstant() && !global.isDeclaration();
    return false;
  }

  Unit makeUnit(LLVM::LLVMFuncOp kernel) {
    Unit unit;
    unit.ops.insert(kernel);
    for (size_t i = 0; i < unit.ops.size(); ++i) {
      unit.ops[i]->walk([&](Operation *) { ++unit.size; });
      forEachReference(unit.ops[i], [&](Operation *target) {
        if (isDuplicable(target))
          unit.ops.insert(target);
      });
    }
    return unit;
  }

  static OwningOpRef<ModuleOp> makeModule(ModuleOp like) {
    OwningOpRef<ModuleOp> result = ModuleOp::create(like.getLoc());
    for (NamedAttribute attr : like->getDiscardableAttrs())
      if (isa_and_nonnull<LLVM::LLVMDialect>(attr.getNameDialect()))
        (*result)->setAttr(attr.getName(), attr.getValue());
    return result;
  }

  /// Declares in `part` what its ops refer to and don't define.
  void declareMissing(ModuleOp part);

  ModuleOp module;
  llvm::DenseMap<Attribute, Operation *> symbols;
};
} // namespace

/// Seen from other objects of the artefact, but not from outside.
static void makeHidden(Operation *op) {
  if (auto func = dyn_cast<LLVM::LLVMFuncOp>(op)) {
    func.setLinkage(LLVM::Linkage::External);
    func.setVisibility_(LLVM::Visibility::Hidden);
  } else if (auto global = dyn_cast<LLVM::GlobalOp>(op)) {
    global.setLinkage(LLVM::Linkage::External);
    global.setVisibility_(LLVM::Visibility::Hidden);
  }
}

void Partitioner::declareMissing(ModuleOp part) {
  llvm::DenseSet<Attribute> present;
  for (auto symbol : part.getOps<SymbolOpInterface>())
    present.insert(symbol.getNameAttr());
  llvm::SetVector<Operation *> missing;
  for (Operation &op : *part.getBody())
    forEachReference(&op, [&](Operation *target) {
      if (!present.contains(cast<SymbolOpInterface>(target).getNameAttr()))
        missing.insert(target);
    });
  OpBuilder b = OpBuilder::atBlockBegin(part.getBody());
  for (Operation *op : missing) {
    if (auto func = dyn_cast<LLVM::LLVMFuncOp>(op)) {
      if (!func.isExternal())
        makeHidden(func);
      auto declared = cast<LLVM::LLVMFuncOp>(b.insert(func->cloneWithoutRegions()));
      declared.setLinkage(LLVM::Linkage::External);
      declared->removeAttr(kKernelAttr);
    } else if (auto global = dyn_cast<LLVM::GlobalOp>(op)) {
      if (!global.isDeclaration())
        makeHidden(global);
      auto declared = cast<LLVM::GlobalOp>(b.insert(global->cloneWithoutRegions()));
      declared.removeValueAttr();
      declared.setLinkage(LLVM::Linkage::External);
    }
  }
}

SmallVector<OwningOpRef<ModuleOp>> Partitioner::run(unsigned maxPartitions) {
  std::vector<Unit> units;
  int64_t total = 0;
  for (auto func : module.getOps<LLVM::LLVMFuncOp>())
    if (func->hasAttr(kKernelAttr) && !func.isExternal()) {
      units.push_back(makeUnit(func));
      total += units.back().size;
    }
  int64_t count = std::min<int64_t>(maxPartitions - 1, llvm::divideCeil(total, kOpsPerPartition));
  count = total < kOpsPerPartition ? 0 : std::min<int64_t>(count, units.size());

  // The largest first, each to the partition with the least to do.
  SmallVector<OwningOpRef<ModuleOp>> parts;
  parts.push_back(makeModule(module));
  if (count > 0) {
    auto order = llvm::to_vector(llvm::make_pointer_range(units));
    llvm::sort(order, [](const Unit *a, const Unit *b) {
      return std::pair(-a->size, a) < std::pair(-b->size, b);
    });
    SmallVector<int64_t> load(count);
    std::vector<llvm::SetVector<Operation *>> members(count);
    for (const Unit *unit : order) {
      size_t least = llvm::min_element(load) - load.begin();
      load[least] += unit->size;
      members[least].insert(unit->ops.begin(), unit->ops.end());
    }
    for (auto &ops : members) {
      parts.push_back(makeModule(module));
      OpBuilder b = OpBuilder::atBlockEnd(parts.back()->getBody());
      for (Operation *op : ops) {
        if (op->hasAttr(kKernelAttr))
          makeHidden(op);
        b.clone(*op);
      }
    }
    for (size_t i = 1; i < parts.size(); ++i)
      declareMissing(*parts[i]);
    for (const Unit &unit : units) { // the host keeps a declaration
      auto kernel = cast<LLVM::LLVMFuncOp>(unit.ops.front());
      kernel.getBody().dropAllReferences();
      kernel.getBody().getBlocks().clear();
    }
  }
  ModuleOp host = *parts.front();
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (isa<LLVM::LLVMDialect>(op.getDialect()))
      op.moveBefore(host.getBody(), host.getBody()->end());
  return parts;
}

SmallVector<OwningOpRef<ModuleOp>> partitionModule(ModuleOp module, unsigned maxPartitions) {
  return Partitioner(module).run(maxPartitions);
}

} // namespace dlc
