//===- BufferizeKernels.cpp - kernels on buffers --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func private @k(%x: tensor<8xf32>) -> tensor<8xf32> {…return %y}
//
// becomes
//
//   func.func private @k(%x: memref<8xf32>, %out: memref<8xf32>) {…}
//
// where the op that makes %y writes to %out. Of an input that the kernel updates
// (`dlc.in_place`), %out already holds the elements. What lies between stays in buffers
// of its own (memref.alloc), which -dl-lower-kernel-loops shrinks or places.
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Codegen/InPlace.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/ControlFlow/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"

#define DEBUG_TYPE "dl-bufferize-kernels"

namespace dlc {
#define GEN_PASS_DEF_BUFFERIZEKERNELS
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

void dlc::registerCodegenCpuInterfaces(DialectRegistry &registry) {
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(registry);
  cf::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerSubsetOpInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
}

static MemRefType bufferTypeOf(RankedTensorType type) {
  return MemRefType::get(type.getShape(), type.getElementType());
}

/// The tensor.empty that `value` is computed into, if any.
static tensor::EmptyOp findDestination(Value value) {
  while (auto result = dyn_cast<OpResult>(value)) {
    if (auto empty = dyn_cast<tensor::EmptyOp>(result.getOwner()))
      return empty;
    auto style = dyn_cast<DestinationStyleOpInterface>(result.getOwner());
    if (!style)
      return nullptr;
    value = style.getTiedOpOperand(result)->get();
  }
  return nullptr;
}

/// A result that is a reshape of another value: that value, and `buffer` seen in
/// its shape, so that it is computed in place.
static std::pair<Value, Value> lookThroughReshapes(Value value, Value buffer) {
  Value source = value;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op) ||
        !source.hasOneUse())
      break;
    source = op->getOperand(0);
  }
  tensor::EmptyOp empty = findDestination(source);
  if (source == value || !empty)
    return {value, buffer};
  OpBuilder b(empty);
  Location loc = value.getLoc();
  auto type = cast<MemRefType>(buffer.getType());
  auto sourceType = cast<RankedTensorType>(source.getType());
  auto wanted = MemRefType::get(sourceType.getShape(), sourceType.getElementType());
  if (type == wanted)
    return {source, buffer};
  // Through a flat view, since buffers are contiguous.
  auto grouping = [](int64_t rank) {
    return SmallVector<ReassociationIndices>{llvm::to_vector(llvm::seq<int64_t>(0, rank))};
  };
  // 0 times an open size is 0, which a flat view's type doesn't say.
  auto isEmptyAndOpen = [](MemRefType type) {
    return llvm::is_contained(type.getShape(), 0) && !type.hasStaticShape();
  };
  if (type.getRank() == 0 || wanted.getRank() == 0 || isEmptyAndOpen(type) ||
      isEmptyAndOpen(wanted))
    return {value, buffer};
  Value view = buffer;
  if (type.getRank() > 1)
    view = memref::CollapseShapeOp::create(b, loc, view, grouping(type.getRank()));
  auto flat = MemRefType::get(
      {wanted.hasStaticShape() ? wanted.getNumElements() : ShapedType::kDynamic},
      wanted.getElementType());
  if (view.getType() != flat)
    view = memref::CastOp::create(b, loc, flat, view);
  if (wanted.getRank() > 1)
    view = memref::ExpandShapeOp::create(b, loc, wanted, view, grouping(wanted.getRank()),
                                         empty.getMixedSizes());
  return {source, view};
}

/// Tensor arguments and results become memref arguments.
static void rewriteSignature(func::FuncOp function) {
  Block &entry = function.getBody().front();
  auto returned = cast<func::ReturnOp>(entry.getTerminator());
  OpBuilder b = OpBuilder::atBlockBegin(&entry);
  Location loc = function.getLoc();
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    argument.setType(bufferTypeOf(type));
    auto tensor = bufferization::ToTensorOp::create(b, loc, type, argument, /*restrict=*/true);
    argument.replaceAllUsesExcept(tensor.getResult(), tensor);
  }
  auto inPlace = function->getAttrOfType<IntegerAttr>(kInPlaceAttr);
  for (Value result : returned.getOperands()) {
    Value buffer = entry.addArgument(bufferTypeOf(cast<RankedTensorType>(result.getType())), loc);
    if (inPlace) {
      Operation *updated = *entry.getArgument(inPlace.getInt()).getUsers().begin();
      b.setInsertionPointAfter(updated);
      auto tensor = bufferization::ToTensorOp::create(b, loc, result.getType(), buffer,
                                                      /*restrict=*/true, /*writable=*/true);
      updated->getResult(0).replaceAllUsesWith(tensor);
    }
    auto [value, view] = lookThroughReshapes(result, buffer);
    b.setInsertionPoint(returned);
    bufferization::MaterializeInDestinationOp::create(b, loc, Type(), value, view,
                                                      /*restrict=*/true, /*writable=*/true);
  }
  b.setInsertionPoint(returned);
  func::ReturnOp::create(b, returned.getLoc());
  returned.erase();
  function.setFunctionType(b.getFunctionType(entry.getArgumentTypes(), {}));
  function.removeResAttrsAttr();
}

/// Gives an op that writes to a fresh tensor one of its own: ops that share one
/// (after common subexpressions were merged) would be given one result's buffer.
static void privatizeDestination(OpOperand &init) {
  Operation *source = init.get().getDefiningOp();
  if (!source || !isa<tensor::EmptyOp, linalg::FillOp>(source))
    return;
  if (!source->hasOneUse()) {
    OpBuilder b(init.getOwner());
    source = b.clone(*source);
    init.set(source->getResult(0));
  }
  if (auto fill = dyn_cast<linalg::FillOp>(source))
    privatizeDestination(fill.getDpsInitsMutable()[0]);
}

static void privatizeDestinations(func::FuncOp function) {
  SmallVector<OpOperand *> inits;
  function.walk([&](Operation *op) {
    if (isa<linalg::FillOp>(op))
      return;
    if (auto style = dyn_cast<DestinationStyleOpInterface>(op)) {
      for (OpOperand &init : style.getDpsInitsMutable())
        inits.push_back(&init);
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (OpOperand &init : loop.getInitArgsMutable())
        inits.push_back(&init);
    }
  });
  for (OpOperand *init : inits)
    privatizeDestination(*init);
}

/// Of a kernel of elementwise ops: pairs of an input and a result that may be written over
/// it, because whatever reads the input does so element for element, and no later than
/// the op that makes the result.
static SmallVector<int64_t> findPointwisePairs(func::FuncOp function) {
  auto isOneToOne = [](OpOperand &operand) {
    return cast<linalg::LinalgOp>(operand.getOwner()).getMatchingIndexingMap(&operand).isIdentity();
  };
  for (Operation &op : function.front().without_terminator()) {
    auto made = dyn_cast<linalg::LinalgOp>(op);
    if (made ? made.getNumParallelLoops() != made.getNumLoops() ||
                   !llvm::all_of(made.getDpsInitsMutable(), isOneToOne)
             : !isa<tensor::EmptyOp, tensor::DimOp, arith::ConstantOp>(op))
      return {};
  }
  SmallVector<int64_t> pairs;
  auto returned = cast<func::ReturnOp>(function.front().getTerminator());
  for (BlockArgument argument : function.getArguments())
    for (OpOperand &result : returned->getOpOperands()) {
      auto maker = result.get().getDefiningOp<linalg::LinalgOp>();
      if (maker && argument.getType() == result.get().getType() &&
          llvm::all_of(argument.getUses(), [&](OpOperand &use) {
            auto reader = dyn_cast<linalg::LinalgOp>(use.getOwner());
            return isa<tensor::DimOp>(use.getOwner()) ||
                   (reader && reader.isDpsInput(&use) && isOneToOne(use) &&
                    (reader == maker || reader->isBeforeInBlock(maker)));
          }))
        pairs.append({argument.getArgNumber(), result.getOperandNumber()});
    }
  return pairs;
}

/// The kernels that make new values of the state that they read.
static DenseSet<Attribute> findStateUpdates(ModuleOp module) {
  DenseSet<Attribute> updates;
  SymbolTable symbols(module);
  module.walk([&](dl::GlobalStoreOp store) {
    auto launch = getUpdatedRoot(store.getValue(), symbols).getDefiningOp<dispatch::LaunchOp>();
    if (launch && llvm::any_of(launch.getInputs(), [&](Value input) {
          auto load = input.getDefiningOp<dl::GlobalLoadOp>();
          return load && load.getGlobalAttr() == store.getGlobalAttr();
        }))
      updates.insert(launch.getKernelAttr().getAttr());
  });
  return updates;
}

namespace {
struct BufferizeKernelsPass : dlc::impl::BufferizeKernelsBase<BufferizeKernelsPass> {
  using BufferizeKernelsBase::BufferizeKernelsBase;

  LogicalResult bufferize(func::FuncOp function) {
    if (updates.contains(function.getNameAttr()))
      if (auto pairs = findPointwisePairs(function); !pairs.empty())
        function->setAttr(kPointwiseAttr, DenseI64ArrayAttr::get(&getContext(), pairs));
    privatizeDestinations(function);
    rewriteSignature(function);
    IRRewriter rewriter(function);
    if (failed(bufferization::eliminateEmptyTensors(rewriter, function)))
      return failure();
    bufferization::OneShotBufferizationOptions options;
    options.bufferAlignment = 64;
    options.opFilter.allowOperation([&](Operation *op) {
      return op->getParentOfType<func::FuncOp>() == function;
    });
    bufferization::BufferizationState state;
    return bufferization::runOneShotBufferize(function, options, state);
  }

  void runOnOperation() override {
    updates = findStateUpdates(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr(kKernelAttrName) || function.isDeclaration())
        continue;
      // The templates' kernels are on buffers; one of checks alone has neither arguments nor
      // results.
      auto isTensor = llvm::IsaPred<RankedTensorType>;
      WalkResult onTensors = function.walk([&](Operation *op) {
        return llvm::any_of(op->getOperandTypes(), isTensor) ? WalkResult::interrupt()
                                                             : WalkResult::advance();
      });
      if (onTensors.wasInterrupted() && failed(bufferize(function)))
        return signalPassFailure();
    }
  }

private:
  DenseSet<Attribute> updates;
};
} // namespace
