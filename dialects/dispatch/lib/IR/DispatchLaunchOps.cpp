//===- DispatchLaunchOps.cpp - launching kernels, failing -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace dlc::dispatch;

#define GET_OP_CLASSES
#include "dispatch/IR/DispatchLaunchOps.cpp.inc"

void LaunchOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  // On tensors a launch is a pure function of its operands, unless it is there
  // only for the error that it may report.
  if (getOuts().empty()) {
    if (getNumResults() == 0)
      effects.emplace_back(MemoryEffects::Write::get());
    return;
  }
  effects.emplace_back(MemoryEffects::Read::get());
  effects.emplace_back(MemoryEffects::Write::get());
}

LogicalResult LaunchOp::verify() {
  if (!getOuts().empty() && (getNumResults() || !getSizes().empty()))
    return emitOpError("on buffers has neither results nor sizes");
  int64_t dynamic = 0;
  for (Type type : getResultTypes())
    dynamic += cast<ShapedType>(type).getNumDynamicDims();
  if (dynamic != static_cast<int64_t>(getSizes().size()))
    return emitOpError("has ") << getSizes().size() << " sizes for " << dynamic
                               << " dynamic result dimensions";
  return success();
}

/// Whether a launch operand of type `operand` may be a kernel's parameter of
/// type `parameter`. Tensors become buffers in kernels and host at different
/// times, and signedness is lost on the way.
static bool areCompatible(Type operand, Type parameter) {
  auto lhs = dyn_cast<ShapedType>(operand), rhs = dyn_cast<ShapedType>(parameter);
  return lhs && rhs && lhs.getShape() == rhs.getShape() &&
         getElementBytes(lhs.getElementType()) == getElementBytes(rhs.getElementType());
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  auto kernel =
      symbolTable.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("launches '") << getKernel() << "', which is no function";
  // On the way to LLVM IR pointers and sizes take the place of tensors.
  auto type = dyn_cast<FunctionType>(kernel.getFunctionType());
  if (!type || !llvm::all_of(type.getInputs(), llvm::IsaPred<ShapedType>))
    return success();
  SmallVector<Type> given(getInputs().getTypes()), wanted(type.getInputs());
  llvm::append_range(given, getResultTypes());
  llvm::append_range(given, getOuts().getTypes());
  llvm::append_range(wanted, type.getResults());
  if (given.size() != wanted.size())
    return emitOpError("has ") << given.size() << " inputs and outputs, the kernel "
                               << wanted.size();
  for (auto [index, lhs, rhs] : llvm::enumerate(given, wanted))
    if (!areCompatible(lhs, rhs))
      return emitOpError("passes ") << lhs << " for the kernel's " << rhs
                                    << " (number " << index << ")";
  return success();
}

LogicalResult FailIfOp::canonicalize(FailIfOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCondition(), m_Zero()))
    return failure();
  rewriter.eraseOp(op);
  return success();
}
