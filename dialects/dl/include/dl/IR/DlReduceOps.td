//===- DlReduceOps.td - reductions, scans and sorting ------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_REDUCE_OPS_TD
#define DL_REDUCE_OPS_TD

include "dl/IR/DlBase.td"

def Dl_ReductionKind : Dl_Enum<"ReductionKind", "how elements are combined", [
  I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>,
  I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"min", 3>,
  I32EnumAttrCase<"bit_and", 4, "and">, I32EnumAttrCase<"bit_or", 5, "or">,
  I32EnumAttrCase<"bit_xor", 6, "xor">, I32EnumAttrCase<"mean", 7>]>;
def Dl_ReductionKindAttr : Dl_EnumAttr<Dl_ReductionKind, "reduction">;

def Dl_ReduceOp : Dl_PureOp<"reduce"> {
  let summary = "the elements along some dimensions combined into one";
  let description = [{
    An empty reduction gives the kind's neutral element: 0 for sum, 1 for prod,
    the lowest value (−∞) for max, the highest for min, all bits for `and`, NaN
    for mean. `keep_dims` leaves the reduced dimensions with size 1. Narrow
    floats accumulate in f32.
  }];
  let arguments = (ins Dl_ReductionKindAttr:$kind, Dl_Tensor:$input,
                       DenseI64ArrayAttr:$dimensions, UnitAttr:$keep_dims);
  let results = (outs Dl_Tensor:$output);
  let assemblyFormat = [{
    custom<Reduction>($kind) $input `,` `dims` `=` $dimensions
    (`keep_dims` $keep_dims^)? attr-dict `:` type($input) `->` type($output)
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Dl_ArgReduceKind : Dl_Enum<"ArgReduceKind", "which extreme", [
  I32EnumAttrCase<"max", 0>, I32EnumAttrCase<"min", 1>]>;
def Dl_ArgReduceKindAttr : Dl_EnumAttr<Dl_ArgReduceKind, "arg_reduction">;

def Dl_ArgReduceOp : Dl_DynamicallyShapedOp<"arg_reduce"> {
  let summary = "the position of the extreme element along one dimension";
  let description = [{
    The first of equal elements, or the last with `select_last`. A NaN is more
    extreme than any number. The dimension must not be empty.
  }];
  let arguments = (ins Dl_ArgReduceKindAttr:$kind, Dl_Tensor:$input,
                       I64Attr:$dimension, UnitAttr:$select_last,
                       UnitAttr:$keep_dims);
  let results = (outs Dl_IndexTensor:$output);
  let assemblyFormat = [{
    custom<ArgReduction>($kind) $input `,` `dim` `=` $dimension
    (`keep_dims` $keep_dims^)? attr-dict `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Dl_CumulativeKind : Dl_Enum<"CumulativeKind", "how a scan combines", [
  I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>,
  I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"min", 3>,
  I32EnumAttrCase<"log_sum_exp", 4>]>;
def Dl_CumulativeKindAttr : Dl_EnumAttr<Dl_CumulativeKind, "cumulative_kind">;

def Dl_CumulativeOp : Dl_PureOp<"cumulative"> {
  let summary = "each element combined with those before it";
  let description = [{
    `exclusive` leaves the element itself out (the first is the neutral
    element); `reverse` runs from the end.
  }];
  let arguments = (ins Dl_CumulativeKindAttr:$kind, Dl_NumberTensor:$input,
                       I64Attr:$dimension, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat = [{
    custom<Cumulative>($kind) $input `,` `dim` `=` $dimension attr-dict
    `:` type($input) `->` type($output)
  }];
}

def Dl_SortOp : Dl_PureOp<"sort"> {
  let summary = "sorts the first operand along one dimension, and the others with it";
  let description = [{
    Always stable. NaN sorts as larger than any number. The other operands
    (same shape) are permuted alike.
  }];
  let arguments = (ins Variadic<Dl_Tensor>:$inputs, I64Attr:$dimension,
                       UnitAttr:$descending);
  let results = (outs Variadic<Dl_Tensor>:$outputs);
  let assemblyFormat = [{
    $inputs `dim` `=` $dimension (`descending` $descending^)? attr-dict
    `:` functional-type($inputs, $outputs)
  }];
}

def Dl_TopKOp : Dl_DynamicallyShapedOp<"top_k"> {
  let summary = "the k largest (or smallest) elements along one dimension, sorted";
  let description = [{
    Descending for `largest`, else ascending; of equal elements the lower index
    comes first. NaN counts as larger than any number. 0 ≤ k ≤ size, else the
    run ends with an error. k is a scalar operand; where it is constant the
    result is static.
  }];
  let arguments = (ins Dl_NumberTensor:$input, Dl_ScalarInt:$k, I64Attr:$dimension,
                       UnitAttr:$smallest);
  let results = (outs Dl_NumberTensor:$values, Dl_IndexTensor:$indices);
  let assemblyFormat = [{
    $input `,` $k `,` `dim` `=` $dimension (`smallest` $smallest^)? attr-dict
    `:` type($input) `,` type($k) `->` type($values) `,` type($indices)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

#endif // DL_REDUCE_OPS_TD
