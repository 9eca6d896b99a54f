//===- SafetensorsFile.cpp - safetensors ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The format: github.com/huggingface/safetensors, README. Eight bytes of header
// size, a JSON header, then the data.
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace dlc;
using llvm::ArrayRef;
using llvm::Expected;
using llvm::StringRef;

/// The first of a type's entries is how it is written. Types that the format
/// lacks are written as integers of their byte size.
static const std::pair<StringRef, ElementType> safetensorsTypes[] = {
    {"F64", ElementType::f64},          {"F32", ElementType::f32},
    {"F16", ElementType::f16},          {"BF16", ElementType::bf16},
    {"F8_E4M3", ElementType::f8E4M3FN}, {"F8_E5M2", ElementType::f8E5M2},
    {"F8_E8M0", ElementType::f8E8M0FNU}, {"BOOL", ElementType::i1},
    {"I8", ElementType::i8},            {"I16", ElementType::i16},
    {"I32", ElementType::i32},          {"I64", ElementType::i64},
    {"U8", ElementType::ui8},           {"U16", ElementType::ui16},
    {"U32", ElementType::ui32},         {"U64", ElementType::ui64},
    {"I8", ElementType::i2},            {"I8", ElementType::i4},
    {"U8", ElementType::ui2},           {"U8", ElementType::ui4},
    {"U8", ElementType::f8E4M3FNUZ},    {"U8", ElementType::f8E5M2FNUZ},
    {"U8", ElementType::f4E2M1FN}};

/// One entry of the header: its type, shape and bytes.
static Expected<Tensor> parseEntry(StringRef name, const llvm::json::Value &value, StringRef data,
                                   const Owner &owner) {
  const llvm::json::Object *object = value.getAsObject();
  std::optional<StringRef> typeName = object ? object->getString("dtype") : std::nullopt;
  const llvm::json::Array *sizes = object ? object->getArray("shape") : nullptr;
  const llvm::json::Array *offsets = object ? object->getArray("data_offsets") : nullptr;
  if (!typeName || !sizes || !offsets || offsets->size() != 2)
    return makeError("damaged safetensors file: the entry of '{0}' isn't a tensor", name);
  const auto *type = llvm::find_if(safetensorsTypes, [&](auto &e) { return e.first == *typeName; });
  if (type == std::end(safetensorsTypes))
    return makeError("tensor '{0}' has elements of type {1}, which isn't supported", name, *typeName);
  llvm::SmallVector<int64_t> shape;
  int64_t bytes = getByteSize(type->second);
  for (const llvm::json::Value &size : *sizes) {
    std::optional<int64_t> number = size.getAsInteger();
    if (!number || *number < 0 || llvm::MulOverflow(bytes, *number, bytes))
      return makeError("damaged safetensors file: tensor '{0}' has an impossible shape", name);
    shape.push_back(*number);
  }
  std::optional<int64_t> begin = (*offsets)[0].getAsInteger(), end = (*offsets)[1].getAsInteger();
  if (!begin || !end || *begin < 0 || *end < *begin || uint64_t(*end) > data.size() ||
      *end - *begin != bytes)
    return makeError("damaged safetensors file: the data of '{0}' isn't where the header says", name);
  Tensor tensor = Tensor::view(type->second, shape, data.data() + *begin, owner);
  if (reinterpret_cast<uintptr_t>(tensor.getData()) % getByteSize(type->second) != 0)
    (void)tensor.getMutableData(); // a copy, aligned
  return tensor;
}

/// How deep the brackets of a JSON text go: the parser recurses.
static size_t getDepth(StringRef text) {
  size_t depth = 0, deepest = 0;
  bool isString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"')
      isString = !isString;
    else if (isString)
      i += c == '\\';
    else if (c == '{' || c == '[')
      deepest = std::max(deepest, ++depth);
    else if (c == '}' || c == ']')
      depth -= depth != 0;
  }
  return deepest;
}

Expected<std::vector<NamedTensor>> dlc::parseSafetensors(StringRef bytes, Owner owner) {
  uint64_t size = bytes.size() < 8 ? ~uint64_t(0) : llvm::support::endian::read64le(bytes.data());
  if (bytes.size() < 8 || size > bytes.size() - 8)
    return makeError("damaged safetensors file: its header is cut short");
  if (getDepth(bytes.substr(8, size)) > 16)
    return makeError("damaged safetensors file: its header is nested too deep");
  Expected<llvm::json::Value> header = llvm::json::parse(bytes.substr(8, size));
  if (!header)
    return makeError("damaged safetensors file: {0}", llvm::toString(header.takeError()));
  const llvm::json::Object *entries = header->getAsObject();
  if (!entries)
    return makeError("damaged safetensors file: its header isn't an object");
  std::vector<NamedTensor> tensors;
  for (const auto &entry : *entries) {
    StringRef name = entry.first;
    if (name == "__metadata__")
      continue;
    Expected<Tensor> tensor = parseEntry(name, entry.second, bytes.drop_front(8 + size), owner);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back({name.str(), std::move(*tensor)});
  }
  llvm::sort(tensors, [](const NamedTensor &a, const NamedTensor &b) { return a.name < b.name; });
  return tensors;
}

std::string dlc::getSafetensorsHeader(ArrayRef<NamedTensor> tensors) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::json::OStream json(os);
  int64_t offset = 0;
  json.object([&] {
    for (const NamedTensor &entry : tensors) {
      const auto *type = llvm::find_if(safetensorsTypes, [&](auto &e) {
        return e.second == entry.tensor.getType();
      });
      offset = llvm::alignTo(offset, 64);
      json.attributeObject(entry.name, [&] {
        json.attribute("dtype", type->first);
        json.attributeArray("shape", [&] {
          for (int64_t size : entry.tensor.getShape())
            json.value(size);
        });
        json.attributeArray("data_offsets", [&] {
          json.value(offset);
          json.value(offset + entry.tensor.getNumBytes());
        });
      });
      offset += entry.tensor.getNumBytes();
    }
  });
  text.resize(llvm::alignTo(8 + text.size(), 64) - 8, ' ');
  char size[8];
  llvm::support::endian::write64le(size, text.size());
  return std::string(size, 8) + text;
}
