//===- TensorCompare.cpp - whether tensors agree --------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorCompare.h"
#include <cmath>
#include <limits>

using namespace dlc;

/// The distance of two elements; infinite where one is NaN or infinite and the
/// other is not the same.
static double getDistance(double actual, double expected) {
  if (std::isnan(actual) && std::isnan(expected))
    return 0;
  if (actual == expected)
    return 0;
  if (!std::isfinite(actual) || !std::isfinite(expected))
    return std::numeric_limits<double>::infinity();
  return std::fabs(actual - expected);
}

/// "[1, 0, 3]" for a row-major position.
static std::string getIndexText(const Tensor &tensor, int64_t position) {
  llvm::SmallVector<int64_t> index(tensor.getRank());
  for (int64_t d = tensor.getRank() - 1; d >= 0; --d) {
    index[d] = position % tensor.getDim(d);
    position /= tensor.getDim(d);
  }
  std::string text = "[";
  for (auto [d, i] : llvm::enumerate(index))
    text += (d ? ", " : "") + std::to_string(i);
  return text + "]";
}

static std::string getElementText(const Tensor &tensor, int64_t position) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printElement(tensor, position, os);
  return text;
}

std::optional<std::string> dlc::compareTensors(const Tensor &actual, const Tensor &expected,
                                               const Tolerance &tolerance) {
  if (actual.getType() != expected.getType() || actual.getShape() != expected.getShape())
    return "it is a " + getTypeName(actual) + ", expected is a " + getTypeName(expected);

  int64_t count = actual.getNumElements();
  double largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = std::fabs(expected.getAsDouble(i));
    if (std::isfinite(value))
      largest = std::max(largest, value);
  }
  int64_t differing = 0, worst = -1;
  double worstExcess = 0, worstDistance = 0, worstAllowed = 0;
  for (int64_t i = 0; i < count; ++i) {
    double e = expected.getAsDouble(i);
    double distance = getDistance(actual.getAsDouble(i), e);
    // Integers beyond 2^53 look alike as doubles.
    if (distance == 0 && !actual.isFloat() && actual.getInt(i) != expected.getInt(i))
      distance = std::fabs(double(actual.getInt(i) - expected.getInt(i)));
    double allowed = tolerance.absolute + tolerance.range * largest +
                     (std::isfinite(e) ? tolerance.relative * std::fabs(e) : 0);
    if (distance <= allowed)
      continue;
    ++differing;
    double excess = distance - allowed;
    if (worst < 0 || excess > worstExcess) {
      worst = i;
      worstExcess = excess;
      worstDistance = distance;
      worstAllowed = allowed;
    }
  }
  if (differing == 0)
    return std::nullopt;
  return llvm::formatv("{0} of {1} elements differ, the worst at {2}: {3}, expected {4} "
                       "(difference {5}, allowed {6})",
                       differing, count, getIndexText(actual, worst),
                       getElementText(actual, worst), getElementText(expected, worst),
                       llvm::formatv("{0:e2}", worstDistance), llvm::formatv("{0:e2}", worstAllowed))
      .str();
}
