//===- BufferizeHost.cpp - buffers for the host program's tensors ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBufferizer.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Codegen/InPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dlc {
#define GEN_PASS_DEF_BUFFERIZEHOST
#include "dlc/Codegen/Host/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

FailureOr<func::FuncOp> dlc::getEntryFunction(ModuleOp module) {
  FailureOr<SmallVector<func::FuncOp>> entries = getEntryFunctions(module);
  if (failed(entries))
    return failure();
  return entries->front();
}

FailureOr<SmallVector<func::FuncOp>> dlc::getEntryFunctions(ModuleOp module) {
  SmallVector<func::FuncOp> entries;
  for (auto func : module.getOps<func::FuncOp>()) {
    if (func.isExternal() || func.isPrivate() || func->hasAttr(kKernelAttr))
      continue;
    entries.push_back(func);
  }
  // The host program of the phase `llvm`.
  if (entries.empty() && isa_and_nonnull<LLVM::LLVMFuncOp>(module.lookupSymbol(kEntryName)))
    return module.emitError("the module is in the LLVM dialect already: its host program is '")
           << kEntryName << "'";
  if (entries.empty())
    return module.emitError("the module has no public function: one is the model");
  return entries;
}

namespace {
struct BufferizeHostPass : dlc::impl::BufferizeHostBase<BufferizeHostPass> {
  void runOnOperation() override {
    auto entries = getEntryFunctions(getOperation());
    if (failed(entries))
      return signalPassFailure();
    for (func::FuncOp entry : *entries)
      if (failed(HostBufferizer(entry, getOperation()).run()))
        return signalPassFailure();
  }
};
} // namespace

/// Finds the launches that can write an output where the caller wants it.
void HostBufferizer::claimOutputs() {
  auto terminator = cast<func::ReturnOp>(func.getBody().front().getTerminator());
  for (auto [index, returned] : llvm::enumerate(terminator.getOperands())) {
    Value root = returned;
    while (auto view = root.getDefiningOp<dispatch::ViewOp>()) {
      if (view.getOffset())
        break;
      root = view.getSource();
    }
    Operation *maker = root.getDefiningOp();
    if (!isa_and_nonnull<dispatch::LaunchOp, tensor::FromElementsOp>(maker) ||
        maker->getBlock() != terminator->getBlock() || claims.contains(root))
      continue;
    // The returned sizes have to be known before the launch, and a prefix of the
    // buffer is not all of it.
    auto view = returned.getDefiningOp<dispatch::ViewOp>();
    if (view && root != returned) {
      auto type = cast<RankedTensorType>(returned.getType());
      auto rootType = cast<RankedTensorType>(root.getType());
      if (!type.hasStaticShape() || !rootType.hasStaticShape() ||
          dispatch::getStaticBytes(type) != dispatch::getStaticBytes(rootType))
        continue;
    }
    claims[root] = {static_cast<unsigned>(index), returned};
    claimed.insert(index);
  }
}

void HostBufferizer::leaveIfFailed(Location loc, OpBuilder &builder) {
  if (mayHaveFailed)
    dispatch::LeaveIfFailedOp::create(builder, loc);
  mayHaveFailed = false;
}

Value HostBufferizer::allocate(Value tensor, ValueRange sizes, OpBuilder &builder) {
  Location loc = tensor.getLoc();
  MemRefType type = getBufferType(tensor.getType());
  if (auto state = stateClaims.lookup(tensor))
    return dispatch::GlobalOp::create(builder, loc, type, state);
  auto claim = claims.find(tensor);
  if (claim == claims.end())
    return memref::AllocOp::create(builder, loc, type, sizes);
  MemRefType returned = getBufferType(claim->second.tensor.getType());
  bool isView = claim->second.tensor != tensor;
  Value output = dispatch::OutputOp::create(builder, loc, returned, claim->second.index,
                                            isView ? ValueRange() : sizes);
  if (!isView)
    return output;
  return dispatch::ViewOp::create(builder, loc, type, output, Value(), ValueRange());
}

SmallVector<Value> HostBufferizer::getSizes(Value buffer, OpBuilder &builder) {
  SmallVector<Value> sizes;
  auto type = cast<MemRefType>(buffer.getType());
  // What is known already can move to the start.
  if (auto view = buffer.getDefiningOp<dispatch::ViewOp>())
    return SmallVector<Value>(view.getSizes());
  if (auto alloc = buffer.getDefiningOp<memref::AllocOp>())
    return SmallVector<Value>(alloc.getDynamicSizes());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (type.isDynamicDim(d))
      sizes.push_back(memref::DimOp::create(builder, buffer.getLoc(), buffer, d));
  return sizes;
}

bool HostBufferizer::mayOverwrite(Value tensor, Operation *op) const {
  if (!isReadOnce(tensor) || tensor.getParentBlock() != op->getBlock() ||
      (op->getNumResults() && claims.contains(op->getResult(0))))
    return false;
  // A loop owns what it carries; a launch's buffer is only read from then on.
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return !isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return tensor.getDefiningOp<dispatch::LaunchOp>() &&
         (stateClaims.contains(tensor) || lookup(tensor).getDefiningOp<memref::AllocOp>());
}

void HostBufferizer::visitLaunch(dispatch::LaunchOp op, OpBuilder &builder) {
  SmallVector<Value> inputs, outs;
  if (llvm::any_of(op.getResults(), [&](Value v) { return stateClaims.contains(v); }))
    leaveIfFailed(op.getLoc(), builder);
  else
    mayHaveFailed = true;
  for (Value input : op.getInputs())
    inputs.push_back(lookup(input));
  Operation *kernel = symbols.lookup(op.getKernel());
  auto getNumber = [&](StringRef attribute) {
    return kernel ? kernel->getAttrOfType<IntegerAttr>(attribute) : IntegerAttr();
  };
  SmallVector<Value> scratch;
  if (IntegerAttr bytes = getNumber(kScratchAttr))
    scratch.push_back(memref::AllocOp::create(
        builder, op.getLoc(), MemRefType::get({bytes.getInt()}, builder.getI8Type())));
  if (IntegerAttr inPlace = getNumber(kInPlaceAttr)) {
    Value &updated = inputs[inPlace.getInt()];
    if (!mayOverwrite(op.getInputs()[inPlace.getInt()], op)) {
      Value copy = allocate(op.getResult(0), op.getSizes(), builder);
      dispatch::CopyOp::create(builder, op.getLoc(), updated, copy);
      updated = copy;
    }
    buffers[op.getResult(0)] = updated;
    outs.push_back(updated);
    llvm::append_range(outs, scratch);
    dispatch::LaunchOp::create(builder, op.getLoc(), TypeRange(), op.getKernelAttr(), inputs,
                               ValueRange(), outs);
    return;
  }
  ValueRange sizes = op.getSizes();
  for (Value result : op.getResults()) {
    size_t count = cast<RankedTensorType>(result.getType()).getNumDynamicDims();
    Value buffer = allocate(result, sizes.take_front(count), builder);
    buffers[result] = buffer;
    outs.push_back(buffer);
    sizes = sizes.drop_front(count);
  }
  llvm::append_range(outs, scratch);
  dispatch::LaunchOp::create(builder, op.getLoc(), TypeRange(), op.getKernelAttr(), inputs,
                             ValueRange(), outs);
}

void HostBufferizer::visitFromElements(tensor::FromElementsOp op, OpBuilder &builder) {
  Value buffer = allocate(op.getResult(), {}, builder);
  buffers[op.getResult()] = buffer;
  auto type = cast<MemRefType>(buffer.getType());
  for (auto [number, element] : llvm::enumerate(op.getElements())) {
    SmallVector<Value> indices(type.getRank());
    int64_t rest = number;
    for (int64_t d = type.getRank() - 1; d >= 0; --d) {
      indices[d] = arith::ConstantIndexOp::create(builder, op.getLoc(), rest % type.getDimSize(d));
      rest /= type.getDimSize(d);
    }
    memref::StoreOp::create(builder, op.getLoc(), element, buffer, indices);
  }
}

/// What from_elements of constants folds to.
void HostBufferizer::visitConstant(arith::ConstantOp op, OpBuilder &builder) {
  SmallVector<Value> elements;
  for (Attribute element : cast<DenseElementsAttr>(op.getValue()).getValues<Attribute>())
    elements.push_back(
        arith::ConstantOp::create(builder, op.getLoc(), cast<TypedAttr>(element)));
  auto made = tensor::FromElementsOp::create(builder, op.getLoc(), op.getType(), elements);
  visitFromElements(made, builder);
  buffers[op.getResult()] = lookup(made.getResult());
  dead.push_back(made);
}

/// Whether all that reads the tensor is over when `end` runs, an op of `block`.
static bool isReadBefore(Value tensor, Operation *end, Block *block) {
  return llvm::all_of(tensor.getUsers(), [&](Operation *user) {
    Operation *place = block->findAncestorOpInBlock(*user);
    if (!place || !place->isBeforeInBlock(end))
      return false;
    if (isa<dispatch::ViewOp>(user))
      return isReadBefore(user->getResult(0), end, block);
    return isa<dispatch::LaunchOp>(user);
  });
}

/// Whether a load of state must be a copy, because the state may change before all
/// that reads it is over.
bool HostBufferizer::mayChange(dl::GlobalLoadOp load) {
  Block *block = &func.getBody().front();
  Operation *end = block->getTerminator();
  bool isNested = load->getBlock() != block;
  func.walk([&](dl::GlobalStoreOp store) {
    if (store.getGlobalAttr() != load.getGlobalAttr())
      return;
    isNested |= store->getBlock() != block;
    if (!isNested && load->isBeforeInBlock(store) && store->isBeforeInBlock(end))
      end = store;
  });
  return isNested || !isReadBefore(load.getOutput(), end, block);
}

void HostBufferizer::visitGlobalLoad(dl::GlobalLoadOp op, OpBuilder &builder) {
  MemRefType type = getBufferType(op.getType());
  Value buffer = dispatch::GlobalOp::create(builder, op.getLoc(), type, op.getGlobalAttr());
  auto global = symbols.lookup<dl::GlobalOp>(op.getGlobal());
  if (global && global.getIsMutable() && mayChange(op)) {
    Value copy = memref::AllocOp::create(builder, op.getLoc(), type);
    dispatch::CopyOp::create(builder, op.getLoc(), buffer, copy);
    buffer = copy;
  }
  buffers[op.getOutput()] = buffer;
}

void HostBufferizer::makeOutputs(Value returned, OpBuilder &builder) {
  for (OpOperand &use : returned.getUses())
    if (unsigned index = use.getOperandNumber();
        isa<func::ReturnOp>(use.getOwner()) && !claimed.contains(index))
      outputs[index] = dispatch::OutputOp::create(builder, use.getOwner()->getLoc(),
                                                  getBufferType(returned.getType()), index,
                                                  getSizes(lookup(returned), builder));
}

void HostBufferizer::visitReturn(func::ReturnOp op, OpBuilder &builder) {
  for (auto [index, returned] : llvm::enumerate(op.getOperands()))
    if (!claimed.contains(index))
      dispatch::CopyOp::create(builder, op.getLoc(), lookup(returned), outputs.lookup(index));
  func::ReturnOp::create(builder, op.getLoc());
}

LogicalResult HostBufferizer::visitIf(scf::IfOp op, OpBuilder &builder) {
  SmallVector<Type> types;
  for (Type type : op.getResultTypes())
    types.push_back(isa<RankedTensorType>(type) ? getBufferType(type) : type);
  auto made = scf::IfOp::create(builder, op.getLoc(), types, op.getCondition());
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), made->getRegions())) {
    to.takeBody(from);
    if (!to.empty() && failed(visitBlock(to.front())))
      return failure();
  }
  replaceResults(op, made, SmallVector<Value>(op.getNumResults()));
  return success();
}

LogicalResult HostBufferizer::visit(Operation *op) {
  if (llvm::any_of(op->getOperandTypes(), llvm::IsaPred<UnrankedTensorType>) ||
      llvm::any_of(op->getResultTypes(), llvm::IsaPred<UnrankedTensorType>))
    return op->emitOpError("on unranked tensors can't be part of the host program");
  bool hasTensors = llvm::any_of(op->getOperands(), isTensor) ||
                    llvm::any_of(op->getResults(), isTensor);
  if (!hasTensors && !isa<func::ReturnOp>(op)) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        if (failed(visitBlock(block)))
          return failure();
    return success();
  }
  if (isa<scf::YieldOp, scf::ConditionOp>(op)) {
    // Loops replace theirs.
    if (isa<scf::IfOp>(op->getParentOp()))
      for (OpOperand &operand : op->getOpOperands())
        operand.set(lookup(operand.get()));
    return success();
  }
  OpBuilder builder(op);
  Location loc = op->getLoc();
  dead.push_back(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](dispatch::LaunchOp op) { return visitLaunch(op, builder), success(); })
      .Case([&](dispatch::ViewOp op) {
        buffers[op.getResult()] =
            dispatch::ViewOp::create(builder, loc, getBufferType(op.getResult().getType()),
                                     lookup(op.getSource()), op.getOffset(), op.getSizes());
        return success();
      })
      .Case([&](dl::GlobalLoadOp op) { return visitGlobalLoad(op, builder), success(); })
      .Case([&](dl::GlobalStoreOp op) {
        if (stateClaims.contains(op.getValue()))
          return success();
        leaveIfFailed(loc, builder);
        Value source = lookup(op.getValue());
        Value target =
            dispatch::GlobalOp::create(builder, loc, source.getType(), op.getGlobalAttr());
        dispatch::CopyOp::create(builder, loc, source, target);
        return success();
      })
      .Case([&](tensor::FromElementsOp op) { return visitFromElements(op, builder), success(); })
      .Case([&](arith::ConstantOp op) { return visitConstant(op, builder), success(); })
      .Case([&](tensor::ExtractOp op) {
        Value loaded =
            memref::LoadOp::create(builder, loc, lookup(op.getTensor()), op.getIndices());
        op.getResult().replaceAllUsesWith(loaded);
        return success();
      })
      .Case([&](tensor::DimOp op) {
        Value size = memref::DimOp::create(builder, loc, lookup(op.getSource()), op.getIndex());
        op.getResult().replaceAllUsesWith(size);
        return success();
      })
      .Case([&](tensor::CastOp op) {
        Value source = lookup(op.getSource());
        auto type = getBufferType(op.getType());
        SmallVector<Value> sizes;
        for (int64_t d = 0; d < type.getRank(); ++d)
          if (type.isDynamicDim(d))
            sizes.push_back(memref::DimOp::create(builder, loc, source, d));
        buffers[op.getResult()] =
            dispatch::ViewOp::create(builder, loc, type, source, Value(), sizes);
        return success();
      })
      .Case([&](arith::SelectOp op) {
        buffers[op.getResult()] =
            arith::SelectOp::create(builder, loc, op.getCondition(), lookup(op.getTrueValue()),
                                    lookup(op.getFalseValue()));
        return success();
      })
      .Case([&](func::ReturnOp op) { return visitReturn(op, builder), success(); })
      .Case([&](scf::IfOp op) { return visitIf(op, builder); })
      .Case([&](scf::ForOp op) { return visitFor(op, builder); })
      .Case([&](scf::WhileOp op) { return visitWhile(op, builder); })
      .Default([&](Operation *op) {
        return op->emitOpError("on tensors can't be part of the host program");
      });
}

LogicalResult HostBufferizer::visitBlock(Block &block) {
  // A loop's body comes after itself.
  mayHaveFailed = true;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (failed(visit(&op)))
      return failure();
    if (&block != &func.getBody().front() || op.hasTrait<OpTrait::IsTerminator>())
      continue;
    OpBuilder builder(&block, std::next(op.getIterator()));
    for (Value result : op.getResults())
      makeOutputs(result, builder);
  }
  mayHaveFailed = true;
  return success();
}

LogicalResult HostBufferizer::run() {
  if (!func.getBody().hasOneBlock())
    return func.emitError("the model's body has more than one block");
  for (Type type : llvm::concat<const Type>(func.getArgumentTypes(), func.getResultTypes()))
    if (!isa<RankedTensorType>(type))
      return func.emitError("takes or returns ")
             << type << ": a host program that is to get buffers is on ranked tensors";
  claimOutputs();
  claimState();
  Block &entry = func.getBody().front();
  for (BlockArgument argument : SmallVector<BlockArgument>(entry.getArguments())) {
    buffers[argument] = entry.addArgument(getBufferType(argument.getType()), argument.getLoc());
    deadArguments.insert(argument);
    OpBuilder builder = OpBuilder::atBlockBegin(&entry);
    makeOutputs(argument, builder);
  }
  if (failed(visitBlock(entry)))
    return failure();
  for (Operation *op : dead)
    op->dropAllReferences();
  for (Operation *op : dead)
    op->erase();
  func.walk([&](Block *block) {
    block->eraseArguments(
        [&](BlockArgument argument) { return deadArguments.contains(argument); });
  });
  func.removeResAttrsAttr();
  func.setFunctionType(FunctionType::get(func.getContext(), entry.getArgumentTypes(), {}));
  return success();
}
