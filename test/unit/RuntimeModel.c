//===- RuntimeModel.c - a model by hand, on the runtime -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include <string.h>

typedef struct job {
  const float *x, *w;
  const unsigned char *m;
  float *y;
} job;

static void body(void *context, int64_t begin, int64_t end) {
  const job *j = context;
  for (int64_t i = begin; i < end; ++i)
    for (int d = 0; d < 4; ++d)
      j->y[4 * i + d] = j->m[i] ? j->x[4 * i + d] + j->w[d] : -j->x[4 * i + d];
}

static int32_t entry(dlc_call *call) {
  int64_t n = call->inputs[0].sizes[0], sizes[2] = {n, 4};
  float *arena = dlc_rt_arena(call, n * 4 * (int64_t)sizeof(float));
  if (!arena)
    return dlc_rt_status(call);
  float *y = dlc_rt_output(call, 0, 2, sizes);
  double *t = y ? dlc_rt_output(call, 1, 0, sizes) : NULL;
  if (!t)
    return dlc_rt_status(call);
  job work = {call->inputs[0].data, call->weights[0], call->inputs[1].data, arena};
  dlc_rt_parallel(call, body, &work, n, 2);
  *t = 0;
  for (int64_t i = 0; i < 4 * n; ++i)
    *t += work.x[i];
  memcpy(y, arena, n * 4 * sizeof(float));
  if (n && work.x[0] == 666)
    dlc_rt_fail(call, DLC_RUNTIME_ERROR, "node 'check': the number of the beast");
  call->place = "node 'check'";
  if (n && work.x[0] == 667)
    dlc_rt_fail(call, DLC_RUNTIME_ERROR, "the number after it");
  if (n && work.x[0] == 668)
    dlc_rt_fail(call, DLC_RUNTIME_ERROR, "node 'check' (Check): the next");
  return dlc_rt_status(call);
}

static const int64_t x_sizes[] = {-1, 4}, m_sizes[] = {-1};
static const int32_t x_symbols[] = {0, -1}, m_symbols[] = {0}, y_symbols[] = {-1, -1};
static const int64_t x_limits[] = {0, 100000, 1, 0, -1, 1};
static const dlc_tensor_info inputs[] = {
    {"x", "float32[N,4]", x_sizes, x_symbols, x_limits, 2, 2, 32, 4},
    {"m", "bool[N]", m_sizes, m_symbols, NULL, 1, 6, 8, 1},
};
static const dlc_tensor_info outputs[] = {
    {"y", "float32[N,4]", x_sizes, y_symbols, NULL, 2, 2, 32, 4},
    {"t", "float64[]", NULL, NULL, NULL, 0, 2, 64, 8},
};
static const char *const symbols[] = {"N"};
static _Alignas(64) const float weights[] = {1, 2, 3, 4};
static const int64_t offsets[] = {0};

static const dlc_function_info functions[] = {
    {.inputs = inputs, .outputs = outputs, .entry = entry, .num_inputs = 2, .num_outputs = 2},
};

const dlc_model_info dlc_rt_model = {
    .name = "hand",
    .describe = "{}",
    .symbols = symbols,
    .functions = functions,
    .weights_data = (const char *)weights,
    .weight_offsets = offsets,
    .num_functions = 1,
    .num_symbols = 1,
    .num_weights = 1,
};
