//===- Kernels.h - outlining groups into kernels ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_KERNELS_H
#define DLC_LIB_CODEGEN_DISPATCH_KERNELS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace dlc {

/// The body of a kernel before it is one: ops in order, and what they read.
struct KernelBody {
  llvm::SmallVector<mlir::Operation *> ops; ///< as they stand in the host program
  llvm::SetVector<mlir::Value> inputs;
  llvm::SmallVector<mlir::Value> outputs;
};

/// The kernels of a module. Equal bodies become one function.
class KernelTable {
public:
  explicit KernelTable(mlir::ModuleOp module);

  /// The kernel's symbol.
  mlir::FlatSymbolRefAttr getKernel(const KernelBody &body);

private:
  using Key = std::vector<const void *>;
  Key getKey(const KernelBody &body) const;
  mlir::func::FuncOp outline(const KernelBody &body);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  std::map<Key, mlir::FlatSymbolRefAttr> kernels;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_KERNELS_H
