//===- FuzzAbi.cpp - malformed calls of an artefact -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// FuzzAbi [calls] [seed]: calls whose tensors are damaged in one to three ways
// (null, rank, dtype, sizes, strides, offsets, device, overlap). Each must be
// refused with a sentence, or computed as the reference here says. Built with
// AddressSanitizer and UndefinedBehaviorSanitizer, which see the rest.
//
//===----------------------------------------------------------------------===//

#include "RuntimeModel.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace {

using Rng = std::mt19937_64;

int64_t pick(Rng &rng, std::initializer_list<int64_t> values) {
  return values.begin()[rng() % values.size()];
}

/// Damage that keeps every address the tensor can reach inside `room` bytes, or
/// makes the tensor one that must be refused before it is read.
std::string damage(TestTensor &tensor, Rng &rng, int64_t elementBytes) {
  switch (rng() % 14) {
  case 0:
    tensor.data = nullptr;
    return "data NULL";
  case 1:
    tensor.shape = nullptr;
    return "shape NULL";
  case 2:
    tensor.ndim = pick(rng, {-1, 0, 1, 3, 5, 1000, INT32_MAX, INT32_MIN});
    if (tensor.ndim > 8) // would read beyond the caller's own array
      tensor.ndim = 7;
    return "rank";
  case 3:
    tensor.dtype.code = rng();
    return "dtype code";
  case 4:
    tensor.dtype.bits = pick(rng, {0, 1, 8, 16, 64, 255});
    return "dtype bits";
  case 5:
    tensor.dtype.lanes = pick(rng, {0, 2, 4, 65535});
    return "lanes";
  case 6:
    tensor.sizes[rng() % 2] = pick(rng, {-1, INT64_MIN, 0, 2, 5});
    return "size";
  case 7:
    tensor.sizes[rng() % 2] = pick(rng, {INT64_MAX, INT64_MAX / 4, INT64_C(1) << 62, INT64_C(1) << 50});
    return "huge size";
  case 8:
    tensor.device.device_type = static_cast<DLDeviceType>(pick(rng, {2, 4, 7, 10}));
    return "device";
  case 9:
    tensor.setStrides({pick(rng, {INT64_MAX, INT64_MIN, INT64_C(1) << 60}), 1});
    return "huge stride";
  case 10:
    tensor.setStrides({0, 0});
    return "zero strides";
  case 11: // within the room: 3x4 elements in 64 places
    tensor.setStrides({pick(rng, {4, 8, 5, 1}), pick(rng, {1, 2, 3})});
    return "strides";
  case 12:
    tensor.byte_offset = pick(rng, {1, 2, 3, elementBytes, 5});
    return "offset";
  default:
    tensor.byte_offset = pick(rng, {INT64_MAX, INT64_MIN, INT64_C(1) << 55});
    return "huge offset";
  }
}

/// Element (i, d) of a tensor that was accepted, whatever its layout.
const char *at(const TestTensor &tensor, int64_t i, int64_t d, int64_t bytes) {
  const char *data = static_cast<const char *>(tensor.data) + tensor.byte_offset;
  int64_t s0 = tensor.strides ? tensor.strides[0] : (tensor.ndim == 2 ? tensor.shape[1] : 1);
  int64_t s1 = tensor.ndim == 2 ? (tensor.strides ? tensor.strides[1] : 1) : 0;
  return data + (i * s0 + d * s1) * bytes;
}

float loadFloat(const char *from) {
  float value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Runs one damaged call; an empty string if all was as it should be.
std::string runOne(Rng &rng) {
  // Room for every layout that the damage can make.
  std::vector<float> xs(256), ys(256, -1), before;
  std::vector<unsigned char> ms(64);
  double sum[4] = {};
  for (float &x : xs)
    x = float(rng() % 100);
  for (unsigned char &m : ms)
    m = rng() % 2;
  int64_t n = rng() % 4;
  TestTensor x(xs.data(), kF32, {n, 4}), m(ms.data(), kBool, {n}), y(ys.data(), kF32, {n, 4}),
      t(sum, kF64, {});
  const DLTensor *inputs[] = {&x, &m};
  DLTensor *outputs[] = {&y, &t};
  std::string what;
  for (uint64_t i = 0, count = 1 + rng() % 3; i < count; ++i) {
    switch (rng() % 6) {
    case 0:
    case 1:
      what += "x: " + damage(x, rng, 4) + "; ";
      break;
    case 2:
      what += "m: " + damage(m, rng, 1) + "; ";
      break;
    case 3:
      what += "y: " + damage(y, rng, 4) + "; ";
      break;
    case 4:
      what += "t: " + damage(t, rng, 8) + "; ";
      break;
    default:
      switch (rng() % 5) {
      case 0:
        inputs[rng() % 2] = nullptr;
        what += "input NULL; ";
        break;
      case 1:
        outputs[rng() % 2] = nullptr;
        what += "output NULL; ";
        break;
      case 2:
        ms[rng() % 4] = 2 + rng() % 250;
        what += "not a boolean; ";
        break;
      case 3:
        y.data = xs.data() + rng() % 16;
        what += "y over x; ";
        break;
      default:
        t.data = ys.data() + rng() % 16;
        what += "t in y; ";
      }
    }
  }
  before = xs;
  bool yGiven = outputs[0] && y.data, tGiven = outputs[1] && t.data;
  int32_t status = rng() % 50 ? dlc_api_run(inputs, outputs)
                              : dlc_api_run(rng() % 2 ? inputs : nullptr, nullptr);
  std::string problem;
  if (status) {
    std::string sentence = dlc_api_last_error();
    if (sentence.size() < 10 || sentence.rfind("hand: ", 0) != 0)
      problem = "refused without a sentence: '" + sentence + "'";
    if (!yGiven && outputs[0] && y.data)
      problem = "a failed run allocated y";
  } else {
    TestTensor source(x);
    if (before != xs) { // y was written over x: read what x was
      source.data = reinterpret_cast<char *>(before.data()) +
                    (static_cast<char *>(x.data) - reinterpret_cast<char *>(xs.data()));
    }
    for (int64_t i = 0; i < x.shape[0]; ++i)
      for (int64_t d = 0; d < 4; ++d) {
        float in = loadFloat(at(source, i, d, 4)), out = loadFloat(at(y, i, d, 4));
        float expected = *at(m, i, 0, 1) ? in + float(d + 1) : -in;
        if (out != expected && expected == expected)
          problem = "a wrong number";
      }
    if (!yGiven)
      dlc_api_release(y.data);
    if (!tGiven)
      dlc_api_release(t.data);
  }
  return problem.empty() ? problem : what + problem;
}

} // namespace

int main(int argc, char **argv) {
  int64_t calls = argc > 1 ? std::atoll(argv[1]) : 10000, failed = 0;
  Rng rng(argc > 2 ? std::atoll(argv[2]) : 1);
  for (int64_t i = 0; i < calls; ++i) {
    std::string problem = runOne(rng);
    if (problem.empty())
      continue;
    ++failed;
    std::printf("call %lld: %s\n", (long long)i, problem.c_str());
  }
  std::printf("%lld passed, %lld failed, 0 skipped\n", (long long)(calls - failed), (long long)failed);
  return failed != 0;
}
