//===- DispatchLaunchOps.td - launching kernels, failing ---*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DISPATCH_LAUNCH_OPS_TD
#define DISPATCH_LAUNCH_OPS_TD

include "dispatch/IR/DispatchBase.td"

def Dispatch_LaunchOp : Dispatch_Op<"launch", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    On tensors, `sizes` holds one index for each `?` of the result types, in
    order of appearance. On buffers there are no results and no sizes: `outs`
    are the buffers that the kernel fills, none of which overlaps an input or
    another one; but a kernel marked `dlc.in_place = N` updates input N, which is
    then the same buffer as the output, and a pair that `dlc.pointwise` lists, an input
    and an output, may be one buffer.

    Example:
    ```mlir
    %y = dispatch.launch @kernel_0(%x, %w) sizes(%n)
        : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
    dispatch.launch @kernel_0(%a, %b) outs(%c : memref<?x4xf32>)
        : (memref<?x8xf32>, memref<8x4xf32>) -> ()
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Dispatch_Tensor>:$inputs,
                       Variadic<Index>:$sizes, Variadic<AnyMemRef>:$outs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`sizes` `(` $sizes^ `)`)?
    (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict
    `:` functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

def Dispatch_FailIfOp : Dispatch_Op<"fail_if", [MemoryEffects<[MemWrite]>]> {
  let summary = "reports a run-time error where the condition holds";
  let description = [{
    In the host program the run ends with `message` before anything else
    happens. In a kernel the call's status is set (the first report stays) and
    the kernel goes on: it must stay memory-safe by itself.

    Example: `dispatch.fail_if %outside, "node 'embed': index out of range"`
  }];
  let arguments = (ins I1:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict";
  let hasCanonicalizeMethod = 1;
}

def Dispatch_LeaveIfFailedOp : Dispatch_Op<"leave_if_failed", [MemoryEffects<[MemWrite]>]> {
  let summary = "ends the run if a kernel has reported an error";
  let description = [{
    In the host program, before it writes to state: a kernel that reports an error
    leaves nonsense in its results, which mustn't become state.
  }];
  let assemblyFormat = "attr-dict";
}

def Dispatch_ContextOp : Dispatch_Op<"context", [Pure]> {
  let summary = "in a kernel, the pointer to the run's `dlc_call`";
  let description = [{ What the runtime's routines take as their first argument. }];
  let results = (outs AnyType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

#endif // DISPATCH_LAUNCH_OPS_TD
