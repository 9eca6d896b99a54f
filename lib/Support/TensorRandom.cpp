//===- TensorRandom.cpp - random tensors ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorRandom.h"
#include <cmath>

using namespace dlc;
using llvm::StringRef;

uint64_t Random::next() {
  // Steele, Lea, Flood: Fast splittable pseudorandom number generators.
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Random::nextUnit() { return double(next() >> 11) * 0x1p-53; }

int64_t Random::nextInt(int64_t low, int64_t high) {
  uint64_t count = uint64_t(high) - uint64_t(low) + 1;
  return count == 0 ? int64_t(next()) : int64_t(uint64_t(low) + next() % count);
}

double Random::nextNormal() {
  double radius = std::sqrt(-2 * std::log(1 - nextUnit()));
  return radius * std::cos(2 * M_PI * nextUnit());
}

llvm::Expected<RandomSpec> RandomSpec::parse(StringRef text) {
  RandomSpec spec;
  text.consume_front("random");
  text.consume_front(":");
  for (StringRef part : llvm::split(text, ',')) {
    auto [key, value] = part.split('=');
    double number = 0;
    bool isBad = !value.empty() && value.getAsDouble(number);
    if (key == "normal" && value.empty())
      spec.isNormal = true;
    else if (key == "seed")
      isBad = value.getAsInteger(10, spec.seed);
    else if (key == "min")
      spec.min = number;
    else if (key == "max")
      spec.max = number;
    else if (key == "mean")
      spec.mean = number;
    else if (key == "std")
      spec.deviation = number;
    else if (!part.empty() && part != "uniform")
      isBad = true;
    if (isBad)
      return makeError("'{0}' isn't a part of random:[uniform|normal],seed=,min=,max=,mean=,std=",
                       part);
  }
  return spec;
}

Tensor dlc::makeRandomTensor(ElementType type, llvm::ArrayRef<int64_t> shape,
                             const RandomSpec &spec) {
  Random random(spec.seed);
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  if (isFloat(type)) {
    double min = spec.min.value_or(-1), max = spec.max.value_or(1);
    std::vector<double> values(count);
    for (double &value : values)
      value = spec.isNormal ? spec.mean + spec.deviation * random.nextNormal()
                            : min + (max - min) * random.nextUnit();
    return Tensor::fromFloats(type, shape, values);
  }
  uint64_t typeMax = uint64_t(getMaxInt(type));
  int64_t low = spec.min ? int64_t(*spec.min) : std::max<int64_t>(getMinInt(type), -100);
  int64_t high = spec.max ? int64_t(*spec.max) : int64_t(std::min<uint64_t>(typeMax, 100));
  std::vector<int64_t> values(count);
  for (int64_t &value : values)
    value = spec.isNormal ? std::llround(spec.mean + spec.deviation * random.nextNormal())
                          : random.nextInt(low, high);
  return Tensor::fromInts(type, shape, values);
}
