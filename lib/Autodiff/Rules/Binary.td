//===- Binary.td - derivatives of ops of several operands -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_AUTODIFF_BINARY_TD
#define DLC_AUTODIFF_BINARY_TD

include "Derivative.td"

def : Binary<"add", "1", "1">;
def : Binary<"sub", "1", "-1">;
def : Binary<"mul", "y", "x">;
def : Binary<"div", "1/y", "-z/y">;
def : Binary<"rem", "1", "-trunc(x/y)">;
def : Binary<"pow", "where(y == 0, 0, y*pow(x, y - 1))",
                    "where(x == 0 & y >= 0, 0, z*log(x))">;
// Ties are shared.
def : Binary<"max", "where(x == y, 1/2, where(x < y, 0, 1))",
                    "where(x == y, 1/2, where(x > y, 0, 1))">;
def : Binary<"min", "where(x == y, 1/2, where(x > y, 0, 1))",
                    "where(x == y, 1/2, where(x < y, 0, 1))">;
def : Binary<"atan2", "where(x*x + y*y == 0, 0, y/(x*x + y*y))",
                      "where(x*x + y*y == 0, 0, -x/(x*x + y*y))">;

def : Derivative<"select", ["p", "x", "y"], "z", ["0", "where(p, 1, 0)", "where(p, 0, 1)"]>;
// x has derivative 1 on its bounds.
def : Derivative<"clamp", ["low", "x", "high"], "y", [
  "where(x < low & low < high, 1, 0)",
  "where(x >= low & x <= high, 1, 0)",
  "where(x > high | high < low, 1, 0)"]>;

#endif // DLC_AUTODIFF_BINARY_TD
