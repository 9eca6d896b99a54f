//===- RuntimeTest.cpp - the runtime by itself ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeModel.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

struct Call {
  explicit Call(int64_t n)
      : xs(4 * n), ys(4 * n, -1), ms(n, 1), x(xs.data(), kF32, {n, 4}), m(ms.data(), kBool, {n}),
        y(ys.data(), kF32, {n, 4}), t(&sum, kF64, {}) {
    std::iota(xs.begin(), xs.end(), 0.f);
    for (int64_t i = 0; i < n; i += 3)
      ms[i] = 0;
  }
  int32_t run(dlc_context *context = nullptr) {
    const DLTensor *inputs[] = {&x, &m};
    DLTensor *outputs[] = {&y, &t};
    return dlc_api_run_with(context, inputs, outputs);
  }
  float expected(int64_t i, int64_t d) const {
    return i % 3 ? float(4 * i + d) + d + 1 : -float(4 * i + d);
  }
  bool isRight() const {
    for (int64_t i = 0; i < int64_t(ms.size()); ++i)
      for (int64_t d = 0; d < 4; ++d)
        if (ys[4 * i + d] != expected(i, d))
          return false;
    double n = 4.0 * ms.size();
    return sum == n * (n - 1) / 2;
  }
  std::vector<float> xs, ys;
  std::vector<unsigned char> ms;
  double sum = -1;
  TestTensor x, m, y, t;
};

std::string error() { return dlc_api_last_error(); }

TEST(Runtime, Runs) {
  for (int64_t n : {0, 1, 2, 3, 1000}) {
    Call call(n);
    ASSERT_EQ(call.run(), DLC_OK) << error();
    EXPECT_TRUE(call.isRight()) << n;
  }
}

TEST(Runtime, RefusesByName) {
  Call call(3);
  call.x.sizes[1] = 5;
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: input 'x' should be float32[N,4], but is given as float32[3,5]");
  call.x.sizes[1] = 4;
  call.m.sizes[0] = 2;
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: input 'm' should be bool[N], but is given as bool8[2]: "
                     "N, the size of dimension 0, must be 3, as dimension 0 of 'x' has");
  call.m.sizes[0] = 3;
  call.ms[1] = 7;
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: input 'm' should be bool[N], but has a byte other than 0 and 1");
  call.ms[1] = 1;
  call.y.sizes[0] = 2;
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: the result 'y' is of shape [3,4], its tensor of shape [2,4]");
}

TEST(Runtime, RefusesSizesOutOfRange) {
  Call call(3);
  call.x.sizes[0] = call.m.sizes[0] = 100001; // refused before anything is read
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: input 'x' should be float32[N,4], but is given as float32[100001,4]: "
                     "the size of dimension 0 must be at most 100000");
}

TEST(Runtime, ReportsAnErrorInsideTheModel) {
  Call call(3);
  call.xs[0] = 666;
  EXPECT_EQ(call.run(), DLC_RUNTIME_ERROR);
  EXPECT_EQ(error(), "hand: node 'check': the number of the beast");
  call.xs[0] = 667;
  EXPECT_EQ(call.run(), DLC_RUNTIME_ERROR);
  EXPECT_EQ(error(), "hand: node 'check': the number after it");
  call.xs[0] = 668;
  EXPECT_EQ(call.run(), DLC_RUNTIME_ERROR);
  EXPECT_EQ(error(), "hand: node 'check' (Check): the next");
  call.xs[0] = 0;
  EXPECT_EQ(call.run(), DLC_OK);
}

TEST(Runtime, TakesStridedAndMisalignedInputs) {
  Call call(5);
  // x transposed in memory, backwards along the rows.
  std::vector<float> transposed(20);
  for (int i = 0; i < 5; ++i)
    for (int d = 0; d < 4; ++d)
      transposed[5 * d + 4 - i] = call.xs[4 * i + d];
  call.x.data = transposed.data();
  call.x.byte_offset = 4 * sizeof(float);
  call.x.setStrides({-1, 5});
  ASSERT_EQ(call.run(), DLC_OK) << error();
  EXPECT_TRUE(call.isRight());

  std::vector<char> bytes(20 * 4 + 1);
  std::memcpy(bytes.data() + 1, call.xs.data(), 80);
  call.x.data = bytes.data();
  call.x.byte_offset = 1;
  call.x.strides = nullptr;
  ASSERT_EQ(call.run(), DLC_OK) << error();
  EXPECT_TRUE(call.isRight());
}

TEST(Runtime, WritesStridedOutputsAndInPlace) {
  Call call(5);
  std::vector<float> transposed(20);
  call.y.data = transposed.data();
  call.y.setStrides({1, 5});
  ASSERT_EQ(call.run(), DLC_OK) << error();
  for (int i = 0; i < 5; ++i)
    for (int d = 0; d < 4; ++d)
      EXPECT_EQ(transposed[5 * d + i], call.expected(i, d));

  call.y.strides = nullptr;
  call.y.data = call.xs.data();
  ASSERT_EQ(call.run(), DLC_OK) << error();
  call.ys = call.xs;
  EXPECT_TRUE(call.isRight());
}

TEST(Runtime, RefusesOutputsThatOverlap) {
  Call call(5);
  call.y.setStrides({0, 1});
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: output 'y' has strides with which its elements overlap");
  call.y.strides = nullptr;
  call.t.data = call.ys.data() + 2;
  EXPECT_EQ(call.run(), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: outputs 'y' and 't' share memory");
}

TEST(Runtime, AllocatesOutputs) {
  Call call(5);
  call.y.data = nullptr;
  call.y.sizes[0] = -7;
  ASSERT_EQ(call.run(), DLC_OK) << error();
  EXPECT_EQ(call.y.sizes[0], 5);
  std::memcpy(call.ys.data(), call.y.data, 80);
  EXPECT_TRUE(call.isRight());
  dlc_api_release(call.y.data);

  DLTensor unknown = {};
  const DLTensor *inputs[] = {&call.x, &call.m};
  DLTensor *outputs[] = {&unknown, &call.t};
  ASSERT_EQ(dlc_api_run(inputs, outputs), DLC_OK) << error();
  EXPECT_EQ(unknown.ndim, 2);
  EXPECT_EQ(unknown.shape[0], 5);
  EXPECT_EQ(unknown.shape[1], 4);
  dlc_api_release(unknown.data);
}

TEST(Runtime, UsesTheCallersArena) {
  Call call(8);
  const DLTensor *inputs[] = {&call.x, &call.m};
  size_t bytes = 0;
  ASSERT_EQ(dlc_api_arena_size(nullptr, inputs, &bytes), DLC_OK) << error();
  EXPECT_EQ(bytes, 128u);
  alignas(64) static char arena[128];
  dlc_options options = {};
  options.size = sizeof options;
  options.arena = arena;
  options.arena_bytes = sizeof arena;
  options.num_threads = 1;
  dlc_context *context = nullptr;
  ASSERT_EQ(dlc_api_create(&options, &context), DLC_OK) << error();
  EXPECT_EQ(call.run(context), DLC_OK) << error();
  EXPECT_TRUE(call.isRight());
  Call larger(9);
  EXPECT_EQ(larger.run(context), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: the given arena has 128 bytes, this run needs 144");
  dlc_api_destroy(context);
}

struct Counter {
  int live = 0, total = 0;
  static void *allocate(void *self, size_t bytes, size_t alignment) {
    ++static_cast<Counter *>(self)->live;
    ++static_cast<Counter *>(self)->total;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  }
  static void deallocate(void *self, void *memory) {
    --static_cast<Counter *>(self)->live;
    std::free(memory);
  }
};

TEST(Runtime, UsesTheCallersAllocatorAndKeepsMemory) {
  Counter counter;
  dlc_options options = {};
  options.size = sizeof options;
  options.allocate = Counter::allocate;
  options.deallocate = Counter::deallocate;
  options.user = &counter;
  dlc_context *context = nullptr;
  ASSERT_EQ(dlc_api_create(&options, &context), DLC_OK) << error();
  Call call(100);
  ASSERT_EQ(call.run(context), DLC_OK) << error();
  int total = counter.total;
  EXPECT_GT(total, 0);
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(call.run(context), DLC_OK) << error();
  EXPECT_EQ(counter.total, total) << "a run that repeats allocates nothing";
  dlc_api_destroy(context);
  EXPECT_EQ(counter.live, 0);
}

TEST(Runtime, RunsFromSeveralThreadsAtOnce) {
  ASSERT_EQ(dlc_api_set_threads(nullptr, 3), DLC_OK);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 200; ++i) {
        Call call(1 + (i * 7 + thread) % 64);
        wrong += call.run() != DLC_OK || !call.isRight();
        call.x.ndim = 3;
        wrong += call.run() != DLC_INVALID_ARGUMENT || error().find("'x'") == std::string::npos;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  ASSERT_EQ(dlc_api_set_threads(nullptr, 0), DLC_OK);
}

TEST(Runtime, WakesSleepingWorkers) {
  ASSERT_EQ(dlc_api_set_threads(nullptr, 2), DLC_OK);
  for (int i = 0; i < 20; ++i) {
    Call call(64);
    ASSERT_EQ(call.run(), DLC_OK) << error();
    ASSERT_TRUE(call.isRight());
    usleep(i * 100);
  }
}

#if !defined(__SANITIZE_THREAD__) && !__has_feature(thread_sanitizer)
TEST(Runtime, WorksAfterFork) {
  ASSERT_EQ(dlc_api_set_threads(nullptr, 2), DLC_OK);
  Call before(64);
  ASSERT_EQ(before.run(), DLC_OK);
  pid_t child = fork();
  if (child == 0) {
    Call call(64);
    _exit(call.run() == DLC_OK && call.isRight() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

TEST(Runtime, ChecksOptions) {
  dlc_context *context = nullptr;
  dlc_options options = {};
  EXPECT_EQ(dlc_api_create(&options, &context), DLC_INVALID_ARGUMENT);
  options.size = sizeof options;
  options.num_threads = -1;
  EXPECT_EQ(dlc_api_create(&options, &context), DLC_INVALID_ARGUMENT);
  EXPECT_EQ(error(), "hand: options: num_threads is negative");
  EXPECT_EQ(dlc_api_create(nullptr, nullptr), DLC_INVALID_ARGUMENT);
}

TEST(Runtime, HasATable) {
  const dlc_model_api *api = dlc_api_model();
  EXPECT_EQ(api->abi_version, unsigned(DLC_ABI_VERSION));
  EXPECT_STREQ(api->name, "hand");
  EXPECT_EQ(api->num_inputs, 2);
  EXPECT_EQ(api->num_outputs, 2);
}

} // namespace
