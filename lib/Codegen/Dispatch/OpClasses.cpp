//===- OpClasses.cpp - what dispatch formation sees in an op --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpClasses.h"
#include "dispatch/IR/Dispatch.h"

using namespace mlir;
using namespace dlc;

bool dlc::mayRefuseValues(Operation *op) {
  if (auto gather = dyn_cast<dl::GatherOp>(op))
    return gather.getMode() == dl::IndexMode::error;
  if (auto scatter = dyn_cast<dl::ScatterOp>(op))
    return scatter.getMode() == dl::IndexMode::error;
  return isa<dl::AssertOp, dl::DynamicSliceOp, dl::DynamicUpdateSliceOp, dl::ExchangeRowsOp,
             dl::LdlSolveOp, dl::TopKOp, dl::RngUniformOp>(op);
}

bool dlc::isSmallTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getNumElements() <= kMaxHostElements;
}

bool dlc::isInlineConstant(Operation *op) {
  auto constant = dyn_cast<dl::ConstantOp>(op);
  return constant && (constant.getValue().isSplat() || isSmallTensor(constant.getType()));
}

std::optional<int64_t> dlc::getContiguousSliceOffset(dl::SliceOp op) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  auto result = cast<RankedTensorType>(op.getType());
  if (llvm::any_of(op.getStrides(), [](int64_t stride) { return stride != 1; }))
    return std::nullopt;
  int64_t cut = -1;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    bool whole = op.getStartIndices()[d] == 0 &&
                 (op.getLimitIndices()[d] == -1 || op.getLimitIndices()[d] == type.getDimSize(d));
    if (whole)
      continue;
    if (cut != -1)
      return std::nullopt;
    cut = d;
  }
  if (cut == -1)
    return 0;
  int64_t inner = dispatch::getElementBytes(type.getElementType());
  for (int64_t d = cut + 1; d < type.getRank(); ++d) {
    if (type.isDynamicDim(d))
      return std::nullopt;
    inner *= type.getDimSize(d);
  }
  for (int64_t d = 0; d < cut; ++d)
    if (result.getDimSize(d) != 1)
      return std::nullopt;
  // A buffer is at least aligned to its element; kernels ask for no more.
  return op.getStartIndices()[cut] * inner;
}

/// Whether only dimensions of size 1 change places.
static bool movesUnitDimsOnly(dl::TransposeOp op) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t last = -1;
  for (int64_t d : op.getPermutation()) {
    if (type.getDimSize(d) == 1)
      continue;
    if (d < last)
      return false;
    last = d;
  }
  return true;
}

OpClass dlc::classify(Operation *op) {
  if (!isa<dl::DlDialect>(op->getDialect()))
    return OpClass::Opaque;
  if (isa<dl::GlobalOp, dl::GlobalLoadOp, dl::GlobalStoreOp, dl::DimSizeOp>(op))
    return OpClass::Opaque;
  if (isa<dl::ConstantOp>(op))
    return isInlineConstant(op) ? OpClass::Lazy : OpClass::Opaque;
  if (isa<dl::BroadcastInDimOp, dl::SplatOp, dl::IotaOp>(op))
    return OpClass::Lazy;
  if (isa<dl::ReshapeOp>(op))
    return OpClass::View;
  if (auto slice = dyn_cast<dl::SliceOp>(op))
    return getContiguousSliceOffset(slice) ? OpClass::View : OpClass::Root;
  if (auto transpose = dyn_cast<dl::TransposeOp>(op))
    return movesUnitDimsOnly(transpose) ? OpClass::View : OpClass::Root;
  if (op->hasTrait<OpTrait::Elementwise>() ||
      isa<dl::ClampOp, dl::ConvertOp, dl::BitcastOp, dl::QuantizeOp, dl::DequantizeOp>(op))
    return OpClass::Elementwise;
  return OpClass::Root;
}

bool dlc::takesElementwiseProducer(Operation *root, OpOperand &operand) {
  return operand.getOperandNumber() == 0 &&
         isa<dl::ReduceOp, dl::ArgReduceOp, dl::SoftmaxOp, dl::LogSoftmaxOp, dl::LayerNormOp,
             dl::RmsNormOp>(root);
}

bool dlc::takesElementwiseConsumers(Operation *root) {
  return isa<dl::DotGeneralOp, dl::ConvOp, dl::ConvTransposeOp, dl::PoolOp, dl::ReduceOp,
             dl::SoftmaxOp, dl::LogSoftmaxOp, dl::LayerNormOp, dl::RmsNormOp, dl::GroupNormOp>(
      root);
}

SmallVector<Value> dlc::getShapeOperands(Operation *op) {
  SmallVector<Value> values;
  auto add = [&](Value value) {
    if (value)
      values.push_back(value);
  };
  TypeSwitch<Operation *>(op)
      .Case<dl::IotaOp, dl::SplatOp, dl::RngUniformOp, dl::RngNormalOp, dl::ReshapeOp,
            dl::BroadcastInDimOp>([&](auto op) { add(op.getShape()); })
      .Case([&](dl::DynamicSliceOp op) {
        add(op.getStartIndices());
        add(op.getSizes());
        add(op.getStrides());
      })
      .Case([&](dl::DynamicUpdateSliceOp op) { add(op.getStartIndices()); })
      .Case([&](dl::PadOp op) {
        add(op.getDynamicLow());
        add(op.getDynamicHigh());
      })
      .Case([&](dl::ResizeOp op) { add(op.getSizes()); })
      .Case([&](dl::TopKOp op) { add(op.getK()); });
  return values;
}
