//===- KernelFailures.h - which kernels can report an error -----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_HOST_KERNELFAILURES_H
#define DLC_LIB_CODEGEN_HOST_KERNELFAILURES_H

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/BitmaskEnum.h"

namespace dlc {

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

/// What a kernel may report an error for.
enum class Failure : unsigned {
  None = 0,
  Values = 1, ///< those that it gets
  Other = 2,  ///< anything else, as that there is no memory
  LLVM_MARK_AS_BITMASK_ENUM(Other)
};

/// Looks into kernels in the LLVM dialect, and into what they call or have called; any other
/// function may fail for reasons of its own.
class KernelFailures {
public:
  explicit KernelFailures(const mlir::SymbolTable &symbols) : symbols(symbols) {}

  Failure get(mlir::StringAttr name);

private:
  Failure lookInto(mlir::StringAttr name);

  const mlir::SymbolTable &symbols;
  llvm::DenseMap<mlir::StringAttr, Failure> answers;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_HOST_KERNELFAILURES_H
