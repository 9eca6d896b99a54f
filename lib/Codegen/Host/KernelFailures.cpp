//===- KernelFailures.cpp - which kernels can report an error -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFailures.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace dlc;

static Failure getExternalFailure(StringRef name) {
  if (name == "dlc_rt_fail")
    return Failure::Values;
  bool isSafe = name == "dlc_rt_parallel" || name == "dlc_rt_free" ||
                name.starts_with("dlc_math_") || name.starts_with("llvm.");
  return isSafe ? Failure::None : Failure::Other;
}

Failure KernelFailures::get(StringAttr name) {
  auto [known, isNew] = answers.try_emplace(name, Failure::None);
  if (!isNew)
    return known->second;
  Failure answer = lookInto(name);
  answers[name] = answer;
  return answer;
}

Failure KernelFailures::lookInto(StringAttr name) {
  Operation *symbol = symbols.lookup(name);
  if (isa_and_nonnull<LLVM::GlobalOp>(symbol))
    return Failure::None;
  auto function = dyn_cast_or_null<LLVM::LLVMFuncOp>(symbol);
  if (!function || function.isExternal())
    return getExternalFailure(name);
  Failure all = Failure::None;
  // The bodies of its parallel loops are functions of their own.
  function.walk([&](Operation *op) {
    FlatSymbolRefAttr called;
    if (auto call = dyn_cast<LLVM::CallOp>(op))
      called = call.getCalleeAttr();
    else if (auto address = dyn_cast<LLVM::AddressOfOp>(op))
      called = address.getGlobalNameAttr();
    else
      return;
    all |= called ? get(called.getAttr()) : Failure::Other;
  });
  return all;
}
