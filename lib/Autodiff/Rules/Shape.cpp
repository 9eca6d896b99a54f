//===- Shape.cpp - derivatives of ops that move elements ------------------===//
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

/// The same elements under the input's shape.
static void reverseReshape(ReshapeOp op, Reverse &r) {
  r.add(0, r.b.reshape(r.cotangent(), r.b.sizes(op.getInput())));
}

/// Sums over what was repeated. Whether a `?` was is known only when the program
/// runs: n elements that came of m (of n, or of one) are added up as m rows of n / m.
static void reverseBroadcast(BroadcastInDimOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value dy = r.cotangent();
  RankedTensorType to = getTensorType(op);
  ArrayRef<int64_t> dims = op.getBroadcastDimensions();
  SmallVector<Size> sizes;
  SmallVector<int64_t> repeated;
  for (int64_t d = 0; d < to.getRank(); ++d) {
    const int64_t *found = llvm::find(dims, d);
    if (found == dims.end()) {
      repeated.push_back(sizes.size());
      sizes.push_back(b.size(dy, d));
      continue;
    }
    int64_t k = found - dims.begin();
    Size own = b.size(op.getInput(), k), full = b.size(dy, d);
    if (own.isStatic() ? own.known != 1 : full.isStatic() && full.known == 1) {
      sizes.push_back(full);
      continue;
    }
    if (own.isStatic() && full.isStatic() && full.known == 1) {
      sizes.push_back(1);
      continue;
    }
    // Size own × (full / own).
    sizes.push_back(own);
    repeated.push_back(sizes.size());
    sizes.push_back(b.div(full, own));
  }
  r.add(0, repeated.empty() ? dy : sumOver(b, b.reshape(dy, sizes), repeated));
}

static void reverseTranspose(TransposeOp op, Reverse &r) {
  r.add(0, r.b.transpose(r.cotangent(), invert(op.getPermutation())));
}

static void reverseReverse(ReverseOp op, Reverse &r) {
  r.add(0, ReverseOp::create(r.b, r.cotangent(), op.getDimensions()));
}

void autodiff::addShapeRules(RuleTable &table) {
  table.addLinear<BroadcastInDimOp>(reverseBroadcast);
  table.addLinear<ReshapeOp>(reverseReshape);
  table.addLinear<ReverseOp>(reverseReverse);
  table.addLinear<TransposeOp>(reverseTranspose);
}
