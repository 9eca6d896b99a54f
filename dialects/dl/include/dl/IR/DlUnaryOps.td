//===- DlUnaryOps.td - elementwise ops of one operand ------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_UNARY_OPS_TD
#define DL_UNARY_OPS_TD

include "dl/IR/DlBase.td"

/// y[i] = f(x[i]); x and y have one type.
class Dl_UnaryOp<string mnemonic, string what, Type tensor = Dl_FloatTensor>
    : Dl_PureOp<mnemonic, [Elementwise, SameOperandsAndResultElementType,
                           SameOperandsAndResultShape]> {
  let summary = what;
  let arguments = (ins tensor:$input);
  let results = (outs tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
}

def Dl_NegOp : Dl_UnaryOp<"neg", "−x (integers wrap)", Dl_NumberTensor>;
def Dl_AbsOp : Dl_UnaryOp<"abs", "|x| (integers wrap)", Dl_NumberTensor>;
def Dl_SignOp : Dl_UnaryOp<"sign", "−1, 0 or 1; NaN gives NaN", Dl_NumberTensor>;
def Dl_ExpOp : Dl_UnaryOp<"exp", "eˣ">;
def Dl_Expm1Op : Dl_UnaryOp<"expm1", "eˣ − 1, accurate near 0">;
def Dl_LogOp : Dl_UnaryOp<"log", "natural logarithm">;
def Dl_Log1pOp : Dl_UnaryOp<"log1p", "ln(1 + x), accurate near 0">;
def Dl_SqrtOp : Dl_UnaryOp<"sqrt", "square root">;
def Dl_RsqrtOp : Dl_UnaryOp<"rsqrt", "1 / √x">;
def Dl_ReciprocalOp : Dl_UnaryOp<"reciprocal", "1 / x">;
def Dl_SinOp : Dl_UnaryOp<"sin", "sine of radians">;
def Dl_CosOp : Dl_UnaryOp<"cos", "cosine of radians">;
def Dl_TanOp : Dl_UnaryOp<"tan", "tangent of radians">;
def Dl_AsinOp : Dl_UnaryOp<"asin", "arc sine, radians">;
def Dl_AcosOp : Dl_UnaryOp<"acos", "arc cosine, radians">;
def Dl_AtanOp : Dl_UnaryOp<"atan", "arc tangent, radians">;
def Dl_SinhOp : Dl_UnaryOp<"sinh", "hyperbolic sine">;
def Dl_CoshOp : Dl_UnaryOp<"cosh", "hyperbolic cosine">;
def Dl_TanhOp : Dl_UnaryOp<"tanh", "hyperbolic tangent">;
def Dl_AsinhOp : Dl_UnaryOp<"asinh", "inverse hyperbolic sine">;
def Dl_AcoshOp : Dl_UnaryOp<"acosh", "inverse hyperbolic cosine">;
def Dl_AtanhOp : Dl_UnaryOp<"atanh", "inverse hyperbolic tangent">;
def Dl_ErfOp : Dl_UnaryOp<"erf", "error function">;
def Dl_ErfInvOp : Dl_UnaryOp<"erf_inv", "inverse error function">;
def Dl_LgammaOp : Dl_UnaryOp<"lgamma", "ln |Γ(x)|">;
def Dl_DigammaOp : Dl_UnaryOp<"digamma", "Γ'(x) / Γ(x)">;
def Dl_SigmoidOp : Dl_UnaryOp<"sigmoid", "1 / (1 + e⁻ˣ)">;
def Dl_FloorOp : Dl_UnaryOp<"floor", "largest integer ≤ x">;
def Dl_CeilOp : Dl_UnaryOp<"ceil", "smallest integer ≥ x">;
def Dl_RoundOp : Dl_UnaryOp<"round", "nearest integer, ties to even">;
def Dl_TruncOp : Dl_UnaryOp<"trunc", "x without its fraction">;
def Dl_NotOp : Dl_UnaryOp<"not", "every bit inverted", Dl_IntegralTensor>;
def Dl_ReluOp : Dl_UnaryOp<"relu", "max(x, 0); NaN gives NaN", Dl_NumberTensor>;
def Dl_SiluOp : Dl_UnaryOp<"silu", "x · sigmoid(x)">;

def Dl_GeluOp : Dl_PureOp<"gelu", [Elementwise, SameOperandsAndResultElementType,
                                   SameOperandsAndResultShape]> {
  let summary = "x · Φ(x), Φ the normal distribution function";
  let description = [{
    With `tanh` the approximation 0.5x(1 + tanh(√(2/π)(x + 0.044715x³)))
    (Hendrycks and Gimpel, 2016).
  }];
  let arguments = (ins Dl_FloatTensor:$input, UnitAttr:$tanh);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
}

/// y[i] = p(x[i]), a boolean.
class Dl_PredicateOp<string mnemonic, string what>
    : Dl_PureOp<mnemonic, [Elementwise, SameOperandsAndResultShape]> {
  let summary = what;
  let arguments = (ins Dl_FloatTensor:$input);
  let results = (outs Dl_BoolTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($output)";
  let hasFolder = 1;
}

def Dl_IsNanOp : Dl_PredicateOp<"is_nan", "whether x is not a number">;
def Dl_IsInfOp : Dl_PredicateOp<"is_inf", "whether x is +∞ or −∞">;

#endif // DL_UNARY_OPS_TD
