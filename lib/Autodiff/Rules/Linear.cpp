//===- Linear.cpp - derivatives of products -------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Common.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

namespace {
/// The dimensions of one operand of a product.
struct ProductSide {
  ArrayRef<int64_t> batching, contracting;
  SmallVector<int64_t> free;

  ProductSide(Value operand, ArrayRef<int64_t> batching, ArrayRef<int64_t> contracting)
      : batching(batching), contracting(contracting) {
    for (int64_t d = 0, rank = getTensorType(operand).getRank(); d < rank; ++d)
      if (!llvm::is_contained(batching, d) && !llvm::is_contained(contracting, d))
        free.push_back(d);
  }
};
} // namespace

/// The cotangent of one side: that of the result times the other side, contracted
/// over the other's free dimensions, which in the result begin at `firstFree`.
static Value transposeProduct(TensorBuilder &b, Value dy, Value other, const ProductSide &own,
                              const ProductSide &others, int64_t firstFree) {
  int64_t batches = own.batching.size();
  auto resultFree = llvm::to_vector(llvm::seq<int64_t>(firstFree, firstFree + others.free.size()));
  Type element = getTensorType(dy).getElementType();
  Value product = DotGeneralOp::create(b, dy, b.convert(other, element), upTo(batches),
                                       others.batching, resultFree, others.free);
  // What it has: the batch, the own free dimensions, the contracted ones in the
  // order of the other side.
  SmallVector<int64_t> order(own.batching);
  llvm::append_range(order, own.free);
  SmallVector<int64_t> contracted(others.contracting);
  llvm::sort(contracted);
  for (int64_t d : contracted)
    order.push_back(own.contracting[llvm::find(others.contracting, d) - others.contracting.begin()]);
  return b.transpose(product, invert(order));
}

static void forwardDotGeneral(DotGeneralOp op, Forward &f) {
  for (unsigned i : {0u, 1u})
    if (f.tangent(i))
      f.add(0, applyWith(f.b, op, i, f.tangent(i)));
}

static void reverseDotGeneral(DotGeneralOp op, Reverse &r) {
  ProductSide lhs(op.getLhs(), op.getLhsBatching(), op.getLhsContracting());
  ProductSide rhs(op.getRhs(), op.getRhsBatching(), op.getRhsContracting());
  int64_t batches = lhs.batching.size();
  Value dy = r.cotangent();
  auto add = [&](unsigned i, Value value) {
    r.add(i, r.b.convert(value, getTensorType(op->getOperand(i)).getElementType()));
  };
  if (r.wants(0u))
    add(0, transposeProduct(r.b, dy, op.getRhs(), lhs, rhs, batches + lhs.free.size()));
  if (r.wants(1u))
    add(1, transposeProduct(r.b, dy, op.getLhs(), rhs, lhs, batches));
}

void autodiff::addLinearRules(RuleTable &table) {
  table.add<DotGeneralOp>(forwardDotGeneral, reverseDotGeneral);
}
