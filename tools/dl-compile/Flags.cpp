//===- Flags.cpp - what the flags ask for ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"

#include "dlc/Support/MemoryBudget.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace dlc;
using namespace dlc::tool;

/// More threads than any machine can use.
static constexpr unsigned kMaxThreads = 1024;

std::string tool::getPhaseNames() {
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
  if (options.from == Phase::Link)
    return "--compile-from=link: 'object' leaves no module; --compile-from=object is the last one";
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

/// The training step asked for; an error's sentence, or nothing.
static std::string setTraining(const Flags &flags, CompileOptions &options) {
  if (!flags.train)
    return flags.settings.empty()
               ? ""
               : "'" + flags.settings.front() + "' is a second model, or a setting without --train";
  options.training = llvm::join(flags.settings, " ");
  if (options.training.empty())
    return "--train wants a loss and an optimizer: loss=cross_entropy optimizer=adamw";
  return "";
}

std::string tool::setOptions(const Flags &flags, CompileOptions &options) {
  options.input = flags.input;
  for (const std::string &shape : flags.shapes)
    if (!parseShapeOption(shape, options.shapes))
      return "--shape=" + shape + " isn't of the form input=1x3x?x224";
  if (flags.threads > kMaxThreads)
    return "--threads=" + std::to_string(flags.threads) + " is more than " +
           std::to_string(kMaxThreads);
  if (std::string problem = setPhases(flags, options); !problem.empty())
    return problem;
  if (std::string problem = setOutput(flags, options); !problem.empty())
    return problem;
  if (std::string problem = setTraining(flags, options); !problem.empty())
    return problem;
  if (!flags.memory.empty() && !parseMemoryBudget(flags.memory))
    return "--memory=" + flags.memory + " is neither a share, as 0.5, nor a size, as 512MiB";
  options.memory = flags.memory;
  options.memoryReport = flags.memoryReport;
  options.dumpDirectory = flags.dumpTo;
  options.artifact.target.triple = flags.target;
  options.artifact.target.cpu = flags.cpu;
  options.artifact.target.features = flags.features;
  options.artifact.externalWeights = flags.weights == Weights::External;
  options.threads = flags.threads;
  options.timeReport = flags.timeReport;
  options.progress = llvm::sys::Process::StandardErrIsDisplayed() && !flags.timeReport;
  options.testCrash = flags.testCrash;
  return "";
}
