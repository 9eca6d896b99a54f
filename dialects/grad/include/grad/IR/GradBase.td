//===- GradBase.td - the grad dialect ----------------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef GRAD_BASE_TD
#define GRAD_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Grad_Dialect : Dialect {
  let name = "grad";
  let cppNamespace = "::dlc::grad";
  let summary = "Requests for derivatives of functions";
  let description = [{
    An op here asks for a derivative of a function symbol at a point;
    `-dl-autodiff` answers by writing a function that computes it and calling
    that. The meaning of each op is in docs/spec.md, beside this dialect.
  }];
}

class Grad_Op<string mnemonic, list<Trait> traits = []>
    : Op<Grad_Dialect, mnemonic, traits>;

#endif // GRAD_BASE_TD
