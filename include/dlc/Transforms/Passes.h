//===- Passes.h - transformations of dl programs ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TRANSFORMS_PASSES_H
#define DLC_TRANSFORMS_PASSES_H

#include "dl/IR/Dl.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace dlc {

#define GEN_PASS_DECL
#include "dlc/Transforms/Passes.h.inc"

/// The composites (without the `dl.` prefix) that are kernels of their own: they
/// stay whole until dispatches are formed, and are decomposed within the kernel.
llvm::ArrayRef<llvm::StringLiteral> getKernelComposites();

/// Upstream's canonicalizer, less the one pattern that takes a tensor.cast before a
/// loop to mean that the size stays the same in the loop: a dl program says so of
/// nothing that the loop carries.
std::unique_ptr<mlir::Pass> createLoopSafeCanonicalizer();

/// The `simplify` phase, `-dl-simplify-graph`: every pass of this folder in the
/// order that serves compilation.
void buildSimplifyPipeline(mlir::OpPassManager &manager);

/// Registers `-dl-simplify-graph`.
void registerSimplifyPipeline();

#define GEN_PASS_REGISTRATION
#include "dlc/Transforms/Passes.h.inc"

} // namespace dlc

#endif // DLC_TRANSFORMS_PASSES_H
