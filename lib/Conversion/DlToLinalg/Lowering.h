//===- Lowering.h - what the families of DlToLinalg share -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CONVERSION_DLTOLINALG_LOWERING_H
#define DLC_LIB_CONVERSION_DLTOLINALG_LOWERING_H

#include "dl/IR/Dl.h"
#include "dlc/Conversion/DlToLinalg.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace dlc::lowering {

using mlir::AffineMap;
using mlir::ArrayRef;
using mlir::ImplicitLocOpBuilder;
using mlir::OpFoldResult;
using mlir::RankedTensorType;
using mlir::SmallVector;
using mlir::Type;
using mlir::Value;
using mlir::ValueRange;

//===----------------------------------------------------------------------===//
// Scalars (Element.cpp)
//===----------------------------------------------------------------------===//

/// Whether integers of this dl element type are unsigned (i1 counts as such).
bool isUnsigned(Type element);

/// A stored element as a value of its compute type, and back.
Value fromStorage(ImplicitLocOpBuilder &b, Value stored, Type element);
Value toStorage(ImplicitLocOpBuilder &b, Value computed, Type element);

/// Constants of a scalar type.
Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value);
Value intConstant(ImplicitLocOpBuilder &b, Type type, int64_t value);
Value indexConstant(ImplicitLocOpBuilder &b, int64_t value);
/// The number `value` in a compute type, float or integer.
Value numberConstant(ImplicitLocOpBuilder &b, Type computeType, double value);

/// dlc_math_<name>_<f32|f64> of `args` (all of one type, the result's).
Value callMath(ImplicitLocOpBuilder &b, llvm::StringRef name, ArrayRef<Value> args);
/// A C function of the runtime by its name.
mlir::func::CallOp callRuntime(ImplicitLocOpBuilder &b, llvm::StringRef name,
                               ArrayRef<Value> args, Type result = Type());

/// A value of dl element type `from` (in its compute type) converted to `to`,
/// as dl.convert does.
Value convertElement(ImplicitLocOpBuilder &b, Value computed, Type from, Type to,
                     bool saturate = false);

/// max and min as dl defines them, on compute types.
Value emitMax(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element);
Value emitMin(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element);
/// lhs < rhs on compute types (ordered).
Value emitLess(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element);
/// Sum and product; with `reassociate`, float ones may be reordered.
Value emitAdd(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool reassociate = false);
Value emitSub(ImplicitLocOpBuilder &b, Value lhs, Value rhs);
Value emitMul(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool reassociate = false);
/// Integer division of dl.div (x / 0 = 0, no overflow trap).
Value emitIntDiv(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool isUnsigned);
Value emitIntRem(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool isUnsigned);

/// The least and greatest value of a type (±∞ where it has them), computed.
Value lowestConstant(ImplicitLocOpBuilder &b, Type element);
Value highestConstant(ImplicitLocOpBuilder &b, Type element);

//===----------------------------------------------------------------------===//
// Index arithmetic (Tensors.cpp)
//===----------------------------------------------------------------------===//

Value toIndex(ImplicitLocOpBuilder &b, Value integer);
Value toValue(ImplicitLocOpBuilder &b, OpFoldResult size);
/// Sums and so on of indices that fold constants.
OpFoldResult addIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs);
OpFoldResult subIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs);
OpFoldResult mulIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs);
/// index clamped to [0, size).
Value clampIndex(ImplicitLocOpBuilder &b, Value index, Value size);

//===----------------------------------------------------------------------===//
// Tensors (Tensors.cpp)
//===----------------------------------------------------------------------===//

/// Sizes of a tensor value: attributes where static.
SmallVector<OpFoldResult> getSizes(ImplicitLocOpBuilder &b, Value tensor);
OpFoldResult getSize(ImplicitLocOpBuilder &b, Value tensor, int64_t dimension);

/// Sizes of an op's results, from its reification; static where the result type
/// says so.
mlir::FailureOr<SmallVector<SmallVector<OpFoldResult>>>
getResultSizes(ImplicitLocOpBuilder &b, mlir::Operation *op);
mlir::FailureOr<SmallVector<OpFoldResult>> getOnlyResultSizes(ImplicitLocOpBuilder &b,
                                                              mlir::Operation *op);

/// An uninitialised tensor of this type; dynamic sizes from `sizes`.
Value emptyTensor(ImplicitLocOpBuilder &b, RankedTensorType type,
                  ArrayRef<OpFoldResult> sizes);
/// A tensor of one value (of storage type).
Value filledTensor(ImplicitLocOpBuilder &b, RankedTensorType type,
                   ArrayRef<OpFoldResult> sizes, Value value);

using Body = llvm::function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)>;

/// out[i…] = body(inputs[map(i…)]…): all loops parallel. `type` is the result's
/// storage type.
Value mapElements(ImplicitLocOpBuilder &b, RankedTensorType type,
                  ArrayRef<OpFoldResult> sizes, ValueRange inputs,
                  ArrayRef<AffineMap> maps,
                  llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)> body);
/// The same with no inputs: what the body needs it takes by linalg.index and
/// tensor.extract.
Value generate(ImplicitLocOpBuilder &b, RankedTensorType type, ArrayRef<OpFoldResult> sizes,
               llvm::function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>)> body);

/// A linalg.generic: inputs and inits by `maps`; the body's arguments are the
/// inputs' elements, then the inits'.
SmallVector<Value> buildGeneric(ImplicitLocOpBuilder &b, ValueRange inputs, ValueRange inits,
                                ArrayRef<AffineMap> maps,
                                ArrayRef<mlir::utils::IteratorType> iterators, Body body);

/// Row-major reshape through a flat tensor.
Value reshapeTensor(ImplicitLocOpBuilder &b, Value tensor, RankedTensorType type,
                    ArrayRef<OpFoldResult> sizes);

/// The tensor with its dimensions permuted: result i is operand permutation[i].
Value transposeTensor(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<int64_t> permutation);

/// The entries of a shape operand (1-D, static length) as index values.
SmallVector<OpFoldResult> getShapeEntries(ImplicitLocOpBuilder &b, Value shape);

/// The element of a 0-D tensor, in storage type.
Value extractScalar(ImplicitLocOpBuilder &b, Value tensor);

/// Ends the run with `message` unless `condition` holds; the host program says at which
/// node, as a kernel may serve several.
void check(ImplicitLocOpBuilder &b, Value condition, const llvm::Twine &message);

/// `tensor` elements converted from dl element type `from` to `to`, as dl.convert.
Value convertTensor(ImplicitLocOpBuilder &b, Value tensor, Type from, Type to);

/// The storage tensor type of a dl value.
RankedTensorType storageTensorType(Value value);
/// The dl element type of a value.
inline Type elementOf(Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType()).getElementType();
}

/// A slice, which may be empty; what says that it lies inside has to stand before.
Value extractSlice(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<OpFoldResult> offsets,
                   ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> strides);
/// `tensor` with `slice`, which may be empty, written into it.
Value insertSlice(ImplicitLocOpBuilder &b, Value slice, Value tensor,
                  ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> strides);

/// `tensor` with elements of value `fill` (storage type) around it; negative
/// amounts crop.
Value padTensor(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<OpFoldResult> low,
                ArrayRef<OpFoldResult> high, Value fill);

/// Whether `predicate` holds for no element of `tensor`; it gets the element and
/// its indices.
Value checkNone(ImplicitLocOpBuilder &b, Value tensor,
                llvm::function_ref<Value(ImplicitLocOpBuilder &, Value, ArrayRef<Value>)> predicate);

/// A nest of sequential loops over `sizes`, row-major, each point of which makes
/// a new `tensor` of the old one.
Value loopOverTensor(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes, Value tensor,
                     llvm::function_ref<Value(ImplicitLocOpBuilder &, ArrayRef<Value>, Value)> body);

/// max(0, …), min and so on of indices that fold constants.
OpFoldResult maxIndex(ImplicitLocOpBuilder &b, OpFoldResult lhs, OpFoldResult rhs);

/// Type that sums of `element` are taken in: f32 for narrow floats, else itself.
Type accumulatorElement(Type element);

//===----------------------------------------------------------------------===//
// The runtime's routines (Routines.cpp)
//===----------------------------------------------------------------------===//

/// The dlc_element code of a dl element type.
Value elementCode(ImplicitLocOpBuilder &b, Type element);
/// The run's context; a tensor's elements; i32 and i64 arguments.
Value callContext(ImplicitLocOpBuilder &b);
Value inputPointer(ImplicitLocOpBuilder &b, Value tensor);
Value i32Argument(ImplicitLocOpBuilder &b, int64_t value);
Value i64Argument(ImplicitLocOpBuilder &b, OpFoldResult size);
Value nullPointer(ImplicitLocOpBuilder &b);

/// A tensor that a routine writes.
class RoutineResult {
public:
  RoutineResult(ImplicitLocOpBuilder &b, RankedTensorType type, ArrayRef<OpFoldResult> sizes);
  Value pointer(ImplicitLocOpBuilder &b) const;
  /// After the call.
  Value tensor(ImplicitLocOpBuilder &b) const;

private:
  RankedTensorType type;
  Value buffer;
};

/// [outer, n, inner] of a shape along a dimension.
struct Split {
  Split(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes, int64_t dimension);
  OpFoldResult outer, size, inner;
};

/// Adds a pattern for one op from a function
/// `LogicalResult f(OpT, typename OpT::Adaptor, ConversionPatternRewriter &, ImplicitLocOpBuilder &)`.
template <typename OpT>
struct FunctionPattern : mlir::OpConversionPattern<OpT> {
  using Function = mlir::LogicalResult (*)(OpT, typename OpT::Adaptor,
                                           mlir::ConversionPatternRewriter &,
                                           ImplicitLocOpBuilder &);
  FunctionPattern(const mlir::TypeConverter &converter, mlir::MLIRContext *context,
                  Function function)
      : mlir::OpConversionPattern<OpT>(converter, context), function(function) {}
  mlir::LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                      mlir::ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    return function(op, adaptor, rewriter, b);
  }
  Function function;
};

template <typename OpT>
void addLowering(mlir::RewritePatternSet &patterns, const mlir::TypeConverter &converter,
                 typename FunctionPattern<OpT>::Function function) {
  patterns.add<FunctionPattern<OpT>>(converter, patterns.getContext(), function);
}

} // namespace dlc::lowering

#endif // DLC_LIB_CONVERSION_DLTOLINALG_LOWERING_H
