//===- Formula.cpp - mathematics in a string ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formula.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace dlc;
using llvm::StringRef;

namespace {
/// A parser by recursive descent; the first error stays.
class Parser {
public:
  explicit Parser(StringRef text) : rest(text) {}

  llvm::Expected<Formula> run() {
    Formula formula = parseDisjunction();
    if (error.empty() && !rest.ltrim().empty())
      fail("can't be read from");
    if (!error.empty())
      return llvm::createStringError(error);
    return formula;
  }

private:
  using Rule = Formula (Parser::*)();

  void fail(StringRef what) {
    if (error.empty())
      error = llvm::formatv("formula {0} `{1}`", what, rest);
  }

  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  /// operand (operator operand)*, grouping to the left.
  Formula parseChain(std::initializer_list<StringRef> operators, Rule operand) {
    Formula result = (this->*operand)();
    while (true) {
      const StringRef *found =
          llvm::find_if(operators, [&](StringRef each) { return consume(each); });
      if (found == operators.end())
        return result;
      result = apply(*found, {std::move(result), (this->*operand)()});
    }
  }

  Formula parseDisjunction() { return parseChain({"|"}, &Parser::parseConjunction); }
  Formula parseConjunction() { return parseChain({"&"}, &Parser::parseComparison); }
  Formula parseComparison() {
    return parseChain({"<=", ">=", "==", "!=", "<", ">"}, &Parser::parseSum);
  }
  Formula parseSum() { return parseChain({"+", "-"}, &Parser::parseProduct); }
  Formula parseProduct() { return parseChain({"*", "/"}, &Parser::parseSign); }
  Formula parseSign() {
    if (consume("-"))
      return apply("neg", {parseSign()});
    return parsePrimary();
  }

  Formula parsePrimary() {
    if (consume("(")) {
      Formula inner = parseDisjunction();
      if (!consume(")"))
        fail("lacks `)` before");
      return inner;
    }
    rest = rest.ltrim();
    Formula result;
    StringRef digits = rest.take_while([](char c) { return llvm::isDigit(c) || c == '.'; });
    if (!digits.empty()) {
      rest = rest.drop_front(digits.size());
      if (digits.getAsDouble(result.number))
        fail("has a bad number before");
      return result;
    }
    StringRef name = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(name.size());
    if (name.empty()) {
      fail("has no operand before");
      return result;
    }
    if (name == "pi") {
      result.number = M_PI;
      return result;
    }
    if (!consume("(")) {
      result.kind = Formula::Kind::Variable;
      result.name = name.str();
      return result;
    }
    std::vector<Formula> arguments{parseDisjunction()};
    while (consume(","))
      arguments.push_back(parseDisjunction());
    if (!consume(")"))
      fail("lacks `)` before");
    return apply(name, std::move(arguments));
  }

  /// An operator on its operands, computed where all are numbers.
  static Formula apply(StringRef name, std::vector<Formula> arguments) {
    Formula result;
    if (llvm::all_of(arguments, [](const Formula &each) { return each.isNumber(); })) {
      double x = arguments[0].number, y = arguments.back().number;
      bool known = true;
      if (name == "neg")
        result.number = -x;
      else if (name == "+")
        result.number = x + y;
      else if (name == "-")
        result.number = x - y;
      else if (name == "*")
        result.number = x * y;
      else if (name == "/")
        result.number = x / y;
      else if (name == "sqrt")
        result.number = std::sqrt(x);
      else
        known = false;
      if (known)
        return result;
    }
    result.kind = Formula::Kind::Operator;
    result.name = name.str();
    result.arguments = std::move(arguments);
    return result;
  }

  StringRef rest;
  std::string error;
};
} // namespace

llvm::Expected<Formula> Formula::parse(StringRef text) { return Parser(text).run(); }
