//===- ScalarBuilder.cpp - dl's arithmetic on scalars ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostEvaluator.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace dlc;

Type dlc::getScalarType(Type elementType) {
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(elementType.getContext(), integer.getWidth());
  return elementType;
}

static bool isFloat(Value value) { return isa<FloatType>(value.getType()); }

Value ScalarBuilder::constant(TypedAttr value) {
  return b.createOrFold<arith::ConstantOp>(value);
}

Value ScalarBuilder::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return constant(b.getFloatAttr(type, value));
  return constant(b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value ScalarBuilder::select(Value condition, Value yes, Value no) {
  return b.createOrFold<arith::SelectOp>(condition, yes, no);
}

Value ScalarBuilder::add(Value lhs, Value rhs) {
  return isFloat(lhs) ? b.createOrFold<arith::AddFOp>(lhs, rhs)
                      : b.createOrFold<arith::AddIOp>(lhs, rhs);
}

Value ScalarBuilder::mul(Value lhs, Value rhs) {
  return isFloat(lhs) ? b.createOrFold<arith::MulFOp>(lhs, rhs)
                      : b.createOrFold<arith::MulIOp>(lhs, rhs);
}

Value ScalarBuilder::extreme(bool larger, Value lhs, Value rhs, bool isUnsigned) {
  if (isFloat(lhs))
    return larger ? b.createOrFold<arith::MaximumFOp>(lhs, rhs)
                  : b.createOrFold<arith::MinimumFOp>(lhs, rhs);
  if (isUnsigned)
    return larger ? b.createOrFold<arith::MaxUIOp>(lhs, rhs)
                  : b.createOrFold<arith::MinUIOp>(lhs, rhs);
  return larger ? b.createOrFold<arith::MaxSIOp>(lhs, rhs)
                : b.createOrFold<arith::MinSIOp>(lhs, rhs);
}

/// x / 0 is 0 and x rem 0 is x; −1 goes apart, as the least integer divided by it
/// is undefined in LLVM.
Value ScalarBuilder::divide(Value lhs, Value rhs, bool isUnsigned, bool remainder) {
  Value zero = constant(lhs.getType(), 0), one = constant(lhs.getType(), 1);
  Value byZero = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, rhs, zero);
  if (isUnsigned) {
    Value divisor = select(byZero, one, rhs);
    return remainder
               ? select(byZero, lhs, b.createOrFold<arith::RemUIOp>(lhs, divisor))
               : select(byZero, zero, b.createOrFold<arith::DivUIOp>(lhs, divisor));
  }
  Value byMinusOne = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, rhs,
                                                   constant(lhs.getType(), -1));
  Value divisor = select(b.createOrFold<arith::OrIOp>(byZero, byMinusOne), one, rhs);
  if (remainder)
    return select(byZero, lhs, b.createOrFold<arith::RemSIOp>(lhs, divisor));
  Value quotient = b.createOrFold<arith::DivSIOp>(lhs, divisor);
  quotient = select(byMinusOne, b.createOrFold<arith::SubIOp>(zero, lhs), quotient);
  return select(byZero, zero, quotient);
}

Value ScalarBuilder::binary(Operation *op, Value lhs, Value rhs, bool isUnsigned) {
  bool floats = isFloat(lhs);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](dl::AddOp) { return add(lhs, rhs); })
      .Case([&](dl::MulOp) { return mul(lhs, rhs); })
      .Case([&](dl::SubOp) {
        return floats ? b.createOrFold<arith::SubFOp>(lhs, rhs)
                      : b.createOrFold<arith::SubIOp>(lhs, rhs);
      })
      .Case([&](dl::DivOp) {
        return floats ? b.createOrFold<arith::DivFOp>(lhs, rhs)
                      : divide(lhs, rhs, isUnsigned, false);
      })
      .Case([&](dl::RemOp) {
        return floats ? b.createOrFold<arith::RemFOp>(lhs, rhs)
                      : divide(lhs, rhs, isUnsigned, true);
      })
      .Case([&](dl::MaxOp) { return extreme(true, lhs, rhs, isUnsigned); })
      .Case([&](dl::MinOp) { return extreme(false, lhs, rhs, isUnsigned); })
      .Case([&](dl::AndOp) { return b.createOrFold<arith::AndIOp>(lhs, rhs); })
      .Case([&](dl::OrOp) { return b.createOrFold<arith::OrIOp>(lhs, rhs); })
      .Case([&](dl::XorOp) { return b.createOrFold<arith::XOrIOp>(lhs, rhs); });
}

Value ScalarBuilder::unary(Operation *op, Value x, bool isUnsigned) {
  Value zero = constant(x.getType(), 0);
  auto negate = [&]() -> Value {
    return isFloat(x) ? b.createOrFold<arith::NegFOp>(x) : b.createOrFold<arith::SubIOp>(zero, x);
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](dl::NegOp) { return negate(); })
      .Case([&](dl::AbsOp) -> Value {
        if (isFloat(x))
          return b.createOrFold<math::AbsFOp>(x);
        return isUnsigned ? x : extreme(true, x, negate(), false);
      })
      .Case([&](dl::SignOp) -> Value {
        if (!isFloat(x)) {
          Value most = constant(x.getType(), 1);
          Value top = extreme(false, x, most, isUnsigned);
          return isUnsigned ? top : extreme(true, top, constant(x.getType(), -1), false);
        }
        Value unit = b.createOrFold<math::CopySignOp>(constant(x.getType(), 1), x);
        Value moves = b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::ONE, x, zero);
        return select(moves, unit, x);
      })
      .Case([&](dl::NotOp) {
        return b.createOrFold<arith::XOrIOp>(x, constant(x.getType(), -1));
      })
      .Case([&](dl::ReluOp) { return extreme(true, x, zero, isUnsigned); })
      .Case([&](dl::FloorOp) { return b.createOrFold<math::FloorOp>(x); })
      .Case([&](dl::CeilOp) { return b.createOrFold<math::CeilOp>(x); })
      .Case([&](dl::RoundOp) { return b.createOrFold<math::RoundEvenOp>(x); })
      .Case([&](dl::TruncOp) { return b.createOrFold<math::TruncOp>(x); })
      .Case([&](dl::SqrtOp) { return b.createOrFold<math::SqrtOp>(x); })
      .Case([&](dl::ReciprocalOp) {
        return b.createOrFold<arith::DivFOp>(constant(x.getType(), 1), x);
      });
}

Value ScalarBuilder::compare(unsigned direction, Value lhs, Value rhs, bool isUnsigned) {
  using IntPredicate = arith::CmpIPredicate;
  using FloatPredicate = arith::CmpFPredicate;
  static const IntPredicate signedOnes[] = {IntPredicate::eq,  IntPredicate::ne,
                                            IntPredicate::slt, IntPredicate::sle,
                                            IntPredicate::sgt, IntPredicate::sge};
  static const IntPredicate unsignedOnes[] = {IntPredicate::eq,  IntPredicate::ne,
                                              IntPredicate::ult, IntPredicate::ule,
                                              IntPredicate::ugt, IntPredicate::uge};
  static const FloatPredicate floatOnes[] = {FloatPredicate::OEQ, FloatPredicate::UNE,
                                             FloatPredicate::OLT, FloatPredicate::OLE,
                                             FloatPredicate::OGT, FloatPredicate::OGE};
  if (isFloat(lhs))
    return b.createOrFold<arith::CmpFOp>(floatOnes[direction], lhs, rhs);
  // A boolean counts as 0 or 1.
  bool natural = isUnsigned || lhs.getType().isInteger(1);
  return b.createOrFold<arith::CmpIOp>((natural ? unsignedOnes : signedOnes)[direction], lhs,
                                       rhs);
}

/// Towards zero, saturated, NaN to 0.
Value ScalarBuilder::floatToInt(Value x, Type to, bool toUnsigned) {
  Type wide = b.getI64Type();
  unsigned width = to.isIndex() ? 64 : to.getIntOrFloatBitWidth();
  double low = toUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double high = std::ldexp(1.0, std::min(63u, toUnsigned ? width : width - 1));
  Value isNan = b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNO, x, x);
  Value number = select(isNan, constant(x.getType(), 0), x);
  number = b.createOrFold<math::TruncOp>(number);
  Value tooHigh = b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::OGE, number,
                                                constant(x.getType(), high));
  number = extreme(true, number, constant(x.getType(), low), false);
  Value safe = select(tooHigh, constant(x.getType(), 0), number);
  Value integer = b.createOrFold<arith::FPToSIOp>(wide, safe);
  int64_t most = high >= std::ldexp(1.0, 63) ? INT64_MAX : static_cast<int64_t>(high) - 1;
  integer = select(tooHigh, constant(b.getI64IntegerAttr(most)), integer);
  return convert(integer, false, to, toUnsigned);
}

Value ScalarBuilder::convert(Value x, bool fromUnsigned, Type to, bool toUnsigned) {
  Type from = x.getType();
  if (from == to)
    return x;
  bool zeroExtends = fromUnsigned || from.isInteger(1);
  if (to.isInteger(1))
    return compare(1, x, constant(from, 0), false);
  if (isa<FloatType>(from)) {
    if (!isa<FloatType>(to))
      return floatToInt(x, to, toUnsigned);
    return from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth()
               ? b.createOrFold<arith::ExtFOp>(to, x)
               : b.createOrFold<arith::TruncFOp>(to, x);
  }
  if (isa<FloatType>(to)) {
    if (from.isIndex())
      x = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), x);
    return zeroExtends ? b.createOrFold<arith::UIToFPOp>(to, x)
                       : b.createOrFold<arith::SIToFPOp>(to, x);
  }
  if (from.isIndex() || to.isIndex())
    return zeroExtends ? b.createOrFold<arith::IndexCastUIOp>(to, x)
                       : b.createOrFold<arith::IndexCastOp>(to, x);
  if (from.getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
    return b.createOrFold<arith::TruncIOp>(to, x);
  return zeroExtends ? b.createOrFold<arith::ExtUIOp>(to, x)
                     : b.createOrFold<arith::ExtSIOp>(to, x);
}
