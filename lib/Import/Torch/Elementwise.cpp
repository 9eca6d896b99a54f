//===- Elementwise.cpp - ATen ops that work element by element ------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "Loop.h"
#include "grad/IR/GradRevise.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

/// In the result's type: sqrt of integers is of floats.
template <typename Op>
static LogicalResult importUnary(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(n.operand("self", type).unary<Op>()) : failure();
}

/// Integers are what they are under floor, ceil, round and trunc.
template <typename Op>
static LogicalResult importRounding(NodeImporter &n) {
  Value self = n.tensor("self");
  return n.result(self && n.isFloat(self) ? n.infer<Op>(self) : self);
}

static LogicalResult importRoundDecimals(NodeImporter &n) {
  Value self = n.tensor("self");
  int64_t decimals = n.integer("decimals");
  if (!self || !n.isFloat(self))
    return n.result(self);
  double scale = std::pow(10.0, std::abs(double(decimals)));
  Expr x(n, self);
  return n.result(decimals >= 0 ? (x * scale).round() / scale : (x / scale).round() * scale);
}

static LogicalResult importAbs(NodeImporter &n) {
  Value self = n.tensor("self");
  return n.result(!self || n.isBool(self) || n.isUnsigned(self) ? self : n.infer<dl::AbsOp>(self));
}

/// The sign of NaN is 0 here, and NaN there.
static LogicalResult importSign(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self || n.isBool(self))
    return n.result(self);
  Expr x(n, self);
  return n.result(n.isFloat(self) ? x.isNan().select(n.scalar(n.elementTypeOf(self), 0), x.sign())
                                  : x.sign());
}

static LogicalResult importBitwiseNot(NodeImporter &n) {
  return n.result(Expr(n, n.tensor("self")).unary<dl::NotOp>());
}

static LogicalResult importLogicalNot(NodeImporter &n) {
  return n.result(~truth({n, n.tensor("self")}));
}

template <typename Op>
static LogicalResult importFloatTest(NodeImporter &n) {
  Value self = n.tensor("self");
  if (self && !n.isFloat(self))
    return n.result(n.broadcastTo(n.scalarInt(n.getBuilder().getI1Type(), 0), n.sizes(self)));
  return n.result(Expr(n, self).unary<Op>());
}

template <int sign>
static LogicalResult importSignedInfinityTest(NodeImporter &n) {
  Value self = n.tensor("self");
  if (self && !n.isFloat(self))
    return n.result(n.broadcastTo(n.scalarInt(n.getBuilder().getI1Type(), 0), n.sizes(self)));
  return n.result(Expr(n, self).eq(sign * INFINITY));
}

static LogicalResult importSignbit(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  if (!n.isFloat(self))
    return n.result(n.isBool(self) ? Expr(n, self) & ~Expr(n, self) : Expr(n, self) < 0.0);
  return n.result(isNegative(Expr(n, self)));
}

static LogicalResult importFrac(NodeImporter &n) {
  Expr x(n, n.tensor("self"));
  return n.result(x - x.unary<dl::TruncOp>().get());
}

/// log x = k + ln(x / bᵏ) / ln b for the k nearest to it, which gives k itself at the
/// powers of b. Those are looked up, each rounded to the type.
static LogicalResult importLogBase(NodeImporter &n, int base) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Type computed = computationType(type), i64 = n.getBuilder().getI64Type();
  if (!isa<FloatType>(computed))
    return n.emitError() << "a logarithm is no " << type;
  const llvm::fltSemantics &format = cast<FloatType>(computed).getFloatSemantics();
  auto logOf = [&](APFloat number) { return std::log(std::abs(number.convertToDouble())); };
  int64_t least = std::ceil(logOf(APFloat::getSmallest(format)) / std::log(base) - 0.5);
  int64_t most = std::floor(logOf(APFloat::getLargest(format)) / std::log(base) - 1e-9);
  SmallVector<APFloat> powers;
  for (int64_t k = least; k <= most; ++k)
    powers.push_back(base == 2 ? scalbn(APFloat(format, 1), k, APFloat::rmNearestTiesToEven)
                               : APFloat(format, "1e" + std::to_string(k)));
  auto tableType = RankedTensorType::get({int64_t(powers.size())}, computed);
  Value table = n.constant(DenseElementsAttr::get(tableType, powers));
  Expr x = n.operand("self", computed);
  Expr nearest = (x.log() / std::log(base)).round().max(double(least)).min(double(most));
  nearest = nearest.isNan().select(n.scalar(computed, 0), nearest);
  Expr index = (nearest - double(least)).to(i64);
  if (!index)
    return failure();
  Expr power(n, n.take(table, index, 0));
  return n.result((nearest + ((x / power.get()).log() / std::log(base)).get()).to(type));
}

static LogicalResult importExp2(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(Expr(n, n.scalar(type, 2.0)).pow(n.operand("self", type).get()));
}

static LogicalResult importSinc(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  // At 0 it is its series, for the sake of its derivatives.
  Type wide = computationType(type);
  Expr x = n.operand("self", type).to(wide), isZero = x.eq(0.0), angle = x * M_PI;
  Expr square = angle.square(), safe = isZero.select(n.scalar(wide, 1), angle);
  Expr series = (square * (1.0 / 120) - 1.0 / 6) * square.get() + 1.0;
  return n.result(isZero.select(series, safe.sin() / safe.get()).to(type));
}

template <int numerator, int denominator>
static LogicalResult importAngleScale(NodeImporter &n) {
  Type type = n.resultElementType();
  double scale = numerator == 180 ? 180 / M_PI : M_PI / 180;
  return type ? n.result(n.operand("self", type) * scale) : failure();
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

template <typename Op>
static LogicalResult importBinary(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(n.operand("self", type).binary<Op>(n.operand("other", type)));
}

/// The larger (smaller) of two; of booleans `or` (`and`).
template <typename Op>
static Expr extremum(Expr x, Expr y) {
  using Logic = std::conditional_t<std::is_same_v<Op, dl::MaxOp>, dl::OrOp, dl::AndOp>;
  return x && NodeBuilder::isBool(x) ? x.binary<Logic>(y) : x.binary<Op>(y);
}

template <typename Op>
static LogicalResult importExtremum(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(extremum<Op>(n.operand("self", type), n.operand("other", type)));
}

/// self ± alpha · other. For booleans addition is `or`.
template <typename Op, bool isReversed = false>
static LogicalResult importAdditive(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr self = n.operand("self", type), other = n.operand("other", type);
  if (isReversed)
    std::swap(self, other);
  if (type.isInteger(1))
    return n.result(self | (other & n.operand("alpha", type).get()).get());
  if (n.number("alpha") != 1)
    other = other * n.operand("alpha", type).get();
  return n.result(self.binary<Op>(other));
}

static LogicalResult importMul(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr self = n.operand("self", type), other = n.operand("other", type);
  return n.result(type.isInteger(1) ? self & other.get() : self * other.get());
}

/// The run ends with an error where an integer is divided by 0, as PyTorch's does: not
/// where nothing is divided.
static void requireDivisor(NodeImporter &n, Expr x, Expr divisor) {
  if (!x || !divisor || n.isFloat(divisor))
    return;
  DenseIntElementsAttr known;
  auto isZero = [](const APInt &x) { return x.isZero(); };
  if (matchPattern(divisor.get(), m_Constant(&known)) &&
      llvm::none_of(known.getValues<APInt>(), isZero))
    return;
  Expr isUsable = divisor.ne(0.0);
  ArrayRef<int64_t> shape = n.shapeOf(x);
  if (ShapedType::isDynamicShape(shape) || llvm::is_contained(shape, 0))
    isUsable = isUsable | x.ne(x).get(); // of the quotient's shape
  if (isUsable)
    n.createVoid<dl::AssertOp>(isUsable.get(), n.getBuilder().getStringAttr(
                                                   n.describe() + ": an integer is divided by 0"));
}

/// Floored quotient of x and y, both of one type.
static Expr floorQuotient(NodeImporter &n, Expr x, Expr y) {
  if (!x || !y)
    return {n, {}};
  requireDivisor(n, x, y);
  if (n.isFloat(x)) {
    // As PyTorch: from the exact remainder, so that 1 // 0.1 is 9.
    Expr rest = x % y.get(), exact = (x - rest.get()) / y.get();
    Expr isOff = rest.ne(0.0) & (rest < 0.0).ne((y < 0.0).get()).get();
    Expr quotient = isOff.select(exact - 1.0, exact).round();
    return y.eq(0.0).select(x / y.get(), quotient);
  }
  Expr quotient = x / y.get();
  if (n.isUnsigned(x))
    return quotient;
  Expr rest = x - (quotient * y.get()).get();
  Expr isOff = rest.ne(0.0) & (rest < 0.0).ne((y < 0.0).get()).get();
  return isOff.select(quotient - 1.0, quotient);
}

static LogicalResult importDiv(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), y = n.operand("other", type);
  std::string mode = n.has("rounding_mode") ? n.string("rounding_mode") : "";
  if (mode == "floor")
    return n.result(floorQuotient(n, x, y));
  requireDivisor(n, x, y);
  Expr quotient = x / y.get();
  return n.result(mode == "trunc" && isa<FloatType>(type) ? quotient.unary<dl::TruncOp>()
                                                          : quotient);
}

static LogicalResult importFloorDivide(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  return n.result(floorQuotient(n, n.operand("self", type), n.operand("other", type)));
}

/// The remainder with the dividend's sign, or with the divisor's.
static LogicalResult importRemainder(NodeImporter &n, bool isFloored) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), y = n.operand("other", type), rest = x % y.get();
  requireDivisor(n, x, y);
  if (!rest || !isFloored || n.isUnsigned(rest))
    return n.result(rest);
  Expr isOff = rest.ne(0.0) & (rest < 0.0).ne((y < 0.0).get()).get();
  return n.result(isOff.select(rest + y.get(), rest));
}

/// Euclid's algorithm on all elements at once: (a, b) to (b, a mod b) until b is 0.
static Value commonDivisor(NodeImporter &n, Expr a, Expr b) {
  auto check = [&](ArrayRef<Value> values) -> Value {
    Expr isOpen = Expr(n, values[1]).ne(0.0);
    return isOpen.reduce(dl::ReductionKind::bit_or, dimRange(0, n.rankOf(values[1])),
                         /*keepDims=*/false);
  };
  auto round = [&](ArrayRef<Value> values, SmallVectorImpl<Value> &next) {
    Expr x(n, values[0]), y(n, values[1]), isDone = y.eq(0.0);
    next.append({isDone.select(x, y), isDone.select(y, x % y.get())});
    return !n.hasFailed();
  };
  SmallVector<Value> results = buildLoop(n, {a.get(), b.get()}, check, round);
  if (results.empty())
    return {};
  return n.isUnsigned(results[0]) ? results[0] : n.infer<dl::AbsOp>(results[0]);
}

/// The greatest common divisor, or the least common multiple.
static LogicalResult importCommon(NodeImporter &n, bool isMultiple) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  auto [a, b] = broadcast(n.operand("self", type), n.operand("other", type));
  Expr divisor(n, a ? commonDivisor(n, a, b) : Value());
  if (!isMultiple || !divisor)
    return n.result(divisor);
  Expr isZero = divisor.eq(0.0);
  Expr multiple = a / isZero.select(n.splatLike(divisor, 1), divisor).get() * b.get();
  return n.result(n.isUnsigned(multiple) ? multiple : multiple.abs());
}

static LogicalResult importPow(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr self = n.operand("self", type), exponent = n.operand("exponent", type);
  // A root has another sign of zero, and none of -∞.
  if (n.getOverload() == "Tensor_Scalar" && isa<FloatType>(type)) {
    std::optional<double> known = n.constantFloat(exponent);
    if (known == 0.5)
      return n.result(self.sqrt());
    if (known == -0.5)
      return n.result(self.unary<dl::RsqrtOp>());
  }
  return n.result(self.pow(exponent.get()));
}

template <Direction direction>
static LogicalResult importCompare(NodeImporter &n) {
  Type type = n.promote({"self", "other"});
  if (!type)
    return failure();
  return n.result(n.operand("self", type).compare(direction, n.operand("other", type)));
}

template <typename Op>
static LogicalResult importLogical(NodeImporter &n) {
  return n.result(truth(n.operand("self")).template binary<Op>(truth(n.operand("other"))));
}

/// The larger (or smaller) that isn't NaN; the first, and its derivative, where they are equal.
template <typename Op>
static LogicalResult importIgnoringNan(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  if (!isa<FloatType>(type))
    return importExtremum<Op>(n);
  Expr x = n.operand("self", type), y = n.operand("other", type);
  auto direction = std::is_same_v<Op, dl::MaxOp> ? Direction::ge : Direction::le;
  return n.result((x.compare(direction, y) | y.isNan().get()).select(x, y));
}

static LogicalResult importHypot(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(hypot(n.operand("self", type), n.operand("other", type))) : failure();
}

static LogicalResult importCopysign(NodeImporter &n) {
  Type type = n.resultElementType();
  return type ? n.result(copysign(n.operand("self", type), n.operand("other", type))) : failure();
}

/// x ln y, 0 where x is 0 and y a number: there ln 1 is taken where ln y isn't finite.
static LogicalResult importXlogy(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type), y = n.operand("other", type);
  Expr isZero = x.eq(0.0) & ((y <= 0.0) | y.eq(INFINITY).get()).get();
  return n.result(x * isZero.select(n.scalar(type, 1), y).log().get());
}

//===----------------------------------------------------------------------===//
// Three operands
//===----------------------------------------------------------------------===//

static LogicalResult importWhere(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr condition = truth({n, n.tensor("condition")});
  return n.result(condition.select(n.operand("self", type), n.operand("other", type)));
}

static LogicalResult importClamp(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  Expr x = n.operand("self", type);
  bool hasLow = n.has("min"), hasHigh = n.has("max");
  if (isa<FloatType>(type)) { // with clamp's derivatives at the bounds
    Expr low = hasLow ? n.operand("min", type) : Expr(n, n.scalar(type, -INFINITY));
    Expr high = hasHigh ? n.operand("max", type) : Expr(n, n.scalar(type, INFINITY));
    return n.result(clamp(x, low, high));
  }
  if (hasLow)
    x = extremum<dl::MaxOp>(x, n.operand("min", type));
  if (hasHigh)
    x = extremum<dl::MinOp>(x, n.operand("max", type));
  return n.result(x);
}

static LogicalResult importAddcmul(NodeImporter &n) {
  Type result = n.resultElementType(), type = computationType(result);
  if (!type)
    return failure();
  Expr product = n.operand("tensor1", type) * n.operand("tensor2", type).get();
  if (n.number("value") != 1)
    product = product * n.operand("value", type).get();
  return n.result((n.operand("self", type) + product.get()).to(result));
}

/// a · b + c, as Dynamo writes what an optimiser adds in place.
static LogicalResult importFma(NodeImporter &n) {
  Type result = n.resultElementType(), type = computationType(result);
  if (!type)
    return failure();
  Expr product = n.operand("a", type) * n.operand("b", type).get();
  return n.result((product + n.operand("c", type).get()).to(result));
}

static LogicalResult importAddcdiv(NodeImporter &n) {
  Type result = n.resultElementType(), type = computationType(result);
  if (!type)
    return failure();
  Expr quotient = n.operand("tensor1", type);
  if (n.number("value") != 1)
    quotient = quotient * n.operand("value", type).get();
  quotient = quotient / n.operand("tensor2", type).get();
  return n.result((n.operand("self", type) + quotient.get()).to(result));
}

/// start + weight · (end − start), from the nearer end.
static LogicalResult importLerp(NodeImporter &n) {
  Type result = n.resultElementType(), type = computationType(result);
  if (!type)
    return failure();
  Expr start = n.operand("self", type), end = n.operand("end", type);
  Expr weight = n.operand("weight", type), difference = end - start.get();
  Expr low = start + (weight * difference.get()).get();
  Expr one(n, n.scalar(type, 1));
  Expr high = end - (difference * (one - weight.get()).get()).get();
  return n.result((weight.abs() < 0.5).select(low, high).to(result));
}

//===----------------------------------------------------------------------===//
// Other types, other names
//===----------------------------------------------------------------------===//

static LogicalResult importToCopy(NodeImporter &n) {
  n.ignore({"dtype", "copy"});
  Type type = n.resultElementType();
  return type ? n.result(n.operand("self", type)) : failure();
}

/// PyTorch's own code for numbers that it made tensors writes it.
static LogicalResult importConvertElementType(NodeImporter &n) {
  n.ignore({"dtype"});
  Type type = n.resultElementType();
  return type ? n.result(n.operand("a", type)) : failure();
}

static LogicalResult importIdentity(NodeImporter &n) { return n.result(n.tensor("self")); }

/// The same, but constant to every derivative.
static LogicalResult importDetach(NodeImporter &n) {
  return n.result(stop({n, n.tensor("self")}));
}

/// The value of one tensor with the derivative of another.
static LogicalResult importRevise(NodeImporter &n) {
  Value self = n.tensor("self"), value = n.tensor("value");
  if (!self || !value)
    return failure();
  if (self.getType() != value.getType())
    value = n.broadcastTo(value, n.sizes(self));
  if (!value || self.getType() != value.getType())
    return n.emitError() << "'self' and 'value' are of different types";
  bool hasDerivative = isa<FloatType>(n.elementTypeOf(self));
  return n.result(hasDerivative ? n.create<grad::ReviseOp>(self.getType(), self, value) : value);
}

static void registerUnaryOps(OpTable &t) {
  t.add("aten.abs.default", importAbs);
  t.add("aten.neg.default", importUnary<dl::NegOp>);
  t.add("aten.exp.default", importUnary<dl::ExpOp>);
  t.add("aten.exp2.default", importExp2);
  t.add("aten.expm1.default", importUnary<dl::Expm1Op>);
  t.add("aten.log.default", importUnary<dl::LogOp>);
  t.add("aten.log1p.default", importUnary<dl::Log1pOp>);
  t.add("aten.log2.default", [](NodeImporter &n) { return importLogBase(n, 2); });
  t.add("aten.log10.default", [](NodeImporter &n) { return importLogBase(n, 10); });
  t.add("aten.sqrt.default", importUnary<dl::SqrtOp>);
  t.add("aten.rsqrt.default", importUnary<dl::RsqrtOp>);
  t.add("aten.reciprocal.default", importUnary<dl::ReciprocalOp>);
  t.add("aten.sin.default", importUnary<dl::SinOp>);
  t.add("aten.cos.default", importUnary<dl::CosOp>);
  t.add("aten.tan.default", importUnary<dl::TanOp>);
  t.add("aten.asin.default", importUnary<dl::AsinOp>);
  t.add("aten.acos.default", importUnary<dl::AcosOp>);
  t.add("aten.atan.default", importUnary<dl::AtanOp>);
  t.add("aten.sinh.default", importUnary<dl::SinhOp>);
  t.add("aten.cosh.default", importUnary<dl::CoshOp>);
  t.add("aten.tanh.default", importUnary<dl::TanhOp>);
  t.add("aten.asinh.default", importUnary<dl::AsinhOp>);
  t.add("aten.acosh.default", importUnary<dl::AcoshOp>);
  t.add("aten.atanh.default", importUnary<dl::AtanhOp>);
  t.add("aten.erf.default", importUnary<dl::ErfOp>);
  t.add("aten.erfinv.default", importUnary<dl::ErfInvOp>);
  t.add("aten.lgamma.default", importUnary<dl::LgammaOp>);
  t.add("aten.digamma.default", importUnary<dl::DigammaOp>);
  t.add("aten.sigmoid.default", importUnary<dl::SigmoidOp>);
  t.add("aten.floor.default", importRounding<dl::FloorOp>);
  t.add("aten.ceil.default", importRounding<dl::CeilOp>);
  t.add("aten.round.default", importRounding<dl::RoundOp>);
  t.add("aten.round.decimals", importRoundDecimals);
  t.add({"aten.trunc.default", "aten.fix.default"}, importRounding<dl::TruncOp>);
  t.add("aten.frac.default", importFrac);
  t.add({"aten.sign.default", "aten.sgn.default"}, importSign);
  t.add("aten.signbit.default", importSignbit);
  t.add("aten.sinc.default", importSinc);
  t.add("aten.rad2deg.default", importAngleScale<180, 1>);
  t.add("aten.deg2rad.default", importAngleScale<1, 180>);
  t.add("aten.bitwise_not.default", importBitwiseNot);
  t.add("aten.logical_not.default", importLogicalNot);
  t.add("aten.isnan.default", importFloatTest<dl::IsNanOp>);
  t.add("aten.isinf.default", importFloatTest<dl::IsInfOp>);
  t.add("aten.isposinf.default", importSignedInfinityTest<1>);
  t.add("aten.isneginf.default", importSignedInfinityTest<-1>);
}

static void registerBinaryOps(OpTable &t) {
  t.add({"aten.add.Tensor", "aten.add.Scalar"}, importAdditive<dl::AddOp>);
  t.add({"aten.sub.Tensor", "aten.sub.Scalar"}, importAdditive<dl::SubOp>);
  t.add({"aten.rsub.Tensor", "aten.rsub.Scalar"}, importAdditive<dl::SubOp, true>);
  t.add({"aten.mul.Tensor", "aten.mul.Scalar"}, importMul);
  t.add({"aten.div.Tensor", "aten.div.Scalar", "aten.div.Tensor_mode", "aten.div.Scalar_mode",
         "aten.true_divide.Tensor"},
        importDiv);
  t.add({"aten.floor_divide.default", "aten.floor_divide.Scalar"}, importFloorDivide);
  t.add({"aten.fmod.Tensor", "aten.fmod.Scalar"},
        [](NodeImporter &n) { return importRemainder(n, /*isFloored=*/false); });
  t.add({"aten.remainder.Tensor", "aten.remainder.Scalar", "aten.remainder.Scalar_Tensor"},
        [](NodeImporter &n) { return importRemainder(n, /*isFloored=*/true); });
  t.add({"aten.pow.Tensor_Tensor", "aten.pow.Tensor_Scalar", "aten.pow.Scalar"}, importPow);
  t.add({"aten.gcd.default", "prims.gcd.default"},
        [](NodeImporter &n) { return importCommon(n, /*isMultiple=*/false); });
  t.add("aten.lcm.default", [](NodeImporter &n) { return importCommon(n, /*isMultiple=*/true); });
  t.add("prims.div.default", importBinary<dl::DivOp>);
  t.add("aten.atan2.default", importBinary<dl::Atan2Op>);
  t.add({"aten.maximum.default"}, importExtremum<dl::MaxOp>);
  t.add({"aten.minimum.default"}, importExtremum<dl::MinOp>);
  t.add("aten.fmax.default", importIgnoringNan<dl::MaxOp>);
  t.add("aten.fmin.default", importIgnoringNan<dl::MinOp>);
  t.add("aten.hypot.default", importHypot);
  t.add({"aten.copysign.Tensor", "aten.copysign.Scalar"}, importCopysign);
  t.add({"aten.xlogy.Tensor", "aten.xlogy.Scalar_Other", "aten.xlogy.Scalar_Self"}, importXlogy);
  t.add({"aten.bitwise_and.Tensor", "aten.bitwise_and.Scalar", "aten.bitwise_and.Scalar_Tensor"},
        importBinary<dl::AndOp>);
  t.add({"aten.bitwise_or.Tensor", "aten.bitwise_or.Scalar", "aten.bitwise_or.Scalar_Tensor"},
        importBinary<dl::OrOp>);
  t.add({"aten.bitwise_xor.Tensor", "aten.bitwise_xor.Scalar", "aten.bitwise_xor.Scalar_Tensor"},
        importBinary<dl::XorOp>);
  t.add({"aten.bitwise_left_shift.Tensor", "aten.bitwise_left_shift.Tensor_Scalar",
         "aten.bitwise_left_shift.Scalar_Tensor", "aten.__lshift__.Tensor",
         "aten.__lshift__.Scalar"},
        importBinary<dl::ShiftLeftOp>);
  t.add({"aten.bitwise_right_shift.Tensor", "aten.bitwise_right_shift.Tensor_Scalar",
         "aten.bitwise_right_shift.Scalar_Tensor", "aten.__rshift__.Tensor",
         "aten.__rshift__.Scalar"},
        importBinary<dl::ShiftRightOp>);
  t.add({"aten.eq.Tensor", "aten.eq.Scalar"}, importCompare<Direction::eq>);
  t.add({"aten.ne.Tensor", "aten.ne.Scalar"}, importCompare<Direction::ne>);
  t.add({"aten.lt.Tensor", "aten.lt.Scalar"}, importCompare<Direction::lt>);
  t.add({"aten.le.Tensor", "aten.le.Scalar"}, importCompare<Direction::le>);
  t.add({"aten.gt.Tensor", "aten.gt.Scalar"}, importCompare<Direction::gt>);
  t.add({"aten.ge.Tensor", "aten.ge.Scalar"}, importCompare<Direction::ge>);
  t.add("aten.logical_and.default", importLogical<dl::AndOp>);
  t.add("aten.logical_or.default", importLogical<dl::OrOp>);
  t.add("aten.logical_xor.default", importLogical<dl::XorOp>);
}

void torch::registerElementwiseOps(OpTable &t) {
  registerUnaryOps(t);
  registerBinaryOps(t);
  t.add({"aten.where.self", "aten.where.ScalarSelf", "aten.where.ScalarOther",
         "aten.where.Scalar"},
        importWhere);
  t.add({"aten.clamp.default", "aten.clamp.Tensor", "aten.clamp_min.default",
         "aten.clamp_min.Tensor", "aten.clamp_max.default", "aten.clamp_max.Tensor"},
        importClamp);
  t.add("aten.addcmul.default", importAddcmul);
  t.add("aten.addcdiv.default", importAddcdiv);
  t.add("prims.fma.default", importFma);
  t.add({"aten.lerp.Scalar", "aten.lerp.Tensor"}, importLerp);

  t.add({"aten._to_copy.default", "aten.to.dtype", "aten.to.dtype_layout", "aten.to.device"},
        importToCopy);
  t.add("prims.convert_element_type.default", importConvertElementType);
  t.add({"aten.clone.default", "aten.alias.default", "aten.alias_copy.default",
         "aten.lift_fresh_copy.default", "aten.lift_fresh.default", "aten.contiguous.default",
         "aten.positive.default"},
        importIdentity);
  t.add({"aten.detach.default", "aten.detach_.default", "aten.detach_copy.default"}, importDetach);
  t.add("dlc.revise.default", importRevise);
}
