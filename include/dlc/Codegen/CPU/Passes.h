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

#define GEN_PASS_DECL
#include "dlc/Codegen/CPU/Passes.h.inc"

/// dl kernels to the LLVM dialect: `-dl-lower-kernels`, every pass of this folder but
/// -dl-pack-weights.
void buildLowerKernelsPipeline(mlir::OpPassManager &manager);

/// The interfaces that the passes need of upstream dialects.
void registerCodegenCpuInterfaces(mlir::DialectRegistry &registry);

/// Registers `-dl-lower-kernels`.
void registerLowerKernelsPipeline();

#define GEN_PASS_REGISTRATION
#include "dlc/Codegen/CPU/Passes.h.inc"

} // namespace dlc

#endif // DLC_CODEGEN_CPU_PASSES_H
