//===- FormDispatches.cpp - dl to kernels and their launches --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A function is walked twice. First, in program order, every dynamic size gets a
// host value and every agreement of sizes that the types leave open a check.
// Then each block is grouped (Grouping.h) and emitted anew in the order of the
// groups' levels; nested blocks when their op's turn has come.
//
//===----------------------------------------------------------------------===//

#include "Grouping.h"
#include "HostValues.h"
#include "Kernels.h"
#include "OpClasses.h"
#include "Sizes.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace dlc {
#define GEN_PASS_DEF_FORMDISPATCHES
#include "dlc/Codegen/Dispatch/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
class FunctionDispatcher {
public:
  FunctionDispatcher(func::FuncOp func, KernelTable &kernels, GroupingOptions options)
      : func(func), kernels(kernels), options(options), sizes(func) {}

  LogicalResult run();

private:
  LogicalResult resolveSizes();
  LogicalResult measure(Operation *op);
  void emitBlock(Block &block);
  void emitGroup(const DispatchGroup &group, const Grouping &grouping, OpBuilder &builder);
  void emitView(Operation *op, OpBuilder &builder);
  dispatch::LaunchOp launch(const KernelBody &body, OpBuilder &builder);
  void replace(Value from, Value to) {
    sizes.transfer(from, to);
    from.replaceAllUsesWith(to);
  }

  func::FuncOp func;
  KernelTable &kernels;
  GroupingOptions options;
  Sizes sizes;
  DenseSet<Operation *> hostOps;
  DenseMap<Operation *, SmallVector<Operation *>> waits;
  SmallVector<Operation *> dead;
};

struct FormDispatchesPass : dlc::impl::FormDispatchesBase<FormDispatchesPass> {
  using FormDispatchesBase::FormDispatchesBase;

  void runOnOperation() override {
    KernelTable kernels(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions) {
      if (func.isExternal() || func->hasAttr(kKernelAttr))
        continue;
      if (failed(checkCalls(func)))
        return signalPassFailure();
      FunctionDispatcher dispatcher(func, kernels, {maxInputs, maxOps});
      if (failed(dispatcher.run()))
        return signalPassFailure();
    }
  }

  /// Every call that can be was inlined.
  static LogicalResult checkCalls(func::FuncOp func) {
    WalkResult result = func.walk([&](func::CallOp call) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
      call.emitOpError() << "of @" << call.getCallee() << " can't be compiled: "
                         << (callee && callee.isExternal()
                                 ? "the function has no body"
                                 : "a function that calls itself can't be inlined");
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace

/// The result, and its dimension, that an op of data-dependent size leaves open.
static std::pair<Value, int64_t> getCountedDimension(Operation *op) {
  return TypeSwitch<Operation *, std::pair<Value, int64_t>>(op)
      .Case([](dl::NonzeroOp op) { return std::pair<Value, int64_t>(op.getOutput(), 1); })
      .Case([](dl::NonMaxSuppressionOp op) {
        return std::pair<Value, int64_t>(op.getOutput(), 0);
      })
      .Case([](dl::UniqueOp op) {
        return std::pair<Value, int64_t>(op.getValues(), op.getAxis().value_or(0));
      })
      .Default([](Operation *) { return std::pair<Value, int64_t>(nullptr, 0); });
}

/// Of the ops that are likely to be what a run-time error of the kernel is about.
static Location getPlaceOf(const KernelBody &body, OpBuilder &builder) {
  SmallVector<Location> all, likely;
  for (Operation *op : body.ops) {
    all.push_back(op->getLoc());
    if (mayRefuseValues(op))
      likely.push_back(op->getLoc());
  }
  return builder.getFusedLoc(likely.empty() ? all : likely);
}

dispatch::LaunchOp FunctionDispatcher::launch(const KernelBody &body, OpBuilder &builder) {
  SmallVector<Type> types;
  SmallVector<Value> dynamic;
  for (Value output : body.outputs) {
    types.push_back(output.getType());
    llvm::append_range(dynamic, sizes.getDynamic(output));
  }
  return dispatch::LaunchOp::create(builder, getPlaceOf(body, builder), types,
                                    kernels.getKernel(body), body.inputs.getArrayRef(), dynamic,
                                    ValueRange());
}

/// An op whose result sizes depend on data: a kernel counts before it.
LogicalResult FunctionDispatcher::measure(Operation *op) {
  auto [counted, dimension] = getCountedDimension(op);
  if (!counted)
    return op->emitOpError("has a result whose size can't be computed from its operands");
  OpBuilder builder(op);
  Operation *copy = builder.clone(*op);
  unsigned number = cast<OpResult>(counted).getResultNumber();
  auto count = dl::DimSizeOp::create(builder, op->getLoc(),
                                     RankedTensorType::get({}, builder.getI64Type()),
                                     copy->getResult(number), dimension);
  KernelBody body;
  body.ops = {copy, count};
  body.inputs.insert(op->operand_begin(), op->operand_end());
  body.outputs = {count};
  auto counting = launch(body, builder);
  count.erase();
  copy->erase();
  Value scalar =
      tensor::ExtractOp::create(builder, op->getLoc(), counting.getResult(0), ValueRange());
  Value size =
      arith::IndexCastOp::create(builder, op->getLoc(), builder.getIndexType(), scalar);
  sizes.set(counted, dimension, size);
  if (auto unique = dyn_cast<dl::UniqueOp>(op)) {
    sizes.set(unique.getFirstIndices(), 0, size);
    sizes.set(unique.getCounts(), 0, size);
    auto input = cast<RankedTensorType>(unique.getInput().getType());
    Value places = sizes.constant(1);
    for (int64_t d = 0; d < input.getRank(); ++d) {
      Value extent = sizes.get(unique.getInput(), d);
      if (unique.getAxis() && d != static_cast<int64_t>(*unique.getAxis())) {
        sizes.set(unique.getValues(), d, extent);
        continue;
      }
      places = arith::MulIOp::create(builder, op->getLoc(), places, extent);
    }
    sizes.set(unique.getInverseIndices(), 0, places);
  }
  return success();
}

LogicalResult FunctionDispatcher::resolveSizes() {
  WalkResult result = func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<tensor::DimOp>(op)) {
      sizes.replaceDim(op);
      return WalkResult::advance();
    }
    if (auto dim = dyn_cast<dl::DimSizeOp>(op)) {
      OpBuilder builder(op);
      Value size = sizes.get(dim.getInput(), dim.getDimension());
      auto type = cast<RankedTensorType>(dim.getType());
      if (!type.getElementType().isIndex())
        size = arith::IndexCastOp::create(builder, op->getLoc(), type.getElementType(), size);
      Value tensor = tensor::FromElementsOp::create(builder, op->getLoc(), type, size);
      op->replaceAllUsesWith(ValueRange(tensor));
      op->erase();
      return WalkResult::advance();
    }
    bool isCast = isa<tensor::CastOp>(op);
    if (!isCast && !isa<dl::DlDialect>(op->getDialect()))
      return WalkResult::advance();
    if (!isCast && failed(sizes.resolve(op)) && failed(measure(op)))
      return WalkResult::interrupt();
    auto checks = checkSizes(op, sizes);
    if (!checks.empty())
      waits[op] = std::move(checks);
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void FunctionDispatcher::emitGroup(const DispatchGroup &group, const Grouping &grouping,
                                   OpBuilder &builder) {
  KernelBody body;
  DenseSet<Operation *> taken;
  // Lazy ops come before their first reader, once in a kernel.
  std::function<void(Operation *)> take = [&](Operation *op) {
    if (!taken.insert(op).second)
      return;
    for (OpOperand &operand : op->getOpOperands()) {
      Operation *copied = grouping.getCopied(operand);
      Operation *producer = operand.get().getDefiningOp();
      if (copied)
        take(copied);
      else if (!producer || grouping.getGroup(producer) != &group)
        body.inputs.insert(operand.get());
    }
    body.ops.push_back(op);
  };
  for (Operation *op : group.ops)
    take(op);
  for (Operation *op : group.ops)
    for (Value result : op->getResults())
      if (grouping.isUsedOutside(result, group))
        body.outputs.push_back(result);
  llvm::append_range(dead, group.ops);
  if (body.outputs.empty() && llvm::all_of(group.ops, isMemoryEffectFree))
    return;
  auto launched = launch(body, builder);
  for (auto [old, made] : llvm::zip_equal(body.outputs, launched.getResults()))
    replace(old, made);
}

void FunctionDispatcher::emitView(Operation *op, OpBuilder &builder) {
  Value result = op->getResult(0), offset;
  if (auto slice = dyn_cast<dl::SliceOp>(op))
    if (int64_t bytes = *getContiguousSliceOffset(slice))
      offset = sizes.constant(bytes);
  Value view = dispatch::ViewOp::create(builder, op->getLoc(), result.getType(),
                                        op->getOperand(0), offset, sizes.getDynamic(result));
  replace(result, view);
  dead.push_back(op);
}

void FunctionDispatcher::emitBlock(Block &block) {
  Grouping grouping(block, hostOps, waits, options);
  SmallVector<Operation *> copied;
  for (Operation &op : block)
    if (!hostOps.contains(&op) && classify(&op) == OpClass::Lazy && !isa<dl::ConstantOp>(op))
      copied.push_back(&op);
  Operation *end = block.getTerminator();
  OpBuilder builder(end);
  for (const Grouping::Item &item : grouping.takeItems()) {
    builder.setInsertionPoint(end);
    if (item.group) {
      emitGroup(*item.group, grouping, builder);
      continue;
    }
    item.op->moveBefore(end);
    if (!hostOps.contains(item.op) && classify(item.op) == OpClass::View) {
      emitView(item.op, builder);
      continue;
    }
    for (Region &region : item.op->getRegions())
      for (Block &nested : region)
        emitBlock(nested);
  }
  // Ops that were copied into kernels read each other: last first.
  for (Operation *op : llvm::reverse(copied))
    if (!grouping.getGroup(op))
      dead.push_back(op);
}

/// Folding upstream ops on tensors leaves upstream constants.
static void adoptConstants(func::FuncOp func) {
  func.walk([](arith::ConstantOp op) {
    auto value = dyn_cast<ElementsAttr>(op.getValue());
    if (!value || !isa<RankedTensorType>(op.getType()))
      return;
    OpBuilder builder(op);
    Value constant = dl::ConstantOp::create(builder, op.getLoc(), value);
    op.getResult().replaceAllUsesWith(constant);
    op.erase();
  });
}

/// Whether the user makes the tensor's memory its own: updates a part of it in place,
/// carries it through a loop, returns or stores it.
static bool takesMemory(OpOperand &use) {
  Operation *user = use.getOwner();
  if (isa<dl::ScatterOp, dl::DynamicUpdateSliceOp>(user))
    return use.getOperandNumber() == 0;
  return isa<dl::GlobalStoreOp, RegionBranchOpInterface>(user) ||
         user->hasTrait<OpTrait::ReturnLike>();
}

/// A large tensor of equal elements whose memory is wanted is filled where it is wanted:
/// as data of the artefact it would be as large, and be copied.
static void fillSplats(func::FuncOp func) {
  SmallVector<OpOperand *> uses;
  func.walk([&](dl::ConstantOp op) {
    if (!isa<SplatElementsAttr>(op.getValue()) || isSmallTensor(op.getType()))
      return;
    for (OpOperand &use : op->getUses())
      if (takesMemory(use))
        uses.push_back(&use);
  });
  for (OpOperand *use : uses) {
    auto constant = use->get().getDefiningOp<dl::ConstantOp>();
    auto type = cast<RankedTensorType>(constant.getType());
    auto scalarType = RankedTensorType::get({}, type.getElementType());
    auto elements = cast<SplatElementsAttr>(constant.getValue());
    OpBuilder builder(use->getOwner());
    Value scalar = dl::ConstantOp::create(builder, constant.getLoc(),
                                          elements.resizeSplat(scalarType));
    use->set(dl::SplatOp::create(builder, constant.getLoc(), type, scalar, /*shape=*/Value()));
  }
}

LogicalResult FunctionDispatcher::run() {
  adoptConstants(func);
  fillSplats(func);
  if (failed(resolveSizes()))
    return failure();
  hostOps = findHostOps(func);
  emitBlock(func.getBody().front());
  for (Operation *op : dead)
    op->dropAllReferences();
  for (Operation *op : dead)
    op->erase();
  // Constants that only kernels read are inside of them.
  for (auto constant : llvm::make_early_inc_range(func.getOps<dl::ConstantOp>()))
    if (constant->use_empty())
      constant.erase();
  return success();
}
