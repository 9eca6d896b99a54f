//===- DlElementwiseFolds.cpp - folds of elementwise ops ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants are calculated as the spec says: integers wrap in their width;
// floats up to f32 are calculated in double and rounded once, which for
// + − · / √ is what the type's own arithmetic gives.
//
//===----------------------------------------------------------------------===//

#include "DlFoldUtils.h"

#include <cmath>

using namespace mlir;
using namespace dlc::dl;

namespace {

/// An integer element and how to read it.
struct Int {
  APInt bits;
  bool isUnsigned;

  bool isNegative() const { return !isUnsigned && bits.isNegative(); }
  bool operator<(const Int &other) const {
    return isUnsigned ? bits.ult(other.bits) : bits.slt(other.bits);
  }
  APInt constant(int64_t value) const {
    return APInt(bits.getBitWidth(), value, /*isSigned=*/true, /*implicitTrunc=*/true);
  }
};

} // namespace

static double toDouble(const APFloat &value) {
  APFloat copy = value;
  bool losesInfo;
  copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return copy.convertToDouble();
}

static Attribute toElement(Type type, double value) {
  return FloatAttr::get(type, value);
}

static Attribute toElement(Type type, const APInt &value) {
  return IntegerAttr::get(type, value);
}

static Attribute toElement(Type type, bool value) {
  return IntegerAttr::get(type, APInt(1, value));
}

/// Calculates a result constant element by element: `calculate` gets one
/// element of each operand. Null where an operand is not a constant.
static OpFoldResult
foldElements(Operation *op, ArrayRef<Attribute> operands,
             llvm::function_ref<Attribute(ArrayRef<Attribute>, Type)> calculate) {
  SmallVector<DenseElementsAttr> constants;
  for (Attribute operand : operands) {
    auto dense = dyn_cast_or_null<DenseElementsAttr>(operand);
    if (!dense || dense.empty())
      return nullptr;
    constants.push_back(dense);
  }
  bool splat = llvm::all_of(constants, [](DenseElementsAttr c) { return c.isSplat(); });
  RankedTensorType type = getFoldedType(op->getResult(0).getType(), splat);
  if (!type)
    return nullptr;
  int64_t count = splat ? 1 : type.getNumElements();
  SmallVector<Attribute> results, elements(constants.size());
  for (int64_t i = 0; i < count; ++i) {
    for (auto [element, constant] : llvm::zip_equal(elements, constants))
      element = constant.isSplat() ? constant.getSplatValue<Attribute>()
                                   : constant.getValues<Attribute>()[i];
    Attribute result = calculate(elements, type.getElementType());
    if (!result)
      return nullptr;
    results.push_back(result);
  }
  return DenseElementsAttr::get(type, results);
}

static bool hasFoldedFloats(ArrayRef<Attribute> elements) {
  return llvm::all_of(elements, [](Attribute element) {
    auto real = dyn_cast<FloatAttr>(element);
    return real && isFoldedFloat(real.getType());
  });
}

static double getFloat(Attribute element) {
  return toDouble(cast<FloatAttr>(element).getValue());
}

static Int getInt(Attribute element) {
  auto integer = cast<IntegerAttr>(element);
  return {integer.getValue(), isUnsignedElement(integer.getType())};
}

template <typename FloatFn>
static OpFoldResult foldFloats(Operation *op, ArrayRef<Attribute> operands, FloatFn function) {
  return foldElements(op, operands, [&](ArrayRef<Attribute> e, Type type) -> Attribute {
    return hasFoldedFloats(e) ? toElement(type, function(getFloat(e[0]))) : nullptr;
  });
}

template <typename IntFn, typename FloatFn>
static OpFoldResult foldUnary(Operation *op, ArrayRef<Attribute> operands, IntFn onInt,
                              FloatFn onFloat) {
  return foldElements(op, operands, [&](ArrayRef<Attribute> e, Type type) -> Attribute {
    if (isa<IntegerAttr>(e[0]))
      return toElement(type, onInt(getInt(e[0])));
    return hasFoldedFloats(e) ? toElement(type, onFloat(getFloat(e[0]))) : nullptr;
  });
}

template <typename IntFn, typename FloatFn>
static OpFoldResult foldBinary(Operation *op, ArrayRef<Attribute> operands, IntFn onInt,
                               FloatFn onFloat) {
  return foldElements(op, operands, [&](ArrayRef<Attribute> e, Type type) -> Attribute {
    if (isa<IntegerAttr>(e[0]))
      return toElement(type, onInt(getInt(e[0]), getInt(e[1])));
    return hasFoldedFloats(e) ? toElement(type, onFloat(getFloat(e[0]), getFloat(e[1])))
                              : nullptr;
  });
}

template <typename IntFn>
static OpFoldResult foldInts(Operation *op, ArrayRef<Attribute> operands, IntFn onInt) {
  return foldElements(op, operands, [&](ArrayRef<Attribute> e, Type type) -> Attribute {
    if (!isa<IntegerAttr>(e[0]))
      return nullptr;
    return toElement(type, onInt(getInt(e[0]), getInt(e[1])));
  });
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

/// The operand, where it has exactly the result's type.
static OpFoldResult forward(Operation *op, Value value) {
  return value.getType() == op->getResult(0).getType() ? OpFoldResult(value) : nullptr;
}

OpFoldResult NegOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getInput().getDefiningOp<NegOp>()) // −(−x) = x
    return forward(*this, inner.getInput());
  return foldUnary(
      *this, adaptor.getOperands(), [](const Int &x) { return -x.bits; },
      [](double x) { return -x; });
}

OpFoldResult AbsOp::fold(FoldAdaptor adaptor) {
  return foldUnary(
      *this, adaptor.getOperands(),
      [](const Int &x) { return x.isNegative() ? -x.bits : x.bits; },
      [](double x) { return std::fabs(x); });
}

OpFoldResult SignOp::fold(FoldAdaptor adaptor) {
  return foldUnary(
      *this, adaptor.getOperands(),
      [](const Int &x) { return x.constant(x.isNegative() ? -1 : !x.bits.isZero()); },
      [](double x) { return std::isnan(x) || x == 0 ? x : std::copysign(1.0, x); });
}

OpFoldResult NotOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getInput().getDefiningOp<NotOp>()) // ~~x = x
    return forward(*this, inner.getInput());
  return foldElements(*this, adaptor.getOperands(), [](ArrayRef<Attribute> e, Type type) {
    return toElement(type, ~getInt(e[0]).bits);
  });
}

OpFoldResult ReluOp::fold(FoldAdaptor adaptor) {
  if (getInput().getDefiningOp<ReluOp>()) // relu(relu(x)) = relu(x)
    return forward(*this, getInput());
  return foldUnary(
      *this, adaptor.getOperands(),
      [](const Int &x) { return x.isNegative() ? x.constant(0) : x.bits; },
      [](double x) { return x < 0 ? 0.0 : x; });
}

OpFoldResult GeluOp::fold(FoldAdaptor adaptor) {
  bool approximate = getTanh();
  return foldFloats(*this, adaptor.getOperands(), [&](double x) {
    constexpr double sqrt2OverPi = 0.79788456080286535588, sqrtHalf = 0.70710678118654752440;
    if (std::isinf(x) && x < 0)
      return -0.0;
    if (approximate)
      return 0.5 * x * (1 + std::tanh(sqrt2OverPi * (x + 0.044715 * x * x * x)));
    return 0.5 * x * std::erfc(-x * sqrtHalf);
  });
}

/// Floating-point functions that fold as the C library calculates them.
#define DL_FLOAT_FOLD(Op, expression)                                                    \
  OpFoldResult Op::fold(FoldAdaptor adaptor) {                                           \
    return foldFloats(*this, adaptor.getOperands(), [](double x) { return expression; });\
  }

DL_FLOAT_FOLD(ExpOp, std::exp(x))
DL_FLOAT_FOLD(Expm1Op, std::expm1(x))
DL_FLOAT_FOLD(LogOp, std::log(x))
DL_FLOAT_FOLD(Log1pOp, std::log1p(x))
DL_FLOAT_FOLD(SqrtOp, std::sqrt(x))
DL_FLOAT_FOLD(RsqrtOp, 1 / std::sqrt(x))
DL_FLOAT_FOLD(ReciprocalOp, 1 / x)
DL_FLOAT_FOLD(SinOp, std::sin(x))
DL_FLOAT_FOLD(CosOp, std::cos(x))
DL_FLOAT_FOLD(TanOp, std::tan(x))
DL_FLOAT_FOLD(AsinOp, std::asin(x))
DL_FLOAT_FOLD(AcosOp, std::acos(x))
DL_FLOAT_FOLD(AtanOp, std::atan(x))
DL_FLOAT_FOLD(SinhOp, std::sinh(x))
DL_FLOAT_FOLD(CoshOp, std::cosh(x))
DL_FLOAT_FOLD(TanhOp, std::tanh(x))
DL_FLOAT_FOLD(AsinhOp, std::asinh(x))
DL_FLOAT_FOLD(AcoshOp, std::acosh(x))
DL_FLOAT_FOLD(AtanhOp, std::atanh(x))
DL_FLOAT_FOLD(ErfOp, std::erf(x))
DL_FLOAT_FOLD(SigmoidOp, 1 / (1 + std::exp(-x)))
DL_FLOAT_FOLD(SiluOp, x / (1 + std::exp(-x)))

/// Roundings, which are idempotent.
#define DL_ROUNDING_FOLD(Op, function)                                                   \
  OpFoldResult Op::fold(FoldAdaptor adaptor) {                                           \
    if (isa_and_nonnull<FloorOp, CeilOp, RoundOp, TruncOp>(getInput().getDefiningOp()))  \
      return forward(*this, getInput());                                                 \
    return foldFloats(*this, adaptor.getOperands(), [](double x) { return function(x); });\
  }

DL_ROUNDING_FOLD(FloorOp, std::floor)
DL_ROUNDING_FOLD(CeilOp, std::ceil)
DL_ROUNDING_FOLD(RoundOp, std::nearbyint)
DL_ROUNDING_FOLD(TruncOp, std::trunc)

// The C library has no inverse error function and no digamma, and its lgamma
// sets a global: these three stay.
OpFoldResult ErfInvOp::fold(FoldAdaptor) { return nullptr; }
OpFoldResult DigammaOp::fold(FoldAdaptor) { return nullptr; }
OpFoldResult LgammaOp::fold(FoldAdaptor) { return nullptr; }

template <typename Predicate>
static OpFoldResult foldPredicate(Operation *op, ArrayRef<Attribute> operands,
                                  Predicate predicate) {
  return foldElements(op, operands, [&](ArrayRef<Attribute> e, Type type) -> Attribute {
    return hasFoldedFloats(e) ? toElement(type, bool(predicate(getFloat(e[0])))) : nullptr;
  });
}

OpFoldResult IsNanOp::fold(FoldAdaptor adaptor) {
  return foldPredicate(*this, adaptor.getOperands(), [](double x) { return std::isnan(x); });
}

OpFoldResult IsInfOp::fold(FoldAdaptor adaptor) {
  return foldPredicate(*this, adaptor.getOperands(), [](double x) { return std::isinf(x); });
}

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

static bool isFloatOp(Operation *op) {
  return isa<FloatType>(getElementTypeOrSelf(op->getResult(0)));
}

/// The constant `value` in the result's type; null where that is not static.
static OpFoldResult foldToUniform(Operation *op, int64_t value) {
  RankedTensorType type = getFoldedType(op->getResult(0).getType(), /*splat=*/true);
  if (!type || !type.getElementType().isIntOrIndex())
    return nullptr;
  unsigned width =
      type.getElementType().isIndex() ? 64 : type.getElementType().getIntOrFloatBitWidth();
  return DenseElementsAttr::get(type, APInt(width, value, /*isSigned=*/true,
                                            /*implicitTrunc=*/true));
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 0)) // x + 0 = x (the sign of a zero aside, see rationale.md)
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (isUniform(getLhs(), 0))
    if (OpFoldResult same = forward(*this, getRhs()))
      return same;
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int y) { return x.bits + y.bits; },
      [](double x, double y) { return x + y; });
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 0)) // x − 0 = x
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (getLhs() == getRhs() && !isFloatOp(*this)) // x − x = 0; floats may be NaN
    if (OpFoldResult zero = foldToUniform(*this, 0))
      return zero;
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int y) { return x.bits - y.bits; },
      [](double x, double y) { return x - y; });
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 1)) // x · 1 = x
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (isUniform(getLhs(), 1))
    if (OpFoldResult same = forward(*this, getRhs()))
      return same;
  if (!isFloatOp(*this) && (isUniform(getRhs(), 0) || isUniform(getLhs(), 0))) // x · 0 = 0
    if (OpFoldResult zero = foldToUniform(*this, 0))
      return zero;
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int y) { return x.bits * y.bits; },
      [](double x, double y) { return x * y; });
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 1)) // x / 1 = x
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  return foldBinary(
      *this, adaptor.getOperands(),
      [](Int x, Int y) {
        if (y.bits.isZero())
          return x.constant(0);
        return x.isUnsigned ? x.bits.udiv(y.bits) : x.bits.sdiv(y.bits);
      },
      [](double x, double y) { return x / y; });
}

OpFoldResult RemOp::fold(FoldAdaptor adaptor) {
  return foldBinary(
      *this, adaptor.getOperands(),
      [](Int x, Int y) {
        if (y.bits.isZero())
          return x.bits;
        return x.isUnsigned ? x.bits.urem(y.bits) : x.bits.srem(y.bits);
      },
      [](double x, double y) { return std::fmod(x, y); });
}

/// xʸ in the width of x; a negative y truncates 1 / x⁻ʸ.
static APInt powInt(const Int &x, const Int &y) {
  APInt one = x.constant(1);
  if (y.isNegative()) {
    if (x.bits.isZero()) // 1 / 0 = 0
      return x.bits;
    if (x.bits.isOne())
      return one;
    if (x.bits.isAllOnes())
      return y.bits[0] ? x.bits : one;
    return x.constant(0);
  }
  APInt result = one, base = x.bits;
  for (unsigned bit = 0; bit < y.bits.getActiveBits(); ++bit) {
    if (y.bits[bit])
      result *= base;
    base *= base;
  }
  return result;
}

OpFoldResult PowOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 1)) // x¹ = x
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  return foldBinary(*this, adaptor.getOperands(), powInt,
                    [](double x, double y) { return std::pow(x, y); });
}

OpFoldResult MaxOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs())
    return forward(*this, getLhs());
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int y) { return x < y ? y.bits : x.bits; },
      [](double x, double y) {
        bool first = std::isnan(x) || x > y || (x == y && !std::signbit(x));
        return first ? x : y;
      });
}

OpFoldResult MinOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs())
    return forward(*this, getLhs());
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int y) { return y < x ? y.bits : x.bits; },
      [](double x, double y) {
        bool first = std::isnan(x) || x < y || (x == y && std::signbit(x));
        return first ? x : y;
      });
}

OpFoldResult Atan2Op::fold(FoldAdaptor adaptor) {
  return foldBinary(
      *this, adaptor.getOperands(), [](Int x, Int) { return x.bits; },
      [](double y, double x) { return std::atan2(y, x); });
}

/// Every bit of every element set.
static bool isAllOnes(Value value) {
  auto element = dyn_cast_or_null<IntegerAttr>(getUniformElement(value));
  return element && element.getValue().isAllOnes();
}

OpFoldResult AndOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs() || isAllOnes(getRhs()))
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (isUniform(getRhs(), 0)) // x & 0 = 0
    if (OpFoldResult zero = foldToUniform(*this, 0))
      return zero;
  return foldInts(*this, adaptor.getOperands(), [](Int x, Int y) { return x.bits & y.bits; });
}

OpFoldResult OrOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs() || isUniform(getRhs(), 0))
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (isAllOnes(getRhs())) // x | 1…1 = 1…1
    if (OpFoldResult ones = foldToUniform(*this, -1))
      return ones;
  return foldInts(*this, adaptor.getOperands(), [](Int x, Int y) { return x.bits | y.bits; });
}

OpFoldResult XorOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 0))
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  if (getLhs() == getRhs()) // x ^ x = 0
    if (OpFoldResult zero = foldToUniform(*this, 0))
      return zero;
  return foldInts(*this, adaptor.getOperands(), [](Int x, Int y) { return x.bits ^ y.bits; });
}

/// Whether a shift moves every bit out.
static bool shiftsAll(const Int &x, const Int &y) {
  return y.isNegative() || y.bits.uge(x.bits.getBitWidth());
}

OpFoldResult ShiftLeftOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 0))
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  return foldInts(*this, adaptor.getOperands(), [](Int x, Int y) {
    return shiftsAll(x, y) ? x.constant(0) : x.bits.shl(y.bits);
  });
}

OpFoldResult ShiftRightOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getRhs(), 0))
    if (OpFoldResult same = forward(*this, getLhs()))
      return same;
  return foldInts(*this, adaptor.getOperands(), [](Int x, Int y) {
    if (shiftsAll(x, y))
      return x.constant(x.isNegative() ? -1 : 0);
    return x.isUnsigned ? x.bits.lshr(y.bits) : x.bits.ashr(y.bits);
  });
}

//===----------------------------------------------------------------------===//
// compare, select, clamp
//===----------------------------------------------------------------------===//

/// Answers from whether x < y and x == y hold; `unordered` is a NaN's answer.
static bool compare(ComparisonDirection direction, bool less, bool equal, bool unordered) {
  if (unordered)
    return direction == ComparisonDirection::ne;
  switch (direction) {
  case ComparisonDirection::eq:
    return equal;
  case ComparisonDirection::ne:
    return !equal;
  case ComparisonDirection::lt:
    return less;
  case ComparisonDirection::le:
    return less || equal;
  case ComparisonDirection::gt:
    return !less && !equal;
  case ComparisonDirection::ge:
    return !less;
  }
  llvm_unreachable("every direction is handled");
}

OpFoldResult CompareOp::fold(FoldAdaptor adaptor) {
  ComparisonDirection direction = getDirection();
  if (getLhs() == getRhs() && !isa<FloatType>(getElementTypeOrSelf(getLhs())))
    if (OpFoldResult known = foldToUniform(
            *this, compare(direction, /*less=*/false, /*equal=*/true, /*unordered=*/false)))
      return known;
  return foldElements(
      *this, adaptor.getOperands(), [&](ArrayRef<Attribute> e, Type type) -> Attribute {
        if (isa<IntegerAttr>(e[0])) {
          Int x = getInt(e[0]), y = getInt(e[1]);
          return toElement(type, compare(direction, x < y, x.bits == y.bits, false));
        }
        if (!hasFoldedFloats(e))
          return nullptr;
        double x = getFloat(e[0]), y = getFloat(e[1]);
        return toElement(type,
                         compare(direction, x < y, x == y, std::isnan(x) || std::isnan(y)));
      });
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getOnTrue() == getOnFalse())
    return forward(*this, getOnTrue());
  if (auto pred = dyn_cast_or_null<IntegerAttr>(getUniformElement(getPred())))
    if (OpFoldResult chosen =
            forward(*this, pred.getValue().isZero() ? getOnFalse() : getOnTrue()))
      return chosen;
  return foldElements(*this, adaptor.getOperands(), [](ArrayRef<Attribute> e, Type) {
    return getInt(e[0]).bits.isZero() ? e[2] : e[1];
  });
}

OpFoldResult ClampOp::fold(FoldAdaptor adaptor) {
  return foldElements(
      *this, adaptor.getOperands(), [](ArrayRef<Attribute> e, Type type) -> Attribute {
        if (isa<IntegerAttr>(e[0])) {
          Int low = getInt(e[0]), x = getInt(e[1]), high = getInt(e[2]);
          Int raised = x < low ? low : x;
          return toElement(type, high < raised ? high.bits : raised.bits);
        }
        if (!hasFoldedFloats(e))
          return nullptr;
        double low = getFloat(e[0]), x = getFloat(e[1]), high = getFloat(e[2]);
        double raised = std::isnan(x) || x > low ? x : low;
        return toElement(type, std::isnan(raised) || raised < high ? raised : high);
      });
}
