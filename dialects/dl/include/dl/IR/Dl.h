//===- Dl.h - the dl dialect ------------------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DL_IR_DL_H
#define DL_IR_DL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dl/IR/DlDialect.h.inc"
#include "dl/IR/DlEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dl/IR/DlAttributes.h.inc"

namespace dlc::dl {

/// Whether each type of `lhs` may stand for the one of `rhs`: same element
/// type and rank, and no two static sizes that differ.
bool areCompatibleTypes(mlir::TypeRange lhs, mlir::TypeRange rhs);

/// The values of a shape operand where they are known: each entry is a
/// constant, or kDynamic. Looks through `constant`, `concat`, `reshape`,
/// `convert`, `dim_size` and slices of these. Absent operand: nullopt.
std::optional<llvm::SmallVector<int64_t>> getKnownShape(mlir::Value shape);

/// A constant tensor's elements, where `value` is a `dl.constant`.
mlir::ElementsAttr getConstantElements(mlir::Value value);

/// Output size of a window (convolution, pooling) over a dimension, kDynamic
/// where `size` is. `ceil` rounds up, but drops a last window that would start
/// in the high padding.
int64_t getWindowedSize(int64_t size, int64_t window, int64_t stride, int64_t low,
                        int64_t high, int64_t dilation, bool ceil = false);

} // namespace dlc::dl

#define GET_OP_CLASSES
#include "dl/IR/DlDataOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlUnaryOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlBinaryOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlShapeOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlReduceOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlLinearOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlFactorOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlWindowOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlCompositeOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlQuantOps.h.inc"
#define GET_OP_CLASSES
#include "dl/IR/DlEscapeOps.h.inc"

#endif // DL_IR_DL_H
