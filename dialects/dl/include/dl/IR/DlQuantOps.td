//===- DlQuantOps.td - conversion to and from quantised numbers -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DL_QUANT_OPS_TD
#define DL_QUANT_OPS_TD

include "dl/IR/DlBase.td"

def Dl_QuantizeOp : Dl_DynamicallyShapedOp<"quantize"> {
  let summary = "saturate(round(x / scale) + zero_point)";
  let description = [{
    Rounds to nearest, ties to even; for float results x / scale is converted as
    by `convert {saturate}`. scale and zero_point are scalars (per tensor), of
    size x.dim(axis) (per axis), or, with `block_size` > 0, of x's shape with
    dimension `axis` divided by it (per block).
  }];
  let arguments = (ins Dl_NumberTensor:$input, Dl_FloatTensor:$scale,
      Optional<Dl_NumberTensor>:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis,
      DefaultValuedAttr<I64Attr, "0">:$block_size, DefaultValuedAttr<BoolAttr, "true">:$saturate);
  let results = (outs Dl_NumberTensor:$output);
  let assemblyFormat = [{
    $input `,` $scale (`zero_point` `(` $zero_point^ `:` type($zero_point) `)`)? attr-dict
    `:` type($input) `,` type($scale) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Dl_DequantizeOp : Dl_DynamicallyShapedOp<"dequantize"> {
  let summary = "(x − zero_point) · scale";
  let description = [{ Operand shapes as in `quantize`. }];
  let arguments = (ins Dl_NumberTensor:$input, Dl_FloatTensor:$scale,
      Optional<Dl_NumberTensor>:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis,
      DefaultValuedAttr<I64Attr, "0">:$block_size);
  let results = (outs Dl_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $scale (`zero_point` `(` $zero_point^ `:` type($zero_point) `)`)? attr-dict
    `:` type($input) `,` type($scale) `->` type($output)
  }];
  let hasVerifier = 1;
}

#endif // DL_QUANT_OPS_TD
