//===- Simplify.h - the patterns of -dl-simplify ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TRANSFORMS_SIMPLIFY_SIMPLIFY_H
#define DLC_LIB_TRANSFORMS_SIMPLIFY_SIMPLIFY_H

#include "dlc/Transforms/TensorBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace dlc::simplify {

void populateActivationPatterns(mlir::RewritePatternSet &patterns);
void populateConvPatterns(mlir::RewritePatternSet &patterns);
void populateExtremumPatterns(mlir::RewritePatternSet &patterns);
void populateNormPatterns(mlir::RewritePatternSet &patterns);
void populatePadPatterns(mlir::RewritePatternSet &patterns);
void populateScatterPatterns(mlir::RewritePatternSet &patterns);
void populateTransposePatterns(mlir::RewritePatternSet &patterns);

/// The number that every element of `value` is: a splat constant, or a scalar
/// one that is broadcast.
std::optional<double> getUniformValue(mlir::Value value);
/// Whether `value` is that number, to the precision of its type.
bool isUniform(mlir::Value value, double number);

/// Whether `value` is a constant, an immutable global or made of such by ops
/// that constant folding computes.
bool isConstantExpression(mlir::Value value);

/// The operand of a broadcast that spreads one element per index of dimension
/// `dim` (and of no other), as a 1-D tensor; null where `value` is none. A
/// broadcast scalar is none either.
mlir::Value getPerIndexOperand(mlir::Value value, int64_t dim, TensorBuilder &b);
/// Whether getPerIndexOperand would find one.
bool isPerIndex(mlir::Value value, int64_t dim);

/// A product as a number times factors, powers being repeated factors.
struct Product {
  double scale = 1;
  llvm::SmallVector<mlir::Value> factors;
};
/// Looks through `mul`, `div` by a number and `pow` to a small whole number.
Product getProduct(mlir::Value value);

} // namespace dlc::simplify

#endif // DLC_LIB_TRANSFORMS_SIMPLIFY_SIMPLIFY_H
