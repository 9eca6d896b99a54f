//===- NoDerivative.td - ops without a derivative, and why -*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_AUTODIFF_NODERIVATIVE_TD
#define DLC_AUTODIFF_NODERIVATIVE_TD

/// A dl op that may give floats, that has no rule, and that isn't made of ops that have:
/// on the way from an argument to a result of a derivative it is an error.
class NoDerivative<string theOp, string theReason> {
  string op = theOp;
  string reason = theReason;
}

def : NoDerivative<"bitcast", "a number isn't differentiated by its bits">;
def : NoDerivative<"constant", "depends on no argument">;
def : NoDerivative<"custom_call", "what it calls isn't known">;
def : NoDerivative<"global_load", "depends on no argument">;
def : NoDerivative<"global_store", "the module's state would have to carry a derivative">;
def : NoDerivative<"householder_qr", "`qr` has one; nobody has one of the reflections themselves">;
def : NoDerivative<"iota", "depends on no argument">;
def : NoDerivative<"ldl", "`ldl_solve` has one; nobody has one of the pivoted factors themselves">;
def : NoDerivative<"unique", "which elements are equal isn't continuous">;

#endif // DLC_AUTODIFF_NODERIVATIVE_TD
