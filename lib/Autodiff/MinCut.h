//===- MinCut.h - the cheapest cut of a network ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_MINCUT_H
#define DLC_LIB_AUTODIFF_MINCUT_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <cstdint>

namespace dlc::autodiff {

/// A directed graph whose edges have capacities.
class FlowNetwork {
public:
  /// More than any sum of capacities.
  static constexpr int64_t kUnlimited = int64_t(1) << 60;

  /// A new node's number.
  unsigned addNode();
  void addEdge(unsigned from, unsigned to, int64_t capacity);

  /// The edges of least total capacity without which no way leads from `source` to
  /// `sink`, and of these the nearest to the sink: gives the nodes behind them. Nothing if
  /// there are ways of unlimited capacity only. To be called once (Dinic's algorithm).
  std::optional<llvm::BitVector> cut(unsigned source, unsigned sink);

private:
  /// Has a partner in the opposite direction, at the number with the last bit flipped.
  struct Edge {
    unsigned to;
    int64_t left; ///< what may still flow
  };

  /// How many edges each node is away from the source; false if the sink can't be reached.
  bool findLevels(unsigned source, unsigned sink);
  /// Sends what it can along one way of rising levels; 0 if there is none.
  int64_t augment(unsigned source, unsigned sink);

  llvm::SmallVector<Edge> edges;
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>> leaving; ///< each node's edges
  llvm::SmallVector<int> levels;
  llvm::SmallVector<unsigned> next; ///< of each node's edges the first that may lead on
};

} // namespace dlc::autodiff

#endif // DLC_LIB_AUTODIFF_MINCUT_H
