//===- ConvertHostToLLVM.cpp - the host program as dlc_entry --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostTranslator.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/DialectConversion.h"

namespace dlc {
#define GEN_PASS_DEF_CONVERTHOSTTOLLVM
#include "dlc/Codegen/Host/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

static bool isScalar(Type type) { return isa<IndexType, IntegerType, FloatType>(type); }

/// Whether the translator knows the op, or can copy it because it is on scalars.
static LogicalResult checkOp(Operation *op) {
  if (isa<scf::SCFDialect>(op->getDialect()))
    return op->emitOpError("has to become branches first (-convert-scf-to-cf)");
  auto isKnown = [](Type type) { return isScalar(type) || isa<MemRefType>(type); };
  bool isBuffers = llvm::all_of(op->getOperandTypes(), isKnown) &&
                   llvm::all_of(op->getResultTypes(), isKnown);
  bool isTranslated =
      isa<dispatch::LaunchOp, dispatch::ViewOp, dispatch::OutputOp, dispatch::ArenaOp,
          dispatch::AllocOp, dispatch::FreeOp, dispatch::GlobalOp, dispatch::CopyOp,
          dispatch::FailIfOp, dispatch::LeaveIfFailedOp, dispatch::BytesOp, memref::LoadOp, memref::StoreOp, cf::BranchOp,
          cf::CondBranchOp, arith::SelectOp>(op);
  if (auto dim = dyn_cast<memref::DimOp>(op))
    isTranslated = dim.getConstantIndex().has_value();
  // The host program's functions give nothing back but a status.
  if (isa<func::CallOp, func::ReturnOp>(op))
    isTranslated = !op->getNumResults() && (isa<func::CallOp>(op) || !op->getNumOperands());
  else if (!isTranslated && !op->getNumRegions() && !op->getNumSuccessors())
    isTranslated = llvm::all_of(op->getOperandTypes(), isScalar) &&
                   llvm::all_of(op->getResultTypes(), isScalar);
  if (isBuffers && isTranslated)
    return success();
  return op->emitOpError("can't be part of a host program on planned buffers");
}

/// Whether the function is what -dl-plan-memory and -dl-split-host leave.
static LogicalResult checkFunction(func::FuncOp func, bool isEntry) {
  for (Type type : func.getArgumentTypes())
    if (!isa<MemRefType>(type) && (isEntry || !isScalar(type)))
      return func.emitError("takes ") << type << ": it is no host program on buffers";
  if (func.getNumResults())
    return func.emitError("returns ")
           << func.getResultTypes().front() << ": it is no host program on buffers";
  WalkResult result = func.getBody().walk<WalkOrder::PreOrder>([](Operation *op) {
    return failed(checkOp(op)) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct ConvertHostToLLVMPass : dlc::impl::ConvertHostToLLVMBase<ConvertHostToLLVMPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto entries = getEntryFunctions(module);
    if (failed(entries))
      return signalPassFailure();
    // Their names in the artefact.
    DenseMap<Operation *, std::string> names;
    for (func::FuncOp entry : *entries)
      names[entry] = getEntryName(names.empty() ? "" : entry.getName());
    SmallVector<func::FuncOp> pieces;
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() && !func->hasAttr(kKernelAttr))
        pieces.push_back(func);
    for (func::FuncOp func : pieces)
      if (failed(checkFunction(func, names.contains(func))))
        return signalPassFailure();
    HostModule host(module);
    SmallVector<Operation *> made;
    Builder builder(module.getContext());
    for (func::FuncOp func : pieces) {
      made.push_back(HostTranslator(func, host, names.lookup(func)).translate());
      // Straight-line calls: LLVM's optimiser would find nothing, slowly.
      made.back()->setAttr("passthrough", builder.getStrArrayAttr({"noinline", "optnone"}));
    }
    for (func::FuncOp func : pieces)
      func.erase();
    if (failed(convert(made)))
      signalPassFailure();
  }

  LogicalResult convert(ArrayRef<Operation *> functions) {
    MLIRContext *context = &getContext();
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();
    LowerToLLVMOptions options(context);
    LLVMTypeConverter types(context, options);
    RewritePatternSet patterns(context);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    return applyPartialConversion(functions, target, std::move(patterns));
  }
};
} // namespace
