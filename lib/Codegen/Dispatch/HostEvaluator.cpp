//===- HostEvaluator.cpp - small tensors as scalars -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostEvaluator.h"
#include "HostValues.h"
#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool isUnsigned(Value tensor) {
  return tensorType(tensor).getElementType().isUnsignedInteger();
}

/// The place of element `number` in a row-major tensor, and back.
static SmallVector<int64_t> getPlace(int64_t number, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> place(shape.size());
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    place[d] = number % shape[d];
    number /= shape[d];
  }
  return place;
}
static int64_t getNumber(ArrayRef<int64_t> place, ArrayRef<int64_t> shape) {
  int64_t number = 0;
  for (auto [at, size] : llvm::zip_equal(place, shape))
    number = number * size + at;
  return number;
}

const HostEvaluator::Elements *HostEvaluator::lookup(Value tensor) const {
  auto it = known.find(tensor);
  return it == known.end() ? nullptr : &it->second;
}

HostEvaluator::Elements HostEvaluator::get(Value tensor) {
  if (auto it = known.find(tensor); it != known.end())
    return it->second;
  RankedTensorType type = tensorType(tensor);
  Elements elements;
  OpBuilder builder(tensor.getContext());
  builder.setInsertionPointAfterValue(tensor);
  Location loc = tensor.getLoc();
  if (auto made = tensor.getDefiningOp<tensor::FromElementsOp>()) {
    llvm::append_range(elements, made.getElements());
  } else if (ElementsAttr values = dl::getConstantElements(tensor)) {
    ScalarBuilder scalars(builder, loc);
    Type scalar = getScalarType(type.getElementType());
    for (Attribute value : values.getValues<Attribute>()) {
      if (auto integer = dyn_cast<IntegerAttr>(value))
        value = IntegerAttr::get(scalar, integer.getValue());
      elements.push_back(scalars.constant(cast<TypedAttr>(value)));
    }
  } else {
    Value source = tensor;
    if (Type scalar = getScalarType(type.getElementType()); scalar != type.getElementType())
      source = dispatch::ViewOp::create(builder, loc, type.clone(scalar), tensor, Value(),
                                        ValueRange());
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      SmallVector<Value> place;
      for (int64_t at : getPlace(i, type.getShape()))
        place.push_back(arith::ConstantIndexOp::create(builder, loc, at));
      elements.push_back(tensor::ExtractOp::create(builder, loc, source, place));
    }
  }
  return known[tensor] = elements;
}

void HostEvaluator::evaluateShapeOp(Operation *op, Elements &out) {
  RankedTensorType type = tensorType(op->getResult(0));
  SmallVector<Elements> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(get(operand));
  ArrayRef<int64_t> shape = tensorType(op->getOperand(0)).getShape();
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<int64_t> place = getPlace(i, type.getShape());
    SmallVector<int64_t> from(shape.size());
    unsigned input = 0;
    TypeSwitch<Operation *>(op)
        .Case([&](dl::ReshapeOp) { from = getPlace(i, shape); })
        .Case([&](dl::BroadcastInDimOp op) {
          for (auto [d, to] : llvm::enumerate(op.getBroadcastDimensions()))
            from[d] = shape[d] == 1 ? 0 : place[to];
        })
        .Case([&](dl::TransposeOp op) {
          for (auto [d, source] : llvm::enumerate(op.getPermutation()))
            from[source] = place[d];
        })
        .Case([&](dl::SliceOp op) {
          for (int64_t d = 0, e = shape.size(); d < e; ++d)
            from[d] = op.getStartIndices()[d] + place[d] * op.getStrides()[d];
        })
        .Case([&](dl::ReverseOp op) {
          from = place;
          for (int64_t d : op.getDimensions())
            from[d] = shape[d] - 1 - place[d];
        })
        .Case([&](dl::ConcatOp op) {
          from = place;
          int64_t &at = from[op.getDimension()];
          while (at >= tensorType(op.getInputs()[input]).getDimSize(op.getDimension()))
            at -= tensorType(op.getInputs()[input++]).getDimSize(op.getDimension());
        });
    out.push_back(
        inputs[input][getNumber(from, tensorType(op->getOperand(input)).getShape())]);
  }
}

/// StableHLO's gather, its indices being constants.
void HostEvaluator::evaluateGather(Operation *gather, Elements &out) {
  auto op = cast<dl::GatherOp>(gather);
  Elements input = get(op.getInput());
  RankedTensorType inputType = tensorType(op.getInput()), type = tensorType(op.getOutput());
  RankedTensorType indexType = tensorType(op.getIndices());
  SmallVector<int64_t> indices;
  for (const APInt &index : dl::getConstantElements(op.getIndices()).getValues<APInt>())
    indices.push_back(index.getSExtValue());
  OpBuilder builder(op);
  ScalarBuilder scalars(builder, op.getLoc());
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<int64_t> place = getPlace(i, type.getShape()), batch, at(inputType.getRank());
    for (int64_t d = 0; d < type.getRank(); ++d)
      if (!llvm::is_contained(op.getOffsetDims(), d))
        batch.push_back(place[d]);
    bool hasVector = op.getIndexVectorDim() < static_cast<uint64_t>(indexType.getRank());
    for (auto [k, d] : llvm::enumerate(op.getStartIndexMap())) {
      SmallVector<int64_t> where = batch;
      if (hasVector)
        where.insert(where.begin() + op.getIndexVectorDim(), k);
      at[d] = indices[getNumber(where, indexType.getShape())];
    }
    bool inside = true;
    for (int64_t d = 0; d < inputType.getRank(); ++d) {
      int64_t slice = op.getSliceSizes()[d];
      int64_t last = inputType.getDimSize(d) - (slice == -1 ? inputType.getDimSize(d) : slice);
      inside &= at[d] >= 0 && at[d] <= last;
      at[d] = std::clamp<int64_t>(at[d], 0, last);
    }
    for (auto [k, d] : llvm::enumerate(op.getOperandBatchingDims()))
      at[d] = batch[op.getStartIndicesBatchingDims()[k]];
    unsigned offset = 0;
    for (int64_t d = 0; d < inputType.getRank(); ++d)
      if (!llvm::is_contained(op.getCollapsedSliceDims(), d) &&
          !llvm::is_contained(op.getOperandBatchingDims(), d))
        at[d] += place[op.getOffsetDims()[offset++]];
    if (!inside && op.getMode() == dl::IndexMode::error)
      dispatch::FailIfOp::create(
          builder, op.getLoc(), arith::ConstantIntOp::create(builder, op.getLoc(), 1, 1),
          builder.getStringAttr(
              dispatch::getMessageAt(op.getLoc(), "an index of a gather is out of range")));
    if (!inside && op.getMode() == dl::IndexMode::drop)
      out.push_back(scalars.constant(input.front().getType(), 0));
    else
      out.push_back(input[getNumber(at, inputType.getShape())]);
  }
}

void HostEvaluator::evaluateReduce(Operation *reduce, Elements &out) {
  auto op = cast<dl::ReduceOp>(reduce);
  OpBuilder builder(op);
  ScalarBuilder scalars(builder, op.getLoc());
  Elements input = get(op.getInput());
  RankedTensorType type = tensorType(op.getInput());
  bool natural = isUnsigned(op.getInput());
  SmallVector<int64_t> shape;
  for (int64_t d = 0; d < type.getRank(); ++d)
    shape.push_back(llvm::is_contained(op.getDimensions(), d) ? 1 : type.getDimSize(d));
  out.resize(tensorType(op.getOutput()).getNumElements());
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<int64_t> place = getPlace(i, type.getShape());
    for (int64_t d : op.getDimensions())
      place[d] = 0;
    Value &sum = out[getNumber(place, shape)];
    auto &b = scalars.getBuilder();
    if (!sum) {
      sum = input[i];
      continue;
    }
    switch (op.getKind()) {
    case dl::ReductionKind::sum:
      sum = scalars.add(sum, input[i]);
      break;
    case dl::ReductionKind::prod:
      sum = scalars.mul(sum, input[i]);
      break;
    case dl::ReductionKind::max:
    case dl::ReductionKind::min:
      sum = scalars.extreme(op.getKind() == dl::ReductionKind::max, sum, input[i],
                            natural || sum.getType().isInteger(1));
      break;
    case dl::ReductionKind::bit_and:
      sum = b.createOrFold<arith::AndIOp>(sum, input[i]);
      break;
    case dl::ReductionKind::bit_or:
      sum = b.createOrFold<arith::OrIOp>(sum, input[i]);
      break;
    case dl::ReductionKind::bit_xor:
      sum = b.createOrFold<arith::XOrIOp>(sum, input[i]);
      break;
    case dl::ReductionKind::mean:
      llvm_unreachable("not evaluated by the host");
    }
  }
}

void HostEvaluator::evaluateElementwise(Operation *op, Elements &out) {
  OpBuilder builder(op);
  ScalarBuilder scalars(builder, op->getLoc());
  SmallVector<Elements> in;
  for (Value operand : op->getOperands())
    in.push_back(get(operand));
  RankedTensorType type = tensorType(op->getResult(0));
  Type scalar = getScalarType(type.getElementType());
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    auto at = [&](unsigned operand) {
      return in[operand].size() == 1 ? in[operand][0] : in[operand][i];
    };
    bool natural = isUnsigned(op->getOperand(0));
    out.push_back(
        TypeSwitch<Operation *, Value>(op)
            .Case([&](dl::ConvertOp) {
              return scalars.convert(at(0), natural, scalar, isUnsigned(op->getResult(0)));
            })
            .Case([&](dl::CompareOp op) {
              return scalars.compare(static_cast<unsigned>(op.getDirection()), at(0), at(1),
                                     natural);
            })
            .Case([&](dl::SelectOp) { return scalars.select(at(0), at(1), at(2)); })
            .Case([&](dl::ClampOp) {
              Value low = scalars.extreme(true, at(1), at(0), natural);
              return scalars.extreme(false, low, at(2), natural);
            })
            .Default([&](Operation *op) {
              return op->getNumOperands() == 1 ? scalars.unary(op, at(0), natural)
                                               : scalars.binary(op, at(0), at(1), natural);
            }));
  }
}

bool HostEvaluator::evaluate(Operation *op) {
  if (!isa<dl::DlDialect>(op->getDialect()) || isa<dl::ConstantOp>(op) || !isHostEvaluable(op))
    return false;
  // An empty reduction has its neutral element, which nothing here needs.
  if (isa<dl::ReduceOp>(op) && !tensorType(op->getOperand(0)).getNumElements())
    return false;
  Elements out;
  if (isa<dl::ReshapeOp, dl::BroadcastInDimOp, dl::TransposeOp, dl::SliceOp, dl::ReverseOp,
          dl::ConcatOp>(op)) {
    evaluateShapeOp(op, out);
  } else if (isa<dl::GatherOp>(op)) {
    evaluateGather(op, out);
  } else if (isa<dl::ReduceOp>(op)) {
    evaluateReduce(op, out);
  } else if (auto splat = dyn_cast<dl::SplatOp>(op)) {
    out.assign(tensorType(splat.getOutput()).getNumElements(), get(splat.getValue()).front());
  } else if (auto iota = dyn_cast<dl::IotaOp>(op)) {
    RankedTensorType type = tensorType(iota.getOutput());
    OpBuilder builder(op);
    ScalarBuilder scalars(builder, op->getLoc());
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      out.push_back(scalars.constant(getScalarType(type.getElementType()),
                                     getPlace(i, type.getShape())[iota.getDimension()]));
  } else {
    evaluateElementwise(op, out);
  }
  known[op->getResult(0)] = std::move(out);
  return true;
}
