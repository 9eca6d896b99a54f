//===- Formula.h - mathematics in a string ---------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `where(x > 0, 1, -y/sqrt(2*pi))`: numbers, variables, + - * /, comparisons
// joined by & and |, and functions. What has no variable in it is a number.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_DLTBLGEN_FORMULA_H
#define DLC_TOOLS_DLTBLGEN_FORMULA_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace dlc {

struct Formula {
  /// Operator names an operator (`+`, `<`, unary minus as `neg`) or a function.
  enum class Kind { Number, Variable, Operator };

  Kind kind = Kind::Number;
  double number = 0;
  std::string name;
  std::vector<Formula> arguments;

  bool isNumber() const { return kind == Kind::Number; }
  bool isNumber(double value) const { return isNumber() && number == value; }
  bool isOperator(llvm::StringRef which) const {
    return kind == Kind::Operator && name == which;
  }

  /// Reads a formula; the error says what is wrong with it.
  static llvm::Expected<Formula> parse(llvm::StringRef text);
};

} // namespace dlc

#endif // DLC_TOOLS_DLTBLGEN_FORMULA_H
