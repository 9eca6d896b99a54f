//===- Sizes.cpp - sizes known now or at run time -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sizes.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

static RankedTensorType typeOf(Value v) { return cast<RankedTensorType>(v.getType()); }

static std::optional<Size> peekConstant(ElementsAttr elements, int64_t i) {
  auto dense = dyn_cast<DenseIntElementsAttr>(elements);
  if (!dense || i >= dense.getNumElements() || dense.getElementType().isInteger(1))
    return std::nullopt;
  APInt value = dense.getValues<APInt>()[i];
  return Size(dense.getElementType().isUnsignedInteger()
                  ? static_cast<int64_t>(value.getZExtValue())
                  : value.getSExtValue());
}

std::optional<Size> dlc::frontend::peekEntry(Value tensor, int64_t i) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (auto constant = dyn_cast<dl::ConstantOp>(op))
      return peekConstant(constant.getValue(), i);
    if (typeOf(tensor).getRank() == 0 && typeOf(tensor).getElementType().isInteger(64))
      return Size(tensor);
    if (auto concat = dyn_cast<dl::ConcatOp>(op)) {
      if (typeOf(tensor).getRank() != 1)
        return std::nullopt;
      Value part;
      for (Value operand : concat.getInputs()) {
        int64_t length = typeOf(operand).getDimSize(0);
        if (ShapedType::isDynamic(length))
          return std::nullopt;
        if (i < length) {
          part = operand;
          break;
        }
        i -= length;
      }
      if (!part)
        return std::nullopt;
      tensor = part;
      continue;
    }
    if (auto slice = dyn_cast<dl::SliceOp>(op)) {
      if (typeOf(tensor).getRank() != 1)
        return std::nullopt;
      i = slice.getStartIndices()[0] + i * slice.getStrides()[0];
      tensor = slice.getInput();
      continue;
    }
    if (auto reshape = dyn_cast<dl::ReshapeOp>(op)) {
      if (!typeOf(reshape.getInput()).hasStaticShape() || typeOf(reshape.getInput()).getRank() > 1)
        return std::nullopt;
      tensor = reshape.getInput();
      continue;
    }
    if (auto cast = dyn_cast<tensor::CastOp>(op)) {
      tensor = cast.getSource();
      continue;
    }
    return std::nullopt;
  }
  if (typeOf(tensor).getRank() == 0 && typeOf(tensor).getElementType().isInteger(64))
    return Size(tensor);
  return std::nullopt;
}

void SizeAnalysis::bindSymbol(Value argument, int64_t dim, StringRef symbol) {
  Key key(argument, dim);
  bound[key] = symbols.try_emplace(symbol, key).first->second;
}

using Key = SizeAnalysis::Key;

static std::optional<Key> keyOfEntry(Value shape, int64_t dim) {
  if (!shape)
    return std::nullopt;
  std::optional<Size> size = peekEntry(shape, dim);
  if (!size || size->isStatic())
    return std::nullopt;
  return Key(size->getTensor(), -1);
}

/// The operand dimension that `dim` of a dot_general's result is.
static Key stepDot(dl::DotGeneralOp op, int64_t dim) {
  int64_t batches = op.getLhsBatching().size();
  if (dim < batches)
    return {op.getLhs(), op.getLhsBatching()[dim]};
  int64_t position = batches;
  for (int64_t d = 0, e = typeOf(op.getLhs()).getRank(); d < e; ++d)
    if (!is_contained(op.getLhsBatching(), d) && !is_contained(op.getLhsContracting(), d) &&
        position++ == dim)
      return {op.getLhs(), d};
  for (int64_t d = 0, e = typeOf(op.getRhs()).getRank(); d < e; ++d)
    if (!is_contained(op.getRhsBatching(), d) && !is_contained(op.getRhsContracting(), d) &&
        position++ == dim)
      return {op.getRhs(), d};
  return {op.getResult(), dim};
}

static std::optional<Key> stepReduce(Value input, ArrayRef<int64_t> reduced, bool keepDims,
                                     int64_t dim) {
  int64_t position = 0;
  for (int64_t d = 0, e = typeOf(input).getRank(); d < e; ++d) {
    bool gone = is_contained(reduced, d);
    if (gone && !keepDims)
      continue;
    if (position++ == dim)
      return gone ? std::nullopt : std::optional(Key(input, d));
  }
  return std::nullopt;
}

static std::optional<Key> stepGather(dl::GatherOp op, int64_t dim) {
  const auto *offset = find(op.getOffsetDims(), dim);
  if (offset == op.getOffsetDims().end()) {
    // A batch dimension: one of the indices' dimensions.
    int64_t batch = dim - count_if(op.getOffsetDims(), [&](int64_t d) { return d < dim; });
    if (batch >= static_cast<int64_t>(op.getIndexVectorDim()))
      ++batch;
    return Key(op.getIndices(), batch);
  }
  int64_t position = offset - op.getOffsetDims().begin();
  for (int64_t d = 0, e = typeOf(op.getInput()).getRank(); d < e; ++d) {
    if (is_contained(op.getCollapsedSliceDims(), d) ||
        is_contained(op.getOperandBatchingDims(), d))
      continue;
    if (position-- == 0)
      return op.getSliceSizes()[d] == -1 || ShapedType::isDynamic(op.getSliceSizes()[d])
                 ? std::optional(Key(op.getInput(), d))
                 : std::nullopt;
  }
  return std::nullopt;
}

static std::optional<Key> stepReshape(dl::ReshapeOp op, int64_t dim) {
  if (std::optional<Key> key = keyOfEntry(op.getShape(), dim))
    return key;
  // One `?` on each side and equal counts besides: it is the same.
  RankedTensorType from = typeOf(op.getInput()), to = typeOf(op.getOutput());
  if (from.getNumDynamicDims() != 1 || to.getNumDynamicDims() != 1)
    return std::nullopt;
  int64_t fromCount = 1, toCount = 1, source = 0;
  for (auto [d, size] : llvm::enumerate(from.getShape()))
    ShapedType::isDynamic(size) ? (source = d) : (fromCount *= size);
  for (int64_t size : to.getShape())
    if (!ShapedType::isDynamic(size))
      toCount *= size;
  return fromCount == toCount && fromCount != 0 ? std::optional(Key(op.getInput(), source))
                                                : std::nullopt;
}

/// Whether a window of this kind keeps the size of its dimension.
static bool keepsSize(int64_t window, int64_t stride, int64_t low, int64_t high,
                      int64_t dilation) {
  return !ShapedType::isDynamic(window) && stride == 1 && low + high == (window - 1) * dilation;
}

static std::optional<Key> stepConv(dl::ConvOp conv, int64_t dim) {
  if (conv.getLayout() != dl::DataLayout::channels_first || dim == 1)
    return std::nullopt;
  if (dim == 0 || keepsSize(typeOf(conv.getKernel()).getDimSize(dim), conv.getStrides()[dim - 2],
                            conv.getPaddingLow()[dim - 2], conv.getPaddingHigh()[dim - 2],
                            conv.getDilations()[dim - 2]))
    return Key(conv.getInput(), dim);
  return std::nullopt;
}

template <typename Pool>
static std::optional<Key> stepPool(Pool pool, int64_t dim) {
  if (pool.getLayout() != dl::DataLayout::channels_first)
    return std::nullopt;
  if (dim < 2 || keepsSize(pool.getWindow()[dim - 2], pool.getStrides()[dim - 2],
                           pool.getPaddingLow()[dim - 2], pool.getPaddingHigh()[dim - 2],
                           pool.getDilations()[dim - 2]))
    return Key(pool.getInput(), dim);
  return std::nullopt;
}

/// The dimension that `dim` of `result` is known to be equal to.
static std::optional<Key> step(OpResult result, int64_t dim) {
  using Next = std::optional<Key>;
  Operation *op = result.getOwner();
  if (op->hasTrait<OpTrait::Elementwise>() && !isa<dl::ConstantOp>(op))
    return Key(op->getOperand(0), dim);
  return TypeSwitch<Operation *, Next>(op)
      .Case<dl::ConvertOp, dl::BitcastOp, dl::SoftmaxOp, dl::LogSoftmaxOp, dl::BatchNormOp,
            dl::LayerNormOp, dl::GroupNormOp, dl::RmsNormOp, dl::CumulativeOp, dl::ReverseOp,
            dl::RotaryEmbeddingOp, dl::ScatterOp, dl::DynamicUpdateSliceOp, dl::QuantizeOp,
            dl::DequantizeOp, dl::SortOp, tensor::CastOp>(
          [&](auto) { return Next(Key(op->getOperand(0), dim)); })
      .Case<dl::ClampOp>([&](auto clamp) { return Next(Key(clamp.getInput(), dim)); })
      .Case<dl::TransposeOp>([&](auto transpose) {
        return Next(Key(transpose.getInput(), transpose.getPermutation()[dim]));
      })
      .Case<dl::AttentionOp>([&](auto attention) {
        return dim < 3 ? Key(attention.getQuery(), dim) : Key(attention.getValue(), dim);
      })
      .Case<dl::DotGeneralOp>([&](auto dot) { return Next(stepDot(dot, dim)); })
      .Case<dl::ReduceOp>([&](auto reduce) {
        return stepReduce(reduce.getInput(), reduce.getDimensions(), reduce.getKeepDims(), dim);
      })
      .Case<dl::ArgReduceOp>([&](auto reduce) {
        return stepReduce(reduce.getInput(), {static_cast<int64_t>(reduce.getDimension())},
                          reduce.getKeepDims(), dim);
      })
      .Case<dl::ConcatOp>([&](auto concat) {
        return dim == static_cast<int64_t>(concat.getDimension())
                   ? Next()
                   : Next(Key(concat.getInputs().front(), dim));
      })
      .Case<dl::SliceOp>([&](auto slice) {
        int64_t limit = slice.getLimitIndices()[dim];
        return slice.getStartIndices()[dim] == 0 && slice.getStrides()[dim] == 1 &&
                       (limit == -1 || ShapedType::isDynamic(limit))
                   ? Next(Key(slice.getInput(), dim))
                   : Next();
      })
      .Case<dl::DynamicSliceOp>([&](auto slice) { return keyOfEntry(slice.getSizes(), dim); })
      .Case<dl::PadOp>([&](auto pad) {
        return !pad.getDynamicLow() && pad.getLow()[dim] == 0 && pad.getHigh()[dim] == 0 &&
                       pad.getInterior()[dim] == 0
                   ? Next(Key(pad.getInput(), dim))
                   : Next();
      })
      .Case<dl::ReshapeOp>([&](auto reshape) { return stepReshape(reshape, dim); })
      .Case<dl::BroadcastInDimOp, dl::SplatOp, dl::IotaOp, dl::RngUniformOp, dl::RngNormalOp>(
          [&](auto shaped) { return keyOfEntry(shaped.getShape(), dim); })
      .Case<dl::ResizeOp>([&](auto resize) { return keyOfEntry(resize.getSizes(), dim); })
      .Case<dl::GatherOp>([&](auto gather) { return stepGather(gather, dim); })
      .Case<dl::EmbeddingOp>([&](auto embedding) {
        int64_t rank = typeOf(embedding.getIndices()).getRank();
        return dim < rank ? Next(Key(embedding.getIndices(), dim))
                          : Next(Key(embedding.getTable(), dim - rank + 1));
      })
      .Case<dl::ConvOp>([&](auto conv) { return stepConv(conv, dim); })
      .Case<dl::PoolOp, dl::MaxPoolWithIndexOp>([&](auto pool) { return stepPool(pool, dim); })
      .Case<dl::RnnOp, dl::LstmOp, dl::GruOp>([&](auto rnn) {
        if (result.getResultNumber() == 0 && (dim == 0 || dim == 2))
          return Next(Key(rnn.getInput(), dim / 2));
        return result.getResultNumber() > 0 && dim == 1 ? Next(Key(rnn.getInput(), 1)) : Next();
      })
      .Default([](Operation *) { return Next(); });
}

/// For a scalar: the dimension, or other scalar, that it is.
static std::optional<Key> stepScalar(Operation *op) {
  if (auto dimSize = dyn_cast<dl::DimSizeOp>(op))
    return Key(dimSize.getInput(), dimSize.getDimension());
  if (auto reshape = dyn_cast<dl::ReshapeOp>(op)) {
    RankedTensorType from = typeOf(reshape.getInput());
    if (from.getRank() == 1)
      if (std::optional<Size> size = peekEntry(reshape.getInput(), 0); size && !size->isStatic())
        return Key(size->getTensor(), -1);
  }
  return std::nullopt;
}

Key SizeAnalysis::root(Key key) {
  SmallVector<Key> path;
  for (;;) {
    if (auto it = roots.find(key); it != roots.end()) {
      key = it->second;
      break;
    }
    if (auto it = bound.find(key); it != bound.end()) {
      key = it->second;
      break;
    }
    auto result = dyn_cast<OpResult>(key.first);
    if (!result)
      break;
    std::optional<Key> next =
        key.second < 0 ? stepScalar(result.getOwner()) : step(result, key.second);
    if (!next || *next == key)
      break;
    path.push_back(key);
    key = *next;
  }
  for (Key passed : path)
    roots[passed] = key;
  return key;
}

bool SizeAnalysis::same(Size lhs, Size rhs) {
  if (lhs.isStatic() || rhs.isStatic())
    return lhs.isStatic() && rhs.isStatic() && lhs.getStatic() == rhs.getStatic();
  if (!lhs.getTensor() || !rhs.getTensor())
    return false;
  return root({lhs.getTensor(), -1}) == root({rhs.getTensor(), -1});
}
