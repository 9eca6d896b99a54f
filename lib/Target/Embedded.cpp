//===- Embedded.cpp - files inside the compiler ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The runtime's objects and bitcode lie in the compiler itself, so that it needs
// no files where it is installed.

#include "Embedded.h"

#define EMBED(symbol, path)                                                                        \
  __asm__(".section .rodata\n.balign 16\n.globl " #symbol "_begin\n.globl " #symbol               \
          "_end\n" #symbol "_begin:\n.incbin \"" path "\"\n" #symbol "_end:\n.byte 0\n.previous"); \
  extern "C" const char symbol##_begin[], symbol##_end[];

EMBED(dlc_embedded_runtime, DLC_RUNTIME_DIR "/runtime.a")
EMBED(dlc_embedded_library, DLC_RUNTIME_DIR "/library.bc")
EMBED(dlc_embedded_libc, DLC_RUNTIME_DIR "/stub.libc.so")
EMBED(dlc_embedded_libm, DLC_RUNTIME_DIR "/stub.libm.so")
EMBED(dlc_embedded_abi, DLC_ABI_HEADER)

namespace dlc {
#define BYTES(symbol) llvm::StringRef(symbol##_begin, symbol##_end - symbol##_begin)
llvm::StringRef getEmbeddedRuntime() { return BYTES(dlc_embedded_runtime); }
llvm::StringRef getEmbeddedLibrary() { return BYTES(dlc_embedded_library); }
llvm::StringRef getEmbeddedLibc() { return BYTES(dlc_embedded_libc); }
llvm::StringRef getEmbeddedLibm() { return BYTES(dlc_embedded_libm); }
llvm::StringRef getEmbeddedAbiHeader() { return BYTES(dlc_embedded_abi); }
} // namespace dlc
