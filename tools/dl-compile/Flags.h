//===- Flags.h - the flags of dl-compile ------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DL_COMPILE_FLAGS_H
#define DLC_TOOLS_DL_COMPILE_FLAGS_H

#include "dlc/Compile/Compiler.h"
#include "llvm/Support/CommandLine.h"

namespace dlc::tool {

namespace cl = llvm::cl;

enum class Emit { Mlir, Llvm, Assembly, Object, SharedObject };
enum class Weights { Embed, External };

inline cl::OptionCategory category("dl-compile options");

/// Made in main: the libraries (lld's) have options of the same names, which
/// give way first.
struct Flags {
  cl::opt<std::string> input{cl::Positional,
                             cl::desc("<model.onnx | .pt2 | trace.json | .mlir>"),
                             cl::cat(category)};
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
      "compile-from", cl::desc("The input is what the phase before this one leaves: start here "
                               "(default: after the phase that left it)"),
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
  cl::opt<bool> train{"train",
                      cl::desc("Add a training step; settings follow the model"),
                      cl::cat(category)};
  cl::list<std::string> settings{
      cl::Positional, cl::desc("[loss=cross_entropy optimizer=adamw,weight_decay=0.01 ...]"),
      cl::cat(category)};
  cl::opt<std::string> memory{
      "memory", cl::desc("How much a run may take beside the weights: a size, or a share of "
                         "what it would take; some is computed twice then"),
      cl::value_desc("512MiB | 0.5"), cl::cat(category)};
  cl::opt<bool> memoryReport{"memory-report",
                             cl::desc("Say what is kept for long and what is computed twice"),
                             cl::cat(category)};
  cl::opt<bool> timeReport{"time-report",
                           cl::desc("Print the time of each phase"),
                           cl::cat(category)};
  cl::opt<std::string> testCrash{"test-crash", cl::ReallyHidden,
                                 cl::cat(category)};
};

/// The names of the phases, for a message.
std::string getPhaseNames();

/// What the flags ask for; an error's sentence, or nothing.
std::string setOptions(const Flags &flags, CompileOptions &options);

} // namespace dlc::tool

#endif // DLC_TOOLS_DL_COMPILE_FLAGS_H
