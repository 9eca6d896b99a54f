//===- Dispatch.h - the dispatch dialect ------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DISPATCH_IR_DISPATCH_H
#define DISPATCH_IR_DISPATCH_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <string>

#include "dispatch/IR/DispatchDialect.h.inc"

namespace dlc::dispatch {

/// Bytes of one element in a buffer: a boolean or sub-byte element takes one, an
/// index eight.
int64_t getElementBytes(mlir::Type elementType);

/// Bytes of a buffer or tensor of static shape.
int64_t getStaticBytes(mlir::ShapedType type);

/// Marks a fail_if of the host program that only the sizes of arguments decide: the caller
/// gave tensors that don't fit, which isn't an error inside the model.
constexpr llvm::StringLiteral kOfSizesAttr = "dlc.of_sizes";

/// What a run-time message calls an op's place: `node 'conv1'` where the frontend named
/// it, or `model.py:12`; empty where it has none.
std::string getPlace(mlir::Location location);

/// The same where several ops are at one location: `model.py:12 or model.py:14`.
std::string getPlaces(mlir::Location location);

/// "place: message"; the message alone where it begins with the place, or there is none.
std::string getMessageAt(mlir::Location location, const llvm::Twine &message);

} // namespace dlc::dispatch

#define GET_OP_CLASSES
#include "dispatch/IR/DispatchLaunchOps.h.inc"
#define GET_OP_CLASSES
#include "dispatch/IR/DispatchBufferOps.h.inc"

#endif // DISPATCH_IR_DISPATCH_H
