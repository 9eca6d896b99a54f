//===- TestCrash.h - crashes, to test what they leave behind ----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_COMPILE_TESTCRASH_H
#define DLC_LIB_COMPILE_TESTCRASH_H

#include "llvm/ADT/StringRef.h"

namespace dlc {

/// Crashes (dl-compile's hidden --test-crash=PHASE:KIND): `signal`, `abort`,
/// `overflow` of the stack, `thread` (the same on a worker), `malloc` (a heap so
/// damaged that malloc ends the process, holding its lock), `memory` (until none
/// is left). Returns where there is no such kind.
void crashForTest(llvm::StringRef kind);

} // namespace dlc

#endif // DLC_LIB_COMPILE_TESTCRASH_H
