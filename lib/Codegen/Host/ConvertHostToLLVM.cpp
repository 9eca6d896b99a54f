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
#include "mlir/Transforms/DialectConversion.h"

namespace dlc {
#define GEN_PASS_DEF_CONVERTHOSTTOLLVM
#include "dlc/Codegen/Host/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
struct ConvertHostToLLVMPass : dlc::impl::ConvertHostToLLVMBase<ConvertHostToLLVMPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<func::FuncOp> entry = getEntryFunction(module);
    if (failed(entry))
      return signalPassFailure();
    SmallVector<func::FuncOp> pieces;
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() && !func->hasAttr(kKernelAttr))
        pieces.push_back(func);
    HostModule host(module);
    SmallVector<Operation *> made;
    Builder builder(module.getContext());
    for (func::FuncOp func : pieces) {
      if (!llvm::all_of(func.getArgumentTypes(), llvm::IsaPred<MemRefType, IndexType, IntegerType,
                                                               FloatType>)) {
        func.emitError("is no host program on buffers");
        return signalPassFailure();
      }
      made.push_back(HostTranslator(func, host, func == *entry).translate());
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
