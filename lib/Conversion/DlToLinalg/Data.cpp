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
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, elements);
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

/// Row-major position of an element.
Value linearIndex(ImplicitLocOpBuilder &b, ArrayRef<Value> indices, ArrayRef<OpFoldResult> sizes) {
  Value position = indexConstant(b, 0);
  for (auto [index, size] : llvm::zip_equal(indices, sizes)) {
    position = arith::MulIOp::create(b, position, toValue(b, size));
    position = arith::AddIOp::create(b, position, index);
  }
  return arith::IndexCastOp::create(b, b.getI64Type(), position);
}

/// The key's two words, and a word of the generator's sequence.
struct Philox {
  Philox(ImplicitLocOpBuilder &b, Value key) {
    seed = tensor::ExtractOp::create(b, key, indexConstant(b, 0));
    stream = tensor::ExtractOp::create(b, key, indexConstant(b, 1));
  }
  Value word(ImplicitLocOpBuilder &b, Value position) const {
    return callRuntime(b, "dlc_math_philox_u32", {seed, stream, position}, b.getI32Type())
        .getResult(0);
  }
  /// The number in [0, 1) with 24 bits (f32) or 32 bits (f64) of a word.
  Value unit(ImplicitLocOpBuilder &b, Value position, Type type) const {
    Value bits = word(b, position);
    if (type.isF64()) {
      Value number = arith::UIToFPOp::create(b, type, bits);
      return arith::MulFOp::create(b, number, floatConstant(b, type, std::ldexp(1.0, -32)));
    }
    bits = arith::ShRUIOp::create(b, bits, intConstant(b, b.getI32Type(), 8));
    Value number = arith::UIToFPOp::create(b, type, bits);
    return arith::MulFOp::create(b, number, floatConstant(b, type, std::ldexp(1.0, -24)));
  }
  Value seed, stream;
};
} // namespace

void dlc::populateDlDataToLinalgPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerConstant, LowerIota, LowerSplat, LowerDimSize>(converter,
                                                                   patterns.getContext());
}
