//===- Derivative.td - derivatives as mathematics ---------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_AUTODIFF_DERIVATIVE_TD
#define DLC_AUTODIFF_DERIVATIVE_TD

/// The partial derivatives of an elementwise dl op by each of its operands, as
/// formulas of its operands and its result. Both modes come from them.
///
/// In a formula stand numbers and pi; the names of the operands and of the result;
/// + - * /; any unary or binary elementwise op of dl, as a function; and
/// where(condition, a, b), whose condition compares (< <= > >= == !=) and joins
/// with & and |. The derivative of `where` in a formula is that of what it chose.
///
/// A formula is computed times a tangent or cotangent d, from the outside in:
/// d · where(c, a, b) is where(c, d·a, d·b), d · a/b is (d·a)/b, and d · 1 is d. So
/// where a formula chooses 0 the result is 0, even if d is infinite.
class Derivative<string theOp, list<string> theOperands, string theResult,
                 list<string> thePartials> {
  string op = theOp;
  list<string> operands = theOperands;
  string result = theResult;
  list<string> partials = thePartials;
  /// C++ on `op`; the rule holds where it is true. Empty: always.
  string condition = "";
  /// What the condition means, for the documentation.
  string note = "";
}

/// y = f(x)
class Unary<string op, string dx> : Derivative<op, ["x"], "y", [dx]>;

/// z = f(x, y)
class Binary<string op, string dx, string dy> : Derivative<op, ["x", "y"], "z", [dx, dy]>;

#endif // DLC_AUTODIFF_DERIVATIVE_TD
