//===- HostValues.h - what the host program computes itself -----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_HOSTVALUES_H
#define DLC_LIB_CODEGEN_DISPATCH_HOSTVALUES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace dlc {

/// The dl ops on small tensors that the host program computes as scalars: what
/// follows from sizes and constants alone, and what the host needs to know.
llvm::DenseSet<mlir::Operation *> findHostOps(mlir::func::FuncOp func);

/// Whether the op, all of its tensors being small, can be computed by scalar
/// arithmetic (HostEvaluator knows how).
bool isHostEvaluable(mlir::Operation *op);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_HOSTVALUES_H
