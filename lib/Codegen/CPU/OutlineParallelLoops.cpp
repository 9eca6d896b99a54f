//===- OutlineParallelLoops.cpp - parallel loops as runtime calls ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   scf.parallel (%i) = (%c0) to (%n) step (%c1) { body }
//
// becomes
//
//   func.func private @k_part0(%call, %begin, %end, captured…) { scf.for … body }
//   llvm.func internal @k_range0(%context, %begin, %end) {…call @k_part0(…)}
//   %context = struct of call, captured…
//   llvm.call @dlc_rt_parallel(%call, @k_range0, %context, %n, %grain)
//
// The part takes its buffers as arguments, not from the struct, so that LLVM
// knows that they don't overlap. Run-time checks leave the kernel here too.
//
//===----------------------------------------------------------------------===//

#include "KernelAbi.h"
#include "LoopNest.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"

#define DEBUG_TYPE "dl-outline-parallel-loops"

namespace dlc {
#define GEN_PASS_DEF_OUTLINEPARALLELLOOPS
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

/// Whether an op outside the loop is computed again inside rather than captured.
static bool isRecomputed(Operation *op) {
  if (isa<ViewLikeOpInterface>(op))
    return isa<memref::MemRefDialect>(op->getDialect());
  return isa<memref::GetGlobalOp>(op) || op->hasTrait<OpTrait::ConstantLike>();
}

namespace {
/// Outlines the parallel loops of one kernel.
class Outliner {
public:
  Outliner(func::FuncOp kernel, SymbolTable &symbols, int64_t workPerThread)
      : kernel(kernel), symbols(symbols), workPerThread(workPerThread) {}
  LogicalResult run();

private:
  void sinkRecomputed(scf::ParallelOp loop);
  LogicalResult outline(scf::ParallelOp loop);
  func::FuncOp buildPart(scf::ParallelOp loop, ArrayRef<Value> captured);
  LLVM::LLVMFuncOp declareRange(func::FuncOp part);
  void lowerChecks();
  void lowerCheck(Operation *op, Value fails, StringRef message);

  func::FuncOp kernel;
  SymbolTable &symbols;
  int64_t workPerThread;
  Value call;
  unsigned count = 0;
};
} // namespace

/// Clones what is cheaper to recompute than to capture into the loop.
void Outliner::sinkRecomputed(scf::ParallelOp loop) {
  OpBuilder b = OpBuilder::atBlockBegin(loop.getBody());
  bool changed = true;
  while (changed) {
    changed = false;
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    for (Value value : used) {
      Operation *op = value.getDefiningOp();
      if (!op || !isRecomputed(op))
        continue;
      b.setInsertionPointToStart(loop.getBody());
      Operation *clone = b.clone(*op);
      op->replaceUsesWithIf(clone->getResults(), [&](OpOperand &use) {
        return loop->isProperAncestor(use.getOwner()) && use.getOwner() != clone;
      });
      changed = true;
    }
  }
}

/// Fields that a captured value takes in the context: a pointer and the dynamic
/// sizes of a buffer; or the scalar.
static SmallVector<Type> getFieldTypes(ArrayRef<Value> captured) {
  SmallVector<Type> fields, sizes;
  for (Value value : captured) {
    auto type = dyn_cast<MemRefType>(value.getType());
    Type i64 = IntegerType::get(value.getContext(), 64);
    if (type) {
      fields.push_back(LLVM::LLVMPointerType::get(value.getContext()));
      sizes.append(type.getNumDynamicDims(), i64);
    } else {
      fields.push_back(value.getType().isIndex() ? i64 : value.getType());
    }
  }
  llvm::append_range(fields, sizes);
  return fields;
}

/// The values of these fields.
static SmallVector<Value> getFieldValues(ImplicitLocOpBuilder &b, ArrayRef<Value> captured) {
  SmallVector<Value> fields, sizes;
  auto toI64 = [&](Value index) -> Value {
    return arith::IndexCastOp::create(b, b.getI64Type(), index);
  };
  for (Value value : captured) {
    auto type = dyn_cast<MemRefType>(value.getType());
    if (!type) {
      fields.push_back(value.getType().isIndex() ? toI64(value) : value);
      continue;
    }
    Value pointer = memref::ExtractAlignedPointerAsIndexOp::create(b, value);
    fields.push_back(LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                              toI64(pointer)));
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        sizes.push_back(toI64(memref::DimOp::create(b, value, d)));
  }
  llvm::append_range(fields, sizes);
  return fields;
}

func::FuncOp Outliner::buildPart(scf::ParallelOp loop, ArrayRef<Value> captured) {
  OpBuilder b(kernel.getContext());
  Location loc = loop.getLoc();
  SmallVector<Type> types{LLVM::LLVMPointerType::get(b.getContext()), b.getIndexType(),
                          b.getIndexType()};
  for (Value value : captured)
    types.push_back(value.getType());
  auto part = func::FuncOp::create(loc, (kernel.getName() + "_part" + Twine(count)).str(),
                                   b.getFunctionType(types, {}));
  part.setPrivate();
  if (Attribute pointwise = kernel->getAttr(kPointwiseAttr))
    part->setAttr(kPointwiseAttr, pointwise);
  symbols.insert(part, Block::iterator(kernel));
  Block *entry = part.addEntryBlock();
  IRMapping mapping;
  for (auto [value, argument] : llvm::zip_equal(captured, entry->getArguments().drop_front(3)))
    mapping.map(value, argument);
  ImplicitLocOpBuilder body(loc, OpBuilder::atBlockEnd(entry));
  Value one = arith::ConstantIndexOp::create(body, 1);
  auto serial = scf::ForOp::create(body, entry->getArgument(1), entry->getArgument(2), one);
  func::ReturnOp::create(body);
  mapping.map(loop.getInductionVars().front(), serial.getInductionVar());
  body.setInsertionPointToStart(serial.getBody());
  for (Operation &op : loop.getBody()->without_terminator()) {
    // What doesn't depend on the iteration, above all scratch, comes first.
    bool isInvariant = llvm::all_of(op.getOperands(), [&](Value operand) {
      Value mapped = mapping.lookupOrDefault(operand);
      return mapped.getParentBlock() == entry;
    });
    bool hoist = isInvariant && (isa<memref::AllocOp, memref::AllocaOp>(op) || isPure(&op));
    OpBuilder::InsertionGuard guard(body);
    if (hoist)
      body.setInsertionPoint(serial);
    Operation *clone = body.clone(op, mapping);
    if (auto alloc = dyn_cast<memref::AllocOp>(clone)) {
      body.setInsertionPoint(entry->getTerminator());
      memref::DeallocOp::create(body, alloc);
    }
  }
  return part;
}

/// Declares the function that unpacks the context; -dl-convert-kernels-to-llvm
/// gives it a body, which calls the part on bare pointers.
LLVM::LLVMFuncOp Outliner::declareRange(func::FuncOp part) {
  OpBuilder b(kernel);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext()), i64 = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                          {pointer, i64, i64});
  auto range = LLVM::LLVMFuncOp::create(
      b, part.getLoc(), (kernel.getName() + "_range" + Twine(count)).str(), type);
  symbols.insert(range);
  part->setAttr(kKernelPartAttrName, FlatSymbolRefAttr::get(range));
  return range;
}

LogicalResult Outliner::outline(scf::ParallelOp loop) {
  if (loop.getNumLoops() != 1 || loop.getNumReductions() != 0 ||
      getConstantIntValue(loop.getLowerBound()[0]) != 0 ||
      getConstantIntValue(loop.getStep()[0]) != 1)
    return loop.emitOpError("isn't one loop from 0 in steps of 1");
  sinkRecomputed(loop);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(loop.getRegion(), captured);
  captured.remove(call);
  for (Value value : captured)
    if (auto type = dyn_cast<MemRefType>(value.getType()))
      if (!type.getLayout().isIdentity())
        return loop.emitOpError("captures a buffer that isn't contiguous");

  ArrayRef<Value> values = captured.getArrayRef();
  func::FuncOp part = buildPart(loop, values);
  part.walk([&](Operation *op) { op->replaceUsesOfWith(call, part.getArgument(0)); });
  SmallVector<Type> fields = getFieldTypes(values);
  ImplicitLocOpBuilder b(loop.getLoc(), loop);
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  fields.insert(fields.begin(), pointer);
  auto context = LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
  LLVM::LLVMFuncOp range = declareRange(part);

  SmallVector<Value> stored = getFieldValues(b, values);
  stored.insert(stored.begin(), call);
  Value memory;
  {
    // Once, though the loop may be in another.
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&kernel.getBody().front());
    Value one = LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(1));
    memory = LLVM::AllocaOp::create(b, pointer, context, one);
  }
  for (auto [i, value] : llvm::enumerate(stored)) {
    Value place = LLVM::GEPOp::create(b, pointer, context, memory,
                                      ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
    LLVM::StoreOp::create(b, value, place);
  }
  int64_t work = 1024;
  if (auto attr = loop->getAttrOfType<IntegerAttr>(kWorkAttrName))
    work = attr.getInt();
  int64_t grain = std::max<int64_t>(1, workPerThread / work);
  Value iterations =
      arith::IndexCastOp::create(b, b.getI64Type(), loop.getUpperBound().front());
  Value grainValue = LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(grain));
  Value address = LLVM::AddressOfOp::create(b, range);
  LLVM::LLVMFuncOp runtime =
      declareRuntime(symbols, "dlc_rt_parallel", {pointer, pointer, pointer, b.getI64Type(),
                                                  b.getI64Type()});
  LLVM::CallOp::create(b, runtime, ValueRange{call, address, memory, iterations, grainValue});
  loop.erase();
  ++count;
  return success();
}

/// The rest of the kernel runs only where a check holds.
void Outliner::lowerCheck(Operation *op, Value fails, StringRef message) {
  ImplicitLocOpBuilder b(op->getLoc(), op);
  auto report = [&] {
    Value status = LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(3));
    Value text = getStringPointer(b, symbols, message);
    Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    LLVM::LLVMFuncOp runtime =
        declareRuntime(symbols, "dlc_rt_fail", {pointer, b.getI32Type(), pointer});
    LLVM::CallOp::create(b, runtime, ValueRange{call, status, text});
  };
  if (op->getParentOp() != kernel) {
    auto branch = scf::IfOp::create(b, fails, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    report();
    op->erase();
    return;
  }
  Block *before = op->getBlock();
  Block *rest = before->splitBlock(op->getNextNode());
  Block *failed = b.createBlock(rest);
  report();
  func::ReturnOp::create(b);
  b.setInsertionPointToEnd(before);
  cf::CondBranchOp::create(b, fails, failed, ValueRange(), rest, ValueRange());
  op->erase();
}

void Outliner::lowerChecks() {
  SmallVector<Operation *> checks;
  kernel.walk([&](Operation *op) {
    if (isa<cf::AssertOp, dispatch::FailIfOp>(op))
      checks.push_back(op);
  });
  for (Operation *op : checks) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    if (auto fail = dyn_cast<dispatch::FailIfOp>(op)) {
      lowerCheck(op, fail.getCondition(), fail.getMessage());
      continue;
    }
    auto assertion = cast<cf::AssertOp>(op);
    Value one = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
    Value fails = arith::XOrIOp::create(b, assertion.getArg(), one);
    lowerCheck(op, fails, assertion.getMsg());
  }
}

LogicalResult Outliner::run() {
  Block &entry = kernel.getBody().front();
  Type pointer = LLVM::LLVMPointerType::get(kernel.getContext());
  call = entry.insertArgument(0u, pointer, kernel.getLoc());
  kernel.setFunctionType(
      FunctionType::get(kernel.getContext(), entry.getArgumentTypes(), TypeRange()));
  kernel.removeArgAttrsAttr();
  SmallVector<dispatch::ContextOp> contexts;
  kernel.walk([&](dispatch::ContextOp op) { contexts.push_back(op); });
  for (dispatch::ContextOp op : contexts) {
    op.replaceAllUsesWith(call);
    op.erase();
  }
  lowerChecks();
  SmallVector<scf::ParallelOp> loops;
  kernel.walk([&](scf::ParallelOp loop) { loops.push_back(loop); });
  for (scf::ParallelOp loop : loops)
    if (failed(outline(loop)))
      return failure();
  return success();
}

namespace {
struct OutlineParallelLoopsPass : dlc::impl::OutlineParallelLoopsBase<OutlineParallelLoopsPass> {
  using OutlineParallelLoopsBase::OutlineParallelLoopsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kKernelAttrName) && !function.isDeclaration())
        kernels.push_back(function);
    for (func::FuncOp kernel : kernels)
      if (failed(Outliner(kernel, symbols, workPerThread).run()))
        return signalPassFailure();
  }
};
} // namespace
