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

static std::string describe(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return ("node '" + name.getName().getValue() + "'").str();
  if (auto file = dyn_cast<FileLineColLoc>(location))
    return (file.getFilename().getValue() + ":" + Twine(file.getLine())).str();
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return describe(call.getCallee());
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (std::string text = describe(part); !text.empty())
        return text;
  return "";
}

std::string dlc::dispatch::getNodeName(Operation *op) {
  std::string text = describe(op->getLoc());
  return text.empty() ? op->getName().getStringRef().str() : text;
}
