//===- AtenSchemas.cpp - the defaults of ATen's arguments -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AtenSchemas.h"
#include "Json.h"

using namespace dlc;
using namespace dlc::torch;

static const std::pair<llvm::StringLiteral, llvm::StringLiteral> schemas[] = {
#include "AtenSchemas.inc"
};

static Argument makeArgument(const Json &json) {
  using Kind = Argument::Kind;
  Argument argument;
  if (json.is_boolean()) {
    argument.kind = Kind::Bool;
    argument.integer = json.get<bool>();
  } else if (json.is_number_integer()) {
    argument.kind = Kind::Int;
    argument.integer = json.get<int64_t>();
  } else if (json.is_number_float()) {
    argument.kind = Kind::Float;
    argument.number = json.get<double>();
  } else if (json.is_string()) {
    argument.kind = Kind::String;
    argument.text = json.get<std::string>();
  } else if (json.is_array()) {
    argument.kind = Kind::List;
    for (const Json &element : json)
      argument.elements.push_back(makeArgument(element));
  } else if (json.is_object()) {
    std::string text = json["float"].get<std::string>();
    argument.kind = Kind::Float;
    argument.number = text == "nan" ? std::nan("") : text == "inf" ? INFINITY : -INFINITY;
  }
  return argument;
}

void torch::fillDefaults(Node &node) {
  static const llvm::StringMap<llvm::StringLiteral> table = [] {
    llvm::StringMap<llvm::StringLiteral> t;
    for (const auto &[target, defaults] : schemas)
      t.try_emplace(target, defaults);
    return t;
  }();
  auto it = table.find(node.target);
  if (it == table.end())
    return;
  Json defaults = Json::parse(it->second.begin(), it->second.end());
  for (const auto &entry : defaults.items()) {
    bool isGiven = llvm::any_of(node.arguments,
                                [&](const auto &own) { return own.first == entry.key(); });
    if (!isGiven)
      node.arguments.push_back({entry.key(), makeArgument(entry.value())});
  }
}
