//===- Random.h - random numbers of a node ----------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PyTorch draws from a generator that the program runs on; here every node draws
// from a stream of its own, by its name: the same numbers in every run, and
// others than PyTorch's.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_RANDOM_H
#define DLC_LIB_IMPORT_TORCH_RANDOM_H

#include "NodeImporter.h"

namespace dlc::torch {

/// Uniform numbers in [0, 1), and standard normal ones, in the given element
/// type (drawn in f32 at least).
Expr drawUniform(NodeImporter &n, llvm::ArrayRef<Size> sizes, mlir::Type elementType);
Expr drawNormal(NodeImporter &n, llvm::ArrayRef<Size> sizes, mlir::Type elementType);

struct Dropout {
  Expr kept; ///< zero with probability p, else divided by 1 − p
  Expr mask; ///< where it is kept
};
Dropout dropOut(NodeImporter &n, mlir::Value x, double p);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_RANDOM_H
