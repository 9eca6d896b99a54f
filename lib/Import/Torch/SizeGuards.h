//===- SizeGuards.h - what torch.export took for granted --------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_SIZEGUARDS_H
#define DLC_LIB_IMPORT_TORCH_SIZEGUARDS_H

#include "ExportedGraph.h"

namespace dlc::torch {

/// Appends nodes that end the run where a guard of torch.export on the inputs' sizes doesn't
/// hold, such as (L['x'].size()[0] % 2) == 0; false where it is of what isn't known.
/// python/dlc/guards.py does the same of a program that is recorded.
bool appendGuard(llvm::StringRef guard, const Program &program, std::vector<Node> &nodes);

/// The guard as one would write it: (x.shape[0] % 2) == 0
std::string formatGuard(llvm::StringRef guard);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_SIZEGUARDS_H
