//===- Rules.h - how an op is differentiated -------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A rule says, for one op, what becomes of tangents (forward mode) and of
// cotangents (reverse mode). Rules are attached from here; the dialects know
// nothing of derivatives. There are three ways to write one:
//
// - an elementwise op states its partial derivatives in Rules/*.td, for both modes;
// - an op that is linear in some operands states its transpose: `addLinear`;
// - any other states both modes: `add`.
//
// A zero tangent or cotangent is a null value: nothing is computed with it.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_RULES_H
#define DLC_LIB_AUTODIFF_RULES_H

#include "dlc/Transforms/TensorBuilder.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::autodiff {

/// What a forward rule works with: the op, the tangents of its operands, and a
/// builder that stands after the op.
class Forward {
public:
  Forward(mlir::Operation *op, TensorBuilder &builder, llvm::ArrayRef<mlir::Value> tangents)
      : op(op), b(builder), tangents(tangents), results(op->getNumResults()) {}

  /// The tangent of operand `i`; null for zero.
  mlir::Value tangent(unsigned i) const { return tangents[i]; }
  mlir::Value tangentOrZero(unsigned i) {
    return tangents[i] ? tangents[i] : b.splatLike(0.0, op->getOperand(i));
  }
  /// The tangents of some operands, in order, zeros written out.
  llvm::SmallVector<mlir::Value> tangentsOrZeros(mlir::OperandRange operands);
  /// Gives result `i` a tangent; null is zero.
  void set(unsigned i, mlir::Value tangent) { results[i] = tangent; }
  /// Adds to the tangent of result `i`; null is zero.
  void add(unsigned i, mlir::Value tangent);
  llvm::ArrayRef<mlir::Value> getResults() const { return results; }

  mlir::Operation *op;
  TensorBuilder &b;

private:
  llvm::ArrayRef<mlir::Value> tangents;
  llvm::SmallVector<mlir::Value> results;
};

/// What a reverse rule works with: the op, the cotangents of its results, and a
/// builder that stands where its values are known and nothing reads it any more.
class Reverse {
public:
  Reverse(mlir::Operation *op, TensorBuilder &builder, llvm::ArrayRef<mlir::Value> cotangents,
          llvm::function_ref<bool(mlir::Value)> isWanted)
      : op(op), b(builder), cotangents(cotangents), isWanted(isWanted),
        operands(op->getNumOperands()) {}

  /// The cotangent of result `i`; null for zero.
  mlir::Value cotangent(unsigned i = 0) const { return cotangents[i]; }
  mlir::Value cotangentOrZero(unsigned i = 0) {
    return cotangents[i] ? cotangents[i] : b.splatLike(0.0, op->getResult(i));
  }
  /// Whether operand `i` is there and needs a cotangent.
  bool wants(unsigned i) const { return isWanted(op->getOperand(i)); }
  /// Whether `operand`, which may be null, is there and needs a cotangent.
  bool wants(mlir::Value operand) const { return operand && isWanted(operand); }
  /// Adds to the cotangent of operand `i`; null is zero.
  void add(unsigned i, mlir::Value cotangent);
  /// Adds to the cotangent of an operand of the op.
  void add(mlir::OpOperand &operand, mlir::Value cotangent) {
    add(operand.getOperandNumber(), cotangent);
  }
  llvm::ArrayRef<mlir::Value> getResults() const { return operands; }

  mlir::Operation *op;
  TensorBuilder &b;

private:
  llvm::ArrayRef<mlir::Value> cotangents;
  llvm::function_ref<bool(mlir::Value)> isWanted;
  llvm::SmallVector<mlir::Value> operands;
};

/// The rule of one op. A rule that can't answer reports why, at the op.
struct Rule {
  std::function<llvm::LogicalResult(Forward &)> forward;
  std::function<llvm::LogicalResult(Reverse &)> reverse;
};

/// The rules, by op.
class RuleTable {
public:
  /// Every rule there is.
  static const RuleTable &get();

  const Rule *lookup(llvm::StringRef opName) const {
    auto found = rules.find(opName);
    return found == rules.end() ? nullptr : &found->second;
  }

  /// A rule for `Op`: LogicalResult or void (Op, Forward &) and (Op, Reverse &).
  template <typename Op, typename ForwardFn, typename ReverseFn>
  void add(ForwardFn forward, ReverseFn reverse) {
    rules[Op::getOperationName()] = {wrap<Op, Forward>(forward), wrap<Op, Reverse>(reverse)};
  }

  /// `Op` is linear in its float operands taken together: forward mode applies it to
  /// the tangents. `transpose` is its reverse rule.
  template <typename Op, typename ReverseFn>
  void addLinear(ReverseFn transpose) {
    rules[Op::getOperationName()] = {applyToTangents, wrap<Op, Reverse>(transpose)};
  }

private:
  template <typename Op, typename Context, typename Fn>
  static std::function<llvm::LogicalResult(Context &)> wrap(Fn fn) {
    return [fn](Context &context) -> llvm::LogicalResult {
      if constexpr (std::is_void_v<decltype(fn(std::declval<Op>(), context))>) {
        fn(llvm::cast<Op>(context.op), context);
        return mlir::success();
      } else {
        return fn(llvm::cast<Op>(context.op), context);
      }
    };
  }

  /// The op on the tangents of its float operands.
  static llvm::LogicalResult applyToTangents(Forward &f);

  llvm::StringMap<Rule> rules;
};

/// Whether values of this type carry derivatives: tensors of floats.
bool isDifferentiable(mlir::Type type);

/// x + y, where null is zero.
mlir::Value sum(TensorBuilder &b, mlir::Value x, mlir::Value y);

// One function per family, alphabetical.
void addBinaryRules(RuleTable &table);
void addCompositeRules(RuleTable &table);
void addConvRules(RuleTable &table);
void addDataRules(RuleTable &table);
void addFactorRules(RuleTable &table);
void addGatherRules(RuleTable &table);
void addLinearRules(RuleTable &table);
void addReduceRules(RuleTable &table);
void addShapeRules(RuleTable &table);
void addSliceRules(RuleTable &table);
void addSolverRules(RuleTable &table);
void addSortRules(RuleTable &table);
void addSpecialRules(RuleTable &table);
void addUnaryRules(RuleTable &table);
void addWindowRules(RuleTable &table);

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_RULES_H
