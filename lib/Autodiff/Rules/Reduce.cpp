//===- Reduce.cpp - derivatives of reductions -----------------------------===//
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

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

namespace {
/// A reduction and what its rules are written in.
class Reduction {
public:
  Reduction(ReduceOp op, TensorBuilder &b) : op(op), b(b) {}

  /// A value of the result's shape, repeated to the input's.
  Value spread(Value value) {
    SmallVector<int64_t> dims;
    for (int64_t d = 0, rank = getTensorType(op.getInput()).getRank(); d < rank; ++d)
      if (op.getKeepDims() || !llvm::is_contained(op.getDimensions(), d))
        dims.push_back(d);
    return b.broadcastLike(value, dims, op.getInput());
  }

  /// Σ of a value of the input's shape.
  Value add(Value value) {
    return ReduceOp::create(b, ReductionKind::sum, value, op.getDimensions(), op.getKeepDims());
  }

  /// `value` / the number of elements that become one.
  Value average(Value value) {
    Type type = getTensorType(value).getElementType();
    Size count = 1;
    for (int64_t d : op.getDimensions())
      count = b.mul(count, b.size(op.getInput(), d));
    Value wide = b.widen(value);
    Value divisor = b.convert(b.scalar(count), getTensorType(wide).getElementType());
    return b.convert(b.div(wide, b.splat(divisor, b.sizes(value))), type);
  }

  /// Where the extreme elements are; NaN is one.
  Value getExtremes() {
    Value isEqual = b.compare(ComparisonDirection::eq, op.getInput(), spread(op.getOutput()));
    return b.binary<OrOp>(isEqual, b.compare(ComparisonDirection::ne, op.getInput(), op.getInput()));
  }

  /// `value`, of the result's shape, / the number of the extreme elements.
  Value share(Value value, Value extremes) {
    Type type = getTensorType(value).getElementType();
    Value count = add(b.convert(extremes, getWideType(type)));
    return b.convert(b.div(b.widen(value), count), type);
  }

  /// The product of all other elements, at each element: of those before it times of
  /// those after it, so that it is right where elements are 0.
  Value getProductOfOthers() {
    Value x = b.widen(op.getInput());
    SmallVector<int64_t> permutation;
    for (int64_t d = 0, rank = getTensorType(x).getRank(); d < rank; ++d)
      if (!llvm::is_contained(op.getDimensions(), d))
        permutation.push_back(d);
    int64_t kept = permutation.size();
    llvm::append_range(permutation, op.getDimensions());
    Value last = b.transpose(x, permutation);
    SmallVector<Size> sizes = b.sizes(last), flat(ArrayRef(sizes).take_front(kept));
    Size count = 1;
    for (Size size : ArrayRef(sizes).drop_front(kept))
      count = b.mul(count, size);
    flat.push_back(count);
    Value row = b.reshape(last, flat);
    auto scan = [&](bool reverse) -> Value {
      return CumulativeOp::create(b, row.getType(), CumulativeKind::prod, row, kept,
                                  /*exclusive=*/true, reverse);
    };
    Value others = b.reshape(b.mul(scan(false), scan(true)), sizes);
    return b.convert(b.transpose(others, invert(permutation)),
                     getTensorType(op.getInput()).getElementType());
  }

private:
  ReduceOp op;
  TensorBuilder &b;
};
} // namespace

static void forwardReduce(ReduceOp op, Forward &f) {
  Reduction reduction(op, f.b);
  Value dx = f.tangent(0);
  switch (op.getKind()) {
  case ReductionKind::sum:
    return f.set(0, reduction.add(dx));
  case ReductionKind::mean:
    return f.set(0, ReduceOp::create(f.b, op.getKind(), dx, op.getDimensions(), op.getKeepDims()));
  case ReductionKind::max:
  case ReductionKind::min: {
    Value extremes = reduction.getExtremes();
    return f.set(0, reduction.share(reduction.add(where(f.b, extremes, dx)), extremes));
  }
  case ReductionKind::prod:
    return f.set(0, reduction.add(f.b.mul(dx, reduction.getProductOfOthers())));
  case ReductionKind::bit_and:
  case ReductionKind::bit_or:
  case ReductionKind::bit_xor:
    llvm_unreachable("bitwise reductions have no floats");
  }
}

static void reverseReduce(ReduceOp op, Reverse &r) {
  Reduction reduction(op, r.b);
  Value dy = r.cotangent();
  switch (op.getKind()) {
  case ReductionKind::sum:
    return r.add(0, reduction.spread(dy));
  case ReductionKind::mean:
    return r.add(0, reduction.spread(reduction.average(dy)));
  case ReductionKind::max:
  case ReductionKind::min: {
    Value extremes = reduction.getExtremes();
    Value shares = reduction.spread(reduction.share(dy, extremes));
    return r.add(0, where(r.b, extremes, shares));
  }
  case ReductionKind::prod:
    return r.add(0, r.b.mul(reduction.spread(dy), reduction.getProductOfOthers()));
  case ReductionKind::bit_and:
  case ReductionKind::bit_or:
  case ReductionKind::bit_xor:
    llvm_unreachable("bitwise reductions have no floats");
  }
}

void autodiff::addReduceRules(RuleTable &table) {
  table.add<ReduceOp>(forwardReduce, reverseReduce);
}
