//===- Data.cpp - constants and generated data ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

/// The elements as they lie in memory, of storage type; null where the attribute
/// holds none.
static ElementsAttr toStorageElements(ElementsAttr elements, RankedTensorType type) {
  Type element = elements.getElementType(), storage = type.getElementType();
  if (element == storage)
    return elements;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  if (auto dense = dyn_cast<DenseIntElementsAttr>(elements)) {
    unsigned width = storage.getIntOrFloatBitWidth();
    return dense.mapValues(storage, [&](const APInt &value) {
      return isUnsigned(element) ? value.zextOrTrunc(width) : value.sextOrTrunc(width);
    });
  }
  if (auto dense = dyn_cast<DenseFPElementsAttr>(elements))
    return dense.mapValues(storage, [&](const APFloat &value) {
      return value.bitcastToAPInt().zextOrTrunc(storage.getIntOrFloatBitWidth());
    });
  return nullptr;
}

namespace {
struct LowerConstant : OpConversionPattern<dl::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ConstantOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto elements = toStorageElements(op.getValue(), storageTensorType(op.getOutput()));
    if (!elements)
      return op.emitOpError("holds elements of an unknown form");
    bool isReturned =
        llvm::any_of(op->getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
    auto splat = dyn_cast<SplatElementsAttr>(elements);
    if (!isReturned || !splat) {
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, elements);
      return success();
    }
    // Written where it is wanted; a constant would lie in the artefact, to be copied.
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    auto type = storageTensorType(op.getOutput());
    Value element = arith::ConstantOp::create(b, splat.getSplatValue<TypedAttr>());
    rewriter.replaceOp(op, generate(b, type, *sizes, [&](ImplicitLocOpBuilder &, ArrayRef<Value>) {
                         return element;
                       }));
    return success();
  }
};

struct LowerIota : OpConversionPattern<dl::IotaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::IotaOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    Type element = elementOf(op.getOutput());
    Value result = generate(b, storageTensorType(op.getOutput()), *sizes,
                            [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> indices) {
                              Value value =
                                  convertElement(inner, indices[op.getDimension()],
                                                 inner.getIndexType(), element);
                              return toStorage(inner, value, element);
                            });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerSplat : OpConversionPattern<dl::SplatOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::SplatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    auto type = storageTensorType(op.getOutput());
    Value result =
        mapElements(b, type, *sizes, adaptor.getValue(),
                    AffineMap::get(type.getRank(), 0, b.getContext()),
                    [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerDimSize : OpConversionPattern<dl::DimSizeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::DimSizeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value size = toValue(b, getSize(b, adaptor.getInput(), op.getDimension()));
    Type element = elementOf(op.getOutput());
    size = convertElement(b, size, b.getIndexType(), element);
    auto type = storageTensorType(op.getOutput());
    rewriter.replaceOpWithNewOp<tensor::FromElementsOp>(op, type, size);
    return success();
  }
};

/// Draws the words that an element needs, for rng_uniform and rng_normal.
struct Random {
  Random(ImplicitLocOpBuilder &b, Value key, Type element) : element(element) {
    seed = tensor::ExtractOp::create(b, key, indexConstant(b, 0));
    stream = tensor::ExtractOp::create(b, key, indexConstant(b, 1));
  }
  Value word(ImplicitLocOpBuilder &b, Value position) const {
    return callRuntime(b, "dlc_math_philox_u32", {seed, stream, position}, b.getI32Type())
        .getResult(0);
  }
  /// A number in [0, 1): the word's upper 24 bits, or for f64 all 32.
  Value unit(ImplicitLocOpBuilder &b, Value position) const {
    Value bits = word(b, position);
    int width = element.isF64() ? 32 : 24;
    if (width == 24)
      bits = arith::ShRUIOp::create(b, bits, intConstant(b, b.getI32Type(), 8));
    Value number = arith::UIToFPOp::create(b, b.getF64Type(), bits);
    return arith::MulFOp::create(
        b, number, floatConstant(b, b.getF64Type(), std::ldexp(1.0, -width)));
  }
  Type element;
  Value seed, stream;
};
} // namespace

/// Row-major position of an element.
static Value getPosition(ImplicitLocOpBuilder &b, ArrayRef<Value> indices,
                         ArrayRef<OpFoldResult> sizes) {
  Value position = indexConstant(b, 0);
  for (auto [index, size] : llvm::zip_equal(indices, sizes)) {
    position = arith::MulIOp::create(b, position, toValue(b, size));
    position = arith::AddIOp::create(b, position, index);
  }
  return arith::IndexCastOp::create(b, b.getI64Type(), position);
}

/// The element of a scalar tensor, in its compute type or, for floats, f64.
static Value getScalar(ImplicitLocOpBuilder &b, Value tensor, Type element) {
  Value value = fromStorage(b, extractScalar(b, tensor), element);
  if (isa<FloatType>(element))
    return convertElement(b, value, getComputeType(element), b.getF64Type());
  return value;
}

static LogicalResult lowerUniform(dl::RngUniformOp op, dl::RngUniformOp::Adaptor adaptor,
                                  ConversionPatternRewriter &rewriter, ImplicitLocOpBuilder &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Type element = elementOf(op.getOutput());
  Random random(b, adaptor.getKey(), element);
  Value low = getScalar(b, adaptor.getLow(), element);
  Value high = getScalar(b, adaptor.getHigh(), element);
  Value range;
  if (isa<FloatType>(element)) {
    range = arith::SubFOp::create(b, high, low);
  } else {
    Type i64 = b.getI64Type();
    Type wide = isUnsigned(element) ? b.getIntegerType(64, false) : i64;
    low = convertElement(b, low, element, wide);
    range = arith::SubIOp::create(b, convertElement(b, high, element, wide), low);
    check(b,
          arith::CmpIOp::create(b, arith::CmpIPredicate::ne, range, intConstant(b, i64, 0)),
          "there is no random integer in an empty range");
  }
  Value result = generate(
      b, storageTensorType(op.getOutput()), *sizes,
      [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> indices) {
        Value position = getPosition(inner, indices, *sizes);
        if (isa<FloatType>(element)) {
          Value scaled = arith::MulFOp::create(inner, range, random.unit(inner, position));
          Value value = arith::AddFOp::create(inner, low, scaled);
          return toStorage(inner, convertElement(inner, value, inner.getF64Type(), element),
                           element);
        }
        Value word = arith::ExtUIOp::create(inner, inner.getI64Type(),
                                            random.word(inner, position));
        Value value =
            arith::AddIOp::create(inner, low, arith::RemUIOp::create(inner, word, range));
        return toStorage(inner, convertElement(inner, value, inner.getI64Type(), element),
                         element);
      });
  rewriter.replaceOp(op, result);
  return success();
}

static LogicalResult lowerNormal(dl::RngNormalOp op, dl::RngNormalOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, ImplicitLocOpBuilder &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Type element = elementOf(op.getOutput()), f64 = b.getF64Type();
  Random random(b, adaptor.getKey(), element);
  Value mean = getScalar(b, adaptor.getMean(), element);
  Value deviation = getScalar(b, adaptor.getStddev(), element);
  Value result = generate(
      b, storageTensorType(op.getOutput()), *sizes,
      [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> indices) {
        Value first = getPosition(inner, indices, *sizes), i64One;
        i64One = intConstant(inner, inner.getI64Type(), 1);
        first = arith::ShLIOp::create(inner, first, i64One);
        Value second = arith::AddIOp::create(inner, first, i64One);
        Value one = floatConstant(inner, f64, 1.0);
        Value rest = arith::SubFOp::create(inner, one, random.unit(inner, first));
        Value radius = arith::MulFOp::create(inner, floatConstant(inner, f64, -2.0),
                                             math::LogOp::create(inner, rest));
        radius = math::SqrtOp::create(inner, radius);
        Value angle = arith::MulFOp::create(inner, floatConstant(inner, f64, 2 * M_PI),
                                            random.unit(inner, second));
        Value value = arith::MulFOp::create(inner, radius, math::CosOp::create(inner, angle));
        value = arith::AddFOp::create(inner, mean,
                                      arith::MulFOp::create(inner, deviation, value));
        return toStorage(inner, convertElement(inner, value, f64, element), element);
      });
  rewriter.replaceOp(op, result);
  return success();
}

void dlc::populateDlDataToLinalgPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerConstant, LowerIota, LowerSplat, LowerDimSize>(converter,
                                                                   patterns.getContext());
  addLowering<dl::RngUniformOp>(patterns, converter, lowerUniform);
  addLowering<dl::RngNormalOp>(patterns, converter, lowerNormal);
}
