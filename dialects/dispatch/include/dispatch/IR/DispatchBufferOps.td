//===- DispatchBufferOps.td - buffers of the host program --*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DISPATCH_BUFFER_OPS_TD
#define DISPATCH_BUFFER_OPS_TD

include "dispatch/IR/DispatchBase.td"

def Dispatch_ViewOp : Dispatch_Op<"view", [Pure, AttrSizedOperandSegments]> {
  let summary = "contiguous bytes of a tensor or buffer under another type";
  let description = [{
    The result starts `offset` bytes into the source (0 where absent) and must
    not end beyond it. `sizes` holds one index for each `?` of the result.
    Reshapes, contiguous slices, bitcasts and the pieces of the arena are views.

    Example:
    ```mlir
    %1 = dispatch.view %0 sizes(%n) : tensor<?x8xf32> -> tensor<?x2x4xf32>
    %2 = dispatch.view %arena[%c128] : memref<?xi8> -> memref<4x4xf32>
    ```
  }];
  let arguments = (ins Dispatch_Tensor:$source, Optional<Index>:$offset,
                       Variadic<Index>:$sizes);
  let results = (outs Dispatch_Tensor:$result);
  let assemblyFormat = [{
    $source (`[` $offset^ `]`)? (`sizes` `(` $sizes^ `)`)? attr-dict
    `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Dispatch_BytesOp : Dispatch_Op<"bytes", [Pure]> {
  let summary = "factor · Π sizes, rounded up to 64, at most 2⁴⁸";
  let description = [{
    What a buffer takes of the arena. A negative size or a product beyond the
    limit gives the limit, more than any machine has, so that asking for it ends
    the run with an error.
  }];
  let arguments = (ins I64Attr:$factor, Variadic<Index>:$sizes);
  let results = (outs Index:$result);
  let assemblyFormat = "$factor (`sizes` `(` $sizes^ `)`)? attr-dict";
}

def Dispatch_ArenaOp : Dispatch_Op<"arena", [MemoryEffects<[MemWrite]>]> {
  let summary = "the run's arena: at least `bytes`, 64-byte aligned";
  let description = [{ At most one in a host program, before every use. Ends the run where there is no memory. }];
  let arguments = (ins Index:$bytes);
  let results = (outs MemRefRankOf<[I8], [1]>:$result);
  let assemblyFormat = "$bytes attr-dict `:` type($result)";
}

def Dispatch_AllocOp : Dispatch_Op<"alloc", [
    MemoryEffects<[MemAlloc, MemWrite]>]> {
  let summary = "memory whose size is known only in the middle of a run";
  let description = [{ Ends the run where there is no memory. Freed at the run's end, or before by `free`. }];
  let arguments = (ins Variadic<Index>:$sizes);
  let results = (outs AnyMemRef:$result);
  let assemblyFormat = "(`sizes` `(` $sizes^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Dispatch_FreeOp : Dispatch_Op<"free", [MemoryEffects<[MemFree]>]> {
  let summary = "gives memory of `alloc` back";
  let arguments = (ins AnyMemRef:$buffer);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer)";
}

def Dispatch_OutputOp : Dispatch_Op<"output", [MemoryEffects<[MemWrite]>]> {
  let summary = "the buffer that the caller wants output `index` in";
  let description = [{
    Reports the output's sizes to the caller, so there is exactly one for each
    output in a run. Ends the run where the caller's tensor has other sizes.
  }];
  let arguments = (ins I32Attr:$index, Variadic<Index>:$sizes);
  let results = (outs AnyMemRef:$result);
  let assemblyFormat = "$index (`sizes` `(` $sizes^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Dispatch_GlobalOp : Dispatch_Op<"global", [Pure]> {
  let summary = "the buffer of a `dl.global`";
  let arguments = (ins FlatSymbolRefAttr:$global);
  let results = (outs AnyMemRef:$result);
  let assemblyFormat = "$global attr-dict `:` type($result)";
}

def Dispatch_CopyOp : Dispatch_Op<"copy", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "copies a buffer's bytes to another one of the same size";
  let arguments = (ins AnyMemRef:$source, AnyMemRef:$target);
  let assemblyFormat = "$source `to` $target attr-dict `:` type($source) `to` type($target)";
}

#endif // DISPATCH_BUFFER_OPS_TD
