//===- GradReviseOps.td - values with derivatives of others *- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef GRAD_REVISE_OPS_TD
#define GRAD_REVISE_OPS_TD

include "grad/IR/GradBase.td"

def Grad_ReviseOp : Grad_Op<"revise", [Pure, SameOperandsAndResultType]> {
  let summary = "another value under the derivative that there is";
  let description = [{
    The value of `value`, with the derivative, of any order and in both modes, of
    `input`: what a tensor is after a change that isn't differentiated. `-dl-autodiff`
    leaves `value` in its place.

    Example:
    ```mlir
    // The derivative by %x is that of %x.
    %y = grad.revise %x to %value : tensor<8xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, AnyRankedTensor:$value);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = "$input `to` $value attr-dict `:` type($input)";
}

#endif // GRAD_REVISE_OPS_TD
