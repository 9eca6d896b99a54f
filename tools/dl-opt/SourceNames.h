//===- SourceNames.h - values named as in the text read ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DL_OPT_SOURCENAMES_H
#define DLC_TOOLS_DL_OPT_SOURCENAMES_H

#include "mlir/Pass/Pass.h"

namespace dlc {

/// A pass that gives values the names that they have in `source`, the text that the module
/// was read from, called `sourceName` in locations, and their derivatives names made of
/// those: of `%x` it is `%x_grad`. Names are in the locations of values, where the printer
/// finds them with --mlir-use-nameloc-as-prefix.
std::unique_ptr<mlir::Pass> createSourceNamesPass(llvm::StringRef source,
                                                  llvm::StringRef sourceName);

} // namespace dlc

#endif // DLC_TOOLS_DL_OPT_SOURCENAMES_H
