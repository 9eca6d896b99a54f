//===- Run.c - one run of the model ---------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A run's own memory (its tables and its arena) is kept by the context when the
// run ends and taken by the next one, so that a model in use allocates nothing.
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Memory of dlc_rt_alloc, in front of what the caller gets.
typedef struct block {
  struct block *next, *previous;
  char pad[64 - 2 * sizeof(void *)];
} block;

/// What becomes of an output.
typedef struct output_state {
  void *buffer;    ///< what the generated code writes
  int64_t *sizes;  ///< of the result; null: not produced yet
  dlc_view view;   ///< of the caller's tensor, if it has data
  bool copy;       ///< the buffer is ours, to be copied into the view
  bool allocated;  ///< the buffer goes to the caller
} output_state;

struct dlc_run {
  dlc_call call;
  dlc_context *context;
  _Atomic int32_t status;
  _Atomic int32_t message_written;
  char message[512];
  block *blocks;
  atomic_flag blocks_lock;
  void *arena;
  int64_t arena_bytes;
  bool arena_only;       ///< the run ends once the arena's size is known
  int64_t arena_wanted;
  const DLTensor *const *given_inputs;
  DLTensor *const *given_outputs;
  dlc_input *inputs;
  dlc_view *input_views;
  output_state *outputs;
  int64_t *symbols;
  int64_t *output_sizes; ///< room for the sizes of all outputs
  const dlc_function_info *function; ///< whose tables these are
};

//===----------------------------------------------------------------------===//
// A run's memory
//===----------------------------------------------------------------------===//

/// What a run of the function needs behind its struct, that included.
static size_t table_bytes(const dlc_function_info *function) {
  int64_t sizes = 0;
  for (int32_t i = 0; i < function->num_outputs; ++i)
    sizes += function->outputs[i].rank;
  return sizeof(struct dlc_run) + function->num_inputs * (sizeof(dlc_input) + sizeof(dlc_view)) +
         function->num_outputs * sizeof(output_state) +
         (dlc_rt_model.num_symbols + sizes) * sizeof(int64_t);
}

static void set_function(struct dlc_run *run, const dlc_function_info *function) {
  run->function = function;
  run->input_views = (dlc_view *)(run + 1);
  run->outputs = (output_state *)(run->input_views + function->num_inputs);
  run->inputs = (dlc_input *)(run->outputs + function->num_outputs);
  run->symbols = (int64_t *)(run->inputs + function->num_inputs);
  run->output_sizes = run->symbols + dlc_rt_model.num_symbols;
}

/// Memory for a run of any function.
static struct dlc_run *take_run(dlc_context *context) {
  for (int32_t i = 0; i < DLC_CACHED_RUNS; ++i) {
    if (!atomic_load_explicit(&context->cached[i], memory_order_relaxed))
      continue;
    struct dlc_run *run = atomic_exchange_explicit(&context->cached[i], NULL, memory_order_acquire);
    if (run)
      return run;
  }
  size_t bytes = 0;
  for (int32_t i = 0; i < dlc_rt_model.num_functions; ++i) {
    size_t needed = table_bytes(&dlc_rt_model.functions[i]);
    bytes = needed > bytes ? needed : bytes;
  }
  struct dlc_run *run = dlc_allocate(context, bytes);
  if (!run)
    return NULL;
  memset(run, 0, bytes);
  atomic_flag_clear(&run->blocks_lock);
  run->context = context;
  return run;
}

void dlc_run_free(dlc_context *context, struct dlc_run *run) {
  if (!context->options.arena)
    dlc_deallocate(context, run->arena);
  dlc_deallocate(context, run);
}

static void give_run(struct dlc_run *run) {
  dlc_context *context = run->context;
  while (run->blocks)
    dlc_rt_free(&run->call, run->blocks + 1);
  for (int32_t i = 0; i < DLC_CACHED_RUNS; ++i) {
    struct dlc_run *expected = NULL;
    if (atomic_compare_exchange_strong_explicit(&context->cached[i], &expected, run,
                                                memory_order_release, memory_order_relaxed))
      return;
  }
  dlc_run_free(context, run);
}

//===----------------------------------------------------------------------===//
// What generated code calls
//===----------------------------------------------------------------------===//

void dlc_rt_fail(dlc_call *call, int32_t status, const char *message) {
  struct dlc_run *run = (struct dlc_run *)call;
  int32_t expected = DLC_OK;
  if (atomic_compare_exchange_strong(&run->message_written, &expected, 1)) {
    const char *place = call->place;
    if (place && strncmp(message, place, strlen(place)) != 0)
      snprintf(run->message, sizeof run->message, "%s: %s", place, message);
    else
      snprintf(run->message, sizeof run->message, "%s", message);
    atomic_store(&run->status, status ? status : DLC_RUNTIME_ERROR);
  }
}

int32_t dlc_rt_status(const dlc_call *call) {
  return atomic_load_explicit(&((struct dlc_run *)call)->status, memory_order_relaxed);
}

/// `bytes` is negative where the number is beyond what memory can have.
static void *fail_memory(dlc_call *call, int64_t bytes) {
  char message[96] = "no memory: more bytes are needed than any machine has";
  if (bytes >= 0)
    snprintf(message, sizeof message, "no memory: %lld bytes are needed", (long long)bytes);
  dlc_rt_fail(call, DLC_OUT_OF_MEMORY, message);
  return NULL;
}

/// Ends a run that is there for the arena's size. A program without an arena
/// comes to an output or other memory first, and wants none.
static void *stop_with_arena_size(struct dlc_run *run, int64_t bytes) {
  run->arena_wanted = bytes;
  dlc_rt_fail(&run->call, DLC_RUNTIME_ERROR, "only the arena's size was asked for");
  return NULL;
}

void *dlc_rt_arena(dlc_call *call, int64_t bytes) {
  struct dlc_run *run = (struct dlc_run *)call;
  if (run->arena_only)
    return stop_with_arena_size(run, bytes);
  const dlc_options *options = &run->context->options;
  if (options->arena) {
    if (bytes >= 0 && (uint64_t)bytes <= options->arena_bytes)
      return options->arena;
    char message[128];
    snprintf(message, sizeof message, "the given arena has %llu bytes, this run needs %lld",
             (unsigned long long)options->arena_bytes, (long long)bytes);
    dlc_rt_fail(call, DLC_INVALID_ARGUMENT, message);
    return NULL;
  }
  if (bytes < 0)
    return fail_memory(call, bytes);
  if (!run->arena || run->arena_bytes < bytes) {
    dlc_deallocate(run->context, run->arena);
    run->arena_bytes = 0;
    run->arena = dlc_allocate(run->context, bytes);
    if (!run->arena)
      return fail_memory(call, bytes);
    run->arena_bytes = bytes;
  }
  return run->arena;
}

static void lock_blocks(struct dlc_run *run) {
  while (atomic_flag_test_and_set_explicit(&run->blocks_lock, memory_order_acquire))
    ;
}

static void *allocate_block(dlc_call *call, int64_t bytes) {
  struct dlc_run *run = (struct dlc_run *)call;
  if (bytes < 0 || bytes > INT64_MAX - (int64_t)sizeof(block))
    return fail_memory(call, bytes);
  block *memory = dlc_allocate(run->context, bytes + sizeof(block));
  if (!memory)
    return fail_memory(call, bytes);
  memory->previous = NULL;
  lock_blocks(run);
  memory->next = run->blocks;
  if (run->blocks)
    run->blocks->previous = memory;
  run->blocks = memory;
  atomic_flag_clear_explicit(&run->blocks_lock, memory_order_release);
  return memory + 1;
}

void *dlc_rt_alloc(dlc_call *call, int64_t bytes) {
  struct dlc_run *run = (struct dlc_run *)call;
  return run->arena_only ? stop_with_arena_size(run, 0) : allocate_block(call, bytes);
}

void dlc_rt_free(dlc_call *call, void *memory) {
  struct dlc_run *run = (struct dlc_run *)call;
  if (!memory)
    return;
  block *freed = (block *)memory - 1;
  lock_blocks(run);
  if (freed->previous)
    freed->previous->next = freed->next;
  else
    run->blocks = freed->next;
  if (freed->next)
    freed->next->previous = freed->previous;
  atomic_flag_clear_explicit(&run->blocks_lock, memory_order_release);
  dlc_deallocate(run->context, freed);
}

void dlc_rt_parallel(dlc_call *call, void (*body)(void *context, int64_t begin, int64_t end),
                     void *context, int64_t count, int64_t grain) {
  struct dlc_run *run = (struct dlc_run *)call;
  if (count <= 0)
    return;
  if (grain < 1)
    grain = 1;
  int64_t threads = atomic_load_explicit(&run->context->threads, memory_order_relaxed);
  if (threads > (count - 1) / grain + 1)
    threads = (count - 1) / grain + 1;
  if (threads <= 1) {
    body(context, 0, count);
    return;
  }
  // A few ranges a thread: who is slowed down takes fewer of them.
  int64_t chunk = (count - 1) / (threads * 4) + 1;
  dlc_job job = {body, context, count, chunk > grain ? chunk : grain, 0};
  dlc_pool_run(&job, (int32_t)threads);
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

static bool overlap(const dlc_view *view, const char *begin, const char *end) {
  return view->begin < end && begin < view->end;
}

/// Checks the caller's tensor for output `index`, as far as that can be before
/// the result's sizes are known.
static int32_t check_output(struct dlc_run *run, int32_t index) {
  const dlc_tensor_info *info = &run->function->outputs[index];
  DLTensor *given = run->given_outputs[index];
  output_state *state = &run->outputs[index];
  memset(state, 0, sizeof *state);
  if (given && !given->data && (!given->shape || given->ndim == info->rank))
    return DLC_OK; // to be allocated, or empty
  int32_t status = dlc_tensor_check(info, "output", given, run->symbols, &state->view);
  if (status)
    return status;
  if (!state->view.distinct)
    return dlc_error(DLC_INVALID_ARGUMENT,
                     "%s: output '%s' has strides with which its elements overlap",
                     dlc_rt_model.name, info->name);
  return DLC_OK;
}

static void format_sizes(char *text, size_t size, int32_t rank, const int64_t *sizes) {
  size_t at = 0;
  text[0] = 0;
  for (int32_t d = 0; d < rank && at < size; ++d)
    at += snprintf(text + at, size - at, d ? ",%lld" : "%lld", (long long)sizes[d]);
}

/// The caller's tensor has data: it must have the result's sizes.
static bool fits(struct dlc_run *run, int32_t index, const int64_t *sizes) {
  const dlc_tensor_info *info = &run->function->outputs[index];
  const int64_t *given = run->outputs[index].view.sizes;
  if (!info->rank || !memcmp(sizes, given, info->rank * sizeof *sizes))
    return true;
  char is[128], has[128], message[400];
  format_sizes(is, sizeof is, info->rank, sizes);
  format_sizes(has, sizeof has, info->rank, given);
  snprintf(message, sizeof message, "the result '%s' is of shape [%s], its tensor of shape [%s]",
           info->name, is, has);
  dlc_rt_fail(&run->call, DLC_INVALID_ARGUMENT, message);
  return false;
}

/// Of two outputs the second to be produced sees whether they lie over each other: what is
/// too large is refused as that.
static bool lies_apart(struct dlc_run *run, int32_t index) {
  const dlc_view *view = &run->outputs[index].view;
  for (int32_t other = 0; other < run->function->num_outputs; ++other)
    if (other != index && run->outputs[other].sizes &&
        overlap(&run->outputs[other].view, view->begin, view->end)) {
      char message[400];
      snprintf(message, sizeof message, "outputs '%s' and '%s' share memory",
               run->function->outputs[other].name, run->function->outputs[index].name);
      dlc_rt_fail(&run->call, DLC_INVALID_ARGUMENT, message);
      return false;
    }
  return true;
}

void *dlc_rt_output(dlc_call *call, int32_t index, int32_t rank, const int64_t *sizes) {
  struct dlc_run *run = (struct dlc_run *)call;
  const dlc_tensor_info *info = &run->function->outputs[index];
  output_state *state = &run->outputs[index];
  if (run->arena_only)
    return stop_with_arena_size(run, 0);
  int64_t bytes = rank == info->rank ? dlc_tensor_bytes(rank, sizes, info->bytes) : -1;
  if (bytes < 0)
    return fail_memory(call, bytes);
  int64_t *kept = run->output_sizes;
  for (int32_t i = 0; i < index; ++i)
    kept += run->function->outputs[i].rank;
  for (int32_t d = 0; d < rank; ++d)
    kept[d] = sizes[d];
  const DLTensor *given = run->given_outputs[index];
  if (given->data) {
    if (!fits(run, index, sizes) || !lies_apart(run, index))
      return NULL;
    state->copy = !state->view.contiguous || (uintptr_t)state->view.data % info->bytes;
    for (int32_t i = 0; i < run->function->num_inputs && !state->copy; ++i)
      state->copy = overlap(&run->input_views[i], state->view.begin, state->view.end);
    state->buffer = state->copy ? dlc_rt_alloc(call, bytes) : state->view.data;
  } else {
    // The shape goes behind the data where the caller has no room for it.
    int64_t shape = given->shape ? 0 : rank * (int64_t)sizeof *sizes;
    state->allocated = bytes || shape;
    state->buffer = run; // nothing is written where there is nothing to allocate
    if (state->allocated)
      state->buffer = dlc_allocate(run->context, ((bytes + 7) & ~INT64_C(7)) + shape);
    if (!state->buffer)
      return fail_memory(call, bytes);
  }
  state->sizes = kept;
  return state->buffer;
}

/// Fills in an output that came without data; an empty one stays so.
static void publish(const dlc_tensor_info *info, output_state *state, DLTensor *tensor) {
  int64_t bytes = dlc_tensor_bytes(info->rank, state->sizes, info->bytes);
  if (!tensor->shape && info->rank)
    tensor->shape = (int64_t *)((char *)state->buffer + ((bytes + 7) & ~INT64_C(7)));
  for (int32_t d = 0; d < info->rank; ++d)
    tensor->shape[d] = state->sizes[d];
  tensor->data = state->allocated ? state->buffer : NULL;
  tensor->device = (DLDevice){(DLDeviceType)DLC_DEVICE_CPU, 0};
  tensor->ndim = info->rank;
  tensor->dtype = (DLDataType){info->code, info->bits, 1};
  tensor->strides = NULL;
  tensor->byte_offset = 0;
}

static int32_t finish_outputs(struct dlc_run *run) {
  int32_t status = atomic_load(&run->status);
  for (int32_t i = 0; i < run->function->num_outputs; ++i) {
    const dlc_tensor_info *info = &run->function->outputs[i];
    output_state *state = &run->outputs[i];
    if (state->allocated && status)
      dlc_deallocate(run->context, state->buffer);
    else if (!status && !run->given_outputs[i]->data)
      publish(info, state, run->given_outputs[i]);
    else if (state->copy && !status)
      dlc_copy_to_view(&state->view, state->buffer, info->rank, info->bytes);
  }
  return status;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// A byte that is neither 0 nor 1 is no boolean, and code made for booleans
/// would do anything with it.
static bool all_booleans(const unsigned char *data, int64_t count) {
  unsigned char bits = 0;
  for (int64_t i = 0; i < count; ++i)
    bits |= data[i];
  return bits <= 1;
}

static int32_t take_input(struct dlc_run *run, int32_t index) {
  const dlc_tensor_info *info = &run->function->inputs[index];
  dlc_view *view = &run->input_views[index];
  dlc_input *input = &run->inputs[index];
  input->sizes = view->sizes;
  input->data = view->data;
  if (!view->contiguous || (uintptr_t)view->data % info->bytes) {
    void *copy = allocate_block(&run->call, view->count * info->bytes);
    if (!copy)
      return dlc_error(DLC_OUT_OF_MEMORY, "%s: %s", dlc_rt_model.name, run->message);
    dlc_copy_from_view(copy, view, info->rank, info->bytes);
    input->data = copy;
  }
  if (info->code == DLC_CODE_BOOL && !all_booleans(input->data, view->count))
    return dlc_error(DLC_INVALID_ARGUMENT,
                     "%s: input '%s' should be %s, but has a byte other than 0 and 1",
                     dlc_rt_model.name, info->name, info->type);
  return DLC_OK;
}

static int32_t check_arguments(const dlc_function_info *function, const void *inputs,
                               const void *outputs) {
  const char *what = NULL;
  if (!inputs && function->num_inputs)
    what = "inputs";
  else if (!outputs && function->num_outputs)
    what = "outputs";
  if (!what)
    return DLC_OK;
  return dlc_error(DLC_INVALID_ARGUMENT, "%s: the array of %s is NULL", dlc_rt_model.name, what);
}

/// Checks everything, then runs the generated host program.
static int32_t run_checked(struct dlc_run *run) {
  int32_t status = DLC_OK;
  for (int32_t i = 0; i < dlc_rt_model.num_symbols; ++i)
    run->symbols[i] = -1;
  for (int32_t i = 0; i < run->function->num_inputs && !status; ++i)
    status = dlc_tensor_check(&run->function->inputs[i], "input", run->given_inputs[i],
                              run->symbols, &run->input_views[i]);
  for (int32_t i = 0; i < run->function->num_inputs && !status; ++i)
    status = take_input(run, i);
  for (int32_t i = 0; i < run->function->num_outputs && !status && !run->arena_only; ++i)
    status = check_output(run, i);
  if (status)
    return status;
  int32_t returned = run->function->entry(&run->call);
  if (returned)
    dlc_rt_fail(&run->call, returned, "the model failed");
  if (run->arena_only)
    status = run->arena_wanted >= 0 ? DLC_OK : atomic_load(&run->status);
  else
    status = finish_outputs(run);
  if (status)
    return dlc_error(status, "%s: %s", dlc_rt_model.name, run->message);
  return DLC_OK;
}

static int32_t start(dlc_context *context, int32_t index, const DLTensor *const *inputs,
                     DLTensor *const *outputs, size_t *arena_bytes) {
  if (index < 0 || index >= dlc_rt_model.num_functions)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: has no function %d", dlc_rt_model.name, index);
  const dlc_function_info *function = &dlc_rt_model.functions[index];
  int32_t status =
      check_arguments(function, inputs, arena_bytes ? arena_bytes : (const void *)outputs);
  if (status)
    return status;
  context = dlc_context_get(context, &status);
  if (!context)
    return status;
  if (context->takes_turns)
    pthread_mutex_lock(&context->turn);
  struct dlc_run *run = take_run(context);
  if (run) {
    set_function(run, function);
    atomic_store_explicit(&run->status, DLC_OK, memory_order_relaxed);
    atomic_store_explicit(&run->message_written, 0, memory_order_relaxed);
    run->call.inputs = run->inputs;
    run->call.weights = context->weights;
    run->call.place = NULL;
    run->given_inputs = inputs;
    run->given_outputs = outputs;
    run->arena_only = arena_bytes != NULL;
    run->arena_wanted = -1;
    for (int32_t i = 0; i < run->function->num_outputs; ++i)
      memset(&run->outputs[i], 0, sizeof run->outputs[i]);
    status = run_checked(run);
    if (arena_bytes)
      *arena_bytes = run->arena_wanted > 0 ? (size_t)run->arena_wanted : 0;
    give_run(run);
  } else {
    status = dlc_error(DLC_OUT_OF_MEMORY, "%s: no memory for a run", dlc_rt_model.name);
  }
  if (context->takes_turns)
    pthread_mutex_unlock(&context->turn);
  return status;
}

int32_t dlc_run(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                DLTensor *const *outputs) {
  return start(context, function, inputs, outputs, NULL);
}

int32_t dlc_arena_size(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                       size_t *bytes) {
  if (!bytes)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: the pointer to the arena's size is NULL",
                     dlc_rt_model.name);
  return start(context, function, inputs, NULL, bytes);
}
