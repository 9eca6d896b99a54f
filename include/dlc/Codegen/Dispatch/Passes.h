//===- Passes.h - from dl to kernels and a host program ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_DISPATCH_PASSES_H
#define DLC_CODEGEN_DISPATCH_PASSES_H

#include "mlir/Pass/Pass.h"

namespace dlc {

#define GEN_PASS_DECL
#include "dlc/Codegen/Dispatch/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dlc/Codegen/Dispatch/Passes.h.inc"

} // namespace dlc

#endif // DLC_CODEGEN_DISPATCH_PASSES_H
