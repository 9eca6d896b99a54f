//===- Shape.cpp - ops that move whole tensors ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Broadcasts and transposes become indexing maps, which fuse into their
// consumers; reshapes become views; concatenation copies each operand into its
// place.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

namespace {
struct LowerReshape : OpConversionPattern<dl::ReshapeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ReshapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    OpFoldResult before = b.getIndexAttr(1), after = b.getIndexAttr(1);
    for (OpFoldResult size : getSizes(b, adaptor.getInput()))
      before = mulIndex(b, before, size);
    for (OpFoldResult size : *sizes)
      after = mulIndex(b, after, size);
    if (op.getShape())
      check(b,
            arith::CmpIOp::create(b, arith::CmpIPredicate::eq, toValue(b, before),
                                  toValue(b, after)),
            "the new shape of a reshape has another number of elements");
    auto type = storageTensorType(op.getOutput());
    rewriter.replaceOp(op, reshapeTensor(b, adaptor.getInput(), type, *sizes));
    return success();
  }
};

struct LowerBroadcast : OpConversionPattern<dl::BroadcastInDimOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::BroadcastInDimOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    auto type = storageTensorType(op.getOutput());
    auto inputType = cast<RankedTensorType>(adaptor.getInput().getType());
    ArrayRef<int64_t> dims = op.getBroadcastDimensions();
    // A dimension that is known to be repeated is dropped from the map; one that
    // is known to match is a loop; any other is asked at run time.
    SmallVector<AffineExpr> exprs;
    bool isKnown = true;
    for (auto [i, d] : llvm::enumerate(dims)) {
      int64_t from = inputType.getDimSize(i), to = type.getDimSize(d);
      if (from == 1)
        exprs.push_back(b.getAffineConstantExpr(0));
      else
        exprs.push_back(b.getAffineDimExpr(d));
      isKnown &= !ShapedType::isDynamic(from) || to == 1;
    }
    Value result;
    if (isKnown)
      result = mapElements(b, type, *sizes, adaptor.getInput(),
                           AffineMap::get(type.getRank(), 0, exprs, b.getContext()),
                           [](ImplicitLocOpBuilder &, ValueRange args) { return args[0]; });
    else
      result = broadcastDynamic(b, op, adaptor.getInput(), type, *sizes);
    rewriter.replaceOp(op, result);
    return success();
  }

  /// Each `?` dimension steps by 1, or by 0 where its size is 1.
  static Value broadcastDynamic(ImplicitLocOpBuilder &b, dl::BroadcastInDimOp op, Value input,
                                RankedTensorType type, ArrayRef<OpFoldResult> sizes) {
    auto inputType = cast<RankedTensorType>(input.getType());
    SmallVector<Value> isRepeated(inputType.getRank());
    Value one = indexConstant(b, 1);
    for (auto [i, d] : llvm::enumerate(op.getBroadcastDimensions())) {
      if (!inputType.isDynamicDim(i) || type.getDimSize(d) == 1)
        continue;
      Value size = toValue(b, getSize(b, input, i));
      isRepeated[i] = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, one);
      Value matches =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, toValue(b, sizes[d]));
      check(b, arith::OrIOp::create(b, isRepeated[i], matches),
            "the sizes of a broadcast don't match");
    }
    return generate(b, type, sizes, [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> indices) {
      Value zero = indexConstant(inner, 0);
      SmallVector<Value> position;
      for (auto [i, d] : llvm::enumerate(op.getBroadcastDimensions())) {
        if (isRepeated[i])
          position.push_back(
              arith::SelectOp::create(inner, isRepeated[i], zero, indices[d]));
        else
          position.push_back(inputType.getDimSize(i) == 1 ? zero : indices[d]);
      }
      return tensor::ExtractOp::create(inner, input, position).getResult();
    });
  }
};

struct LowerTranspose : OpConversionPattern<dl::TransposeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::TransposeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value result = transposeTensor(b, adaptor.getInput(), op.getPermutation());
    auto type = storageTensorType(op.getOutput());
    if (result.getType() != type)
      result = tensor::CastOp::create(b, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerReverse : OpConversionPattern<dl::ReverseOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ReverseOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value input = adaptor.getInput();
    SmallVector<OpFoldResult> sizes = getSizes(b, input);
    SmallVector<Value> last(sizes.size());
    for (int64_t d : op.getDimensions())
      last[d] = toValue(b, subIndex(b, sizes[d], b.getIndexAttr(1)));
    Value result = generate(b, storageTensorType(op.getOutput()), sizes,
                            [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> indices) {
                              SmallVector<Value> position(indices);
                              for (int64_t d : op.getDimensions())
                                position[d] =
                                    arith::SubIOp::create(inner, last[d], indices[d]);
                              return tensor::ExtractOp::create(inner, input, position)
                                  .getResult();
                            });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerConcat : OpConversionPattern<dl::ConcatOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dl::ConcatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto sizes = getOnlyResultSizes(b, op);
    if (failed(sizes))
      return failure();
    auto type = storageTensorType(op.getOutput());
    int64_t dimension = op.getDimension();
    Value result = emptyTensor(b, type, *sizes);
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
    for (Value input : adaptor.getInputs()) {
      SmallVector<OpFoldResult> extent = *sizes;
      extent[dimension] = getSize(b, input, dimension);
      auto inputType = cast<RankedTensorType>(input.getType());
      SmallVector<int64_t> shape;
      for (OpFoldResult size : extent)
        shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
      if (auto wanted = inputType.clone(shape); wanted != inputType)
        input = tensor::CastOp::create(b, wanted, input);
      result = insertSlice(b, input, result, offsets, strides);
      offsets[dimension] = addIndex(b, offsets[dimension], extent[dimension]);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void dlc::populateDlShapeToLinalgPatterns(const TypeConverter &converter,
                                          RewritePatternSet &patterns) {
  patterns.add<LowerReshape, LowerBroadcast, LowerTranspose, LowerReverse, LowerConcat>(
      converter, patterns.getContext());
}
