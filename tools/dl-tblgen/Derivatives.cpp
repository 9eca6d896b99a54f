//===- Derivatives.cpp - derivative rules from formulas -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `def : Derivative<"div", ["x", "y"], "z", ["1/y", "-z/y"]>` becomes
//
//   addElementwise<dl::DivOp>(table, {
//       // ∂z/∂x = 1/y
//       [](Elementwise &e, Value d) -> Value {
//         Value v0 = e.operand(1);
//         Value v1 = e.binary<dl::DivOp>(d, v0);
//         return v1;
//       }, ...
//
// A partial derivative is never computed on its own but times a direction `d`, the
// tangent of an operand or the cotangent of the result: d · 1/y is d/y, and in
// d · where(c, 1, 0) nothing is multiplied, so that an infinite d stays out of
// where it doesn't belong.
//
//===----------------------------------------------------------------------===//

#include "Formula.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TableGen/Error.h"
#include "llvm/TableGen/Record.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace dlc;
using namespace llvm;

namespace {
/// Writes the statements that compute a partial derivative times a direction.
class PartialWriter {
public:
  PartialWriter(const Record &rule, raw_ostream &os)
      : rule(rule), operands(rule.getValueAsListOfStrings("operands")),
        result(rule.getValueAsString("result")), os(os) {}

  void write(const Formula &partial) {
    std::string value = writeTimes(partial, "d");
    os << "        return " << value << ";\n";
  }

private:
  std::string assign(const Twine &expression) {
    std::string name = "v" + std::to_string(count++);
    os << "        Value " << name << " = " << expression << ";\n";
    return name;
  }

  static std::string literal(double number) { return formatv("{0:E16}", number); }

  /// The dl op of a function or operator.
  static StringRef opOf(StringRef name) {
    if (name == "+")
      return "add";
    if (name == "-")
      return "sub";
    if (name == "*")
      return "mul";
    return name == "/" ? "div" : name;
  }
  static std::string classOf(StringRef name) {
    return "dl::" + convertToCamelFromSnakeCase(opOf(name), true) + "Op";
  }

  /// The name of a comparison in dl; empty for other operators.
  static StringRef comparisonOf(StringRef name) {
    static const std::pair<StringRef, StringRef> names[] = {
        {"<", "lt"}, {"<=", "le"}, {">", "gt"}, {">=", "ge"}, {"==", "eq"}, {"!=", "ne"}};
    for (auto [symbol, word] : names)
      if (symbol == name)
        return word;
    return "";
  }

  std::string writeValue(const Formula &f) {
    if (f.isNumber())
      return assign("e.number(" + literal(f.number) + ")");
    if (f.kind == Formula::Kind::Variable) {
      if (f.name == result)
        return assign("e.result()");
      auto found = find(operands, f.name);
      if (found == operands.end())
        PrintFatalError(&rule, "`" + f.name + "` is no operand and not the result");
      return assign("e.operand(" + Twine(found - operands.begin()) + ")");
    }
    SmallVector<std::string> values;
    for (const Formula &argument : f.arguments)
      values.push_back(writeValue(argument));
    std::string list = join(values, ", ");
    if (StringRef comparison = comparisonOf(f.name); !comparison.empty())
      return assign("e.compare(dl::ComparisonDirection::" + comparison + ", " + list + ")");
    if (f.name == "where")
      return assign("e.select(" + list + ")");
    StringRef name = f.name == "&" ? "and" : f.name == "|" ? "or" : StringRef(f.name);
    switch (values.size()) {
    case 1:
      return assign("e.unary<" + classOf(name) + ">(" + list + ")");
    case 2:
      return assign("e.binary<" + classOf(name) + ">(" + list + ")");
    default:
      PrintFatalError(&rule, "`" + f.name + "` has " + Twine(values.size()) + " arguments");
    }
  }

  /// `d` times the formula.
  std::string writeTimes(const Formula &f, std::string d) {
    if (f.isNumber(1))
      return d;
    if (f.isNumber(0))
      return assign("e.number(0.0)");
    if (f.isNumber(-1))
      return assign("e.unary<dl::NegOp>(" + d + ")");
    if (f.isOperator("neg"))
      return assign("e.unary<dl::NegOp>(" + writeTimes(f.arguments[0], d) + ")");
    if (f.isOperator("/")) {
      std::string numerator = writeTimes(f.arguments[0], d);
      return assign("e.binary<dl::DivOp>(" + numerator + ", " + writeValue(f.arguments[1]) + ")");
    }
    if (f.isOperator("where")) {
      std::string condition = writeValue(f.arguments[0]);
      std::string onTrue = writeTimes(f.arguments[1], d);
      std::string onFalse = writeTimes(f.arguments[2], d);
      return assign("e.select(" + condition + ", " + onTrue + ", " + onFalse + ")");
    }
    return assign("e.binary<dl::MulOp>(" + d + ", " + writeValue(f) + ")");
  }

  const Record &rule;
  std::vector<StringRef> operands;
  StringRef result;
  raw_ostream &os;
  unsigned count = 0;
};
} // namespace

/// The partial derivatives of a rule, one per operand.
static std::vector<Formula> getPartials(const Record &rule) {
  std::vector<Formula> partials;
  for (StringRef text : rule.getValueAsListOfStrings("partials")) {
    Expected<Formula> formula = Formula::parse(text);
    if (!formula)
      PrintFatalError(&rule, toString(formula.takeError()));
    partials.push_back(std::move(*formula));
  }
  if (partials.size() != rule.getValueAsListOfStrings("operands").size())
    PrintFatalError(&rule, "has not one partial derivative per operand");
  return partials;
}

static void emitRules(const RecordKeeper &records, raw_ostream &os) {
  emitSourceFileHeader("Derivatives of elementwise ops", os, records);
  for (const Record *rule : records.getAllDerivedDefinitions("Derivative")) {
    std::vector<Formula> partials = getPartials(*rule);
    std::vector<StringRef> texts = rule->getValueAsListOfStrings("partials");
    std::vector<StringRef> operands = rule->getValueAsListOfStrings("operands");
    std::string op = convertToCamelFromSnakeCase(rule->getValueAsString("op"), true);
    os << "addElementwise<dl::" << op << "Op>(table, {\n";
    for (auto [partial, text, operand] : zip_equal(partials, texts, operands)) {
      os << "    // ∂" << rule->getValueAsString("result") << "/∂" << operand << " = " << text << "\n";
      if (partial.isNumber(0)) {
        os << "    nullptr,\n";
        continue;
      }
      os << "    [](Elementwise &e, Value d) -> Value {\n";
      PartialWriter(*rule, os).write(partial);
      os << "    },\n";
    }
    StringRef condition = rule->getValueAsString("condition");
    os << "}";
    if (!condition.empty())
      os << ", [](dl::" << op << "Op op) { return " << condition << "; }";
    os << ");\n\n";
  }
}

static void emitTable(const RecordKeeper &records, raw_ostream &os) {
  os << "| op | partial derivatives |\n|---|---|\n";
  for (const Record *rule : records.getAllDerivedDefinitions("Derivative")) {
    std::vector<StringRef> operands = rule->getValueAsListOfStrings("operands");
    StringRef result = rule->getValueAsString("result"), note = rule->getValueAsString("note");
    os << "| `" << rule->getValueAsString("op") << "`" << (note.empty() ? "" : " ") << note << " | ";
    ListSeparator separator("; ");
    for (auto [operand, text] : zip_equal(operands, rule->getValueAsListOfStrings("partials"))) {
      std::string escaped = text.str();
      for (size_t at = 0; (at = escaped.find('|', at)) != std::string::npos; at += 2)
        escaped.insert(at, "\\");
      os << separator << "∂" << result << "/∂" << operand << " = `" << escaped << "`";
    }
    os << " |\n";
  }
}

static TableGen::Emitter::Opt rules("gen-derivative-rules", emitRules,
                                    "Derivative rules of elementwise ops, as C++");
static TableGen::Emitter::Opt table("gen-derivative-docs", emitTable,
                                    "A table of derivatives, as markdown");
