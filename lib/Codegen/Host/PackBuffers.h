//===- PackBuffers.h - offsets for buffers by lifetime and size --*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Buffers that live at the same time mustn't share bytes; the fewest bytes that hold all
// are wanted (dynamic storage allocation, which is NP-hard). Two heuristics are tried.
//
// By birth: going through the program, a buffer takes the smallest hole that holds it when
// it is born and leaves a hole, joined with its neighbours, when it dies. What was used
// last is taken first, which is in the cache still.
//
// By size: from the largest buffer to the smallest, each takes the lowest place that is
// free all its life (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net
// Inference, 2020, "greedy by size"). It doesn't let short-lived buffers cut up the room
// that long-lived ones need, as a training step's do.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_HOST_PACKBUFFERS_H
#define DLC_LIB_CODEGEN_HOST_PACKBUFFERS_H

#include "Liveness.h"
#include "mlir/Support/LLVM.h"

namespace dlc {

struct PackedBuffer {
  Lifetime life;
  int64_t bytes;
  int64_t offset = 0;
};

/// Sets the offsets of buffers, which are in order of birth, and returns the bytes that hold
/// them all. By birth, unless by size saves a sixteenth.
int64_t packBuffers(llvm::MutableArrayRef<PackedBuffer> buffers);

/// Goes through lifetimes, which are in order of birth: `die(i)` is told of those that end
/// before one begins, and then `live(i)` of that.
void simulateLifetimes(llvm::ArrayRef<Lifetime> lifetimes, llvm::function_ref<void(size_t)> live,
                       llvm::function_ref<void(size_t)> die);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_HOST_PACKBUFFERS_H
