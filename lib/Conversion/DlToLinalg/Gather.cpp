//===- Gather.cpp - gather and scatter ------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Indices of mode `error` are checked in a pass of their own over the index
// tensor, which is small beside the data, so that the loop that moves elements
// has no branches.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

namespace {
/// Where gather and scatter find the boxes of their operand.
struct IndexedBoxes {
  Value indices;
  int64_t vectorDim;
  ArrayRef<int64_t> indexMap, operandBatching, indicesBatching;
  dl::IndexMode mode;
  /// The last valid start in each operand dimension.
  SmallVector<Value> last;

  /// Ends the run where a start is outside.
  void checkStarts(B &b, const Twine &message) const {
    // An empty index vector is the start of the operand itself.
    if (mode == dl::IndexMode::drop || indexMap.empty())
      return;
    if (mode == dl::IndexMode::clamp) {
      for (int64_t d : indexMap)
        check(b,
              arith::CmpIOp::create(b, arith::CmpIPredicate::sge, last[d], indexConstant(b, 0)),
              message);
      return;
    }
    int64_t rank = cast<RankedTensorType>(indices.getType()).getRank();
    Value valid = checkNone(b, indices, [&](B &inner, Value stored, ArrayRef<Value> at) {
      Value index = toIndex(inner, stored);
      // Which entry of the index vector this is decides the bound.
      Value bound = last[indexMap.front()];
      for (int64_t k = 1, n = indexMap.size(); k < n && vectorDim < rank; ++k) {
        Value isEntry = arith::CmpIOp::create(inner, arith::CmpIPredicate::eq, at[vectorDim],
                                              indexConstant(inner, k));
        bound = arith::SelectOp::create(inner, isEntry, last[indexMap[k]], bound);
      }
      Value isLow = arith::CmpIOp::create(inner, arith::CmpIPredicate::slt, index,
                                          indexConstant(inner, 0));
      Value isHigh = arith::CmpIOp::create(inner, arith::CmpIPredicate::sgt, index, bound);
      return arith::OrIOp::create(inner, isLow, isHigh).getResult();
    });
    check(b, valid, message);
  }

  /// The start of the box at `batch`; with mode `drop` also whether it is inside.
  SmallVector<Value> getStart(B &b, ArrayRef<Value> batch, Value &isInside) const {
    int64_t rank = cast<RankedTensorType>(indices.getType()).getRank();
    SmallVector<Value> start(last.size(), indexConstant(b, 0));
    isInside = Value();
    for (auto [k, d] : llvm::enumerate(indexMap)) {
      SmallVector<Value> at(batch);
      if (vectorDim < rank)
        at.insert(at.begin() + vectorDim, indexConstant(b, k));
      Value index = toIndex(b, tensor::ExtractOp::create(b, indices, at));
      if (mode == dl::IndexMode::clamp) {
        index = arith::MaxSIOp::create(b, index, indexConstant(b, 0));
        index = arith::MinSIOp::create(b, index, last[d]);
      } else if (mode == dl::IndexMode::drop) {
        Value low = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, index,
                                          indexConstant(b, 0));
        Value high = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, index, last[d]);
        Value inside = arith::AndIOp::create(b, low, high);
        isInside = isInside ? arith::AndIOp::create(b, isInside, inside).getResult() : inside;
      }
      start[d] = index;
    }
    for (auto [operandDim, indicesDim] : llvm::zip_equal(operandBatching, indicesBatching))
      start[operandDim] = batch[indicesDim - (indicesDim > vectorDim ? 1 : 0)];
    return start;
  }
};
} // namespace

/// Splits indices into those of `dims` and the rest.
static void splitIndices(ArrayRef<Value> indices, ArrayRef<int64_t> dims,
                         SmallVector<Value> &inside, SmallVector<Value> &rest) {
  for (auto [d, index] : llvm::enumerate(indices))
    (llvm::is_contained(dims, int64_t(d)) ? inside : rest).push_back(index);
}

static LogicalResult lowerGather(dl::GatherOp op, dl::GatherOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput();
  IndexedBoxes boxes{adaptor.getIndices(),
                     int64_t(op.getIndexVectorDim()),
                     op.getStartIndexMap(),
                     op.getOperandBatchingDims(),
                     op.getStartIndicesBatchingDims(),
                     op.getMode(),
                     {}};
  SmallVector<int64_t> keptDims;
  for (auto [d, size] : llvm::enumerate(getSizes(b, input))) {
    int64_t slice = op.getSliceSizes()[d];
    OpFoldResult room =
        slice < 0 ? OpFoldResult(b.getIndexAttr(0)) : subIndex(b, size, b.getIndexAttr(slice));
    boxes.last.push_back(toValue(b, room));
    if (!llvm::is_contained(op.getCollapsedSliceDims(), int64_t(d)) &&
        !llvm::is_contained(op.getOperandBatchingDims(), int64_t(d)))
      keptDims.push_back(d);
  }
  boxes.checkStarts(b, "an index of a gather is out of range");
  auto type = storageTensorType(op.getOutput());
  Value result = generate(b, type, *sizes, [&](B &inner, ArrayRef<Value> indices) {
    SmallVector<Value> offsets, batch;
    splitIndices(indices, op.getOffsetDims(), offsets, batch);
    Value isInside;
    SmallVector<Value> position = boxes.getStart(inner, batch, isInside);
    for (auto [i, d] : llvm::enumerate(keptDims))
      position[d] = arith::AddIOp::create(inner, position[d], offsets[i]);
    if (!isInside)
      return tensor::ExtractOp::create(inner, input, position).getResult();
    Type element = type.getElementType();
    auto branch = scf::IfOp::create(
        inner, isInside,
        [&](OpBuilder &nested, Location loc) {
          B body(loc, nested);
          scf::YieldOp::create(body,
                               tensor::ExtractOp::create(body, input, position).getResult());
        },
        [&](OpBuilder &nested, Location loc) {
          B body(loc, nested);
          Value zero = arith::ConstantOp::create(body, body.getZeroAttr(element));
          scf::YieldOp::create(body, zero);
        });
    return branch.getResult(0);
  });
  rewriter.replaceOp(op, result);
  return success();
}

/// The old element combined with the update, both stored.
static Value combine(B &b, Value old, Value update, Type element, dl::ScatterKind kind) {
  if (kind == dl::ScatterKind::replace)
    return update;
  Value lhs = fromStorage(b, old, element), rhs = fromStorage(b, update, element), result;
  switch (kind) {
  case dl::ScatterKind::replace:
    llvm_unreachable("handled above");
  case dl::ScatterKind::add:
    result = emitAdd(b, lhs, rhs);
    break;
  case dl::ScatterKind::mul:
    result = emitMul(b, lhs, rhs);
    break;
  case dl::ScatterKind::max:
    result = emitMax(b, lhs, rhs, element);
    break;
  case dl::ScatterKind::min:
    result = emitMin(b, lhs, rhs, element);
    break;
  }
  return toStorage(b, result, element);
}

static LogicalResult lowerScatter(dl::ScatterOp op, dl::ScatterOp::Adaptor adaptor,
                                  ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput(), updates = adaptor.getUpdates();
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<int64_t> windowDims;
  SmallVector<OpFoldResult> box(rank, b.getIndexAttr(1));
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(op.getInsertedWindowDims(), d) &&
        !llvm::is_contained(op.getInputBatchingDims(), d))
      windowDims.push_back(d);
  for (auto [i, d] : llvm::enumerate(op.getUpdateWindowDims()))
    box[windowDims[i]] = getSize(b, updates, d);
  IndexedBoxes boxes{adaptor.getIndices(),
                     int64_t(op.getIndexVectorDim()),
                     op.getScatterDimsToOperandDims(),
                     op.getInputBatchingDims(),
                     op.getScatterIndicesBatchingDims(),
                     op.getMode(),
                     {}};
  for (auto [d, size] : llvm::enumerate(getSizes(b, input)))
    boxes.last.push_back(toValue(b, subIndex(b, size, box[d])));
  boxes.checkStarts(b, "an index of a scatter is out of range");

  Type element = elementOf(op.getInput());
  // A copy that the loops change in place.
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<OpFoldResult> updateSizes = getSizes(b, updates);
  auto applyAt = [&](B &inner, ArrayRef<Value> indices, Value tensor) -> Value {
    SmallVector<Value> window, batch;
    splitIndices(indices, op.getUpdateWindowDims(), window, batch);
    Value isInside;
    SmallVector<Value> position = boxes.getStart(inner, batch, isInside);
    for (auto [i, d] : llvm::enumerate(windowDims))
      position[d] = arith::AddIOp::create(inner, position[d], window[i]);
    auto insert = [&](B &body) -> Value {
      Value update = tensor::ExtractOp::create(body, updates, indices);
      Value old = tensor::ExtractOp::create(body, tensor, position);
      Value value = combine(body, old, update, element, op.getKind());
      return tensor::InsertOp::create(body, value, tensor, position);
    };
    if (!isInside)
      return insert(inner);
    auto branch = scf::IfOp::create(
        inner, isInside,
        [&](OpBuilder &nested, Location loc) {
          B body(loc, nested);
          scf::YieldOp::create(body, insert(body));
        },
        [&](OpBuilder &nested, Location loc) { scf::YieldOp::create(nested, loc, tensor); });
    return branch.getResult(0);
  };
  Value copy = linalg::CopyOp::create(b, input, emptyTensor(b, type, getSizes(b, input)))
                   .getResult(0);
  Value result = loopOverTensor(b, updateSizes, copy, applyAt);
  auto resultType = storageTensorType(op.getOutput());
  if (result.getType() != resultType)
    result = tensor::CastOp::create(b, resultType, result);
  rewriter.replaceOp(op, result);
  return success();
}

void dlc::populateDlGatherToLinalgPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  addLowering<dl::GatherOp>(patterns, converter, lowerGather);
  addLowering<dl::ScatterOp>(patterns, converter, lowerScatter);
}
