//===- CallStructure.h - the structure of a program's call ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_CALLSTRUCTURE_H
#define DLC_LIB_IMPORT_TORCH_CALLSTRUCTURE_H

#include "Json.h"

namespace dlc::torch {

/// Reports what is wrong with a trace's metadata, which say how the program's arguments
/// and results are structured (docs/trace.schema.json): python/dlc calls the compiled
/// model by them, so they have to fit the program, read before.
void checkCallStructure(const Json &metadata, const Program &program, JsonReader &reader);

/// Adds to it which inputs and outputs are complex, if any are.
void addComplexParts(const Program &program, Json &metadata);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_CALLSTRUCTURE_H
