//===- Tensor.c - checks and copies of callers' tensors -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include <stdio.h>
#include <string.h>

/// No tensor can be larger than the part of the address space that programs get.
#define MAX_BYTES (INT64_C(1) << 47)

int64_t dlc_tensor_bytes(int32_t rank, const int64_t *sizes, int64_t bytes) {
  int64_t total = bytes;
  bool empty = false;
  for (int32_t d = 0; d < rank; ++d) {
    if (sizes[d] == 0)
      empty = true;
    else if (__builtin_mul_overflow(total, sizes[d], &total) || total > MAX_BYTES)
      return -1;
  }
  return empty ? 0 : total;
}

static const char *type_name(DLDataType type) {
  switch (type.code) {
  case 0:
    return "int";
  case 1:
    return "uint";
  case 2:
    return "float";
  case 3:
    return "handle";
  case 4:
    return "bfloat";
  case 5:
    return "complex";
  case 6:
    return "bool";
  case 10:
    return "float8_e4m3fn:";
  case 11:
    return "float8_e4m3fnuz:";
  case 12:
    return "float8_e5m2:";
  case 13:
    return "float8_e5m2fnuz:";
  case 14:
    return "float8_e8m0fnu:";
  case 17:
    return "float4_e2m1fn:";
  default:
    return NULL;
  }
}

static void append(char **at, char *end, const char *format, int64_t value) {
  if (*at < end) {
    int length = snprintf(*at, end - *at, format, (long long)value);
    *at += length < end - *at ? length : end - *at;
  }
}

void dlc_tensor_format(char *text, size_t size, const DLTensor *tensor) {
  char *at = text, *end = text + size;
  const char *name = type_name(tensor->dtype);
  if (name) {
    at += snprintf(at, size, "%s", name);
    append(&at, end, "%lld", tensor->dtype.bits);
  } else {
    append(&at, end, "dtype code %lld", tensor->dtype.code);
    append(&at, end, " bits %lld ", tensor->dtype.bits);
  }
  if (tensor->dtype.lanes != 1)
    append(&at, end, "x%lld", tensor->dtype.lanes);
  append(&at, end, "[", 0);
  if (tensor->ndim > 0 && !tensor->shape)
    append(&at, end, "shape is NULL", 0);
  else
    for (int32_t d = 0; d < tensor->ndim && d < 16; ++d)
      append(&at, end, d ? ",%lld" : "%lld", tensor->shape[d]);
  append(&at, end, tensor->ndim > 16 ? ",...]" : "]", 0);
}

/// "input 'x' should be float32[N,3] but …": every refusal starts alike.
static int32_t refuse(const dlc_tensor_info *info, const char *kind, const char *why) {
  return dlc_error(DLC_INVALID_ARGUMENT, "%s: %s '%s' should be %s, but %s", dlc_rt_model.name,
                   kind, info->name, info->type, why);
}

static int32_t refuse_given(const dlc_tensor_info *info, const char *kind,
                            const DLTensor *tensor) {
  char given[256], why[300];
  dlc_tensor_format(given, sizeof given, tensor);
  snprintf(why, sizeof why, "is given as %s", given);
  return refuse(info, kind, why);
}

static int32_t check_type(const dlc_tensor_info *info, const char *kind, const DLTensor *tensor) {
  DLDataType type = tensor->dtype;
  // Some libraries have no boolean type of their own.
  bool bool_as_byte = info->code == DLC_CODE_BOOL && type.code == DLC_CODE_UINT && type.bits == 8;
  if ((type.code == info->code && type.bits == info->bits && type.lanes == 1) ||
      (bool_as_byte && type.lanes == 1))
    return DLC_OK;
  return refuse_given(info, kind, tensor);
}

/// Whether a size is its dimension's least one plus some steps, and at most the largest.
static int32_t check_limits(const dlc_tensor_info *info, const char *kind,
                            const DLTensor *tensor, int32_t d) {
  const int64_t *limits = info->limits + 3 * d;
  int64_t size = tensor->shape[d], least = limits[0], most = limits[1], step = limits[2];
  char given[256], why[400];
  dlc_tensor_format(given, sizeof given, tensor);
  int length = snprintf(why, sizeof why, "is given as %s: the size of dimension %d must be ",
                        given, (int)d);
  if (size < least)
    snprintf(why + length, sizeof why - length, "at least %lld", (long long)least);
  else if (most >= 0 && size > most)
    snprintf(why + length, sizeof why - length, "at most %lld", (long long)most);
  else if ((size - least) % step && least % step == 0)
    snprintf(why + length, sizeof why - length, "a multiple of %lld", (long long)step);
  else if ((size - least) % step)
    snprintf(why + length, sizeof why - length, "a multiple of %lld plus %lld", (long long)step,
             (long long)(least % step));
  else
    return DLC_OK;
  return refuse(info, kind, why);
}

/// The inputs of the function of which this is one.
static const dlc_function_info *function_of(const dlc_tensor_info *input) {
  const dlc_function_info *function = dlc_rt_model.functions;
  while (input < function->inputs || input >= function->inputs + function->num_inputs)
    ++function;
  return function;
}

/// A symbol has another size in an input before this one, or in a dimension before this one.
static int32_t refuse_symbol(const dlc_tensor_info *info, const char *kind,
                             const DLTensor *tensor, int32_t d, int64_t size) {
  int32_t symbol = info->symbols[d], at = 0;
  const dlc_tensor_info *other = function_of(info)->inputs;
  while (at >= other->rank || other->symbols[at] != symbol)
    if (++at >= other->rank) {
      ++other;
      at = 0;
    }
  char given[256], why[500];
  dlc_tensor_format(given, sizeof given, tensor);
  snprintf(why, sizeof why,
           "is given as %s: %s, the size of dimension %d, must be %lld, as dimension %d of '%s' has",
           given, dlc_rt_model.symbols[symbol], (int)d, (long long)size, (int)at, other->name);
  return refuse(info, kind, why);
}

static int32_t check_sizes(const dlc_tensor_info *info, const char *kind, const DLTensor *tensor,
                           int64_t *symbols) {
  for (int32_t d = 0; d < info->rank; ++d) {
    int64_t size = tensor->shape[d], symbol = info->symbols[d];
    if (size < 0 || (info->sizes[d] >= 0 && size != info->sizes[d]))
      return refuse_given(info, kind, tensor);
    if (info->limits) {
      int32_t status = check_limits(info, kind, tensor, d);
      if (status)
        return status;
    }
    if (symbol < 0)
      continue;
    if (symbols[symbol] < 0)
      symbols[symbol] = size;
    if (symbols[symbol] != size)
      return refuse_symbol(info, kind, tensor, d, symbols[symbol]);
  }
  return DLC_OK;
}

/// The extent of a strided tensor, and whether its elements are distinct.
static bool check_strides(const dlc_tensor_info *info, dlc_view *view) {
  int64_t below = 0, above = 0; // in elements, from index 0
  for (int32_t d = 0; d < info->rank; ++d) {
    int64_t reach;
    if (__builtin_mul_overflow(view->strides[d], view->sizes[d] - 1, &reach) ||
        __builtin_add_overflow(reach < 0 ? below : above, reach, reach < 0 ? &below : &above))
      return false;
  }
  if (above > MAX_BYTES / info->bytes || below < -(MAX_BYTES / info->bytes))
    return false;
  uintptr_t data = (uintptr_t)view->data;
  uintptr_t begin = data + (uintptr_t)(below * info->bytes);
  uintptr_t end = data + (uintptr_t)((above + 1) * info->bytes);
  if (begin > data || end < data)
    return false;
  view->begin = (const char *)begin;
  view->end = (const char *)end;
  // Distinct if each stride steps over all that the smaller ones reach.
  bool used[DLC_MAX_RANK] = {false};
  int64_t reach = 0;
  view->distinct = true;
  for (int32_t n = 0; n < info->rank; ++n) {
    int32_t next = -1;
    int64_t smallest = INT64_MAX;
    for (int32_t d = 0; d < info->rank; ++d) {
      int64_t stride = view->sizes[d] == 1 ? 0 : view->strides[d];
      stride = stride < 0 ? -stride : stride;
      if (!used[d] && stride <= smallest) {
        smallest = stride;
        next = d;
      }
    }
    used[next] = true;
    if (view->sizes[next] == 1)
      continue;
    if (smallest <= reach)
      view->distinct = false;
    reach += smallest * (view->sizes[next] - 1);
  }
  return true;
}

static bool is_compact(const dlc_tensor_info *info, const dlc_view *view) {
  int64_t expected = 1;
  for (int32_t d = info->rank; d-- > 0;) {
    if (view->sizes[d] != 1 && view->strides[d] != expected)
      return false;
    expected *= view->sizes[d];
  }
  return true;
}

int32_t dlc_tensor_check(const dlc_tensor_info *info, const char *kind,
                         const DLTensor *tensor, int64_t *symbols, dlc_view *view) {
   if (!tensor)
    return refuse(info, kind, "the pointer to its tensor is NULL");
  if (tensor->ndim != info->rank || (info->rank && !tensor->shape))
    return refuse_given(info, kind, tensor);
  if (tensor->device.device_type != DLC_DEVICE_CPU && tensor->device.device_type != DLC_DEVICE_CUDA_HOST)
    return refuse(info, kind, "is not in the CPU's memory");
  int32_t status = check_type(info, kind, tensor);
  if (!status)
    status = check_sizes(info, kind, tensor, symbols);
  if (status)
    return status;
  int64_t bytes = dlc_tensor_bytes(info->rank, tensor->shape, info->bytes);
  if (bytes < 0 || tensor->byte_offset > MAX_BYTES)
    return refuse(info, kind, "is given larger than any memory");
  if (bytes && !tensor->data)
    return refuse(info, kind, "its data is NULL");
  view->data = tensor->data ? (char *)tensor->data + tensor->byte_offset : NULL;
  // The compiler writes no element of 0 bytes. NOLINTNEXTLINE(clang-analyzer-core.DivideZero)
  view->count = bytes / info->bytes;
  view->sizes = tensor->shape;
  view->strides = tensor->strides;
  view->contiguous = view->distinct = true;
  view->begin = view->data;
  view->end = view->data ? view->data + bytes : NULL;
  if (!bytes || !tensor->strides || is_compact(info, view)) {
    view->strides = NULL;
    return DLC_OK;
  }
  view->contiguous = false;
  return check_strides(info, view) ? DLC_OK
                                   : refuse(info, kind, "its strides reach outside any memory");
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

static inline void copy_element(char *to, const char *from, int64_t bytes) {
  switch (bytes) {
  case 1:
    *to = *from;
    return;
  case 2:
    memcpy(to, from, 2);
    return;
  case 4:
    memcpy(to, from, 4);
    return;
  default:
    memcpy(to, from, 8);
  }
}

/// Goes through the view's elements in row-major order beside a compact buffer.
static void copy(const dlc_view *view, char *compact, int32_t rank, int64_t bytes, bool to_view) {
  if (!view->count)
    return;
  if (view->contiguous) {
    memcpy(to_view ? view->data : compact, to_view ? compact : view->data, view->count * bytes);
    return;
  }
  int64_t at[DLC_MAX_RANK] = {0};
  int64_t inner = view->sizes[rank - 1], step = inner > 1 ? view->strides[rank - 1] * bytes : 0;
  char *row = view->data;
  for (;;) {
    char *element = row;
    for (int64_t i = 0; i < inner; ++i, element += step, compact += bytes) {
      if (to_view)
        copy_element(element, compact, bytes);
      else
        copy_element(compact, element, bytes);
    }
    int32_t d = rank - 2;
    for (; d >= 0; --d) {
      if (++at[d] < view->sizes[d]) {
        row += view->strides[d] * bytes;
        break;
      }
      row -= view->strides[d] * ((view->sizes[d] - 1) * bytes);
      at[d] = 0;
    }
    if (d < 0)
      return;
  }
}

void dlc_copy_from_view(void *to, const dlc_view *view, int32_t rank, int64_t bytes) {
  copy(view, to, rank, bytes, false);
}

void dlc_copy_to_view(const dlc_view *view, const void *from, int32_t rank, int64_t bytes) {
  copy(view, (char *)from, rank, bytes, true);
}
