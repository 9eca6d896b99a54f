//===- HostValues.cpp - what the host program computes itself -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostValues.h"
#include "OpClasses.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

bool dlc::isHostEvaluable(Operation *op) {
  if (!isa<dl::ConstantOp, dl::SplatOp, dl::IotaOp, dl::ConvertOp, dl::ReshapeOp,
           dl::BroadcastInDimOp, dl::TransposeOp, dl::ConcatOp, dl::SliceOp, dl::GatherOp,
           dl::ReverseOp, dl::ReduceOp, dl::AddOp, dl::SubOp, dl::MulOp, dl::DivOp, dl::RemOp,
           dl::MaxOp, dl::MinOp, dl::AndOp, dl::OrOp, dl::XorOp, dl::NotOp, dl::NegOp, dl::AbsOp,
           dl::SignOp, dl::CompareOp, dl::SelectOp, dl::ClampOp, dl::FloorOp, dl::CeilOp,
           dl::RoundOp, dl::TruncOp, dl::SqrtOp, dl::ReciprocalOp, dl::ReluOp>(op))
    return false;
  auto isScalarType = [](Type type) {
    Type element = cast<RankedTensorType>(type).getElementType();
    return isSmallTensor(type) &&
           (element.isF32() || element.isF64() || element.isIntOrIndex());
  };
  if (!llvm::all_of(op->getOperandTypes(), isScalarType) ||
      !llvm::all_of(op->getResultTypes(), isScalarType))
    return false;
  // The neutral element, which a reduction of nothing gives, is a kernel's to know.
  if (auto reduce = dyn_cast<dl::ReduceOp>(op))
    return reduce.getKind() != dl::ReductionKind::mean &&
           cast<RankedTensorType>(reduce.getInput().getType()).getNumElements() > 0;
  // Positions that are only known at run time would need a memory.
  if (auto gather = dyn_cast<dl::GatherOp>(op))
    return static_cast<bool>(dl::getConstantElements(gather.getIndices()));
  return true;
}

static bool isInteger(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType().isIntOrIndex();
}

DenseSet<Operation *> dlc::findHostOps(func::FuncOp func) {
  DenseSet<Operation *> host;
  // What the host can know without asking a kernel.
  auto isComputed = [&](Value value) {
    Operation *op = value.getDefiningOp();
    return op && (host.contains(op) || isa<tensor::FromElementsOp>(op));
  };
  auto isKnown = [&](Value value) {
    return isComputed(value) || value.getDefiningOp<dl::ConstantOp>();
  };
  SmallVector<Value> needed;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(op))
      needed.push_back(extract.getTensor());
    if (isa<dl::DlDialect>(op->getDialect()))
      llvm::append_range(needed, getShapeOperands(op));
    if (isHostEvaluable(op) && llvm::all_of(op->getResults(), isInteger) &&
        llvm::all_of(op->getOperands(), isInteger) && llvm::all_of(op->getOperands(), isKnown) &&
        llvm::any_of(op->getOperands(), isComputed))
      host.insert(op);
    // A condition on sizes is the host's to check.
    if (auto check = dyn_cast<dl::AssertOp>(op); check && isComputed(check.getPred()))
      host.insert(op);
  });
  // What the host needs, computed from what kernels made or the caller gave.
  while (!needed.empty()) {
    Operation *op = needed.pop_back_val().getDefiningOp();
    if (!op || !isHostEvaluable(op) || isa<dl::ConstantOp>(op) || !host.insert(op).second)
      continue;
    llvm::append_range(needed, op->getOperands());
  }
  return host;
}
