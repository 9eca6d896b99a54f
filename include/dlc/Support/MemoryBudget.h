//===- MemoryBudget.h - how much memory a run may take ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_MEMORYBUDGET_H
#define DLC_SUPPORT_MEMORYBUDGET_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dlc {

/// The attribute of a module that says how much memory its runs may take: a string
/// that parseMemoryBudget takes.
inline constexpr llvm::StringLiteral kMemoryAttr = "dlc.memory";

/// The attribute of a module whose memory is to be reported on.
inline constexpr llvm::StringLiteral kMemoryReportAttr = "dlc.memory_report";

/// A limit of what a run keeps: bytes, or a share of what it would keep without one.
struct MemoryBudget {
  double share = 0;  ///< 0 where it is in bytes
  int64_t bytes = 0;

  /// The limit where `peak` bytes would be taken without one.
  int64_t get(int64_t peak) const {
    return share ? static_cast<int64_t>(share * static_cast<double>(peak)) : bytes;
  }
};

/// Reads `0.5` (a share, more than 0 and at most 1) or `512MiB` (bytes; B, KB, MB, GB,
/// KiB, MiB, GiB); nothing for anything else.
std::optional<MemoryBudget> parseMemoryBudget(llvm::StringRef text);

/// Bytes as a person reads them: `12.3 MiB`.
std::string formatBytes(int64_t bytes);

} // namespace dlc

#endif // DLC_SUPPORT_MEMORYBUDGET_H
