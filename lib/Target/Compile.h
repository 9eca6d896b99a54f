//===- Compile.h - LLVM dialect to object code ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_COMPILE_H
#define DLC_LIB_TARGET_COMPILE_H

#include "dlc/Target/Artifact.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace dlc {

/// A target that is known to exist: the triple, and the CPU by its features.
struct ResolvedTarget {
  const llvm::Target *target;
  llvm::Triple triple;
  std::string cpu, features;
  unsigned optLevel;

  static mlir::FailureOr<ResolvedTarget> resolve(const TargetOptions &options, mlir::Location loc);
  std::unique_ptr<llvm::TargetMachine> createMachine() const;
};

/// Adds what only the host's LLVM module has.
using ModuleHook = llvm::function_ref<mlir::LogicalResult(llvm::Module &)>;

/// Translates `module`, links the library functions that it calls, optimises, and
/// emits in the form of `kind` (SharedObject: an object). `prepare` may be null.
mlir::LogicalResult compileModule(mlir::ModuleOp module, const ResolvedTarget &target,
                                  EmitKind kind, ModuleHook prepare,
                                  llvm::SmallVectorImpl<char> &result);

} // namespace dlc

#endif // DLC_LIB_TARGET_COMPILE_H
