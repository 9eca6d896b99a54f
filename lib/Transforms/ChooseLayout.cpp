//===- ChooseLayout.cpp - -dl-choose-layout -------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same walk is done twice. `Planner` finds the values that a channels-last
// region would hold and what transposing at its borders would cost; where the
// convolutions are worth it, `Converter` writes the region.
//
//===----------------------------------------------------------------------===//

#include "dlc/Transforms/Passes.h"
#include "dlc/Transforms/TensorBuilder.h"

namespace dlc {
#define GEN_PASS_DEF_CHOOSELAYOUT
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;
using Layout = dlc::dl::DataLayout;

//===----------------------------------------------------------------------===//
// What may stand in a channels-last region
//===----------------------------------------------------------------------===//

/// N,C,spatial → N,spatial,C: result dimension d is operand dimension
/// toLast(rank)[d].
static SmallVector<int64_t> toLast(int64_t rank) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::rotate(permutation.begin() + 1, permutation.begin() + 2, permutation.end());
  return permutation;
}
/// N,spatial,C → N,C,spatial.
static SmallVector<int64_t> toFirst(int64_t rank) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::rotate(permutation.begin() + 1, permutation.end() - 1, permutation.end());
  return permutation;
}
/// Where dimension `dim` of N,C,spatial goes.
static int64_t moved(int64_t dim, int64_t rank) {
  return dim == 0 ? 0 : dim == 1 ? rank - 1 : dim - 1;
}

static int64_t rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : 0;
}

static bool isElementwise(Operation *op) {
  return isa_and_present<DlDialect>(op->getDialect()) && op->getNumResults() == 1 &&
         (op->hasTrait<OpTrait::Elementwise>() || isa<ConvertOp, ClampOp, BitcastOp>(op));
}

static bool isConvertibleConv(Operation *op) {
  auto conv = dyn_cast<ConvOp>(op);
  return conv && conv.getLayout() == Layout::channels_first && conv.getType().getRank() > 2;
}

/// Whether the op computes the same on permuted operands, `isLast` telling which
/// are in the region.
static bool isConvertible(Operation *op, llvm::function_ref<bool(Value)> isLast) {
  if (isConvertibleConv(op))
    return true;
  if (op->getNumOperands() == 0 || op->getNumResults() == 0)
    return false;
  if (isElementwise(op)) {
    int64_t rank = rankOf(op->getResult(0));
    return llvm::any_of(op->getOperands(), isLast) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return rankOf(operand) == rank || (isa<ClampOp>(op) && rankOf(operand) == 0);
           });
  }
  if (isa<ConcatOp>(op))
    return llvm::all_of(op->getOperands(), isLast);
  if (!isLast(op->getOperand(0)))
    return false;
  if (auto pool = dyn_cast<PoolOp>(op))
    return pool.getLayout() == Layout::channels_first;
  if (auto norm = dyn_cast<BatchNormOp>(op))
    return norm.getFeatureDimension() == 1;
  if (auto pad = dyn_cast<PadOp>(op))
    return !pad.getDynamicLow();
  if (auto reduce = dyn_cast<ReduceOp>(op))
    // What stays must keep its order: channels or all of the space must go.
    return reduce.getKeepDims() || llvm::is_contained(reduce.getDimensions(), 1) ||
           llvm::all_of(llvm::seq<int64_t>(2, rankOf(op->getOperand(0))), [&](int64_t d) {
             return llvm::is_contained(reduce.getDimensions(), d);
           });
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    // With one point per channel both orders are the same.
    ArrayRef<int64_t> shape = getTensorType(reshape.getInput()).getShape();
    return llvm::all_of(shape.drop_front(2), [](int64_t size) { return size == 1; });
  }
  return false;
}

/// Whether the result of a convertible op is in the region, too.
static bool staysInRegion(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reduce.getKeepDims();
  return !isa<ReshapeOp>(op);
}

/// A broadcast or splat constant: made in either order for nothing.
static bool isFreeToPermute(Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return constant.getValue().isSplat();
  return value.getDefiningOp<BroadcastInDimOp>() != nullptr;
}

//===----------------------------------------------------------------------===//
// Planner
//===----------------------------------------------------------------------===//

namespace {
/// Weighs convolutions against transposes, a dynamic size counting as 1.
class Planner {
public:
  /// Products in convolutions, and elements transposed at the region's borders.
  double work = 0, border = 0;

  void visit(Block &block) {
    for (Operation &op : block) {
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          visit(inner);
      visit(&op);
    }
  }

private:
  static double count(Value value) {
    double elements = 1;
    for (int64_t size : getTensorType(value).getShape())
      elements *= ShapedType::isDynamic(size) ? 1 : size;
    return elements;
  }

  void visit(Operation *op) {
    auto isLast = [&](Value value) { return last.contains(value); };
    if (!isConvertible(op, isLast)) {
      for (Value operand : op->getOperands())
        if (isLast(operand) && transposed.insert(operand).second)
          border += count(operand);
      return;
    }
    if (auto conv = dyn_cast<ConvOp>(op)) {
      auto kernel = getTensorType(conv.getKernel());
      double taps = count(conv.getKernel()) /
                    std::max<double>(1, ShapedType::isDynamic(kernel.getDimSize(0))
                                            ? 1
                                            : kernel.getDimSize(0));
      work += count(conv) * taps;
      enter(conv.getInput());
    } else if (isElementwise(op)) {
      for (Value operand : op->getOperands())
        if (rankOf(operand) > 0 && !isFreeToPermute(operand))
          enter(operand);
    }
    if (staysInRegion(op))
      last.insert(op->getResult(0));
  }

  void enter(Value operand) {
    if (!last.contains(operand) && transposed.insert(operand).second)
      border += count(operand);
  }

  llvm::DenseSet<Value> last, transposed;
};

//===----------------------------------------------------------------------===//
// Converter
//===----------------------------------------------------------------------===//

class Converter {
public:
  void visit(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          visit(inner);
      visit(&op);
    }
  }

  /// Gives what still uses a value its old order, and removes the old ops.
  void finish() {
    for (Operation *op : llvm::reverse(converted)) {
      Value result = op->getResult(0);
      if (auto it = last.find(result); it != last.end() && !result.use_empty()) {
        OpBuilder builder(op->getContext());
        builder.setInsertionPointAfterValue(it->second);
        TensorBuilder b(builder, op->getLoc());
        Value first = b.transpose(it->second, toFirst(rankOf(result)));
        result.replaceAllUsesWith(b.cast(first, result.getType()));
      }
      op->erase();
    }
  }

private:
  void visit(Operation *op) {
    auto isLast = [&](Value value) { return last.contains(value); };
    if (!isConvertible(op, isLast))
      return;
    OpBuilder builder(op);
    TensorBuilder b(builder, op->getLoc());
    Value result = convert(op, b);
    if (staysInRegion(op))
      last[op->getResult(0)] = result;
    else
      op->getResult(0).replaceAllUsesWith(b.cast(result, op->getResult(0).getType()));
    converted.push_back(op);
  }

  /// The operand in channels-last order.
  Value get(Value value, TensorBuilder &b) {
    if (Value known = last.lookup(value))
      return known;
    if (Value known = border.lookup(value))
      return known;
    int64_t rank = rankOf(value);
    RankedTensorType type = getTensorType(value);
    SmallVector<int64_t> shape;
    for (int64_t d : toLast(rank))
      shape.push_back(type.getDimSize(d));
    if (auto constant = value.getDefiningOp<ConstantOp>(); constant && constant.getValue().isSplat())
      if (auto elements = dyn_cast<DenseElementsAttr>(constant.getValue()))
        return ConstantOp::create(b, elements.resizeSplat(type.clone(shape)));
    if (auto broadcast = value.getDefiningOp<BroadcastInDimOp>())
      return permuteBroadcast(broadcast, type.clone(shape), b);
    // At the border: once for all uses.
    OpBuilder after(b.getContext());
    after.setInsertionPointAfterValue(value);
    Value transposed = TensorBuilder(after, value.getLoc()).transpose(value, toLast(rank));
    return border[value] = transposed;
  }

  /// A broadcast to the permuted shape. Its operand is permuted where its
  /// dimensions would change their order.
  Value permuteBroadcast(BroadcastInDimOp op, RankedTensorType type, TensorBuilder &b) {
    SmallVector<std::pair<int64_t, int64_t>> places; // result dimension, operand dimension
    for (auto [d, dim] : llvm::enumerate(op.getBroadcastDimensions()))
      places.push_back({moved(dim, type.getRank()), d});
    llvm::sort(places);
    SmallVector<int64_t> dims, permutation;
    for (auto [dim, d] : places) {
      dims.push_back(dim);
      permutation.push_back(d);
    }
    Value input = b.transpose(op.getInput(), permutation);
    Value shape = op.getShape() ? permuteShape(op.getShape()) : Value();
    return BroadcastInDimOp::create(b, type, input, shape, dims);
  }

  /// A shape operand in channels-last order; one for all that have the same.
  Value permuteShape(Value shape) {
    Value &permuted = shapes[shape];
    if (!permuted) {
      int64_t rank = getTensorType(shape).getDimSize(0);
      OpBuilder after(shape.getContext());
      after.setInsertionPointAfterValue(shape);
      TensorBuilder b(after, shape.getLoc());
      permuted = b.concat(
          {b.slice(shape, 0, 0, 1), b.slice(shape, 0, 2, rank), b.slice(shape, 0, 1, 2)}, 0);
    }
    return permuted;
  }

  Value convert(Operation *op, TensorBuilder &b) {
    if (auto conv = dyn_cast<ConvOp>(op))
      return convertConv(conv, b);
    int64_t rank = rankOf(op->getResult(0));
    if (isElementwise(op))
      return convertElementwise(op, b);
    if (auto pool = dyn_cast<PoolOp>(op))
      return PoolOp::create(b, pool.getKind(), get(pool.getInput(), b), pool.getWindow(),
                            pool.getStrides(), pool.getPaddingLow(), pool.getPaddingHigh(),
                            pool.getDilations(), pool.getCeilMode(), pool.getCountIncludePad(),
                            pool.getP(), Layout::channels_last);
    if (auto norm = dyn_cast<BatchNormOp>(op))
      return BatchNormOp::create(b, get(norm.getInput(), b), norm.getScale(), norm.getBias(),
                                 norm.getMean(), norm.getVariance(), norm.getEpsilon(), rank - 1);
    if (auto concat = dyn_cast<ConcatOp>(op)) {
      SmallVector<Value> inputs;
      for (Value input : concat.getInputs())
        inputs.push_back(get(input, b));
      return ConcatOp::create(b, inputs, moved(concat.getDimension(), rank));
    }
    if (auto pad = dyn_cast<PadOp>(op))
      return convertPad(pad, b);
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      Value input = get(reduce.getInput(), b);
      SmallVector<int64_t> dims;
      for (int64_t dim : reduce.getDimensions())
        dims.push_back(moved(dim, rankOf(input)));
      llvm::sort(dims);
      return ReduceOp::create(b, reduce.getKind(), input, dims, reduce.getKeepDims());
    }
    auto reshape = cast<ReshapeOp>(op);
    return ReshapeOp::create(b, reshape.getType(), get(reshape.getInput(), b), reshape.getShape());
  }

  Value convertConv(ConvOp conv, TensorBuilder &b) {
    // O,I,spatial → spatial,I,O
    int64_t rank = conv.getType().getRank();
    SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(2, rank));
    permutation.append({1, 0});
    return ConvOp::create(b, get(conv.getInput(), b), b.transpose(conv.getKernel(), permutation),
                          conv.getBias(), conv.getStrides(), conv.getPaddingLow(),
                          conv.getPaddingHigh(), conv.getDilations(), conv.getGroups(),
                          Layout::channels_last, conv.getType().getElementType());
  }

  Value convertElementwise(Operation *op, TensorBuilder &b) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(rankOf(operand) == 0 ? operand : get(operand, b));
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<int64_t> shape;
    for (int64_t d : toLast(type.getRank()))
      shape.push_back(type.getDimSize(d));
    OperationState state(op->getLoc(), op->getName(), operands, type.clone(shape),
                         op->getDiscardableAttrDictionary().getValue());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    return b.create(state)->getResult(0);
  }

  Value convertPad(PadOp pad, TensorBuilder &b) {
    RankedTensorType type = pad.getType();
    SmallVector<int64_t> shape, low, high, interior;
    for (int64_t d : toLast(type.getRank())) {
      shape.push_back(type.getDimSize(d));
      low.push_back(pad.getLow()[d]);
      high.push_back(pad.getHigh()[d]);
      interior.push_back(pad.getInterior()[d]);
    }
    return PadOp::create(b, type.clone(shape), get(pad.getInput(), b), pad.getValue(),
                         /*dynamic_low=*/Value(), /*dynamic_high=*/Value(), low, high, interior,
                         pad.getMode());
  }

  /// Channels-last versions of values in the region, and of those it takes in.
  llvm::DenseMap<Value, Value> last, border;
  /// Channels-last versions of shape operands.
  llvm::DenseMap<Value, Value> shapes;
  SmallVector<Operation *> converted;
};

struct ChooseLayoutPass : public dlc::impl::ChooseLayoutBase<ChooseLayoutPass> {
  using ChooseLayoutBase::ChooseLayoutBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Planner planner;
    planner.visit(getOperation().front());
    if (planner.work == 0 || planner.work < planner.border * transposeCost)
      return;
    Converter converter;
    converter.visit(getOperation().front());
    converter.finish();
  }
};
} // namespace
