//===- PlanMemory.cpp - one arena for all buffers -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PackBuffers.h says how the static ones are placed; dynamic ones of the same factors take
// turns in slots. What can be refused before the first launch is: sizes that don't go
// together, and tensors for outputs.
//
//===----------------------------------------------------------------------===//

#include "Liveness.h"
#include "PackBuffers.h"
#include "dl/IR/Dl.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Codegen/Host/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <map>

namespace dlc {
#define GEN_PASS_DEF_PLANMEMORY
#include "dlc/Codegen/Host/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
struct Buffer {
  memref::AllocOp op;
  Lifetime life;
  int64_t bytes = 0;              ///< of a static one, a multiple of 64
  SmallVector<Value> dynamicSizes; ///< of a dynamic one, sorted
  int64_t factor = 1;             ///< bytes of it over the product of those
  int64_t offset = 0;
  int slot = -1;
};

/// Room for dynamic buffers with the same dynamic factors.
struct Slot {
  SmallVector<Value> dynamicSizes;
  int64_t factor;
};

class MemoryPlanner {
public:
  explicit MemoryPlanner(func::FuncOp func) : func(func), liveness(func) {}
  void run();

  int64_t staticBytes = 0;
  unsigned numSlots = 0, numAllocs = 0;

private:
  void collect();
  /// Moves what computes the size to the function's start, if it may.
  bool hoist(Value size);
  bool isHoistable(Value size);
  /// Moves all errors of sizes to the function's start, and finds the outputs to follow.
  void checkEarly();
  void placeStatic();
  void placeDynamic();
  void rewrite();
  void allocateLate(Buffer &buffer);

  func::FuncOp func;
  BufferLiveness liveness;
  std::vector<Buffer> fixed, dynamic, late;
  SmallVector<dispatch::OutputOp> outputs; ///< whose sizes are known at the start
  /// What a loop leaves on the heap, its own, and the last user.
  std::vector<std::pair<Value, Operation *>> left;
  std::vector<Slot> slots;
  DenseMap<Value, bool> hoistable;
  DenseSet<Operation *> hoisted;
  Operation *start = nullptr; ///< what is hoisted goes before it
};

struct PlanMemoryPass : dlc::impl::PlanMemoryBase<PlanMemoryPass> {
  void runOnOperation() override {
    auto entries = getEntryFunctions(getOperation());
    if (failed(entries))
      return signalPassFailure();
    for (func::FuncOp entry : *entries) {
      MemoryPlanner planner(entry);
      planner.run();
      staticBytes += planner.staticBytes;
      numSlots += planner.numSlots;
      numAllocs += planner.numAllocs;
    }
  }
};
} // namespace

bool MemoryPlanner::isHoistable(Value size) {
  if (auto it = hoistable.find(size); it != hoistable.end())
    return it->second;
  bool &answer = hoistable[size];
  answer = false; // while its operands are looked at
  Operation *op = size.getDefiningOp();
  if (!op)
    return hoistable[size] = size.getParentBlock() == &func.getBody().front();
  bool may = isPure(op) && !op->getNumRegions() && !isa<memref::AllocOp>(op);
  for (Value operand : op->getOperands())
    may = may && isHoistable(operand);
  return hoistable[size] = may;
}

bool MemoryPlanner::hoist(Value size) {
  if (!isHoistable(size))
    return false;
  SmallVector<Value> pending{size};
  SetVector<Operation *> ops;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (!op || hoisted.contains(op))
      continue;
    // Once more, if another op needs it earlier.
    ops.remove(op);
    ops.insert(op);
    llvm::append_range(pending, op->getOperands());
  }
  for (Operation *op : llvm::reverse(ops)) {
    op->moveBefore(start);
    hoisted.insert(op);
  }
  return true;
}

void MemoryPlanner::checkEarly() {
  for (Operation &op : llvm::make_early_inc_range(func.getBody().front())) {
    if (auto fail = dyn_cast<dispatch::FailIfOp>(op); fail && hoist(fail.getCondition()))
      fail->moveBefore(start);
    else if (auto output = dyn_cast<dispatch::OutputOp>(op);
             output && llvm::all_of(output.getSizes(), [&](Value size) { return hoist(size); }))
      outputs.push_back(output);
  }
  llvm::sort(outputs, [](auto a, auto b) { return a.getIndex() < b.getIndex(); });
}

void MemoryPlanner::collect() {
  Block &entry = func.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  start = arith::ConstantIndexOp::create(builder, func.getLoc(), 0);
  checkEarly();
  func.walk([&](scf::ForOp loop) {
    for (Value result : loop.getResults())
      if (isa<MemRefType>(result.getType()))
        left.push_back({result, liveness.getLifetime(result).last});
  });
  auto allocs = SmallVector<memref::AllocOp>();
  func.walk<WalkOrder::PreOrder>([&](memref::AllocOp op) { allocs.push_back(op); });
  for (memref::AllocOp op : allocs) {
    Buffer buffer;
    buffer.op = op;
    buffer.life = liveness.getLifetime(op);
    MemRefType type = op.getType();
    if (type.hasStaticShape()) {
      buffer.bytes = llvm::alignTo(std::max<int64_t>(1, dispatch::getStaticBytes(type)), 64);
      fixed.push_back(buffer);
      continue;
    }
    buffer.factor = dispatch::getElementBytes(type.getElementType());
    for (int64_t size : type.getShape())
      if (!ShapedType::isDynamic(size))
        buffer.factor *= size;
    buffer.dynamicSizes = op.getDynamicSizes();
    llvm::sort(buffer.dynamicSizes, [](Value a, Value b) {
      return a.getAsOpaquePointer() < b.getAsOpaquePointer();
    });
    bool early = llvm::all_of(buffer.dynamicSizes, [&](Value size) { return hoist(size); });
    (early ? dynamic : late).push_back(buffer);
  }
}

void MemoryPlanner::placeStatic() {
  SmallVector<PackedBuffer> packed = llvm::map_to_vector(fixed, [](const Buffer &buffer) {
    return PackedBuffer{buffer.life, buffer.bytes};
  });
  staticBytes = packBuffers(packed);
  for (auto [buffer, place] : llvm::zip_equal(fixed, packed))
    buffer.offset = place.offset;
}

void MemoryPlanner::placeDynamic() {
  // The free slots of each list of factors, by constant factor.
  std::map<std::vector<void *>, std::multimap<int64_t, int>> free;
  auto keyOf = [](Buffer &buffer) {
    std::vector<void *> key;
    for (Value size : buffer.dynamicSizes)
      key.push_back(size.getAsOpaquePointer());
    return key;
  };
  simulateLifetimes(
      llvm::map_to_vector(dynamic, [](const Buffer &buffer) { return buffer.life; }),
      [&](size_t i) {
        Buffer &buffer = dynamic[i];
        auto &candidates = free[keyOf(buffer)];
        if (candidates.empty()) {
          buffer.slot = slots.size();
          slots.push_back({buffer.dynamicSizes, buffer.factor});
          return;
        }
        auto best = candidates.lower_bound(buffer.factor);
        if (best == candidates.end())
          best = std::prev(best);
        buffer.slot = best->second;
        candidates.erase(best);
        Slot &slot = slots[buffer.slot];
        slot.factor = std::max(slot.factor, buffer.factor);
      },
      [&](size_t i) {
        Buffer &buffer = dynamic[i];
        free[keyOf(buffer)].insert({slots[buffer.slot].factor, buffer.slot});
      });
  numSlots = slots.size();
}

/// Frees a buffer of the heap after its last use, if that shows.
static void freeAfter(Operation *last, Value buffer) {
  if (last)
    last = buffer.getParentBlock()->findAncestorOpInBlock(*last);
  if (!last || last->hasTrait<OpTrait::IsTerminator>())
    return;
  OpBuilder builder(last);
  builder.setInsertionPointAfter(last);
  dispatch::FreeOp::create(builder, buffer.getLoc(), buffer);
}

void MemoryPlanner::allocateLate(Buffer &buffer) {
  OpBuilder builder(buffer.op);
  Value made = dispatch::AllocOp::create(builder, buffer.op.getLoc(), buffer.op.getType(),
                                         buffer.op.getDynamicSizes());
  freeAfter(buffer.life.last, made);
  buffer.op.replaceAllUsesWith(made);
  buffer.op.erase();
}

void MemoryPlanner::rewrite() {
  OpBuilder builder(start);
  Location loc = func.getLoc();
  Value total = arith::ConstantIndexOp::create(builder, loc, staticBytes);
  SmallVector<Value> offsets;
  for (Slot &slot : slots) {
    offsets.push_back(total);
    Value bytes = dispatch::BytesOp::create(builder, loc, builder.getIndexType(),
                                          builder.getI64IntegerAttr(slot.factor),
                                          slot.dynamicSizes);
    total = arith::AddIOp::create(builder, loc, total, bytes);
  }
  // Who asks for the arena's size stops the run here, before it changes a state.
  bool hasState = llvm::any_of(func->getParentOfType<ModuleOp>().getOps<dl::GlobalOp>(),
                               [](dl::GlobalOp global) { return global.getIsMutable(); });
  Value arena;
  if (staticBytes || !slots.empty() || hasState)
    arena = dispatch::ArenaOp::create(
        builder, loc, MemRefType::get({ShapedType::kDynamic}, builder.getI8Type()), total);
  DenseMap<int64_t, Value> constants;
  auto place = [&](Buffer &buffer, Value offset) {
    OpBuilder local(buffer.op);
    Value view = dispatch::ViewOp::create(local, buffer.op.getLoc(), buffer.op.getType(), arena,
                                          offset, buffer.op.getDynamicSizes());
    buffer.op.replaceAllUsesWith(view);
    buffer.op.erase();
  };
  for (Buffer &buffer : fixed) {
    Value &offset = constants[buffer.offset];
    if (!offset)
      offset = arith::ConstantIndexOp::create(builder, loc, buffer.offset);
    place(buffer, offset);
  }
  for (Buffer &buffer : dynamic)
    place(buffer, offsets[buffer.slot]);
  for (Buffer &buffer : late)
    allocateLate(buffer);
  for (auto [result, last] : left)
    freeAfter(last, result);
  // The arena first: who only asks for its size gives no outputs.
  for (dispatch::OutputOp output : outputs)
    output->moveBefore(start);
  start->erase();
}

void MemoryPlanner::run() {
  collect();
  placeStatic();
  placeDynamic();
  numAllocs = late.size();
  rewrite();
}
