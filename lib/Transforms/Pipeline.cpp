//===- Pipeline.cpp - the simplify phase ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace dlc;

std::unique_ptr<Pass> dlc::createLoopSafeCanonicalizer() {
  // The pattern is known by its C++ name, which the compiler of libMLIR spells.
  return createCanonicalizerPass(GreedyRewriteConfig(),
                                 {"(anonymous namespace)::ForOpTensorCastFolder",
                                  "{anonymous}::ForOpTensorCastFolder"});
}

void dlc::buildSimplifyPipeline(OpPassManager &manager) {
  manager.addPass(createInlinerPass({}, [](OpPassManager &) {}));
  manager.addPass(createSymbolDCEPass());
  manager.addNestedPass<func::FuncOp>(createLoopSafeCanonicalizer());
  // Shapes come first: the rest sees more with static ones.
  manager.addPass(createInferShapes());
  manager.addPass(createFoldConstants());
  manager.addNestedPass<func::FuncOp>(createSimplify());
  // conv_transpose becomes conv before the layout is chosen; what the passes
  // above made of constants is computed at the end.
  manager.addNestedPass<func::FuncOp>(createDecomposeComposites());
  manager.addNestedPass<func::FuncOp>(createChooseLayout());
  manager.addPass(createInferShapes());
  manager.addPass(createFoldConstants());
  manager.addNestedPass<func::FuncOp>(createLoopSafeCanonicalizer());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createElideIndexChecks());
}

void dlc::registerSimplifyPipeline() {
  PassPipelineRegistration<>("dl-simplify-graph", "The simplify phase: dl to dl",
                             buildSimplifyPipeline);
}
