//===- Dlc.h - the compiler as a C library ------------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libdlc: for programs in other languages that compile models in their own
// process, as python/dlc does. Every function may be called from any thread.
//
//===----------------------------------------------------------------------===//
#ifndef DLC_C_DLC_H
#define DLC_C_DLC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A weight of a model in memory: compact, row-major, little-endian. `type` is
/// MLIR's spelling: "f32", "ui8".
typedef struct dlc_weight {
  const char *name;
  const char *type;
  const void *data;
  const int64_t *shape;
  int32_t rank;
} dlc_weight;

/// What to compile, and to what. Zero everything, set `size`, then what you want.
typedef struct dlc_compile_request {
  size_t size; ///< sizeof(dlc_compile_request)
  /// The model's file, or with `model` the name that messages give it.
  const char *path;
  /// The model itself (ONNX, trace, MLIR), if it is in memory.
  const void *model;
  size_t model_bytes;
  /// The weights of a trace in memory.
  const dlc_weight *weights;
  size_t num_weights;
  const char *output; ///< the shared object to write; it appears whole or not at all
  const char *header; ///< its C header; NULL: none is written
  const char *name;   ///< the model's; NULL: the output's stem
  const char *cpu;    ///< by LLVM's name; NULL: this machine's
  int32_t num_threads; ///< compile threads; 0: all cores
  int32_t external_weights; ///< not 0: weights go into a file beside the output
  /// Told when a phase ends, and how many seconds it took; may be NULL. Where it doesn't
  /// return 0 compiling ends there, with an error, and writes nothing.
  int32_t (*on_phase)(void *user, const char *phase, double seconds);
  void *user;
  /// A training step to add, as dl-compile takes it after --train; NULL: none.
  const char *training;
} dlc_compile_request;

/// Compiles. Returns 0, or 1 for an error. `messages`, if it isn't NULL, is given
/// the errors and warnings, a line each ("error: model.py:12: …"), to be freed
/// by dlc_free; NULL where there are none.
int32_t dlc_compile(const dlc_compile_request *request, char **messages);

void dlc_free(void *memory);

/// Reads a trace and its weights, as compiling it would. Returns 0, or 1 for an error,
/// which is then in `message`, to be freed by dlc_free.
int32_t dlc_check_trace(const char *path, char **message);

/// The ATen ops that traces may hold, one a line: "aten.add.Tensor".
const char *dlc_torch_ops(void);

/// Those of them that it imports of complex tensors.
const char *dlc_complex_torch_ops(void);

/// The compiler's version and build: two libraries with equal ones compile alike.
const char *dlc_version(void);

#ifdef __cplusplus
}
#endif
#endif /* DLC_C_DLC_H */
