//===- Quantization.cpp - decompositions of quantize and dequantize -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

/// A scale or zero point spread over x: it has one element per tensor, per
/// index of `axis`, or per block of `block` elements along `axis`.
static Value spread(TensorBuilder &b, Value parameter, Value x, int64_t axis, int64_t block) {
  int64_t rank = getTensorType(parameter).getRank();
  if (block == 0)
    return rank == 0 ? b.broadcastLike(parameter, {}, x) : b.broadcastLike(parameter, axis, x);
  // n blocks → n×block elements, of which the operand's size is taken.
  SmallVector<Size> blocks = b.sizes(parameter);
  SmallVector<Size> repeated(blocks), merged(blocks);
  repeated.insert(repeated.begin() + axis + 1, Size(block));
  merged[axis] = b.mul(blocks[axis], block);
  SmallVector<int64_t> dims;
  for (int64_t d = 0; d < rank; ++d)
    dims.push_back(d <= axis ? d : d + 1);
  Value whole = b.reshape(b.broadcast(parameter, dims, repeated), merged);
  Size size = b.size(x, axis);
  if (size.isStatic() && merged[axis].isStatic())
    return size.known == merged[axis].known ? whole : b.slice(whole, axis, 0, size.known);
  SmallVector<Size> sizes = b.sizes(x);
  SmallVector<int64_t> shape =
      llvm::map_to_vector(sizes, [](const Size &s) { return s.known; });
  return DynamicSliceOp::create(b, getTensorType(whole).clone(shape), whole,
                                b.constant(SmallVector<int64_t>(rank, 0)), b.shape(sizes),
                                /*strides=*/Value());
}

/// saturate(round(x / scale) + zero_point); to a float, convert(x / scale).
static Value decomposeQuantize(QuantizeOp op, TensorBuilder &b) {
  Type resultType = getTensorType(op.getOutput()).getElementType();
  Type inputType = getTensorType(op.getInput()).getElementType();
  Type computeType = isa<FloatType>(inputType) ? getWideType(inputType) : b.getF32Type();
  Value x = b.convert(op.getInput(), computeType);
  auto parameter = [&](Value v) {
    return spread(b, b.convert(v, computeType), x, op.getAxis(), op.getBlockSize());
  };
  Value y = b.div(x, parameter(op.getScale()));
  bool toFloat = isa<FloatType>(resultType);
  if (!toFloat)
    y = b.unary<RoundOp>(y);
  if (op.getZeroPoint())
    y = b.add(y, parameter(op.getZeroPoint()));
  return b.convert(y, resultType, /*saturate=*/toFloat && op.getSaturate());
}

/// (x − zero_point) · scale
static Value decomposeDequantize(DequantizeOp op, TensorBuilder &b) {
  Type resultType = getTensorType(op.getOutput()).getElementType();
  Type computeType = getWideType(resultType);
  Value x = op.getInput(), zeroPoint = op.getZeroPoint();
  Type inputType = getTensorType(x).getElementType();
  // Wide integers are subtracted before they may lose digits.
  bool wide = !isa<FloatType>(inputType) && inputType.getIntOrFloatBitWidth() >= 32;
  if (!wide) {
    x = b.convert(x, computeType);
    if (zeroPoint)
      zeroPoint = b.convert(zeroPoint, computeType);
  }
  if (zeroPoint)
    x = b.sub(x, spread(b, zeroPoint, x, op.getAxis(), op.getBlockSize()));
  Value scale = b.convert(op.getScale(), computeType);
  x = b.convert(x, computeType);
  Value y = b.mul(x, spread(b, scale, x, op.getAxis(), op.getBlockSize()));
  return b.convert(y, resultType);
}

void decompose::addQuantization(DecomposerMap &map) {
  add<QuantizeOp, decomposeQuantize>(map);
  add<DequantizeOp, decomposeDequantize>(map);
}
