//===- Routines.cpp - calls of the runtime's routines ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Runtime/Kernels.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

static int32_t getElementCode(Type element) {
  if (element.isIndex())
    return DLC_I64;
  if (auto integer = dyn_cast<IntegerType>(element)) {
    unsigned width = integer.getWidth();
    if (width == 1)
      return DLC_I1;
    if (integer.isUnsigned())
      return width <= 8 ? DLC_UI8 : width == 16 ? DLC_UI16 : width == 32 ? DLC_UI32 : DLC_UI64;
    return width <= 8 ? DLC_I8 : width == 16 ? DLC_I16 : width == 32 ? DLC_I32 : DLC_I64;
  }
  return llvm::TypeSwitch<Type, int32_t>(element)
      .Case<Float64Type>([](auto) { return DLC_F64; })
      .Case<Float32Type>([](auto) { return DLC_F32; })
      .Case<Float16Type>([](auto) { return DLC_F16; })
      .Case<BFloat16Type>([](auto) { return DLC_BF16; })
      .Case<Float8E4M3FNType>([](auto) { return DLC_F8E4M3FN; })
      .Case<Float8E4M3FNUZType>([](auto) { return DLC_F8E4M3FNUZ; })
      .Case<Float8E5M2Type>([](auto) { return DLC_F8E5M2; })
      .Case<Float8E5M2FNUZType>([](auto) { return DLC_F8E5M2FNUZ; })
      .Case<Float8E8M0FNUType>([](auto) { return DLC_F8E8M0FNU; })
      .Case<Float4E2M1FNType>([](auto) { return DLC_F4E2M1FN; });
}

Value lowering::elementCode(ImplicitLocOpBuilder &b, Type element) {
  return i32Argument(b, getElementCode(element));
}

Value lowering::callContext(ImplicitLocOpBuilder &b) {
  return dispatch::ContextOp::create(b, LLVM::LLVMPointerType::get(b.getContext()));
}

Value lowering::i32Argument(ImplicitLocOpBuilder &b, int64_t value) {
  return intConstant(b, b.getI32Type(), value);
}

Value lowering::i64Argument(ImplicitLocOpBuilder &b, OpFoldResult size) {
  if (auto known = getConstantIntValue(size))
    return intConstant(b, b.getI64Type(), *known);
  return arith::IndexCastOp::create(b, b.getI64Type(), cast<Value>(size));
}

Value lowering::nullPointer(ImplicitLocOpBuilder &b) {
  return LLVM::ZeroOp::create(b, LLVM::LLVMPointerType::get(b.getContext()));
}

static Value getPointer(ImplicitLocOpBuilder &b, Value buffer) {
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, buffer);
  address = arith::IndexCastOp::create(b, b.getI64Type(), address);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()), address);
}

Value lowering::inputPointer(ImplicitLocOpBuilder &b, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value buffer = bufferization::ToBufferOp::create(
      b, MemRefType::get(type.getShape(), type.getElementType()), tensor, /*read_only=*/true);
  return getPointer(b, buffer);
}

RoutineResult::RoutineResult(ImplicitLocOpBuilder &b, RankedTensorType type,
                             ArrayRef<OpFoldResult> sizes)
    : type(type) {
  SmallVector<Value> dynamic;
  for (auto [d, size] : llvm::enumerate(sizes))
    if (type.isDynamicDim(d))
      dynamic.push_back(toValue(b, size));
  buffer = memref::AllocOp::create(b, MemRefType::get(type.getShape(), type.getElementType()),
                                   dynamic, b.getI64IntegerAttr(64));
}

Value RoutineResult::pointer(ImplicitLocOpBuilder &b) const { return getPointer(b, buffer); }

Value RoutineResult::tensor(ImplicitLocOpBuilder &b) const {
  return bufferization::ToTensorOp::create(b, type, buffer, /*restrict=*/true);
}

Split::Split(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes, int64_t dimension)
    : outer(b.getIndexAttr(1)), size(sizes[dimension]), inner(b.getIndexAttr(1)) {
  for (auto [d, extent] : llvm::enumerate(sizes)) {
    if (int64_t(d) < dimension)
      outer = mulIndex(b, outer, extent);
    else if (int64_t(d) > dimension)
      inner = mulIndex(b, inner, extent);
  }
}
