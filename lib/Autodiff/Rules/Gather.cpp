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

static LogicalResult refuse(ScatterOp op) {
  return op.emitError("has no derivative: a scatter that multiplies isn't differentiated");
}

static LogicalResult forwardScatter(ScatterOp op, Forward &f) {
  Scatter scatter(op, f.b);
  Value dx = f.tangentOrZero(0), du = f.tangentOrZero(2);
  switch (op.getKind()) {
  case ScatterKind::replace:
  case ScatterKind::add:
    f.set(0, scatter.write(dx, du, op.getKind()));
    return success();
  case ScatterKind::max:
  case ScatterKind::min: {
    auto extremes = scatter.getExtremes();
    Value total = scatter.write(where(f.b, extremes.first, dx), where(f.b, extremes.second, du),
                                ScatterKind::add);
    f.set(0, f.b.div(total, scatter.count(extremes)));
    return success();
  }
  case ScatterKind::mul:
    return refuse(op);
  }
}

static LogicalResult reverseScatter(ScatterOp op, Reverse &r) {
  TensorBuilder &b = r.b;
  Scatter scatter(op, b);
  Value dy = r.cotangent();
  switch (op.getKind()) {
  case ScatterKind::add:
    r.add(0, dy);
    if (r.wants(2))
      r.add(2, scatter.read(dy));
    return success();
  case ScatterKind::replace:
    if (r.wants(0u))
      r.add(0, scatter.write(dy, zerosLike(b, op.getUpdates()), ScatterKind::replace));
    if (r.wants(2))
      r.add(2, where(b, scatter.getStaying(), scatter.read(dy)));
    return success();
  case ScatterKind::max:
  case ScatterKind::min: {
    auto extremes = scatter.getExtremes();
    Value share = b.div(dy, scatter.count(extremes));
    if (r.wants(0u))
      r.add(0, where(b, extremes.first, share));
    if (r.wants(2))
      r.add(2, where(b, extremes.second, scatter.read(share)));
    return success();
  }
  case ScatterKind::mul:
    return refuse(op);
  }
}

void autodiff::addGatherRules(RuleTable &table) {
  table.addLinear<GatherOp>(reverseGather);
  table.add<ScatterOp>(forwardScatter, reverseScatter);
}
