//===- Api.c - the functions that an artefact exports ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linker gives the dlc_api_* functions their public names, MODEL_run and so
// on, and exports those and dlc_model alone.
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include <stdlib.h>

int32_t dlc_api_run(const DLTensor *const *inputs, DLTensor *const *outputs) {
  return dlc_run(NULL, 0, inputs, outputs);
}

int32_t dlc_api_run_with(dlc_context *context, const DLTensor *const *inputs,
                         DLTensor *const *outputs) {
  return dlc_run(context, 0, inputs, outputs);
}

int32_t dlc_api_call(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                     DLTensor *const *outputs) {
  return dlc_run(context, function, inputs, outputs);
}

int32_t dlc_api_create(const dlc_options *options, dlc_context **context) {
  return dlc_context_create(options, context);
}

void dlc_api_destroy(dlc_context *context) { dlc_context_destroy(context); }

int32_t dlc_api_reset(dlc_context *context) { return dlc_context_reset(context); }

int32_t dlc_api_set_threads(dlc_context *context, int32_t num_threads) {
  return dlc_context_set_threads(context, num_threads);
}

int32_t dlc_api_arena_size(dlc_context *context, const DLTensor *const *inputs, size_t *bytes) {
  return dlc_arena_size(context, 0, inputs, bytes);
}

void dlc_api_release(void *data) { free(data); }

const char *dlc_api_last_error(void) { return dlc_error_text(); }

const char *dlc_api_describe(void) { return dlc_rt_model.describe; }

// Null unless the linker was asked for them.
#pragma weak dlc_api_state
#pragma weak dlc_api_save
#pragma weak dlc_api_load

/// The table for programs that load models they do not know.
const dlc_model_api *dlc_api_model(void) {
  static const dlc_model_api functions = {
      .abi_version = DLC_ABI_VERSION,
      .describe = dlc_api_describe,
      .last_error = dlc_api_last_error,
      .create = dlc_api_create,
      .destroy = dlc_api_destroy,
      .run = dlc_api_run_with,
      .arena_size = dlc_api_arena_size,
      .set_threads = dlc_api_set_threads,
      .release = dlc_api_release,
      .reset = dlc_api_reset,
      .call = dlc_api_call,
      .state = dlc_api_state,
      .save = dlc_api_save,
      .load = dlc_api_load,
  };
  static dlc_model_api api;
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  if (!api.name) {
    api = functions;
    api.num_inputs = dlc_rt_model.functions[0].num_inputs;
    api.num_outputs = dlc_rt_model.functions[0].num_outputs;
    api.num_functions = dlc_rt_model.num_functions;
    api.num_states = dlc_rt_model.num_states;
    api.name = dlc_rt_model.name;
  }
  pthread_mutex_unlock(&lock);
  return &api;
}
