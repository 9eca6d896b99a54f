//===- Modes.h - differentiating the ops of a function ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The two modes of differentiation, on straight-line code and on the control flow
// of scf. A mode works inside one function: it reads the ops that are there and
// writes new ones.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_MODES_H
#define DLC_LIB_AUTODIFF_MODES_H

#include "Rules.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseSet.h"

namespace dlc::autodiff {

/// The values of a function that depend on those it is differentiated by, in a way
/// that can have a derivative: integers and booleans are left out.
class Activity {
public:
  bool isVaried(mlir::Value value) const { return varied.contains(value); }
  /// Counts `value` as varied, if its type carries derivatives.
  void add(mlir::Value value);
  /// Counts the results of an op whose operands, or what its regions use, vary.
  void propagate(mlir::Operation *op);
  /// Forgets a value that will cease to be.
  void forget(mlir::Value value) { varied.erase(value); }
  /// The varied values from outside the regions of `op` that are used in them.
  llvm::SmallVector<mlir::Value> getVariedCaptures(mlir::Operation *op) const;

private:
  llvm::DenseSet<mlir::Value> varied;
};

/// Reports where a number taken out of a tensor that depends on `arguments` becomes part
/// of a tensor again: a derivative would lose what came that way.
llvm::LogicalResult checkNumbers(mlir::Block &body, llvm::ArrayRef<mlir::Value> arguments);

/// Notes, for a name, of what a value is the first derivative that it is.
void noteDerivative(mlir::Value derivative, mlir::Value of, llvm::StringRef kind);

/// Forward mode: beside each value, its tangent.
class ForwardMode {
public:
  mlir::Value getTangent(mlir::Value value) const { return tangents.lookup(value); }
  void setTangent(mlir::Value value, mlir::Value tangent) {
    tangents[value] = tangent;
    noteDerivative(tangent, value, "tangent");
  }
  /// The tangent of a value, zeros written out.
  mlir::Value getOrZero(TensorBuilder &b, mlir::Value value);

  /// Writes, after each op of the block, the tangents of its results.
  llvm::LogicalResult run(mlir::Block &block);

private:
  llvm::LogicalResult runOn(mlir::Operation *op);
  llvm::LogicalResult applyRule(mlir::Operation *op);
  llvm::LogicalResult runOnIf(mlir::scf::IfOp op);
  llvm::LogicalResult runOnFor(mlir::scf::ForOp op);
  llvm::LogicalResult runOnWhile(mlir::scf::WhileOp op);
  void replaceByWhole(mlir::Operation *op, mlir::Operation *whole,
                      llvm::ArrayRef<unsigned> numbers);
  bool hasVariedInput(mlir::Operation *op) const;

  llvm::DenseMap<mlir::Value, mlir::Value> tangents;
};

/// Reverse mode: from the cotangents of later values, those of earlier ones.
class ReverseMode {
public:
  /// With `checkpointsLoops` an scf.for keeps the roots of what it would keep.
  ReverseMode(const Activity &activity, bool checkpointsLoops)
      : activity(activity), checkpointsLoops(checkpointsLoops) {}

  mlir::Value getCotangent(mlir::Value value) const { return cotangents.lookup(value); }
  /// Adds to the cotangent of `value`, unless that doesn't vary.
  void add(TensorBuilder &b, mlir::Value value, mlir::Value cotangent);
  /// The cotangent of a value, zeros written out.
  mlir::Value getOrZero(TensorBuilder &b, mlir::Value value);

  /// Writes with `builder`, whose position all of the ops' values reach, the
  /// cotangents of what the ops read. `ops` are in program order.
  llvm::LogicalResult run(llvm::ArrayRef<mlir::Operation *> ops, mlir::OpBuilder &builder);

private:
  llvm::LogicalResult runOn(mlir::Operation *op, mlir::OpBuilder &builder);
  llvm::LogicalResult applyRule(mlir::Operation *op, TensorBuilder &b);
  /// Through the smaller ops that a composite stands for, computed anew.
  llvm::LogicalResult runOnDecomposed(mlir::Operation *op, TensorBuilder &b);
  llvm::LogicalResult runOnIf(mlir::scf::IfOp op, TensorBuilder &b);
  llvm::LogicalResult runOnFor(mlir::scf::ForOp op, TensorBuilder &b);
  llvm::LogicalResult runOnWhile(mlir::scf::WhileOp op, TensorBuilder &b);
  /// Makes two loops of one; answers the outer.
  mlir::scf::ForOp checkpoint(mlir::scf::ForOp op, TensorBuilder &b);

  /// Forgets the results of an op that will cease to be.
  void forget(mlir::Operation *op);

  Activity activity;
  bool checkpointsLoops;
  llvm::DenseMap<mlir::Value, mlir::Value> cotangents;
};

/// The ops of a block but for its terminator.
llvm::SmallVector<mlir::Operation *> getBody(mlir::Block &block);

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_MODES_H
