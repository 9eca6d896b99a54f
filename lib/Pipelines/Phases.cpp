//===- Phases.cpp - the named stages of a compilation ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Pipelines/Phases.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace dlc;

static void buildSimplify(OpPassManager &manager) {
  manager.addPass(createAutodiff());
  buildSimplifyPipeline(manager);
  // What is saved for a backward part is saved in the layout chosen.
  manager.addPass(createSplitVjp());
}

static void buildDispatch(OpPassManager &manager) {
  manager.addPass(createFormDispatches());
  // Packing is dl ops on weights, computed here once and for all, whatever a
  // weight's size.
  manager.addPass(createPackWeights());
  // A weight that several kernels use is packed once.
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  FoldConstantsOptions folding;
  folding.maxElements = int64_t(1) << 28;
  manager.addPass(createFoldConstants(folding));
  manager.addPass(createLowerHost());
  manager.addNestedPass<func::FuncOp>(createLoopSafeCanonicalizer());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  manager.addPass(createHoistStores());
  manager.addPass(createShareResiduals());
  manager.addPass(createRematerialize());
}

static void buildHost(OpPassManager &manager) {
  manager.addPass(createBufferizeHost());
  manager.addPass(createPlanMemory());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  manager.addPass(createSplitHost());
}

static void buildLLVM(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createSCFToControlFlowPass());
  manager.addPass(createConvertHostToLLVM());
}

ArrayRef<PhaseInfo> dlc::getPhases() {
  static const PhaseInfo phases[] = {
      {Phase::Import, "import", "The model in the dl dialect, weights as dl.global.", nullptr},
      {Phase::Simplify, "simplify",
       "Derivatives written, calls inlined, shapes inferred, constants folded, layouts chosen, "
       "composites decomposed.",
       buildSimplify},
      {Phase::Dispatch, "dispatch",
       "Fused dl ops as kernels, each distinct one once, and a host program that launches them.",
       buildDispatch},
      {Phase::Kernel, "kernel", "Each kernel as loops and vectors on buffers, in the LLVM dialect.",
       buildLowerKernelsPipeline},
      {Phase::Host, "host", "The host program on buffers, its memory planned into one arena.",
       buildHost},
      {Phase::LLVM, "llvm", "Everything in the LLVM dialect, the host program as dlc_entry.",
       buildLLVM},
      {Phase::Object, "object", "Optimised machine code of kernels and host program.", nullptr},
      {Phase::Link, "link", "One shared object of code, weights and runtime, and its header.",
       nullptr},
  };
  return phases;
}

std::optional<Phase> dlc::parsePhase(StringRef name) {
  for (const PhaseInfo &info : getPhases())
    if (info.name == name)
      return info.phase;
  return std::nullopt;
}

const PhaseInfo &dlc::getInfo(Phase phase) { return getPhases()[static_cast<size_t>(phase)]; }
