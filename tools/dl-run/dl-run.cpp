//===- dl-run.cpp - runs a model ------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "dl/IR/Dl.h"
#include "mlir/Parser/Parser.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

using namespace dlc;
namespace cl = llvm::cl;
using llvm::Error;
using llvm::Expected;

namespace {
/// Constructed in main: the options of LLVM's library, registered before main,
/// have some of these names.
struct Options {
  cl::OptionCategory category{"dl-run options"};
  cl::opt<std::string> modelPath{cl::Positional, cl::Required, cl::desc("<model.so or model.mlir>"),
                                 cl::cat(category)};
  cl::list<std::string> files{cl::Positional, cl::desc("[input files, in order]"),
                              cl::cat(category)};
  cl::list<std::string> inputs{
      "input", cl::cat(category), cl::value_desc("[name=]source"),
      cl::desc("An input: a .npy, .npz, .pb or .safetensors file, or random:[uniform|normal,]"
               "[seed=,min=,max=,mean=,std=]")};
  cl::opt<uint64_t> randomSeed{"random-seed", cl::cat(category),
                               cl::desc("Give random values to the inputs that have none")};
  cl::list<std::string> shapes{"shape", cl::cat(category), cl::value_desc("[name=]1x3x224x224"),
                               cl::desc("Shape of a random input with dynamic dimensions")};
  cl::opt<std::string> entry{"entry", cl::cat(category), cl::value_desc("function"),
                             cl::desc("Function to run (default: main, or the only one)")};
  cl::opt<bool> runAll{"all", cl::cat(category),
                       cl::desc("Run every public function, each without inputs")};
  cl::opt<bool> compiled{"compiled", cl::cat(category),
                         cl::desc("Compile each function, run that, and compare its outputs with "
                                  "the interpreter's")};
  cl::opt<std::string> outputPath{"output", cl::cat(category), cl::value_desc("path"),
                                  cl::desc("Write the outputs: a directory for .npy files, "
                                           "or a .npz, .safetensors, .npy or .pb file")};
  cl::opt<bool> print{"print", cl::cat(category),
                      cl::desc("Print the outputs (also without any other wish)")};
  cl::list<std::string> expected{"expect", cl::cat(category), cl::value_desc("[name=]file"),
                                 cl::desc("What the outputs should be; differences fail")};
  cl::opt<double> relative{"rtol", cl::cat(category), cl::init(1e-5),
                           cl::desc("Allowed difference relative to the expected element")};
  cl::opt<double> absolute{"atol", cl::cat(category), cl::init(1e-7),
                           cl::desc("Allowed absolute difference")};
  cl::opt<double> range{"range-tol", cl::cat(category), cl::init(0),
                        cl::desc("Allowed difference relative to the largest element")};
  cl::opt<bool> runBenchmark{"benchmark", cl::cat(category), cl::desc("Measure the run")};
  cl::opt<unsigned> warmup{"warmup", cl::cat(category), cl::init(3),
                           cl::desc("Runs before those that are measured")};
  cl::opt<unsigned> repetitions{"repetitions", cl::cat(category), cl::init(30),
                                cl::desc("Runs that are measured")};
  cl::opt<std::string> weights{"weights", cl::cat(category), cl::value_desc("file"),
                               cl::desc("External weights of a compiled model (default: beside it)")};
  cl::opt<unsigned> threads{"threads", cl::cat(category), cl::init(0),
                            cl::desc("Threads of a compiled model (0: all cores)")};
};
} // namespace

/// Runs and does with the outputs what the options say.
static Error runAndReport(const Options &options, Runner &runner) {
  if (Error error = runner.setThreads(options.threads))
    return error;
  InputOptions inputOptions;
  llvm::append_range(inputOptions.sources, options.files);
  llvm::append_range(inputOptions.shapes, options.shapes);
  llvm::append_range(inputOptions.sources, options.inputs);
  if (options.randomSeed.getNumOccurrences() || options.runBenchmark)
    inputOptions.randomSeed = options.randomSeed;
  Expected<std::vector<Tensor>> values = makeInputs(runner, inputOptions);
  if (!values)
    return values.takeError();
  if (options.runBenchmark)
    return dlc::benchmark(runner, *values, {options.warmup, std::max(1u, unsigned(options.repetitions))},
                     llvm::outs());
  Expected<std::vector<Tensor>> outputs = runner.run(*values);
  if (!outputs)
    return outputs.takeError();
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
static Expected<std::vector<std::string>> getEntries(const Options &options,
                                                     mlir::ModuleOp module) {
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
  if (names.size() != 1)
    return makeError("which of its {0} public functions? Say --entry=NAME or --all", names.size());
  return names;
}

static Error runModule(const Options &options, llvm::StringRef self) {
  mlir::DialectRegistry registry;
  registry.insert<dl::DlDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(options.modelPath, mlir::ParserConfig(&context));
  if (!module)
    return makeError("{0} can't be read", options.modelPath);
  Expected<std::vector<std::string>> names = getEntries(options, *module);
  if (!names)
    return names.takeError();
  for (const std::string &name : *names) {
    if (options.runAll)
      llvm::outs() << "@" << name << "\n";
    Expected<std::unique_ptr<Runner>> runner =
        options.compiled
            ? makeChecked(*module, name, self, {options.relative, options.absolute, options.range})
            : makeInterpreter(*module, name);
    if (!runner)
      return runner.takeError();
    if (Error error = runAndReport(options, **runner))
      return error;
  }
  return Error::success();
}

/// A compiled model is known by its first bytes.
static bool isSharedObject(llvm::StringRef path) {
  llvm::file_magic magic;
  return !llvm::identify_magic(path, magic) && magic == llvm::file_magic::elf_shared_object;
}

static Error runCompiled(const Options &options) {
  if (options.runAll || !options.entry.empty())
    return makeError("a compiled model has one function: --entry and --all are for .mlir files");
  Expected<std::unique_ptr<Runner>> runner = loadCompiled(options.modelPath, options.weights);
  if (!runner)
    return runner.takeError();
  return runAndReport(options, **runner);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::SmallVector<cl::Option *> others;
  for (auto &entry : cl::getRegisteredOptions())
    if (llvm::is_contained(entry.second->Categories, &cl::getGeneralCategory()))
      others.push_back(entry.second);
  for (cl::Option *option : others)
    option->removeArgument();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv, "runs a compiled model, or a module in dlc's interpreter\n");
  std::string self = llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&main));
  bool isCompiled = isSharedObject(options.modelPath);
  if (Error error = isCompiled ? runCompiled(options) : runModule(options, self)) {
    llvm::errs() << "dl-run: error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
