//===- DlDialect.cpp - the dl dialect -------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/Dl.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace dlc::dl;

#include "dl/IR/DlDialect.cpp.inc"
#include "dl/IR/DlEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dl/IR/DlAttributes.cpp.inc"

namespace {
/// Ops on values mean the same in every function.
struct DlInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const override { return true; }
};
} // namespace

void DlDialect::initialize() {
  addInterfaces<DlInlinerInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dl/IR/DlAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlDataOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlUnaryOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlBinaryOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlShapeOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlReduceOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlLinearOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlFactorOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlWindowOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlCompositeOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlQuantOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dl/IR/DlEscapeOps.cpp.inc"
      >();
}

Operation *DlDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  auto elements = llvm::dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}
