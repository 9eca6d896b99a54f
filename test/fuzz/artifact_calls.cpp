//===- artifact_calls.cpp - a compiled model under sanitizers -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linked with a model's LLVM IR and the runtime's sources, all instrumented:
//
//   artifact_calls fuzz CALLS SEED    malformed calls: each is refused with a
//                                     sentence, or gives what the same call with
//                                     sound tensors gives
//   artifact_calls threads ROUNDS     two callers at once, in contexts with one
//                                     and two threads, memory of their own and
//                                     given arenas and allocators: each result is
//                                     what a call alone gives
//
// Ends with `N passed, N failed, 0 skipped`. Sizes that the model leaves open are
// those of a case number, so that equal cases are equal calls.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

extern "C" const dlc_model_api *dlc_api_model(void);

namespace {

using Rng = std::mt19937_64;

const dlc_model_api &api() { return *dlc_api_model(); }
const dlc_model_info &model() { return dlc_rt_model; }
const dlc_function_info &function() { return model().functions[0]; }

/// A tensor with room for its shape, strides and data.
struct Tensor : DLTensor {
  std::vector<int64_t> sizes, steps;
  std::vector<char> bytes;

  explicit Tensor(const dlc_tensor_info &info) : DLTensor{} {
    device.device_type = kDLCPU;
    dtype = {info.code, info.bits, 1};
    ndim = info.rank;
    sizes.assign(std::max(info.rank, 8), 1);
    steps.assign(sizes.size(), 0);
    shape = sizes.data();
  }
  Tensor(const Tensor &) = delete;
  Tensor(Tensor &&) = default;
};

int64_t countElements(const DLTensor &tensor) {
  int64_t count = 1;
  for (int32_t d = 0; d < tensor.ndim; ++d)
    count *= tensor.shape[d];
  return count;
}

/// Numbers that are small, so that they fit every type and index little.
void fill(Tensor &tensor, const dlc_tensor_info &info, Rng &rng) {
  for (size_t i = 0; i + info.bytes <= tensor.bytes.size(); i += info.bytes) {
    char *to = tensor.bytes.data() + i;
    int64_t small = int64_t(rng() % 5) - (info.code == DLC_CODE_UINT ? 0 : 2);
    if (info.code == DLC_CODE_BOOL) {
      *to = rng() % 2;
    } else if (info.code == kDLFloat && info.bits == 32) {
      float value = float(rng() % 33) / 8 - 2;
      std::memcpy(to, &value, sizeof value);
    } else if (info.code == kDLFloat && info.bits == 64) {
      double value = double(rng() % 33) / 8 - 2;
      std::memcpy(to, &value, sizeof value);
    } else if (info.code <= 1) {
      if (info.bits < 8) // an element of the type, in a byte
        small = info.code ? small & 1 : -(small & 1);
      std::memcpy(to, &small, info.bytes);
    } // others stay zero
  }
}

/// One call: inputs by a case's number, outputs left to the model.
struct Call {
  std::vector<Tensor> inputs, outputs;
  std::vector<const DLTensor *> in;
  std::vector<DLTensor *> out;

  explicit Call(uint64_t number) {
    static const int64_t some[] = {1, 2, 3, 5, 8, 17, 0};
    Rng rng(number);
    std::vector<int64_t> symbols(model().num_symbols);
    for (int64_t &size : symbols)
      size = some[rng() % 7];
    for (int32_t i = 0; i < function().num_inputs; ++i) {
      const dlc_tensor_info &info = function().inputs[i];
      Tensor &tensor = inputs.emplace_back(info);
      for (int32_t d = 0; d < info.rank; ++d)
        tensor.sizes[d] = info.sizes[d] >= 0   ? info.sizes[d]
                          : info.symbols[d] >= 0 ? symbols[info.symbols[d]]
                                                 : some[number % 6];
      // Room behind the elements for every damaged layout.
      tensor.bytes.resize((8 * countElements(tensor) + 64) * info.bytes);
      tensor.data = tensor.bytes.data();
      fill(tensor, info, rng);
    }
    for (int32_t i = 0; i < function().num_outputs; ++i)
      outputs.emplace_back(function().outputs[i]);
    point();
  }
  void point() {
    for (Tensor &tensor : inputs)
      in.push_back(&tensor);
    for (Tensor &tensor : outputs)
      out.push_back(&tensor);
  }
  int32_t run(dlc_context *context) { return api().run(context, in.data(), out.data()); }

  /// The outputs' shapes and bytes, which are released.
  std::string take(void (*release)(void *) = nullptr) {
    std::string text;
    for (size_t i = 0; i < outputs.size(); ++i) {
      DLTensor &tensor = outputs[i];
      int64_t bytes = countElements(tensor) * function().outputs[i].bytes;
      text.append(reinterpret_cast<char *>(tensor.shape), tensor.ndim * sizeof(int64_t));
      if (bytes)
        text.append(static_cast<char *>(tensor.data), bytes);
      (release ? release : api().release)(tensor.data);
      tensor.data = nullptr;
    }
    return text;
  }
};

/// What the call gives alone: its outputs, or its sentence.
std::string runAlone(uint64_t number, dlc_context *context = nullptr) {
  Call call(number);
  return call.run(context) ? api().last_error() : call.take();
}

//===----------------------------------------------------------------------===//
// Malformed calls
//===----------------------------------------------------------------------===//

int64_t pick(Rng &rng, std::initializer_list<int64_t> values) {
  return values.begin()[rng() % values.size()];
}

/// Damage after which the tensor still stays within its room if it is accepted.
const char *damage(Tensor &tensor, const dlc_tensor_info &info, Rng &rng) {
  size_t axis = info.rank ? rng() % info.rank : 0;
  switch (rng() % 11) {
  case 0:
    tensor.data = nullptr;
    return "data NULL";
  case 1:
    tensor.shape = nullptr;
    return "shape NULL";
  case 2:
    tensor.ndim = pick(rng, {-1, 0, 1, 2, 7, INT32_MIN});
    return "rank";
  case 3:
    tensor.dtype.code = rng();
    return "dtype code";
  case 4:
    tensor.dtype.bits = pick(rng, {0, 1, 8, 16, 64, 255});
    return "dtype bits";
  case 5:
    tensor.dtype.lanes = pick(rng, {0, 2, 65535});
    return "lanes";
  case 6:
    tensor.sizes[axis] = pick(rng, {-1, INT64_MIN, INT64_MAX, INT64_C(1) << 62, INT64_C(1) << 50});
    return "size";
  case 7:
    tensor.device.device_type = static_cast<DLDeviceType>(pick(rng, {0, 2, 4, 7}));
    return "device";
  case 8:
    tensor.byte_offset = pick(rng, {1, 2, 3, 5, INT64_MAX, INT64_MIN, INT64_C(1) << 55});
    return "offset";
  case 9:
    tensor.steps[axis] = pick(rng, {INT64_MAX, INT64_MIN, INT64_C(1) << 60});
    tensor.strides = tensor.steps.data();
    return "huge strides";
  default: // all alike, or every other element of the last dimension
    uint64_t step = pick(rng, {0, 2});
    for (int32_t d = info.rank; d-- > 0;) { // the sizes may be damaged already
      tensor.steps[d] = int64_t(step);
      step *= uint64_t(tensor.sizes[d]);
    }
    tensor.strides = tensor.steps.data();
    return "strides";
  }
}

/// The elements of an accepted input, one behind the other.
std::vector<char> gather(const Tensor &tensor, int64_t bytes) {
  std::vector<char> elements;
  std::vector<int64_t> index(tensor.ndim, 0);
  for (int64_t i = 0, count = countElements(tensor); i < count; ++i) {
    int64_t at = 0, step = 1;
    for (int32_t d = tensor.ndim; d-- > 0;) {
      at += index[d] * (tensor.strides ? tensor.strides[d] : step);
      step *= tensor.shape[d];
    }
    const char *from = static_cast<const char *>(tensor.data) + tensor.byte_offset + at * bytes;
    elements.insert(elements.end(), from, from + bytes);
    for (int32_t d = tensor.ndim; d-- > 0 && ++index[d] == tensor.shape[d];)
      index[d] = 0;
  }
  return elements;
}

/// A context that is refused, or one that must work.
std::string makeContext(Rng &rng, dlc_context **context, std::vector<char> &arena) {
  dlc_options options = {};
  options.size = rng() % 8 ? sizeof options : size_t(rng());
  options.num_threads = int32_t(pick(rng, {-1, INT32_MIN, 0, 1, 2, 3, 2, 1}));
  if (rng() % 2) {
    arena.resize(64 + pick(rng, {0, 1, 64, 4096, 1 << 20}));
    size_t address = reinterpret_cast<size_t>(arena.data());
    options.arena = arena.data() + (64 - address % 64) % 64 + (rng() % 8 ? 0 : 4);
    options.arena_bytes = arena.data() + arena.size() - static_cast<char *>(options.arena);
  }
  if (api().create(rng() % 16 ? &options : nullptr, context))
    *context = nullptr;
  return options.arena ? "context with arena; " : "context; ";
}

std::string runOne(Rng &rng) {
  uint64_t number = rng() % 64;
  Call call(number);
  std::string what;
  for (uint64_t i = 0, count = rng() % 3; i < count && function().num_inputs; ++i) {
    size_t index = rng() % call.inputs.size();
    what += std::string(function().inputs[index].name) + ": " +
            damage(call.inputs[index], function().inputs[index], rng) + "; ";
  }
  if (rng() % 4 == 0 && function().num_outputs) {
    size_t index = rng() % call.outputs.size();
    Tensor &tensor = call.outputs[index];
    tensor.bytes.resize(256);
    tensor.data = tensor.bytes.data(); // with the wrong sizes, mostly
    const char *kind = damage(tensor, function().outputs[index], rng);
    if (countElements(Tensor(function().outputs[index])) * function().outputs[index].bytes > 16)
      tensor.ndim = -1;
    what += std::string(function().outputs[index].name) + ": " + kind + "; ";
  }
  if (rng() % 16 == 0 && function().num_inputs)
    call.in[rng() % call.in.size()] = nullptr;
  if (rng() % 16 == 0 && function().num_outputs)
    call.out[rng() % call.out.size()] = nullptr;
  dlc_context *context = nullptr;
  std::vector<char> arena;
  if (rng() % 4 == 0)
    what += makeContext(rng, &context, arena);
  size_t needed = 0;
  if (rng() % 4 == 0)
    (void)api().arena_size(context, rng() % 8 ? call.in.data() : nullptr, rng() % 8 ? &needed : nullptr);

  std::vector<void *> given;
  for (Tensor &tensor : call.outputs)
    given.push_back(tensor.data);
  int32_t status = call.run(context);
  std::string problem, sentence = status ? api().last_error() : "";
  if (status && (sentence.size() < 10 || sentence.rfind(model().name, 0) != 0))
    problem = "refused without a sentence: '" + sentence + "'";
  for (size_t i = 0; i < given.size() && status; ++i)
    if (call.outputs[i].data != given[i])
      problem = "a failed run allocated an output";
  if (!status) {
    Call sound(number);
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      Tensor &to = sound.inputs[i];
      to.sizes = call.inputs[i].sizes;
      to.shape = to.sizes.data();
      to.bytes = gather(call.inputs[i], function().inputs[i].bytes);
      to.bytes.resize(to.bytes.size() + 64);
      to.data = to.bytes.data();
    }
    if (sound.run(nullptr))
      problem = std::string("accepted, but not with sound tensors: ") + api().last_error();
    for (size_t i = 0; i < given.size() && problem.empty(); ++i) {
      int64_t bytes = function().outputs[i].bytes;
      if (gather(call.outputs[i], bytes) != gather(sound.outputs[i], bytes))
        problem = "a wrong number in " + std::string(function().outputs[i].name);
      api().release(sound.outputs[i].data);
      if (!given[i])
        api().release(call.outputs[i].data);
    }
  }
  if (context)
    api().destroy(context);
  return problem.empty() ? problem : what + problem;
}

int fuzz(uint64_t calls, uint64_t seed) {
  uint64_t failed = 0;
  Rng rng(seed);
  for (uint64_t i = 0; i < calls; ++i) {
    std::string problem = runOne(rng);
    if (problem.empty())
      continue;
    ++failed;
    std::printf("%s, call %llu: %s\n", model().name, (unsigned long long)i, problem.c_str());
  }
  std::printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)(calls - failed),
              (unsigned long long)failed);
  return failed != 0;
}

//===----------------------------------------------------------------------===//
// Two callers
//===----------------------------------------------------------------------===//

constexpr uint64_t kCases = 24;

void *allocateAligned(void *, size_t bytes, size_t alignment) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
void freeAligned(void *, void *memory) { std::free(memory); }

size_t findArenaSize() {
  size_t most = 64;
  for (uint64_t number = 0; number < kCases; ++number) {
    Call call(number);
    size_t bytes = 0;
    if (!api().arena_size(nullptr, call.in.data(), &bytes))
      most = std::max(most, bytes);
  }
  return most;
}

/// Two callers at once in one context, with changing sizes.
uint64_t callTogether(dlc_context *context, void (*release)(void *), uint64_t rounds,
                      const std::vector<std::string> &expected, const char *kind) {
  std::atomic<uint64_t> wrong{0};
  auto work = [&](uint64_t caller) {
    for (uint64_t i = 0; i < rounds; ++i) {
      uint64_t number = (i * (caller + 1) + caller) % kCases;
      Call call(number);
      std::string result = call.run(context) ? api().last_error() : call.take(release);
      if (result != expected[number] && wrong++ == 0)
        std::printf("%s: %s, case %llu: not what a call alone gives\n", model().name, kind,
                    (unsigned long long)number);
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  return wrong;
}

int runThreads(uint64_t rounds) {
  std::vector<std::string> expected;
  dlc_options options = {};
  options.size = sizeof options;
  options.num_threads = 1;
  dlc_context *alone = nullptr;
  if (api().create(&options, &alone))
    return std::printf("%s\n", api().last_error()), 2;
  for (uint64_t number = 0; number < kCases; ++number)
    expected.push_back(runAlone(number, alone));
  api().destroy(alone);
  size_t arenaBytes = (findArenaSize() + 63) / 64 * 64, calls = 0, wrong = 0;
  for (int32_t threads : {1, 2})
    for (const char *kind : {"own arena", "given arena", "given allocator"}) {
      options = {};
      options.size = sizeof options;
      options.num_threads = threads;
      if (kind[0] == 'g' && kind[7] == 'r') {
        options.arena = std::aligned_alloc(64, arenaBytes);
        options.arena_bytes = arenaBytes;
      } else if (kind[0] == 'g') {
        options.allocate = allocateAligned;
        options.deallocate = freeAligned;
      }
      dlc_context *context = nullptr;
      if (api().create(&options, &context))
        return std::printf("%s\n", api().last_error()), 2;
      wrong += callTogether(context, options.allocate ? std::free : nullptr, rounds, expected, kind);
      calls += 2 * rounds;
      api().destroy(context);
      std::free(options.arena);
    }
  wrong += callTogether(nullptr, nullptr, rounds, expected, "default context");
  calls += 2 * rounds;
  std::printf("%zu passed, %zu failed, 0 skipped\n", calls - wrong, wrong);
  return wrong != 0;
}

} // namespace

int main(int argc, char **argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  if (mode == "fuzz")
    return fuzz(count, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  if (mode == "threads")
    return runThreads(count);
  std::fprintf(stderr, "usage: artifact_calls fuzz CALLS SEED | threads ROUNDS\n");
  return 2;
}
