//===- TensorRandom.h - random tensors --------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_TENSORRANDOM_H
#define DLC_SUPPORT_TENSORRANDOM_H

#include "dlc/Support/Tensor.h"

namespace dlc {

/// Random numbers from a seed, the same everywhere (splitmix64).
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next();
  /// In [0, 1).
  double nextUnit();
  /// In [low, high], both included.
  int64_t nextInt(int64_t low, int64_t high);
  /// Mean 0, deviation 1.
  double nextNormal();

private:
  uint64_t state;
};

/// What a random tensor holds. Parsed from `random:seed=1,min=0,max=5` or
/// `random:normal,mean=0,std=1`; every part is optional.
struct RandomSpec {
  bool isNormal = false;
  uint64_t seed = 0;
  /// Uniform: floats in [min, max), integers in [min, max]. Absent: [-1, 1) for
  /// floats, [0, 1] for booleans, the smaller of the type's range and
  /// [-100, 100] for integers.
  std::optional<double> min, max;
  double mean = 0, deviation = 1;

  static llvm::Expected<RandomSpec> parse(llvm::StringRef text);
};

/// A tensor of random elements; an error where it doesn't fit in memory.
llvm::Expected<Tensor> makeRandomTensor(ElementType type, llvm::ArrayRef<int64_t> shape,
                                        const RandomSpec &spec);

} // namespace dlc

#endif // DLC_SUPPORT_TENSORRANDOM_H
