//===- BufferizeLoops.cpp - loop-carried tensors as buffers ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A loop-carried tensor of static shape lives in one buffer that belongs to the
// loop: the initial value and what each iteration yields is copied there. One
// whose sizes may change from one iteration to the next is handed on as a buffer
// of its own from the heap, which the next iteration frees. Where an iteration changes
// it in place, the same buffer goes on.
//
//===----------------------------------------------------------------------===//

#include "HostBufferizer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dlc;

Value HostBufferizer::copyToHeap(Value buffer, OpBuilder &builder) {
  Value copy = dispatch::AllocOp::create(builder, buffer.getLoc(), buffer.getType(),
                                         getSizes(buffer, builder));
  dispatch::CopyOp::create(builder, buffer.getLoc(), buffer, copy);
  return copy;
}

void HostBufferizer::copyTogether(ArrayRef<std::pair<Value, Value>> copies, OpBuilder &builder) {
  DenseSet<Value> targets;
  for (auto [source, target] : copies)
    targets.insert(target);
  // What may lie in a buffer that is about to change is put aside first.
  auto maySuffer = [&](Value source) {
    while (auto view = source.getDefiningOp<dispatch::ViewOp>())
      source = view.getSource();
    Operation *maker = source.getDefiningOp();
    if (!maker)
      return !isa<func::FuncOp>(source.getParentBlock()->getParentOp());
    return !isa<memref::AllocOp, dispatch::GlobalOp>(maker) || targets.contains(source);
  };
  SmallVector<std::pair<Value, Value>> pending;
  for (auto [source, target] : copies) {
    if (source == target)
      continue;
    if (maySuffer(source)) {
      Location loc = source.getLoc();
      Value aside = memref::AllocOp::create(builder, loc, cast<MemRefType>(source.getType()));
      dispatch::CopyOp::create(builder, loc, source, aside);
      source = aside;
    }
    pending.push_back({source, target});
  }
  for (auto [source, target] : pending)
    dispatch::CopyOp::create(builder, source.getLoc(), source, target);
}

/// Makes a buffer that nothing else reads one of the heap.
static Value moveToHeap(Value buffer) {
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  OpBuilder builder(alloc);
  Value made = dispatch::AllocOp::create(builder, alloc.getLoc(), alloc.getType(),
                                         alloc.getDynamicSizes());
  alloc.replaceAllUsesWith(made);
  alloc.erase();
  return made;
}

void HostBufferizer::enterLoop(Operation *loop, ValueRange inits, SmallVectorImpl<Value> &own,
                               SmallVectorImpl<Value> &handed, OpBuilder &builder) {
  for (Value init : inits) {
    Value value = lookup(init);
    Value buffer;
    if (!isTensor(init)) {
      handed.push_back(value);
    } else if (auto type = cast<MemRefType>(value.getType()); type.hasStaticShape()) {
      buffer = memref::AllocOp::create(builder, init.getLoc(), type);
      dispatch::CopyOp::create(builder, init.getLoc(), value, buffer);
    } else if (init.getDefiningOp<dispatch::LaunchOp>() && mayOverwrite(init, loop)) {
      handed.push_back(buffers[init] = moveToHeap(value));
    } else {
      handed.push_back(copyToHeap(value, builder));
    }
    own.push_back(buffer);
  }
}

SmallVector<Value> HostBufferizer::replaceArguments(Block *block, unsigned first,
                                                    ArrayRef<Value> own) {
  SmallVector<Value> made;
  SmallVector<BlockArgument> arguments(block->getArguments().drop_front(first));
  for (auto [argument, buffer] : llvm::zip_equal(arguments, own)) {
    deadArguments.insert(argument);
    if (buffer) {
      buffers[argument] = buffer;
      continue;
    }
    Type type = argument.getType();
    Value now = block->addArgument(isTensor(argument) ? Type(getBufferType(type)) : type,
                                   argument.getLoc());
    if (isTensor(argument))
      buffers[argument] = now;
    else
      argument.replaceAllUsesWith(now);
    made.push_back(now);
  }
  return made;
}

void HostBufferizer::replaceResults(Operation *loop, Operation *made, ArrayRef<Value> own) {
  unsigned next = 0;
  for (auto [result, buffer] : llvm::zip_equal(loop->getResults(), own)) {
    if (buffer)
      buffers[result] = buffer;
    else if (isTensor(result))
      buffers[result] = made->getResult(next++);
    else
      result.replaceAllUsesWith(made->getResult(next++));
  }
}

SmallVector<Value> HostBufferizer::leaveIteration(Block *block, ArrayRef<Value> values,
                                                  ArrayRef<Value> own, bool toHeap,
                                                  ArrayRef<Value> carried, OpBuilder &builder) {
  builder.setInsertionPointToEnd(block);
  SmallVector<std::pair<Value, Value>> copies;
  SmallVector<Value> handed;
  for (auto [value, buffer] : llvm::zip_equal(values, own)) {
    if (buffer)
      copies.push_back({lookup(value), buffer});
    else if (bool stays = !carried.empty() && carried[handed.size()] == lookup(value);
             !stays && toHeap && isTensor(value))
      handed.push_back(copyToHeap(lookup(value), builder));
    else
      handed.push_back(lookup(value));
  }
  copyTogether(copies, builder);
  return handed;
}

LogicalResult HostBufferizer::visitFor(scf::ForOp op, OpBuilder &builder) {
  SmallVector<Value> inits, own;
  enterLoop(op, op.getInitArgs(), own, inits, builder);
  auto made = scf::ForOp::create(builder, op.getLoc(), op.getLowerBound(), op.getUpperBound(),
                                 op.getStep(), inits, nullptr, op.getUnsignedCmp());
  Block *body = op.getBody();
  made.getRegion().takeBody(op.getRegion());
  SmallVector<Value> carried = replaceArguments(body, 1, own);
  replaceResults(op, made, own);

  Operation *yield = body->getTerminator();
  SmallVector<Value> yielded(yield->getOperands());
  if (failed(visitBlock(*body)))
    return failure();
  // Scalars that were replaced meanwhile.
  for (auto [value, operand] : llvm::zip_equal(yielded, yield->getOperands()))
    value = operand;
  SmallVector<Value> handed = leaveIteration(body, yielded, own, true, carried, builder);
  for (auto [now, next] : llvm::zip_equal(carried, handed))
    if (isa<MemRefType>(now.getType()) && now != next)
      dispatch::FreeOp::create(builder, op.getLoc(), now);
  scf::YieldOp::create(builder, op.getLoc(), handed);
  dead.push_back(yield);
  return success();
}

LogicalResult HostBufferizer::visitWhile(scf::WhileOp op, OpBuilder &builder) {
  SmallVector<Value> inits, own, passedOn;
  enterLoop(op, op.getInits(), own, inits, builder);
  SmallVector<Type> types;
  for (Value result : op.getResults()) {
    Value buffer;
    auto tensor = dyn_cast<RankedTensorType>(result.getType());
    if (tensor && tensor.hasStaticShape())
      buffer = memref::AllocOp::create(builder, op.getLoc(), getBufferType(tensor));
    else
      types.push_back(tensor ? Type(getBufferType(tensor)) : result.getType());
    passedOn.push_back(buffer);
  }
  // The heap's buffers that an iteration received go to its end, to be freed there.
  size_t numPassed = types.size();
  for (Value init : inits)
    if (isa<MemRefType>(init.getType()))
      types.push_back(init.getType());
  auto made = scf::WhileOp::create(builder, op.getLoc(), types, inits);
  Block *before = op.getBeforeBody(), *after = op.getAfterBody();
  made.getBefore().takeBody(op.getBefore());
  made.getAfter().takeBody(op.getAfter());
  SmallVector<Value> received = replaceArguments(before, 0, own);
  llvm::erase_if(received, [](Value value) { return !isa<MemRefType>(value.getType()); });
  replaceArguments(after, 0, passedOn);
  for (Type type : ArrayRef(types).drop_front(numPassed))
    after->addArgument(type, op.getLoc());
  replaceResults(op, made, passedOn);
  if (failed(visitBlock(*before)) || failed(visitBlock(*after)))
    return failure();

  auto condition = cast<scf::ConditionOp>(before->getTerminator());
  SmallVector<Value> passed(condition.getArgs());
  Value holds = condition.getCondition();
  SmallVector<Value> handed = leaveIteration(before, passed, passedOn, false, {}, builder);
  llvm::append_range(handed, received);
  scf::ConditionOp::create(builder, op.getLoc(), holds, handed);
  Operation *yield = after->getTerminator();
  handed = leaveIteration(after, SmallVector<Value>(yield->getOperands()), own, true, {}, builder);
  for (Value old : after->getArguments().take_back(received.size()))
    dispatch::FreeOp::create(builder, op.getLoc(), old);
  scf::YieldOp::create(builder, op.getLoc(), handed);
  dead.append({condition.getOperation(), yield});
  return success();
}
