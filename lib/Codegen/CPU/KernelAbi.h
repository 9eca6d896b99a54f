//===- KernelAbi.h - kernels at LLVM level ----------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_CPU_KERNELABI_H
#define DLC_LIB_CODEGEN_CPU_KERNELABI_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc {

/// Marks a function outlined from a kernel.
constexpr llvm::StringLiteral kKernelPartAttrName = "dlc.kernel_part";

/// The runtime's function `name`, declared at its first use; void without
/// `result`.
mlir::LLVM::LLVMFuncOp declareRuntime(mlir::SymbolTable &symbols, llvm::StringRef name,
                                      llvm::ArrayRef<mlir::Type> arguments,
                                      mlir::Type result = {});

/// Address of a zero-terminated constant string.
mlir::Value getStringPointer(mlir::ImplicitLocOpBuilder &b, mlir::SymbolTable &symbols,
                             llvm::StringRef text);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_CPU_KERNELABI_H
