//===- RuntimeModel.h - a model by hand, on the runtime -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lib/Target would generate for y = where(m, x + w, -x) and t = the sum of x,
// with x: float32[N,4], m: bool[N]; so that the runtime is tested by itself, under
// sanitizers.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TEST_UNIT_RUNTIMEMODEL_H
#define DLC_TEST_UNIT_RUNTIMEMODEL_H

#include "dlc/Runtime/Call.h"

#include <cstring>
#include <initializer_list>
#include <vector>

extern "C" {
int32_t dlc_api_run(const DLTensor *const *inputs, DLTensor *const *outputs);
int32_t dlc_api_run_with(dlc_context *context, const DLTensor *const *inputs,
                         DLTensor *const *outputs);
int32_t dlc_api_create(const dlc_options *options, dlc_context **context);
void dlc_api_destroy(dlc_context *context);
int32_t dlc_api_set_threads(dlc_context *context, int32_t num_threads);
int32_t dlc_api_arena_size(dlc_context *context, const DLTensor *const *inputs, size_t *bytes);
void dlc_api_release(void *data);
const char *dlc_api_last_error(void);
const dlc_model_api *dlc_api_model(void);
}

/// A tensor with room for its shape and strides.
struct TestTensor : DLTensor {
  int64_t sizes[8] = {}, steps[8] = {};
  TestTensor(void *values, DLDataType type, std::initializer_list<int64_t> shape_) {
    std::memset(static_cast<DLTensor *>(this), 0, sizeof(DLTensor));
    data = values;
    device.device_type = kDLCPU;
    dtype = type;
    for (int64_t size : shape_)
      sizes[ndim++] = size;
    shape = sizes;
  }
  TestTensor(const TestTensor &other) : DLTensor(other) {
    std::memcpy(sizes, other.sizes, sizeof sizes);
    std::memcpy(steps, other.steps, sizeof steps);
    if (shape)
      shape = sizes;
    if (strides)
      strides = steps;
  }
  TestTensor &setStrides(std::initializer_list<int64_t> values) {
    std::memcpy(steps, values.begin(), values.size() * sizeof(int64_t));
    strides = steps;
    return *this;
  }
};

constexpr DLDataType kF32 = {2, 32, 1}, kBool = {6, 8, 1}, kF64 = {2, 64, 1};

#endif // DLC_TEST_UNIT_RUNTIMEMODEL_H
