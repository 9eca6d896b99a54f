//===- Json.cpp - reading JSON that may be damaged ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Json.h"
#include "dlc/Support/Tensor.h"
#include "llvm/ADT/STLExtras.h"

using namespace dlc;
using namespace dlc::torch;
using llvm::StringRef;

/// More levels than any program has; the document's own destructor recurses.
static constexpr int kMaxDepth = 512;

namespace {
/// Reads a document for where it breaks off.
struct FindFault : nlohmann::json_sax<Json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t &) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string &, const Json::exception &) override {
    bytesRead = position;
    return false;
  }

  size_t bytesRead = 0; ///< up to what can't be there
};
} // namespace

/// "line 3, column 14", or that the document isn't whole.
static std::string findFault(StringRef bytes) {
  FindFault fault;
  Json::sax_parse(bytes.begin(), bytes.end(), &fault);
  if (fault.bytesRead > bytes.size())
    return "it breaks off after " + std::to_string(bytes.size()) + " bytes";
  StringRef before = bytes.take_front(std::max<size_t>(fault.bytesRead, 1) - 1);
  return ("line " + llvm::Twine(before.count('\n') + 1) + ", column " +
          llvm::Twine(before.size() - (before.rfind('\n') + 1) + 1)).str();
}

llvm::Expected<Json> torch::parseJson(StringRef bytes, StringRef what) {
  int64_t depth = 0;
  bool isInString = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    char c = bytes[i];
    if (isInString) {
      i += c == '\\';
      isInString = c != '"';
      continue;
    }
    isInString = c == '"';
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (depth > kMaxDepth)
      return makeError("{0} is nested more than {1} levels deep", what, kMaxDepth);
  }
  Json document = Json::parse(bytes.begin(), bytes.end(), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    return makeError("{0} isn't valid JSON: {1}", what, findFault(bytes));
  return document;
}

static const Json nullValue;
static const Json emptyArray = Json::array();
static const Json emptyObject = Json::object();

llvm::Error JsonReader::takeError() const {
  return message.empty() ? llvm::Error::success() : makeError("{0}: {1}", what, message);
}

const Json &JsonReader::find(const Json &object, const char *key) {
  if (!object.is_object())
    return nullValue;
  auto it = object.find(key);
  return it == object.end() ? nullValue : *it;
}

const Json &JsonReader::get(const Json &object, const char *key) {
  if (!object.is_object() || !object.contains(key))
    fail(llvm::Twine("'") + key + "' is missing");
  return find(object, key);
}

StringRef JsonReader::string(const Json &value, const char *name) {
  if (value.is_string())
    return value.get_ref<const std::string &>();
  fail(llvm::Twine(name) + " isn't a string");
  return "";
}

StringRef JsonReader::text(const Json &object, const char *key) {
  const Json &value = find(object, key);
  return value.is_string() ? StringRef(value.get_ref<const std::string &>()) : "";
}

int64_t JsonReader::integer(const Json &value, const char *name) {
  if (value.is_number_integer() &&
      !(value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX)))
    return value.get<int64_t>();
  fail(llvm::Twine(name) + " isn't an integer");
  return 0;
}

bool JsonReader::boolean(const Json &value, const char *name) {
  if (value.is_boolean())
    return value.get<bool>();
  fail(llvm::Twine(name) + " isn't true or false");
  return false;
}

void JsonReader::checkFields(const Json &value, const char *name,
                             llvm::ArrayRef<StringRef> known) {
  for (const auto &[key, field] : object(value, name).items())
    if (!llvm::is_contained(known, key))
      fail(llvm::Twine(name) + " has a field '" + key + "', which isn't known");
}

const Json &JsonReader::array(const Json &value, const char *name) {
  if (value.is_array())
    return value;
  fail(llvm::Twine(name) + " isn't a list");
  return emptyArray;
}

const Json &JsonReader::object(const Json &value, const char *name) {
  if (value.is_object())
    return value;
  fail(llvm::Twine(name) + " isn't an object");
  return emptyObject;
}

bool torch::readLiteral(const Json &json, JsonReader &reader, Argument &argument) {
  using Kind = Argument::Kind;
  if (json.is_null())
    return true;
  if (json.is_boolean()) {
    argument.kind = Kind::Bool;
    argument.integer = json.get<bool>();
  } else if (json.is_number_integer()) {
    argument.kind = Kind::Int;
    argument.integer = reader.integer(json, "an argument");
  } else if (json.is_number_float()) {
    argument.kind = Kind::Float;
    argument.number = json.get<double>();
  } else if (json.is_string()) {
    argument.kind = Kind::String;
    argument.text = json.get<std::string>();
  } else if (json.is_object() && json.contains("float")) {
    StringRef text = reader.string(json["float"], "a float");
    if (text != "inf" && text != "-inf" && text != "nan")
      reader.fail("'" + text + "' isn't a number");
    argument.kind = Kind::Float;
    argument.number = text == "nan" ? std::nan("") : text == "inf" ? INFINITY : -INFINITY;
  } else {
    return false;
  }
  return true;
}
