//===- Pt2Structure.cpp - the structure of a .pt2 program's call ----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PyTorch writes a tree as {"type": "builtins.dict", "context": "[\"a\"]",
// "children_spec": […]}, a leaf with type null. It becomes {"dict": [["a", "*"]]}.
//
//===----------------------------------------------------------------------===//

#include "Pt2Structure.h"
#include "llvm/ADT/StringSwitch.h"

using namespace dlc;
using namespace dlc::torch;

/// Trees inside each other at most.
static constexpr unsigned kMaxDepth = 64;

namespace {
class StructureReader {
public:
  StructureReader(const Json &graphModule, JsonReader &reader)
      : graphModule(graphModule), reader(reader) {}

  /// The tree that a field of the call's signature holds as text.
  Json readTree(const Json &signature, const char *field);

private:
  Json convert(const Json &spec, unsigned depth);
  Json makeNamedTuple(const std::string &name, const Json &parts);

  const Json &graphModule;
  JsonReader &reader;
};
} // namespace

/// Text that PyTorch wrote as JSON; null where it isn't.
static Json parse(llvm::StringRef text) {
  llvm::Expected<Json> document = parseJson(text, "a structure");
  if (document)
    return *document;
  llvm::consumeError(document.takeError());
  return nullptr;
}

Json StructureReader::readTree(const Json &signature, const char *field) {
  llvm::StringRef text = reader.string(reader.get(signature, field), "a structure");
  Json document = parse(text);
  if (!document.is_array() || document.size() != 2) {
    reader.fail("the structure of its arguments or results can't be read");
    return "*";
  }
  return convert(document[1], 0);
}

/// [[key, part], ...] of equally many keys and parts.
static Json zip(const Json &keys, const Json &parts) {
  Json pairs = Json::array();
  for (size_t i = 0; i < parts.size(); ++i)
    pairs.push_back(Json::array({keys[i], parts[i]}));
  return pairs;
}

Json StructureReader::makeNamedTuple(const std::string &name, const Json &parts) {
  const Json &all = reader.get(graphModule, "treespec_namedtuple_fields");
  const Json &fields = reader.find(reader.find(all, name.c_str()), "field_names");
  if (!fields.is_array() || fields.size() != parts.size()) {
    reader.fail("the fields of the named tuple '" + name + "' aren't known");
    return "*";
  }
  return {{"namedtuple", name.substr(name.rfind('.') + 1)}, {"fields", fields}, {"items", parts}};
}

Json StructureReader::convert(const Json &spec, unsigned depth) {
  const Json &type = reader.get(spec, "type");
  if (depth > kMaxDepth)
    reader.fail("structures are nested more than " + llvm::Twine(kMaxDepth) + " levels deep");
  if (type.is_null() || reader.hasFailed())
    return "*";
  Json parts = Json::array();
  for (const Json &child : reader.array(reader.get(spec, "children_spec"), "a structure's parts"))
    parts.push_back(convert(child, depth + 1));
  llvm::StringRef name = reader.string(type, "a structure's type");
  llvm::StringRef kind = llvm::StringSwitch<llvm::StringRef>(name)
                             .Case("builtins.tuple", "tuple")
                             .Cases({"builtins.list", "collections.deque"}, "list")
                             .Default("");
  if (!kind.empty())
    return {{kind.str(), parts}};
  llvm::StringRef text = reader.text(spec, "context");
  if (name == "collections.namedtuple")
    return makeNamedTuple(text.str(), parts);
  // A dict's keys, or those of a class that the program registered: by themselves, or
  // the first of two things.
  Json context = parse(text);
  if (context.is_array() && !context.empty() && context[0].is_array())
    context = Json(context[0]);
  if (context.is_array() && context.size() == parts.size())
    return {{"dict", zip(context, parts)}};
  return {{"tuple", parts}};
}

/// A name for each leaf: its keys and positions, joined by underscores.
static void collectPaths(const Json &tree, const std::string &prefix,
                         std::vector<std::string> &paths) {
  if (tree.is_string()) {
    paths.push_back(prefix);
    return;
  }
  bool isDict = tree.contains("dict"), isNamed = tree.contains("fields");
  const Json &parts = isDict    ? tree["dict"]
                      : isNamed ? tree["items"]
                                : tree[tree.contains("tuple") ? "tuple" : "list"];
  for (size_t i = 0; i < parts.size(); ++i) {
    Json key = isDict ? parts[i][0] : isNamed ? tree["fields"][i] : Json(i);
    collectPaths(isDict ? parts[i][1] : parts[i],
                 prefix + "_" + (key.is_string() ? key.get<std::string>() : key.dump()), paths);
  }
}

/// null for a tensor, {"number": true} for a number that is computed, else the constant.
static Json describe(const Json &argument) {
  if (argument.is_object() && !argument.empty()) {
    const std::string &kind = argument.begin().key();
    if (kind == "as_none")
      return {{"constant", nullptr}};
    if (kind == "as_float" && argument.begin().value().is_string()) { // what JSON lacks
      const auto text = argument.begin().value().get<std::string>();
      return {{"constant", {{"float", text == "Infinity"    ? "inf"
                                      : text == "-Infinity" ? "-inf"
                                                            : "nan"}}}};
    }
    if (kind == "as_int" || kind == "as_bool" || kind == "as_float" || kind == "as_string")
      return {{"constant", argument.begin().value()}};
    if (llvm::StringRef(kind).starts_with("as_sym_"))
      return {{"number", true}};
  }
  return nullptr;
}

CallStructure dlc::torch::readCallStructure(const Json &graphModule, JsonReader &reader) {
  CallStructure result;
  const Json &calls = reader.find(graphModule, "module_call_graph");
  if (!calls.is_array() || calls.empty())
    return result;
  const Json &call = reader.find(calls[0], "signature");
  if (!call.is_object())
    return result;
  StructureReader structure(graphModule, reader);
  Json inTree = structure.readTree(call, "in_spec"), outTree = structure.readTree(call, "out_spec");
  const Json &signature = reader.get(graphModule, "signature");
  Json inputs = Json::array(), outputs = Json::array();
  for (const Json &spec : reader.array(reader.get(signature, "input_specs"), "the inputs")) {
    if (spec.contains("user_input"))
      inputs.push_back(describe(reader.get(spec["user_input"], "arg")));
    else if (spec.contains("constant_input"))
      inputs.push_back(describe(reader.get(spec["constant_input"], "value")));
  }
  for (const Json &spec : reader.array(reader.get(signature, "output_specs"), "the outputs"))
    if (spec.contains("user_output"))
      outputs.push_back(describe(reader.get(spec["user_output"], "arg")));
  collectPaths(outTree, "output", result.outputNames);
  // Arguments in two trees: by position, and by name.
  bool isCall = inTree.contains("tuple") && inTree["tuple"].size() == 2 &&
                inTree["tuple"][0].contains("tuple") && inTree["tuple"][1].contains("dict");
  if (reader.hasFailed() || !isCall)
    return {};
  Json names = Json::array();
  if (const Json &all = reader.find(call, "forward_arg_names"); all.is_array())
    for (size_t i = 0; i < std::min(all.size(), inTree["tuple"][0]["tuple"].size()); ++i)
      names.push_back(all[i]);
  result.metadata = {{"in_tree", inTree},  {"out_tree", outTree}, {"inputs", inputs},
                     {"outputs", outputs}, {"parameters", names}};
  return result;
}
