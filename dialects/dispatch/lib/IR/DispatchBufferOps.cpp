//===- DispatchBufferOps.cpp - buffers of the host program ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"

using namespace mlir;
using namespace dlc::dispatch;

#define GET_OP_CLASSES
#include "dispatch/IR/DispatchBufferOps.cpp.inc"

/// One size for each `?`.
static LogicalResult verifySizes(Operation *op, Type result, OperandRange sizes) {
  int64_t dynamic = cast<ShapedType>(result).getNumDynamicDims();
  if (dynamic == static_cast<int64_t>(sizes.size()))
    return success();
  return op->emitOpError("has ") << sizes.size() << " sizes for " << dynamic
                                 << " dynamic dimensions";
}

LogicalResult ViewOp::verify() {
  auto source = cast<ShapedType>(getSource().getType());
  auto result = cast<ShapedType>(getResult().getType());
  if (isa<MemRefType>(source) != isa<MemRefType>(result))
    return emitOpError("is of a tensor as a tensor, or of a buffer as a buffer");
  if (source.hasStaticShape() && result.hasStaticShape() &&
      getStaticBytes(result) > getStaticBytes(source))
    return emitOpError("is larger than what it is a view of");
  return verifySizes(*this, result, getSizes());
}

OpFoldResult ViewOp::fold(FoldAdaptor adaptor) {
  if (!getOffset() && getSource().getType() == getResult().getType() &&
      cast<ShapedType>(getResult().getType()).hasStaticShape())
    return getSource();
  return {};
}

LogicalResult AllocOp::verify() { return verifySizes(*this, getType(), getSizes()); }
LogicalResult OutputOp::verify() { return verifySizes(*this, getType(), getSizes()); }
