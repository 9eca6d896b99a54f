//===- Compiler.h - from a model file to an artefact ------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_COMPILE_COMPILER_H
#define DLC_COMPILE_COMPILER_H

#include "dlc/Pipelines/Phases.h"
#include "dlc/Support/Tensor.h"
#include "dlc/Target/Artifact.h"
#include "llvm/ADT/StringMap.h"
#include <functional>
#include <string>
#include <vector>

namespace dlc {

struct CompileOptions {
  std::string input;
  /// The model itself, where it is in memory; `input` then only names it.
  std::optional<llvm::StringRef> model;
  /// The weights of a trace in memory.
  std::vector<NamedTensor> weights;
  std::string output; ///< empty: the input's name with the right extension
  std::string name;   ///< the model's; empty: the output's stem
  /// Shapes of inputs, by name; kDynamic for a size that stays open.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// A training step to add, as options of -dl-build-training-step; empty: none.
  std::string training;
  /// How much memory a run may take, as parseMemoryBudget reads it; empty: any.
  std::string memory;
  /// The first phase to run; by default the one after the phase that left the module.
  std::optional<Phase> from;
  Phase to = Phase::Link;    ///< the last phase
  std::string dumpDirectory; ///< empty, or where the module after each phase goes
  ArtifactOptions artifact;
  unsigned threads = 0; ///< 0: all cores
  /// PHASE:KIND, a crash to test what it leaves behind (lib/Compile/TestCrash.h).
  std::string testCrash;
  bool progress = false, timeReport = false, memoryReport = false;
  /// Takes each error and warning, a line; by default they go to stderr.
  std::function<void(llvm::StringRef line)> diagnose;
  /// Told when a phase ends, and how long it took: the last one just before its files appear.
  /// Where it returns false, compiling ends with an error.
  std::function<bool(llvm::StringRef phase, double seconds)> onPhase;
};

/// Parses `name=1x3x?x224`; false where it isn't of that form.
bool parseShapeOption(llvm::StringRef text, llvm::StringMap<llvm::SmallVector<int64_t>> &shapes);

/// Compiles. Errors are one line each; on failure nothing is written.
mlir::LogicalResult compile(const CompileOptions &options);

} // namespace dlc

#endif // DLC_COMPILE_COMPILER_H
