//===- Elementwise.cpp - unary, binary and ternary ops --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   dl.exp %x : tensor<?xbf16>
//
// becomes a linalg.generic whose body extends the element to f32, computes and
// rounds back. Functions that the math dialect lacks are calls to the vector
// math library.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

//===----------------------------------------------------------------------===//
// Unary bodies: emit(op, x, element type, builder)
//===----------------------------------------------------------------------===//

static Value emit(dl::NegOp, Value x, Type, B &b) {
  if (isa<FloatType>(x.getType()))
    return arith::NegFOp::create(b, x);
  return arith::SubIOp::create(b, intConstant(b, x.getType(), 0), x);
}

static Value emit(dl::AbsOp, Value x, Type element, B &b) {
  if (isa<FloatType>(x.getType()))
    return math::AbsFOp::create(b, x);
  if (isUnsigned(element))
    return x;
  Value zero = intConstant(b, x.getType(), 0);
  Value negated = arith::SubIOp::create(b, zero, x);
  return arith::SelectOp::create(b, emitLess(b, x, zero, element), negated, x);
}

static Value emit(dl::SignOp, Value x, Type element, B &b) {
  Type type = x.getType();
  Value zero = numberConstant(b, type, 0), one = numberConstant(b, type, 1);
  Value isPositive = emitLess(b, zero, x, element);
  if (isUnsigned(element))
    return arith::SelectOp::create(b, isPositive, one, zero);
  Value isNegative = emitLess(b, x, zero, element);
  Value rest = arith::SelectOp::create(b, isNegative, numberConstant(b, type, -1), x);
  return arith::SelectOp::create(b, isPositive, one, rest);
}

static Value emit(dl::ReciprocalOp, Value x, Type, B &b) {
  return arith::DivFOp::create(b, floatConstant(b, x.getType(), 1.0), x);
}

static Value emit(dl::NotOp, Value x, Type, B &b) {
  Type type = x.getType();
  Value ones = type.isInteger(1) ? intConstant(b, type, 1) : intConstant(b, type, -1);
  return arith::XOrIOp::create(b, x, ones);
}

static Value emit(dl::ReluOp, Value x, Type element, B &b) {
  if (isUnsigned(element))
    return x;
  // One instruction, where a maximum that keeps NaN takes three.
  Value zero = numberConstant(b, x.getType(), 0);
  return arith::SelectOp::create(b, emitLess(b, x, zero, element), zero, x);
}

static Value emit(dl::GeluOp op, Value x, Type, B &b) {
  return callMath(b, op.getTanh() ? "gelu_tanh" : "gelu", x);
}

static Value emit(dl::IsNanOp, Value x, Type, B &b) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
}

static Value emit(dl::IsInfOp, Value x, Type, B &b) {
  Value infinity = floatConstant(b, x.getType(), std::numeric_limits<double>::infinity());
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, math::AbsFOp::create(b, x),
                               infinity);
}

#define DLC_MATH_OP(Op, MathOp)                                                                    \
  static Value emit(dl::Op, Value x, Type, B &b) { return math::MathOp::create(b, x); }
DLC_MATH_OP(ExpOp, ExpOp)
DLC_MATH_OP(Expm1Op, ExpM1Op)
DLC_MATH_OP(LogOp, LogOp)
DLC_MATH_OP(Log1pOp, Log1pOp)
DLC_MATH_OP(SqrtOp, SqrtOp)
DLC_MATH_OP(RsqrtOp, RsqrtOp)
DLC_MATH_OP(SinOp, SinOp)
DLC_MATH_OP(CosOp, CosOp)
DLC_MATH_OP(TanOp, TanOp)
DLC_MATH_OP(AsinOp, AsinOp)
DLC_MATH_OP(AcosOp, AcosOp)
DLC_MATH_OP(AtanOp, AtanOp)
DLC_MATH_OP(SinhOp, SinhOp)
DLC_MATH_OP(CoshOp, CoshOp)
DLC_MATH_OP(TanhOp, TanhOp)
DLC_MATH_OP(AsinhOp, AsinhOp)
DLC_MATH_OP(AcoshOp, AcoshOp)
DLC_MATH_OP(AtanhOp, AtanhOp)
DLC_MATH_OP(ErfOp, ErfOp)
DLC_MATH_OP(FloorOp, FloorOp)
DLC_MATH_OP(CeilOp, CeilOp)
DLC_MATH_OP(RoundOp, RoundEvenOp)
DLC_MATH_OP(TruncOp, TruncOp)
#undef DLC_MATH_OP

#define DLC_MATH_CALL(Op, name)                                                                    \
  static Value emit(dl::Op, Value x, Type, B &b) { return callMath(b, name, x); }
DLC_MATH_CALL(ErfInvOp, "erf_inv")
DLC_MATH_CALL(LgammaOp, "lgamma")
DLC_MATH_CALL(DigammaOp, "digamma")
DLC_MATH_CALL(SigmoidOp, "sigmoid")
DLC_MATH_CALL(SiluOp, "silu")
#undef DLC_MATH_CALL

//===----------------------------------------------------------------------===//
// Binary bodies: emit(op, x, y, element type, builder)
//===----------------------------------------------------------------------===//

static Value emit(dl::AddOp, Value x, Value y, Type, B &b) { return emitAdd(b, x, y); }
static Value emit(dl::SubOp, Value x, Value y, Type, B &b) { return emitSub(b, x, y); }
static Value emit(dl::MulOp, Value x, Value y, Type, B &b) { return emitMul(b, x, y); }
static Value emit(dl::MaxOp, Value x, Value y, Type e, B &b) { return emitMax(b, x, y, e); }
static Value emit(dl::MinOp, Value x, Value y, Type e, B &b) { return emitMin(b, x, y, e); }

static Value emit(dl::DivOp, Value x, Value y, Type element, B &b) {
  if (isa<FloatType>(x.getType()))
    return arith::DivFOp::create(b, x, y);
  return emitIntDiv(b, x, y, isUnsigned(element));
}

static Value emit(dl::RemOp, Value x, Value y, Type element, B &b) {
  if (isa<FloatType>(x.getType()))
    return arith::RemFOp::create(b, x, y);
  return emitIntRem(b, x, y, isUnsigned(element));
}

/// xʸ by squaring, all the exponent's bits; y < 0 gives what 1/x⁻ʸ truncates to.
static Value emitIntPow(Value x, Value y, bool isUnsigned, B &b) {
  Type type = x.getType();
  bool isIndex = type.isIndex();
  int64_t width = isIndex ? 64 : type.getIntOrFloatBitWidth();
  Value zero = intConstant(b, type, 0), one = intConstant(b, type, 1);
  auto loop = scf::ForOp::create(
      b, indexConstant(b, 0), indexConstant(b, width), indexConstant(b, 1),
      ValueRange{one, x, y},
      [&](OpBuilder &nested, Location loc, Value, ValueRange args) {
        B inner(loc, nested);
        Value bit = arith::AndIOp::create(inner, args[2], one);
        Value isSet = arith::CmpIOp::create(inner, arith::CmpIPredicate::ne, bit, zero);
        Value product = arith::MulIOp::create(inner, args[0], args[1]);
        Value result = arith::SelectOp::create(inner, isSet, product, args[0]);
        Value square = arith::MulIOp::create(inner, args[1], args[1]);
        Value rest = arith::ShRUIOp::create(inner, args[2], one);
        scf::YieldOp::create(inner, ValueRange{result, square, rest});
      });
  Value power = loop.getResult(0);
  if (isUnsigned)
    return power;
  // (±1)^y by the parity of y, which the loop got right; anything else gives 0.
  Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, y, zero);
  Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, one);
  Value isMinusOne =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, intConstant(b, type, -1));
  Value isUnit = arith::OrIOp::create(b, isOne, isMinusOne);
  Value inverse = arith::SelectOp::create(b, isUnit, power, zero);
  return arith::SelectOp::create(b, isNegative, inverse, power);
}

static Value emit(dl::PowOp, Value x, Value y, Type element, B &b) {
  if (isa<FloatType>(x.getType()))
    return math::PowFOp::create(b, x, y);
  return emitIntPow(x, y, isUnsigned(element), b);
}

static Value emit(dl::Atan2Op, Value x, Value y, Type, B &b) {
  return math::Atan2Op::create(b, x, y);
}
static Value emit(dl::AndOp, Value x, Value y, Type, B &b) {
  return arith::AndIOp::create(b, x, y);
}
static Value emit(dl::OrOp, Value x, Value y, Type, B &b) {
  return arith::OrIOp::create(b, x, y);
}
static Value emit(dl::XorOp, Value x, Value y, Type, B &b) {
  return arith::XOrIOp::create(b, x, y);
}

/// Whether a shift amount is in [0, width): negative ones are huge as unsigned.
static Value isShiftInRange(Value amount, B &b) {
  Type type = amount.getType();
  int64_t width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  // The width of i2 doesn't fit i2: compare with the last valid amount.
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ule, amount,
                               intConstant(b, type, width - 1));
}

static Value emit(dl::ShiftLeftOp, Value x, Value y, Type, B &b) {
  Value zero = intConstant(b, x.getType(), 0);
  Value inRange = isShiftInRange(y, b);
  Value amount = arith::SelectOp::create(b, inRange, y, zero);
  return arith::SelectOp::create(b, inRange, arith::ShLIOp::create(b, x, amount), zero);
}

static Value emit(dl::ShiftRightOp, Value x, Value y, Type element, B &b) {
  Type type = x.getType();
  Value inRange = isShiftInRange(y, b);
  int64_t width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  if (isUnsigned(element)) {
    Value zero = intConstant(b, type, 0);
    Value amount = arith::SelectOp::create(b, inRange, y, zero);
    return arith::SelectOp::create(b, inRange, arith::ShRUIOp::create(b, x, amount), zero);
  }
  Value amount = arith::SelectOp::create(b, inRange, y, intConstant(b, type, width - 1));
  return arith::ShRSIOp::create(b, x, amount);
}

static Value emit(dl::CompareOp op, Value x, Value y, Type element, B &b) {
  using Direction = dl::ComparisonDirection;
  Direction direction = op.getDirection();
  if (isa<FloatType>(x.getType())) {
    using P = arith::CmpFPredicate;
    P predicate = direction == Direction::eq   ? P::OEQ
                  : direction == Direction::ne ? P::UNE
                  : direction == Direction::lt ? P::OLT
                  : direction == Direction::le ? P::OLE
                  : direction == Direction::gt ? P::OGT
                                               : P::OGE;
    return arith::CmpFOp::create(b, predicate, x, y);
  }
  using P = arith::CmpIPredicate;
  bool u = isUnsigned(element);
  P predicate = direction == Direction::eq   ? P::eq
                : direction == Direction::ne ? P::ne
                : direction == Direction::lt ? (u ? P::ult : P::slt)
                : direction == Direction::le ? (u ? P::ule : P::sle)
                : direction == Direction::gt ? (u ? P::ugt : P::sgt)
                                             : (u ? P::uge : P::sge);
  return arith::CmpIOp::create(b, predicate, x, y);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {
/// An op of `arity` operands of one shape, the result's.
template <typename OpT, unsigned arity>
struct LowerElementwise : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;

  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = storageTensorType(op->getResult(0));
    Type element = elementOf(op->getOperand(0)), resultElement = elementOf(op->getResult(0));
    SmallVector<AffineMap> maps(arity, b.getMultiDimIdentityMap(type.getRank()));
    // All operands have the result's shape: the first one that knows a size
    // says it.
    ValueRange inputs = adaptor.getOperands();
    Value result = mapElements(
        b, type, getSizes(b, inputs[0]), inputs, maps, [&](B &inner, ValueRange args) {
          Value computed;
          Value x = fromStorage(inner, args[0], element);
          if constexpr (arity == 1)
            computed = emit(op, x, element, inner);
          else
            computed = emit(op, x, fromStorage(inner, args[1], element), element, inner);
          return toStorage(inner, computed, resultElement);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerSelect : OpConversionPattern<dl::SelectOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::SelectOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = storageTensorType(op.getOutput());
    SmallVector<AffineMap> maps(3, b.getMultiDimIdentityMap(type.getRank()));
    Value result =
        mapElements(b, type, getSizes(b, adaptor.getPred()), adaptor.getOperands(), maps,
                    [&](B &inner, ValueRange args) -> Value {
                      Value pred = fromStorage(inner, args[0], inner.getI1Type());
                      return arith::SelectOp::create(inner, pred, args[1], args[2]);
                    });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerClamp : OpConversionPattern<dl::ClampOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ClampOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = storageTensorType(op.getOutput());
    Type element = elementOf(op.getOutput());
    auto mapOf = [&](Value bound) {
      int64_t rank = cast<RankedTensorType>(bound.getType()).getRank();
      return rank == 0 ? AffineMap::get(type.getRank(), 0, b.getContext())
                       : b.getMultiDimIdentityMap(type.getRank());
    };
    Value result = mapElements(
        b, type, getSizes(b, adaptor.getInput()),
        {adaptor.getInput(), adaptor.getLow(), adaptor.getHigh()},
        {b.getMultiDimIdentityMap(type.getRank()), mapOf(adaptor.getLow()),
         mapOf(adaptor.getHigh())},
        [&](B &inner, ValueRange args) {
          Value x = fromStorage(inner, args[0], element);
          x = emitMax(inner, x, fromStorage(inner, args[1], element), element);
          x = emitMin(inner, x, fromStorage(inner, args[2], element), element);
          return toStorage(inner, x, element);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerConvert : OpConversionPattern<dl::ConvertOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ConvertOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = storageTensorType(op.getOutput());
    Type from = elementOf(op.getInput()), to = elementOf(op.getOutput());
    Value result = mapElements(
        b, type, getSizes(b, adaptor.getInput()), adaptor.getInput(),
        b.getMultiDimIdentityMap(type.getRank()), [&](B &inner, ValueRange args) {
          Value value = fromStorage(inner, args[0], from);
          return toStorage(inner, convertElement(inner, value, from, to, op.getSaturate()), to);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerBitcast : OpConversionPattern<dl::BitcastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::BitcastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = storageTensorType(op.getOutput());
    Type from = elementOf(op.getInput()), to = elementOf(op.getOutput());
    Value result = mapElements(
        b, type, getSizes(b, adaptor.getInput()), adaptor.getInput(),
        b.getMultiDimIdentityMap(type.getRank()), [&](B &inner, ValueRange args) {
          return bitcast(inner, args[0], from, to);
        });
    rewriter.replaceOp(op, result);
    return success();
  }

  static Value bitcast(B &b, Value stored, Type from, Type to) {
    Type storage = getStorageType(to);
    if (from.isIndex() || to.isIndex())
      return from == to ? stored : arith::IndexCastOp::create(b, storage, stored).getResult();
    unsigned width = to.getIntOrFloatBitWidth();
    if (width >= 8)
      return stored.getType() == storage
                 ? stored
                 : arith::BitcastOp::create(b, storage, stored).getResult();
    // The byte's upper bits: a sign for signed integers, else 0.
    Value bits = arith::TruncIOp::create(b, b.getIntegerType(width), stored);
    if (isa<IntegerType>(to) && !isUnsigned(to))
      return arith::ExtSIOp::create(b, storage, bits);
    return arith::ExtUIOp::create(b, storage, bits);
  }
};
} // namespace

/// A list of op classes.
template <typename... Ops>
struct OpList {};
using UnaryOps = OpList<dl::NegOp, dl::AbsOp, dl::SignOp, dl::ExpOp, dl::Expm1Op, dl::LogOp,
                 dl::Log1pOp, dl::SqrtOp, dl::RsqrtOp, dl::ReciprocalOp, dl::SinOp, dl::CosOp,
                 dl::TanOp, dl::AsinOp, dl::AcosOp, dl::AtanOp, dl::SinhOp, dl::CoshOp,
                 dl::TanhOp, dl::AsinhOp, dl::AcoshOp, dl::AtanhOp, dl::ErfOp, dl::ErfInvOp,
                 dl::LgammaOp, dl::DigammaOp, dl::SigmoidOp, dl::FloorOp, dl::CeilOp,
                 dl::RoundOp, dl::TruncOp, dl::NotOp, dl::ReluOp, dl::SiluOp, dl::GeluOp,
                 dl::IsNanOp, dl::IsInfOp>;
using BinaryOps = OpList<dl::AddOp, dl::SubOp, dl::MulOp, dl::DivOp, dl::RemOp, dl::PowOp, dl::MaxOp,
                 dl::MinOp, dl::Atan2Op, dl::AndOp, dl::OrOp, dl::XorOp, dl::ShiftLeftOp,
                 dl::ShiftRightOp, dl::CompareOp>;

template <unsigned arity, typename... Ops>
static void addElementwise(RewritePatternSet &patterns, const TypeConverter &converter,
                           OpList<Ops...>) {
  patterns.add<LowerElementwise<Ops, arity>...>(converter, patterns.getContext());
}

void dlc::populateDlElementwiseToLinalgPatterns(const TypeConverter &converter,
                                                RewritePatternSet &patterns) {
  addElementwise<1>(patterns, converter, UnaryOps());
  addElementwise<2>(patterns, converter, BinaryOps());
  patterns.add<LowerSelect, LowerClamp, LowerConvert, LowerBitcast>(converter,
                                                                    patterns.getContext());
}

//===----------------------------------------------------------------------===//
// One element at a time
//===----------------------------------------------------------------------===//

template <unsigned arity, typename... Ops>
static Value emitOneOf(B &b, Operation *op, ValueRange args, OpList<Ops...>) {
  Type element = elementOf(op->getOperand(0));
  Value result;
  auto tryOp = [&](auto typed) {
    if (!typed)
      return;
    Value x = fromStorage(b, args[0], element);
    if constexpr (arity == 1)
      result = emit(typed, x, element, b);
    else
      result = emit(typed, x, fromStorage(b, args[1], element), element, b);
  };
  (tryOp(dyn_cast<Ops>(op)), ...);
  return result;
}

Value dlc::emitElementwise(B &b, Operation *op, ValueRange args) {
  Type result = elementOf(op->getResult(0));
  if (Value computed = emitOneOf<1>(b, op, args, UnaryOps()))
    return toStorage(b, computed, result);
  if (Value computed = emitOneOf<2>(b, op, args, BinaryOps()))
    return toStorage(b, computed, result);
  if (isa<dl::SelectOp>(op))
    return arith::SelectOp::create(b, fromStorage(b, args[0], b.getI1Type()), args[1], args[2]);
  if (isa<dl::ClampOp>(op)) {
    Value x = emitMax(b, fromStorage(b, args[1], result), fromStorage(b, args[0], result), result);
    return toStorage(b, emitMin(b, x, fromStorage(b, args[2], result), result), result);
  }
  if (auto convert = dyn_cast<dl::ConvertOp>(op)) {
    Type from = elementOf(convert.getInput());
    Value x = fromStorage(b, args[0], from);
    return toStorage(b, convertElement(b, x, from, result, convert.getSaturate()), result);
  }
  return nullptr;
}
