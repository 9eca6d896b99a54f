//===- NativeEvaluator.h - folding large constants --------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference interpreter is obvious but slow: for weights of millions of
// elements the ops that folding meets most are evaluated here on the bytes.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TRANSFORMS_NATIVEEVALUATOR_H
#define DLC_LIB_TRANSFORMS_NATIVEEVALUATOR_H

#include "dlc/Support/Tensor.h"
#include "mlir/IR/Operation.h"

namespace dlc {

/// Whether evaluateNatively answers this op. Its types are static.
bool hasNativeEvaluation(mlir::Operation *op);

/// The op's only result on these operands. Where the elements stay as they are
/// (reshape, bitcast, a contiguous slice) it shares their memory.
Tensor evaluateNatively(mlir::Operation *op, llvm::ArrayRef<Tensor> operands);

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_NATIVEEVALUATOR_H
