//===- OpTable.cpp - which function imports which ONNX op -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace dlc::onnx;

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable t;
    registerControlFlowOps(t);
    registerElementwiseOps(t);
    registerReductionOps(t);
    registerShapeOps(t);
    registerTensorOps(t);
    return t;
  }();
  return table;
}
