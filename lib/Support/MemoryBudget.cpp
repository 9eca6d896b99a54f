//===- MemoryBudget.cpp - how much memory a run may take ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/MemoryBudget.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace dlc;

std::optional<MemoryBudget> dlc::parseMemoryBudget(llvm::StringRef text) {
  text = text.trim();
  llvm::StringRef number = text.take_while([](char c) { return llvm::isDigit(c) || c == '.'; });
  llvm::StringRef unit = text.drop_front(number.size()).trim();
  double value = 0;
  if (number.empty() || number.getAsDouble(value) || !(value > 0))
    return std::nullopt;
  if (unit.empty())
    return value <= 1 ? std::optional(MemoryBudget{value, 0}) : std::nullopt;
  double factor = llvm::StringSwitch<double>(unit)
                      .Case("B", 1)
                      .Case("KB", 1e3)
                      .Case("MB", 1e6)
                      .Case("GB", 1e9)
                      .Case("KiB", 1024.0)
                      .Case("MiB", 1024.0 * 1024)
                      .Case("GiB", 1024.0 * 1024 * 1024)
                      .Default(0);
  if (factor == 0 || value * factor >= 9e18)
    return std::nullopt;
  return MemoryBudget{0, static_cast<int64_t>(value * factor)};
}

std::string dlc::formatBytes(int64_t bytes) {
  double value = static_cast<double>(bytes);
  if (bytes < 1024)
    return llvm::formatv("{0} B", bytes);
  for (const char *unit : {"KiB", "MiB"}) {
    value /= 1024;
    if (value < 1024)
      return llvm::formatv("{0:F1} {1}", value, unit);
  }
  return llvm::formatv("{0:F2} GiB", value / 1024);
}
