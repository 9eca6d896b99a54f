//===- GradDerivativeOps.td - derivatives of functions -----*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef GRAD_DERIVATIVE_OPS_TD
#define GRAD_DERIVATIVE_OPS_TD

include "grad/IR/GradBase.td"

class Grad_DerivativeOp<string mnemonic>
    : Grad_Op<mnemonic, [AttrSizedOperandSegments,
                         DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let hasVerifier = 1;
}

def Grad_VjpOp : Grad_DerivativeOp<"vjp"> {
  let summary = "the gradient of a function: its Jacobian, transposed, times cotangents";
  let description = [{
    Calls for the gradients of `callee` at `inputs` with respect to the arguments
    `wrt`, given a cotangent of each of the results `of`. The other arguments are
    held constant; the other results are auxiliary. With `with_primal` all results
    of the function come first.

    Example:
    ```mlir
    // The loss, and its gradients by w and b, at (x, w, b).
    %one = dl.constant dense<1.0> : tensor<f32>
    %loss, %dw, %db = grad.vjp @loss(%x, %w, %b) cotangents(%one) of [0] wrt [1, 2] with_primal
        : (tensor<8x4xf32>, tensor<4x2xf32>, tensor<2xf32>), (tensor<f32>)
        -> (tensor<f32>, tensor<4x2xf32>, tensor<2xf32>)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyType>:$inputs,
                       Variadic<AnyRankedTensor>:$cotangents, DenseI64ArrayAttr:$of,
                       DenseI64ArrayAttr:$wrt, UnitAttr:$with_primal);
  let results = (outs Variadic<AnyType>:$results);
  let assemblyFormat = [{
    $callee `(` $inputs `)` `cotangents` `(` $cotangents `)` `of` $of `wrt` $wrt
    (`with_primal` $with_primal^)? attr-dict
    `:` `(` type($inputs) `)` `,` `(` type($cotangents) `)` `->` `(` type($results) `)`
  }];
}

def Grad_JvpOp : Grad_DerivativeOp<"jvp"> {
  let summary = "the directional derivative of a function: its Jacobian times tangents";
  let description = [{
    Calls for the tangents of the results `of` of `callee` at `inputs`, given a
    tangent of each of the arguments `wrt`; the other arguments are held constant.
    With `with_primal` all results of the function come first.

    Example:
    ```mlir
    %dy = grad.jvp @f(%x, %w) tangents(%dx) of [0] wrt [0]
        : (tensor<8xf32>, tensor<8xf32>), (tensor<8xf32>) -> (tensor<8xf32>)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyType>:$inputs,
                       Variadic<AnyRankedTensor>:$tangents, DenseI64ArrayAttr:$of,
                       DenseI64ArrayAttr:$wrt, UnitAttr:$with_primal);
  let results = (outs Variadic<AnyType>:$results);
  let assemblyFormat = [{
    $callee `(` $inputs `)` `tangents` `(` $tangents `)` `of` $of `wrt` $wrt
    (`with_primal` $with_primal^)? attr-dict
    `:` `(` type($inputs) `)` `,` `(` type($tangents) `)` `->` `(` type($results) `)`
  }];
}

def Grad_StopOp : Grad_Op<"stop", [Pure, SameOperandsAndResultType]> {
  let summary = "a value that counts as constant in every derivative";
  let description = [{
    The operand; its derivative, of any order and in both modes, is 0. `-dl-autodiff`
    leaves the operand in its place.

    Example:
    ```mlir
    %constant = grad.stop %x : tensor<8xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

#endif // GRAD_DERIVATIVE_OPS_TD
