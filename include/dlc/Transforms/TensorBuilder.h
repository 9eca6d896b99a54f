//===- TensorBuilder.h - writing dl programs in C++ -------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shorthand for patterns that write dl ops as one writes mathematics:
//
//   TensorBuilder b(rewriter, loc);
//   Value shifted = b.sub(x, b.broadcastLike(b.reduce(ReductionKind::max, x, dims), x));
//   Value y = b.unary<ExpOp>(shifted);
//
// Sizes that are not static come from `dim_size` of a tensor that has them.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TRANSFORMS_TENSORBUILDER_H
#define DLC_TRANSFORMS_TENSORBUILDER_H

#include "dl/IR/Dl.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace dlc {

/// The tensor type of a value.
inline mlir::RankedTensorType getTensorType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// The type that composites of `type` are computed in: f32 for narrow floats.
mlir::Type getWideType(mlir::Type type);

/// A size that is known, or a 0-D i64 tensor.
struct Size {
  Size(int64_t known) : known(known) {}
  Size(mlir::Value value) : value(value) {}
  bool isStatic() const { return !value; }

  int64_t known = mlir::ShapedType::kDynamic;
  mlir::Value value;
};

class TensorBuilder : public mlir::ImplicitLocOpBuilder {
public:
  TensorBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : ImplicitLocOpBuilder(loc, builder) {}

  //===--- Constants and sizes ---------------------------------------------===//

  /// A 0-D constant of any number type.
  mlir::Value scalar(double value, mlir::Type elementType);
  /// A 1-D i64 constant.
  mlir::Value constant(llvm::ArrayRef<int64_t> values);
  /// `value` in every element, of the shape of `like`.
  mlir::Value splatLike(double value, mlir::Value like, mlir::Type elementType = {});
  mlir::Value splat(mlir::Value scalar, llvm::ArrayRef<Size> sizes);
  mlir::Value iota(llvm::ArrayRef<Size> sizes, int64_t dimension, mlir::Type elementType);

  Size size(mlir::Value tensor, int64_t dim);
  llvm::SmallVector<Size> sizes(mlir::Value tensor);
  Size add(Size a, Size b);
  Size sub(Size a, Size b);
  Size mul(Size a, Size b);
  Size div(Size a, Size b);
  /// The size as a 0-D i64 tensor.
  mlir::Value scalar(Size size);
  /// A 1-D i64 tensor of sizes; null where all are static.
  mlir::Value shapeOperand(llvm::ArrayRef<Size> sizes);
  /// A 1-D i64 tensor of sizes.
  mlir::Value shape(llvm::ArrayRef<Size> sizes);

  //===--- Elementwise -------------------------------------------------------===//

  template <typename Op> mlir::Value unary(mlir::Value x) {
    return Op::create(*this, x.getType(), x);
  }
  template <typename Op> mlir::Value binary(mlir::Value x, mlir::Value y) {
    return Op::create(*this, merged(x, y), x, y);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) { return binary<dl::AddOp>(x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return binary<dl::SubOp>(x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return binary<dl::MulOp>(x, y); }
  mlir::Value div(mlir::Value x, mlir::Value y) { return binary<dl::DivOp>(x, y); }
  mlir::Value add(mlir::Value x, double y) { return add(x, splatLike(y, x)); }
  mlir::Value sub(mlir::Value x, double y) { return sub(x, splatLike(y, x)); }
  mlir::Value mul(mlir::Value x, double y) { return mul(x, splatLike(y, x)); }
  mlir::Value div(mlir::Value x, double y) { return div(x, splatLike(y, x)); }
  mlir::Value max(mlir::Value x, double y) { return binary<dl::MaxOp>(x, splatLike(y, x)); }
  mlir::Value min(mlir::Value x, double y) { return binary<dl::MinOp>(x, splatLike(y, x)); }
  mlir::Value compare(dl::ComparisonDirection direction, mlir::Value x, mlir::Value y);
  mlir::Value compare(dl::ComparisonDirection direction, mlir::Value x, double y) {
    return compare(direction, x, splatLike(y, x));
  }
  mlir::Value select(mlir::Value pred, mlir::Value onTrue, mlir::Value onFalse);
  mlir::Value convert(mlir::Value x, mlir::Type elementType, bool saturate = false);
  /// `x` in the type it is computed in.
  mlir::Value widen(mlir::Value x);

  //===--- Shape -------------------------------------------------------------===//

  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Size> sizes);
  /// x under a type that is more or less refined than its own.
  mlir::Value cast(mlir::Value x, mlir::Type type);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// Dimension i of x becomes dims[i].
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<Size> sizes);
  mlir::Value broadcastLike(mlir::Value x, llvm::ArrayRef<int64_t> dims, mlir::Value like);
  /// Broadcasts by numpy's rules to the shape of `like`.
  mlir::Value broadcastLike(mlir::Value x, mlir::Value like);
  mlir::Value slice(mlir::Value x, int64_t dim, int64_t start, int64_t limit, int64_t stride = 1);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t dim);
  /// numpy.take along `axis`.
  mlir::Value take(mlir::Value x, mlir::Value indices, int64_t axis,
                   dl::IndexMode mode = dl::IndexMode::error);

  //===--- Reductions --------------------------------------------------------===//

  /// Reduces and keeps the dimensions with size 1.
  mlir::Value reduce(dl::ReductionKind kind, mlir::Value x, llvm::ArrayRef<int64_t> dims);

private:
  /// The type of an elementwise op on both.
  mlir::Type merged(mlir::Value x, mlir::Value y);
};

} // namespace dlc

#endif // DLC_TRANSFORMS_TENSORBUILDER_H
