//===- State.c - a model's state: in place, to a file, from a file --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Files are safetensors: the header's length, eight bytes; the header, JSON; the
// tensors' bytes. Linked into models with state only.
//
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "Model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// The context with its turn taken; null after an error.
static dlc_context *lock(dlc_context *context, int32_t *status) {
  context = dlc_context_get(context, status);
  if (context)
    pthread_mutex_lock(&context->turn);
  return context;
}

static char *memory_of(const dlc_context *context, const dlc_state_info *state) {
  return (char *)context->weights[state->weight];
}

int32_t dlc_api_state(dlc_context *context, int32_t index, DLTensor *tensor) {
  if (index < 0 || index >= dlc_rt_model.num_states || !tensor)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: has no state number %d, or no tensor to say it in",
                     dlc_rt_model.name, index);
  int32_t status;
  context = dlc_context_get(context, &status);
  if (!context)
    return status;
  const dlc_state_info *state = &dlc_rt_model.states[index];
  const dlc_tensor_info *info = &state->tensor;
  *tensor = (DLTensor){memory_of(context, state),
                       {(DLDeviceType)DLC_DEVICE_CPU, 0},
                       info->rank,
                       {info->code, info->bits, 1},
                       (int64_t *)info->sizes,
                       NULL,
                       0};
  return DLC_OK;
}

//===----------------------------------------------------------------------===//
// To a file
//===----------------------------------------------------------------------===//

/// Text that grows; `data` null once there was no memory.
typedef struct text {
  char *data;
  size_t length, room;
} text;

static void append(text *to, const char *bytes, size_t count) {
  if (to->data && to->length + count > to->room) {
    to->room = 2 * (to->length + count);
    char *more = realloc(to->data, to->room);
    if (!more)
      free(to->data);
    to->data = more;
  }
  if (to->data)
    memcpy(to->data + to->length, bytes, count);
  to->length += count;
}

static void append_text(text *to, const char *bytes) { append(to, bytes, strlen(bytes)); }

static void append_number(text *to, int64_t number) {
  char digits[24];
  append(to, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)number));
}

static void append_quoted(text *to, const char *name) {
  append_text(to, "\"");
  for (; *name; ++name) {
    if (*name == '"' || *name == '\\')
      append_text(to, "\\");
    append(to, name, 1);
  }
  append_text(to, "\"");
}

/// Eight bytes of length, and the header, so that the data begin at a multiple of 8.
static text make_header(void) {
  text header = {malloc(4096), 8, 4096};
  int64_t end = 0;
  append_text(&header, "{");
  for (int32_t i = 0; i < dlc_rt_model.num_states; ++i) {
    const dlc_state_info *state = &dlc_rt_model.states[i];
    append_text(&header, i ? "," : "");
    append_quoted(&header, state->tensor.name);
    append_text(&header, ":{\"dtype\":");
    append_quoted(&header, state->safetensors);
    append_text(&header, ",\"shape\":[");
    for (int32_t d = 0; d < state->tensor.rank; ++d) {
      append_text(&header, d ? "," : "");
      append_number(&header, state->tensor.sizes[d]);
    }
    append_text(&header, "],\"data_offsets\":[");
    append_number(&header, end);
    append_text(&header, ",");
    append_number(&header, end += state->bytes);
    append_text(&header, "]}");
  }
  append_text(&header, "}");
  while (header.length % 8)
    append_text(&header, " ");
  uint64_t length = header.length - 8;
  if (header.data)
    memcpy(header.data, &length, sizeof length);
  return header;
}

static bool write_all(int fd, const char *bytes, size_t count) {
  while (count) {
    ssize_t written = write(fd, bytes, count);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    count -= (size_t)written;
  }
  return true;
}

/// Writes the file under another name first, so that a failure spoils none.
static bool write_file(dlc_context *context, const text *header, const char *partial,
                       const char *path) {
  int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0)
    return false;
  bool written = write_all(fd, header->data, header->length);
  for (int32_t i = 0; i < dlc_rt_model.num_states && written; ++i) {
    const dlc_state_info *state = &dlc_rt_model.states[i];
    written = write_all(fd, memory_of(context, state), (size_t)state->bytes);
  }
  written = !close(fd) && written;
  if (written && !rename(partial, path))
    return true;
  int error = errno;
  unlink(partial);
  errno = error;
  return false;
}

int32_t dlc_api_save(dlc_context *context, const char *path) {
  char partial[4096];
  if (!path || snprintf(partial, sizeof partial, "%s.partial", path) >= (int)sizeof partial)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: the path to save to is NULL or too long",
                     dlc_rt_model.name);
  int32_t status = DLC_OK;
  text header = make_header();
  if (!header.data)
    return dlc_error(DLC_OUT_OF_MEMORY, "%s: no memory to save the state", dlc_rt_model.name);
  context = lock(context, &status);
  if (context) {
    if (!write_file(context, &header, partial, path))
      status = dlc_error(DLC_IO_ERROR, "%s: can't write '%s': %s", dlc_rt_model.name, path,
                         strerror(errno));
    pthread_mutex_unlock(&context->turn);
  }
  free(header.data);
  return status;
}

//===----------------------------------------------------------------------===//
// From a file
//===----------------------------------------------------------------------===//

/// The rest of the header.
typedef struct reader {
  const char *at, *end;
} reader;

static bool accept(reader *from, char wanted) {
  while (from->at < from->end && strchr(" \t\r\n", *from->at) && *from->at)
    ++from->at;
  if (from->at == from->end || *from->at != wanted)
    return false;
  ++from->at;
  return true;
}

/// A string of less than `size` bytes.
static bool read_string(reader *from, char *string, size_t size) {
  if (!accept(from, '"'))
    return false;
  for (size_t length = 0; from->at < from->end && length < size;) {
    char c = *from->at++;
    if (c == '"') {
      string[length] = 0;
      return true;
    }
    if (c == '\\' && (from->at == from->end || !strchr("\"\\/", c = *from->at++)))
      return false;
    string[length++] = c;
  }
  return false;
}

static bool read_number(reader *from, int64_t *number) {
  if (accept(from, '-'))
    return false;
  const char *begin = from->at;
  for (*number = 0; from->at < from->end && *from->at >= '0' && *from->at <= '9'; ++from->at) {
    if (*number > INT64_MAX / 16)
      return false;
    *number = 10 * *number + (*from->at - '0');
  }
  return from->at > begin;
}

/// [1, 2, 3]; the numbers beyond `room` are counted only.
static bool read_numbers(reader *from, int64_t *numbers, int32_t room, int32_t *count) {
  *count = 0;
  if (!accept(from, '['))
    return false;
  if (accept(from, ']'))
    return true;
  do {
    int64_t number;
    if (!read_number(from, &number))
      return false;
    if (*count < room)
      numbers[*count] = number;
    ++*count;
  } while (accept(from, ','));
  return accept(from, ']');
}

/// The metadata: an object of strings.
static bool skip_strings(reader *from) {
  char ignored[4096];
  if (!accept(from, '{'))
    return false;
  if (accept(from, '}'))
    return true;
  do {
    if (!read_string(from, ignored, sizeof ignored) || !accept(from, ':') ||
        !read_string(from, ignored, sizeof ignored))
      return false;
  } while (accept(from, ','));
  return accept(from, '}');
}

/// A tensor of the file.
typedef struct entry {
  char name[1024], type[16];
  int64_t sizes[DLC_MAX_RANK], offsets[2];
  int32_t rank;
} entry;

static bool read_entry(reader *from, entry *tensor) {
  int32_t fields = 0, count;
  if (!accept(from, '{'))
    return false;
  do {
    char key[16];
    if (!read_string(from, key, sizeof key) || !accept(from, ':'))
      return false;
    if (!strcmp(key, "dtype")) {
      if (!read_string(from, tensor->type, sizeof tensor->type))
        return false;
      fields |= 1;
    } else if (!strcmp(key, "shape")) {
      if (!read_numbers(from, tensor->sizes, DLC_MAX_RANK, &tensor->rank))
        return false;
      fields |= 2;
    } else if (!strcmp(key, "data_offsets")) {
      if (!read_numbers(from, tensor->offsets, 2, &count) || count != 2)
        return false;
      fields |= 4;
    } else {
      return false;
    }
  } while (accept(from, ','));
  return fields == 7 && accept(from, '}');
}

static const dlc_state_info *find_state(const char *name) {
  for (int32_t i = 0; i < dlc_rt_model.num_states; ++i)
    if (!strcmp(dlc_rt_model.states[i].tensor.name, name))
      return &dlc_rt_model.states[i];
  return NULL;
}

/// Whether the file's tensor is that state, and lies inside the `room` bytes of data.
static bool fits(const dlc_state_info *state, const entry *tensor, uint64_t room) {
  const dlc_tensor_info *info = &state->tensor;
  return !strcmp(state->safetensors, tensor->type) && info->rank == tensor->rank &&
         (!info->rank || !memcmp(info->sizes, tensor->sizes, info->rank * sizeof *info->sizes)) &&
         tensor->offsets[0] <= tensor->offsets[1] && (uint64_t)tensor->offsets[1] <= room &&
         tensor->offsets[1] - tensor->offsets[0] == state->bytes;
}

static int32_t malformed(const char *path) {
  return dlc_error(DLC_IO_ERROR, "%s: '%s' is no safetensors file", dlc_rt_model.name, path);
}

/// Finds where in the file each state's bytes are.
static int32_t find_states(const dlc_mapping *file, const char *path, int32_t partial,
                           const char **found) {
  uint64_t length;
  if (file->bytes < sizeof length)
    return malformed(path);
  memcpy(&length, file->data, sizeof length);
  if (length > file->bytes - sizeof length)
    return malformed(path);
  const char *begin = (const char *)file->data + sizeof length, *data = begin + length;
  reader from = {begin, data};
  bool more = accept(&from, '{') && !accept(&from, '}');
  while (more) {
    entry tensor;
    if (!read_string(&from, tensor.name, sizeof tensor.name) || !accept(&from, ':'))
      return malformed(path);
    bool is_metadata = !strcmp(tensor.name, "__metadata__");
    if (!(is_metadata ? skip_strings(&from) : read_entry(&from, &tensor)))
      return malformed(path);
    more = accept(&from, ',');
    const dlc_state_info *state = is_metadata ? NULL : find_state(tensor.name);
    if (is_metadata || (!state && partial))
      continue;
    if (!state)
      return dlc_error(DLC_INVALID_ARGUMENT,
                       "%s: '%s' holds '%s', which is no state of this model: it is of another one",
                       dlc_rt_model.name, path, tensor.name);
    if (!fits(state, &tensor, file->bytes - sizeof length - length))
      return dlc_error(DLC_INVALID_ARGUMENT, "%s: the state '%s' should be %s, but isn't in '%s'",
                       dlc_rt_model.name, tensor.name, state->tensor.type, path);
    found[state - dlc_rt_model.states] = data + tensor.offsets[0];
  }
  for (int32_t i = 0; i < dlc_rt_model.num_states && !partial; ++i)
    if (!found[i])
      return dlc_error(DLC_INVALID_ARGUMENT, "%s: '%s' lacks the state '%s'", dlc_rt_model.name,
                       path, dlc_rt_model.states[i].tensor.name);
  return DLC_OK;
}

int32_t dlc_api_load(dlc_context *context, const char *path, int32_t partial) {
  if (!path)
    return dlc_error(DLC_INVALID_ARGUMENT, "%s: the path to load from is NULL", dlc_rt_model.name);
  const char **found = calloc((size_t)dlc_rt_model.num_states, sizeof *found);
  if (!found)
    return dlc_error(DLC_OUT_OF_MEMORY, "%s: no memory to load the state", dlc_rt_model.name);
  dlc_mapping file = {NULL, 0};
  int32_t status = dlc_file_map(path, &file);
  if (!status)
    status = find_states(&file, path, partial, found);
  context = status ? NULL : lock(context, &status);
  if (context) {
    for (int32_t i = 0; i < dlc_rt_model.num_states; ++i)
      if (found[i])
        memcpy(memory_of(context, &dlc_rt_model.states[i]), found[i],
               (size_t)dlc_rt_model.states[i].bytes);
    pthread_mutex_unlock(&context->turn);
  }
  dlc_weights_unmap(&file);
  free(found);
  return status;
}
