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
  mergeIntoReaders();
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
  group->startsElementwise = opClass == OpClass::Elementwise;
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

void Grouping::forEachReader(Value value,
                             function_ref<void(Operation *, OpOperand *)> fn) const {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (!lazy.contains(user)) {
      Operation *inBlock = block.findAncestorOpInBlock(*user);
      fn(inBlock, user == inBlock ? &use : nullptr);
      continue;
    }
    if (groupOf.contains(user))
      fn(user, nullptr);
    forEachReader(user->getResult(0), [&](Operation *reader, OpOperand *) { fn(reader, nullptr); });
  }
}

DispatchGroup *Grouping::findReader(const DispatchGroup &group) const {
  DispatchGroup *first = nullptr;
  unsigned lowest = std::numeric_limits<unsigned>::max();
  auto visitReaders = [&](function_ref<void(Operation *, OpOperand *)> fn) {
    for (Operation *op : group.ops)
      for (Value result : op->getResults())
        forEachReader(result, [&](Operation *reader, OpOperand *use) {
          if (groupOf.lookup(reader) != &group)
            fn(reader, use);
        });
  };
  visitReaders([&](Operation *reader, OpOperand *) {
    unsigned level = reader == block.getTerminator() ? lowest : getLevel(reader);
    if (level < lowest) {
      lowest = level;
      first = groupOf.lookup(reader);
    }
  });
  if (!first || !first->startsElementwise || first->level != lowest)
    return nullptr;
  // There, each of its results is read element for element, before a root.
  const Operation *root = nullptr;
  for (Operation *op : first->ops)
    if (!root && classify(op) == OpClass::Root)
      root = op;
  bool fits = true;
  visitReaders([&](Operation *reader, OpOperand *use) {
    if (groupOf.lookup(reader) != first) {
      fits &= !root; // a kernel with a root has results of one shape
      return;
    }
    bool isBefore = !root || reader->isBeforeInBlock(const_cast<Operation *>(root));
    fits &= use && isBefore && classify(reader) == OpClass::Elementwise;
  });
  return fits ? first : nullptr;
}

bool Grouping::savesMemory(const DispatchGroup &group, const DispatchGroup &reader) const {
  auto lastLevel = [&](Value value) {
    unsigned last = 0;
    forEachReader(value, [&](Operation *op, OpOperand *) {
      last = std::max(last, op == block.getTerminator() ? reader.level + 1 : getLevel(op));
    });
    return last;
  };
  auto bytes = [](Value value) {
    return dispatch::getElementBytes(cast<RankedTensorType>(value.getType()).getElementType());
  };
  int64_t added = 0, saved = 0;
  for (Value input : group.inputs) {
    // Arguments and weights are there all the time; what is repeated is small.
    Operation *producer = input.getDefiningOp();
    if (producer && !isa<dl::GlobalLoadOp>(producer) &&
        cast<RankedTensorType>(input.getType()).getShape() == group.domain &&
        lastLevel(input) < reader.level)
      added += bytes(input);
  }
  for (Operation *op : group.ops)
    for (Value result : op->getResults())
      if (isUsedOutside(result, group) && lastLevel(result) <= reader.level)
        saved += bytes(result);
  return added <= saved;
}

bool Grouping::mergeIntoReader(DispatchGroup &group) {
  DispatchGroup *reader = findReader(group);
  if (!reader || group.ops.size() + reader->ops.size() > options.maxOps ||
      !savesMemory(group, *reader))
    return false;
  SetVector<Value> inputs = group.inputs;
  for (Value input : reader->inputs)
    if (Operation *producer = input.getDefiningOp();
        !producer || groupOf.lookup(producer) != &group)
      inputs.insert(input);
  if (inputs.size() > options.maxInputs)
    return false;
  for (Operation *op : group.ops)
    groupOf[op] = reader;
  group.ops.append(reader->ops);
  reader->ops = std::move(group.ops);
  group.ops.clear();
  reader->inputs = std::move(inputs);
  return true;
}

bool Grouping::moveEpilogue(DispatchGroup &group) {
  auto *root = llvm::find_if(group.ops, [](Operation *op) { return classify(op) == OpClass::Root; });
  if (root == group.ops.end())
    return false;
  auto countResults = [&](ArrayRef<Operation *> ops) {
    return llvm::count_if(ops, [&](Operation *op) {
      return llvm::any_of(op->getResults(), [&](Value v) { return isUsedOutside(v, group); });
    });
  };
  ArrayRef<Operation *> all(group.ops);
  ArrayRef<Operation *> before = all.take_front(root - group.ops.begin() + 1);
  ArrayRef<Operation *> after = all.drop_front(before.size());
  auto moved = countResults(after);
  if (!moved || countResults(before) + moved < 2 || (*root)->getNumResults() != 1)
    return false;
  DispatchGroup epilogue, rest;
  epilogue.level = rest.level = group.level;
  epilogue.onlyElementwise = true;
  for (Operation *op : after)
    addTo(&epilogue, op);
  if (!mergeIntoReader(epilogue)) {
    for (Operation *op : after)
      groupOf[op] = &group;
    return false;
  }
  for (Operation *op : before)
    addTo(&rest, op);
  for (Operation *op : before)
    groupOf[op] = &group;
  group.ops = std::move(rest.ops);
  group.inputs = std::move(rest.inputs);
  group.domain = rest.domain;
  return true;
}

void Grouping::mergeIntoReaders() {
  // A merge can let its neighbours merge; a kernel takes maxOps ops at most.
  for (bool merged = true; merged;) {
    merged = false;
    for (auto &group : llvm::reverse(groups))
      if (!group->onlyElementwise)
        merged |= moveEpilogue(*group);
      else if (group->startsElementwise && !group->ops.empty())
        merged |= mergeIntoReader(*group);
  }
}

SmallVector<Grouping::Item> Grouping::takeItems() {
  llvm::erase_if(items, [](const Item &item) { return item.group && item.group->ops.empty(); });
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
