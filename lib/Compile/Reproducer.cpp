//===- Reproducer.cpp - what a crash leaves behind ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Compile/Compiler.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace dlc;

namespace {
struct CrashContext {
  std::vector<std::string> arguments;
  std::string input;
  std::atomic<const char *> phase{"start"};
  std::atomic<bool> isWritten{false};
};
} // namespace

static CrashContext &getContext() {
  static CrashContext context;
  return context;
}

void dlc::setCurrentPhase(llvm::StringRef phase) { getContext().phase = phase.data(); }

void dlc::writeReproducer(llvm::StringRef what) {
  CrashContext &context = getContext();
  if (context.arguments.empty() || context.isWritten.exchange(true))
    return;
  std::string folder =
      "dlc-crash-" + std::to_string(llvm::sys::Process::getProcessId());
  if (llvm::sys::fs::create_directory(folder))
    return;
  llvm::SmallString<128> copy(folder), script(folder);
  llvm::sys::path::append(copy, llvm::sys::path::filename(context.input));
  llvm::sys::path::append(script, "replay.sh");
  if (llvm::sys::fs::copy_file(context.input, copy))
    return;
  std::error_code error;
  llvm::raw_fd_ostream os(script, error);
  if (error)
    return;
  os << "#!/bin/sh\n# " << what << " in the phase " << context.phase.load()
     << "\ncd \"$(dirname \"$0\")\" && exec";
  for (const std::string &argument : context.arguments) {
    os << ' ';
    llvm::sys::printArg(os, argument == context.input
                                ? llvm::sys::path::filename(context.input).str()
                                : argument,
                        /*Quote=*/false);
  }
  os << "\n";
  llvm::errs() << "dl-compile: " << what << " in the phase '" << context.phase.load()
               << "'; to replay it: sh " << script << "\n";
}

void dlc::installCrashReproducer(int argc, char **argv, llvm::StringRef input) {
  CrashContext &context = getContext();
  context.arguments.assign(argv, argv + argc);
  context.arguments.front() = llvm::sys::fs::getMainExecutable(argv[0], nullptr);
  context.input = input.str();
  llvm::sys::AddSignalHandler(
      [](void *) {
        // A crash inside malloc holds its lock: rather end than wait for ever.
        ::alarm(10);
        writeReproducer("crashed");
      },
      nullptr);
}
