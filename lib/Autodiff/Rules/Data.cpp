//===- Data.cpp - derivatives of ops that make and convert tensors --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Rules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

/// y = x in another type; the cotangent in x's own.
static void reverseConvert(ConvertOp op, Reverse &r) {
  if (r.wants(0u))
    r.add(0, r.b.convert(r.cotangent(), getTensorType(op.getInput()).getElementType()));
}

/// Every element is x.
static void reverseSplat(SplatOp op, Reverse &r) {
  Value dy = r.cotangent();
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, getTensorType(dy).getRank()));
  if (r.wants(0u))
    r.add(0, ReduceOp::create(r.b, ReductionKind::sum, dy, dims, /*keep_dims=*/false));
}

void autodiff::addDataRules(RuleTable &table) {
  table.addLinear<ConvertOp>(reverseConvert);
  table.addLinear<SplatOp>(reverseSplat);
}
