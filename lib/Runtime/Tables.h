//===- Tables.h - what a model says about itself ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// lib/Target/Descriptor.cpp writes these tables into every artefact.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_RUNTIME_TABLES_H
#define DLC_RUNTIME_TABLES_H

#include "dlc/Runtime/Call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// No tensor of a model has more dimensions (lib/Target refuses it).
#define DLC_MAX_RANK 64

/// DLPack's numbers; its header on the machine may be too old to name them.
enum { DLC_CODE_UINT = 1, DLC_CODE_BOOL = 6, DLC_DEVICE_CPU = 1, DLC_DEVICE_CUDA_HOST = 3 };

/// An input or output.
typedef struct dlc_tensor_info {
  const char *name;
  const char *type;       ///< as in messages: "float32[N,784]"
  const int64_t *sizes;   ///< one per dimension, -1: dynamic
  const int32_t *symbols; ///< one per dimension, into the symbols, -1: none
  const int64_t *limits;  ///< three per dimension: least, most (-1: any), step; or null
  int32_t rank;
  uint8_t code, bits; ///< DLPack
  uint16_t bytes;     ///< of an element
} dlc_tensor_info;

/// A mutable global.
typedef struct dlc_state_info {
  dlc_tensor_info tensor;
  const char *safetensors; ///< its element type in such a file
  int64_t weight;          ///< its index among the weights
  int64_t bytes;
} dlc_state_info;

/// What can be called: first the model itself, then further functions.
typedef struct dlc_function_info {
  const dlc_tensor_info *inputs, *outputs;
  dlc_entry_fn entry;
  int32_t num_inputs, num_outputs;
} dlc_function_info;

typedef struct dlc_model_info {
  const char *name;
  const char *describe;
  const char *const *symbols; ///< of all functions
  const dlc_function_info *functions;
  const dlc_state_info *states;
  const char *weights_data;      ///< null: in a file
  const int64_t *weight_offsets; ///< from weights_data, or in the file; −1: zeros
  const char *weights_file;      ///< its name beside the .so
  uint64_t weights_file_bytes;
  uint64_t weights_header_hash; ///< FNV-1a of the file's first 8 + header bytes
  int32_t num_functions, num_symbols, num_weights, num_states;
} dlc_model_info;

/// The model of this artefact; generated.
extern const dlc_model_info dlc_rt_model;

#ifdef __cplusplus
}
#endif

#endif // DLC_RUNTIME_TABLES_H
