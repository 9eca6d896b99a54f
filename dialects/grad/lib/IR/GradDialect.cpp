//===- GradDialect.cpp - the grad dialect ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "grad/IR/GradRevise.h"

using namespace mlir;
using namespace dlc::grad;

#include "grad/IR/GradDialect.cpp.inc"

void GradDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "grad/IR/GradDerivativeOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "grad/IR/GradReviseOps.cpp.inc"
      >();
}
