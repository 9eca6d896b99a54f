//===- Element.cpp - elements in memory and in computation ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

Type dlc::getStorageType(Type element) {
  MLIRContext *context = element.getContext();
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(context, std::max(8u, integer.getWidth()));
  if (auto floating = dyn_cast<FloatType>(element))
    if (floating.getWidth() <= 8)
      return IntegerType::get(context, 8);
  return element;
}

Type dlc::getComputeType(Type element) {
  MLIRContext *context = element.getContext();
  if (auto integer = dyn_cast<IntegerType>(element))
    return IntegerType::get(context, integer.getWidth());
  if (isa<FloatType>(element) && !element.isF64())
    return Float32Type::get(context);
  return element;
}

StorageTypeConverter::StorageTypeConverter() {
  addConversion([](Type type) { return type; });
  addConversion([](RankedTensorType type) -> Type {
    return RankedTensorType::get(type.getShape(), getStorageType(type.getElementType()));
  });
  auto cast = [](OpBuilder &builder, Type type, ValueRange inputs, Location loc) -> Value {
    return UnrealizedConversionCastOp::create(builder, loc, type, inputs).getResult(0);
  };
  addSourceMaterialization(cast);
  addTargetMaterialization(cast);
}

bool lowering::isUnsigned(Type element) {
  return element.isUnsignedInteger() || element.isInteger(1);
}

Value lowering::floatConstant(ImplicitLocOpBuilder &b, Type type, double value) {
  bool inexact;
  APFloat number(value);
  number.convert(cast<FloatType>(type).getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &inexact);
  return arith::ConstantOp::create(b, b.getFloatAttr(type, number));
}

Value lowering::intConstant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  if (type.isIndex())
    return arith::ConstantIndexOp::create(b, value);
  APInt bits = APInt(64, value, /*isSigned=*/true).sextOrTrunc(type.getIntOrFloatBitWidth());
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, bits));
}

Value lowering::indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

Value lowering::numberConstant(ImplicitLocOpBuilder &b, Type type, double value) {
  if (isa<FloatType>(type))
    return floatConstant(b, type, value);
  return intConstant(b, type, int64_t(value));
}

Value lowering::callMath(ImplicitLocOpBuilder &b, StringRef name, ArrayRef<Value> args) {
  Type type = args[0].getType();
  std::string symbol = ("dlc_math_" + name + (type.isF64() ? "_f64" : "_f32")).str();
  return callRuntime(b, symbol, args, type).getResult(0);
}

func::CallOp lowering::callRuntime(ImplicitLocOpBuilder &b, StringRef name, ArrayRef<Value> args,
                                   Type result) {
  // The pass declares the function when all is converted: the op that this is
  // built into may not be in the module yet.
  SmallVector<Type> results;
  if (result)
    results.push_back(result);
  return func::CallOp::create(b, name, results, args);
}

Value lowering::fromStorage(ImplicitLocOpBuilder &b, Value stored, Type element) {
  if (element.isInteger(1))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, stored,
                                 intConstant(b, stored.getType(), 0));
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.getWidth() < 8
               ? arith::TruncIOp::create(b, getComputeType(element), stored).getResult()
               : stored;
  auto floating = dyn_cast<FloatType>(element);
  if (!floating || floating.getWidth() >= 32)
    return stored;
  if (floating.getWidth() < 8)
    stored = arith::TruncIOp::create(b, b.getIntegerType(floating.getWidth()), stored);
  if (floating.getWidth() <= 8)
    stored = arith::BitcastOp::create(b, floating, stored);
  return arith::ExtFOp::create(b, b.getF32Type(), stored);
}

Value lowering::toStorage(ImplicitLocOpBuilder &b, Value computed, Type element) {
  if (auto integer = dyn_cast<IntegerType>(element)) {
    if (integer.getWidth() >= 8)
      return computed;
    if (isUnsigned(element))
      return arith::ExtUIOp::create(b, b.getI8Type(), computed);
    return arith::ExtSIOp::create(b, b.getI8Type(), computed);
  }
  auto floating = dyn_cast<FloatType>(element);
  if (!floating || floating.getWidth() >= 32)
    return computed;
  Value narrow = arith::TruncFOp::create(b, floating, computed);
  if (floating.getWidth() <= 8)
    narrow = arith::BitcastOp::create(b, b.getIntegerType(floating.getWidth()), narrow);
  if (floating.getWidth() < 8)
    narrow = arith::ExtUIOp::create(b, b.getI8Type(), narrow);
  return narrow;
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Truncation towards zero that saturates; NaN gives 0.
static Value floatToInt(ImplicitLocOpBuilder &b, Value value, IntegerType type, bool isUnsigned) {
  // The float is in range where low <= x < high, both powers of two or 0 and so
  // exact; for an unsigned type any x > -1 truncates to 0.
  unsigned width = type.getWidth();
  double high = std::ldexp(1.0, isUnsigned ? width : width - 1);
  double low = isUnsigned ? -1.0 : -high;
  Type floating = value.getType();
  APInt least = isUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  auto lowPredicate = isUnsigned ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OGE;
  Value aboveLow = arith::CmpFOp::create(b, lowPredicate, value, floatConstant(b, floating, low));
  Value tooHigh = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, value,
                                        floatConstant(b, floating, high));
  Value belowHigh = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, value,
                                          floatConstant(b, floating, high));
  Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, value, value);
  Value inside = arith::AndIOp::create(b, aboveLow, belowHigh);
  Value safe = arith::SelectOp::create(b, inside, value, floatConstant(b, floating, 0.0));
  Value result = isUnsigned ? arith::FPToUIOp::create(b, type, safe).getResult()
                            : arith::FPToSIOp::create(b, type, safe).getResult();
  Value zero = intConstant(b, type, 0);
  Value mostValue = arith::ConstantOp::create(b, b.getIntegerAttr(type, most));
  Value leastValue = arith::ConstantOp::create(b, b.getIntegerAttr(type, least));
  Value outside = arith::SelectOp::create(
      b, tooHigh, mostValue, arith::SelectOp::create(b, isNumber, leastValue, zero));
  return arith::SelectOp::create(b, inside, result, outside);
}

static Value intToInt(ImplicitLocOpBuilder &b, Value value, Type from, Type to) {
  Type target = getComputeType(to);
  if (value.getType() == target)
    return value;
  if (value.getType().isIndex() || target.isIndex()) {
    if (isUnsigned(from))
      return arith::IndexCastUIOp::create(b, target, value);
    return arith::IndexCastOp::create(b, target, value);
  }
  unsigned fromWidth = value.getType().getIntOrFloatBitWidth();
  unsigned toWidth = target.getIntOrFloatBitWidth();
  if (toWidth < fromWidth)
    return arith::TruncIOp::create(b, target, value);
  if (isUnsigned(from))
    return arith::ExtUIOp::create(b, target, value);
  return arith::ExtSIOp::create(b, target, value);
}

/// The narrow float `to` of `value` with overflow going to the largest finite
/// value, back in f32.
static Value saturateFloat(ImplicitLocOpBuilder &b, Value value, FloatType to) {
  const llvm::fltSemantics &semantics = to.getFloatSemantics();
  APFloat largest = APFloat::getLargest(semantics);
  double bound = [&] {
    bool inexact;
    APFloat copy = largest;
    copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    return copy.convertToDouble();
  }();
  Type type = value.getType();
  Value high = floatConstant(b, type, bound);
  Value over = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, value, high);
  Value result = arith::SelectOp::create(b, over, high, value);
  if (!APFloat::semanticsHasSignedRepr(semantics))
    return result;
  Value low = floatConstant(b, type, -bound);
  Value under = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, value, low);
  return arith::SelectOp::create(b, under, low, result);
}

Value lowering::convertElement(ImplicitLocOpBuilder &b, Value value, Type from, Type to,
                               bool saturate) {
  if (from == to)
    return value;
  Type target = getComputeType(to);
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (to.isInteger(1)) {
    if (from.isInteger(1))
      return value;
    Value zero = numberConstant(b, value.getType(), 0);
    if (fromFloat)
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
  }
  if (fromFloat && !toFloat) {
    if (target.isIndex())
      return arith::IndexCastOp::create(b, target,
                                        floatToInt(b, value, b.getI64Type(), false));
    return floatToInt(b, value, cast<IntegerType>(target), isUnsigned(to));
  }
  if (!fromFloat && !toFloat)
    return intToInt(b, value, from, to);
  if (!fromFloat) {
    if (value.getType().isIndex())
      value = arith::IndexCastOp::create(b, b.getI64Type(), value);
    // A wide integer reaches a narrow float by f64, rounded to odd on the way.
    bool viaDouble = !to.isF64() && !to.isF32() &&
                     value.getType().getIntOrFloatBitWidth() > 24;
    Type middle = viaDouble ? b.getF64Type() : target;
    value = isUnsigned(from) ? arith::UIToFPOp::create(b, middle, value).getResult()
                             : arith::SIToFPOp::create(b, middle, value).getResult();
    from = middle;
  }
  bool narrow = cast<FloatType>(to).getWidth() < 32;
  if (saturate && narrow)
    value = saturateFloat(b, value, cast<FloatType>(to));
  if (value.getType() == target)
    return value;
  if (target.isF64())
    return arith::ExtFOp::create(b, target, value);
  if (narrow)
    return callRuntime(b, "dlc_math_f64_to_f32_odd", value, target).getResult(0);
  return arith::TruncFOp::create(b, target, value);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static arith::FastMathFlagsAttr fastMath(OpBuilder &b, arith::FastMathFlags flags) {
  return arith::FastMathFlagsAttr::get(b.getContext(), flags);
}

Value lowering::emitLess(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element) {
  if (isa<FloatType>(lhs.getType()))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, lhs, rhs);
  return arith::CmpIOp::create(
      b, isUnsigned(element) ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt, lhs, rhs);
}

Value lowering::emitMax(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element) {
  // The sign of a zero is free, which saves the vector code two instructions.
  if (isa<FloatType>(lhs.getType()))
    return arith::MaximumFOp::create(b, lhs, rhs, fastMath(b, arith::FastMathFlags::nsz));
  if (isUnsigned(element))
    return arith::MaxUIOp::create(b, lhs, rhs);
  return arith::MaxSIOp::create(b, lhs, rhs);
}

Value lowering::emitMin(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Type element) {
  if (isa<FloatType>(lhs.getType()))
    return arith::MinimumFOp::create(b, lhs, rhs, fastMath(b, arith::FastMathFlags::nsz));
  if (isUnsigned(element))
    return arith::MinUIOp::create(b, lhs, rhs);
  return arith::MinSIOp::create(b, lhs, rhs);
}

Value lowering::emitAdd(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool reassociate) {
  if (!isa<FloatType>(lhs.getType()))
    return arith::AddIOp::create(b, lhs, rhs);
  auto flags = reassociate ? arith::FastMathFlags::reassoc | arith::FastMathFlags::contract
                           : arith::FastMathFlags::none;
  return arith::AddFOp::create(b, lhs, rhs, fastMath(b, flags));
}

Value lowering::emitSub(ImplicitLocOpBuilder &b, Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return arith::SubFOp::create(b, lhs, rhs);
  return arith::SubIOp::create(b, lhs, rhs);
}

Value lowering::emitMul(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool reassociate) {
  if (!isa<FloatType>(lhs.getType()))
    return arith::MulIOp::create(b, lhs, rhs);
  auto flags = reassociate ? arith::FastMathFlags::reassoc | arith::FastMathFlags::contract
                           : arith::FastMathFlags::none;
  return arith::MulFOp::create(b, lhs, rhs, fastMath(b, flags));
}

namespace {
/// An integer division made safe: what would trap is computed with divisor 1.
struct SafeDivisor {
  SafeDivisor(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool isUnsigned) {
    Type type = rhs.getType();
    zero = intConstant(b, type, 0);
    Value one = intConstant(b, type, 1);
    isZero = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rhs, zero);
    Value unsafe = isZero;
    if (!isUnsigned) {
      isMinusOne =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rhs, intConstant(b, type, -1));
      unsafe = arith::OrIOp::create(b, isZero, isMinusOne);
    }
    value = arith::SelectOp::create(b, unsafe, one, rhs);
  }
  Value zero, isZero, isMinusOne, value;
};
} // namespace

Value lowering::emitIntDiv(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool isUnsigned) {
  SafeDivisor safe(b, lhs, rhs, isUnsigned);
  if (isUnsigned)
    return arith::SelectOp::create(b, safe.isZero, safe.zero,
                                   arith::DivUIOp::create(b, lhs, safe.value));
  Value quotient = arith::DivSIOp::create(b, lhs, safe.value);
  Value negated = arith::SubIOp::create(b, safe.zero, lhs);
  quotient = arith::SelectOp::create(b, safe.isMinusOne, negated, quotient);
  return arith::SelectOp::create(b, safe.isZero, safe.zero, quotient);
}

Value lowering::emitIntRem(ImplicitLocOpBuilder &b, Value lhs, Value rhs, bool isUnsigned) {
  SafeDivisor safe(b, lhs, rhs, isUnsigned);
  Value rest = isUnsigned ? arith::RemUIOp::create(b, lhs, safe.value).getResult()
                          : arith::RemSIOp::create(b, lhs, safe.value).getResult();
  return arith::SelectOp::create(b, safe.isZero, lhs, rest);
}

/// -∞ or +∞ where the type has it, else its extreme finite value.
static Value extremeConstant(ImplicitLocOpBuilder &b, Type element, bool lowest) {
  Type type = getComputeType(element);
  if (auto floating = dyn_cast<FloatType>(element)) {
    const llvm::fltSemantics &semantics = floating.getFloatSemantics();
    bool isNegative = lowest && APFloat::semanticsHasSignedRepr(semantics);
    APFloat value = APFloat::semanticsHasInf(semantics)
                        ? APFloat::getInf(semantics, isNegative)
                        : (lowest && !isNegative ? APFloat::getSmallest(semantics)
                                                 : APFloat::getLargest(semantics, isNegative));
    bool inexact;
    value.convert(cast<FloatType>(type).getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &inexact);
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  }
  if (type.isIndex())
    return intConstant(b, type, lowest ? std::numeric_limits<int64_t>::min()
                                       : std::numeric_limits<int64_t>::max());
  unsigned width = type.getIntOrFloatBitWidth();
  APInt value = isUnsigned(element)
                    ? (lowest ? APInt::getZero(width) : APInt::getMaxValue(width))
                    : (lowest ? APInt::getSignedMinValue(width)
                              : APInt::getSignedMaxValue(width));
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value lowering::lowestConstant(ImplicitLocOpBuilder &b, Type element) {
  return extremeConstant(b, element, /*lowest=*/true);
}
Value lowering::highestConstant(ImplicitLocOpBuilder &b, Type element) {
  return extremeConstant(b, element, /*lowest=*/false);
}
