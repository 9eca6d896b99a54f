//===- OpClasses.h - what dispatch formation sees in an op ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_DISPATCH_OPCLASSES_H
#define DLC_LIB_CODEGEN_DISPATCH_OPCLASSES_H

#include "dl/IR/Dl.h"

namespace dlc {

/// How an op takes part in fusion.
enum class OpClass {
  Lazy,        ///< costs nothing and is copied into each kernel that reads it
  Elementwise, ///< joins its producer's kernel
  Root,        ///< starts a kernel
  View,        ///< the same bytes under another type
  Opaque,      ///< host code, control flow, weights
};

OpClass classify(mlir::Operation *op);

/// Whether a root may join the elementwise kernel that makes `operand`.
bool takesElementwiseProducer(mlir::Operation *root, mlir::OpOperand &operand);

/// Whether elementwise ops on its result may join a root's kernel.
bool takesElementwiseConsumers(mlir::Operation *root);

/// The operands that say a shape or a place in one: what the host may need.
llvm::SmallVector<mlir::Value> getShapeOperands(mlir::Operation *op);

/// Whether an op ends the run for some values of its operands, not only for some sizes.
bool mayRefuseValues(mlir::Operation *op);

/// Elements that a tensor may have to be computed by the host.
constexpr int64_t kMaxHostElements = 64;

/// Static, and of at most kMaxHostElements.
bool isSmallTensor(mlir::Type type);

/// A constant that is worth copying into kernels: a splat or a small one.
bool isInlineConstant(mlir::Operation *op);

/// Byte offset of the view that a slice is, where the slice is contiguous: all
/// dimensions but one are whole, and those before it have size 1.
std::optional<int64_t> getContiguousSliceOffset(dl::SliceOp op);

} // namespace dlc

#endif // DLC_LIB_CODEGEN_DISPATCH_OPCLASSES_H
