//===- Sort.cpp - ops that are routines of the runtime --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sorting, selection by data and Fourier transforms are calls of C routines
// (dlc/Runtime/Kernels.h) on buffers.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::lowering;

using B = ImplicitLocOpBuilder;

static int64_t getBytes(Type storage) {
  return storage.isIndex() ? 8 : storage.getIntOrFloatBitWidth() / 8;
}
static Value indexBytes(B &b, Value indices) {
  return i32Argument(b, getBytes(storageTensorType(indices).getElementType()));
}

static LogicalResult lowerSort(dl::SortOp op, dl::SortOp::Adaptor adaptor,
                               ConversionPatternRewriter &rewriter, B &b) {
  Value keys = adaptor.getInputs().front();
  SmallVector<OpFoldResult> sizes = getSizes(b, keys);
  Split split(b, sizes, op.getDimension());
  auto keyType = cast<RankedTensorType>(keys.getType());
  bool needsOrder = op.getInputs().size() > 1;
  RoutineResult sorted(b, keyType, sizes);
  std::optional<RoutineResult> order;
  if (needsOrder)
    order.emplace(b, keyType.clone(b.getI64Type()), sizes);
  Value outer = i64Argument(b, split.outer), size = i64Argument(b, split.size),
        inner = i64Argument(b, split.inner);
  callRuntime(b, "dlc_kernel_sort",
              {callContext(b), elementCode(b, elementOf(op.getInputs().front())),
               inputPointer(b, keys), sorted.pointer(b),
               needsOrder ? order->pointer(b) : nullPointer(b), outer, size, inner,
               i32Argument(b, op.getDescending())});
  SmallVector<Value> results{sorted.tensor(b)};
  for (Value input : adaptor.getInputs().drop_front()) {
    auto type = cast<RankedTensorType>(input.getType());
    RoutineResult permuted(b, type, sizes);
    callRuntime(b, "dlc_kernel_permute",
                {i32Argument(b, getBytes(type.getElementType())), inputPointer(b, input),
                 order->pointer(b), permuted.pointer(b), outer, size, inner});
    results.push_back(permuted.tensor(b));
  }
  for (auto [result, output] : llvm::zip_equal(results, op.getOutputs()))
    if (auto type = storageTensorType(output); type != result.getType())
      result = tensor::CastOp::create(b, type, result);
  rewriter.replaceOp(op, results);
  return success();
}

static LogicalResult lowerTopK(dl::TopKOp op, dl::TopKOp::Adaptor adaptor,
                               ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput();
  SmallVector<OpFoldResult> sizes = getSizes(b, input);
  int64_t dim = op.getDimension();
  Split split(b, sizes, dim);
  auto valueType = storageTensorType(op.getValues()), indexType = storageTensorType(op.getIndices());
  OpFoldResult k = b.getIndexAttr(valueType.getDimSize(dim));
  if (valueType.isDynamicDim(dim))
    k = toIndex(b, extractScalar(b, adaptor.getK()));
  Value kValue = toValue(b, k);
  Value isValid = arith::AndIOp::create(
      b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, kValue, indexConstant(b, 0)),
      arith::CmpIOp::create(b, arith::CmpIPredicate::sle, kValue, toValue(b, split.size)));
  check(b, isValid, "k is larger than the dimension of a top_k, or negative");
  sizes[dim] = k;
  RoutineResult values(b, valueType, sizes), indices(b, indexType, sizes);
  callRuntime(b, "dlc_kernel_top_k",
              {callContext(b), elementCode(b, elementOf(op.getInput())), inputPointer(b, input),
               values.pointer(b), indices.pointer(b), indexBytes(b, op.getIndices()),
               i64Argument(b, split.outer), i64Argument(b, split.size),
               i64Argument(b, split.inner), i64Argument(b, k),
               i32Argument(b, op.getSmallest())});
  rewriter.replaceOp(op, {values.tensor(b), indices.tensor(b)});
  return success();
}

//===----------------------------------------------------------------------===//
// Results whose size depends on data
//===----------------------------------------------------------------------===//

/// Whether only the sizes of the op's results are used: then it just counts.
static bool isCounting(Operation *op) {
  return llvm::all_of(op->getUsers(), [](Operation *user) {
    return isa<dl::DimSizeOp, tensor::DimOp>(user);
  });
}

static OpFoldResult countAll(B &b, Value tensor) {
  OpFoldResult count = b.getIndexAttr(1);
  for (OpFoldResult size : getSizes(b, tensor))
    count = mulIndex(b, count, size);
  return count;
}

static LogicalResult lowerNonzero(dl::NonzeroOp op, dl::NonzeroOp::Adaptor adaptor,
                                  ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput(), pointer = inputPointer(b, input);
  Value element = elementCode(b, elementOf(op.getInput()));
  Value count = callRuntime(b, "dlc_kernel_nonzero_count",
                            {element, pointer, i64Argument(b, countAll(b, input))},
                            b.getI64Type())
                    .getResult(0);
  auto type = storageTensorType(op.getOutput());
  SmallVector<OpFoldResult> sizes{b.getIndexAttr(type.getDimSize(0)), toIndex(b, count)};
  if (isCounting(op)) {
    rewriter.replaceOp(op, emptyTensor(b, type, sizes));
    return success();
  }
  // The operand's shape in memory.
  SmallVector<OpFoldResult> inputSizes = getSizes(b, input);
  int64_t rank = inputSizes.size();
  Value shape;
  if (rank == 0) {
    shape = nullPointer(b);
  } else {
    SmallVector<Value> extents;
    for (OpFoldResult size : inputSizes)
      extents.push_back(i64Argument(b, size));
    shape = inputPointer(b, tensor::FromElementsOp::create(
                                b, RankedTensorType::get({rank}, b.getI64Type()), extents));
  }
  RoutineResult result(b, type, sizes);
  callRuntime(b, "dlc_kernel_nonzero",
              {element, pointer, result.pointer(b), indexBytes(b, op.getOutput()),
               i64Argument(b, b.getIndexAttr(rank)), shape, count});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

static LogicalResult lowerUnique(dl::UniqueOp op, dl::UniqueOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter, B &b) {
  Value input = adaptor.getInput();
  OpFoldResult one = b.getIndexAttr(1), outer = one, size = countAll(b, input), inner = one;
  if (op.getAxis()) {
    Split split(b, getSizes(b, input), *op.getAxis());
    outer = split.outer, size = split.size, inner = split.inner;
  }
  Value element = elementCode(b, elementOf(op.getInput())), pointer = inputPointer(b, input);
  Value outerArg = i64Argument(b, outer), sizeArg = i64Argument(b, size),
        innerArg = i64Argument(b, inner), context = callContext(b),
        separate = i32Argument(b, op.getSeparateNans());
  Value count = callRuntime(b, "dlc_kernel_unique_count",
                            {context, element, pointer, outerArg, sizeArg, innerArg, separate},
                            b.getI64Type())
                    .getResult(0);
  OpFoldResult found = toIndex(b, count);
  SmallVector<OpFoldResult> valueSizes{found};
  if (op.getAxis()) {
    valueSizes = getSizes(b, input);
    valueSizes[*op.getAxis()] = found;
  }
  SmallVector<SmallVector<OpFoldResult>> sizes{valueSizes, {found}, {size}, {found}};
  if (isCounting(op)) {
    SmallVector<Value> results;
    for (auto [output, shape] : llvm::zip_equal(op->getResults(), sizes))
      results.push_back(emptyTensor(b, storageTensorType(output), shape));
    rewriter.replaceOp(op, results);
    return success();
  }
  SmallVector<RoutineResult> results;
  SmallVector<Value> pointers, tensors;
  for (auto [output, shape] : llvm::zip_equal(op->getResults(), sizes)) {
    results.emplace_back(b, storageTensorType(output), shape);
    pointers.push_back(results.back().pointer(b));
  }
  callRuntime(b, "dlc_kernel_unique",
              {context, element, pointer, pointers[0], pointers[1], pointers[2], pointers[3],
               indexBytes(b, op.getCounts()), outerArg, sizeArg, innerArg, count,
               i32Argument(b, op.getSorted()), separate});
  for (RoutineResult &result : results)
    tensors.push_back(result.tensor(b));
  rewriter.replaceOp(op, tensors);
  return success();
}

/// A scalar float tensor's element as f64.
static Value asDouble(B &b, Value tensor, Type element) {
  Value value = fromStorage(b, extractScalar(b, tensor), element);
  return convertElement(b, value, isa<FloatType>(element) ? getComputeType(element) : element,
                        b.getF64Type());
}

static LogicalResult lowerNonMaxSuppression(dl::NonMaxSuppressionOp op,
                                            dl::NonMaxSuppressionOp::Adaptor adaptor,
                                            ConversionPatternRewriter &rewriter, B &b) {
  Type element = elementOf(op.getBoxes()), scoreElement = elementOf(op.getScores());
  if (element != scoreElement)
    return op.emitOpError("has boxes and scores of different element types");
  Value boxes = adaptor.getBoxes(), scores = adaptor.getScores();
  Value maxOutput = i64Argument(b, toIndex(b, extractScalar(b, adaptor.getMaxOutput())));
  Value iou = asDouble(b, adaptor.getIouThreshold(), elementOf(op.getIouThreshold()));
  Value threshold =
      op.getScoreThreshold()
          ? asDouble(b, adaptor.getScoreThreshold(), elementOf(op.getScoreThreshold()))
          : floatConstant(b, b.getF64Type(), -std::numeric_limits<double>::infinity());
  auto type = storageTensorType(op.getOutput());
  Value context = callContext(b), boxPointer = inputPointer(b, boxes),
        scorePointer = inputPointer(b, scores);
  SmallVector<OpFoldResult> sizes = getSizes(b, scores);
  auto call = [&](Value out, Value capacity) {
    return callRuntime(b, "dlc_kernel_non_max_suppression",
                       {context, elementCode(b, element), boxPointer, scorePointer, out,
                        indexBytes(b, op.getOutput()), capacity, i64Argument(b, sizes[0]),
                        i64Argument(b, sizes[1]), i64Argument(b, sizes[2]), maxOutput, iou,
                        threshold, i32Argument(b, op.getCenterPointBox())},
                       b.getI64Type())
        .getResult(0);
  };
  Value count = call(nullPointer(b), intConstant(b, b.getI64Type(), 0));
  SmallVector<OpFoldResult> resultSizes{toIndex(b, count), b.getIndexAttr(3)};
  if (isCounting(op)) {
    rewriter.replaceOp(op, emptyTensor(b, type, resultSizes));
    return success();
  }
  RoutineResult result(b, type, resultSizes);
  call(result.pointer(b), count);
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

//===----------------------------------------------------------------------===//
// Fourier transforms
//===----------------------------------------------------------------------===//

static LogicalResult lowerFft(dl::FftOp op, dl::FftOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter, B &b) {
  auto sizes = getOnlyResultSizes(b, op);
  if (failed(sizes))
    return failure();
  Value input = adaptor.getInput();
  SmallVector<OpFoldResult> inputSizes = getSizes(b, input);
  int64_t dim = op.getDimension();
  bool isComplex = op.getKind() != dl::FftKind::rfft;
  SmallVector<OpFoldResult> shape(inputSizes);
  if (isComplex)
    shape.pop_back();
  Split split(b, shape, dim);
  OpFoldResult length = split.size, terms = split.size;
  if (op.getKind() == dl::FftKind::rfft)
    terms = (*sizes)[dim];
  else if (op.getKind() == dl::FftKind::irfft)
    length = (*sizes)[dim];
  RoutineResult result(b, storageTensorType(op.getOutput()), *sizes);
  callRuntime(b, "dlc_kernel_fft",
              {callContext(b), elementCode(b, elementOf(op.getInput())),
               i32Argument(b, int64_t(op.getKind())), inputPointer(b, input), result.pointer(b),
               i64Argument(b, split.outer), i64Argument(b, length), i64Argument(b, terms),
               i64Argument(b, split.inner)});
  rewriter.replaceOp(op, result.tensor(b));
  return success();
}

void dlc::populateDlSortToLinalgPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  addLowering<dl::SortOp>(patterns, converter, lowerSort);
  addLowering<dl::TopKOp>(patterns, converter, lowerTopK);
  addLowering<dl::NonzeroOp>(patterns, converter, lowerNonzero);
  addLowering<dl::UniqueOp>(patterns, converter, lowerUnique);
  addLowering<dl::NonMaxSuppressionOp>(patterns, converter, lowerNonMaxSuppression);
  addLowering<dl::FftOp>(patterns, converter, lowerFft);
}
