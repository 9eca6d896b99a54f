//===- ImportedValue.cpp - what an ONNX name stands for -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportedValue.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

void dlc::onnx::requireLowerRank(OpBuilder &b, Location loc, Value isLower) {
  dl::AssertOp::create(b, loc, isLower,
                       "the branches answer tensors of different rank, and this run would take "
                       "the one of higher rank, for which the model isn't compiled");
}

ImportedValue ImportedValue::withOneRank(OpBuilder &b) const {
  if (!isEitherRank())
    return *this;
  Location loc = tensor.getLoc();
  requireLowerRank(b, loc, isLower);
  auto type = RankedTensorType::get(SmallVector<int64_t>(lowerRank, 1),
                                    cast<RankedTensorType>(tensor.getType()).getElementType());
  return dl::ReshapeOp::create(b, loc, type, tensor, Value()).getOutput();
}
