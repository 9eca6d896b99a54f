//===- SizeChecks.cpp - dynamic sizes that have to agree ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel trusts the sizes it is given. What the types leave open is compared
// here, once, in the host program, before anything is launched on it.
//
//===----------------------------------------------------------------------===//

#include "Sizes.h"
#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

namespace {
class SizeChecker {
public:
  SizeChecker(Operation *op, Sizes &sizes) : op(op), sizes(sizes), builder(op) {}

  void check();
  SmallVector<Operation *> takeChecks() { return std::move(checks); }

private:
  static bool isStatic(Value tensor, int64_t d) {
    return !cast<RankedTensorType>(tensor.getType()).isDynamicDim(d);
  }
  static int64_t rank(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

  void failIf(arith::CmpIPredicate predicate, Value lhs, Value rhs, const Twine &what) {
    Value condition = arith::CmpIOp::create(builder, op->getLoc(), predicate, lhs, rhs);
    failIf(condition, what);
  }
  void failIf(Value condition, const Twine &what) {
    checks.push_back(dispatch::FailIfOp::create(
        builder, op->getLoc(), condition,
        builder.getStringAttr(dispatch::getMessageAt(op->getLoc(), what))));
  }

  /// Dimension i of x and j of y have one size.
  void equal(Value x, int64_t i, Value y, int64_t j);
  void equalShapes(Value x, Value y) {
    for (int64_t d = 0; d < rank(x); ++d)
      equal(x, d, y, d);
  }
  /// lhs and rhs have one size in each pair of dimensions.
  void equalDims(Value x, ArrayRef<int64_t> xDims, Value y, ArrayRef<int64_t> yDims) {
    for (auto [i, j] : llvm::zip_equal(xDims, yDims))
      equal(x, i, y, j);
  }
  Value countElements(Value tensor);

  void checkNotNegative();
  void checkCast(tensor::CastOp op);
  void checkBroadcast(dl::BroadcastInDimOp op);
  void checkReshape(dl::ReshapeOp op);
  void checkSlice(dl::SliceOp op);
  void checkTopK(dl::TopKOp op);
  void checkGather(dl::GatherOp op);
  void checkScatter(dl::ScatterOp op);
  void checkConv(Value input, Value kernel, Value bias, Value output, int64_t groups,
                 dl::DataLayout layout, bool transposed);
  void checkAttention(dl::AttentionOp op);
  void checkRecurrence(Value input, Value lengths, ArrayRef<Value> initial);
  void checkPerFeature(Value tensor, int64_t d, ArrayRef<Value> vectors);
  /// Factorisations and solvers.
  void checkFactors();
  /// What `other` has for each matrix has the matrices' batch sizes.
  void checkBatches(Value matrices, Value other);
  /// Dimension i of x is no larger than j of y.
  void atMost(Value x, int64_t i, Value y, int64_t j, StringRef message);

  Operation *op;
  Sizes &sizes;
  OpBuilder builder;
  SmallVector<Operation *> checks;
};
} // namespace

void SizeChecker::equal(Value x, int64_t i, Value y, int64_t j) {
  if (isStatic(x, i) && isStatic(y, j))
    return;
  Value lhs = sizes.get(x, i), rhs = sizes.get(y, j);
  if (lhs == rhs)
    return;
  failIf(arith::CmpIPredicate::ne, lhs, rhs,
         "sizes differ in dimensions " + Twine(i) + " and " + Twine(j) + " of its operands");
  // Only what is checked in every run is known afterwards.
  if (isa<func::FuncOp>(op->getParentOp()))
    sizes.unify(lhs, rhs);
}

Value SizeChecker::countElements(Value tensor) {
  Value count = sizes.constant(1);
  int64_t known = 1;
  for (int64_t d = 0; d < rank(tensor); ++d) {
    if (isStatic(tensor, d)) {
      known *= cast<RankedTensorType>(tensor.getType()).getDimSize(d);
      continue;
    }
    Value size = sizes.get(tensor, d);
    count = count == sizes.constant(1)
                ? size
                : arith::MulIOp::create(builder, op->getLoc(), count, size).getResult();
  }
  if (known == 1)
    return count;
  return arith::MulIOp::create(builder, op->getLoc(), count, sizes.constant(known));
}

/// Sizes that a model computes can be: those of a slice, of a reshape, of a window
/// that is larger than what it slides over.
void SizeChecker::checkNotNegative() {
  if (!isa_and_present<dl::DlDialect>(op->getDialect()))
    return;
  llvm::SmallPtrSet<Value, 4> checked;
  for (Value result : op->getResults()) {
    if (!isa<RankedTensorType>(result.getType()))
      continue;
    for (Value size : sizes.getDynamic(result))
      if (!size.getDefiningOp<tensor::DimOp>() && !matchPattern(size, m_Constant()) &&
          checked.insert(size).second)
        failIf(arith::CmpIPredicate::slt, size, sizes.constant(0), "a size is negative");
  }
}

void SizeChecker::checkCast(tensor::CastOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (type.isDynamicDim(d) || isStatic(op.getSource(), d))
      continue;
    Value size = sizes.get(op.getSource(), d), wanted = sizes.get(op.getResult(), d);
    if (size != wanted)
      failIf(arith::CmpIPredicate::ne, size, wanted,
             "dimension " + Twine(d) + " isn't " + Twine(type.getDimSize(d)));
  }
}

void SizeChecker::checkBroadcast(dl::BroadcastInDimOp op) {
  Value input = op.getInput(), output = op.getOutput();
  for (auto [i, d] : llvm::enumerate(op.getBroadcastDimensions())) {
    if (isStatic(input, i) &&
        (isStatic(output, d) || cast<RankedTensorType>(input.getType()).getDimSize(i) == 1))
      continue;
    Value lhs = sizes.get(input, i), rhs = sizes.get(output, d);
    if (lhs == rhs)
      continue;
    Value differs =
        arith::CmpIOp::create(builder, op.getLoc(), arith::CmpIPredicate::ne, lhs, rhs);
    Value notOne = arith::CmpIOp::create(builder, op.getLoc(), arith::CmpIPredicate::ne, lhs,
                                         sizes.constant(1));
    failIf(arith::AndIOp::create(builder, op.getLoc(), differs, notOne),
           "dimension " + Twine(i) + " can't be broadcast: it is neither 1 nor of the other "
                                     "operand's size");
  }
}

void SizeChecker::checkReshape(dl::ReshapeOp op) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  auto output = cast<RankedTensorType>(op.getType());
  if (input.hasStaticShape() && output.hasStaticShape())
    return;
  Value lhs = countElements(op.getInput()), rhs = countElements(op.getOutput());
  if (lhs != rhs)
    failIf(arith::CmpIPredicate::ne, lhs, rhs,
           "the new shape doesn't hold as many elements as the operand has");
}

void SizeChecker::checkSlice(dl::SliceOp op) {
  for (int64_t d = 0; d < rank(op.getInput()); ++d) {
    if (isStatic(op.getInput(), d))
      continue;
    int64_t limit = op.getLimitIndices()[d];
    int64_t needed = std::max(limit, op.getStartIndices()[d]);
    if (needed > 0)
      failIf(arith::CmpIPredicate::slt, sizes.get(op.getInput(), d), sizes.constant(needed),
             "dimension " + Twine(d) + " is smaller than the slice's end");
  }
}

void SizeChecker::checkTopK(dl::TopKOp op) {
  int64_t d = op.getDimension();
  if (isStatic(op.getInput(), d) && isStatic(op.getValues(), d))
    return;
  Value k = sizes.get(op.getValues(), d);
  failIf(arith::CmpIPredicate::slt, k, sizes.constant(0), "k is negative");
  failIf(arith::CmpIPredicate::sgt, k, sizes.get(op.getInput(), d),
         "k is larger than the dimension");
}

void SizeChecker::checkGather(dl::GatherOp op) {
  equalDims(op.getInput(), op.getOperandBatchingDims(), op.getIndices(),
            op.getStartIndicesBatchingDims());
}

void SizeChecker::checkScatter(dl::ScatterOp op) {
  equalDims(op.getInput(), op.getInputBatchingDims(), op.getIndices(),
            op.getScatterIndicesBatchingDims());
  equalShapes(op.getInput(), op.getOutput());
  // The updates' other dimensions are the indices', in order.
  int64_t i = 0, vector = op.getIndexVectorDim();
  for (int64_t d = 0; d < rank(op.getUpdates()); ++d) {
    if (llvm::is_contained(op.getUpdateWindowDims(), d))
      continue;
    if (i == vector)
      ++i;
    equal(op.getUpdates(), d, op.getIndices(), i++);
  }
}

void SizeChecker::checkPerFeature(Value tensor, int64_t d, ArrayRef<Value> vectors) {
  for (Value vector : vectors)
    if (vector && rank(vector) == 1)
      equal(tensor, d, vector, 0);
}

void SizeChecker::checkConv(Value input, Value kernel, Value bias, Value output, int64_t groups,
                            dl::DataLayout layout, bool transposed) {
  bool first = layout == dl::DataLayout::channels_first;
  int64_t last = rank(input) - 1, channels = first ? 1 : last;
  if (bias)
    equal(output, channels, bias, 0);
  int64_t kernelIn = transposed ? (first ? 0 : last) : (first ? 1 : last - 1);
  if (isStatic(input, channels) && isStatic(kernel, kernelIn))
    return;
  Value wanted = sizes.get(kernel, kernelIn);
  if (!transposed && groups != 1)
    wanted = arith::MulIOp::create(builder, op->getLoc(), wanted, sizes.constant(groups));
  failIf(arith::CmpIPredicate::ne, sizes.get(input, channels), wanted,
         "the operand's channels are not the kernel's");
}

void SizeChecker::checkBatches(Value matrices, Value other) {
  for (int64_t d = 0; d < rank(matrices) - 2; ++d)
    equal(matrices, d, other, d);
}

void SizeChecker::atMost(Value x, int64_t i, Value y, int64_t j, StringRef message) {
  if (!isStatic(x, i) || !isStatic(y, j))
    failIf(arith::CmpIPredicate::sgt, sizes.get(x, i), sizes.get(y, j), message);
}

void SizeChecker::checkAttention(dl::AttentionOp op) {
  Value q = op.getQuery(), k = op.getKey(), v = op.getValue();
  equal(q, 0, k, 0);
  equal(q, 0, v, 0);
  equal(k, 1, v, 1);
  equal(q, 3, k, 3);
  equal(k, 2, v, 2);
  Value mask = op.getMask();
  if (!mask)
    return;
  std::pair<Value, int64_t> wanted[] = {{q, 0}, {q, 1}, {q, 2}, {k, 2}};
  for (int64_t d = 0; d < rank(mask); ++d) {
    auto [tensor, dimension] = wanted[4 - rank(mask) + d];
    if (isStatic(mask, d))
      if (cast<RankedTensorType>(mask.getType()).getDimSize(d) == 1)
        continue;
    equal(mask, d, tensor, dimension);
  }
}

void SizeChecker::checkRecurrence(Value input, Value lengths, ArrayRef<Value> initial) {
  if (lengths)
    equal(input, 1, lengths, 0);
  for (Value state : initial)
    if (state)
      equal(input, 1, state, 1);
}

void SizeChecker::checkFactors() {
  TypeSwitch<Operation *>(op)
      .Case<dl::CholeskyOp, dl::EighOp, dl::LdlOp>([&](auto op) {
        int64_t last = rank(op.getInput()) - 1;
        equal(op.getInput(), last, op.getInput(), last - 1);
      })
      .Case([&](dl::EigOp op) {
        int64_t columns = rank(op.getInput()) - 2;
        equal(op.getInput(), columns, op.getInput(), columns - 1);
      })
      .Case([&](dl::TriangularSolveOp op) {
        int64_t last = rank(op.getA()) - 1;
        equal(op.getA(), last, op.getA(), last - 1);
        checkBatches(op.getA(), op.getB());
        equal(op.getA(), last, op.getB(), op.getRightSide() ? last : last - 1);
      })
      .Case([&](dl::ExchangeRowsOp op) {
        checkBatches(op.getInput(), op.getPivots());
        atMost(op.getPivots(), rank(op.getPivots()) - 1, op.getInput(), rank(op.getInput()) - 2,
               "there are more pivots than rows");
      })
      .Case([&](dl::HouseholderProductOp op) {
        int64_t columns = rank(op.getFactors()) - 1;
        checkBatches(op.getFactors(), op.getTau());
        atMost(op.getTau(), columns - 1, op.getFactors(), columns,
               "there are more reflections than columns");
        atMost(op.getFactors(), columns, op.getFactors(), columns - 1,
               "a product of reflections has more columns than rows");
      })
      .Case([&](dl::LdlSolveOp op) {
        int64_t last = rank(op.getFactors()) - 1;
        equal(op.getFactors(), last, op.getFactors(), last - 1);
        checkBatches(op.getFactors(), op.getB());
        checkBatches(op.getFactors(), op.getPivots());
        equal(op.getFactors(), last, op.getB(), last - 1);
        equal(op.getFactors(), last, op.getPivots(), last - 1);
      });
}

void SizeChecker::check() {
  checkNotNegative();
  checkFactors();
  TypeSwitch<Operation *>(op)
      .Case([&](tensor::CastOp op) { checkCast(op); })
      .Case([&](dl::BroadcastInDimOp op) { checkBroadcast(op); })
      .Case([&](dl::ReshapeOp op) { checkReshape(op); })
      .Case([&](dl::SliceOp op) { checkSlice(op); })
      .Case([&](dl::TopKOp op) { checkTopK(op); })
      .Case([&](dl::GatherOp op) { checkGather(op); })
      .Case([&](dl::ScatterOp op) { checkScatter(op); })
      .Case([&](dl::ClampOp op) {
        equalShapes(op.getInput(), op.getOutput());
        for (Value bound : {op.getLow(), op.getHigh()})
          if (rank(bound))
            equalShapes(bound, op.getOutput());
      })
      .Case([&](dl::ConcatOp op) {
        for (Value input : op.getInputs())
          for (int64_t d = 0; d < rank(input); ++d)
            if (d != static_cast<int64_t>(op.getDimension()))
              equal(input, d, op.getOutput(), d);
      })
      .Case([&](dl::DotGeneralOp op) {
        equalDims(op.getLhs(), op.getLhsBatching(), op.getRhs(), op.getRhsBatching());
        equalDims(op.getLhs(), op.getLhsContracting(), op.getRhs(), op.getRhsContracting());
      })
      .Case([&](dl::ConvOp op) {
        checkConv(op.getInput(), op.getKernel(), op.getBias(), op.getOutput(), op.getGroups(),
                  op.getLayout(), false);
      })
      .Case([&](dl::ConvTransposeOp op) {
        checkConv(op.getInput(), op.getKernel(), op.getBias(), op.getOutput(), op.getGroups(),
                  op.getLayout(), true);
      })
      .Case([&](dl::BatchNormOp op) {
        checkPerFeature(op.getInput(), op.getFeatureDimension(),
                        {op.getScale(), op.getBias(), op.getMean(), op.getVariance()});
      })
      .Case([&](dl::GroupNormOp op) {
        checkPerFeature(op.getInput(), 1, {op.getScale(), op.getBias()});
      })
      .Case<dl::QuantizeOp, dl::DequantizeOp>([&](auto op) {
        if (!op.getBlockSize())
          checkPerFeature(op.getInput(), op.getAxis(), {op.getScale(), op.getZeroPoint()});
      })
      .Case([&](dl::SortOp op) {
        for (Value input : op.getInputs())
          equalShapes(input, op.getInputs().front());
      })
      .Case([&](dl::AttentionOp op) { checkAttention(op); })
      .Case<dl::RnnOp, dl::GruOp>([&](auto op) {
        checkRecurrence(op.getInput(), op.getSequenceLengths(), {op.getInitialH()});
      })
      .Case([&](dl::LstmOp op) {
        checkRecurrence(op.getInput(), op.getSequenceLengths(),
                        {op.getInitialH(), op.getInitialC()});
      })
      .Case([&](dl::GridSampleOp op) { equal(op.getInput(), 0, op.getGrid(), 0); })
      .Default([&](Operation *op) {
        if (!op->hasTrait<OpTrait::SameOperandsAndResultShape>())
          return;
        for (Value operand : op->getOperands())
          equalShapes(operand, op->getResult(0));
      });
}

SmallVector<Operation *> dlc::checkSizes(Operation *op, Sizes &sizes) {
  SizeChecker checker(op, sizes);
  checker.check();
  return checker.takeChecks();
}
