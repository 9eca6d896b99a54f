//===- LaunchCost.h - what a launch costs, about ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_LAUNCHCOST_H
#define DLC_LIB_CODEGEN_DISPATCH_LAUNCHCOST_H

#include "dispatch/IR/Dispatch.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace dlc {

/// What kernels cost, estimated once for each. An open size counts as `sizeHint`.
class LaunchCosts {
public:
  explicit LaunchCosts(int64_t sizeHint) : sizeHint(sizeHint) {}

  /// Bytes of a tensor in memory.
  int64_t getBytes(mlir::Value tensor) const;

  /// Nanoseconds of a core: multiplications of contractions, bytes for the rest.
  double getNanoseconds(mlir::func::FuncOp kernel);

  /// Whether launching the kernel again on the same inputs does nothing but give the
  /// same results again.
  bool isRepeatable(mlir::func::FuncOp kernel);

private:
  int64_t getElements(mlir::Value tensor) const;
  double estimate(mlir::func::FuncOp kernel) const;

  int64_t sizeHint;
  llvm::DenseMap<mlir::Operation *, double> times;
  llvm::DenseMap<mlir::Operation *, bool> repeatable;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_LAUNCHCOST_H
