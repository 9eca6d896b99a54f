//===- Torch.h - PyTorch programs as dl modules -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_IMPORT_TORCH_H
#define DLC_IMPORT_TORCH_H

#include "dlc/Support/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace dlc {

/// The ATen ops that are imported, sorted: "aten.add.Tensor". A tracer decomposes
/// all others.
std::vector<std::string> getTorchOps();

/// Those of them that are imported of complex tensors.
std::vector<std::string> getComplexTorchOps();

/// Whether the bytes look like a trace that python/dlc wrote (docs/trace.md).
bool isTrace(llvm::StringRef bytes);

/// Reads a trace and its weights as `importTrace` does, and reports what is wrong with
/// either.
llvm::Error checkTrace(llvm::StringRef path);

/// Imports a trace as a module with one public function `main`. `path` is the
/// file's: its weights are in a safetensors file beside it, which `dl.global`s
/// refer to. Every problem is reported as an error of `context` at the line of
/// the user's Python program; then the result is null.
mlir::OwningOpRef<mlir::ModuleOp> importTrace(llvm::StringRef bytes, llvm::StringRef path,
                                              mlir::MLIRContext *context);

/// The same for a trace whose weights are in memory, which must outlive the
/// module.
mlir::OwningOpRef<mlir::ModuleOp> importTrace(llvm::StringRef bytes,
                                              llvm::ArrayRef<NamedTensor> weights,
                                              llvm::StringRef path, mlir::MLIRContext *context);

/// Whether the bytes look like an archive of torch.export.save (.pt2).
bool isPt2(llvm::StringRef bytes);

/// Imports an archive of torch.export.save; `dl.global`s refer to the weights in it.
mlir::OwningOpRef<mlir::ModuleOp> importPt2(llvm::StringRef bytes, llvm::StringRef path,
                                            mlir::MLIRContext *context);

} // namespace dlc

#endif // DLC_IMPORT_TORCH_H
