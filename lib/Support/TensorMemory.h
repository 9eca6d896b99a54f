//===- TensorMemory.h - where tensors' elements lie -------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_SUPPORT_TENSORMEMORY_H
#define DLC_LIB_SUPPORT_TENSORMEMORY_H

#include <cstddef>
#include <memory>

namespace dlc {

/// Memory for `bytes`, zeroed and aligned for vector loads, freed with the last
/// copy of the pointer.
///
/// A model's weights can be larger than the machine's memory, and so can what
/// is computed of them at compile time. Once `ownTensorBytes` of large tensors
/// are alive, the next lies in an unlinked temporary file that is mapped, so
/// that the system can write it out: in the folder $TMPDIR, or /var/tmp. Where
/// no such file can be had it lies in ordinary memory after all. Null where there
/// is none of that either.
std::shared_ptr<char> tryAllocateTensor(size_t bytes);
/// The same; ends the program where there is no memory.
std::shared_ptr<char> allocateTensor(size_t bytes);

/// Tensors below this size are in ordinary memory and aren't counted.
constexpr size_t largeTensorBytes = size_t(1) << 20;
/// Bytes of large tensors in ordinary memory at a time.
constexpr size_t ownTensorBytes = size_t(256) << 20;

} // namespace dlc

#endif // DLC_LIB_SUPPORT_TENSORMEMORY_H
