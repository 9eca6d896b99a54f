//===- CallStructure.cpp - the structure of a program's call --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallStructure.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <set>

using namespace dlc;
using namespace dlc::torch;
using llvm::StringRef;

/// Structures inside each other at most.
static constexpr unsigned kMaxDepth = 64;

namespace {
class CallChecker {
public:
  CallChecker(const Program &program, JsonReader &reader)
      : reader(reader), isDifferentiated(!program.derivatives.empty()) {
    collectPorts(program);
  }

  void check(const Json &metadata);
  void addComplexParts(Json &metadata) const;

private:
  void collectPorts(const Program &program);
  const ValueType *at(const std::vector<ValueType> &ports, int64_t number, const char *what);
  size_t countLeaves(const Json &tree, unsigned depth = 0);
  size_t countParts(const Json &parts, unsigned depth);
  void checkConstant(const Json &constant);
  void checkInputs(const Json &tree, const Json &leaves);
  void checkOutputs(const Json &tree, const Json &leaves);

  JsonReader &reader;
  bool isDifferentiated;
  /// The inputs and outputs that the compiled model has.
  std::vector<ValueType> inputs, outputs;
};
} // namespace

const ValueType *CallChecker::at(const std::vector<ValueType> &ports, int64_t number,
                                 const char *what) {
  if (number >= 0 && number < int64_t(ports.size()))
    return &ports[number];
  reader.fail(llvm::Twine(what) + " " + llvm::Twine(number) + " is named, but there are " +
              llvm::Twine(ports.size()));
  return nullptr;
}

/// What the caller gives and gets: of the program, then of each derivative of it.
void CallChecker::collectPorts(const Program &program) {
  llvm::StringMap<ValueType> types;
  for (const auto &[input, spec] : llvm::zip(program.graph.inputs, program.inputs)) {
    types[input.name] = input.type;
    if (spec.kind == InputSpec::Kind::User && input.type.kind != ValueType::Kind::None)
      inputs.push_back(input.type);
  }
  for (const Node &node : program.graph.nodes)
    for (const NamedValue &result : node.results)
      types[result.name] = result.type;
  for (const auto &[output, spec] : llvm::zip(program.graph.outputs, program.outputs))
    if (spec.kind == OutputSpec::Kind::User && !output.isNone())
      outputs.push_back(types.lookup(output.text));
  for (const Derivative &derivative : program.derivatives) {
    std::vector<ValueType> wrt, of;
    for (int64_t number : derivative.wrt)
      if (const ValueType *type = at(inputs, number, "input"))
        wrt.push_back(*type);
    for (int64_t number : derivative.of)
      if (const ValueType *type = at(outputs, number, "output"))
        of.push_back(*type);
    if (!derivative.isReverse)
      std::swap(wrt, of);
    if (!derivative.seedsOnes)
      inputs.insert(inputs.end(), of.begin(), of.end());
    if (!derivative.withPrimal)
      outputs.clear();
    outputs.insert(outputs.end(), wrt.begin(), wrt.end());
  }
}

/// Whether a name can be that of a named tuple, or of one of its fields.
static bool isIdentifier(const Json &json) {
  if (!json.is_string())
    return false;
  StringRef text = json.get_ref<const std::string &>();
  auto isLetter = [](char c) { return llvm::isAlpha(c) || c == '_' || (c & 0x80); };
  return !text.empty() && isLetter(text.front()) &&
         llvm::all_of(text, [&](char c) { return isLetter(c) || llvm::isDigit(c); });
}

size_t CallChecker::countParts(const Json &parts, unsigned depth) {
  size_t count = 0;
  for (const Json &part : reader.array(parts, "a structure's parts"))
    count += countLeaves(part, depth + 1);
  return count;
}

size_t CallChecker::countLeaves(const Json &tree, unsigned depth) {
  if (tree.is_null() || tree == "*")
    return tree.is_string();
  if (depth > kMaxDepth) {
    reader.fail("structures are nested more than " + llvm::Twine(kMaxDepth) + " levels deep");
    return 0;
  }
  for (const char *kind : {"tuple", "list"})
    if (tree.is_object() && tree.size() == 1 && tree.contains(kind))
      return countParts(tree[kind], depth);
  if (tree.is_object() && tree.size() == 1 && tree.contains("dict")) {
    size_t count = 0;
    for (const Json &pair : reader.array(tree["dict"], "a structure's parts")) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_primitive())
        reader.fail("a part of a dict isn't a key and a structure");
      else
        count += countLeaves(pair[1], depth + 1);
    }
    return count;
  }
  if (!tree.is_object() || tree.size() != 3 || !tree.contains("items") ||
      !isIdentifier(reader.find(tree, "namedtuple"))) {
    reader.fail("a structure is of no known kind");
    return 0;
  }
  const Json &fields = reader.array(reader.get(tree, "fields"), "a named tuple's fields");
  std::set<Json> names(fields.begin(), fields.end());
  auto isField = [](const Json &name) { // Python keeps those that begin with _ for itself
    return isIdentifier(name) && name.get_ref<const std::string &>().front() != '_';
  };
  if (!llvm::all_of(fields, isField) || names.size() != fields.size() ||
      fields.size() != reader.array(tree["items"], "a named tuple's items").size())
    reader.fail("a named tuple's fields aren't a name for each item");
  return countParts(tree["items"], depth);
}

void CallChecker::checkConstant(const Json &constant) {
  Argument argument;
  if (!readLiteral(constant, reader, argument))
    reader.fail("a constant is neither a number nor a text");
  else if (constant.is_object())
    reader.checkFields(constant, "a constant", {"float"});
}

void CallChecker::checkInputs(const Json &tree, const Json &leaves) {
  if (tree.is_null())
    return; // called by the inputs' names
  const Json &parts = reader.find(tree, "tuple");
  if (!parts.is_array() || parts.size() != 2 || !parts[0].is_object() ||
      !parts[0].contains("tuple") || !parts[1].is_object() || !parts[1].contains("dict"))
    return reader.fail("the arguments aren't a tuple and a dict");
  size_t count = countLeaves(tree), tensors = 0;
  for (const Json &leaf : reader.array(leaves, "'inputs'")) {
    tensors += leaf.is_null();
    if (leaf.is_null())
      continue;
    reader.checkFields(leaf, "an argument", {"constant"});
    checkConstant(reader.get(leaf, "constant"));
  }
  if (count != leaves.size() || tensors != inputs.size())
    reader.fail("the arguments are " + llvm::Twine(count) + " in 'in_tree', and in 'inputs' " +
                llvm::Twine(leaves.size()) + ", of them " + llvm::Twine(tensors) +
                " tensors; the program has " + llvm::Twine(inputs.size()) + " inputs");
}

void CallChecker::checkOutputs(const Json &tree, const Json &leaves) {
  size_t count = countLeaves(tree), following = 0;
  bool isNumbered = false; // else they are the outputs, in order
  for (const Json &leaf : reader.array(leaves, "'outputs'")) {
    if (leaf.is_null()) {
      ++following;
      continue;
    }
    reader.checkFields(leaf, "a result", {"constant", "number", "output"});
    if (leaf.is_object() && leaf.contains("constant")) {
      checkConstant(leaf["constant"]);
      continue;
    }
    const Json &output = reader.find(leaf, "output");
    isNumbered |= !output.is_null();
    int64_t number = output.is_null() ? following++ : reader.integer(output, "a result's number");
    const ValueType *type = at(outputs, number, "output");
    using Kind = ValueType::Kind;
    if (leaf.is_object() && leaf.contains("number") && leaf["number"] != true)
      reader.fail("'number' isn't true");
    if (type && leaf.is_object() && leaf.contains("number") && type->kind != Kind::Int && type->kind != Kind::Float &&
        type->kind != Kind::Bool)
      reader.fail("result " + llvm::Twine(number) + " isn't a number");
  }
  if (count != leaves.size() || (!isNumbered && following != outputs.size()))
    reader.fail("the results are " + llvm::Twine(count) + " in 'out_tree', and in 'outputs' " +
                llvm::Twine(leaves.size()) + ", of them " + llvm::Twine(following) +
                " tensors; the program has " + llvm::Twine(outputs.size()) + " outputs");
}

/// The numbers of those that are complex.
static Json findComplex(const std::vector<ValueType> &ports) {
  Json numbers = Json::array();
  for (size_t i = 0; i < ports.size(); ++i)
    if (StringRef(ports[i].elementType).starts_with("c"))
      numbers.push_back(i);
  return numbers;
}

void CallChecker::addComplexParts(Json &metadata) const {
  Json inputNumbers = findComplex(inputs), outputNumbers = findComplex(outputs);
  if (!inputNumbers.empty() || !outputNumbers.empty())
    metadata["complex"] = {{"inputs", inputNumbers}, {"outputs", outputNumbers}};
}

void CallChecker::check(const Json &metadata) {
  reader.checkFields(metadata, "it",
                     {"in_tree", "out_tree", "inputs", "outputs", "parameters", "defaults",
                      "complex", "own_derivatives"});
  if (reader.hasFailed())
    return;
  checkInputs(reader.find(metadata, "in_tree"), reader.find(metadata, "inputs"));
  if (metadata.contains("outputs") || metadata.contains("out_tree"))
    checkOutputs(reader.get(metadata, "out_tree"), reader.get(metadata, "outputs"));
  if (const Json &names = reader.find(metadata, "parameters"); !names.is_null())
    for (const Json &name : reader.array(names, "'parameters'"))
      reader.string(name, "a parameter's name");
  if (const Json &names = reader.find(metadata, "own_derivatives"); !names.is_null()) {
    for (const Json &name : reader.array(names, "'own_derivatives'"))
      reader.string(name, "a reason");
    if (isDifferentiated)
      reader.fail("a derivative is asked for, but 'own_derivatives' says why what is recorded has "
                  "another");
  }
  if (metadata.contains("defaults"))
    for (const auto &[name, value] : reader.object(metadata["defaults"], "'defaults'").items())
      checkConstant(value);
  Json expected = Json::object();
  addComplexParts(expected);
  if (reader.find(metadata, "complex") != reader.find(expected, "complex"))
    reader.fail("'complex' doesn't list what the program has of complex numbers");
}

void torch::checkCallStructure(const Json &metadata, const Program &program, JsonReader &reader) {
  JsonReader::Scope scope(reader, "its metadata");
  CallChecker(program, reader).check(metadata);
}

void torch::addComplexParts(const Program &program, Json &metadata) {
  JsonReader reader("");
  CallChecker(program, reader).addComplexParts(metadata);
}
