//===- DispatchDialect.cpp - the dispatch dialect -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"

using namespace mlir;
using namespace dlc::dispatch;

#include "dispatch/IR/DispatchDialect.cpp.inc"

void DispatchDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dispatch/IR/DispatchLaunchOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dispatch/IR/DispatchBufferOps.cpp.inc"
      >();
}

int64_t dlc::dispatch::getElementBytes(Type elementType) {
  if (elementType.isIndex())
    return 8;
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
}

int64_t dlc::dispatch::getStaticBytes(ShapedType type) {
  return type.getNumElements() * getElementBytes(type.getElementType());
}
