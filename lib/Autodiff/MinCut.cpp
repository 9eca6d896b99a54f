//===- MinCut.cpp - the cheapest cut of a network -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MinCut.h"

using namespace mlir;
using namespace dlc::autodiff;

unsigned FlowNetwork::addNode() {
  leaving.emplace_back();
  return leaving.size() - 1;
}

void FlowNetwork::addEdge(unsigned from, unsigned to, int64_t capacity) {
  leaving[from].push_back(edges.size());
  edges.push_back({to, capacity});
  leaving[to].push_back(edges.size());
  edges.push_back({from, 0});
}

bool FlowNetwork::findLevels(unsigned source, unsigned sink) {
  levels.assign(leaving.size(), -1);
  levels[source] = 0;
  SmallVector<unsigned> queue{source};
  for (size_t i = 0; i < queue.size(); ++i)
    for (unsigned number : leaving[queue[i]])
      if (const Edge &edge = edges[number]; edge.left && levels[edge.to] < 0) {
        levels[edge.to] = levels[queue[i]] + 1;
        queue.push_back(edge.to);
      }
  return levels[sink] >= 0;
}

int64_t FlowNetwork::augment(unsigned source, unsigned sink) {
  SmallVector<unsigned> path; // edges
  unsigned node = source;
  while (node != sink) {
    if (next[node] == leaving[node].size()) { // a dead end
      if (node == source)
        return 0;
      node = edges[path.pop_back_val() ^ 1].to;
      ++next[node];
      continue;
    }
    unsigned number = leaving[node][next[node]];
    const Edge &edge = edges[number];
    if (!edge.left || levels[edge.to] != levels[node] + 1) {
      ++next[node];
      continue;
    }
    path.push_back(number);
    node = edge.to;
  }
  int64_t amount = kUnlimited;
  for (unsigned number : path)
    amount = std::min(amount, edges[number].left);
  for (unsigned number : path) {
    edges[number].left -= amount;
    edges[number ^ 1].left += amount;
  }
  return amount;
}

std::optional<llvm::BitVector> FlowNetwork::cut(unsigned source, unsigned sink) {
  int64_t total = 0;
  while (findLevels(source, sink)) {
    next.assign(leaving.size(), 0);
    while (int64_t amount = augment(source, sink))
      if ((total += amount) >= kUnlimited)
        return std::nullopt;
  }
  llvm::BitVector behind(leaving.size());
  behind.set(sink);
  SmallVector<unsigned> queue{sink};
  while (!queue.empty())
    for (unsigned number : leaving[queue.pop_back_val()])
      if (unsigned from = edges[number].to; edges[number ^ 1].left && !behind.test(from)) {
        behind.set(from);
        queue.push_back(from);
      }
  return behind;
}
