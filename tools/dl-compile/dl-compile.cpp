//===- dl-compile.cpp - a model to a shared object ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"

#include "dlc/Support/Reproducer.h"
#include "dlc/Support/Version.h"
#include "llvm/Support/InitLLVM.h"

using namespace dlc;
using namespace dlc::tool;

static void removeOption(llvm::StringRef name) {
  auto &options = cl::getRegisteredOptions();
  if (auto it = options.find(name); it != options.end())
    it->second->removeArgument();
}

static int fail(const llvm::Twine &message) {
  llvm::errs() << "dl-compile: error: " << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  installCrashHandler();
  llvm::InitLLVM init(argc, argv);
  setVersionPrinter();
  for (llvm::StringRef name : {"emit", "target", "cpu", "features", "weights",
                               "name", "threads", "o", "time-report"})
    removeOption(name);
  Flags flags;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles a model to a shared object\n\nPhases: " + getPhaseNames() +
          "\n");
  if (flags.input.empty())
    return fail("no model is given\nusage: dl-compile <model> [-o <model.so>] [options]\n"
                "       dl-compile --help shows the options");
  CompileOptions options;
  if (std::string problem = setOptions(flags, options); !problem.empty())
    return fail(problem);
  prepareReproducer(argc, argv, flags.input, flags.output);
  if (failed(compile(options)))
    return 1;
  llvm::outs().flush();
  if (std::error_code error = llvm::outs().error()) {
    llvm::outs().clear_error();
    return fail("can't write the standard output: " + error.message());
  }
  return 0;
}
