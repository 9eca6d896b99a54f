//===- Quant.cpp - quantised numbers --------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Expr.h"
#include "Linear.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

//===----------------------------------------------------------------------===//
// QuantizeLinear, DequantizeLinear
//===----------------------------------------------------------------------===//

/// A scale or zero point in dl's form: a scalar where it has one element.
static Value parameter(NodeImporter &n, Value v, int64_t blockSize) {
  if (!v || blockSize > 0 || n.rankOf(v) != 1 || n.shapeOf(v)[0] != 1)
    return v;
  return n.reshape(v, ArrayRef<int64_t>{});
}

namespace {
struct Granularity {
  int64_t axis = 0, blockSize = 0;
};
} // namespace

static std::optional<Granularity> readGranularity(NodeImporter &n, Value x, Value scale) {
  Granularity g;
  g.blockSize = n.intAttr("block_size", 0);
  int64_t axis = n.intAttr("axis", 1);
  if (!x || !scale || n.hasFailed())
    return std::nullopt;
  if (g.blockSize < 0) {
    n.emitError() << "block_size must not be negative but is " << g.blockSize;
    return std::nullopt;
  }
  bool perTensor = g.blockSize == 0 &&
                   (n.rankOf(scale) == 0 || (n.rankOf(scale) == 1 && n.shapeOf(scale)[0] == 1));
  if (perTensor)
    return g; // the axis doesn't matter, and needn't be one of x's
  auto normal = n.normalizeAxis(axis, n.rankOf(x));
  if (!normal)
    return std::nullopt;
  g.axis = *normal;
  return g;
}

static LogicalResult importQuantizeLinear(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), zeroPoint = n.input(2);
  auto granularity = readGranularity(n, x, scale);
  bool saturate = n.boolAttr("saturate", true);
  int64_t dtype = n.intAttr("output_dtype", 0), precision = n.intAttr("precision", 0);
  if (!granularity || n.hasFailed())
    return failure();
  Type type = n.getBuilder().getIntegerType(8, /*isSigned=*/false);
  if (zeroPoint)
    type = n.elementTypeOf(zeroPoint);
  else if (dtype)
    type = n.elementType(dtype);
  if (!type)
    return failure();
  if (precision) {
    Type wide = n.elementType(precision);
    if (!wide)
      return failure();
    x = n.convert(x, wide);
    scale = n.convert(scale, wide);
  }
  // dl divides floating-point numbers, of the scale's type.
  if (!n.isFloat(x))
    x = n.convert(x, n.elementTypeOf(scale));
  else if (n.elementTypeOf(x) != n.elementTypeOf(scale)) {
    Type f32 = n.getBuilder().getF32Type();
    x = n.convert(x, f32);
    scale = n.convert(scale, f32);
  }
  scale = parameter(n, scale, granularity->blockSize);
  zeroPoint = parameter(n, zeroPoint, granularity->blockSize);
  return n.result(n.create<dl::QuantizeOp>(n.tensorType(n.shapeOf(x), type), x, scale, zeroPoint,
                                           granularity->axis, granularity->blockSize, saturate));
}

static LogicalResult importDequantizeLinear(NodeImporter &n) {
  Value x = n.input(0), scale = n.input(1), zeroPoint = n.input(2);
  auto granularity = readGranularity(n, x, scale);
  int64_t dtype = n.intAttr("output_dtype", 0);
  if (!granularity || n.hasFailed())
    return failure();
  Type type = dtype ? n.elementType(dtype) : n.elementTypeOf(scale);
  if (!type)
    return failure();
  if (!isa<FloatType>(type))
    return n.emitError() << "output_dtype must be a floating-point type";
  // A scale without a sign or fraction (f8E8M0) multiplies as a wider one.
  Type f32 = n.getBuilder().getF32Type();
  if (n.elementTypeOf(scale).getIntOrFloatBitWidth() < 16)
    scale = n.convert(scale, f32);
  scale = parameter(n, scale, granularity->blockSize);
  zeroPoint = parameter(n, zeroPoint, granularity->blockSize);
  Value y = n.create<dl::DequantizeOp>(n.tensorType(n.shapeOf(x), n.elementTypeOf(scale)), x,
                                       scale, zeroPoint, granularity->axis,
                                       granularity->blockSize);
  return n.result(y ? n.convert(y, type) : y);
}

/// scale = (max(x, 0) − min(x, 0)) / 255, zero point = −min / scale.
static LogicalResult importDynamicQuantizeLinear(NodeImporter &n) {
  Value x = n.input(0);
  if (!x || !n.requireFloat(x, "x"))
    return failure();
  Type ui8 = n.getBuilder().getIntegerType(8, /*isSigned=*/false);
  Expr input(n, x);
  SmallVector<int64_t> all = dimRange(0, n.rankOf(x));
  Expr high = input.maximum(all, false).max(0.0);
  Expr low = input.reduce(dl::ReductionKind::min, all, false).min(0.0);
  Expr range = high - low.get();
  Expr scale = range.eq(0.0).select(n.scalar(n.elementTypeOf(x), 1), range) / 255.0;
  Expr zeroPoint = (-low / scale.get()).max(0.0).min(255.0).round().to(ui8);
  Value y = n.create<dl::QuantizeOp>(n.tensorType(n.shapeOf(x), ui8), x, scale.get(),
                                     zeroPoint.get());
  return n.results({y, scale, zeroPoint});
}

//===----------------------------------------------------------------------===//
// Integer products
//===----------------------------------------------------------------------===//

/// Where a per-row, per-column or per-filter vector belongs.
enum class Spread { Rows, Columns, Filters };

/// A scalar or vector parameter in a shape that broadcasts against a tensor of
/// rank `rank`.
static Value spread(NodeImporter &n, Value v, Spread how, int64_t rank) {
  if (!v || n.rankOf(v) != 1)
    return v;
  if (n.shapeOf(v)[0] == 1)
    return n.reshape(v, ArrayRef<int64_t>{});
  switch (how) {
  case Spread::Rows:
    return n.unsqueeze(v, {1});
  case Spread::Columns:
    return v;
  case Spread::Filters:
    return n.unsqueeze(v, dimRange(1, rank));
  }
  llvm_unreachable("unknown spread");
}

/// x − zero point, as i32.
static Value withoutZeroPoint(NodeImporter &n, Value x, Value zeroPoint, Spread how) {
  if (!x)
    return {};
  Type i32 = n.getBuilder().getI32Type();
  Expr wide = Expr(n, x).to(i32);
  if (!zeroPoint)
    return wide;
  return wide - Expr(n, spread(n, zeroPoint, how, n.rankOf(x))).to(i32).get();
}

static LogicalResult importMatMulInteger(NodeImporter &n) {
  Value a = withoutZeroPoint(n, n.input(0), n.input(2), Spread::Rows);
  Value b = withoutZeroPoint(n, n.input(1), n.input(3), Spread::Columns);
  return n.result(matmul(n, a, b));
}

static LogicalResult importConvInteger(NodeImporter &n) {
  Value x = withoutZeroPoint(n, n.input(0), n.input(2), Spread::Columns);
  Value w = withoutZeroPoint(n, n.input(1), n.input(3), Spread::Filters);
  return n.result(convolve(n, x, w, {}, n.getBuilder().getI32Type()));
}

/// saturate(round(sums · scaleA · scaleB / scaleY) + zeroPoint)
static Value requantize(NodeImporter &n, Value sums, Value scaleA, Value scaleB, Value scaleY,
                        Value zeroPoint) {
  if (!sums || !scaleA || !scaleB || !scaleY || !zeroPoint)
    return {};
  Type f32 = n.getBuilder().getF32Type(), type = n.elementTypeOf(zeroPoint);
  auto wide = [&](Value v) { return Expr(n, v).to(f32); };
  Expr real = wide(sums) * (wide(scaleA) * wide(scaleB).get() / wide(scaleY).get()).get();
  if (!real)
    return {};
  auto isScalar = [&](Value v) { return n.rankOf(v) == 0; };
  if (isScalar(zeroPoint))
    return n.create<dl::QuantizeOp>(n.tensorType(n.shapeOf(real), type), real.get(),
                                    n.scalar(f32, 1), zeroPoint);
  double low = type.isUnsignedInteger() ? 0 : llvm::minIntN(type.getIntOrFloatBitWidth());
  double high = type.isUnsignedInteger() ? llvm::maxUIntN(type.getIntOrFloatBitWidth())
                                         : llvm::maxIntN(type.getIntOrFloatBitWidth());
  return (real.round() + wide(zeroPoint).get()).max(low).min(high).to(type);
}

static LogicalResult importQLinearMatMul(NodeImporter &n) {
  Value a = n.input(0), b = n.input(3);
  if (!a || !b)
    return failure();
  int64_t rank = std::max(n.rankOf(a), n.rankOf(b));
  Value sums;
  if (n.isFloat(a)) { // f8, which has no zero point
    Type f32 = n.getBuilder().getF32Type();
    sums = matmul(n, n.convert(a, f32), n.convert(b, f32));
  } else {
    sums = matmul(n, withoutZeroPoint(n, a, n.input(2), Spread::Rows),
                  withoutZeroPoint(n, b, n.input(5), Spread::Columns));
  }
  return n.result(requantize(n, sums, spread(n, n.input(1), Spread::Rows, rank),
                             spread(n, n.input(4), Spread::Columns, rank),
                             spread(n, n.input(6), Spread::Rows, rank),
                             spread(n, n.input(7), Spread::Rows, rank)));
}

static LogicalResult importQLinearConv(NodeImporter &n) {
  Value x = n.input(0), w = n.input(3);
  if (!x || !w)
    return failure();
  int64_t rank = n.rankOf(w);
  Value sums = convolve(n, withoutZeroPoint(n, x, n.input(2), Spread::Columns),
                        withoutZeroPoint(n, w, n.input(5), Spread::Filters), n.input(8),
                        n.getBuilder().getI32Type());
  // A scale per filter belongs to the result's dimension 1.
  Value scaleW = n.input(4);
  if (scaleW && n.rankOf(scaleW) == 1)
    scaleW = spread(n, scaleW, Spread::Filters, rank - 1);
  auto scalar = [&](unsigned i) { return parameter(n, n.input(i), 0); };
  return n.result(requantize(n, sums, scalar(1), scaleW, scalar(6), scalar(7)));
}

void dlc::onnx::registerQuantOps(OpTable &table) {
  table.add("ConvInteger", 10, {2, 4}, importConvInteger);
  table.add("DequantizeLinear", 10, {2, 3}, importDequantizeLinear);
  table.add("DynamicQuantizeLinear", 11, 1, importDynamicQuantizeLinear);
  table.add("MatMulInteger", 10, {2, 4}, importMatMulInteger);
  table.add("QLinearConv", 10, {8, 9}, importQLinearConv);
  table.add("QLinearMatMul", 10, 8, importQLinearMatMul);
  table.add("QuantizeLinear", 10, {2, 3}, importQuantizeLinear);
}
