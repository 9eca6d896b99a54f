//===- Grouping.cpp - which ops share a kernel ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Grouping.h"
#include "dispatch/IR/Dispatch.h"

using namespace mlir;
using namespace dlc;

Grouping::Grouping(Block &block, const DenseSet<Operation *> &hostOps,
                   const DenseMap<Operation *, SmallVector<Operation *>> &waits,
                   GroupingOptions options)
    : block(block), hostOps(hostOps), waits(waits), options(options) {
  for (Operation &op : block.without_terminator())
    visit(&op);
}

unsigned Grouping::getLevel(Operation *op) const {
  if (DispatchGroup *group = groupOf.lookup(op))
    return group->level;
  return levels.lookup(op);
}

unsigned Grouping::getLevel(Value value) const {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &block ? getLevel(op) : 0;
}

Operation *Grouping::getCopied(OpOperand &operand) const {
  Operation *producer = operand.get().getDefiningOp();
  if (!producer || !(lazy.contains(producer) || isInlineConstant(producer)))
    return nullptr;
  // Data of a root (weights, tables) is read from memory, not built in the kernel.
  Operation *user = operand.getOwner();
  if (!isa<dl::ConstantOp>(producer) || classify(user) != OpClass::Root)
    return producer;
  auto type = cast<RankedTensorType>(operand.get().getType());
  return type.getRank() <= 1 && isSmallTensor(type) ? producer : nullptr;
}

void Grouping::collectReads(Operation *op, SetVector<Value> &reads) const {
  for (OpOperand &operand : op->getOpOperands()) {
    if (Operation *copied = getCopied(operand))
      collectReads(copied, reads);
    else
      reads.insert(operand.get());
  }
}

/// A lazy op is also made once, as a tensor, where a reader can't copy it.
bool Grouping::needsTensor(Operation *lazyOp) const {
  if (isa<dl::ConstantOp>(lazyOp))
    return false;
  for (OpOperand &use : lazyOp->getUses()) {
    Operation *user = use.getOwner();
    if (user->getBlock() != &block || hostOps.contains(user))
      return true;
    switch (classify(user)) {
    case OpClass::Lazy:
    case OpClass::Elementwise:
      continue;
    case OpClass::Root:
      if (takesElementwiseProducer(user, use))
        continue;
      return true;
    default:
      return true;
    }
  }
  return false;
}

DispatchGroup *Grouping::startGroup(Operation *op, OpClass opClass) {
  auto group = std::make_unique<DispatchGroup>();
  group->level = 2 * ++counter;
  group->onlyElementwise = opClass != OpClass::Root;
  group->takesConsumers = group->onlyElementwise || takesElementwiseConsumers(op);
  groups.push_back(std::move(group));
  items.push_back({groups.back()->level, items.size(), groups.back().get(), nullptr});
  return groups.back().get();
}

void Grouping::addTo(DispatchGroup *group, Operation *op) {
  group->ops.push_back(op);
  groupOf[op] = group;
  if (op->getNumResults())
    group->domain = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  SetVector<Value> reads;
  collectReads(op, reads);
  for (Value value : reads) {
    Operation *producer = value.getDefiningOp();
    if (!producer || groupOf.lookup(producer) != group)
      group->inputs.insert(value);
  }
}

bool Grouping::tryJoin(Operation *op, OpClass opClass) {
  SetVector<Value> reads;
  collectReads(op, reads);
  DispatchGroup *best = nullptr;
  unsigned highest = 0;
  for (Value value : reads) {
    unsigned level = getLevel(value);
    Operation *producer = value.getDefiningOp();
    if (level > highest) {
      highest = level;
      best = producer ? groupOf.lookup(producer) : nullptr;
    }
  }
  if (!best || !best->takesConsumers || best->ops.size() >= options.maxOps)
    return false;
  for (Operation *check : waits.lookup(op))
    if (getLevel(check) >= best->level)
      return false;

  // Everything that it reads of the group, it reads element for element.
  for (OpOperand &operand : op->getOpOperands()) {
    Operation *producer = operand.get().getDefiningOp();
    if (Operation *copied = getCopied(operand)) {
      SetVector<Value> leaves;
      collectReads(copied, leaves);
      for (Value leaf : leaves)
        if (Operation *made = leaf.getDefiningOp(); made && groupOf.lookup(made) == best)
          return false;
      continue;
    }
    if (!producer || groupOf.lookup(producer) != best)
      continue;
    if (cast<RankedTensorType>(operand.get().getType()).getShape() != best->domain)
      return false;
    // A root's epilogue writes one result as long as that costs nothing.
    auto isElementwise = [&](Operation *user) {
      return user->getBlock() == &block && !hostOps.contains(user) &&
             classify(user) == OpClass::Elementwise;
    };
    if (!best->onlyElementwise && !llvm::all_of(operand.get().getUsers(), isElementwise))
      return false;
    if (opClass == OpClass::Root &&
        (!best->onlyElementwise || !takesElementwiseProducer(op, operand) ||
         !operand.get().hasOneUse()))
      return false;
  }
  if (opClass == OpClass::Elementwise) {
    if (cast<RankedTensorType>(op->getResult(0).getType()).getShape() != best->domain)
      return false;
  } else {
    // Nothing else of the group may be wanted: it would have two shapes.
    for (Operation *member : best->ops)
      for (Value result : member->getResults())
        for (Operation *user : result.getUsers())
          if (user != op && groupOf.lookup(user) != best)
            return false;
    best->onlyElementwise = false;
    best->takesConsumers = takesElementwiseConsumers(op);
  }
  size_t fresh = llvm::count_if(reads, [&](Value value) {
    Operation *producer = value.getDefiningOp();
    return !best->inputs.contains(value) && !(producer && groupOf.lookup(producer) == best);
  });
  if (best->inputs.size() + fresh > options.maxInputs)
    return false;
  addTo(best, op);
  return true;
}

void Grouping::visit(Operation *op) {
  OpClass opClass = hostOps.contains(op) ? OpClass::Opaque : classify(op);
  // Host ops are often constants for kernels as well.
  if (opClass == OpClass::Lazy) {
    lazy.insert(op);
    if (!needsTensor(op)) {
      if (isa<dl::ConstantOp>(op))
        items.push_back({0, items.size(), nullptr, op});
      return;
    }
    addTo(startGroup(op, opClass), op);
    return;
  }
  if (opClass == OpClass::Elementwise || opClass == OpClass::Root) {
    if (!tryJoin(op, opClass))
      addTo(startGroup(op, opClass), op);
    return;
  }
  // Effects keep their order; everything else floats up to what it reads.
  unsigned level = 0;
  bool floats = (isMemoryEffectFree(op) || isa<dispatch::FailIfOp>(op)) && !op->getNumRegions();
  if (!floats) {
    level = 2 * ++counter;
  } else {
    for (Value operand : op->getOperands())
      level = std::max(level, getLevel(operand));
    for (Operation *check : waits.lookup(op))
      level = std::max(level, getLevel(check));
    level |= 1;
  }
  levels[op] = level;
  items.push_back({level, items.size(), nullptr, op});
}

SmallVector<Grouping::Item> Grouping::takeItems() {
  // Stable, and without a stable sort's second buffer.
  llvm::sort(items, [](const Item &a, const Item &b) {
    return std::tie(a.level, a.position) < std::tie(b.level, b.position);
  });
  return std::move(items);
}

bool Grouping::isUsedOutside(Value value, const DispatchGroup &group) const {
  for (Operation *user : value.getUsers()) {
    if (groupOf.lookup(user) == &group)
      continue;
    if (!lazy.contains(user))
      return true;
    if (isUsedOutside(user->getResult(0), group))
      return true;
  }
  return false;
}
