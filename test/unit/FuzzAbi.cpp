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

/// A call of the model `y = m ? x + [1, 2, 3, 4] : -x`, `t = sum(y)`, before it is
/// damaged, with room for every layout that the damage can make.
struct Call {
  std::vector<float> xs, ys;
  std::vector<unsigned char> ms;
  double sum[4] = {};
  TestTensor x, m, y, t;
  const DLTensor *inputs[2] = {&x, &m};
  DLTensor *outputs[2] = {&y, &t};

  Call(Rng &rng, int64_t n)
      : xs(256), ys(256, -1), ms(64), x(xs.data(), kF32, {n, 4}), m(ms.data(), kBool, {n}),
        y(ys.data(), kF32, {n, 4}), t(sum, kF64, {}) {
    for (float &value : xs)
      value = float(rng() % 100);
    for (unsigned char &value : ms)
      value = rng() % 2;
  }
};

/// Damage to more than one tensor's own fields.
std::string damageArguments(Call &call, Rng &rng) {
  switch (rng() % 5) {
  case 0:
    call.inputs[rng() % 2] = nullptr;
    return "input NULL";
  case 1:
    call.outputs[rng() % 2] = nullptr;
    return "output NULL";
  case 2:
    call.ms[rng() % 4] = 2 + rng() % 250;
    return "not a boolean";
  case 3:
    call.y.data = call.xs.data() + rng() % 16;
    return "y over x";
  default:
    call.t.data = call.ys.data() + rng() % 16;
    return "t in y";
  }
}

/// Damages the call in one to three ways, and says how.
std::string damageCall(Call &call, Rng &rng) {
  std::string what;
  for (uint64_t i = 0, count = 1 + rng() % 3; i < count; ++i) {
    switch (rng() % 6) {
    case 0:
    case 1:
      what += "x: " + damage(call.x, rng, 4) + "; ";
      break;
    case 2:
      what += "m: " + damage(call.m, rng, 1) + "; ";
      break;
    case 3:
      what += "y: " + damage(call.y, rng, 4) + "; ";
      break;
    case 4:
      what += "t: " + damage(call.t, rng, 8) + "; ";
      break;
    default:
      what += damageArguments(call, rng) + "; ";
    }
  }
  return what;
}

/// Whether y is what it should be, given what x was before the call.
bool isRight(const Call &call, const std::vector<float> &before) {
  TestTensor source(call.x);
  if (before != call.xs) // y was written over x: read what x was
    source.data =
        const_cast<char *>(reinterpret_cast<const char *>(before.data()) +
                           (static_cast<const char *>(call.x.data) -
                            reinterpret_cast<const char *>(call.xs.data())));
  for (int64_t i = 0; i < call.x.shape[0]; ++i)
    for (int64_t d = 0; d < 4; ++d) {
      float in = loadFloat(at(source, i, d, 4)), out = loadFloat(at(call.y, i, d, 4));
      float expected = *at(call.m, i, 0, 1) ? in + float(d + 1) : -in;
      if (out != expected && expected == expected)
        return false;
    }
  return true;
}

/// Runs one damaged call; an empty string if all was as it should be.
std::string runOne(Rng &rng) {
  Call call(rng, rng() % 4);
  std::string what = damageCall(call, rng);
  std::vector<float> before = call.xs;
  bool yGiven = call.outputs[0] && call.y.data, tGiven = call.outputs[1] && call.t.data;
  int32_t status = rng() % 50 ? dlc_api_run(call.inputs, call.outputs)
                              : dlc_api_run(rng() % 2 ? call.inputs : nullptr, nullptr);
  std::string problem;
  if (status) {
    std::string sentence = dlc_api_last_error();
    if (sentence.size() < 10 || sentence.rfind("hand: ", 0) != 0)
      problem = "refused without a sentence: '" + sentence + "'";
    if (!yGiven && call.outputs[0] && call.y.data)
      problem = "a failed run allocated y";
  } else {
    if (!isRight(call, before))
      problem = "a wrong number";
    if (!yGiven)
      dlc_api_release(call.y.data);
    if (!tGiven)
      dlc_api_release(call.t.data);
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
