//===- DlToLinalg.h - dl to linalg on tensors -------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lowers dl ops on tensors to linalg, tensor, arith and math. Element types
// become those of memory (`getStorageType`): signless, a byte for booleans,
// sub-byte integers and floats of up to eight bits. What an op computes is
// written in the bodies of linalg.generic on compute types (`getComputeType`),
// rounding to the element type after each op.
//
// A run-time check becomes `cf.assert` at the top of the function; what follows
// it may assume that it holds.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CONVERSION_DLTOLINALG_H
#define DLC_CONVERSION_DLTOLINALG_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/DialectConversion.h"

namespace dlc {

/// The type in which an element of a dl tensor lies in memory.
mlir::Type getStorageType(mlir::Type element);

/// The type in which an op computes on an element: f32 or f64 for floats,
/// signless integers of the element's width.
mlir::Type getComputeType(mlir::Type element);

/// Tensor types to storage element types; leaves other types alone.
class StorageTypeConverter : public mlir::TypeConverter {
public:
  StorageTypeConverter();
};

/// What an elementwise dl op (arithmetic, select, clamp, convert) does to one
/// element: operands and result in storage type. Null for any other op.
mlir::Value emitElementwise(mlir::ImplicitLocOpBuilder &b, mlir::Operation *op,
                            mlir::ValueRange operands);

/// Declares, in the module around `function`, the functions of the runtime that it
/// calls.
void declareCalledRuntime(mlir::func::FuncOp function);

/// Lowerings of every op of a family.
void populateDlDataToLinalgPatterns(const mlir::TypeConverter &converter,
                                    mlir::RewritePatternSet &patterns);
void populateDlElementwiseToLinalgPatterns(const mlir::TypeConverter &converter,
                                           mlir::RewritePatternSet &patterns);
void populateDlShapeToLinalgPatterns(const mlir::TypeConverter &converter,
                                     mlir::RewritePatternSet &patterns);
void populateDlSliceToLinalgPatterns(const mlir::TypeConverter &converter,
                                     mlir::RewritePatternSet &patterns);
void populateDlGatherToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlReduceToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlFactorToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlSortToLinalgPatterns(const mlir::TypeConverter &converter,
                                    mlir::RewritePatternSet &patterns);
void populateDlLinearToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlWindowToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlResizeToLinalgPatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);
void populateDlQuantToLinalgPatterns(const mlir::TypeConverter &converter,
                                     mlir::RewritePatternSet &patterns);

/// All of the above.
void populateDlToLinalgPatterns(const mlir::TypeConverter &converter,
                                mlir::RewritePatternSet &patterns);

} // namespace dlc

#endif // DLC_CONVERSION_DLTOLINALG_H
