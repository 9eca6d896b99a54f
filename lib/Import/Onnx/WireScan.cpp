//===- WireScan.cpp - takes tensor bytes out of an ONNX message -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WireScan.h"

using namespace llvm;
using namespace dlc::onnx;

namespace {

/// The messages on the way from a ModelProto to its tensors.
enum class Message { Other, Model, Graph, Node, Attribute, Tensor, SparseTensor, Function, Training };

enum WireType : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

constexpr unsigned kMaxDepth = 100;
constexpr uint64_t kMappedOffset = 536870910, kMappedLength = 536870911;
constexpr uint64_t kFloat = 1, kDouble = 11;

/// What field `field` of a `message` holds; the numbers are onnx-ml.proto's.
Message childOf(Message message, uint64_t field) {
  switch (message) {
  case Message::Model:
    return field == 7    ? Message::Graph
           : field == 25 ? Message::Function
           : field == 20 ? Message::Training
                         : Message::Other;
  case Message::Training:
    return field == 1 || field == 2 ? Message::Graph : Message::Other;
  case Message::Graph:
    return field == 1    ? Message::Node
           : field == 5  ? Message::Tensor
           : field == 15 ? Message::SparseTensor
                         : Message::Other;
  case Message::Function:
    return field == 7 ? Message::Node : field == 11 ? Message::Attribute : Message::Other;
  case Message::Node:
    return field == 5 ? Message::Attribute : Message::Other;
  case Message::Attribute:
    if (field == 5 || field == 10)
      return Message::Tensor;
    if (field == 6 || field == 11)
      return Message::Graph;
    return field == 22 || field == 23 ? Message::SparseTensor : Message::Other;
  case Message::SparseTensor:
    return field == 1 || field == 2 ? Message::Tensor : Message::Other;
  default:
    return Message::Other;
  }
}

/// One field of a message: where it starts and ends, and its content.
struct Field {
  uint64_t number = 0;
  unsigned wireType = 0;
  uint64_t value = 0; ///< of a varint
  StringRef whole;    ///< tag, length and content
  StringRef content;  ///< of Bytes
};

bool readVarint(StringRef &bytes, uint64_t &value) {
  value = 0;
  for (unsigned i = 0; i < 10 && i < bytes.size(); ++i) {
    uint64_t byte = static_cast<uint8_t>(bytes[i]);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes = bytes.drop_front(i + 1);
      return true;
    }
  }
  return false;
}

/// Takes the next field off `bytes`; false if it is malformed.
bool readField(StringRef &bytes, Field &field) {
  StringRef start = bytes;
  uint64_t tag;
  if (!readVarint(bytes, tag) || tag >> 3 == 0 || tag >> 3 > kMappedLength)
    return false;
  field.number = tag >> 3;
  field.wireType = tag & 7;
  uint64_t size = 0;
  switch (field.wireType) {
  case Varint:
    if (!readVarint(bytes, field.value))
      return false;
    break;
  case Fixed64:
    size = 8;
    break;
  case Fixed32:
    size = 4;
    break;
  case Bytes:
    if (!readVarint(bytes, size))
      return false;
    break;
  default: // Groups, which ONNX doesn't have.
    return false;
  }
  if (size > bytes.size())
    return false;
  field.content = bytes.take_front(size);
  bytes = bytes.drop_front(size);
  field.whole = start.take_front(start.size() - bytes.size());
  return true;
}

void writeVarint(uint64_t value, std::string &out) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void writeVarintField(uint64_t number, uint64_t value, std::string &out) {
  writeVarint(number << 3 | Varint, out);
  writeVarint(value, out);
}

class Stripper {
public:
  explicit Stripper(StringRef file) : file(file) {}

  bool strip(Message message, StringRef bytes, std::string &out, unsigned depth) {
    failedAt = bytes.data();
    if (depth > kMaxDepth) {
      tooDeep = true;
      return false;
    }
    if (message == Message::Tensor)
      return stripTensor(bytes, out);
    Field field;
    while (!bytes.empty()) {
      failedAt = bytes.data();
      if (!readField(bytes, field))
        return false;
      Message child =
          field.wireType == Bytes ? childOf(message, field.number) : Message::Other;
      if (child == Message::Other) {
        out += field.whole;
        continue;
      }
      std::string stripped;
      if (!strip(child, field.content, stripped, depth + 1))
        return false;
      writeVarint(field.number << 3 | Bytes, out);
      writeVarint(stripped.size(), out);
      out += stripped;
    }
    return true;
  }

  const char *failedAt = nullptr;
  bool tooDeep = false;

private:
  /// Besides raw_data, a single packed run of float_data or double_data has the
  /// layout of the elements in memory.
  bool stripTensor(StringRef bytes, std::string &out) {
    uint64_t dataType = 0;
    unsigned typedRuns = 0;
    Field field;
    for (StringRef rest = bytes; !rest.empty();) {
      failedAt = rest.data();
      if (!readField(rest, field))
        return false;
      if (field.number == 2 && field.wireType == Varint)
        dataType = field.value;
      typedRuns += field.number == 4 || field.number == 10;
    }
    uint64_t packed = typedRuns != 1 ? 0 : dataType == kFloat ? 4 : dataType == kDouble ? 10 : 0;
    while (!bytes.empty()) {
      readField(bytes, field);
      if (field.number == kMappedOffset || field.number == kMappedLength)
        continue;
      if (field.wireType == Bytes && (field.number == 9 || field.number == packed)) {
        writeVarintField(kMappedOffset, field.content.data() - file.data(), out);
        writeVarintField(kMappedLength, field.content.size(), out);
        continue;
      }
      out += field.whole;
    }
    return true;
  }

  StringRef file;
};

} // namespace

Expected<std::string> dlc::onnx::stripTensorData(StringRef file) {
  std::string out;
  Stripper stripper(file);
  if (stripper.strip(Message::Model, file, out, 0))
    return out;
  if (stripper.tooDeep)
    return createStringError("its graphs are nested more than 100 levels deep");
  return createStringError("it is not a protobuf message: byte " +
                           Twine(stripper.failedAt - file.data()) + " is malformed");
}

bool dlc::onnx::looksLikeModel(StringRef file) {
  bool hasGraph = false;
  Field field;
  while (!file.empty()) {
    if (!readField(file, field))
      return false;
    // ir_version to opset_import, metadata, training_info, functions, devices.
    bool known = field.number <= 8 || field.number == 14 || field.number == 20 ||
                 field.number == 25 || field.number == 26;
    if (!known)
      return false;
    hasGraph |= field.number == 7 && field.wireType == Bytes;
  }
  return hasGraph;
}
