//===- Reproducer.h - what a crash leaves behind ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A crash leaves the folder dlc-crash-PID in the working directory (else in the
// system's for temporary files): the input, links to the files it refers to, and
// replay.sh, the command that repeats the run there. A handler may be called
// with malloc's lock held, or with no stack or memory left, so everything it
// writes is made ready beforehand, and it makes system calls only.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_REPRODUCER_H
#define DLC_SUPPORT_REPRODUCER_H

#include "llvm/ADT/StringRef.h"

namespace dlc {

/// The first call of main, even before llvm::InitLLVM: handlers run in the order
/// in which they are installed, and LLVM's, which prints the stack, allocates.
void installCrashHandler();

/// Gives this thread a stack for the handler, so that it can be called when the
/// thread's own overflows. The main thread has one.
void prepareThreadForCrash();

/// Makes a crash ask to report it to dlc, not to LLVM. installCrashHandler does.
void setBugReportMessage();

/// From now on a crash leaves the folder. `input` is the argument that names the
/// input (`-` is standard input, see setReproducerInput), `output` the one that
/// names the output; the command uses their names within the folder.
void prepareReproducer(int argc, char **argv, llvm::StringRef input, llvm::StringRef output);

/// The bytes that were read from standard input; they must stay.
void setReproducerInput(llvm::StringRef bytes);

/// A file that the input refers to by the relative path `name`.
void addReproducerFile(llvm::StringRef path, llvm::StringRef name);

/// The phase that runs, a literal.
void setCurrentPhase(llvm::StringLiteral phase);

/// Leaves the folder now, for an error that is the compiler's own.
void writeReproducer(llvm::StringRef what);

} // namespace dlc

#endif // DLC_SUPPORT_REPRODUCER_H
