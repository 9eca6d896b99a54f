//===- Paths.h - files that are read and written ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_PATHS_H
#define DLC_SUPPORT_PATHS_H

#include "llvm/Support/FileSystem.h"

namespace dlc {

/// Whether writing `output` would replace the file `input`.
inline bool replaces(llvm::StringRef output, llvm::StringRef input) {
  return llvm::sys::fs::is_regular_file(input) && llvm::sys::fs::equivalent(output, input);
}

} // namespace dlc

#endif // DLC_SUPPORT_PATHS_H
