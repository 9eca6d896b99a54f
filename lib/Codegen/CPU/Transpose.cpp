//===- Transpose.cpp - squares transposed in registers --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Transpose.h"
#include "dlc/Codegen/CPU/TargetInfo.h"

using namespace mlir;
using namespace dlc;

bool dlc::canTransposeSquares(Type element) {
  if (!element.isIntOrFloat())
    return false;
  unsigned width = element.getIntOrFloatBitWidth();
  return width == 8 || width == 16 || width == 32 || width == 64;
}

int64_t dlc::getSquareEdge(Operation *op, Type element) {
  int64_t lanes = cpu::TargetInfo::get(op).lanes(element.getIntOrFloatBitWidth());
  return std::min<int64_t>(lanes, 16);
}

SmallVector<Value> dlc::transposeSquare(ImplicitLocOpBuilder &b, ArrayRef<Value> rows) {
  int64_t n = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < n; ++i) {
    low.push_back(i / 2 + (i % 2) * n);
    high.push_back(n / 2 + i / 2 + (i % 2) * n);
  }
  SmallVector<Value> current(rows), next(n);
  for (int64_t round = 1; round < n; round *= 2) {
    for (int64_t i = 0; i < n / 2; ++i) {
      Value first = current[i], second = current[i + n / 2];
      next[2 * i] = vector::ShuffleOp::create(b, first, second, low);
      next[2 * i + 1] = vector::ShuffleOp::create(b, first, second, high);
    }
    std::swap(current, next);
  }
  return current;
}
