//===- GradDerivativeOps.cpp - derivatives of functions -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "grad/IR/Grad.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace dlc::grad;

#define GET_OP_CLASSES
#include "grad/IR/GradDerivativeOps.cpp.inc"

/// The constraints that the two ops share, but for those about the callee.
/// `directions` are the cotangents of a vjp, the tangents of a jvp, one for each
/// of `indices`.
static LogicalResult verifyIndices(Operation *op, ArrayRef<int64_t> of, ArrayRef<int64_t> wrt,
                                   ArrayRef<int64_t> indices, OperandRange directions,
                                   StringRef what) {
  // vjp C3, jvp C3
  for (auto [name, list] : {std::pair("of", of), std::pair("wrt", wrt)}) {
    if (list.empty())
      return op->emitOpError("`") << name << "` is empty";
    for (auto [i, index] : llvm::enumerate(list))
      if (index < 0 || llvm::is_contained(list.take_front(i), index))
        return op->emitOpError("`") << name << "` has the entry " << index
                                    << (index < 0 ? ", which is negative" : " twice");
  }
  // vjp C4, jvp C4
  if (directions.size() != indices.size())
    return op->emitOpError("has ") << directions.size() << " " << what << "s for "
                                   << indices.size() << " to give";
  return success();
}

LogicalResult VjpOp::verify() {
  return verifyIndices(*this, getOf(), getWrt(), getOf(), getCotangents(), "cotangent");
}

LogicalResult JvpOp::verify() {
  return verifyIndices(*this, getOf(), getWrt(), getWrt(), getTangents(), "tangent");
}

/// The types chosen by `indices`, which must exist and be tensors of floats.
static FailureOr<SmallVector<Type>> choose(Operation *op, TypeRange types,
                                           ArrayRef<int64_t> indices, StringRef what) {
  SmallVector<Type> chosen;
  for (int64_t index : indices) {
    // vjp C3, jvp C3
    if (index >= static_cast<int64_t>(types.size()))
      return op->emitOpError("asks for ") << what << " " << index << " of a function with "
                                          << types.size();
    // vjp C5, jvp C5
    auto tensor = dyn_cast<RankedTensorType>(types[index]);
    if (!tensor || !isa<FloatType>(tensor.getElementType()))
      return op->emitOpError("asks for a derivative by ")
             << what << " " << index << ", which is no tensor of floats but " << types[index];
    chosen.push_back(tensor);
  }
  return chosen;
}

static LogicalResult compare(Operation *op, TypeRange given, TypeRange wanted, StringRef what) {
  if (given.size() != wanted.size())
    return op->emitOpError("has ") << given.size() << " " << what << "s, not " << wanted.size();
  for (auto [i, lhs, rhs] : llvm::enumerate(given, wanted))
    if (lhs != rhs)
      return op->emitOpError() << what << " " << i << " has type " << lhs << ", not " << rhs;
  return success();
}

/// Checks the op against the type of its callee.
template <typename OpTy>
static LogicalResult verifyCallee(OpTy op, SymbolTableCollection &symbols,
                                  OperandRange directions, StringRef what, bool isReverse) {
  // vjp C1, jvp C1
  auto function = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(op, op.getCalleeAttr());
  if (!function)
    return op.emitOpError("asks for a derivative of '") << op.getCallee() << "', which is no function";
  auto type = cast<FunctionType>(function.getFunctionType());
  // vjp C2, jvp C2
  if (failed(compare(op, op.getInputs().getTypes(), type.getInputs(), "input")))
    return failure();
  FailureOr<SmallVector<Type>> arguments = choose(op, type.getInputs(), op.getWrt(), "argument");
  FailureOr<SmallVector<Type>> results = choose(op, type.getResults(), op.getOf(), "result");
  if (failed(arguments) || failed(results))
    return failure();
  // vjp C4, jvp C4
  if (failed(compare(op, directions.getTypes(), isReverse ? *results : *arguments, what)))
    return failure();
  // vjp C6, jvp C6
  SmallVector<Type> wanted;
  if (op.getWithPrimal())
    llvm::append_range(wanted, type.getResults());
  llvm::append_range(wanted, isReverse ? *arguments : *results);
  return compare(op, op->getResultTypes(), wanted, "result");
}

LogicalResult VjpOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyCallee(*this, symbols, getCotangents(), "cotangent", /*isReverse=*/true);
}

LogicalResult JvpOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyCallee(*this, symbols, getTangents(), "tangent", /*isReverse=*/false);
}
