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

/// A way to generate code for a kernel, tried before the generic one while the
/// body is still dl ops on tensors. It either leaves the function alone and
/// fails, or replaces its body by loops, vectors and memref accesses on buffers:
/// arguments as memrefs, then one memref for each result (`bufferizeSignature`),
/// parallel loops as scf.parallel at the top.
using KernelStrategy = llvm::function_ref<mlir::LogicalResult(mlir::func::FuncOp)>;


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
