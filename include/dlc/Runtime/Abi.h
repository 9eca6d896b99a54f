//===- Abi.h - what every compiled model offers -------------------*- C -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of a model's header that is the same for every model. The compiler
// copies this file into each generated header, which stands alone; a program
// that loads any model (dlopen, then dlc_model) includes this one. docs/abi.md
// explains it.
//
//===----------------------------------------------------------------------===//
#ifndef DLC_ABI_H
#define DLC_ABI_H

#include <stddef.h>
#include <stdint.h>

/* DLPack: from dlpack.h where there is one, else its tensor as it stands in DLPack 1.1. */
#if !defined(DLPACK_DLPACK_H_) && defined(__has_include)
#if __has_include(<dlpack/dlpack.h>)
#include <dlpack/dlpack.h>
#endif
#endif
#ifndef DLPACK_DLPACK_H_
#ifdef __cplusplus
extern "C" {
#endif
typedef enum {
  kDLCPU = 1,
  kDLCUDA = 2,
  kDLCUDAHost = 3,
} DLDeviceType;
typedef struct {
  DLDeviceType device_type;
  int32_t device_id;
} DLDevice;
typedef enum {
  kDLInt = 0U,
  kDLUInt = 1U,
  kDLFloat = 2U,
  kDLBfloat = 4U,
  kDLBool = 6U,
  kDLFloat8_e4m3fn = 10U,
  kDLFloat8_e4m3fnuz = 11U,
  kDLFloat8_e5m2 = 12U,
  kDLFloat8_e5m2fnuz = 13U,
  kDLFloat8_e8m0fnu = 14U,
  kDLFloat4_e2m1fn = 17U,
} DLDataTypeCode;
typedef struct {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} DLDataType;
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL: compact, row-major */
  uint64_t byte_offset;
} DLTensor;
#ifdef __cplusplus
}
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What every function that can fail returns.
enum {
  DLC_OK = 0,
  DLC_INVALID_ARGUMENT = 1, ///< null, rank, dtype, shape, device, an arena too small
  DLC_OUT_OF_MEMORY = 2,
  DLC_RUNTIME_ERROR = 3, ///< an assertion, index or shape error inside the model
  DLC_IO_ERROR = 4       ///< the external weights can't be read, or aren't this model's
};

/// A model made ready to run: its thread count, memory, weights and state.
typedef struct dlc_context dlc_context;

/// How a context is made. Zero everything, set `size`, then what you want.
typedef struct dlc_options {
  size_t size;              ///< sizeof(dlc_options)
  int32_t num_threads;      ///< 0: one per CPU of this process; 1: none is ever started
  const char *weights_path; ///< external weights; NULL: the file beside the .so
  /// Where all memory of the context's runs comes from, and outputs that the
  /// caller leaves to the model; NULL: malloc. May be called from several threads.
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*deallocate)(void *user, void *memory);
  void *user;
  /// The runs' working memory, of at least dlc_model_api::arena_size bytes and
  /// 64-byte aligned; NULL: allocated, and kept for the next run.
  void *arena;
  size_t arena_bytes;
} dlc_options;

/// The functions of one model, as its header declares them under its own name.
typedef struct dlc_model_api {
  uint32_t abi_version; ///< DLC_ABI_VERSION; fields are only ever added at the end
  int32_t num_inputs, num_outputs;
  const char *name;

  /// JSON: name, inputs, outputs, dtypes, shapes, producer, compiler, target.
  const char *(*describe)(void);

  /// The sentence about the last failure in this thread; "" if there was none.
  const char *(*last_error)(void);

  /// Makes a context. `options` may be NULL.
  int32_t (*create)(const dlc_options *options, dlc_context **context);
  void (*destroy)(dlc_context *context);

  /// Runs the model. `context` NULL: the default one, made at first use. May be
  /// called from any number of threads at once; runs of a context that has state
  /// or a caller's arena take turns.
  int32_t (*run)(dlc_context *context, const DLTensor *const *inputs, DLTensor *const *outputs);

  /// How many bytes of arena a run on such inputs needs.
  int32_t (*arena_size)(dlc_context *context, const DLTensor *const *inputs, size_t *bytes);

  /// Changes the thread count, as in dlc_options::num_threads.
  int32_t (*set_threads)(dlc_context *context, int32_t num_threads);

  /// Frees the data of an output that the model allocated by malloc.
  void (*release)(void *data);

  /// Gives a context's state its initial values again.
  int32_t (*reset)(dlc_context *context);

  /// How many functions `call` knows, and pieces of state `state` does.
  int32_t num_functions, num_states;

  /// Runs function number `function`, with inputs and outputs of its own: 0 is what
  /// `run` does, the others are in `describe`'s list from 1 on.
  int32_t (*call)(dlc_context *context, int32_t function, const DLTensor *const *inputs,
                  DLTensor *const *outputs);

  /// The model's state (null in a model without): piece number `index` in place, to be
  /// read and written while no run is under way; all of it into a safetensors file; and
  /// from one. With `partial` the file may lack some, which keep their values, and have
  /// tensors that the model hasn't. A file that doesn't fit changes nothing.
  int32_t (*state)(dlc_context *context, int32_t index, DLTensor *tensor);
  int32_t (*save)(dlc_context *context, const char *path);
  int32_t (*load)(dlc_context *context, const char *path, int32_t partial);
} dlc_model_api;

#define DLC_ABI_VERSION 1

/// The one symbol that has the same name in every model: for programs that load
/// models they don't know, by dlsym.
typedef const dlc_model_api *(*dlc_model_fn)(void);

#ifdef __cplusplus
}
#endif
#endif /* DLC_ABI_H */
