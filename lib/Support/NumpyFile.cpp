//===- NumpyFile.cpp - .npy and .npz --------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorFile.h"
#include "dlc/Support/Zip.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace dlc;
using llvm::ArrayRef;
using llvm::Expected;
using llvm::StringRef;

/// What follows `'key':` in the header's dictionary.
static StringRef getField(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return "";
  return header.substr(at + key.size() + 2).ltrim(" :");
}

/// The element type of a type description without its byte order.
static std::optional<ElementType> getTypeOfDescription(StringRef kind) {
  using T = ElementType;
  return llvm::StringSwitch<std::optional<T>>(kind)
      .Case("f8", T::f64).Case("f4", T::f32).Case("f2", T::f16).Case("V2", T::bf16)
      .Case("b1", T::i1).Case("i1", T::i8).Case("i2", T::i16).Case("i4", T::i32)
      .Case("i8", T::i64).Case("u1", T::ui8).Case("u2", T::ui16).Case("u4", T::ui32)
      .Case("u8", T::ui64).Case("V1", T::ui8).Default(std::nullopt);
}

static StringRef getDescription(ElementType type) {
  using T = ElementType;
  switch (type) {
  case T::f64: return "<f8";
  case T::f32: return "<f4";
  case T::f16: return "<f2";
  case T::bf16: return "<V2";
  case T::i1: return "|b1";
  case T::i2: case T::i4: case T::i8: return "|i1";
  case T::i16: return "<i2";
  case T::i32: return "<i4";
  case T::i64: return "<i8";
  case T::ui16: return "<u2";
  case T::ui32: return "<u4";
  case T::ui64: return "<u8";
  default: return "|u1";
  }
}

/// Elements in the other byte order.
static void swapBytes(Tensor &tensor) {
  int64_t size = getByteSize(tensor.getType());
  char *data = tensor.getMutableData();
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    std::reverse(data + i * size, data + (i + 1) * size);
}

/// Column-major elements in row-major order.
static Tensor fromColumnMajor(const Tensor &tensor) {
  Tensor result(tensor.getType(), tensor.getShape());
  int64_t size = getByteSize(tensor.getType()), rank = tensor.getRank();
  char *to = result.getMutableData();
  llvm::SmallVector<int64_t> index(rank, 0), strides(rank, 1);
  for (int64_t d = 1; d < rank; ++d)
    strides[d] = strides[d - 1] * tensor.getDim(d - 1);
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    int64_t from = 0;
    for (int64_t d = 0; d < rank; ++d)
      from += index[d] * strides[d];
    std::memcpy(to + i * size, tensor.getData() + from * size, size);
    for (int64_t d = rank - 1; d >= 0 && ++index[d] == tensor.getDim(d); --d)
      index[d] = 0;
  }
  return result;
}

Expected<Tensor> dlc::parseNpy(StringRef bytes, Owner owner) {
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12)
    return makeError("not a .npy file");
  bool isLong = bytes[6] >= 2;
  uint64_t start = isLong ? 12 : 10;
  uint64_t headerSize = isLong ? llvm::support::endian::read32le(bytes.data() + 8)
                               : llvm::support::endian::read16le(bytes.data() + 8);
  if (headerSize > bytes.size() - start)
    return makeError("damaged .npy file: its header is cut short");
  StringRef header = bytes.substr(start, headerSize);
  StringRef data = bytes.drop_front(start + headerSize);

  StringRef description = getField(header, "descr");
  if (!description.consume_front("'"))
    return makeError("its elements are a structure: {0}",
                     header.substr(0, header.find_first_of("\n\r")));
  description = description.take_until([](char c) { return c == '\''; });
  std::optional<ElementType> type = getTypeOfDescription(description.drop_front());
  if (!type)
    return makeError("its elements are of NumPy type '{0}', which isn't a number", description);

  StringRef shapeText = getField(header, "shape");
  if (!shapeText.consume_front("("))
    return makeError("damaged .npy file: its header has no shape");
  shapeText = shapeText.take_until([](char c) { return c == ')'; });
  llvm::SmallVector<int64_t> shape;
  int64_t count = 1;
  for (StringRef size : llvm::split(shapeText, ',')) {
    size = size.trim();
    if (size.empty())
      continue;
    int64_t value;
    if (size.getAsInteger(10, value) || value < 0 || llvm::MulOverflow(count, value, count))
      return makeError("damaged .npy file: its shape is ({0})", shapeText);
    shape.push_back(value);
  }
  if (uint64_t(count) > data.size() / getByteSize(*type))
    return makeError("damaged .npy file: it has {0} bytes for {1} elements of {2}", data.size(),
                     count, getName(*type));

  Tensor tensor = Tensor::view(*type, shape, data.data(), std::move(owner));
  if (reinterpret_cast<uintptr_t>(data.data()) % getByteSize(*type) != 0 || description[0] == '>')
    (void)tensor.getMutableData(); // a copy, aligned
  if (description[0] == '>')
    swapBytes(tensor);
  return getField(header, "fortran_order").starts_with("True") ? fromColumnMajor(tensor) : tensor;
}

Expected<std::vector<NamedTensor>> dlc::parseNpz(StringRef bytes) {
  Expected<std::vector<ZipEntry>> entries = readZip(bytes);
  if (!entries)
    return entries.takeError();
  std::vector<NamedTensor> tensors;
  for (const ZipEntry &entry : *entries) {
    Expected<std::shared_ptr<const char>> data = unpack(entry);
    if (!data)
      return data.takeError();
    Expected<Tensor> tensor = parseNpy(StringRef(data->get(), entry.size), *data);
    if (!tensor)
      return makeError("entry '{0}': {1}", entry.name, llvm::toString(tensor.takeError()));
    StringRef name = entry.name;
    name.consume_back(".npy");
    tensors.push_back({name.str(), std::move(*tensor)});
  }
  return tensors;
}

std::string dlc::getNpyHeader(const Tensor &tensor) {
  std::string shape;
  for (int64_t size : tensor.getShape())
    shape += llvm::itostr(size) + ", ";
  if (tensor.getRank() > 1)
    shape.resize(shape.size() - 2);
  std::string dictionary = llvm::formatv("{{'descr': '{0}', 'fortran_order': False, 'shape': ({1}), }",
                                         getDescription(tensor.getType()), shape);
  // The data starts at a multiple of 64 bytes; a newline ends the header.
  dictionary.resize(llvm::alignTo(10 + dictionary.size() + 1, 64) - 11, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(dictionary.size() & 0xff);
  header += char(dictionary.size() >> 8);
  return header + dictionary;
}
