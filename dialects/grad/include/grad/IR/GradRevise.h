//===- GradRevise.h - values with derivatives of others ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef GRAD_IR_GRADREVISE_H
#define GRAD_IR_GRADREVISE_H

#include "grad/IR/Grad.h"

#define GET_OP_CLASSES
#include "grad/IR/GradReviseOps.h.inc"

#endif // GRAD_IR_GRADREVISE_H
