//===- Passes.h - the host program ------------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_HOST_PASSES_H
#define DLC_CODEGEN_HOST_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace dlc {

#define GEN_PASS_DECL
#include "dlc/Codegen/Host/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dlc/Codegen/Host/Passes.h.inc"

/// The module's public functions with a body that are not kernels: the model, and
/// further functions that are called by name; later their host programs. Reports an
/// error where there is none.
mlir::FailureOr<llvm::SmallVector<mlir::func::FuncOp>> getEntryFunctions(mlir::ModuleOp module);

/// The first of them, the model.
mlir::FailureOr<mlir::func::FuncOp> getEntryFunction(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_HOST_PASSES_H
