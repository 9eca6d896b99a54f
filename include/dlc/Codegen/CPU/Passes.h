//===- Passes.h - kernels to LLVM dialect, for CPUs -------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel is a private function marked `dlc.kernel` (docs/architecture.md). The
// pipeline `-dl-lower-kernels` takes it from linalg on tensors to the LLVM
// dialect:
//
//   lower-template-kernels   matrix products and convolutions, straight to vectors
//   fuse-elementwise     producers into consumers, on tensors
//   bufferize-kernels    results become buffers of the caller
//   lower-kernel-loops   loop nests whose innermost loop LLVM vectorises
//   outline-parallel-loops
//   convert-kernels-to-llvm
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_PASSES_H
#define DLC_CODEGEN_CPU_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace dlc {

/// The attribute that marks a kernel.
constexpr llvm::StringLiteral kKernelAttrName = "dlc.kernel";

/// Lays constant matrices out as the kernels that take them read them.
std::unique_ptr<mlir::Pass> createPackWeightsPass();

/// Lowers the kernels that a template (Templates.h) knows, from dl ops on tensors
/// to loops and vectors on buffers; leaves the others alone.
std::unique_ptr<mlir::Pass> createLowerTemplateKernelsPass();

/// Fuses elementwise linalg ops into their consumers.
std::unique_ptr<mlir::Pass> createFuseElementwisePass();

/// Bufferises kernels; each result becomes an argument that is written.
std::unique_ptr<mlir::Pass> createBufferizeKernelsPass();

/// linalg on buffers to scf loops on scalars.
std::unique_ptr<mlir::Pass> createLowerKernelLoopsPass();

/// The bodies of outermost scf.parallel loops become functions that the runtime
/// calls on ranges of the iterations.
std::unique_ptr<mlir::Pass> createOutlineParallelLoopsPass();

/// Kernels, and the functions outlined from them, to the LLVM dialect.
std::unique_ptr<mlir::Pass> createConvertKernelsToLlvmPass();

/// dl kernels to the LLVM dialect: all of the above.
void buildLowerKernelsPipeline(mlir::OpPassManager &manager);

/// The interfaces that the passes need of upstream dialects.
void registerCodegenCpuInterfaces(mlir::DialectRegistry &registry);

/// Registers the passes and the pipeline.
void registerCodegenCpuPasses();

} // namespace dlc

#endif // DLC_CODEGEN_CPU_PASSES_H
