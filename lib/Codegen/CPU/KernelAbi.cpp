//===- KernelAbi.cpp - kernels at LLVM level ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelAbi.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace dlc;

LLVM::LLVMFuncOp dlc::declareRuntime(SymbolTable &symbols, StringRef name,
                                     ArrayRef<Type> arguments, Type result) {
  if (auto function = symbols.lookup<LLVM::LLVMFuncOp>(name))
    return function;
  MLIRContext *context = symbols.getOp()->getContext();
  auto type = LLVM::LLVMFunctionType::get(
      result ? result : Type(LLVM::LLVMVoidType::get(context)), arguments);
  OpBuilder builder(context);
  auto function = LLVM::LLVMFuncOp::create(builder, UnknownLoc::get(context), name, type);
  symbols.insert(function, symbols.getOp()->getRegion(0).front().begin());
  return function;
}

Value dlc::getStringPointer(ImplicitLocOpBuilder &b, SymbolTable &symbols, StringRef text) {
  std::string bytes = text.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  OpBuilder builder(b.getContext());
  auto global = LLVM::GlobalOp::create(builder, b.getLoc(), type, /*isConstant=*/true,
                                       LLVM::Linkage::Internal, "dlc_kernel_message",
                                       builder.getStringAttr(bytes));
  symbols.insert(global, symbols.getOp()->getRegion(0).front().begin());
  return LLVM::AddressOfOp::create(b, global);
}
