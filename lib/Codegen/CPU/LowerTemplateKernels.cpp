//===- LowerTemplateKernels.cpp - kernels that a template knows -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Codegen/CPU/Templates.h"
#include "dlc/Conversion/DlToLinalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#define DEBUG_TYPE "dl-lower-template-kernels"

using namespace mlir;
using namespace dlc;

namespace {
struct LowerTemplateKernelsPass
    : PassWrapper<LowerTemplateKernelsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTemplateKernelsPass)

  StringRef getArgument() const override { return "dl-lower-template-kernels"; }
  StringRef getDescription() const override {
    return "Lower matrix products and convolutions by templates";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, math::MathDialect, memref::MemRefDialect,
                    scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() override {
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    FrozenRewritePatternSet folds{RewritePatternSet(&getContext())};
    // Templates may add constants to the module, so one kernel after the other.
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!kernel->hasAttr(kKernelAttrName) || kernel.isDeclaration())
        continue;
      if (failed(cpu::lowerMatmulKernel(kernel)) && failed(cpu::lowerConvKernel(kernel)))
        continue;
      if (failed(applyPatternsGreedily(kernel, folds, config)))
        return signalPassFailure();
      declareCalledRuntime(kernel);
    }
  }
};
} // namespace

std::unique_ptr<Pass> dlc::createLowerTemplateKernelsPass() {
  return std::make_unique<LowerTemplateKernelsPass>();
}
