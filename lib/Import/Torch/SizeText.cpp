//===- SizeText.cpp - sizes as text ---------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeText.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace dlc::torch;
using llvm::StringRef;

namespace {
class Parser {
public:
  explicit Parser(StringRef text) : text(text) {}
  std::optional<SizeExpr> parse(unsigned depth = 0);
  bool isDone() const { return text.trim().empty(); }

private:
  bool consume(char c) {
    text = text.ltrim();
    return text.consume_front(StringRef(&c, 1));
  }
  std::optional<SizeExpr> parseSymbol();

  StringRef text;
};
} // namespace

/// The rest of Symbol('s0', positive=True, …).
std::optional<SizeExpr> Parser::parseSymbol() {
  SizeExpr symbol;
  symbol.kind = SizeExpr::Kind::Symbol;
  if (!consume('\''))
    return std::nullopt;
  size_t end = text.find('\''), close = text.find(')');
  if (end == StringRef::npos || close == StringRef::npos || close < end)
    return std::nullopt;
  symbol.text = text.take_front(end).str();
  text = text.drop_front(close + 1);
  return symbol;
}

static SizeExpr makeOperation(StringRef name, SizeExpr a, SizeExpr b) {
  SizeExpr expr;
  expr.kind = SizeExpr::Kind::Operation;
  expr.text = name.str();
  expr.operands = {std::move(a), std::move(b)};
  return expr;
}

/// FloorToInt(IntTrueDiv(a, b)) is a // b, CeilToInt of it (a + (b-1)) // b, for numbers b above 0.
static std::optional<SizeExpr> matchRoundedQuotient(StringRef name, const SizeExpr &expr) {
  bool isCeil = name == "CeilToInt";
  if ((!isCeil && name != "FloorToInt") || expr.operands.size() != 1 ||
      expr.operands[0].text != "IntTrueDiv" || expr.operands[0].operands.size() != 2)
    return std::nullopt;
  const SizeExpr &a = expr.operands[0].operands[0], &b = expr.operands[0].operands[1];
  if (!b.isNumber() || b.number <= 0)
    return std::nullopt;
  SizeExpr less = b;
  --less.number;
  return makeOperation("floordiv", isCeil ? makeOperation("add", a, less) : a, b);
}

std::optional<SizeExpr> Parser::parse(unsigned depth) {
  constexpr unsigned kMaxDepth = 64;
  text = text.ltrim();
  SizeExpr expr;
  if (depth > kMaxDepth)
    return std::nullopt;
  if (text.starts_with("-") || (!text.empty() && llvm::isDigit(text.front())))
    return text.consumeInteger(10, expr.number) ? std::nullopt : std::optional(expr);
  StringRef name = text.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
  text = text.drop_front(name.size());
  if (!consume('('))
    return std::nullopt;
  name = name.rsplit('.').second.empty() ? name : name.rsplit('.').second;
  if (name == "Symbol")
    return parseSymbol();
  do {
    std::optional<SizeExpr> operand = parse(depth + 1);
    if (!operand)
      return std::nullopt;
    expr.operands.push_back(std::move(*operand));
  } while (consume(','));
  if (!consume(')'))
    return std::nullopt;
  if (name == "Integer")
    return expr.operands.size() == 1 ? std::optional(expr.operands.front()) : std::nullopt;
  expr.kind = SizeExpr::Kind::Operation;
  if (std::optional<SizeExpr> quotient = matchRoundedQuotient(name, expr))
    return quotient;
  expr.text = llvm::StringSwitch<StringRef>(name)
                  .Case("Add", "add")
                  .Case("Mul", "mul")
                  .Cases({"FloorDiv", "CleanDiv"}, "floordiv")
                  .Cases({"Mod", "PythonMod"}, "mod")
                  .Case("Max", "max")
                  .Case("Min", "min")
                  .Default(name)
                  .str();
  return expr;
}

std::optional<SizeExpr> dlc::torch::parseSizeText(StringRef text) {
  Parser parser(text);
  std::optional<SizeExpr> expr = parser.parse();
  return expr && parser.isDone() ? expr : std::nullopt;
}

bool dlc::torch::isSizeOperation(StringRef name) {
  return llvm::is_contained({"add", "mul", "floordiv", "mod", "max", "min"}, name);
}

bool dlc::torch::isKnownSize(const SizeExpr &expr) {
  return expr.kind != SizeExpr::Kind::Operation ||
         (isSizeOperation(expr.text) && llvm::all_of(expr.operands, isKnownSize));
}

/// A sum: "2*s0-1", what is taken away after what isn't, numbers last.
static std::string joinSum(std::vector<std::string> terms) {
  auto rank = [](StringRef term) {
    int64_t number;
    return term.getAsInteger(10, number) ? int(term.starts_with("-")) : 2;
  };
  llvm::sort(terms, [&](StringRef a, StringRef b) {
    return std::pair(rank(a), a) < std::pair(rank(b), b);
  });
  std::string sum;
  for (StringRef term : terms)
    sum += (sum.empty() || term.starts_with("-") ? "" : "+") + term.str();
  return sum;
}

/// A product: "2*s0*s1", "-s0", numbers first.
static std::string joinProduct(std::vector<std::string> factors) {
  auto isName = [](StringRef factor) {
    int64_t number;
    return factor.getAsInteger(10, number);
  };
  llvm::sort(factors, [&](StringRef a, StringRef b) {
    return std::pair(isName(a), a) < std::pair(isName(b), b);
  });
  std::string product = llvm::join(factors, "*");
  StringRef rest = product;
  return rest.consume_front("-1*") ? "-" + rest.str() : product;
}

static std::string formatSize(const SizeExpr &expr, unsigned depth) {
  constexpr unsigned kMaxDepth = 64;
  if (expr.isNumber())
    return std::to_string(expr.number);
  if (expr.kind == SizeExpr::Kind::Symbol)
    return expr.text;
  if (depth > kMaxDepth)
    return "…";
  StringRef infix = llvm::StringSwitch<StringRef>(expr.text)
                        .Case("add", "+")
                        .Case("mul", "*")
                        .Case("floordiv", "//")
                        .Case("mod", "%")
                        .Default("");
  std::vector<std::string> operands;
  for (const SizeExpr &operand : expr.operands) {
    std::string text = formatSize(operand, depth + 1);
    bool isNested = operand.kind == SizeExpr::Kind::Operation && expr.text != "add";
    operands.push_back(isNested && !infix.empty() ? "(" + text + ")" : text);
  }
  if (expr.text == "add")
    return joinSum(std::move(operands));
  if (expr.text == "mul")
    return joinProduct(std::move(operands));
  return infix.empty() ? expr.text + "(" + llvm::join(operands, ",") + ")"
                       : llvm::join(operands, infix);
}

std::string dlc::torch::formatSize(const SizeExpr &expr) { return ::formatSize(expr, 0); }
