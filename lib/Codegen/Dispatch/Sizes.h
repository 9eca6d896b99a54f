//===- Sizes.h - dynamic sizes as host values -------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_SIZES_H
#define DLC_LIB_CODEGEN_DISPATCH_SIZES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace dlc {

/// Knows an index value for every dynamic size of a function's tensors. Ops are
/// shown to it in program order; the value it gives for an op's result is defined
/// before the op, so sizes never wait for a kernel unless data decides them.
class Sizes {
public:
  explicit Sizes(mlir::func::FuncOp func);

  /// The size: a constant for a static one. A tensor that no one told of is
  /// measured by a `tensor.dim` where it is defined.
  mlir::Value get(mlir::Value tensor, int64_t dimension);

  /// The sizes of all `?` dimensions, in order.
  llvm::SmallVector<mlir::Value> getDynamic(mlir::Value tensor);

  void set(mlir::Value tensor, int64_t dimension, mlir::Value size);

  /// `to` has the sizes of `from`.
  void transfer(mlir::Value from, mlir::Value to);

  /// Computes the sizes of the op's results before the op, from its operands.
  /// Fails, leaving nothing behind, where they depend on data.
  mlir::LogicalResult resolve(mlir::Operation *op);

  /// Replaces a `tensor.dim` by the size that it measures.
  void replaceDim(mlir::Operation *dim);

  /// An index constant at the function's start.
  mlir::Value constant(int64_t value);

  /// From now on these two of the function's own block are one value: their
  /// difference ended the run.
  void unify(mlir::Value one, mlir::Value other);

private:
  mlir::Value find(mlir::Value size) const;
  /// A value known for longer that equals the op's one result; else that result.
  mlir::Value getEqual(mlir::Operation *op);

  mlir::func::FuncOp func;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> sizes;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  llvm::DenseMap<mlir::Value, mlir::Value> unified;
  llvm::DenseMap<unsigned, llvm::SmallVector<mlir::Operation *, 1>> known;
};

/// Emits a `dispatch.fail_if` before the op for each pair of sizes that the op
/// needs equal and that may differ. Answers the checks.
llvm::SmallVector<mlir::Operation *> checkSizes(mlir::Operation *op, Sizes &sizes);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_SIZES_H
