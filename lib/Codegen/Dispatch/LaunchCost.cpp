//===- LaunchCost.cpp - what a launch costs, about ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchCost.h"
#include "OpClasses.h"
#include "dlc/Target/Artifact.h"

using namespace mlir;
using namespace dlc;

/// Of one core: multiply-adds and bytes in a nanosecond, and a call.
static constexpr double kMultiplyAdds = 25, kBytes = 8, kCall = 500;

int64_t LaunchCosts::getElements(Value tensor) const {
  int64_t count = 1;
  for (int64_t size : cast<RankedTensorType>(tensor.getType()).getShape())
    count *= ShapedType::isDynamic(size) ? sizeHint : size;
  return count;
}

int64_t LaunchCosts::getBytes(Value tensor) const {
  auto type = cast<RankedTensorType>(tensor.getType());
  return llvm::alignTo(getElements(tensor) * dispatch::getElementBytes(type.getElementType()), 64);
}

double LaunchCosts::estimate(func::FuncOp kernel) const {
  double bytes = 0, products = 0;
  for (Value argument : kernel.getArguments())
    bytes += getBytes(argument);
  for (Value result : kernel.front().getTerminator()->getOperands())
    bytes += getBytes(result);
  for (Operation &op : kernel.front().without_terminator()) {
    double results = 0;
    for (Value result : op.getResults())
      results += getElements(result);
    if (auto dot = dyn_cast<dl::DotGeneralOp>(op)) {
      for (int64_t d : dot.getLhsContracting()) {
        int64_t size = cast<RankedTensorType>(dot.getLhs().getType()).getDimSize(d);
        results *= ShapedType::isDynamic(size) ? sizeHint : size;
      }
      products += results;
    } else if (auto conv = dyn_cast<dl::ConvOp>(op)) {
      auto filter = cast<RankedTensorType>(conv.getKernel().getType());
      products += results * getElements(conv.getKernel()) /
                  std::max<int64_t>(1, filter.getDimSize(0));
    } else if (classify(&op) == OpClass::Root) {
      for (Value operand : op.getOperands())
        products += getElements(operand);
    } else {
      products += results;
    }
  }
  return kCall + std::max(bytes / kBytes, products / kMultiplyAdds);
}

double LaunchCosts::getNanoseconds(func::FuncOp kernel) {
  auto [found, isNew] = times.try_emplace(kernel, 0);
  if (isNew)
    found->second = estimate(kernel);
  return found->second;
}

bool LaunchCosts::isRepeatable(func::FuncOp kernel) {
  auto [found, isNew] = repeatable.try_emplace(kernel, false);
  if (isNew)
    found->second = !kernel->hasAttr(kInPlaceAttr) &&
                    llvm::all_of(kernel.front().without_terminator(),
                                 [](Operation &op) { return isMemoryEffectFree(&op); });
  return found->second;
}
