//===- Pipeline.cpp - the kernel pipeline ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Conversion/Passes.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace dlc;

void dlc::buildLowerKernelsPipeline(OpPassManager &manager) {
  manager.addPass(createLowerTemplateKernels());
  DecomposeCompositesOptions composites;
  for (StringRef name : getKernelComposites())
    composites.ops.push_back(name.str());
  manager.addNestedPass<func::FuncOp>(createDecomposeComposites(composites));
  manager.addPass(createConvertDlToLinalg());
  manager.addNestedPass<func::FuncOp>(createFuseElementwise());
  manager.addPass(createBufferizeKernels());
  manager.addNestedPass<func::FuncOp>(createLowerKernelLoops());
  manager.addPass(createOutlineParallelLoops());
  manager.addPass(createConvertKernelsToLlvm());
}

void dlc::registerLowerKernelsPipeline() {
  PassPipelineRegistration<>("dl-lower-kernels", "Lower dl kernels to the LLVM dialect",
                             buildLowerKernelsPipeline);
}
