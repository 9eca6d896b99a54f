//===- dl-run.cpp - runs a model ------------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "dl/IR/Dl.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace dlc;
namespace cl = llvm::cl;
using llvm::Error;
using llvm::Expected;

static cl::OptionCategory category("dl-run options");
static cl::opt<std::string> modelPath(cl::Positional, cl::Required, cl::desc("<model.mlir>"),
                                      cl::cat(category));
static cl::list<std::string> files(cl::Positional, cl::desc("[input files, in order]"),
                                   cl::cat(category));
static cl::list<std::string> inputs(
    "input", cl::cat(category), cl::value_desc("[name=]source"),
    cl::desc("An input: a .npy, .npz, .pb or .safetensors file, or random:[uniform|normal,]"
             "[seed=,min=,max=,mean=,std=]"));
static cl::opt<uint64_t> randomSeed("random-seed", cl::cat(category),
                                    cl::desc("Give random values to the inputs that have none"));
static cl::list<std::string> shapes("shape", cl::cat(category), cl::value_desc("[name=]1x3x224x224"),
                                    cl::desc("Shape of a random input with dynamic dimensions"));
static cl::opt<std::string> entry("entry", cl::cat(category), cl::value_desc("function"),
                                  cl::desc("Function to run (default: main, or the only one)"));
static cl::opt<bool> runAll("all", cl::cat(category),
                            cl::desc("Run every public function, each without inputs"));
static cl::opt<std::string> outputPath("output", cl::cat(category), cl::value_desc("path"),
                                       cl::desc("Write the outputs: a directory for .npy files, "
                                                "or a .npz, .safetensors, .npy or .pb file"));
static cl::opt<bool> print("print", cl::cat(category),
                           cl::desc("Print the outputs (also without any other wish)"));
static cl::list<std::string> expected("expect", cl::cat(category), cl::value_desc("[name=]file"),
                                      cl::desc("What the outputs should be; differences fail"));
static cl::opt<double> rtol("rtol", cl::cat(category), cl::init(1e-5),
                            cl::desc("Allowed difference relative to the expected element"));
static cl::opt<double> atol("atol", cl::cat(category), cl::init(1e-7),
                            cl::desc("Allowed absolute difference"));
static cl::opt<double> rangeTol("range-tol", cl::cat(category), cl::init(0),
                                cl::desc("Allowed difference relative to the largest element"));
static cl::opt<bool> runBenchmark("benchmark", cl::cat(category), cl::desc("Measure the run"));
static cl::opt<unsigned> warmup("warmup", cl::cat(category), cl::init(3),
                                cl::desc("Runs before those that are measured"));
static cl::opt<unsigned> repetitions("repetitions", cl::cat(category), cl::init(30),
                                     cl::desc("Runs that are measured"));
static cl::opt<unsigned> threads("threads", cl::cat(category), cl::init(0),
                                 cl::desc("Threads of a compiled model (0: all cores)"));

/// Runs and does with the outputs what the options say.
static Error runAndReport(Runner &runner) {
  if (Error error = runner.setThreads(threads))
    return error;
  InputOptions inputOptions{files, shapes, std::nullopt};
  llvm::append_range(inputOptions.sources, inputs);
  if (randomSeed.getNumOccurrences() || runBenchmark)
    inputOptions.randomSeed = randomSeed;
  Expected<std::vector<Tensor>> values = makeInputs(runner, inputOptions);
  if (!values)
    return values.takeError();
  if (runBenchmark)
    return benchmark(runner, *values, {warmup, std::max(1u, unsigned(repetitions))}, llvm::outs());
  Expected<std::vector<Tensor>> outputs = runner.run(*values);
  if (!outputs)
    return outputs.takeError();
  if (print || (outputPath.empty() && expected.empty()))
    printOutputs(runner, *outputs, llvm::outs());
  if (!outputPath.empty())
    if (Error error = writeOutputs(runner, *outputs, outputPath))
      return error;
  if (!expected.empty())
    return compareOutputs(runner, *outputs, expected, Tolerance{rtol, atol, rangeTol});
  return Error::success();
}

/// The names of the functions to run.
static Expected<std::vector<std::string>> getEntries(mlir::ModuleOp module) {
  std::vector<std::string> names;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      names.push_back(function.getName().str());
  if (runAll)
    return names;
  if (!entry.empty())
    return std::vector<std::string>{entry};
  if (llvm::is_contained(names, "main"))
    return std::vector<std::string>{"main"};
  if (names.size() != 1)
    return makeError("which of its {0} public functions? Say --entry=NAME or --all", names.size());
  return names;
}

static Error runModule() {
  mlir::DialectRegistry registry;
  registry.insert<dl::DlDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(modelPath, mlir::ParserConfig(&context));
  if (!module)
    return makeError("{0} can't be read", modelPath);
  Expected<std::vector<std::string>> names = getEntries(*module);
  if (!names)
    return names.takeError();
  for (const std::string &name : *names) {
    if (runAll)
      llvm::outs() << "@" << name << "\n";
    Expected<std::unique_ptr<Runner>> runner = makeInterpreter(*module, name);
    if (!runner)
      return runner.takeError();
    if (Error error = runAndReport(**runner))
      return error;
  }
  return Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "runs a model in dlc's interpreter\n");
  if (Error error = runModule()) {
    llvm::errs() << "dl-run: error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
