//===- SplitHost.cpp - a long host program as several functions -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "dlc/Codegen/Host/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

namespace dlc {
#define GEN_PASS_DEF_SPLITHOST
#include "dlc/Codegen/Host/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
class HostSplitter {
public:
  /// Numbers the pieces from `numPieces` on.
  HostSplitter(func::FuncOp func, unsigned maxOps, unsigned &numPieces)
      : func(func), maxOps(maxOps), numPieces(numPieces) {}
  void run();

private:
  /// Whether the op is made again in each piece that uses it.
  static bool isCopied(Operation *op) {
    return isa<dispatch::ViewOp, dispatch::GlobalOp, arith::ConstantOp>(op);
  }
  /// The place of the last op that needs the value, copies looked through.
  unsigned getLastUse(Value value);
  void outline(ArrayRef<Operation *> piece);

  func::FuncOp func;
  unsigned maxOps;
  unsigned &numPieces;
  DenseMap<Operation *, unsigned> places;
};

struct SplitHostPass : dlc::impl::SplitHostBase<SplitHostPass> {
  using SplitHostBase::SplitHostBase;
  void runOnOperation() override {
    auto entries = getEntryFunctions(getOperation());
    if (failed(entries))
      return signalPassFailure();
    unsigned numPieces = 0;
    for (func::FuncOp entry : *entries)
      HostSplitter(entry, maxOps, numPieces).run();
  }
};
} // namespace

unsigned HostSplitter::getLastUse(Value value) {
  Block *block = &func.getBody().front();
  unsigned last = 0;
  for (Operation *user : value.getUsers()) {
    Operation *op = block->findAncestorOpInBlock(*user);
    last = std::max(last, places.lookup(op));
    if (op == user && isCopied(user))
      last = std::max(last, getLastUse(user->getResult(0)));
  }
  return last;
}

void HostSplitter::outline(ArrayRef<Operation *> piece) {
  OpBuilder builder(piece.front());
  Location loc = piece.front()->getLoc();
  // The pieces are private and stand before the program that calls them.
  OpBuilder outer(func);
  auto made = func::FuncOp::create(outer, loc, ("dlc_host_" + Twine(numPieces++)).str(),
                                   outer.getFunctionType({}, {}));
  made.setPrivate();
  Block *body = made.addEntryBlock();
  DenseSet<Operation *> members(piece.begin(), piece.end());
  IRMapping mapping;
  SmallVector<Value> arguments;
  OpBuilder inner = OpBuilder::atBlockEnd(body);

  std::function<Value(Value)> import = [&](Value value) -> Value {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    // What a copied op needs may be made by the piece itself.
    if (op && members.contains(op))
      return value;
    if (op && isCopied(op)) {
      for (Value operand : op->getOperands())
        import(operand);
      return inner.clone(*op, mapping)->getResult(0);
    }
    arguments.push_back(value);
    Value argument = body->addArgument(value.getType(), loc);
    mapping.map(value, argument);
    return argument;
  };
  auto call = func::CallOp::create(builder, loc, made, ValueRange());
  for (Operation *op : piece) {
    op->walk([&](Operation *nested) {
      for (OpOperand &operand : nested->getOpOperands()) {
        Value value = operand.get();
        // Made within one of the piece's ops.
        if (func.getBody().front().findAncestorOpInBlock(*value.getParentBlock()->getParentOp()))
          continue;
        if (value.getParentBlock() == &func.getBody().front())
          operand.set(import(value));
      }
    });
    op->moveBefore(body, body->end());
  }
  func::ReturnOp::create(inner, loc);
  made.setFunctionType(outer.getFunctionType(body->getArgumentTypes(), {}));
  call.getOperandsMutable().assign(arguments);
}

void HostSplitter::run() {
  Block &block = func.getBody().front();
  unsigned count = 0;
  for (Operation &op : block)
    places[&op] = ++count;
  if (count <= maxOps)
    return;
  SmallVector<SmallVector<Operation *>> pieces(1);
  unsigned live = 0;
  bool isStarted = false;
  for (Operation &op : block.without_terminator()) {
    // What comes before the arena is the sizes, for all pieces.
    if (!isStarted) {
      isStarted = isa<dispatch::ArenaOp>(op);
      continue;
    }
    if (isCopied(&op))
      continue;
    pieces.back().push_back(&op);
    for (Value result : op.getResults())
      live = std::max(live, getLastUse(result));
    if (pieces.back().size() >= maxOps && live <= places.lookup(&op)) {
      pieces.emplace_back();
      live = 0;
    }
  }
  for (ArrayRef<Operation *> piece : pieces)
    if (!piece.empty())
      outline(piece);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isCopied(&op) && op.use_empty())
      op.erase();
}
