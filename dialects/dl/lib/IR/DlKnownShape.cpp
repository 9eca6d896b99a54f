//===- DlKnownShape.cpp - what is known of a computed shape ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Frontends compute shapes with tensor ops: sizes are read, picked, scaled and
// concatenated. Entry by entry, such a computation is often known even where
// one size of the model's input isn't.
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc::dl;

namespace {

constexpr int64_t kUnknown = ShapedType::kDynamic;

/// Finds the elements of small integer tensors, in row-major order.
class KnownElements {
public:
  /// One entry per element, kUnknown where it isn't known. `value` has a static
  /// shape of at most `kMaxElements` elements.
  SmallVector<int64_t> get(Value value) {
    int64_t count = getTensorType(value).getNumElements();
    SmallVector<int64_t> unknown(count, kUnknown);
    Operation *op = value.getDefiningOp();
    if (!op || budget == 0)
      return unknown;
    --budget;
    SmallVector<int64_t> known =
        TypeSwitch<Operation *, SmallVector<int64_t>>(op)
            .Case([&](ConstantOp op) { return getConstantInts(op).value_or(unknown); })
            .Case([&](DimSizeOp op) {
              return SmallVector<int64_t>{
                  getTensorType(op.getInput()).getDimSize(op.getDimension())};
            })
            .Case([&](ReshapeOp op) { return same(op.getInput(), count); })
            .Case([&](ConvertOp op) { return converted(op); })
            .Case([&](tensor::CastOp op) { return same(op.getSource(), count); })
            .Case([&](SplatOp op) { return repeated(op.getValue(), count); })
            .Case([&](BroadcastInDimOp op) { return repeated(op.getInput(), count); })
            .Case([&](ConcatOp op) { return concatenated(op); })
            .Case([&](SliceOp op) { return sliced(op); })
            .Case([&](GatherOp op) { return taken(op); })
            .Case<AddOp, SubOp, MulOp, DivOp, MaxOp, MinOp>([&](auto op) {
              return combined(op, op.getLhs(), op.getRhs());
            })
            .Default(unknown);
    return static_cast<int64_t>(known.size()) == count ? known : unknown;
  }

private:
  static constexpr int64_t kMaxElements = 64;

  static bool isSmall(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.hasStaticShape() && type.getNumElements() <= kMaxElements &&
           type.getElementType().isIntOrIndex();
  }

  SmallVector<int64_t> same(Value value, int64_t count) {
    return isSmall(value) && isa<RankedTensorType>(value.getType())
               ? get(value)
               : SmallVector<int64_t>(count, kUnknown);
  }

  SmallVector<int64_t> converted(ConvertOp op) {
    int64_t count = getTensorType(op).getNumElements();
    SmallVector<int64_t> values = same(op.getInput(), count);
    Type type = getTensorType(op).getElementType();
    unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
    for (int64_t &value : values)
      if (value != kUnknown && !llvm::isIntN(width, value))
        value = kUnknown;
    return values;
  }

  SmallVector<int64_t> repeated(Value value, int64_t count) {
    bool one = isSmall(value) && getTensorType(value).getNumElements() == 1;
    return SmallVector<int64_t>(count, one ? get(value).front() : kUnknown);
  }

  SmallVector<int64_t> concatenated(ConcatOp op) {
    SmallVector<int64_t> values;
    for (Value input : op.getInputs()) {
      if (!isSmall(input) || getTensorType(input).getRank() != 1)
        return {};
      llvm::append_range(values, get(input));
    }
    return values;
  }

  SmallVector<int64_t> sliced(SliceOp op) {
    if (!isSmall(op.getInput()) || getTensorType(op.getInput()).getRank() != 1)
      return {};
    SmallVector<int64_t> all = get(op.getInput()), values;
    int64_t limit = op.getLimitIndices()[0], stride = op.getStrides()[0];
    if (limit < 0 || limit > static_cast<int64_t>(all.size()) || stride <= 0)
      return {};
    for (int64_t i = op.getStartIndices()[0]; i < limit; i += stride)
      values.push_back(all[i]);
    return values;
  }

  /// numpy.take of a 1-D operand with constant indices.
  SmallVector<int64_t> taken(GatherOp op) {
    auto indices = getConstantInts(op.getIndices());
    if (!indices || !isSmall(op.getInput()) || getTensorType(op.getInput()).getRank() != 1 ||
        !op.getOffsetDims().empty() || op.getStartIndexMap().size() != 1)
      return {};
    SmallVector<int64_t> all = get(op.getInput()), values;
    int64_t size = all.size();
    for (int64_t i : *indices) {
      bool inside = i >= 0 && i < size;
      values.push_back(inside ? all[i] : kUnknown);
    }
    return values;
  }

  SmallVector<int64_t> combined(Operation *op, Value lhs, Value rhs) {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!isSmall(lhs) || !isSmall(rhs) || !type.getElementType().isSignlessIntOrIndex())
      return {};
    unsigned width =
        type.getElementType().isIndex() ? 64 : type.getElementType().getIntOrFloatBitWidth();
    SmallVector<int64_t> values;
    for (auto [l, r] : llvm::zip(get(lhs), get(rhs))) {
      auto value = l == kUnknown || r == kUnknown ? std::nullopt : combine(op, l, r);
      values.push_back(value && llvm::isIntN(width, *value) ? *value : kUnknown);
    }
    return values;
  }

  static std::optional<int64_t> combine(Operation *op, int64_t l, int64_t r) {
    int64_t value;
    return TypeSwitch<Operation *, std::optional<int64_t>>(op)
        .Case([&](AddOp) { return valid(!llvm::AddOverflow(l, r, value), value); })
        .Case([&](SubOp) { return valid(!llvm::SubOverflow(l, r, value), value); })
        .Case([&](MulOp) { return valid(!llvm::MulOverflow(l, r, value), value); })
        .Case([&](DivOp) { return r > 0 ? std::optional(l / r) : std::nullopt; })
        .Case([&](MaxOp) { return std::max(l, r); })
        .Case([&](MinOp) { return std::min(l, r); })
        .Default(std::nullopt);
  }

  static std::optional<int64_t> valid(bool exact, int64_t value) {
    return exact ? std::optional(value) : std::nullopt;
  }

  /// Bounds the work where values are used many times over.
  int budget = 128;
};

} // namespace

std::optional<SmallVector<int64_t>> dlc::dl::getKnownShape(Value shape) {
  if (!shape)
    return std::nullopt;
  return KnownElements().get(shape);
}
