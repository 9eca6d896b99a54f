//===- Grad.td - the grad dialect, all of it ---------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef GRAD_TD
#define GRAD_TD

include "grad/IR/GradDerivativeOps.td"
include "grad/IR/GradReviseOps.td"

#endif // GRAD_TD
