//===- Embedded.h - files inside the compiler -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_EMBEDDED_H
#define DLC_LIB_TARGET_EMBEDDED_H

#include "llvm/ADT/StringRef.h"

namespace dlc {
/// The runtime's objects, an archive.
llvm::StringRef getEmbeddedRuntime();
/// The vector mathematics and the kernels' C routines, LLVM bitcode.
llvm::StringRef getEmbeddedLibrary();
/// Shared objects with libc's and libm's names and no code.
llvm::StringRef getEmbeddedLibc();
llvm::StringRef getEmbeddedLibm();
/// The text of dlc/Runtime/Abi.h.
llvm::StringRef getEmbeddedAbiHeader();
} // namespace dlc

#endif // DLC_LIB_TARGET_EMBEDDED_H
