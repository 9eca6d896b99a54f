//===- AtomicFile.cpp - a file that appears whole or not at all -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Target/Artifact.h"
#include "llvm/Support/FileSystem.h"

#include <unistd.h>

using namespace mlir;

namespace dlc {

FailureOr<AtomicFile> AtomicFile::create(MLIRContext *context, StringRef path) {
  AtomicFile file;
  SmallString<256> temp;
  file.path = path.str();
  std::error_code error = llvm::sys::fs::createUniqueFile(path + ".%%%%%%.tmp", file.descriptor, temp,
                                                          llvm::sys::fs::OF_None, 0666);
  if (error) {
    emitError(UnknownLoc::get(context)) << "can't write '" << path << "': " << error.message();
    return failure();
  }
  file.temp = temp.str().str();
  return file;
}

AtomicFile::AtomicFile(AtomicFile &&other)
    : temp(std::exchange(other.temp, {})), path(std::move(other.path)),
      descriptor(std::exchange(other.descriptor, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temp.empty())
    llvm::sys::fs::remove(temp);
}

LogicalResult AtomicFile::keep(MLIRContext *context) {
  bool closed = descriptor < 0 || ::close(descriptor) == 0;
  descriptor = -1;
  std::error_code error = closed ? llvm::sys::fs::rename(temp, path)
                                 : std::error_code(errno, std::generic_category());
  if (error)
    return emitError(UnknownLoc::get(context)) << "can't write '" << path << "': " << error.message();
  temp.clear();
  return success();
}

} // namespace dlc
