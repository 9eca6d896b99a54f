//===- DispatchBase.td - the dispatch dialect and its types -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DISPATCH_BASE_TD
#define DISPATCH_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Dispatch_Dialect : Dialect {
  let name = "dispatch";
  let cppNamespace = "::dlc::dispatch";
  let summary = "The host program: kernels launched on tensors, then on buffers";
  let description = [{
    A model compiled by dlc is a set of kernels and one host program that
    launches them. This dialect is what the host program is made of, beside
    scalar `arith` and `scf`. It exists on tensors (what is launched on what)
    and, after bufferisation, on memrefs (what is written where).

    Every buffer is contiguous, row-major and starts at the memref's pointer.
    i1 and sub-byte integers take a byte an element.
  }];
}

class Dispatch_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dispatch_Dialect, mnemonic, traits>;

def Dispatch_Tensor : AnyTypeOf<[AnyRankedTensor, AnyMemRef], "tensor or buffer">;

#endif // DISPATCH_BASE_TD
