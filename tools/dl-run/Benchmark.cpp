//===- Benchmark.cpp - measures runs --------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include <chrono>

using namespace dlc;

llvm::Error dlc::benchmark(Runner &runner, llvm::ArrayRef<Tensor> inputs,
                           const BenchmarkOptions &options, llvm::raw_ostream &os) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (unsigned i = 0; i < options.warmup + options.repetitions; ++i) {
    Clock::time_point start = Clock::now();
    llvm::Error error = runner.measure(inputs);
    std::chrono::duration<double, std::milli> time = Clock::now() - start;
    if (error)
      return error;
    if (i >= options.warmup)
      times.push_back(time.count());
  }
  llvm::sort(times);
  // The smallest time that is no less than this share of all.
  auto percentile = [&](double share) {
    size_t rank = size_t(std::ceil(share * double(times.size())));
    return times[std::max<size_t>(rank, 1) - 1];
  };
  os << llvm::formatv("{0} runs after {1}: median {2:f4} ms, p90 {3:f4} ms, p99 {4:f4} ms, "
                      "min {5:f4} ms\n", times.size(), options.warmup, percentile(0.5),
                      percentile(0.9), percentile(0.99), times.front());
  return llvm::Error::success();
}
