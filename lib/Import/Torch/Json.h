//===- Json.h - reading JSON that may be damaged ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_JSON_H
#define DLC_LIB_IMPORT_TORCH_JSON_H

#include "ExportedGraph.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <nlohmann/json.hpp>

namespace dlc::torch {

using Json = nlohmann::json;

/// Parses a document; an error says where it breaks off.
llvm::Expected<Json> parseJson(llvm::StringRef bytes, llvm::StringRef what);

/// Reads a document field by field. The first thing that isn't as it should be
/// is kept as the error; getters then give empty values.
class JsonReader {
public:
  /// While one lives, errors begin with what is being read: "node 'add_1' (…): ".
  class Scope {
  public:
    Scope(JsonReader &reader, std::string place)
        : reader(reader), outer(std::exchange(reader.place, std::move(place))) {}
    ~Scope() { reader.place = std::move(outer); }
    Scope(const Scope &) = delete;

  private:
    JsonReader &reader;
    std::string outer;
  };

  explicit JsonReader(llvm::StringRef what) : what(what) {}

  bool hasFailed() const { return !message.empty(); }
  void fail(const llvm::Twine &text) {
    if (message.empty())
      message = place.empty() ? text.str() : place + ": " + text.str();
  }
  llvm::Error takeError() const;

  /// A field of an object; null (reported) if it is missing.
  const Json &get(const Json &object, const char *key);
  /// A field of an object; null if it is missing.
  const Json &find(const Json &object, const char *key);
  llvm::StringRef string(const Json &value, const char *name);
  /// Reports that something isn't an object, or has a field besides those known.
  void checkFields(const Json &value, const char *name, llvm::ArrayRef<llvm::StringRef> known);
  /// A field of an object if it is a string, else "".
  llvm::StringRef text(const Json &object, const char *key);
  int64_t integer(const Json &value, const char *name);
  bool boolean(const Json &value, const char *name);
  /// An empty array after reporting that it isn't one.
  const Json &array(const Json &value, const char *name);
  const Json &object(const Json &value, const char *name);

private:
  std::string what, message, place;
};

/// Reads None, a boolean, a number or a string; false if it is something else.
bool readLiteral(const Json &json, JsonReader &reader, Argument &argument);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_JSON_H
