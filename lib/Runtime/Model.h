//===- Model.h - inside the runtime -------------------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the runtime's files share.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUNTIME_MODEL_H
#define DLC_RUNTIME_MODEL_H

#include "Tables.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

//===----------------------------------------------------------------------===//
// Error.c
//===----------------------------------------------------------------------===//

/// Sets the thread's last error by a printf format; returns `status`.
int32_t dlc_error(int32_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *dlc_error_text(void);
void dlc_error_shutdown(void);

//===----------------------------------------------------------------------===//
// Pool.c
//===----------------------------------------------------------------------===//

/// One body, run by several threads until the range is used up.
typedef struct dlc_job {
  void (*body)(void *context, int64_t begin, int64_t end);
  void *context;
  int64_t count, chunk;
  _Atomic int64_t next;
} dlc_job;

/// Runs the job with up to `threads` threads, the caller's among them.
void dlc_pool_run(dlc_job *job, int32_t threads);
void dlc_pool_shutdown(void);
/// The CPUs that this process may use.
int32_t dlc_cpu_count(void);

//===----------------------------------------------------------------------===//
// Weights.c
//===----------------------------------------------------------------------===//

typedef struct dlc_mapping {
  void *data;
  size_t bytes;
} dlc_mapping;

/// Maps a file of weights.
int32_t dlc_file_map(const char *path, dlc_mapping *mapping);
/// Maps the external weights; `path` null: beside the .so.
int32_t dlc_weights_map(const char *path, dlc_mapping *mapping);
void dlc_weights_unmap(dlc_mapping *mapping);

//===----------------------------------------------------------------------===//
// Tensor.c
//===----------------------------------------------------------------------===//

/// Where a tensor's elements lie, from its fields, all checked.
typedef struct dlc_view {
  char *data; ///< the element at index 0
  int64_t count;
  const int64_t *sizes, *strides; ///< strides null: compact
  bool contiguous;
  bool distinct;           ///< no two elements share bytes
  const char *begin, *end; ///< the bytes it touches
} dlc_view;

/// Checks a tensor against `info`; `kind` is "input" or "output". `symbols` holds
/// the sizes that dimension symbols have (-1: not known yet) and is extended.
int32_t dlc_tensor_check(const dlc_tensor_info *info, const char *kind,
                         const DLTensor *tensor, int64_t *symbols, dlc_view *view);
/// A pretty "float32[3,?]" of what was given, cut to fit.
void dlc_tensor_format(char *text, size_t size, const DLTensor *tensor);
/// Product of the sizes times `bytes`; -1 where it doesn't fit an address space.
int64_t dlc_tensor_bytes(int32_t rank, const int64_t *sizes, int64_t bytes);
/// Between a view and a compact buffer.
void dlc_copy_from_view(void *to, const dlc_view *view, int32_t rank, int64_t bytes);
void dlc_copy_to_view(const dlc_view *view, const void *from, int32_t rank, int64_t bytes);

//===----------------------------------------------------------------------===//
// Context.c
//===----------------------------------------------------------------------===//

/// How many runs' memory a context keeps for the next ones.
#define DLC_CACHED_RUNS 8

struct dlc_context {
  dlc_options options;
  _Atomic int32_t threads;
  dlc_mapping mapping;
  const char *weights_base;
  const void **weights; ///< what dlc_call::weights points to
  pthread_mutex_t turn; ///< held by a run where runs take turns
  bool takes_turns;
  _Atomic(struct dlc_run *) cached[DLC_CACHED_RUNS];
};

/// The given context, or the default one; null after dlc_error.
dlc_context *dlc_context_get(dlc_context *context, int32_t *status);
int32_t dlc_context_create(const dlc_options *options, dlc_context **context);
void dlc_context_destroy(dlc_context *context);
int32_t dlc_context_reset(dlc_context *context);
int32_t dlc_context_set_threads(dlc_context *context, int32_t threads);
/// 64-byte aligned memory by the context's allocator; null where there is none.
void *dlc_allocate(dlc_context *context, size_t bytes);
void dlc_deallocate(dlc_context *context, void *memory);

//===----------------------------------------------------------------------===//
// Run.c
//===----------------------------------------------------------------------===//

/// Frees a cached run.
void dlc_run_free(dlc_context *context, struct dlc_run *run);
/// Runs one of the model's functions.
int32_t dlc_run(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                DLTensor *const *outputs);
int32_t dlc_arena_size(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                       size_t *bytes);

//===----------------------------------------------------------------------===//
// State.c, linked into models with state only
//===----------------------------------------------------------------------===//

int32_t dlc_api_state(dlc_context *context, int32_t index, DLTensor *tensor);
int32_t dlc_api_save(dlc_context *context, const char *path);
int32_t dlc_api_load(dlc_context *context, const char *path, int32_t partial);

#endif // DLC_RUNTIME_MODEL_H
