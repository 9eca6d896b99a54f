//===- Flags.h - dl-run's command line --------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DLRUN_FLAGS_H
#define DLC_TOOLS_DLRUN_FLAGS_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include <string>

namespace dlc {

/// Removes the options that libraries have registered.
inline void removeOtherOptions() {
  llvm::SmallVector<llvm::cl::Option *> others;
  for (auto &entry : llvm::cl::getRegisteredOptions())
    if (llvm::is_contained(entry.second->Categories, &llvm::cl::getGeneralCategory()))
      others.push_back(entry.second);
  for (llvm::cl::Option *option : others)
    option->removeArgument();
}

/// Constructed in main: the options of LLVM's library, registered before main,
/// have some of these names.
struct Flags {
  llvm::cl::OptionCategory category{"dl-run options"};
  llvm::cl::opt<std::string> modelPath{llvm::cl::Positional,
                                       llvm::cl::desc("<model.so or model.mlir>"),
                                       llvm::cl::cat(category)};
  llvm::cl::list<std::string> files{llvm::cl::Positional, llvm::cl::desc("[input files, in order]"),
                                    llvm::cl::cat(category)};
  llvm::cl::list<std::string> inputs{
      "input", llvm::cl::cat(category), llvm::cl::value_desc("[name=]source"),
      llvm::cl::desc("An input: a .npy, .npz, .pb or .safetensors file, or random:[uniform|normal,]"
                     "[seed=,min=,max=,mean=,std=]")};
  llvm::cl::opt<uint64_t> randomSeed{
      "random-seed", llvm::cl::cat(category),
      llvm::cl::desc("Give random values to the inputs that have none")};
  llvm::cl::list<std::string> shapes{
      "shape", llvm::cl::cat(category), llvm::cl::value_desc("[name=]1x3x224x224"),
      llvm::cl::desc("Shape of a random input with dynamic dimensions")};
  llvm::cl::opt<std::string> entry{
      "entry", llvm::cl::cat(category), llvm::cl::value_desc("function"),
      llvm::cl::desc("Function to run (default: main, or the only one)")};
  llvm::cl::opt<bool> runAll{"all", llvm::cl::cat(category),
                             llvm::cl::desc("Run every public function, each without inputs")};
  llvm::cl::opt<bool> compiled{
      "compiled", llvm::cl::cat(category),
      llvm::cl::desc("Compile each function, run that, and compare its outputs with "
                     "the interpreter's")};
  llvm::cl::opt<std::string> outputPath{
      "output", llvm::cl::cat(category), llvm::cl::value_desc("path"),
      llvm::cl::desc("Write the outputs: a directory for .npy files, "
                     "or a .npz, .safetensors, .npy or .pb file")};
  llvm::cl::opt<bool> print{"print", llvm::cl::cat(category),
                            llvm::cl::desc("Print the outputs (also without any other wish)")};
  llvm::cl::list<std::string> expected{
      "expect", llvm::cl::cat(category), llvm::cl::value_desc("[name=]file"),
      llvm::cl::desc("What the outputs should be; differences fail")};
  llvm::cl::opt<double> relative{
      "rtol", llvm::cl::cat(category), llvm::cl::init(1e-5),
      llvm::cl::desc("Allowed difference relative to the expected element")};
  llvm::cl::opt<double> absolute{"atol", llvm::cl::cat(category), llvm::cl::init(1e-7),
                                 llvm::cl::desc("Allowed absolute difference")};
  llvm::cl::opt<double> range{"range-tol", llvm::cl::cat(category), llvm::cl::init(0),
                              llvm::cl::desc("Allowed difference relative to the largest element")};
  llvm::cl::opt<bool> runBenchmark{"benchmark", llvm::cl::cat(category),
                                   llvm::cl::desc("Measure the run")};
  llvm::cl::opt<unsigned> warmup{"warmup", llvm::cl::cat(category), llvm::cl::init(3),
                                 llvm::cl::desc("Runs before those that are measured")};
  llvm::cl::opt<unsigned> repetitions{"repetitions", llvm::cl::cat(category), llvm::cl::init(30),
                                      llvm::cl::desc("Runs that are measured")};
  llvm::cl::opt<std::string> weights{
      "weights", llvm::cl::cat(category), llvm::cl::value_desc("file"),
      llvm::cl::desc("External weights of a compiled model (default: beside it)")};
  llvm::cl::opt<unsigned> threads{"threads", llvm::cl::cat(category), llvm::cl::init(0),
                                  llvm::cl::desc("Threads of a compiled model (0: all cores)")};
};

/// An error for flags that mean nothing together, or nothing at all.
llvm::Error checkFlags(const Flags &options, bool isCompiled);

} // namespace dlc

#endif // DLC_TOOLS_DLRUN_FLAGS_H
