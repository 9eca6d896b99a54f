//===- dl-run.cpp - runs a model ------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"
#include "Options.h"
#include "dl/IR/Dl.h"
#include "dlc/Support/Reproducer.h"
#include "dlc/Support/Version.h"
#include "grad/IR/Grad.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include <unistd.h>

using namespace dlc;
using llvm::Error;
using llvm::Expected;

/// Runs and does with the outputs what the options say.
static Error runAndReport(const Flags &options, Runner &runner) {
  if (Error error = runner.setThreads(options.threads))
    return error;
  InputOptions inputOptions;
  llvm::append_range(inputOptions.sources, options.files);
  llvm::append_range(inputOptions.shapes, options.shapes);
  llvm::append_range(inputOptions.sources, options.inputs);
  if (options.randomSeed.getNumOccurrences() || options.runBenchmark)
    inputOptions.randomSeed = options.randomSeed;
  Expected<Inputs> inputs = makeInputs(runner, inputOptions);
  if (!inputs)
    return inputs.takeError();
  if (options.runBenchmark)
    return explain(dlc::benchmark(runner, inputs->values,
                                  {options.warmup, std::max(1u, unsigned(options.repetitions))},
                                  llvm::outs()), *inputs);
  Expected<std::vector<Tensor>> outputs = runner.run(inputs->values);
  if (!outputs)
    return explain(outputs.takeError(), *inputs);
  if (options.print || (options.outputPath.empty() && options.expected.empty()))
    printOutputs(runner, *outputs, llvm::outs());
  if (!options.outputPath.empty())
    if (Error error = writeOutputs(runner, *outputs, options.outputPath))
      return error;
  if (!options.expected.empty())
    return compareOutputs(runner, *outputs, llvm::ArrayRef<std::string>(options.expected),
                          Tolerance{options.relative, options.absolute, options.range});
  return Error::success();
}

/// The names of the functions to run.
static Expected<std::vector<std::string>> getEntries(const Flags &options, mlir::ModuleOp module) {
  std::vector<std::string> names;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      names.push_back(function.getName().str());
  if (options.runAll)
    return names;
  if (!options.entry.empty())
    return std::vector<std::string>{options.entry};
  if (llvm::is_contained(names, "main"))
    return std::vector<std::string>{"main"};
  if (names.empty())
    return makeError("{0} has no public function", options.modelPath);
  if (names.size() != 1)
    return makeError("which of its {0} public functions? Say --entry=NAME or --all", names.size());
  return names;
}

static Error runModule(const Flags &options, llvm::StringRef self) {
  mlir::DialectRegistry registry;
  registry.insert<dl::DlDialect, mlir::arith::ArithDialect, grad::GradDialect,
                  mlir::func::FuncDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = readModule(options.modelPath, &context);
  if (!module)
    return module.takeError();
  if (Error error = differentiate(**module))
    return error;
  Expected<std::vector<std::string>> names = getEntries(options, **module);
  if (!names)
    return names.takeError();
  for (const std::string &name : *names) {
    if (options.runAll)
      llvm::outs() << "@" << name << "\n";
    Expected<std::unique_ptr<Runner>> runner =
        options.compiled
            ? makeChecked(**module, name, self, {options.relative, options.absolute, options.range})
            : makeInterpreter(**module, name);
    if (!runner)
      return runner.takeError();
    if (Error error = runAndReport(options, **runner))
      return error;
  }
  return Error::success();
}

/// A compiled model is known by its first bytes; a damaged one, by its name.
static bool isSharedObject(llvm::StringRef path) {
  llvm::file_magic magic;
  return !llvm::identify_magic(path, magic) &&
         (magic == llvm::file_magic::elf_shared_object || path.ends_with(".so"));
}

static Error runCompiled(const Flags &options) {
  Expected<std::unique_ptr<Runner>> runner = loadCompiled(options.modelPath, options.weights);
  if (!runner)
    return runner.takeError();
  return runAndReport(options, **runner);
}

/// What LLVM calls where memory ends, in place of a stack dump.
static void endOutOfMemory(void *, const char *, bool) {
  static constexpr llvm::StringLiteral message = "dl-run: error: out of memory\n";
  (void)!::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(1);
}

int main(int argc, char **argv) {
  setBugReportMessage();
  llvm::InitLLVM init(argc, argv);
  llvm::install_bad_alloc_error_handler(endOutOfMemory);
  dlc::setVersionPrinter();
  removeOtherOptions();
  Flags options;
  llvm::cl::HideUnrelatedOptions(options.category);
  llvm::cl::ParseCommandLineOptions(argc, argv,
                                    "runs a compiled model, or a module in dlc's interpreter\n");
  std::string self = llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&main));
  bool isCompiled = isSharedObject(options.modelPath);
  Error error = checkFlags(options, isCompiled);
  if (!error)
    error = isCompiled ? runCompiled(options) : runModule(options, self);
  llvm::outs().flush();
  if (std::error_code code = llvm::outs().error(); code && !error)
    error = makeError("can't write the standard output: {0}", code.message());
  llvm::outs().clear_error();
  if (error) {
    llvm::errs() << "dl-run: error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
