//===- FloatParts.cpp - ATen's ops on the bits of floats -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

static Expr asFloat(NodeImporter &n, Expr bits, Type type) {
  if (!bits)
    return bits;
  return {n, n.create<dl::BitcastOp>(n.type(bits).clone(type), bits.get())};
}

/// The nearest number in the direction of `other`: the bits plus or minus 1. Where it is
/// another its derivative is that of the number it is next to, x − x less.
static LogicalResult importNextAfter(NodeImporter &n) {
  Type type = n.resultElementType();
  if (!type)
    return failure();
  auto [x, y] = broadcast(n.operand("self", type), n.operand("other", type));
  Expr bits = bitsOf(x);
  if (!bits)
    return failure();
  Type integer = n.elementTypeOf(bits);
  Expr one(n, n.scalarInt(integer, 1)), back(n, n.scalarInt(integer, -1));
  Expr isAway = (y > x.get()).eq((x > 0.0).get());
  Expr next = asFloat(n, bits + isAway.select(one, back).get(), type);
  Expr least = copysign(asFloat(n, {n, n.splatLike(bits, one)}, type), y);
  Expr value = x.eq(0.0).select(least, next);
  value = x.eq(y.get()).select(y, value);
  value = x.isNan().select(x, y.isNan().select(y, value));
  Expr none = stop(x) - x.get(), moves = ~x.eq(y.get()) & (x.abs() < INFINITY).get();
  return n.result(stop(value) - moves.select(none, 0.0).get());
}

/// A mantissa in [½, 1) and an exponent, whose bits the number has; one too small for that
/// is scaled up before. The mantissa is a product with a power of 2, so that it has its
/// derivative: of ¼ of the number, so that the power stays in range.
static LogicalResult importFrexp(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  auto type = dyn_cast<FloatType>(n.elementTypeOf(self));
  if (!type)
    return n.emitError() << "its input isn't of floats";
  const llvm::fltSemantics &format = type.getFloatSemantics();
  int digits = llvm::APFloat::semanticsPrecision(format) - 1;
  int bias = llvm::APFloat::semanticsMaxExponent(format);
  int64_t mask = (int64_t(1) << (type.getWidth() - 1 - digits)) - 1;
  Expr x(n, self);
  Expr isTiny = x.abs() < std::ldexp(1.0, llvm::APFloat::semanticsMinExponent(format) + 2);
  Expr scaled = isTiny.select(x * std::ldexp(1.0, digits + 1), x), bits = bitsOf(scaled);
  if (!bits)
    return failure();
  Type integer = n.elementTypeOf(bits), i32 = n.getBuilder().getI32Type();
  auto word = [&](int64_t value) { return n.scalarInt(integer, value); };
  Expr field = bits.binary<dl::ShiftRightOp>(word(digits)) & word(mask);
  Expr exponent = field.to(i32) - double(bias - 1);
  exponent = isTiny.select(exponent - double(digits + 1), exponent);
  Expr power = (-field + word(2 * bias + 1)).binary<dl::ShiftLeftOp>(word(digits));
  Expr mantissa = scaled * 0.25 * asFloat(n, power, type).get();
  Expr isWhole = x.eq(0.0) | x.isNan().get() | x.abs().eq(INFINITY).get();
  return n.results({isWhole.select(x, mantissa).get(),
                    isWhole.select(n.scalarInt(i32, 0), exponent).get()});
}

void torch::registerFloatPartOps(OpTable &t) {
  t.add("aten.nextafter.default", importNextAfter);
  t.add("aten.frexp.Tensor", importFrexp);
}
