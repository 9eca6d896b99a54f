//===- SplitAttention.cpp - what a long attention is reversed as ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SplitAttention.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

/// Scores of a head from which on they are made block by block. Causal ones cost no time by
/// that, as later keys are left out; else they do, by a third at 1,024 queries and keys.
static constexpr int64_t kManyCausalScores = 1 << 20, kManyScores = 1 << 22;
static constexpr int64_t kBlocks = 8;

/// The part of a mask B|1,Hq|1,S|1,T|1 for some queries and the first keys.
static Value sliceMask(TensorBuilder &b, Value mask, int64_t begin, int64_t end, int64_t keys) {
  if (mask && getTensorType(mask).getDimSize(2) != 1)
    mask = b.slice(mask, 2, begin, end);
  if (mask && getTensorType(mask).getDimSize(3) != 1)
    mask = b.slice(mask, 3, 0, keys);
  return mask;
}

Value autodiff::splitAttention(AttentionOp op, TensorBuilder &b) {
  Value q = op.getQuery(), k = op.getKey(), v = op.getValue(), mask = op.getMask();
  int64_t queries = getTensorType(q).getDimSize(2), keys = getTensorType(k).getDimSize(2);
  auto isOpen = [](Value x, int64_t d) { return x && getTensorType(x).isDynamicDim(d); };
  int64_t most = op.getCausal() ? kManyCausalScores : kManyScores;
  // Few queries, as those of one block, stay together.
  if (isOpen(q, 2) || isOpen(k, 2) || isOpen(v, 2) || isOpen(mask, 2) || isOpen(mask, 3) ||
      queries * 4 <= keys || queries < most / std::max<int64_t>(keys, 1))
    return {};
  int64_t rows = llvm::alignTo(llvm::divideCeil(queries, kBlocks), 16);
  int64_t ahead = op.getCausalOffset();
  SmallVector<Value> blocks;
  for (int64_t begin = 0; begin < queries; begin += rows) {
    int64_t end = std::min(begin + rows, queries);
    // Later keys are hidden from all of them.
    int64_t seen = op.getCausal() ? std::clamp<int64_t>(end + ahead, 1, keys) : keys;
    Value query = b.slice(q, 2, begin, end);
    SmallVector<int64_t> shape(getTensorType(op).getShape());
    shape[2] = end - begin;
    blocks.push_back(AttentionOp::create(
        b, getTensorType(op).clone(shape), query, b.slice(k, 2, 0, seen), b.slice(v, 2, 0, seen),
        sliceMask(b, mask, begin, end, seen), op.getScaleAttr(), op.getCausalAttr(),
        b.getI64IntegerAttr(op.getCausal() ? begin + ahead : 0), op.getSoftcapAttr()));
  }
  return b.concat(blocks, 2);
}
