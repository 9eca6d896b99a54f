//===- Decompose.h - what composite ops stand for ---------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TRANSFORMS_DECOMPOSE_DECOMPOSE_H
#define DLC_LIB_TRANSFORMS_DECOMPOSE_DECOMPOSE_H

#include "dlc/Transforms/TensorBuilder.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::decompose {

/// By op name: writes the results in smaller ops. Failure, and the op stays, where
/// a size that the decomposition needs is not static.
using DecomposerMap = llvm::StringMap<
    mlir::LogicalResult (*)(mlir::Operation *, TensorBuilder &,
                            mlir::SmallVectorImpl<mlir::Value> &)>;

/// Registers `fn`, a Value(OpTy, TensorBuilder &) whose null means failure.
template <typename OpTy, mlir::Value (*fn)(OpTy, TensorBuilder &)>
void add(DecomposerMap &map) {
  map[OpTy::getOperationName()] = [](mlir::Operation *op, TensorBuilder &b,
                                     mlir::SmallVectorImpl<mlir::Value> &results) {
    mlir::Value result = fn(llvm::cast<OpTy>(op), b);
    if (!result)
      return mlir::failure();
    results.push_back(result);
    return mlir::success();
  };
}

/// Registers `fn` for an op of several results.
template <typename OpTy, mlir::LogicalResult (*fn)(OpTy, TensorBuilder &,
                                                   mlir::SmallVectorImpl<mlir::Value> &)>
void addMany(DecomposerMap &map) {
  map[OpTy::getOperationName()] = [](mlir::Operation *op, TensorBuilder &b,
                                     mlir::SmallVectorImpl<mlir::Value> &results) {
    return fn(llvm::cast<OpTy>(op), b, results);
  };
}

void addActivations(DecomposerMap &map);
void addAttention(DecomposerMap &map);
void addConvTranspose(DecomposerMap &map);
void addFactors(DecomposerMap &map);
void addGridSample(DecomposerMap &map);
void addNorms(DecomposerMap &map);
void addQuantization(DecomposerMap &map);
void addRecurrences(DecomposerMap &map);

} // namespace dlc::decompose

#endif // DLC_LIB_TRANSFORMS_DECOMPOSE_DECOMPOSE_H
