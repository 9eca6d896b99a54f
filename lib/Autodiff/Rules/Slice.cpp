//===- Slice.cpp - derivatives of slices, pads and concatenations ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

static void reverseConcat(ConcatOp op, Reverse &r) {
  Size start = 0;
  for (OpOperand &operand : op->getOpOperands()) {
    Size size = r.b.size(operand.get(), op.getDimension());
    if (r.wants(operand.get()))
      r.add(operand, sliceAlong(r.b, r.cotangent(), op.getDimension(), start, size));
    start = r.b.add(start, size);
  }
}

/// Zeros where nothing was read: start before, stride − 1 between, the rest after.
static void reverseSlice(SliceOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  SmallVector<Size> low, high;
  SmallVector<int64_t> interior;
  for (auto [d, start, stride] : llvm::enumerate(op.getStartIndices(), op.getStrides())) {
    // What n elements span: 0 or (n − 1)·stride + 1.
    Size span = maximum(b, b.sub(b.mul(b.size(r.cotangent(), d), stride), stride - 1), 0);
    low.push_back(start);
    high.push_back(b.sub(b.sub(b.size(op.getInput(), d), start), span));
    interior.push_back(stride - 1);
  }
  r.add(0, padZeros(b, r.cotangent(), low, high, interior));
}

static void reverseDynamicSlice(DynamicSliceOp op, Reverse &r) {
  if (op.getStrides())
    return r.add(0, transposeCopies(r.b, op, 0, r.cotangent()));
  r.add(0, DynamicUpdateSliceOp::create(r.b, zerosLike(r.b, op.getInput()), r.cotangent(),
                                        op.getStartIndices()));
}

static void reverseDynamicUpdateSlice(DynamicUpdateSliceOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = r.cotangent(), update = op.getUpdate();
  if (r.wants(0u))
    r.add(0, DynamicUpdateSliceOp::create(b, dy, zerosLike(b, update), op.getStartIndices()));
  if (r.wants(1u))
    r.add(1, DynamicSliceOp::create(b, update.getType(), dy, op.getStartIndices(),
                                    b.shapeOperand(b.sizes(update)), /*strides=*/Value()));
}

/// The input's elements back: what was added taken away and what was taken away
/// added, then every (interior + 1)-th.
static Value unpad(TensorBuilder &b, PadOp op, Value dy) {
  int64_t rank = getTensorType(dy).getRank();
  SmallVector<Size> low, high;
  for (int64_t d = 0; d < rank; ++d) {
    if (!op.getDynamicLow()) {
      low.push_back(-op.getLow()[d]);
      high.push_back(-op.getHigh()[d]);
      continue;
    }
    auto entry = [&](Value sizes) -> Size {
      sizes = b.convert(b.slice(sizes, 0, d, d + 1), b.getI64Type());
      return b.sub(Size(0), Size(b.reshape(sizes, ArrayRef<Size>{})));
    };
    low.push_back(entry(op.getDynamicLow()));
    high.push_back(entry(op.getDynamicHigh()));
  }
  Value spread = padZeros(b, dy, low, high, SmallVector<int64_t>(rank, 0));
  if (llvm::all_of(op.getInterior(), [](int64_t size) { return size == 0; }))
    return spread;
  SmallVector<int64_t> starts(rank, 0), limits(rank, -1), strides;
  for (int64_t size : op.getInterior())
    strides.push_back(size + 1);
  return SliceOp::create(b, spread, starts, limits, strides);
}

static void reversePad(PadOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = r.cotangent();
  if (op.getMode() != PadMode::constant)
    return r.add(0, transposeCopies(b, op, 0, dy));
  Value dx = unpad(b, op, dy);
  if (r.wants(0u))
    r.add(0, dx);
  if (!r.wants(op.getValue()))
    return;
  // All that isn't the input's.
  auto all = [&](Value x) { return sumOver(b, x, upTo(getTensorType(x).getRank())); };
  r.add(1, b.sub(all(dy), all(dx)));
}

void autodiff::addSliceRules(RuleTable &table) {
  table.addLinear<ConcatOp>(reverseConcat);
  table.addLinear<DynamicSliceOp>(reverseDynamicSlice);
  table.addLinear<DynamicUpdateSliceOp>(reverseDynamicUpdateSlice);
  table.addLinear<PadOp>(reversePad);
  table.addLinear<SliceOp>(reverseSlice);
}
