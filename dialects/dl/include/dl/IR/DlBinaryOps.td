//===- DlBinaryOps.td - elementwise ops of two or three operands -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_BINARY_OPS_TD
#define DL_BINARY_OPS_TD

include "dl/IR/DlBase.td"

/// z[i] = f(x[i], y[i]); x, y and z have one type.
class Dl_BinaryOp<string mnemonic, string what, Type tensor = Dl_NumberTensor,
                  list<Trait> traits = []>
    : Dl_PureOp<mnemonic, !listconcat([Elementwise,
        SameOperandsAndResultElementType, SameOperandsAndResultShape], traits)> {
  let summary = what;
  let arguments = (ins tensor:$lhs, tensor:$rhs);
  let results = (outs tensor:$output);
  let assemblyFormat =
    "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($output)";
  let hasFolder = 1;
}

def Dl_AddOp : Dl_BinaryOp<"add", "x + y (integers wrap)", Dl_NumberTensor, [Commutative]>;
def Dl_SubOp : Dl_BinaryOp<"sub", "x − y (integers wrap)">;
def Dl_MulOp : Dl_BinaryOp<"mul", "x · y (integers wrap)", Dl_NumberTensor, [Commutative]>;
def Dl_DivOp : Dl_BinaryOp<"div",
  "x / y; integers truncate towards zero, and x / 0 gives 0">;
def Dl_RemOp : Dl_BinaryOp<"rem",
  "remainder with the sign of x (C's fmod and %); an integer x rem 0 gives x">;
def Dl_PowOp : Dl_BinaryOp<"pow",
  "xʸ; an integer power with y < 0 gives 1, ±1 or 0 as 1/x⁻ʸ truncates">;
def Dl_MaxOp : Dl_BinaryOp<"max", "the larger; NaN if either is NaN", Dl_NumberTensor, [Commutative]>;
def Dl_MinOp : Dl_BinaryOp<"min", "the smaller; NaN if either is NaN", Dl_NumberTensor, [Commutative]>;
def Dl_Atan2Op : Dl_BinaryOp<"atan2", "angle of the point (y=lhs, x=rhs), radians", Dl_FloatTensor>;
def Dl_AndOp : Dl_BinaryOp<"and", "bitwise and", Dl_IntegralTensor, [Commutative]>;
def Dl_OrOp : Dl_BinaryOp<"or", "bitwise or", Dl_IntegralTensor, [Commutative]>;
def Dl_XorOp : Dl_BinaryOp<"xor", "bitwise exclusive or", Dl_IntegralTensor, [Commutative]>;
def Dl_ShiftLeftOp : Dl_BinaryOp<"shift_left",
  "x · 2ʸ; 0 where y is negative or at least the width", Dl_IntTensor>;
def Dl_ShiftRightOp : Dl_BinaryOp<"shift_right",
  "x / 2ʸ rounded down: arithmetic for signed, logical for unsigned types; "
  "the sign (or 0) fills where y is negative or at least the width", Dl_IntTensor>;

def Dl_ComparisonDirection : Dl_Enum<"ComparisonDirection", "how two elements compare", [
  I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
  I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]>;
def Dl_ComparisonDirectionAttr : Dl_EnumAttr<Dl_ComparisonDirection, "direction">;

def Dl_CompareOp : Dl_PureOp<"compare", [Elementwise, SameOperandsAndResultShape,
                                         SameOperandsElementType]> {
  let summary = "whether x `direction` y; with a NaN all but `ne` are false";
  let arguments = (ins Dl_ComparisonDirectionAttr:$direction, Dl_Tensor:$lhs,
                       Dl_Tensor:$rhs);
  let results = (outs Dl_BoolTensor:$output);
  let assemblyFormat = [{
    custom<Comparison>($direction) $lhs `,` $rhs attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($output)
  }];
  let hasFolder = 1;
}

def Dl_SelectOp : Dl_PureOp<"select", [Elementwise, SameOperandsAndResultShape]> {
  let summary = "on_true where the predicate holds, else on_false";
  let arguments = (ins Dl_BoolTensor:$pred, Dl_Tensor:$on_true, Dl_Tensor:$on_false);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    $pred `,` $on_true `,` $on_false attr-dict
    `:` type($pred) `,` type($on_true) `,` type($on_false) `->` type($output)
  }];
  let hasFolder = 1;
}

def Dl_ClampOp : Dl_PureOp<"clamp"> {
  let summary = "min(max(x, low), high); low and high are scalars or of x's shape";
  let arguments = (ins Dl_NumberTensor:$low, Dl_NumberTensor:$input,
                       Dl_NumberTensor:$high);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat = [{
    $low `,` $input `,` $high attr-dict
    `:` type($low) `,` type($input) `,` type($high) `->` type($output)
  }];
  let hasFolder = 1;
}

#endif // DL_BINARY_OPS_TD
