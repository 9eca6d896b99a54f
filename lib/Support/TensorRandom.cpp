//===- TensorRandom.cpp - random tensors ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorRandom.h"
#include "TensorMemory.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
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

/// Writes what `next` gives to every element, some at a time.
template <typename T, typename Next, typename Encode>
static void fill(ElementType type, int64_t count, char *to, Next next, Encode encode) {
  constexpr int64_t batch = 4096;
  std::vector<T> values;
  for (int64_t left = count; left > 0; left -= batch) {
    values.resize(std::min(left, batch));
    std::generate(values.begin(), values.end(), next);
    encode(type, values.data(), values.size(), to);
    to += values.size() * getByteSize(type);
  }
}

static void fillRandom(ElementType type, int64_t count, char *to, const RandomSpec &spec) {
  Random random(spec.seed);
  auto nextNormal = [&] { return spec.mean + spec.deviation * random.nextNormal(); };
  if (isFloat(type)) {
    double min = spec.min.value_or(-1), max = spec.max.value_or(1);
    auto next = [&] { return spec.isNormal ? nextNormal() : min + (max - min) * random.nextUnit(); };
    fill<double>(type, count, to, next, [](auto... to) { encodeFloats(to...); });
    return;
  }
  uint64_t typeMax = uint64_t(getMaxInt(type));
  int64_t low = spec.min ? int64_t(*spec.min) : std::max<int64_t>(getMinInt(type), -100);
  int64_t high = spec.max ? int64_t(*spec.max) : int64_t(std::min<uint64_t>(typeMax, 100));
  auto next = [&]() -> int64_t {
    return spec.isNormal ? std::llround(nextNormal()) : random.nextInt(low, high);
  };
  fill<int64_t>(type, count, to, next, [](auto... to) { encodeInts(to...); });
}

llvm::Expected<Tensor> dlc::makeRandomTensor(ElementType type, llvm::ArrayRef<int64_t> shape,
                                             const RandomSpec &spec) {
  bool isEmpty = llvm::is_contained(shape, 0);
  int64_t bytes = isEmpty ? 0 : getByteSize(type);
  bool fits = isEmpty || llvm::none_of(shape, [&](int64_t size) {
                return llvm::MulOverflow(bytes, size, bytes);
              });
  std::shared_ptr<char> memory = fits ? tryAllocateTensor(bytes) : nullptr;
  if (!memory)
    return makeError("{0} elements of {1} don't fit in memory",
                     llvm::join(llvm::map_range(shape, llvm::itostr), " × "), getName(type));
  fillRandom(type, bytes / getByteSize(type), memory.get(), spec);
  return Tensor::view(type, shape, memory.get(), memory);
}
