//===- MemoryTimeline.h - bytes in use, place by place ----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_MEMORYTIMELINE_H
#define DLC_LIB_CODEGEN_DISPATCH_MEMORYTIMELINE_H

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace dlc {

/// How many bytes are in use at each place of a program. A tree over the places: adding
/// to a range and asking for its maximum cost the logarithm of their number.
class MemoryTimeline {
public:
  explicit MemoryTimeline(unsigned places) {
    while (width < places)
      width *= 2;
    highest.assign(2 * width, 0);
    pending.assign(2 * width, 0);
  }

  /// Adds to the places from `begin` to `end`, inclusive.
  void add(unsigned begin, unsigned end, int64_t bytes) {
    if (begin <= end && bytes)
      add(1, 0, width - 1, begin, end, bytes);
  }

  int64_t getMax(unsigned begin, unsigned end) const {
    return begin <= end ? getMax(1, 0, width - 1, begin, end) : 0;
  }

  /// The most that is in use, and the first place where it is.
  std::pair<int64_t, unsigned> getPeak() const {
    unsigned node = 1;
    while (node < width)
      node = highest[2 * node] >= highest[2 * node + 1] ? 2 * node : 2 * node + 1;
    return {highest[1], node - width};
  }

private:
  void add(unsigned node, unsigned low, unsigned high, unsigned begin, unsigned end,
           int64_t bytes) {
    if (end < low || high < begin)
      return;
    if (begin <= low && high <= end) {
      highest[node] += bytes;
      pending[node] += bytes;
      return;
    }
    unsigned middle = (low + high) / 2;
    add(2 * node, low, middle, begin, end, bytes);
    add(2 * node + 1, middle + 1, high, begin, end, bytes);
    highest[node] = pending[node] + std::max(highest[2 * node], highest[2 * node + 1]);
  }

  int64_t getMax(unsigned node, unsigned low, unsigned high, unsigned begin, unsigned end) const {
    if (end < low || high < begin)
      return INT64_MIN / 2;
    if (begin <= low && high <= end)
      return highest[node];
    unsigned middle = (low + high) / 2;
    return pending[node] + std::max(getMax(2 * node, low, middle, begin, end),
                                    getMax(2 * node + 1, middle + 1, high, begin, end));
  }

  unsigned width = 1;
  /// Of a node's places, and what was added to all of them at once.
  std::vector<int64_t> highest, pending;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_MEMORYTIMELINE_H
