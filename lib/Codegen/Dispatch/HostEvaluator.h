//===- HostEvaluator.h - small tensors as scalars ---------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_HOSTEVALUATOR_H
#define DLC_LIB_CODEGEN_DISPATCH_HOSTEVALUATOR_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dlc {

/// Scalar arithmetic on dl's element types, folded where it can be. Scalars of
/// unsigned types are signless; the caller says which they are.
class ScalarBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &builder, mlir::Location loc) : b(loc, builder) {}

  /// dl's binary op `op` (any of those that isHostEvaluable names).
  mlir::Value binary(mlir::Operation *op, mlir::Value lhs, mlir::Value rhs, bool isUnsigned);
  mlir::Value unary(mlir::Operation *op, mlir::Value operand, bool isUnsigned);
  mlir::Value compare(unsigned direction, mlir::Value lhs, mlir::Value rhs, bool isUnsigned);
  mlir::Value convert(mlir::Value operand, bool fromUnsigned, mlir::Type to, bool toUnsigned);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value extreme(bool larger, mlir::Value lhs, mlir::Value rhs, bool isUnsigned);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  /// `value` as the scalar type, a float's or an integer's.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value constant(mlir::TypedAttr value);
  mlir::ImplicitLocOpBuilder &getBuilder() { return b; }

private:
  mlir::Value divide(mlir::Value lhs, mlir::Value rhs, bool isUnsigned, bool remainder);
  mlir::Value floatToInt(mlir::Value operand, mlir::Type to, bool toUnsigned);
  mlir::ImplicitLocOpBuilder b;
};

/// The scalar that stands for an element: signless.
mlir::Type getScalarType(mlir::Type elementType);

/// The elements of tensors of the host program, row-major.
class HostEvaluator {
public:
  using Elements = llvm::SmallVector<mlir::Value>;

  /// Computes the results of a host op before it; false where it isn't one.
  bool evaluate(mlir::Operation *op);

  /// The elements where they are known as scalars.
  const Elements *lookup(mlir::Value tensor) const;

  /// The elements; read from the tensor's memory if they aren't known.
  Elements get(mlir::Value tensor);

private:
  void evaluateShapeOp(mlir::Operation *op, Elements &out);
  void evaluateGather(mlir::Operation *op, Elements &out);
  void evaluateReduce(mlir::Operation *op, Elements &out);
  void evaluateElementwise(mlir::Operation *op, Elements &out);

  llvm::DenseMap<mlir::Value, Elements> known;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_HOSTEVALUATOR_H
