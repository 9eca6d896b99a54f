//===- SizeGuards.cpp - what torch.export took for granted ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeGuards.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace dlc::torch;
using llvm::StringRef;

namespace {
/// Reads Python's expressions into nodes, an operator's operands before it.
class GuardParser {
public:
  GuardParser(StringRef text, const Program &program, std::vector<Node> &nodes)
      : text(text), program(program), nodes(nodes) {}

  std::optional<Argument> parse() {
    std::optional<Argument> value = parseBinary(0);
    return text.trim().empty() ? value : std::nullopt;
  }
  Argument append(StringRef op, std::vector<std::pair<std::string, Argument>> arguments);

private:
  using Result = std::optional<Argument>;
  struct Operator {
    StringRef text, op;
    unsigned level; ///< what binds more tightly has a higher one
  };
  bool consume(StringRef token) {
    text = text.ltrim();
    return text.consume_front(token);
  }
  Result parseBinary(unsigned level);
  Result parseUnary();
  Result parseNumber();
  Result parseCall(StringRef op);
  Result parseSize();

  StringRef text;
  const Program &program;
  std::vector<Node> &nodes;
  unsigned depth = 0;
};
} // namespace

/// Comparisons' level; those above are arithmetic.
static constexpr unsigned kComparison = 2;

Argument GuardParser::append(StringRef op,
                             std::vector<std::pair<std::string, Argument>> arguments) {
  Argument value;
  value.kind = Argument::Kind::Value;
  value.text = "guard." + std::to_string(nodes.size());
  Node node;
  node.target = op.str();
  node.arguments = std::move(arguments);
  node.results.push_back({value.text, {}});
  nodes.push_back(std::move(node));
  return value;
}

GuardParser::Result GuardParser::parseBinary(unsigned level) {
  static const Operator operators[] = {
      {"or ", "operator.or", 0},      {"and ", "operator.and", 1},
      {"==", "operator.eq", 2},       {"!=", "operator.ne", 2},
      {"<=", "operator.le", 2},       {">=", "operator.ge", 2},
      {"<", "operator.lt", 2},        {">", "operator.gt", 2},
      {"+", "operator.add", 3},       {"-", "operator.sub", 3},
      {"//", "operator.floordiv", 4}, {"/", "operator.truediv", 4},
      {"%", "operator.mod", 4},       {"*", "operator.mul", 4}};
  constexpr unsigned kLast = 4;
  if (level > kLast)
    return parseUnary();
  Result left = parseBinary(level + 1);
  bool isCompared = false;
  while (left) {
    text = text.ltrim();
    auto it = llvm::find_if(operators, [&](const Operator &op) {
      return op.level == level && text.starts_with(op.text) &&
             !(op.text == "*" && text.starts_with("**"));
    });
    if (it == std::end(operators))
      break;
    if (level == kComparison && std::exchange(isCompared, true))
      return std::nullopt; // a < b < c
    text = text.drop_front(it->text.size());
    Result right = parseBinary(level + 1);
    if (!right)
      return std::nullopt;
    left = append(it->op, {{"a", *left}, {"b", *right}});
  }
  return left;
}

GuardParser::Result GuardParser::parseUnary() {
  constexpr unsigned kMaxDepth = 64;
  if (++depth > kMaxDepth)
    return std::nullopt;
  llvm::scope_exit leave([&] { --depth; });
  if (consume("-")) {
    Result value = parseUnary();
    return value ? Result(append("operator.neg", {{"a", *value}})) : value;
  }
  if (consume("not ")) {
    Result value = parseBinary(kComparison);
    return value ? Result(append("torch.sym_not", {{"a", *value}})) : value;
  }
  if (consume("(")) {
    Result value = parseBinary(0);
    return consume(")") ? value : std::nullopt;
  }
  if (consume("L["))
    return parseSize();
  for (auto [name, op] : {std::pair("max(", "torch.sym_max"), {"min(", "torch.sym_min"},
                          {"math.floor(", "math.floor"}, {"math.ceil(", "math.ceil"},
                          {"math.trunc(", "torch.sym_int"},
                          {"torch.sym_float(", "torch.sym_float"}})
    if (consume(name))
      return parseCall(op);
  return parseNumber();
}

GuardParser::Result GuardParser::parseNumber() {
  StringRef digits = text.take_while([](char c) { return llvm::isDigit(c) || c == '.'; });
  text = text.drop_front(digits.size());
  Argument number;
  number.kind = digits.contains('.') ? Argument::Kind::Float : Argument::Kind::Int;
  bool failed = digits.contains('.') ? digits.getAsDouble(number.number)
                                     : digits.getAsInteger(10, number.integer);
  return failed ? std::nullopt : Result(number);
}

/// The arguments of a call: of max and min two or more, else one.
GuardParser::Result GuardParser::parseCall(StringRef op) {
  bool isFold = op.ends_with("max") || op.ends_with("min");
  Result value = parseBinary(0);
  if (value && !isFold)
    value = append(op, {{"a", *value}});
  while (value && isFold && consume(",")) {
    Result next = parseBinary(0);
    value = next ? Result(append(op, {{"a", *value}, {"b", *next}})) : next;
  }
  return consume(")") ? value : std::nullopt;
}

/// The rest of L['x'].size()[0]. torch.export calls the input L['a'][0] a_0.
GuardParser::Result GuardParser::parseSize() {
  auto [path, rest] = text.split(".size()[");
  llvm::SmallVector<StringRef> parts;
  path.split(parts, '[');
  std::string name;
  for (StringRef part : parts) {
    if (!part.consume_back("]"))
      return std::nullopt;
    if (part.consume_front("'") && !part.consume_back("'"))
      return std::nullopt;
    name += (name.empty() ? "" : "_") + part.lower();
  }
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  Argument self, dim;
  dim.kind = Argument::Kind::Int;
  if (rest.consumeInteger(10, dim.integer) || !rest.consume_front("]"))
    return std::nullopt;
  for (auto [input, spec] : llvm::zip_equal(program.graph.inputs, program.inputs)) {
    if (input.name != name || spec.kind != InputSpec::Kind::User ||
        dim.integer >= int64_t(input.type.shape.size()))
      continue;
    text = rest;
    self.kind = Argument::Kind::Value;
    self.text = name;
    return append("aten.sym_size.int", {{"self", self}, {"dim", dim}});
  }
  return std::nullopt;
}

bool dlc::torch::appendGuard(StringRef guard, const Program &program, std::vector<Node> &nodes) {
  GuardParser parser(guard, program, nodes);
  std::optional<Argument> condition = parser.parse();
  if (!condition)
    return false;
  Argument message;
  message.kind = Argument::Kind::String;
  message.text = "the program was recorded for " + formatGuard(guard) + ", which doesn't hold";
  parser.append("aten._assert_scalar.default", {{"self", *condition}, {"assert_msg", message}});
  return true;
}

std::string dlc::torch::formatGuard(StringRef guard) {
  std::string text;
  while (!guard.empty()) {
    auto [before, after] = guard.split("L['");
    text += before;
    auto [name, rest] = after.split("']");
    text += name;
    guard = rest;
  }
  for (size_t at; (at = text.find(".size()")) != std::string::npos;)
    text.replace(at, StringRef(".size()").size(), ".shape");
  return text;
}
