//===- PackBuffers.cpp - offsets for buffers by lifetime and size ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackBuffers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <queue>
#include <set>

using namespace llvm;
using namespace dlc;

namespace {
/// The holes of an arena that grows at its end.
class HoleList {
public:
  int64_t take(int64_t size);
  void giveBack(int64_t offset, int64_t size);
  int64_t getTop() const { return top; }

private:
  void add(int64_t offset, int64_t size);
  void remove(std::map<int64_t, int64_t>::iterator hole);

  std::map<int64_t, int64_t> byOffset;
  std::set<std::pair<int64_t, int64_t>> bySize;
  int64_t top = 0;
};

/// Buffers with a place, found by when they live.
class PlacedBuffers {
public:
  PlacedBuffers(ArrayRef<PackedBuffer> buffers);
  void add(unsigned buffer);
  /// The lowest offset at which no placed buffer is in the way of one.
  int64_t findPlace(unsigned buffer);

private:
  std::pair<size_t, size_t> getPeriods(const Lifetime &life) const {
    return {life.begin / length, life.end / length};
  }

  static constexpr size_t kPeriods = 256;
  ArrayRef<PackedBuffer> buffers;
  size_t length = 1;                          ///< of a period
  std::vector<std::vector<unsigned>> periods; ///< who lives in each
  std::vector<unsigned> seen;                 ///< the last buffer that met each, plus 1
  std::vector<unsigned> inTheWay;
};
} // namespace

void HoleList::add(int64_t offset, int64_t size) {
  byOffset[offset] = size;
  bySize.insert({size, offset});
}

void HoleList::remove(std::map<int64_t, int64_t>::iterator hole) {
  bySize.erase({hole->second, hole->first});
  byOffset.erase(hole);
}

int64_t HoleList::take(int64_t size) {
  auto best = bySize.lower_bound({size, 0});
  if (best != bySize.end()) {
    auto [room, offset] = *best;
    remove(byOffset.find(offset));
    if (room > size)
      add(offset + size, room - size);
    return offset;
  }
  // A hole at the end grows.
  int64_t offset = top;
  if (!byOffset.empty()) {
    auto last = std::prev(byOffset.end());
    if (last->first + last->second == top) {
      offset = last->first;
      remove(last);
    }
  }
  top = offset + size;
  return offset;
}

void HoleList::giveBack(int64_t offset, int64_t size) {
  auto next = byOffset.lower_bound(offset);
  if (next != byOffset.end() && next->first == offset + size) {
    size += next->second;
    next = std::next(next);
    remove(std::prev(next));
  }
  if (next != byOffset.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == offset) {
      offset = previous->first;
      size += previous->second;
      remove(previous);
    }
  }
  add(offset, size);
}

PlacedBuffers::PlacedBuffers(ArrayRef<PackedBuffer> buffers)
    : buffers(buffers), periods(kPeriods), seen(buffers.size()) {
  for (const PackedBuffer &buffer : buffers)
    length = std::max(length, buffer.life.end / kPeriods + 1);
}

void PlacedBuffers::add(unsigned buffer) {
  auto [from, to] = getPeriods(buffers[buffer].life);
  for (size_t period = from; period <= to; ++period)
    periods[period].push_back(buffer);
}

int64_t PlacedBuffers::findPlace(unsigned buffer) {
  const PackedBuffer &placed = buffers[buffer];
  auto [from, to] = getPeriods(placed.life);
  inTheWay.clear();
  for (size_t period = from; period <= to; ++period) {
    for (unsigned other : periods[period]) {
      const Lifetime &life = buffers[other].life;
      if (seen[other] == buffer + 1 || life.end < placed.life.begin ||
          placed.life.end < life.begin)
        continue;
      seen[other] = buffer + 1;
      inTheWay.push_back(other);
    }
  }
  llvm::sort(inTheWay, [&](unsigned a, unsigned b) {
    return std::pair(buffers[a].offset, a) < std::pair(buffers[b].offset, b);
  });
  int64_t offset = 0;
  for (unsigned other : inTheWay) {
    if (buffers[other].offset >= offset + placed.bytes)
      break;
    offset = std::max(offset, buffers[other].offset + buffers[other].bytes);
  }
  return offset;
}

void dlc::simulateLifetimes(ArrayRef<Lifetime> lifetimes, function_ref<void(size_t)> live,
                            function_ref<void(size_t)> die) {
  using Entry = std::pair<unsigned, size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> living;
  for (auto [i, life] : llvm::enumerate(lifetimes)) {
    while (!living.empty() && living.top().first < life.begin) {
      die(living.top().second);
      living.pop();
    }
    live(i);
    living.push({life.end, i});
  }
}

static int64_t packByBirth(MutableArrayRef<PackedBuffer> buffers) {
  HoleList holes;
  simulateLifetimes(
      map_to_vector(buffers, [](const PackedBuffer &buffer) { return buffer.life; }),
      [&](size_t i) { buffers[i].offset = holes.take(buffers[i].bytes); },
      [&](size_t i) { holes.giveBack(buffers[i].offset, buffers[i].bytes); });
  return holes.getTop();
}

static int64_t packBySize(MutableArrayRef<PackedBuffer> buffers) {
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, buffers.size()));
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::pair(-buffers[a].bytes, a) < std::pair(-buffers[b].bytes, b);
  });
  PlacedBuffers placed(buffers);
  int64_t top = 0;
  for (unsigned i : order) {
    buffers[i].offset = placed.findPlace(i);
    placed.add(i);
    top = std::max(top, buffers[i].offset + buffers[i].bytes);
  }
  return top;
}

int64_t dlc::packBuffers(MutableArrayRef<PackedBuffer> buffers) {
  SmallVector<PackedBuffer> other(buffers);
  int64_t byBirth = packByBirth(buffers), bySize = packBySize(other);
  if (bySize > byBirth - byBirth / 16)
    return byBirth;
  llvm::copy(other, buffers.begin());
  return bySize;
}
