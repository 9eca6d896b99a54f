//===- SymbolicShapes.h - sizes as expressions of symbols -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every size of every tensor of a function as an affine expression of symbols,
// and likewise the elements of the small integer tensors that shapes are
// computed with. Two sizes with one expression are equal at run time:
//
//   func.func @f(%x: tensor<?x8xf32>) {               // %x: [s0, 8]
//     %n = dl.dim_size %x {dimension = 0}             // %n: {s0}
//     %m = dl.mul %n, %c4                             // %m: {s0 * 4}
//     %s = dl.concat %m, %c2                          // %s: {s0 * 4, 2}
//     %y = dl.reshape %x shape(%s)                    // %y: [s0 * 4, 2]
//
// Expressions are uniqued, so that comparing two is comparing pointers. What
// affine expressions cannot hold (a maximum, a quotient of symbols) becomes a
// symbol of its own, one for each combination of operation and operands. Each op
// is visited once; only the bodies of loops whose sizes change from one
// iteration to the next are visited again.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TRANSFORMS_SYMBOLICSHAPES_H
#define DLC_LIB_TRANSFORMS_SYMBOLICSHAPES_H

#include "dl/IR/Dl.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/StringMap.h"

namespace dlc {

class SymbolicShapes {
public:
  using Exprs = llvm::SmallVector<mlir::AffineExpr, 4>;

  explicit SymbolicShapes(mlir::MLIRContext *context) : context(context) {}

  /// Visits the function's body and makes its types as static as its arguments
  /// allow. Types of block arguments change too; where an op passes on a value
  /// under a type of its own (a yield, a call), the caller has to insert casts.
  void analyze(mlir::func::FuncOp function);

  /// One expression per dimension.
  llvm::ArrayRef<mlir::AffineExpr> getSizes(mlir::Value tensor) const;
  /// The elements of a small integer tensor or scalar, row-major; null where
  /// unknown, empty where nothing is.
  llvm::ArrayRef<mlir::AffineExpr> getElements(mlir::Value value) const;
  /// Whether all elements are known.
  bool hasAllElements(mlir::Value value) const;

private:
  mlir::AffineExpr constant(int64_t value);
  mlir::AffineExpr freshSymbol(bool isNonNegative = true);

  //===--- Arithmetic (null operands give null) ----------------------------===//

  enum class Kind { div, rem, max, min, size };
  bool isNonNegative(mlir::AffineExpr expr) const;
  mlir::AffineExpr opaque(Kind kind, mlir::AffineExpr lhs, mlir::AffineExpr rhs,
                          bool isNonNegative);
  mlir::AffineExpr limited(mlir::AffineExpr expr);
  mlir::AffineExpr add(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr sub(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr mul(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  /// Truncating division.
  mlir::AffineExpr div(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr floorDiv(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr rem(mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr extreme(Kind kind, mlir::AffineExpr lhs, mlir::AffineExpr rhs);
  mlir::AffineExpr compare(dl::ComparisonDirection direction, mlir::AffineExpr lhs,
                           mlir::AffineExpr rhs);

  //===--- Ops -----------------------------------------------------------------===//

  void visitBlock(mlir::Block &block);
  void visit(mlir::Operation *op);
  void visitFor(mlir::scf::ForOp op);
  void visitIf(mlir::scf::IfOp op);
  void visitRegions(mlir::Operation *op);
  void computeElements(mlir::Operation *op);
  Exprs elementsOf(mlir::Operation *op);
  Exprs elementsOfConcat(dl::ConcatOp op);
  Exprs elementsOfReduce(dl::ReduceOp op);
  Exprs elementsOfSelect(dl::SelectOp op);
  Exprs elementsOfArithmetic(mlir::Operation *op);
  void computeSizes(mlir::Operation *op);
  bool copyElementwise(mlir::Operation *op);
  bool reify(mlir::Operation *op);
  void refineByInference(mlir::Operation *op);

  /// Gives a tensor these sizes (null: a fresh symbol) and the static ones of
  /// them to its type, which changes only where `refine` is set.
  void setSizes(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> sizes, bool refine);
  void setUnknown(mlir::Value value);
  void setType(mlir::Value value, mlir::Type type);

  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::Value, Exprs> sizes;
  llvm::DenseMap<mlir::Value, Exprs> elements;
  llvm::DenseMap<std::tuple<int, mlir::AffineExpr, mlir::AffineExpr>, mlir::AffineExpr> opaques;
  llvm::SmallVector<bool> symbolIsNonNegative;
  /// Types before they were changed, newest last: a loop that is visited again
  /// takes back what it assumed.
  llvm::SmallVector<std::pair<mlir::Value, mlir::Type>> changes;
};

} // namespace dlc

#endif // DLC_LIB_TRANSFORMS_SYMBOLICSHAPES_H
