//===- Expr.h - formulas over tensors ---------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Importers of ops that are a formula write it as one:
//
//   Expr x(n, n.input(0));
//   Expr centred = x - x.mean(axes);
//   return n.result(centred / (centred.square().mean(axes).sqrt() + 1e-9));
//
// The operands of a binary operation are broadcast as in NumPy. A null value
// (reported already) makes everything computed from it null.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_EXPR_H
#define DLC_LIB_IMPORT_COMMON_EXPR_H

#include "NodeBuilder.h"

namespace dlc::frontend {

class Expr {
public:
  Expr(NodeBuilder &n, mlir::Value value) : n(&n), value(value) {}
  operator mlir::Value() const { return value; }
  explicit operator bool() const { return bool(value); }
  mlir::Value get() const { return value; }
  NodeBuilder &builder() const { return *n; }

  /// An elementwise op of two operands, broadcast to each other.
  template <typename OpTy>
  Expr binary(mlir::Value other) const {
    mlir::Value lhs = value, rhs = other;
    if (!lhs || !rhs || !n->broadcast(lhs, rhs))
      return {*n, {}};
    return {*n, n->infer<OpTy>(lhs, rhs)};
  }
  template <typename OpTy>
  Expr binary(double number) const {
    return binary<OpTy>(number_(number));
  }
  template <typename OpTy>
  Expr unary() const {
    return {*n, value ? n->infer<OpTy>(value) : value};
  }

  Expr operator-() const { return unary<dl::NegOp>(); }
  Expr abs() const { return unary<dl::AbsOp>(); }
  Expr exp() const { return unary<dl::ExpOp>(); }
  Expr log() const { return unary<dl::LogOp>(); }
  Expr sqrt() const { return unary<dl::SqrtOp>(); }
  Expr sign() const { return unary<dl::SignOp>(); }
  Expr sin() const { return unary<dl::SinOp>(); }
  Expr cos() const { return unary<dl::CosOp>(); }
  Expr tanh() const { return unary<dl::TanhOp>(); }
  Expr floor() const { return unary<dl::FloorOp>(); }
  Expr ceil() const { return unary<dl::CeilOp>(); }
  Expr round() const { return unary<dl::RoundOp>(); }
  Expr sigmoid() const { return unary<dl::SigmoidOp>(); }
  Expr erfInv() const { return unary<dl::ErfInvOp>(); }
  Expr silu() const { return unary<dl::SiluOp>(); }
  Expr operator~() const { return unary<dl::NotOp>(); }
  Expr isNan() const { return unary<dl::IsNanOp>(); }
  Expr square() const { return *this * *this; }

  template <typename T>
  Expr operator+(T other) const { return binary<dl::AddOp>(other); }
  template <typename T>
  Expr operator-(T other) const { return binary<dl::SubOp>(other); }
  template <typename T>
  Expr operator*(T other) const { return binary<dl::MulOp>(other); }
  template <typename T>
  Expr operator/(T other) const { return binary<dl::DivOp>(other); }
  template <typename T>
  Expr operator%(T other) const { return binary<dl::RemOp>(other); }
  template <typename T>
  Expr pow(T other) const { return binary<dl::PowOp>(other); }
  template <typename T>
  Expr max(T other) const { return binary<dl::MaxOp>(other); }
  template <typename T>
  Expr min(T other) const { return binary<dl::MinOp>(other); }
  template <typename T>
  Expr operator&(T other) const { return binary<dl::AndOp>(other); }
  template <typename T>
  Expr operator|(T other) const { return binary<dl::OrOp>(other); }

  template <typename T>
  Expr operator<(T other) const { return compare(dl::ComparisonDirection::lt, other); }
  template <typename T>
  Expr operator<=(T other) const { return compare(dl::ComparisonDirection::le, other); }
  template <typename T>
  Expr operator>(T other) const { return compare(dl::ComparisonDirection::gt, other); }
  template <typename T>
  Expr operator>=(T other) const { return compare(dl::ComparisonDirection::ge, other); }
  template <typename T>
  Expr eq(T other) const { return compare(dl::ComparisonDirection::eq, other); }
  template <typename T>
  Expr ne(T other) const { return compare(dl::ComparisonDirection::ne, other); }

  Expr compare(dl::ComparisonDirection direction, mlir::Value other) const {
    mlir::Value lhs = value, rhs = other;
    if (!lhs || !rhs || !n->broadcast(lhs, rhs))
      return {*n, {}};
    return {*n, n->compare(direction, lhs, rhs)};
  }
  Expr compare(dl::ComparisonDirection direction, double number) const {
    return compare(direction, number_(number));
  }

  /// This boolean's choice: `a` where it holds, else `b`.
  Expr select(mlir::Value a, mlir::Value b) const {
    mlir::Value condition = value;
    if (!condition || !a || !b || !n->broadcast(condition, a, b))
      return {*n, {}};
    return {*n, n->infer<dl::SelectOp>(condition, a, b)};
  }
  Expr select(mlir::Value a, double b) const {
    return a ? select(a, n->scalar(NodeBuilder::elementTypeOf(a), b)) : Expr(*n, {});
  }

  Expr to(mlir::Type elementType) const {
    return {*n, value ? n->convert(value, elementType) : value};
  }
  Expr reduce(dl::ReductionKind kind, llvm::ArrayRef<int64_t> axes, bool keepDims = true) const {
    return {*n, value ? n->reduce(kind, value, axes, keepDims) : value};
  }
  Expr sum(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const {
    return reduce(dl::ReductionKind::sum, axes, keepDims);
  }
  Expr mean(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const {
    return reduce(dl::ReductionKind::mean, axes, keepDims);
  }
  Expr maximum(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const {
    return reduce(dl::ReductionKind::max, axes, keepDims);
  }
  /// Taken off the largest, so that nothing overflows; an infinite one stays.
  Expr logSumExp(llvm::ArrayRef<int64_t> axes, bool keepDims = true) const {
    Expr largest = maximum(axes);
    Expr shift = (largest.abs() < INFINITY).select(largest, 0.0);
    Expr sum = (*this - shift.get()).exp().sum(axes).log() + shift.get();
    return keepDims ? sum : sum.squeeze(axes);
  }
  Expr unsqueeze(llvm::ArrayRef<int64_t> axes) const {
    return {*n, value ? n->unsqueeze(value, axes) : value};
  }
  Expr squeeze(llvm::ArrayRef<int64_t> axes) const {
    return {*n, value ? n->squeeze(value, axes) : value};
  }
  Expr transpose(llvm::ArrayRef<int64_t> permutation) const {
    return {*n, value ? n->transpose(value, permutation) : value};
  }
  Expr reshape(llvm::ArrayRef<Size> sizes) const {
    return {*n, value ? n->reshape(value, sizes) : value};
  }

private:
  mlir::Value number_(double number) const {
    return value ? n->scalar(NodeBuilder::elementTypeOf(value), number) : value;
  }

  NodeBuilder *n;
  mlir::Value value;
};

/// ‖x‖ₚ along a dimension, which goes; p may be 0 (how many aren't 0) or infinite.
inline Expr pNorm(Expr x, int64_t axis, double p) {
  if (p == 0)
    return x.ne(0.0).to(NodeBuilder::elementTypeOf(x)).sum({axis}, false);
  Expr size = x.abs();
  if (p == 1)
    return size.sum({axis}, false);
  if (p == 2)
    return size.square().sum({axis}, false).sqrt();
  if (std::isinf(p)) // of no coordinates at all it is 0
    return size.maximum({axis}, false).max(0.0);
  return size.pow(p).sum({axis}, false).pow(1 / p);
}

/// What formulas of a type are computed in: f32 for the narrower floats, whose range and
/// digits intermediate values would leave.
inline mlir::Type computationType(mlir::Type type) {
  bool isNarrow = llvm::isa_and_nonnull<mlir::FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
  return isNarrow ? mlir::Float32Type::get(type.getContext()) : type;
}

/// The dimensions [first, last).
inline llvm::SmallVector<int64_t> dimRange(int64_t first, int64_t last) {
  return llvm::to_vector(llvm::seq(first, std::max(first, last)));
}

/// A size as a scalar of the given element type.
inline Expr sizeAs(NodeBuilder &n, Size size, mlir::Type elementType) {
  return {n, n.convert(n.sizeTensor(size), elementType)};
}

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_EXPR_H
