//===- Flags.cpp - which of dl-run's flags go together --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Flags.h"
#include "Options.h"
#include <cmath>

using namespace dlc;
using llvm::Error;

Error dlc::checkFlags(const Flags &options, bool isCompiled) {
  if (options.modelPath.empty())
    return makeError("no model is given\nusage: dl-run <model.so or model.mlir> [input files] "
                     "[options]\n       dl-run --help shows the options");
  if (isCompiled && (options.runAll || options.compiled || !options.entry.empty()))
    return makeError("a compiled model has one function: --entry, --all and --compiled are for "
                     ".mlir files");
  if (!isCompiled && !options.weights.empty())
    return makeError("--weights is for compiled models");
  if (options.runBenchmark &&
      (options.print || !options.outputPath.empty() || !options.expected.empty()))
    return makeError("--benchmark leaves no outputs for --print, --output or --expect");
  if (options.runAll && !options.entry.empty())
    return makeError("--all and --entry contradict each other");
  for (double tolerance : {options.relative.getValue(), options.absolute.getValue(),
                           options.range.getValue()})
    if (!(tolerance >= 0) || std::isinf(tolerance))
      return makeError("a tolerance of {0} makes no sense", tolerance);
  return Error::success();
}
