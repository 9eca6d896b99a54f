//===- Options.h - what dl-run does around a run ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DLRUN_OPTIONS_H
#define DLC_TOOLS_DLRUN_OPTIONS_H

#include "Runner.h"
#include "dlc/Support/TensorCompare.h"

namespace dlc {

struct InputOptions {
  /// NAME=SOURCE or SOURCE, which is a file or random:….
  std::vector<std::string> sources;
  /// NAME=1x3x224x224, or the sizes alone for every input.
  std::vector<std::string> shapes;
  /// Where it is given, inputs without a source are random.
  std::optional<uint64_t> randomSeed;
};

/// A value for every input of the runner, and the names of the integer inputs
/// whose values no option bounds: such a value may be an index out of range.
struct Inputs {
  std::vector<Tensor> values;
  std::vector<std::string> unbounded;
};
llvm::Expected<Inputs> makeInputs(const Runner &runner, const InputOptions &options);

/// A run's error, with a word on the inputs whose random values may be the cause.
llvm::Error explain(llvm::Error error, const Inputs &inputs);

/// Prints every output: "name: 2x3xf32 = [[…]]".
void printOutputs(const Runner &runner, llvm::ArrayRef<Tensor> outputs, llvm::raw_ostream &os);

/// Writes the outputs to one file, or one .npy each to a directory.
llvm::Error writeOutputs(const Runner &runner, llvm::ArrayRef<Tensor> outputs,
                         llvm::StringRef path);

/// Compares the outputs with those of the files NAME=FILE or FILE; an error
/// with a line for each output that differs.
llvm::Error compareOutputs(const Runner &runner, llvm::ArrayRef<Tensor> outputs,
                           llvm::ArrayRef<std::string> files, const Tolerance &tolerance);

/// As above with the expected outputs themselves.
llvm::Error compareOutputs(const Runner &runner, llvm::ArrayRef<Tensor> outputs,
                           llvm::ArrayRef<Tensor> expected, const Tolerance &tolerance);

/// A runner that compiles a function with the dl-compile beside `self`, this
/// program, runs it and the interpreter, and fails where their outputs differ.
llvm::Expected<std::unique_ptr<Runner>> makeChecked(mlir::ModuleOp module,
                                                    llvm::StringRef function, llvm::StringRef self,
                                                    const Tolerance &tolerance);

struct BenchmarkOptions {
  unsigned warmup = 3;
  unsigned repetitions = 30;
};

/// Runs repeatedly and prints median, percentiles and minimum of the time.
llvm::Error benchmark(Runner &runner, llvm::ArrayRef<Tensor> inputs,
                      const BenchmarkOptions &options, llvm::raw_ostream &os);

} // namespace dlc

#endif // DLC_TOOLS_DLRUN_OPTIONS_H
