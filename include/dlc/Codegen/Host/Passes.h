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

/// The module's one public function with a body that is not a kernel: the model,
/// later its host program. Reports an error where there is none or more.
mlir::FailureOr<mlir::func::FuncOp> getEntryFunction(mlir::ModuleOp module);

} // namespace dlc

#endif // DLC_CODEGEN_HOST_PASSES_H
