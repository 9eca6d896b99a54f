//===- DlFoldUtils.h - what folds share -------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DL_LIB_IR_DLFOLDUTILS_H
#define DL_LIB_IR_DLFOLDUTILS_H

#include "DlUtils.h"
#include "mlir/IR/PatternMatch.h"

namespace dlc::dl {

/// Folds make constants of at most this many elements, or splats: enough for
/// the arithmetic of shapes. Larger ones are -dl-fold-constants' matter, which
/// weighs the memory.
constexpr int64_t kMaxFoldedElements = 64;

/// Whether an integer type reads as unsigned.
inline bool isUnsignedElement(mlir::Type type) {
  return type.isUnsignedInteger() || type.isInteger(1);
}

/// The floating-point types that folds calculate with: those whose results
/// double arithmetic gives exactly.
inline bool isFoldedFloat(mlir::Type type) {
  return type.isF64() || type.isF32() || type.isF16() || type.isBF16();
}

/// The result type of a fold to a constant: static, and small unless `splat`.
/// Null where the op is not to be folded.
mlir::RankedTensorType getFoldedType(mlir::Type type, bool splat = false);

/// A constant whose element at `index` is element `source(index)` (row-major
/// number) of `elements`; null where the result is too large.
mlir::OpFoldResult
foldMovement(mlir::Attribute elements, mlir::Type resultType,
             llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> source);

/// The one value of all elements, looking through what only repeats or
/// arranges: an IntegerAttr or FloatAttr, or null.
mlir::TypedAttr getUniformElement(mlir::Value value);

/// Whether every element is the number `number`.
bool isUniform(mlir::Value value, double number);

/// A constant of all elements of a small integer tensor, where each is known
/// (see getKnownShape).
mlir::Attribute foldKnownElements(mlir::Value value);

/// The axis where `op` is numpy.take(input, indices, axis).
std::optional<int64_t> getTakenAxis(GatherOp op);

/// Row-major number of `index` in `shape`.
int64_t getRowMajorNumber(llvm::ArrayRef<int64_t> index, llvm::ArrayRef<int64_t> shape);

/// Calls `visit` with every index of a static shape, in row-major order.
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> visit);

/// Whether canonicalisation may learn more of the results' types. Not where
/// they enter or leave a region of scf: upstream folds a tensor.cast there into
/// the type that a loop carries, although the loop may change the size.
bool mayRefine(mlir::Operation *op);

/// Whether reshape, broadcast_in_dim may make `to` of `from`: no static sizes
/// contradict it. What a fold brings together may, in a branch that never runs.
bool mayReshape(mlir::RankedTensorType from, mlir::RankedTensorType to);
bool mayBroadcast(mlir::RankedTensorType from, mlir::RankedTensorType to,
                  llvm::ArrayRef<int64_t> dimensions);

/// Whether the operands allow a refined result type.
inline bool allowsType(IotaOp, mlir::RankedTensorType) { return true; }
inline bool allowsType(SplatOp, mlir::RankedTensorType) { return true; }
inline bool allowsType(ReshapeOp op, mlir::RankedTensorType type) {
  return mayReshape(op.getInput().getType(), type);
}
inline bool allowsType(BroadcastInDimOp op, mlir::RankedTensorType type) {
  return mayBroadcast(op.getInput().getType(), type, op.getBroadcastDimensions());
}

/// The type that an op with these operands and properties has; null where they
/// are invalid.
template <typename OpTy>
mlir::RankedTensorType inferSilently(mlir::Operation *op, mlir::ValueRange operands,
                                     typename OpTy::Properties properties) {
  llvm::SmallVector<mlir::Type> types;
  if (failed(OpTy::inferReturnTypes(op->getContext(), std::nullopt, operands, nullptr,
                                    &properties, {}, types)))
    return nullptr;
  return llvm::cast<mlir::RankedTensorType>(types.front());
}

/// Replaces the only result of `op`, whose users see the declared type still: a
/// tensor.cast leads to it from a more refined one.
void replaceRefined(mlir::RewriterBase &rewriter, mlir::Operation *op, mlir::Value value);

/// `type` with the sizes that `shape` knows; null where they contradict it or
/// tell nothing new.
mlir::RankedTensorType refineType(mlir::RankedTensorType type, mlir::Value shape);

/// A shape operand that is known refines the result, and is dropped where it
/// tells nothing more than the type.
///
///   %s = dl.constant dense<[2, 3]> : tensor<2xi64>
///   %0 = dl.iota shape(%s : tensor<2xi64>) {dimension = 0 : i64} : tensor<?x3xf32>
/// →
///   %1 = dl.iota {dimension = 0 : i64} : tensor<2x3xf32>
///   %0 = tensor.cast %1 : tensor<2x3xf32> to tensor<?x3xf32>
template <typename OpTy>
struct UseKnownShape : mlir::OpRewritePattern<OpTy> {
  using mlir::OpRewritePattern<OpTy>::OpRewritePattern;

  mlir::LogicalResult matchAndRewrite(OpTy op,
                                      mlir::PatternRewriter &rewriter) const override {
    mlir::Value shape = op.getShape();
    if (!shape)
      return rewriter.notifyMatchFailure(op, "has no shape operand");
    auto type = getTensorType(op.getOutput());
    if (type.hasStaticShape()) {
      rewriter.modifyOpInPlace(op, [&] { op.getShapeMutable().clear(); });
      return mlir::success();
    }
    mlir::RankedTensorType refined = refineType(type, shape);
    if (!refined || !allowsType(op, refined))
      return rewriter.notifyMatchFailure(op, "the shape tells nothing more, or is wrong");
    if (!mayRefine(op))
      return rewriter.notifyMatchFailure(op, "the result is passed on by scf");
    mlir::Operation *clone = rewriter.clone(*op);
    clone->getResult(0).setType(refined);
    if (refined.hasStaticShape())
      llvm::cast<OpTy>(clone).getShapeMutable().clear();
    replaceRefined(rewriter, op, clone->getResult(0));
    return mlir::success();
  }
};

} // namespace dlc::dl

#endif // DL_LIB_IR_DLFOLDUTILS_H
