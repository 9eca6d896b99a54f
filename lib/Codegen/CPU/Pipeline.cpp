//===- Pipeline.cpp - the kernel pipeline ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Conversion/DlToLinalg.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace dlc;

void dlc::buildLowerKernelsPipeline(OpPassManager &manager) {
  manager.addPass(createLowerTemplateKernelsPass());
  DecomposeCompositesOptions composites;
  for (StringRef name : getKernelComposites())
    composites.ops.push_back(name.str());
  manager.addNestedPass<func::FuncOp>(createDecomposeComposites(composites));
  manager.addPass(createConvertDlToLinalgPass());
  manager.addNestedPass<func::FuncOp>(createFuseElementwisePass());
  manager.addPass(createBufferizeKernelsPass());
  manager.addNestedPass<func::FuncOp>(createLowerKernelLoopsPass());
  manager.addPass(createOutlineParallelLoopsPass());
  manager.addPass(createConvertKernelsToLlvmPass());
}

void dlc::registerCodegenCpuPasses() {
  registerPass([] { return createPackWeightsPass(); });
  registerPass([] { return createLowerTemplateKernelsPass(); });
  registerPass([] { return createFuseElementwisePass(); });
  registerPass([] { return createBufferizeKernelsPass(); });
  registerPass([] { return createLowerKernelLoopsPass(); });
  registerPass([] { return createOutlineParallelLoopsPass(); });
  registerPass([] { return createConvertKernelsToLlvmPass(); });
  PassPipelineRegistration<>("dl-lower-kernels", "Lower dl kernels to the LLVM dialect",
                             buildLowerKernelsPipeline);
}
