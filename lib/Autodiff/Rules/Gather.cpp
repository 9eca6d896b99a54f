//===- Gather.cpp - derivatives of gather and scatter ---------------------===//
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

/// Every element that was read gets what became of it, once per read.
static void reverseGather(GatherOp op, Reverse &r) {
  r.add(0, ScatterOp::create(
               r.b, zerosLike(r.b, op.getInput()), op.getIndices(), r.cotangent(),
               op.getOffsetDims(), op.getCollapsedSliceDims(), op.getOperandBatchingDims(),
               op.getStartIndicesBatchingDims(), op.getStartIndexMap(), op.getIndexVectorDim(),
               ScatterKind::add, op.getMode()));
}

namespace {
/// A scatter, and reading and writing where it writes.
class Scatter {
public:
  Scatter(ScatterOp op, TensorBuilder &b) : op(op), b(b) {}

  /// What lies in `x` where the updates go; 0 where an update was dropped.
  Value read(Value x) {
    if (isEmpty(x))
      return zerosLike(b, op.getUpdates(), getTensorType(x).getElementType());
    SmallVector<int64_t> sizes;
    unsigned window = 0;
    for (int64_t d = 0, rank = getTensorType(x).getRank(); d < rank; ++d) {
      bool isOne = llvm::is_contained(op.getInsertedWindowDims(), d) ||
                   llvm::is_contained(op.getInputBatchingDims(), d);
      int64_t size = isOne ? 1
                           : getTensorType(op.getUpdates())
                                 .getDimSize(op.getUpdateWindowDims()[window++]);
      sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
    }
    return GatherOp::create(b, x, op.getIndices(), op.getUpdateWindowDims(),
                            op.getInsertedWindowDims(), op.getInputBatchingDims(),
                            op.getScatterIndicesBatchingDims(), op.getScatterDimsToOperandDims(),
                            op.getIndexVectorDim(), sizes, op.getMode());
  }

  Value write(Value x, Value updates, ScatterKind kind) {
    return ScatterOp::create(b, x, op.getIndices(), updates, op.getUpdateWindowDims(),
                             op.getInsertedWindowDims(), op.getInputBatchingDims(),
                             op.getScatterIndicesBatchingDims(),
                             op.getScatterDimsToOperandDims(), op.getIndexVectorDim(), kind,
                             op.getMode());
  }

  /// Where an update stayed: the last of those to one element. Each writes its
  /// number, from 1 on, and finds it again.
  Value getStaying() {
    SmallVector<Size> sizes = b.sizes(op.getUpdates());
    Size count = 1;
    for (const Size &size : sizes)
      count = b.mul(count, size);
    Value numbers = b.iota({count}, 0, b.getI64Type());
    numbers = b.reshape(b.add(numbers, 1.0), sizes);
    Value none = zerosLike(b, op.getInput(), b.getI64Type());
    Value found = read(write(none, numbers, ScatterKind::replace));
    return b.compare(ComparisonDirection::eq, found, numbers);
  }

  /// Which elements of the input, and which updates, are the extremes that stayed.
  std::pair<Value, Value> getExtremes() {
    Value y = op.getOutput();
    return {b.compare(ComparisonDirection::eq, op.getInput(), y),
            b.compare(ComparisonDirection::eq, op.getUpdates(), read(y))};
  }

  /// How many extremes each element of the result was chosen from.
  Value count(std::pair<Value, Value> extremes) {
    Type type = getTensorType(op).getElementType();
    return write(b.convert(extremes.first, type), b.convert(extremes.second, type),
                 ScatterKind::add);
  }

private:
  ScatterOp op;
  TensorBuilder &b;
};
} // namespace

namespace {
/// The product of all other factors of an element, the element of the input itself being
/// one of them: the result / the factor, and where factors are 0 what the derivatives of
/// the rest need. With P the product of the factors that aren't 0 it is P where the factor
/// is the only 0, and P · the other 0 where it is one of two: 0 too, but not its
/// derivative. Of three, the second derivative is 0.
class ProductOfOthers {
public:
  ProductOfOthers(TensorBuilder &b, ScatterOp op, Scatter &scatter)
      : b(b), y(op.getOutput()), x(op.getInput()), u(op.getUpdates()), scatter(scatter) {
    Type type = getTensorType(y).getElementType();
    xIsZero = b.compare(ComparisonDirection::eq, x, 0.0);
    uIsZero = b.compare(ComparisonDirection::eq, u, 0.0);
    product = scatter.write(b.select(xIsZero, b.splatLike(1.0, x), x),
                            b.select(uIsZero, b.splatLike(1.0, u), u), ScatterKind::mul);
    zeros = scatter.write(where(b, xIsZero, x), where(b, uIsZero, u), ScatterKind::add);
    count = scatter.write(b.convert(xIsZero, type), b.convert(uIsZero, type), ScatterKind::add);
  }
  Value ofInput() { return combine(x, xIsZero, y, product, zeros, count); }
  Value ofUpdates() {
    return combine(u, uIsZero, scatter.read(y), scatter.read(product), scatter.read(zeros),
                   scatter.read(count));
  }

private:
  Value combine(Value factor, Value isZero, Value result, Value product, Value zeros,
                Value count) {
    Value isOnly = b.compare(ComparisonDirection::eq, count, 1.0);
    Value isOfTwo = b.compare(ComparisonDirection::eq, count, 2.0);
    Value others = where(b, isOfTwo, b.mul(product, b.sub(zeros, factor)));
    others = b.select(isOnly, product, others);
    Value safe = b.select(isZero, b.splatLike(1.0, factor), factor);
    return b.select(isZero, others, b.div(result, safe));
  }

  TensorBuilder &b;
  Value y, x, u;
  Scatter &scatter;
  Value xIsZero, uIsZero;
  Value product, zeros, count; ///< of the factors that aren't 0; of those that are
};
} // namespace

static void forwardScatter(ScatterOp op, Forward &f) {
  Scatter scatter(op, f.b);
  Value dx = f.tangentOrZero(0), du = f.tangentOrZero(2);
  switch (op.getKind()) {
  case ScatterKind::replace:
  case ScatterKind::add:
    return f.set(0, scatter.write(dx, du, op.getKind()));
  case ScatterKind::max:
  case ScatterKind::min: {
    auto extremes = scatter.getExtremes();
    Value total = scatter.write(where(f.b, extremes.first, dx), where(f.b, extremes.second, du),
                                ScatterKind::add);
    return f.set(0, f.b.div(total, scatter.count(extremes)));
  }
  case ScatterKind::mul: {
    ProductOfOthers others(f.b, op, scatter);
    return f.set(0, scatter.write(f.b.mul(dx, others.ofInput()), f.b.mul(du, others.ofUpdates()),
                                  ScatterKind::add));
  }
  }
}

static void reverseScatter(ScatterOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Scatter scatter(op, b);
  Value dy = r.cotangent();
  switch (op.getKind()) {
  case ScatterKind::add:
    r.add(0, dy);
    if (r.wants(2))
      r.add(2, scatter.read(dy));
    return;
  case ScatterKind::replace:
    if (r.wants(0u))
      r.add(0, scatter.write(dy, zerosLike(b, op.getUpdates()), ScatterKind::replace));
    if (r.wants(2))
      r.add(2, where(b, scatter.getStaying(), scatter.read(dy)));
    return;
  case ScatterKind::max:
  case ScatterKind::min: {
    auto extremes = scatter.getExtremes();
    Value share = b.div(dy, scatter.count(extremes));
    if (r.wants(0u))
      r.add(0, where(b, extremes.first, share));
    if (r.wants(2))
      r.add(2, where(b, extremes.second, scatter.read(share)));
    return;
  }
  case ScatterKind::mul: {
    ProductOfOthers others(b, op, scatter);
    if (r.wants(0u))
      r.add(0, b.mul(dy, others.ofInput()));
    if (r.wants(2))
      r.add(2, b.mul(scatter.read(dy), others.ofUpdates()));
    return;
  }
  }
}

void autodiff::addGatherRules(RuleTable &table) {
  table.addLinear<GatherOp>(reverseGather);
  table.add<ScatterOp>(forwardScatter, reverseScatter);
}
