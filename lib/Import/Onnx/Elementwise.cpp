//===- Elementwise.cpp - ONNX ops that work element by element --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

template <typename OpTy>
static LogicalResult importUnary(NodeImporter &n) {
  return n.result(n.infer<OpTy>(n.input(0)));
}

static LogicalResult importAbs(NodeImporter &n) {
  Value x = n.input(0);
  return n.result(n.isUnsigned(x) ? x : n.infer<dl::AbsOp>(x));
}

static LogicalResult importIsInf(NodeImporter &n) {
  Value x = n.input(0);
  bool negative = n.boolAttr("detect_negative", true);
  bool positive = n.boolAttr("detect_positive", true);
  if (negative && positive)
    return n.result(n.infer<dl::IsInfOp>(x));
  if (!n.requireFloat(x, "input 0"))
    return failure();
  Type i1 = n.getBuilder().getI1Type();
  if (!negative && !positive)
    return n.result(n.splatLike(x, n.scalar(i1, 0)));
  Value isInf = n.infer<dl::IsInfOp>(x);
  Value side = n.compare(positive ? Direction::gt : Direction::lt, x, n.splatLike(x, 0.0));
  return n.result(n.infer<dl::AndOp>(isInf, side));
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

/// Before opset 7, with `broadcast` the second operand's dimensions are those of
/// the first from `axis` on, by default the last.
static void alignAtAxis(NodeImporter &n, Value a, Value &b) {
  n.ignoreAttr("consumed_inputs");
  if (!n.boolAttr("broadcast") || !n.hasAttr("axis"))
    return;
  std::optional<int64_t> axis = n.axisAttr("axis", 0, n.rankOf(a));
  int64_t missing = axis ? n.rankOf(a) - *axis - n.rankOf(b) : 0;
  if (missing < 0)
    n.emitError() << "an input of type " << n.type(b) << " doesn't fit at axis " << *axis;
  else if (missing > 0)
    b = n.unsqueeze(b, llvm::to_vector(
                           llvm::seq<int64_t>(n.rankOf(b), n.rankOf(b) + missing)));
}

/// The two inputs at their common shape; false after reporting an error.
static bool getOperands(NodeImporter &n, Value &a, Value &b) {
  a = n.inputBeside(0, 1);
  b = n.inputBeside(1, 0);
  if (n.opset() < 7)
    alignAtAxis(n, a, b);
  return !n.hasFailed() && n.requireSameElementType(a, b) && n.broadcast(a, b);
}

template <typename OpTy>
static LogicalResult importBinary(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  return n.result(n.infer<OpTy>(a, b));
}

/// Ops of booleans: And, Or, Xor.
template <typename OpTy>
static LogicalResult importLogical(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  if (!n.isBool(a))
    return n.emitError() << "its inputs are of type " << n.elementTypeOf(a) << ", not boolean";
  return n.result(n.infer<OpTy>(a, b));
}

/// Ops of integers: BitwiseAnd, BitwiseOr, BitwiseXor.
template <typename OpTy>
static LogicalResult importBitwise(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  if (!isa<IntegerType>(n.elementTypeOf(a)) || n.isBool(a))
    return n.emitError() << "its inputs are of type " << n.elementTypeOf(a)
                         << ", not an integer type";
  return n.result(n.infer<OpTy>(a, b));
}

template <Direction direction>
static LogicalResult importCompare(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  return n.result(n.compare(direction, a, b));
}

/// All inputs at their common shape, combined from left to right.
template <typename OpTy>
static Value combineAll(NodeImporter &n) {
  SmallVector<Value> values = n.inputsFrom(0);
  if (values.empty())
    return {};
  for (Value value : values)
    if (!n.requireSameElementType(values.front(), value))
      return {};
  if (!n.broadcastTogether(values))
    return {};
  Value result = values.front();
  for (Value value : ArrayRef(values).drop_front())
    result = n.infer<OpTy>(result, value);
  return result;
}

template <typename OpTy>
static LogicalResult importVariadic(NodeImporter &n) {
  return n.result(combineAll<OpTy>(n));
}

static LogicalResult importMean(NodeImporter &n) {
  Value sum = combineAll<dl::AddOp>(n);
  if (!n.requireFloat(sum, "its inputs"))
    return failure();
  return n.result(n.infer<dl::DivOp>(sum, n.splatLike(sum, n.numInputs())));
}

static LogicalResult importMod(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  bool isC = n.boolAttr("fmod");
  Value remainder = n.infer<dl::RemOp>(a, b);
  if (isC || n.isUnsigned(a))
    return n.result(remainder);
  // Python's: the sign is the divisor's.
  Value zero = n.splatLike(a, 0.0);
  Value differs = n.infer<dl::XorOp>(n.compare(Direction::lt, remainder, zero),
                                     n.compare(Direction::lt, b, zero));
  Value adjust = n.infer<dl::AndOp>(differs, n.compare(Direction::ne, remainder, zero));
  return n.result(n.infer<dl::SelectOp>(adjust, n.infer<dl::AddOp>(remainder, b), remainder));
}

static LogicalResult importPow(NodeImporter &n) {
  Value x = n.input(0), y = n.input(1);
  Type type = n.elementTypeOf(x);
  if (n.opset() < 7)
    alignAtAxis(n, x, y);
  if (n.hasFailed())
    return failure();
  if (n.constantFloat(y) == 2.0 && n.rankOf(y) <= n.rankOf(x))
    return n.result(n.infer<dl::MulOp>(x, x));
  if (!n.broadcast(x, y))
    return failure();
  auto xFloat = dyn_cast<FloatType>(type), yFloat = dyn_cast<FloatType>(n.elementTypeOf(y));
  if (xFloat) {
    // In the wider of two floating-point types; integers become the base's.
    Type wide = yFloat && yFloat.getWidth() > xFloat.getWidth() ? yFloat : xFloat;
    return n.result(
        n.convert(n.infer<dl::PowOp>(n.convert(x, wide), n.convert(y, wide)), type));
  }
  if (!yFloat)
    return n.result(n.infer<dl::PowOp>(x, n.convert(y, type)));
  // An integer to a fractional power, truncated; whole powers stay exact.
  Type f64 = n.getBuilder().getF64Type();
  Value whole = n.infer<dl::PowOp>(x, n.convert(y, type));
  Value broken = n.convert(n.infer<dl::PowOp>(n.convert(x, f64), n.convert(y, f64)), type);
  Value isWhole = n.compare(Direction::eq, y, n.infer<dl::TruncOp>(y));
  return n.result(n.infer<dl::SelectOp>(isWhole, whole, broken));
}

static LogicalResult importBitShift(NodeImporter &n) {
  Value a, b;
  if (!getOperands(n, a, b))
    return failure();
  std::string direction = n.stringAttr("direction", "");
  if (direction == "LEFT")
    return n.result(n.infer<dl::ShiftLeftOp>(a, b));
  if (direction == "RIGHT")
    return n.result(n.infer<dl::ShiftRightOp>(a, b));
  return n.emitError() << "attribute 'direction' must be LEFT or RIGHT, not '" << direction << "'";
}

//===----------------------------------------------------------------------===//
// Selection and limits
//===----------------------------------------------------------------------===//

static LogicalResult importWhere(NodeImporter &n) {
  Value condition = n.input(0), x = n.input(1), y = n.input(2);
  if (!n.requireSameElementType(x, y))
    return failure();
  if (!n.isBool(condition))
    return n.emitError() << "the condition is of type " << n.elementTypeOf(condition)
                         << ", not boolean";
  if (!n.broadcast(condition, x, y))
    return failure();
  return n.result(n.infer<dl::SelectOp>(condition, x, y));
}

static LogicalResult importClip(NodeImporter &n) {
  Value x = n.input(0), low, high;
  if (n.opset() < 11) {
    if (n.hasAttr("min"))
      low = n.scalar(n.elementTypeOf(x), n.floatAttr("min", 0));
    if (n.hasAttr("max"))
      high = n.scalar(n.elementTypeOf(x), n.floatAttr("max", 0));
  } else {
    low = n.input(1);
    high = n.input(2);
  }
  for (Value *limit : {&low, &high}) {
    if (!*limit)
      continue;
    if (!n.requireSameElementType(x, *limit))
      return failure();
    *limit = n.reshape(*limit, ArrayRef<int64_t>{});
  }
  if (low && high)
    return n.result(n.infer<dl::ClampOp>(low, x, high));
  if (low)
    x = n.infer<dl::MaxOp>(x, n.splatLike(x, low));
  if (high)
    x = n.infer<dl::MinOp>(x, n.splatLike(x, high));
  return n.result(x);
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// x as a power of two, the only numbers an f8E8M0FNU has, so that converting it
/// is exact. Works on the bits of an f32: the mantissa is rounded away.
static Value roundToPowerOfTwo(NodeImporter &n, Value x, StringRef mode) {
  OpBuilder &b = n.getBuilder();
  Value wide = n.convert(x, b.getF32Type());
  if (!wide)
    return {};
  RankedTensorType bitsType = n.type(wide).clone(b.getIntegerType(32));
  Value bits = n.create<dl::BitcastOp>(bitsType, wide);
  auto splat = [&](int64_t value) {
    return n.splatLike(bits, n.scalarInt(b.getIntegerType(32), value));
  };
  int64_t bias = mode == "up" ? 0x7fffff : mode == "nearest" ? 0x400000 : 0;
  Value rounded = n.infer<dl::AndOp>(n.infer<dl::AddOp>(bits, splat(bias)), splat(0x7f800000));
  // What would become infinity is the largest power, 2^127; NaN stays.
  Value largest = n.infer<dl::MinOp>(rounded, splat(0x7f000000));
  Value power = n.create<dl::BitcastOp>(n.type(wide), largest);
  return n.infer<dl::SelectOp>(n.infer<dl::IsNanOp>(wide), wide, power);
}

static LogicalResult castTo(NodeImporter &n, Type to) {
  Value x = n.input(0);
  bool saturate = n.boolAttr("saturate", true);
  std::string mode = n.stringAttr("round_mode", "up");
  if (!to || n.hasFailed())
    return failure();
  if (mode != "up" && mode != "down" && mode != "nearest")
    return n.emitError() << "attribute 'round_mode' must be up, down or nearest, not '" << mode
                         << "'";
  if (isa<Float8E8M0FNUType>(to) && n.isFloat(x) && n.elementTypeOf(x) != to)
    x = roundToPowerOfTwo(n, x, mode);
  if (!x) // an attribute was wrong
    return failure();
  // ONNX's integers below a byte wrap, where dl.convert saturates.
  if (n.isFloat(x) && to.isInteger() && to.getIntOrFloatBitWidth() < 8 && !to.isInteger(1))
    x = n.convert(x, n.getBuilder().getI32Type());
  // Only the 8-bit and narrower floating-point types saturate.
  auto floatType = dyn_cast<FloatType>(to);
  return n.result(n.convert(x, to, saturate && floatType && floatType.getWidth() <= 8));
}

static LogicalResult importCast(NodeImporter &n) { return castTo(n, n.elementTypeAttr("to")); }

static LogicalResult importCastLike(NodeImporter &n) {
  const ImportedValue *like = n.rawInput(1);
  bool isTensor = like && (like->isTensor() || like->isEitherRank());
  return castTo(n, n.elementTypeOf(isTensor ? like->tensor : n.input(1)));
}

static LogicalResult importBitCast(NodeImporter &n) {
  Value x = n.input(0);
  Type to = n.elementTypeAttr("to");
  if (!to)
    return failure();
  auto widthOf = [](Type type) { // ONNX's booleans take a byte
    return type.isInteger(1) ? 8 : type.getIntOrFloatBitWidth();
  };
  if (widthOf(to) != widthOf(n.elementTypeOf(x)))
    return n.emitError() << "attribute 'to' names type " << to << ", which isn't as wide as "
                         << n.elementTypeOf(x);
  if (to == n.elementTypeOf(x))
    return n.result(x);
  if (to.isInteger(1))
    return n.result(n.convert(n.create<dl::BitcastOp>(n.type(x).clone(n.getBuilder().getIntegerType(
                                  8, /*isSigned=*/false)), x), to));
  if (n.isBool(x)) // a byte that is 0 or 1
    return n.result(n.convert(x, to));
  return n.result(n.create<dl::BitcastOp>(n.type(x).clone(to), x));
}

void dlc::onnx::registerElementwiseOps(OpTable &t) {
  t.add("Abs", 1, 1, importAbs);
  t.add("Acos", 7, 1, importUnary<dl::AcosOp>);
  t.add("Acosh", 9, 1, importUnary<dl::AcoshOp>);
  t.add("Add", 1, 2, importBinary<dl::AddOp>);
  t.add("And", 1, 2, importLogical<dl::AndOp>);
  t.add("Asin", 7, 1, importUnary<dl::AsinOp>);
  t.add("Asinh", 9, 1, importUnary<dl::AsinhOp>);
  t.add("Atan", 7, 1, importUnary<dl::AtanOp>);
  t.add("Atanh", 9, 1, importUnary<dl::AtanhOp>);
  t.add("BitCast", 26, 1, importBitCast);
  t.add("BitShift", 11, 2, importBitShift);
  t.add("BitwiseAnd", 18, 2, importBitwise<dl::AndOp>);
  t.add("BitwiseNot", 18, 1, importUnary<dl::NotOp>);
  t.add("BitwiseOr", 18, 2, importBitwise<dl::OrOp>);
  t.add("BitwiseXor", 18, 2, importBitwise<dl::XorOp>);
  t.add("Cast", 6, 1, importCast);
  t.add("CastLike", 15, 2, importCastLike);
  t.add("Ceil", 1, 1, importUnary<dl::CeilOp>);
  t.add("Clip", 1, {1, 3}, importClip);
  t.add("Cos", 7, 1, importUnary<dl::CosOp>);
  t.add("Cosh", 9, 1, importUnary<dl::CoshOp>);
  t.add("Div", 1, 2, importBinary<dl::DivOp>);
  t.add("Equal", 1, 2, importCompare<Direction::eq>);
  t.add("Erf", 9, 1, importUnary<dl::ErfOp>);
  t.add("Exp", 1, 1, importUnary<dl::ExpOp>);
  t.add("Floor", 1, 1, importUnary<dl::FloorOp>);
  t.add("Greater", 1, 2, importCompare<Direction::gt>);
  t.add("GreaterOrEqual", 12, 2, importCompare<Direction::ge>);
  t.add("IsInf", 10, 1, importIsInf);
  t.add("IsNaN", 9, 1, importUnary<dl::IsNanOp>);
  t.add("Less", 1, 2, importCompare<Direction::lt>);
  t.add("LessOrEqual", 12, 2, importCompare<Direction::le>);
  t.add("Log", 1, 1, importUnary<dl::LogOp>);
  t.add("Max", 1, {1, Arity::kVariadic}, importVariadic<dl::MaxOp>);
  t.add("Mean", 1, {1, Arity::kVariadic}, importMean);
  t.add("Min", 1, {1, Arity::kVariadic}, importVariadic<dl::MinOp>);
  t.add("Mod", 10, 2, importMod);
  t.add("Mul", 1, 2, importBinary<dl::MulOp>);
  t.add("Neg", 1, 1, importUnary<dl::NegOp>);
  t.add("Not", 1, 1, importUnary<dl::NotOp>);
  t.add("Or", 1, 2, importLogical<dl::OrOp>);
  t.add("Pow", 1, 2, importPow);
  t.add("Reciprocal", 1, 1, importUnary<dl::ReciprocalOp>);
  t.add("Round", 11, 1, importUnary<dl::RoundOp>);
  t.add("Sign", 9, 1, importUnary<dl::SignOp>);
  t.add("Sin", 7, 1, importUnary<dl::SinOp>);
  t.add("Sinh", 9, 1, importUnary<dl::SinhOp>);
  t.add("Sqrt", 1, 1, importUnary<dl::SqrtOp>);
  t.add("Sub", 1, 2, importBinary<dl::SubOp>);
  t.add("Sum", 1, {1, Arity::kVariadic}, importVariadic<dl::AddOp>);
  t.add("Tan", 7, 1, importUnary<dl::TanOp>);
  t.add("Where", 9, 3, importWhere);
  t.add("Xor", 1, 2, importLogical<dl::XorOp>);
}
