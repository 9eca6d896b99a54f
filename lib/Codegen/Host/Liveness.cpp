//===- Liveness.cpp - when a buffer is in use -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Liveness.h"
#include "dispatch/IR/Dispatch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

BufferLiveness::BufferLiveness(func::FuncOp func) {
  unsigned next = 0;
  std::function<void(Region &)> number = [&](Region &region) {
    for (Block &block : region)
      for (Operation &op : block) {
        unsigned begin = next++;
        for (Region &nested : op.getRegions())
          number(nested);
        places[&op] = {begin, next++};
      }
  };
  number(func.getBody());
}

unsigned BufferLiveness::getEnd(Operation *user, Block *home) const {
  unsigned end = places.lookup(user).second;
  for (Operation *op = user; op && op->getBlock() != home; op = op->getParentOp())
    // Outside of `home` (an if's result) the way up ends at the module.
    if (Operation *parent = op->getParentOp();
        isa_and_nonnull<scf::ForOp, scf::WhileOp>(parent) &&
        !parent->isAncestor(home->getParentOp()))
      end = places.lookup(parent).second;
  return end;
}

Lifetime BufferLiveness::getLifetime(Value buffer) const {
  Block *home = buffer.getParentBlock();
  Lifetime lifetime;
  lifetime.begin = lifetime.end = places.lookup(buffer.getDefiningOp()).first;
  lifetime.last = buffer.getDefiningOp();
  SmallVector<Value> aliases{buffer};
  DenseSet<Value> seen{buffer};
  bool isHidden = false;
  auto add = [&](Value alias) {
    if (seen.insert(alias).second)
      aliases.push_back(alias);
  };
  while (!aliases.empty()) {
    Value alias = aliases.pop_back_val();
    for (OpOperand &use : alias.getUses()) {
      Operation *user = use.getOwner();
      unsigned end = getEnd(user, home);
      if (end >= lifetime.end) {
        lifetime.end = end;
        lifetime.last = user;
      }
      if (isa<dispatch::ViewOp, arith::SelectOp>(user)) {
        add(user->getResult(0));
      } else if (isa<scf::YieldOp>(user)) {
        isHidden = true;
        if (isa<scf::IfOp>(user->getParentOp()))
          add(user->getParentOp()->getResult(use.getOperandNumber()));
      } else if (isa<scf::ConditionOp>(user)) {
        isHidden = true;
        auto loop = cast<scf::WhileOp>(user->getParentOp());
        unsigned number = use.getOperandNumber() - 1;
        add(loop.getResult(number));
        add(loop.getAfterArguments()[number]);
      }
    }
  }
  if (isHidden)
    lifetime.last = nullptr;
  return lifetime;
}
