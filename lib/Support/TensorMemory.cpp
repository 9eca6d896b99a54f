//===- TensorMemory.cpp - where tensors' elements lie ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorMemory.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace dlc;

static constexpr size_t alignment = 64;

/// Bytes of large tensors that are in ordinary memory now.
static std::atomic<size_t> ownBytes = 0;

/// A mapping of an unlinked temporary file; null where there is none.
static std::shared_ptr<char> mapTemporaryFile(size_t bytes) {
  const char *folder = std::getenv("TMPDIR");
  llvm::SmallString<128> path(folder && *folder ? folder : "/var/tmp");
  // Reserving more than there is would first fill the disk.
  auto space = llvm::sys::fs::disk_space(path);
  if (!space || bytes > space->available)
    return nullptr;
  llvm::sys::path::append(path, "dlc-tensor-%%%%%%%%");
  int file;
  llvm::SmallString<128> name;
  if (llvm::sys::fs::createUniqueFile(path, file, name))
    return nullptr;
  llvm::sys::fs::remove(name);
  // Its blocks are reserved now: a full disk would otherwise be a signal later.
  void *memory = MAP_FAILED;
  if (::posix_fallocate(file, 0, bytes) == 0)
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED)
    return nullptr;
  return std::shared_ptr<char>(static_cast<char *>(memory),
                               [bytes](char *mapped) { ::munmap(mapped, bytes); });
}

std::shared_ptr<char> dlc::tryAllocateTensor(size_t bytes) {
  bool isLarge = bytes >= largeTensorBytes;
  if (isLarge && ownBytes.fetch_add(bytes) + bytes > ownTensorBytes) {
    ownBytes -= bytes;
    if (std::shared_ptr<char> mapped = mapTemporaryFile(bytes))
      return mapped;
    isLarge = false; // nor counted
  }
  // Pages of their own go back to the system with the tensor, and are zeros.
  if (isLarge) {
    void *memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      ownBytes -= bytes;
      return nullptr;
    }
    return std::shared_ptr<char>(static_cast<char *>(memory), [bytes](char *own) {
      ::munmap(own, bytes);
      ownBytes -= bytes;
    });
  }
  size_t rounded = (bytes / alignment + 1) * alignment;
  char *memory = static_cast<char *>(std::aligned_alloc(alignment, rounded));
  if (!memory)
    return nullptr;
  std::memset(memory, 0, rounded);
  return std::shared_ptr<char>(memory, std::free);
}

std::shared_ptr<char> dlc::allocateTensor(size_t bytes) {
  std::shared_ptr<char> memory = tryAllocateTensor(bytes);
  if (!memory)
    llvm::report_bad_alloc_error("out of memory for a tensor");
  return memory;
}
