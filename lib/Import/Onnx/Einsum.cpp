//===- Einsum.cpp - Einstein summation ------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Common/Einsum.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

static LogicalResult importEinsum(NodeImporter &n) {
  std::string equation = n.stringAttr("equation", "");
  SmallVector<Value> inputs = n.inputsFrom(0);
  if (n.hasFailed())
    return failure();
  return n.result(frontend::einsum(n, equation, inputs));
}

void dlc::onnx::registerEinsumOps(OpTable &table) {
  table.add("Einsum", 12, {1, Arity::kVariadic}, importEinsum);
}
