//===- Registration.cpp - every dialect, pass and pipeline ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Conversion/Passes.h"
#include "dlc/Pipelines/Phases.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace dlc;

void dlc::registerAllDialects(DialectRegistry &registry) {
  registry.insert<LLVM::LLVMDialect, arith::ArithDialect, cf::ControlFlowDialect,
                  dispatch::DispatchDialect, dl::DlDialect, func::FuncDialect,
                  grad::GradDialect, linalg::LinalgDialect, math::MathDialect, memref::MemRefDialect,
                  scf::SCFDialect, tensor::TensorDialect, vector::VectorDialect>();
  func::registerInlinerExtension(registry);
  registerCodegenCpuInterfaces(registry);
}

void dlc::registerAllPassesAndPipelines() {
  registerTransformsPasses();
  memref::registerResolveRankedShapeTypeResultDimsPass();
  registerSCFToControlFlowPass();
  registerCodegenCpuPasses();
  registerLowerKernelsPipeline();
  registerDlcAutodiffPasses();
  registerDispatchPasses();
  registerConversionPasses();
  registerDlcTransformsPasses();
  registerSimplifyPipeline();
  registerHostPasses();
  // The registration keeps references to the strings.
  static std::vector<std::unique_ptr<PassPipelineRegistration<>>> pipelines;
  static std::vector<std::string> names;
  names.reserve(getPhases().size());
  for (const PhaseInfo &info : getPhases())
    if (info.build)
      pipelines.push_back(std::make_unique<PassPipelineRegistration<>>(
          names.emplace_back(("dl-pipeline-" + info.name).str()), info.sentence, info.build));
}
