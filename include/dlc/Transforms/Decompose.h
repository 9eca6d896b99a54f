//===- Decompose.h - what composite ops stand for --------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TRANSFORMS_DECOMPOSE_H
#define DLC_TRANSFORMS_DECOMPOSE_H

#include "dlc/Transforms/TensorBuilder.h"

namespace dlc {

/// Writes, with `b`, the smaller dl ops that a composite stands for, and gives their
/// values of its results; the op stays. They may hold composites themselves. Fails
/// where the op is no composite, or where a size it needs is not static.
llvm::LogicalResult decomposeComposite(mlir::Operation *op, TensorBuilder &b,
                                       llvm::SmallVectorImpl<mlir::Value> &results);

} // namespace dlc

#endif // DLC_TRANSFORMS_DECOMPOSE_H
