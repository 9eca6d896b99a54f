//===- Interpreter.h - the meaning of dl programs ---------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates dl programs on tensors in memory. Every other way to run one is
// compared with this: it is written to be obvious, not to be fast.
//
// Floats are computed in f64 and rounded to the element type once per op
// (sums, products and norms too: an ideal accumulator); integers are computed
// in 64 bits and wrap.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_REFERENCE_INTERPRETER_H
#define DLC_REFERENCE_INTERPRETER_H

#include "dlc/Support/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dlc::reference {

using Tensors = llvm::SmallVector<Tensor>;

/// A module and its state: the values of its mutable globals live as long as
/// this does.
class Interpreter {
public:
  explicit Interpreter(mlir::ModuleOp module);
  ~Interpreter();

  /// Calls a function. Scalars are tensors of rank 0, an index is an i64. The
  /// results may refer to memory of the module's context. An error is one
  /// sentence that begins with the op's location.
  llvm::Expected<Tensors> run(llvm::StringRef function, llvm::ArrayRef<Tensor> inputs);

  struct State;

private:
  std::unique_ptr<State> state;
};

/// Calls a function of a module whose state is initial.
llvm::Expected<Tensors> evaluate(mlir::ModuleOp module, llvm::StringRef function,
                                 llvm::ArrayRef<Tensor> inputs);

/// The results of one op on the values of its operands. An op that has
/// regions, calls a function or touches state is an error.
llvm::Expected<Tensors> evaluateOp(mlir::Operation *op, llvm::ArrayRef<Tensor> operands);

/// The type in memory of a tensor's element or of a scalar: index is i64, a
/// signless integer is signed. Nothing for other types.
std::optional<ElementType> getElementType(mlir::Type type);

/// The elements of an attribute; refers to its memory where possible.
llvm::Expected<Tensor> getTensor(mlir::ElementsAttr elements);

/// An attribute with these elements. `type` has the tensor's shape and an
/// element type that getElementType maps to the tensor's.
mlir::DenseElementsAttr getAttribute(const Tensor &tensor, mlir::ShapedType type);

} // namespace dlc::reference

#endif // DLC_REFERENCE_INTERPRETER_H
