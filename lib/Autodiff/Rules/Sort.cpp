//===- Sort.cpp - derivatives of scans and sorting ------------------------===//
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
// sort, top_k
//===----------------------------------------------------------------------===//

/// What the op sorts beside its operands.
static SmallVector<Value> sortWith(TensorBuilder &b, SortOp op, ArrayRef<Value> others) {
  SmallVector<Value> inputs{op.getInputs().front()};
  llvm::append_range(inputs, others);
  auto sorted = SortOp::create(b, TypeRange(ValueRange(inputs)), inputs, op.getDimension(),
                               op.getDescending());
  return SmallVector<Value>(llvm::drop_begin(sorted.getResults()));
}

/// The tangents are permuted as their values are.
static void forwardSort(SortOp op, Forward &f) {
  SmallVector<unsigned> numbers;
  SmallVector<Value> tangents;
  for (unsigned i = 0; i < op.getNumOperands(); ++i)
    if (f.tangent(i)) {
      numbers.push_back(i);
      tangents.push_back(f.b.cast(f.tangent(i), op.getOperand(i).getType()));
    }
  for (auto [i, sorted] : llvm::zip_equal(numbers, sortWith(f.b, op, tangents)))
    f.set(i, sorted);
}

/// Sorting by where each came from puts the cotangents back.
static void reverseSort(SortOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Value key = op.getInputs().front();
  Value origin = sortWith(b, op, {b.iota(b.sizes(key), op.getDimension(), b.getI64Type())})[0];
  for (unsigned i = 0; i < op.getNumOperands(); ++i) {
    if (!r.wants(i) || !r.cotangent(i))
      continue;
    SmallVector<Value> inputs{origin, r.cotangent(i)};
    auto back = SortOp::create(b, TypeRange(ValueRange(inputs)), inputs, op.getDimension(),
                               /*descending=*/false);
    r.add(i, back.getResult(1));
  }
}

static void forwardTopK(TopKOp op, Forward &f) {
  f.set(0, takeAlong(f.b, f.tangent(0), op.getIndices(), op.getDimension()));
}

static void reverseTopK(TopKOp op, Reverse &r) {
  if (r.cotangent(0))
    r.add(0, addAlong(r.b, op.getInput(), op.getIndices(), r.cotangent(0), op.getDimension()));
}

//===----------------------------------------------------------------------===//
// cumulative
//===----------------------------------------------------------------------===//

namespace {
/// A scan along one dimension of n elements.
class Scan {
public:
  Scan(CumulativeOp op, TensorBuilder &b) : op(op), b(b), dim(op.getDimension()) {}

  /// `x` moved one place on in the scan's direction, a zero before; or, `back`, to
  /// the other side.
  Value shift(Value x, bool back) {
    SmallVector<Size> low(getTensorType(x).getRank(), 0), high = low;
    int64_t by = back == op.getReverse() ? 1 : -1;
    low[dim] = by;
    high[dim] = -by;
    return padZeros(b, x, low, high, SmallVector<int64_t>(low.size(), 0));
  }

  /// Where the extreme of the elements up to each one lies: the latest of equal ones, of which NaN are.
  Value getOrigins() {
    Value x = op.getInput();
    Value extreme = CumulativeOp::create(b, x.getType(), op.getKind(), x, dim,
                                         /*exclusive=*/false, op.getReverse());
    Value places = b.iota(b.sizes(x), dim, b.getI64Type());
    Value isNan = IsNanOp::create(b, getTensorType(x).clone(b.getI1Type()), x);
    Value isNew = OrOp::create(b, b.compare(ComparisonDirection::eq, x, extreme), isNan);
    // In reverse the last element is the first extreme.
    Value start = zerosLike(b, places);
    if (op.getReverse())
      start = b.splat(b.scalar(b.sub(b.size(x, dim), 1)), b.sizes(x));
    Value candidates = b.select(isNew, places, start);
    auto kind = op.getReverse() ? CumulativeKind::min : CumulativeKind::max;
    return CumulativeOp::create(b, candidates.getType(), kind, candidates, dim,
                                /*exclusive=*/false, op.getReverse());
  }

  /// ∂y_i/∂x_k as a tensor with k at the scan's dimension and i at the next: of a
  /// product the product of the others, so that it is right where elements are 0.
  Value getJacobian() {
    Value x = b.widen(op.getInput());
    SmallVector<Size> sizes = b.sizes(x);
    sizes.insert(sizes.begin() + dim, sizes[dim]);
    SmallVector<int64_t> alongJ, alongK;
    for (int64_t d = 0, rank = getTensorType(x).getRank(); d < rank; ++d) {
      alongJ.push_back(d < dim ? d : d + 1);
      alongK.push_back(d <= dim ? d : d + 1);
    }
    Value k = b.iota(sizes, dim, b.getI64Type()), i = b.iota(sizes, dim + 1, b.getI64Type());
    using Direction = ComparisonDirection;
    Direction order = op.getReverse() ? (op.getExclusive() ? Direction::gt : Direction::ge)
                                      : (op.getExclusive() ? Direction::lt : Direction::le);
    Value counts = b.compare(order, k, i);
    if (op.getKind() == CumulativeKind::prod) {
      Value across = b.broadcast(x, alongJ, sizes);
      Value others = b.select(b.compare(Direction::eq, k, i), b.splatLike(1.0, across), across);
      Value products = CumulativeOp::create(b, others.getType(), CumulativeKind::prod, others,
                                            dim + 1, op.getExclusive(), op.getReverse());
      return where(b, counts, products);
    }
    // ln Σ eˣ: e^(x_k − y_i).
    Value difference = b.sub(b.broadcast(x, alongK, sizes),
                             b.broadcast(b.widen(op.getOutput()), alongJ, sizes));
    Value none = b.splatLike(-std::numeric_limits<double>::infinity(), difference);
    return b.unary<ExpOp>(b.select(counts, difference, none));
  }

  /// Σ over k (over i, if `reverse`) of the Jacobian times a direction.
  Value multiply(Value jacobian, Value direction, bool reverse) {
    SmallVector<int64_t> dims;
    int64_t skipped = reverse ? dim : dim + 1;
    for (int64_t d = 0, rank = getTensorType(direction).getRank(); d < rank; ++d)
      dims.push_back(d < skipped ? d : d + 1);
    Value spread = b.broadcast(b.widen(direction), dims, b.sizes(jacobian));
    Value total = sumOver(b, b.mul(jacobian, spread), {reverse ? dim + 1 : dim});
    return b.convert(total, getTensorType(direction).getElementType());
  }

private:
  CumulativeOp op;
  TensorBuilder &b;
  int64_t dim;
};
} // namespace

static void forwardCumulative(CumulativeOp op, Forward &f) {
  Scan scan(op, f.b);
  Value dx = f.tangent(0);
  switch (op.getKind()) {
  case CumulativeKind::sum:
    return f.set(0, applyWith(f.b, op, 0, dx));
  case CumulativeKind::max:
  case CumulativeKind::min: {
    Value taken = takeAlong(f.b, dx, scan.getOrigins(), op.getDimension());
    return f.set(0, op.getExclusive() ? scan.shift(taken, /*back=*/false) : taken);
  }
  case CumulativeKind::prod:
  case CumulativeKind::log_sum_exp:
    return f.set(0, scan.multiply(scan.getJacobian(), dx, /*reverse=*/false));
  }
}

static void reverseCumulative(CumulativeOp op, Reverse &r) {
  Scan scan(op, r.b);
  Value dy = r.cotangent();
  switch (op.getKind()) {
  case CumulativeKind::sum:
    return r.add(0, CumulativeOp::create(r.b, dy.getType(), op.getKind(), dy, op.getDimension(),
                                         op.getExclusive(), !op.getReverse()));
  case CumulativeKind::max:
  case CumulativeKind::min: {
    Value shifted = op.getExclusive() ? scan.shift(dy, /*back=*/true) : dy;
    return r.add(0, addAlong(r.b, op.getInput(), scan.getOrigins(), shifted, op.getDimension()));
  }
  case CumulativeKind::prod:
  case CumulativeKind::log_sum_exp:
    return r.add(0, scan.multiply(scan.getJacobian(), dy, /*reverse=*/true));
  }
}

void autodiff::addSortRules(RuleTable &table) {
  table.add<CumulativeOp>(forwardCumulative, reverseCumulative);
  table.add<SortOp>(forwardSort, reverseSort);
  table.add<TopKOp>(forwardTopK, reverseTopK);
}
