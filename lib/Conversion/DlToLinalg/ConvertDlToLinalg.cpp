//===- ConvertDlToLinalg.cpp - the conversion pass ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dlc {
#define GEN_PASS_DEF_CONVERTDLTOLINALG
#include "dlc/Conversion/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

void dlc::populateDlToLinalgPatterns(const TypeConverter &converter,
                                     RewritePatternSet &patterns) {
  populateDlDataToLinalgPatterns(converter, patterns);
  populateDlElementwiseToLinalgPatterns(converter, patterns);
  populateDlShapeToLinalgPatterns(converter, patterns);
  populateDlSliceToLinalgPatterns(converter, patterns);
  populateDlGatherToLinalgPatterns(converter, patterns);
  populateDlReduceToLinalgPatterns(converter, patterns);
  populateDlSortToLinalgPatterns(converter, patterns);
  populateDlFactorToLinalgPatterns(converter, patterns);
  populateDlLinearToLinalgPatterns(converter, patterns);
  populateDlWindowToLinalgPatterns(converter, patterns);
  populateDlResizeToLinalgPatterns(converter, patterns);
  populateDlQuantToLinalgPatterns(converter, patterns);
}

namespace {
/// An op of another dialect whose operands or results are dl tensors (tensor.dim
/// from shape reification, tensor.extract, casts): the same op on storage types.
struct ConvertForeignOp : ConversionPattern {
  ConvertForeignOp(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<tensor::TensorDialect, func::FuncDialect>(op->getDialect()) ||
        op->getNumRegions() != 0)
      return rewriter.notifyMatchFailure(op, "not an op that only passes tensors on");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    Operation *converted = rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands,
                                           types, op->getAttrs());
    rewriter.replaceOp(op, converted);
    return success();
  }
};

struct ConvertDlToLinalgPass : dlc::impl::ConvertDlToLinalgBase<ConvertDlToLinalgPass> {
  using ConvertDlToLinalgBase::ConvertDlToLinalgBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    populateDlToLinalgPatterns(converter, set);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(set, converter);
    set.add<ConvertForeignOp>(converter, context);
    patterns = std::move(set);
    return success();
  }

  /// The functions to convert: kernels, or in a module without any, all.
  SmallVector<Operation *> getFunctions() {
    SmallVector<Operation *> kernels, all;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      all.push_back(function);
      if (function->hasAttr("dlc.kernel"))
        kernels.push_back(function);
    }
    // A compiled model may have no kernel at all.
    return kernels.empty() && !getOperation()->hasAttr("dlc.model") ? all : kernels;
  }

  void runOnOperation() override {
    ConversionTarget target(getContext());
    target.addIllegalDialect<dl::DlDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp function) {
      return converter.isSignatureLegal(function.getFunctionType()) &&
             converter.isLegal(&function.getBody());
    });
    target.markUnknownOpDynamicallyLegal([&](Operation *op) {
      return isa<UnrealizedConversionCastOp>(op) || converter.isLegal(op);
    });
    SmallVector<Operation *> functions = getFunctions();
    if (functions.empty())
      return;
    ConversionConfig config;
    config.allowPatternRollback = false;
    if (failed(applyFullConversion(functions, target, patterns, config)))
      return signalPassFailure();
    for (Operation *function : functions)
      declareCalledRuntime(cast<func::FuncOp>(function));
  }

  StorageTypeConverter converter;
  FrozenRewritePatternSet patterns;
};
} // namespace

void dlc::declareCalledRuntime(func::FuncOp function) {
  auto module = function->getParentOfType<ModuleOp>();
  std::optional<SymbolTable> symbols;
  function.walk([&](func::CallOp call) {
    if (!call.getCallee().starts_with("dlc_"))
      return;
    if (!symbols)
      symbols.emplace(module);
    if (symbols->lookup(call.getCallee()))
      return;
    auto callee = func::FuncOp::create(call.getLoc(), call.getCallee(), call.getCalleeType());
    callee.setPrivate();
    symbols->insert(callee, module.getBody()->begin());
  });
}
