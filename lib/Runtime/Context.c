//===- Context.c - what runs share: weights, memory, threads, state -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "Model.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t default_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(dlc_context *) default_context;

void *dlc_allocate(dlc_context *context, size_t bytes) {
  if (context->options.allocate)
    return context->options.allocate(context->options.user, bytes ? bytes : 1, 64);
  if (bytes > SIZE_MAX - 64)
    return NULL;
  bytes = (bytes + 63) & ~(size_t)63;
  void *memory = NULL;
  // Large blocks are read and written over and over: huge pages spare the TLB.
  size_t huge = (size_t)1 << 21;
  if (posix_memalign(&memory, bytes >= 2 * huge ? huge : 64, bytes ? bytes : 64))
    return NULL;
  if (bytes >= 2 * huge)
    madvise(memory, bytes & ~(huge - 1), MADV_HUGEPAGE);
  return memory;
}

void dlc_deallocate(dlc_context *context, void *memory) {
  if (!context->options.allocate)
    free(memory);
  else if (memory && context->options.deallocate)
    context->options.deallocate(context->options.user, memory);
}

static int32_t out_of_memory(void) {
  return dlc_error(DLC_OUT_OF_MEMORY, "%s: no memory for a context", dlc_rt_model.name);
}

/// Null for zeros, which are stored nowhere.
static const void *initial_value(const dlc_context *context, int64_t weight) {
  int64_t offset = dlc_rt_model.weight_offsets[weight];
  return offset < 0 ? NULL : context->weights_base + offset;
}

/// Whether the memory is a file's, mapped by the system's loader or by us.
static bool is_mapped_file(const dlc_context *context, const void *memory) {
  Dl_info info;
  return context->mapping.data || dladdr(memory, &info);
}

/// Copies a state's initial value. Its pages are given back: they can be read from the
/// file again, but should not be in memory beside the state.
static void copy_initial(const dlc_context *context, char *to, const char *from, size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), most = (size_t)1 << 22;
  bool gives_back = bytes > page && is_mapped_file(context, from);
  uintptr_t begin = ((uintptr_t)from + page - 1) & ~(page - 1);
  for (size_t at = 0; at < bytes; at += most) {
    size_t count = bytes - at < most ? bytes - at : most;
    memcpy(to + at, from + at, count);
    uintptr_t end = ((uintptr_t)from + at + count) & ~(page - 1);
    if (gives_back && begin < end) {
      madvise((void *)begin, end - begin, MADV_DONTNEED);
      begin = end;
    }
  }
}

int32_t dlc_context_reset(dlc_context *context) {
  int32_t status;
  context = dlc_context_get(context, &status);
  if (!context)
    return status;
  if (context->takes_turns)
    pthread_mutex_lock(&context->turn);
  for (int32_t i = 0; i < dlc_rt_model.num_states; ++i) {
    const dlc_state_info *state = &dlc_rt_model.states[i];
    void *memory = (void *)context->weights[state->weight];
    const void *initial = initial_value(context, state->weight);
    if (initial)
      copy_initial(context, memory, initial, (size_t)state->bytes);
    else
      memset(memory, 0, state->bytes);
  }
  if (context->takes_turns)
    pthread_mutex_unlock(&context->turn);
  return DLC_OK;
}

/// The table of weights, its mutable ones in memory of the context's own.
static int32_t make_weights(dlc_context *context) {
  context->weights_base = dlc_rt_model.weights_data;
  if (dlc_rt_model.weights_file) {
    int32_t status = dlc_weights_map(context->options.weights_path, &context->mapping);
    if (status)
      return status;
    context->weights_base = context->mapping.data;
  }
  if (!dlc_rt_model.num_weights)
    return DLC_OK;
  context->weights = malloc(dlc_rt_model.num_weights * sizeof *context->weights);
  if (!context->weights)
    return out_of_memory();
  for (int32_t i = 0; i < dlc_rt_model.num_weights; ++i)
    context->weights[i] = initial_value(context, i);
  for (int32_t i = 0; i < dlc_rt_model.num_states; ++i)
    context->weights[dlc_rt_model.states[i].weight] = NULL;
  for (int32_t i = 0; i < dlc_rt_model.num_states; ++i) {
    const dlc_state_info *state = &dlc_rt_model.states[i];
    void *memory = dlc_allocate(context, state->bytes);
    if (!memory)
      return out_of_memory();
    context->weights[state->weight] = memory;
  }
  return dlc_context_reset(context);
}

static int32_t check_options(const dlc_options *options) {
  const char *why = NULL;
  if (options->num_threads < 0)
    why = "num_threads is negative";
  else if (options->deallocate && !options->allocate)
    why = "deallocate is given without allocate";
  else if (options->arena && (uintptr_t)options->arena % 64)
    why = "the arena is not 64-byte aligned";
  if (!why)
    return DLC_OK;
  return dlc_error(DLC_INVALID_ARGUMENT, "%s: options: %s", dlc_rt_model.name, why);
}

int32_t dlc_context_create(const dlc_options *options, dlc_context **result) {
  if (!result)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: the pointer to the new context is NULL",
                     dlc_rt_model.name);
  *result = NULL;
  dlc_options wanted = {.size = sizeof wanted};
  if (options && options->size < offsetof(dlc_options, weights_path))
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: options: size is not sizeof(dlc_options)",
                     dlc_rt_model.name);
  if (options)
    memcpy(&wanted, options, options->size < sizeof wanted ? options->size : sizeof wanted);
  int32_t status = check_options(&wanted);
  if (status)
    return status;
  dlc_context *context = calloc(1, sizeof *context);
  if (!context)
    return out_of_memory();
  context->options = wanted;
  context->takes_turns = wanted.arena || dlc_rt_model.num_states;
  pthread_mutex_init(&context->turn, NULL);
  atomic_init(&context->threads, wanted.num_threads ? wanted.num_threads : dlc_cpu_count());
  status = make_weights(context);
  context->options.weights_path = NULL; // the caller's string need not live on
  if (status)
    dlc_context_destroy(context);
  else
    *result = context;
  return status;
}

void dlc_context_destroy(dlc_context *context) {
  if (!context)
    return;
  for (int32_t i = 0; i < DLC_CACHED_RUNS; ++i) {
    struct dlc_run *run = atomic_load(&context->cached[i]);
    if (run)
      dlc_run_free(context, run);
  }
  for (int32_t i = 0; context->weights && i < dlc_rt_model.num_states; ++i)
    dlc_deallocate(context, (void *)context->weights[dlc_rt_model.states[i].weight]);
  free(context->weights);
  dlc_weights_unmap(&context->mapping);
  pthread_mutex_destroy(&context->turn);
  free(context);
}

dlc_context *dlc_context_get(dlc_context *context, int32_t *status) {
  if (!context)
    context = atomic_load_explicit(&default_context, memory_order_acquire);
  if (context)
    return context;
  pthread_mutex_lock(&default_lock);
  context = atomic_load_explicit(&default_context, memory_order_relaxed);
  if (!context) {
    *status = dlc_context_create(NULL, &context);
    if (context)
      atomic_store_explicit(&default_context, context, memory_order_release);
  }
  pthread_mutex_unlock(&default_lock);
  return context;
}

int32_t dlc_context_set_threads(dlc_context *context, int32_t threads) {
  int32_t status;
  if (threads < 0)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: the number of threads is negative",
                     dlc_rt_model.name);
  context = dlc_context_get(context, &status);
  if (!context)
    return status;
  atomic_store(&context->threads, threads ? threads : dlc_cpu_count());
  return DLC_OK;
}

__attribute__((destructor)) static void unload(void) {
  dlc_pool_shutdown();
  dlc_context_destroy(atomic_exchange(&default_context, NULL));
  dlc_error_shutdown();
}
