//===- InPlace.h - which launches update what others made -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of a launch that changes a part of a tensor the result lies where the tensor was, if
// nobody else reads that:
//
//   %v = dispatch.launch @mul(%velocity)
//   %w = dispatch.launch @scatter(%v, %indices, %gradient)   // dlc.in_place = 0
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_INPLACE_H
#define DLC_CODEGEN_INPLACE_H

#include "dispatch/IR/Dispatch.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc {

/// Whether one op uses the tensor's elements, once.
inline bool isReadOnce(mlir::Value tensor) {
  return llvm::count_if(tensor.getUsers(), [](mlir::Operation *user) {
           return !llvm::isa<mlir::tensor::DimOp>(user);
         }) == 1;
}

/// What a launch made of which `op` changes a part in place; null if it does no such thing.
inline mlir::Value getUpdatedInput(mlir::Operation *op, const mlir::SymbolTable &symbols) {
  auto launch = llvm::dyn_cast_or_null<dispatch::LaunchOp>(op);
  mlir::Operation *kernel = launch ? symbols.lookup(launch.getKernel()) : nullptr;
  auto number = kernel ? kernel->getAttrOfType<mlir::IntegerAttr>(kInPlaceAttr) : mlir::IntegerAttr();
  mlir::Value input = number ? launch.getInputs()[number.getInt()] : mlir::Value();
  bool isUpdated = input && input.getDefiningOp<dispatch::LaunchOp>() &&
                   input.getParentBlock() == op->getBlock() && isReadOnce(input);
  return isUpdated ? input : mlir::Value();
}

/// The value that `value` is after updates in place.
inline mlir::Value getUpdatedRoot(mlir::Value value, const mlir::SymbolTable &symbols) {
  while (mlir::Value input = getUpdatedInput(value.getDefiningOp(), symbols))
    value = input;
  return value;
}

} // namespace dlc

#endif // DLC_CODEGEN_INPLACE_H
