//===- TensorFile.cpp - tensors in files ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorFile.h"
#include "dlc/Support/Zip.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace dlc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr llvm::StringLiteral npyMagic = "\x93NUMPY";

/// `error` with the file's name before it.
static Error addPath(StringRef path, Error error) {
  return makeError("{0}: {1}", path, llvm::toString(std::move(error)));
}

static Expected<std::shared_ptr<llvm::MemoryBuffer>> openFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("{0}: {1}", path, buffer.getError().message());
  return std::shared_ptr<llvm::MemoryBuffer>(std::move(*buffer));
}

Expected<std::shared_ptr<const void>> dlc::mapFile(StringRef path, uint64_t offset,
                                                   uint64_t bytes) {
  uint64_t size = 0;
  if (std::error_code code = llvm::sys::fs::file_size(path, size))
    return makeError("{0}: {1}", path, code.message());
  if (offset > size || bytes > size - offset)
    return makeError("{0}: it has {1} bytes, but bytes {2} to {3} are needed", path, size, offset,
                     offset + bytes);
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, bytes, offset);
  if (!buffer)
    return makeError("{0}: {1}", path, buffer.getError().message());
  std::shared_ptr<llvm::MemoryBuffer> owner(std::move(*buffer));
  return std::shared_ptr<const void>(owner, owner->getBufferStart());
}

Expected<std::vector<NamedTensor>> dlc::readTensorFile(StringRef path) {
  Expected<std::shared_ptr<llvm::MemoryBuffer>> file = openFile(path);
  if (!file)
    return file.takeError();
  StringRef bytes = (*file)->getBuffer();
  Expected<std::vector<NamedTensor>> result = [&]() -> Expected<std::vector<NamedTensor>> {
    if (bytes.starts_with(npyMagic)) {
      Expected<Tensor> tensor = parseNpy(bytes, *file);
      if (!tensor)
        return tensor.takeError();
      return std::vector<NamedTensor>{{"", *tensor}};
    }
    if (bytes.starts_with("PK"))
      return parseNpz(bytes);
    if (path.ends_with(".pb")) {
      Expected<NamedTensor> tensor = parseTensorProto(bytes, *file);
      if (!tensor)
        return tensor.takeError();
      return std::vector<NamedTensor>{std::move(*tensor)};
    }
    if (bytes.size() >= 9 && bytes[8] == '{')
      return parseSafetensors(bytes, *file);
    return makeError("neither a .npy, .npz, .pb nor a safetensors file");
  }();
  if (!result)
    return addPath(path, result.takeError());
  return result;
}

Error dlc::writeTensorFile(StringRef path, ArrayRef<NamedTensor> tensors) {
  StringRef extension = llvm::sys::path::extension(path);
  bool holdsOne = extension == ".npy" || extension == ".pb";
  if (!holdsOne && extension != ".npz" && extension != ".safetensors")
    return makeError("{0}: the name must end in .npy, .npz, .pb or .safetensors", path);
  if (holdsOne && tensors.size() != 1)
    return makeError("{0}: a {1} file holds one tensor, not {2}", path, extension, tensors.size());
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (code)
    return makeError("{0}: {1}", path, code.message());
  auto getBytes = [](const Tensor &tensor) {
    return StringRef(tensor.getData(), tensor.getNumBytes());
  };
  if (extension == ".npy") {
    os << getNpyHeader(tensors[0].tensor) << getBytes(tensors[0].tensor);
  } else if (extension == ".pb") {
    os << getTensorProto(tensors[0]);
  } else if (extension == ".npz") {
    ZipWriter zip(os);
    for (const NamedTensor &entry : tensors)
      zip.add(entry.name + ".npy", getNpyHeader(entry.tensor), getBytes(entry.tensor));
    zip.finish();
  } else {
    os << getSafetensorsHeader(tensors);
    uint64_t offset = 0;
    for (const NamedTensor &entry : tensors) {
      os.write_zeros(llvm::alignTo(offset, 64) - offset);
      os << getBytes(entry.tensor);
      offset = llvm::alignTo(offset, 64) + entry.tensor.getNumBytes();
    }
  }
  os.close();
  if (os.has_error()) {
    code = os.error();
    os.clear_error();
    if (llvm::sys::fs::is_regular_file(path))
      llvm::sys::fs::remove(path); // rather no file than half of one
    return makeError("{0}: {1}", path, code.message());
  }
  return Error::success();
}

Expected<Tensor> dlc::adaptType(const Tensor &tensor, ElementType wanted) {
  ElementType type = tensor.getType();
  if (type == wanted)
    return tensor;
  bool isBits = type == ElementType::ui8 || type == ElementType::ui16 || type == ElementType::bf16;
  if (isFloat(wanted) && isBits && getByteSize(type) == getByteSize(wanted))
    return tensor.bitcast(wanted);
  if (!isFloat(wanted) && getBitWidth(wanted) < 8 && wanted != ElementType::i1 &&
      type == (isUnsigned(wanted) ? ElementType::ui8 : ElementType::i8)) {
    for (int64_t value : tensor.getInts())
      if (value < getMinInt(wanted) || value > getMaxInt(wanted))
        return makeError("{0} doesn't fit in {1}", value, getName(wanted));
    return tensor.bitcast(wanted);
  }
  return makeError("its element type is {0}, not {1}", getName(type), getName(wanted));
}
