//===- DlUtils.h - what inference and reification share ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DL_LIB_IR_DLUTILS_H
#define DL_LIB_IR_DLUTILS_H

#include "dl/IR/Dl.h"
#include "mlir/IR/Builders.h"

namespace dlc::dl {

/// Opens the definition of an op's inferReturnTypes.
#define DL_INFER_RETURN_TYPES(Op)                                                        \
  LogicalResult Op::inferReturnTypes(                                                    \
      MLIRContext *context, std::optional<Location> loc, ValueRange operands,            \
      DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,       \
      SmallVectorImpl<Type> &types)

/// Opens the definition of an op's reifyResultShapes.
#define DL_REIFY_RESULT_SHAPES(Op)                                                       \
  LogicalResult Op::reifyResultShapes(OpBuilder &builder,                                \
                                      ReifiedRankedShapedTypeDims &reified)

//===----------------------------------------------------------------------===//
// Checks shared by verifiers and inference
//===----------------------------------------------------------------------===//

/// Reports a violated constraint of `op` (e.g. "concat") where there is a
/// location to report it at; fails in any case.
mlir::LogicalResult inferError(std::optional<mlir::Location> loc, llvm::StringRef op,
                               const llvm::Twine &message);

/// The tensor type of a value.
inline mlir::RankedTensorType getTensorType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// Makes `size` the more static of both; fails where both are static and
/// differ.
mlir::LogicalResult mergeSize(int64_t &size, int64_t other);

/// The shape with every static size of both; fails on different ranks or sizes.
mlir::FailureOr<llvm::SmallVector<int64_t>> mergeShapes(llvm::ArrayRef<int64_t> lhs,
                                                        llvm::ArrayRef<int64_t> rhs);

/// Whether two shapes have one rank and no static sizes that differ.
inline bool areCompatibleShapes(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs) {
  return mlir::succeeded(mergeShapes(lhs, rhs));
}

/// Checks that `dimension` is in [0, rank).
mlir::LogicalResult checkDimension(std::optional<mlir::Location> loc, llvm::StringRef op,
                                   llvm::StringRef attribute, int64_t dimension,
                                   int64_t rank);

/// Checks that each of `dimensions` is in [0, rank) and none occurs twice.
mlir::LogicalResult checkDimensions(std::optional<mlir::Location> loc, llvm::StringRef op,
                                    llvm::StringRef attribute,
                                    llvm::ArrayRef<int64_t> dimensions, int64_t rank);

/// Checks that `values` has one entry per dimension, each at least `least`.
mlir::LogicalResult checkPerDimension(std::optional<mlir::Location> loc, llvm::StringRef op,
                                      llvm::StringRef attribute,
                                      llvm::ArrayRef<int64_t> values, int64_t count,
                                      int64_t least);

/// Checks an operand that gives the sizes of `result`: one entry a dimension.
/// An absent operand is right only for a static result. What the entries are is
/// a run-time matter: a verifier never looks at other ops.
mlir::LogicalResult verifyShapeOperand(mlir::Operation *op, mlir::Value shape,
                                       mlir::RankedTensorType result);

/// Prints a shape as tensor types do: `2x?x3`.
std::string shapeToString(llvm::ArrayRef<int64_t> shape);

//===----------------------------------------------------------------------===//
// Reification
//===----------------------------------------------------------------------===//

/// Makes sizes: index attributes where known, else index values. Arithmetic on
/// attributes folds.
class SizeBuilder {
public:
  SizeBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::OpFoldResult constant(int64_t value);
  /// Size `d` of `tensor`.
  mlir::OpFoldResult dim(mlir::Value tensor, int64_t d);
  /// Every size of `tensor`.
  llvm::SmallVector<mlir::OpFoldResult> dims(mlir::Value tensor);
  /// Entry `i` of a 1-D tensor of integers.
  mlir::OpFoldResult entry(mlir::Value shape, int64_t i);
  /// The only element of a 0-D tensor of integers.
  mlir::OpFoldResult scalar(mlir::Value tensor);

  mlir::OpFoldResult add(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult sub(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult mul(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult floorDiv(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult ceilDiv(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult max(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);
  mlir::OpFoldResult min(mlir::OpFoldResult lhs, mlir::OpFoldResult rhs);

  /// getWindowedSize as computation.
  mlir::OpFoldResult windowed(mlir::OpFoldResult size, int64_t window, int64_t stride,
                              int64_t low, int64_t high, int64_t dilation,
                              bool ceil = false);

private:
  mlir::Value toValue(mlir::OpFoldResult size);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// Appends the sizes of one result: an attribute for each static size of
/// `result`, whatever `dims` holds there, and an index value for each `?`.
void addReified(mlir::OpBuilder &builder, mlir::Value result,
                llvm::ArrayRef<mlir::OpFoldResult> dims,
                mlir::ReifiedRankedShapedTypeDims &reified);

/// The result has the sizes of `operand`.
mlir::LogicalResult reifyLike(mlir::OpBuilder &builder, mlir::Value result,
                              mlir::Value operand,
                              mlir::ReifiedRankedShapedTypeDims &reified);

/// The result's `?` sizes are entries of `shape`; fails where it is absent and
/// the result is not static.
mlir::LogicalResult reifyFromShape(mlir::OpBuilder &builder, mlir::Value result,
                                   mlir::Value shape,
                                   mlir::ReifiedRankedShapedTypeDims &reified);

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Sign-extended (zero-extended for unsigned types and i1) integers of a small
/// constant of integers or indices; nullopt for anything else.
std::optional<llvm::SmallVector<int64_t>> getConstantInts(mlir::Value value);

} // namespace dlc::dl

#endif // DL_LIB_IR_DLUTILS_H
