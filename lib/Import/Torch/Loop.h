//===- Loop.h - building loops ----------------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_LOOP_H
#define DLC_LIB_IMPORT_TORCH_LOOP_H

#include "NodeImporter.h"

namespace dlc::torch {

/// Builds the check before a round (a 0-D i1), or the round (the values carried
/// into the next); nothing after reporting an error.
using BuildCheck = llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::Value> carried)>;
using BuildRound = llvm::function_ref<bool(llvm::ArrayRef<mlir::Value> carried,
                                           llvm::SmallVectorImpl<mlir::Value> &next)>;

/// A loop over values that keep their types; empty after reporting an error.
llvm::SmallVector<mlir::Value> buildLoop(NodeImporter &n, llvm::ArrayRef<mlir::Value> initial,
                                         BuildCheck check, BuildRound round);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_LOOP_H
