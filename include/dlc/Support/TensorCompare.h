//===- TensorCompare.h - whether tensors agree ------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_TENSORCOMPARE_H
#define DLC_SUPPORT_TENSORCOMPARE_H

#include "dlc/Support/Tensor.h"

namespace dlc {

/// How far an element may be from the expected one, e:
/// absolute + relative · |e| + range · max|e| over the tensor's finite elements.
struct Tolerance {
  double relative = 0;
  double absolute = 0;
  double range = 0;
};

/// Nothing where the tensors agree, else a sentence: types or shapes differ, or
/// how many elements do and which is the worst. NaN agrees with NaN only, an
/// infinity with itself.
std::optional<std::string> compareTensors(const Tensor &actual, const Tensor &expected,
                                          const Tolerance &tolerance);

} // namespace dlc

#endif // DLC_SUPPORT_TENSORCOMPARE_H
