//===- Elementwise.h - derivatives of elementwise ops ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What the code that TableGen makes of Rules/*.td is written in.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_RULES_ELEMENTWISE_H
#define DLC_LIB_AUTODIFF_RULES_ELEMENTWISE_H

#include "../Rules.h"

namespace dlc::autodiff {

/// The operands and the result of an elementwise op, of the result's shape (a
/// scalar operand is repeated) and in the type that its derivative is computed in:
/// f32 for narrower floats.
class Elementwise {
public:
  Elementwise(mlir::Operation *op, TensorBuilder &b) : op(op), b(b) {}

  TensorBuilder &getBuilder() { return b; }
  mlir::Value operand(unsigned i);
  mlir::Value result() { return b.widen(op->getResult(0)); }
  mlir::Value number(double value);
  template <typename Op>
  mlir::Value unary(mlir::Value x) {
    return b.unary<Op>(b.widen(x));
  }
  template <typename Op>
  mlir::Value binary(mlir::Value x, mlir::Value y) {
    return b.binary<Op>(b.widen(x), b.widen(y));
  }
  mlir::Value compare(dl::ComparisonDirection direction, mlir::Value x, mlir::Value y) {
    return b.compare(direction, b.widen(x), b.widen(y));
  }
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y) {
    return b.select(condition, b.widen(x), b.widen(y));
  }

  /// A direction or a value of the result's type under operand `i`'s: the elements
  /// of a repeated scalar are added up, and rounded once.
  mlir::Value toOperand(unsigned i, mlir::Value value);
  /// A tangent of operand `i` as one of the result's shape.
  mlir::Value fromOperand(unsigned i, mlir::Value tangent);
  /// In the result's element type.
  mlir::Value toResult(mlir::Value value) {
    return b.convert(value, getTensorType(op->getResult(0)).getElementType());
  }

private:
  bool isRepeated(unsigned i) {
    return getTensorType(op->getOperand(i)).getRank() == 0 &&
           getTensorType(op->getResult(0)).getRank() != 0;
  }

  mlir::Operation *op;
  TensorBuilder &b;
};

/// ∂f/∂xᵢ times a direction of the result's shape.
using Partial = mlir::Value (*)(Elementwise &, mlir::Value);

/// The two modes of an elementwise op.
void applyForward(Forward &f, llvm::ArrayRef<Partial> partials);
void applyReverse(Reverse &r, llvm::ArrayRef<Partial> partials);

/// Rules of an op from its partial derivatives, one per operand; null is zero. Of
/// several rules of one op, the last whose condition holds counts.
template <typename Op, typename Condition = bool (*)(Op)>
void addElementwise(RuleTable &table, std::vector<Partial> partials,
                    Condition holds = [](Op) { return true; }) {
  const Rule *other = table.lookup(Op::getOperationName());
  Rule previous = other ? *other : Rule();
  table.add<Op>(
      [=](Op op, Forward &f) -> llvm::LogicalResult {
        if (!holds(op))
          return previous.forward(f);
        applyForward(f, partials);
        return mlir::success();
      },
      [=](Op op, Reverse &r) -> llvm::LogicalResult {
        if (!holds(op))
          return previous.reverse(r);
        applyReverse(r, partials);
        return mlir::success();
      });
}

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_RULES_ELEMENTWISE_H
