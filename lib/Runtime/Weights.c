//===- Weights.c - external weights ---------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "Model.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// The weights file's path beside this .so; false where it doesn't fit.
static bool path_beside_us(char *path, size_t size) {
  Dl_info info;
  const char *file = dlc_rt_model.weights_file;
  if (!dladdr((const void *)&dlc_rt_model, &info) || !info.dli_fname)
    return false;
  const char *slash = strrchr(info.dli_fname, '/');
  size_t folder = slash ? (size_t)(slash + 1 - info.dli_fname) : 0;
  size_t length = strlen(file) + 1;
  if (folder + length > size)
    return false;
  memcpy(path, info.dli_fname, folder);
  memcpy(path + folder, file, length);
  return true;
}

static uint64_t hash(const unsigned char *bytes, size_t count) {
  uint64_t value = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < count; ++i)
    value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
  return value;
}

/// A safetensors file starts with its header's length; the header tells the
/// weights' names, places and, in the metadata, a hash of their content.
static bool is_our_file(const dlc_mapping *mapping) {
  uint64_t header;
  if (mapping->bytes != dlc_rt_model.weights_file_bytes || mapping->bytes < sizeof header)
    return false;
  memcpy(&header, mapping->data, sizeof header);
  return header <= mapping->bytes - sizeof header &&
         hash(mapping->data, sizeof header + header) == dlc_rt_model.weights_header_hash;
}

int32_t dlc_file_map(const char *path, dlc_mapping *mapping) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat stat;
  bool is_folder = false;
  if (fd < 0 || fstat(fd, &stat) || (is_folder = S_ISDIR(stat.st_mode))) {
    int error = is_folder ? EISDIR : errno;
    if (fd >= 0)
      close(fd);
    return dlc_error(DLC_IO_ERROR, "%s: can't open the weights '%s': %s", dlc_rt_model.name, path,
                     strerror(error));
  }
  mapping->bytes = (size_t)stat.st_size;
  mapping->data = mapping->bytes ? mmap(NULL, mapping->bytes, PROT_READ, MAP_SHARED, fd, 0) : NULL;
  int error = errno;
  close(fd);
  if (mapping->data != MAP_FAILED)
    return DLC_OK;
  mapping->data = NULL;
  return dlc_error(DLC_IO_ERROR, "%s: can't map the weights '%s': %s", dlc_rt_model.name, path,
                   strerror(error));
}

int32_t dlc_weights_map(const char *path, dlc_mapping *mapping) {
  char beside[4096];
  if (!path) {
    if (!path_beside_us(beside, sizeof beside))
      return dlc_error(DLC_IO_ERROR, "%s: can't tell where the weights '%s' are; give their path",
                       dlc_rt_model.name, dlc_rt_model.weights_file);
    path = beside;
  }
  int32_t status = dlc_file_map(path, mapping);
  if (status)
    return status;
  if (is_our_file(mapping))
    return DLC_OK;
  dlc_weights_unmap(mapping);
  return dlc_error(DLC_IO_ERROR, "%s: the weights '%s' don't belong to this model (another "
                   "version of it, or a damaged file)", dlc_rt_model.name, path);
}

void dlc_weights_unmap(dlc_mapping *mapping) {
  if (mapping->data)
    munmap(mapping->data, mapping->bytes);
  mapping->data = NULL;
}
