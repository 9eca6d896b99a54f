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

namespace dlc {
#define GEN_PASS_DEF_LOWERTEMPLATEKERNELS
#include "dlc/Codegen/CPU/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
struct LowerTemplateKernelsPass : dlc::impl::LowerTemplateKernelsBase<LowerTemplateKernelsPass> {
  using LowerTemplateKernelsBase::LowerTemplateKernelsBase;

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
