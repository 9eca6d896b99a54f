//===- AtomicFile.cpp - a file that appears whole or not at all -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Target/Artifact.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

#include <unistd.h>

using namespace mlir;

namespace dlc {

static InFlightDiagnostic cantWrite(MLIRContext *context, StringRef path, std::error_code error) {
  return emitError(UnknownLoc::get(context)) << "can't write '" << path << "': " << error.message();
}

FailureOr<AtomicFile> AtomicFile::create(MLIRContext *context, StringRef path) {
  namespace fs = llvm::sys::fs;
  AtomicFile file;
  file.path = path.str();
  fs::file_status status;
  std::error_code error = fs::status(path, status);
  if (!error && status.type() == fs::file_type::directory_file)
    return cantWrite(context, path, std::make_error_code(std::errc::is_a_directory));
  file.isSpecial = !error && status.type() != fs::file_type::regular_file;
  SmallString<256> temp;
  error = file.isSpecial ? fs::createTemporaryFile("dlc", "tmp", file.descriptor, temp)
                         : fs::createUniqueFile(path + ".%%%%%%.tmp", file.descriptor, temp,
                                                fs::OF_None, 0666);
  if (error)
    return cantWrite(context, path, error);
  file.temp = temp.str().str();
  llvm::sys::RemoveFileOnSignal(file.temp);
  return file;
}

AtomicFile::AtomicFile(AtomicFile &&other)
    : temp(std::exchange(other.temp, {})), path(std::move(other.path)),
      descriptor(std::exchange(other.descriptor, -1)), isSpecial(other.isSpecial) {}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temp.empty()) {
    llvm::sys::fs::remove(temp);
    llvm::sys::DontRemoveFileOnSignal(temp);
  }
}

std::error_code AtomicFile::moveToPath() {
  bool closed = descriptor < 0 || ::close(descriptor) == 0;
  descriptor = -1;
  if (!closed)
    return std::error_code(errno, std::generic_category());
  if (!isSpecial)
    return llvm::sys::fs::rename(temp, path);
  int to = -1;
  if (std::error_code error = llvm::sys::fs::openFileForWrite(path, to))
    return error;
  std::error_code error = llvm::sys::fs::copy_file(temp, to);
  closed = ::close(to) == 0;
  if (error || !closed)
    return error ? error : std::error_code(errno, std::generic_category());
  return llvm::sys::fs::remove(temp);
}

LogicalResult AtomicFile::keep(MLIRContext *context) {
  if (std::error_code error = moveToPath())
    return cantWrite(context, path, error);
  llvm::sys::DontRemoveFileOnSignal(temp);
  temp.clear();
  return success();
}

} // namespace dlc
