//===- SplitAttention.h - what a long attention is reversed as --*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_SPLITATTENTION_H
#define DLC_LIB_AUTODIFF_SPLITATTENTION_H

#include "dlc/Transforms/TensorBuilder.h"

namespace dlc::autodiff {

/// Attentions of blocks of queries, put together. Reversed one after the other, each
/// computed anew when its turn comes, they never have the scores of all queries in memory.
/// Null where an attention stays whole.
mlir::Value splitAttention(dl::AttentionOp op, TensorBuilder &b);

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_SPLITATTENTION_H
