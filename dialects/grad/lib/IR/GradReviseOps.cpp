//===- GradReviseOps.cpp - values with derivatives of others --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "grad/IR/GradRevise.h"

using namespace mlir;
using namespace dlc::grad;

#define GET_OP_CLASSES
#include "grad/IR/GradReviseOps.cpp.inc"
