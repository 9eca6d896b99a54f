//===- Call.h - contract of generated code and runtime ------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the code that dlc generates expects of the runtime inside the artefact.
// The layout of `dlc_call`'s public part and the functions below are known to
// lib/Codegen; change them together.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUNTIME_CALL_H
#define DLC_RUNTIME_CALL_H

#include "dlc/Runtime/Abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An input as the generated code sees it: checked, contiguous, row-major.
typedef struct dlc_input {
  const void *data;
  const int64_t *sizes; ///< one per dimension
} dlc_input;

/// One run. Only the fields here are read by generated code.
typedef struct dlc_call {
  const dlc_input *inputs;    ///< in the order of the model's inputs
  const void *const *weights; ///< the module's dl.globals in order, 64-byte aligned
  const char *place; ///< while a kernel runs that may fail: its node, for the message; or NULL
} dlc_call;

/// The generated host program: returns the call's status.
typedef int32_t (*dlc_entry_fn)(dlc_call *call);

/// The buffer to write output `index` to, or null after reporting an error
/// (a caller's tensor of another shape, no memory). `sizes` has `rank` entries.
void *dlc_rt_output(dlc_call *call, int32_t index, int32_t rank, const int64_t *sizes);

/// The arena of this run: at least `bytes`, 64-byte aligned; null after
/// reporting that there is no memory. Called once, first.
void *dlc_rt_arena(dlc_call *call, int64_t bytes);

/// Memory whose size is known only in the middle of a run; freed at its end, or
/// earlier by dlc_rt_free. 64-byte aligned; null after reporting an error.
void *dlc_rt_alloc(dlc_call *call, int64_t bytes);
void dlc_rt_free(dlc_call *call, void *memory);

/// Sets the call's status (the first report stays) and its sentence, which begins with
/// the call's place.
void dlc_rt_fail(dlc_call *call, int32_t status, const char *message);

/// The status so far.
int32_t dlc_rt_status(const dlc_call *call);

/// body(context, begin, end) over [0, count), cut into ranges of at least
/// `grain`, on the pool's threads and the caller's; returns when all are done.
/// A call from inside a body runs serially.
void dlc_rt_parallel(dlc_call *call, void (*body)(void *context, int64_t begin, int64_t end),
                     void *context, int64_t count, int64_t grain);

#ifdef __cplusplus
}
#endif

#endif // DLC_RUNTIME_CALL_H
