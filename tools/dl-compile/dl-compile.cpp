//===- dl-compile.cpp - a model to a shared object ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Compile/Compiler.h"
#include "dlc/Support/Reproducer.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace dlc;
namespace cl = llvm::cl;

namespace {
enum class Emit { Mlir, Llvm, Assembly, Object, SharedObject };
enum class Weights { Embed, External };
} // namespace

/// More threads than any machine can use.
static constexpr unsigned kMaxThreads = 1024;

static cl::OptionCategory category("dl-compile options");

/// Made in main: the libraries (lld's) have options of the same names, which
/// give way first.
namespace {
struct Flags {
  cl::opt<std::string> input{cl::Positional,
                             cl::desc("<model.onnx | model.mlir>"),
                             cl::Required, cl::cat(category)};
  cl::opt<std::string> output{
      "o", cl::desc("What to write (default: by the input's name)"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<Emit> emitKind{
      "emit", cl::desc("What to make"), cl::init(Emit::SharedObject),
      cl::cat(category),
      cl::values(
          clEnumValN(Emit::Mlir, "mlir", "the module in the LLVM dialect"),
          clEnumValN(Emit::Llvm, "llvm", "optimised LLVM IR"),
          clEnumValN(Emit::Assembly, "asm", "assembly"),
          clEnumValN(Emit::Object, "obj",
                     "a relocatable object, without weights and runtime"),
          clEnumValN(Emit::SharedObject, "so",
                     "a shared object and its header"))};
  cl::opt<std::string> compileTo{"compile-to",
                                 cl::desc("Stop after this phase"),
                                 cl::value_desc("phase"), cl::cat(category)};
  cl::opt<std::string> compileFrom{
      "compile-from", cl::desc("The input is a module: start with this phase"),
      cl::value_desc("phase"), cl::cat(category)};
  cl::opt<std::string> dumpTo{
      "dump-phases-to", cl::desc("Write the module after each phase there"),
      cl::value_desc("folder"), cl::cat(category)};
  cl::opt<std::string> target{"target",
                              cl::desc("Target triple (default: this machine)"),
                              cl::value_desc("triple"), cl::cat(category)};
  cl::opt<std::string> cpu{"cpu",
                           cl::desc("CPU, by LLVM's name (default: native)"),
                           cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> features{"features",
                                cl::desc("Added CPU features: +a,-b"),
                                cl::value_desc("list"), cl::cat(category)};
  cl::list<std::string> shapes{
      "shape", cl::desc("The shape of an input, `?` for open sizes"),
      cl::value_desc("input=1x3x?x224"), cl::cat(category)};
  cl::opt<Weights> weights{
      "weights", cl::desc("Where the weights go"), cl::init(Weights::Embed),
      cl::cat(category),
      cl::values(clEnumValN(Weights::Embed, "embed", "into the shared object"),
                 clEnumValN(Weights::External, "external",
                            "into a safetensors file beside it"))};
  cl::opt<std::string> name{
      "name", cl::desc("The model's name, prefix of its C symbols"),
      cl::value_desc("identifier"), cl::cat(category)};
  cl::opt<unsigned> threads{"threads",
                            cl::desc("Compile threads (default: all cores)"),
                            cl::init(0), cl::cat(category)};
  cl::opt<bool> timeReport{"time-report",
                           cl::desc("Print the time of each phase"),
                           cl::cat(category)};
  cl::opt<std::string> testCrash{"test-crash", cl::ReallyHidden,
                                 cl::cat(category)};
};
} // namespace

static void removeOption(llvm::StringRef name) {
  auto &options = cl::getRegisteredOptions();
  if (auto it = options.find(name); it != options.end())
    it->second->removeArgument();
}

static int fail(const llvm::Twine &message) {
  llvm::errs() << "dl-compile: error: " << message << "\n";
  return 1;
}

static std::string getPhaseNames() {
  return llvm::join(
      llvm::map_range(getPhases(), [](auto &info) { return info.name.str(); }),
      ", ");
}

/// What is made of the module, and the phase that makes it.
static Phase getLastPhase(Emit emit, ArtifactOptions &artifact) {
  switch (emit) {
  case Emit::Mlir:
    return Phase::LLVM;
  case Emit::Llvm:
    artifact.emit = EmitKind::OptimizedLLVMIR;
    return Phase::Object;
  case Emit::Assembly:
    artifact.emit = EmitKind::Assembly;
    return Phase::Object;
  case Emit::Object:
    artifact.emit = EmitKind::Object;
    return Phase::Object;
  case Emit::SharedObject:
    return Phase::Link;
  }
  llvm_unreachable("every kind is above");
}

/// The phases to run; an error's sentence, or nothing.
static std::string setPhases(const Flags &flags, CompileOptions &options) {
  options.to = getLastPhase(flags.emitKind, options.artifact);
  for (const auto *flag : {&flags.compileTo, &flags.compileFrom})
    if (!flag->empty() && !parsePhase(flag->getValue()))
      return "no phase is called '" + flag->getValue() + "'; there are " + getPhaseNames();
  if (!flags.compileTo.empty()) {
    Phase to = *parsePhase(flags.compileTo.getValue());
    if (flags.emitKind.getNumOccurrences() && to != options.to)
      return "--emit and --compile-to=" + flags.compileTo.getValue() + " contradict each other";
    options.to = to;
    if (to == Phase::Object && !flags.emitKind.getNumOccurrences())
      options.artifact.emit = EmitKind::Object;
  }
  if (!flags.compileFrom.empty())
    options.from = *parsePhase(flags.compileFrom.getValue());
  if (options.from && *options.from > options.to)
    return "--compile-from=" + flags.compileFrom.getValue() + " is behind the last phase, '" +
           getInfo(options.to).name.str() + "'";
  if (options.to != Phase::Link && flags.weights == Weights::External)
    return "--weights=external is for shared objects only";
  return "";
}

static llvm::StringRef getExtension(const CompileOptions &options) {
  if (options.to < Phase::Object)
    return ".mlir";
  switch (options.artifact.emit) {
  case EmitKind::SharedObject:
    return ".so";
  case EmitKind::Object:
    return ".o";
  case EmitKind::Assembly:
    return ".s";
  case EmitKind::LLVMIR:
  case EmitKind::OptimizedLLVMIR:
    return ".ll";
  }
  llvm_unreachable("every kind is above");
}

/// The output's path; an error's sentence, or nothing.
static std::string setOutput(const Flags &flags, CompileOptions &options) {
  llvm::SmallString<128> path(flags.output.getValue());
  if (path.empty()) {
    path = llvm::sys::path::filename(flags.input.getValue());
    llvm::sys::path::replace_extension(path, getExtension(options));
    if (path == flags.input)
      return "the output would replace the input: name one with -o";
  }
  if (path == "-" && options.to == Phase::Link)
    return "a shared object can't be written to the standard output: name a file with -o";
  options.output = path.str().str();
  options.name = flags.name.empty() ? llvm::sys::path::stem(path).str() : flags.name.getValue();
  return "";
}

int main(int argc, char **argv) {
  installCrashHandler();
  llvm::InitLLVM init(argc, argv);
  for (llvm::StringRef name : {"emit", "target", "cpu", "features", "weights",
                               "name", "threads", "o", "time-report"})
    removeOption(name);
  Flags flags;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles a model to a shared object\n\nPhases: " + getPhaseNames() +
          "\n");
  CompileOptions options;
  options.input = flags.input;
  for (const std::string &shape : flags.shapes)
    if (!parseShapeOption(shape, options.shapes))
      return fail("--shape=" + shape + " isn't of the form input=1x3x?x224");
  if (flags.threads > kMaxThreads)
    return fail("--threads=" + llvm::Twine(flags.threads) + " is more than " +
                llvm::Twine(kMaxThreads));
  if (std::string problem = setPhases(flags, options); !problem.empty())
    return fail(problem);
  if (std::string problem = setOutput(flags, options); !problem.empty())
    return fail(problem);
  options.dumpDirectory = flags.dumpTo;
  options.artifact.target.triple = flags.target;
  options.artifact.target.cpu = flags.cpu;
  options.artifact.target.features = flags.features;
  options.artifact.externalWeights = flags.weights == Weights::External;
  options.threads = flags.threads;
  options.timeReport = flags.timeReport;
  options.progress =
      llvm::sys::Process::StandardErrIsDisplayed() && !flags.timeReport;
  options.testCrash = flags.testCrash;
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
