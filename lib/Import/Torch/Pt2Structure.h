//===- Pt2Structure.h - the structure of a .pt2 program's call --*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_PT2STRUCTURE_H
#define DLC_LIB_IMPORT_TORCH_PT2STRUCTURE_H

#include "Json.h"

namespace dlc::torch {

/// How the arguments and results of a program are structured, as python/dlc keeps it in
/// a trace's metadata (python/dlc/tree.py), and a name for each result.
struct CallStructure {
  Json metadata; ///< null where the archive has no structure
  std::vector<std::string> outputNames;
};

/// Reads it from the archive's `graph_module`.
CallStructure readCallStructure(const Json &graphModule, JsonReader &reader);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_PT2STRUCTURE_H
