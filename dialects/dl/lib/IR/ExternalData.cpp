//===- ExternalData.cpp - the files of a module's weights -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/ExternalData.h"
#include "dl/IR/Dl.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc;
namespace fs = llvm::sys::fs;

namespace {
struct File {
  std::string path;
  uint64_t size = 0;
};
} // namespace

/// The size of a file that can be read.
static llvm::Expected<uint64_t> getReadableSize(StringRef path) {
  auto descriptor = fs::openNativeFileForRead(path);
  if (!descriptor)
    return descriptor.takeError();
  fs::file_status status;
  std::error_code error = fs::status(*descriptor, status);
  fs::closeFile(*descriptor);
  if (error)
    return llvm::errorCodeToError(error);
  if (status.type() != fs::file_type::regular_file)
    return llvm::createStringError("not a regular file");
  return status.getSize();
}

static LogicalResult find(dl::GlobalOp global, StringRef name, StringRef folder, File &file) {
  SmallString<128> path(name);
  if (llvm::sys::path::is_relative(name)) {
    path = folder;
    llvm::sys::path::append(path, name);
    if (!fs::exists(path) && fs::exists(name))
      path = name;
  }
  llvm::Expected<uint64_t> size = getReadableSize(path);
  if (!size)
    return global.emitError("the bytes of @") << global.getSymName() << " can't be read from '"
                                              << path << "': " << llvm::toString(size.takeError());
  file = {path.str().str(), *size};
  return success();
}

LogicalResult dlc::dl::resolveExternalData(ModuleOp module, StringRef folder,
                                      function_ref<void(StringRef, StringRef)> onFile) {
  llvm::StringMap<File> files;
  for (auto global : module.getOps<GlobalOp>()) {
    auto external = dyn_cast_if_present<ExternalDataAttr>(global.getValueAttr());
    if (!external)
      continue;
    StringRef name = external.getPath();
    auto [it, isNew] = files.try_emplace(name);
    File &file = it->second;
    if (isNew) {
      if (failed(find(global, name, folder, file)))
        return failure();
      onFile(file.path, name);
    }
    uint64_t offset = external.getOffset(), length = external.getLength();
    if (offset > file.size || length > file.size - offset)
      return global.emitError("the bytes of @")
             << global.getSymName() << ", " << length << " from " << offset
             << ", lie beyond the end of '" << file.path << "', which has " << file.size;
    if (file.path != name)
      global.setValueAttr(ExternalDataAttr::get(module.getContext(), file.path, offset, length));
  }
  return success();
}
