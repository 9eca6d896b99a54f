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

static Argument makeArgument(const Json &json, JsonReader &reader) {
  Argument argument;
  if (readLiteral(json, reader, argument))
    return argument;
  argument.kind = Argument::Kind::List;
  for (const Json &element : reader.array(json, "a default"))
    argument.elements.push_back(makeArgument(element, reader));
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
  JsonReader reader("can't read the schemas");
  Json defaults = Json::parse(it->second.begin(), it->second.end());
  for (const auto &entry : defaults.items()) {
    bool isGiven = llvm::any_of(node.arguments,
                                [&](const auto &own) { return own.first == entry.key(); });
    if (!isGiven)
      node.arguments.push_back({entry.key(), makeArgument(entry.value(), reader)});
  }
}
