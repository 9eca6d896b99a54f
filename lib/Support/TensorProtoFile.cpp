//===- TensorProtoFile.cpp - ONNX's TensorProto ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reader of the protobuf wire format for the few fields of TensorProto, so
// that tools which only need inputs don't need protobuf.
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace dlc;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {
/// The fields of onnx.proto's TensorProto.
enum Field {
  fieldDims = 1, fieldDataType = 2, fieldFloatData = 4, fieldInt32Data = 5, fieldStringData = 6,
  fieldInt64Data = 7, fieldName = 8, fieldRawData = 9, fieldDoubleData = 10,
  fieldUint64Data = 11, fieldDataLocation = 14,
};
enum WireType { wireVarint = 0, wire64 = 1, wireBytes = 2, wire32 = 5 };

struct Message {
  llvm::SmallVector<int64_t> dims;
  int64_t dataType = 0;
  std::vector<int64_t> ints;
  std::vector<double> floats;
  StringRef name, rawData;
  bool hasRawData = false, isExternal = false, hasStrings = false;
};

/// Takes values off the front of a message; an error is sticky.
struct WireReader {
  StringRef bytes;
  bool failed = false;

  uint64_t takeVarint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
      uint8_t byte = bytes.front();
      bytes = bytes.drop_front();
      value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return value;
    }
    failed = true;
    return 0;
  }
  StringRef take(uint64_t size) {
    if (size > bytes.size()) {
      failed = true;
      return "";
    }
    StringRef result = bytes.take_front(size);
    bytes = bytes.drop_front(size);
    return result;
  }
};
} // namespace

/// ONNX's numbers for element types.
static const std::pair<int64_t, ElementType> onnxTypes[] = {
    {1, ElementType::f32},         {2, ElementType::ui8},        {3, ElementType::i8},
    {4, ElementType::ui16},        {5, ElementType::i16},        {6, ElementType::i32},
    {7, ElementType::i64},         {9, ElementType::i1},         {10, ElementType::f16},
    {11, ElementType::f64},        {12, ElementType::ui32},      {13, ElementType::ui64},
    {16, ElementType::bf16},       {17, ElementType::f8E4M3FN},  {18, ElementType::f8E4M3FNUZ},
    {19, ElementType::f8E5M2},     {20, ElementType::f8E5M2FNUZ}, {21, ElementType::ui4},
    {22, ElementType::i4},         {23, ElementType::f4E2M1FN},  {24, ElementType::f8E8M0FNU},
    {25, ElementType::ui2},        {26, ElementType::i2}};

/// Repeated numbers: packed in one field, or one per field.
static void takeNumbers(WireReader &reader, unsigned wireType, Message &message, bool isFloat) {
  auto takeOne = [&](WireReader &from, unsigned size) {
    StringRef bytes = from.take(size);
    if (bytes.empty())
      return;
    message.floats.push_back(size == 4
                                 ? llvm::bit_cast<float>(llvm::support::endian::read32le(bytes.data()))
                                 : llvm::bit_cast<double>(llvm::support::endian::read64le(bytes.data())));
  };
  if (wireType == wire32 || wireType == wire64) {
    takeOne(reader, wireType == wire32 ? 4 : 8);
    return;
  }
  if (wireType == wireVarint) {
    message.ints.push_back(int64_t(reader.takeVarint()));
    return;
  }
  WireReader packed{reader.take(reader.takeVarint())};
  while (!packed.bytes.empty() && !packed.failed) {
    if (isFloat)
      takeOne(packed, message.dataType == 11 ? 8 : 4);
    else
      message.ints.push_back(int64_t(packed.takeVarint()));
  }
  reader.failed |= packed.failed;
}

static bool skipField(WireReader &reader, unsigned wireType) {
  switch (wireType) {
  case wireVarint:
    reader.takeVarint();
    return true;
  case wire64:
    reader.take(8);
    return true;
  case wireBytes:
    reader.take(reader.takeVarint());
    return true;
  case wire32:
    reader.take(4);
    return true;
  default:
    return false;
  }
}

static void takeDims(WireReader &reader, unsigned wireType, Message &message) {
  if (wireType == wireVarint) {
    message.dims.push_back(int64_t(reader.takeVarint()));
    return;
  }
  WireReader packed{reader.take(reader.takeVarint())};
  while (!packed.bytes.empty() && !packed.failed)
    message.dims.push_back(int64_t(packed.takeVarint()));
  reader.failed |= packed.failed;
}

static Expected<Message> parseMessage(StringRef bytes) {
  WireReader reader{bytes};
  Message message;
  while (!reader.bytes.empty() && !reader.failed) {
    uint64_t tag = reader.takeVarint();
    unsigned wireType = tag & 7;
    switch (tag >> 3) {
    case fieldDims:
      takeDims(reader, wireType, message);
      break;
    case fieldDataType:
      message.dataType = int64_t(reader.takeVarint());
      break;
    case fieldFloatData:
    case fieldDoubleData:
      takeNumbers(reader, wireType, message, /*isFloat=*/true);
      break;
    case fieldInt32Data:
    case fieldInt64Data:
    case fieldUint64Data:
      takeNumbers(reader, wireType, message, /*isFloat=*/false);
      break;
    case fieldName:
      message.name = reader.take(reader.takeVarint());
      break;
    case fieldRawData:
      message.rawData = reader.take(reader.takeVarint());
      message.hasRawData = true;
      break;
    case fieldDataLocation:
      message.isExternal = reader.takeVarint() == 1;
      break;
    case fieldStringData:
      message.hasStrings = true;
      [[fallthrough]];
    default:
      if (!skipField(reader, wireType))
        reader.failed = true;
    }
  }
  if (reader.failed)
    return makeError("not a TensorProto, or cut short");
  return message;
}

/// Sub-byte elements from `bits`-wide fields of each byte, lowest first.
static Tensor unpackSubByte(ElementType type, ArrayRef<int64_t> shape, StringRef bytes) {
  Tensor tensor(type, shape);
  unsigned bits = getBitWidth(type), perByte = 8 / bits;
  uint8_t mask = uint8_t((1u << bits) - 1);
  char *to = tensor.getMutableData();
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    int64_t value = (uint8_t(bytes[i / perByte]) >> (i % perByte * bits)) & mask;
    if (isFloat(type))
      to[i] = char(value);
    else
      encodeInts(type, &value, 1, to + i);
  }
  return tensor;
}

/// The elements that lie in the typed fields rather than in raw_data.
static Expected<Tensor> takeTypedData(const Message &message, ElementType type, int64_t count) {
  bool isSubByte = getBitWidth(type) < 8 && type != ElementType::i1;
  bool inFloats = type == ElementType::f32 || type == ElementType::f64;
  int64_t available = inFloats ? message.floats.size() : message.ints.size();
  int64_t needed = isSubByte ? llvm::divideCeil(count * getBitWidth(type), 8) : count;
  if (available != needed)
    return makeError("tensor '{0}' has {1} values for {2} elements", message.name, available, count);
  if (inFloats)
    return Tensor::fromFloats(type, message.dims, message.floats);
  if (isSubByte) {
    std::string bytes;
    for (int64_t value : message.ints)
      bytes += char(value);
    return unpackSubByte(type, message.dims, bytes);
  }
  if (!isFloat(type))
    return Tensor::fromInts(type, message.dims, message.ints);
  // Narrow floats: their bits.
  ElementType bits = getByteSize(type) == 2 ? ElementType::ui16 : ElementType::ui8;
  return Tensor::fromInts(bits, message.dims, message.ints).bitcast(type);
}

Expected<NamedTensor> dlc::parseTensorProto(StringRef bytes, Owner owner) {
  Expected<Message> parsed = parseMessage(bytes);
  if (!parsed)
    return parsed.takeError();
  const Message &message = *parsed;
  if (message.isExternal)
    return makeError("tensor '{0}' lies in another file", message.name);
  const auto *found = llvm::find_if(onnxTypes, [&](auto &entry) { return entry.first == message.dataType; });
  if (found == std::end(onnxTypes))
    return makeError("tensor '{0}' has {1} elements", message.name,
                     message.dataType == 8 || message.hasStrings ? "string" : "unknown or complex");
  ElementType type = found->second;
  int64_t count = 1;
  for (int64_t size : message.dims)
    if (size < 0 || llvm::MulOverflow(count, size, count) || count > int64_t(1) << 48)
      return makeError("tensor '{0}' has an impossible shape", message.name);
  std::string name = message.name.str();
  if (!message.hasRawData || (message.rawData.empty() && count != 0)) {
    Expected<Tensor> tensor = takeTypedData(message, type, count);
    if (!tensor)
      return tensor.takeError();
    return NamedTensor{name, std::move(*tensor)};
  }
  bool isSubByte = getBitWidth(type) < 8 && type != ElementType::i1;
  int64_t needed = isSubByte ? llvm::divideCeil(count * getBitWidth(type), 8)
                             : count * getByteSize(type);
  if (int64_t(message.rawData.size()) != needed)
    return makeError("tensor '{0}' has {1} bytes for {2} elements of {3}", message.name,
                     message.rawData.size(), count, getName(type));
  if (isSubByte)
    return NamedTensor{name, unpackSubByte(type, message.dims, message.rawData)};
  Tensor tensor = Tensor::view(type, message.dims, message.rawData.data(), std::move(owner));
  if (reinterpret_cast<uintptr_t>(message.rawData.data()) % getByteSize(type) != 0)
    (void)tensor.getMutableData(); // a copy, aligned
  return NamedTensor{name, std::move(tensor)};
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void appendVarint(std::string &to, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    to += char(value | 0x80);
  to += char(value);
}

static void appendBytes(std::string &to, Field field, StringRef bytes) {
  appendVarint(to, field << 3 | wireBytes);
  appendVarint(to, bytes.size());
  to += bytes;
}

std::string dlc::getTensorProto(const NamedTensor &entry) {
  const Tensor &tensor = entry.tensor;
  std::string text;
  for (int64_t size : tensor.getShape()) {
    appendVarint(text, fieldDims << 3 | wireVarint);
    appendVarint(text, uint64_t(size));
  }
  const auto *found = llvm::find_if(onnxTypes, [&](auto &e) { return e.second == tensor.getType(); });
  appendVarint(text, fieldDataType << 3 | wireVarint);
  appendVarint(text, uint64_t(found->first));
  if (!entry.name.empty())
    appendBytes(text, fieldName, entry.name);
  unsigned bits = getBitWidth(tensor.getType());
  if (bits >= 8 || tensor.getType() == ElementType::i1) {
    appendBytes(text, fieldRawData, StringRef(tensor.getData(), tensor.getNumBytes()));
    return text;
  }
  std::string packed(llvm::divideCeil(tensor.getNumElements() * bits, 8), '\0');
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    packed[i * bits / 8] |= char((tensor.getData()[i] & ((1 << bits) - 1)) << (i * bits % 8));
  appendBytes(text, fieldRawData, packed);
  return text;
}
