//===- ReverseControlFlow.cpp - cotangents through scf --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A branch is computed anew in reverse, in the branch of a second scf.if:
//
//   %y = scf.if %c { %a = f(%x); yield %a } else { … }
//   …
//   %dx = scf.if %c { %a = f(%x); %t = … %a, %dy …; yield %t } else { … }
//
// A loop keeps what it carried into each iteration, the j-th of which in reverse
// computes the (n−1−j)-th anew and goes back through it:
//
//   %y, %xs = scf.for %i = 0 to n iter_args(%x, %s) {
//     … yield f(%x), dl.dynamic_update_slice %s, %x, [%i] }
//   …
//   %dx = scf.for %j = 0 to n iter_args(%d = %dy) {
//     %x = dl.dynamic_slice %xs, [n − 1 − %j]; … f(%x) … yield %t }
//
// Only what the reverse loop reads is kept. A while loop counts its iterations; in
// reverse it is a loop of that many, run again from its start, and reversed.
//
// Checkpointing is strip-mining before that: n iterations become n / s times s of
// them, so that n / s + s states are kept instead of n, at the price of one more
// run. A while loop, whose n may be anything, always has it; s is √n.
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "grad/IR/Grad.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

/// Clones a block's ops but for the terminator.
static SmallVector<Operation *> cloneBody(Block &block, IRMapping &mapping, OpBuilder &builder) {
  return llvm::map_to_vector(block.without_terminator(),
                             [&](Operation &op) { return builder.clone(op, mapping); });
}

LogicalResult ReverseMode::runOnIf(scf::IfOp op, TensorBuilder &b) {
  SmallVector<Value> captures = activity.getVariedCaptures(op);
  if (captures.empty())
    return success();
  auto reversed = scf::IfOp::create(b, TypeRange(ValueRange(captures)), op.getCondition(),
                                    /*addThenBlock=*/true, /*addElseBlock=*/true);
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), reversed->getRegions())) {
    OpBuilder builder = OpBuilder::atBlockBegin(&to.front());
    TensorBuilder inner(builder, op.getLoc());
    IRMapping mapping;
    SmallVector<Operation *> ops = cloneBody(from.front(), mapping, inner);
    ReverseMode mode(activity, checkpointsLoops);
    for (Operation *each : ops)
      mode.activity.propagate(each);
    for (auto [result, yielded] :
         llvm::zip_equal(op.getResults(), from.front().getTerminator()->getOperands()))
      mode.add(inner, mapping.lookupOrDefault(yielded), getCotangent(result));
    if (failed(mode.run(ops, inner)))
      return failure();
    SmallVector<Value> gradients;
    for (Value capture : captures)
      gradients.push_back(mode.getOrZero(inner, capture));
    scf::YieldOp::create(inner, gradients);
  }
  for (auto [capture, gradient] : llvm::zip_equal(captures, reversed.getResults()))
    add(b, capture, gradient);
  return success();
}

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

namespace {
/// Where a loop keeps one carried value of each iteration: a tensor with a leading
/// dimension for the iterations. A scalar is kept as a tensor of rank 0.
class Stack {
public:
  Stack(Type kept, int64_t count) : kept(kept) {
    auto tensor = dyn_cast<RankedTensorType>(kept);
    elementType = tensor ? tensor.getElementType() : kept;
    sizes.push_back(count);
    if (tensor)
      llvm::append_range(sizes, tensor.getShape());
    type = RankedTensorType::get(sizes, elementType);
  }

  RankedTensorType getType() const { return type; }

  /// Zeros for `count` values of the size of `first`.
  Value makeEmpty(TensorBuilder &b, Size count, Value first) const {
    SmallVector<Size> all{count};
    if (isTensor())
      llvm::append_range(all, b.sizes(first));
    return b.splat(b.scalar(0.0, elementType), all);
  }

  Value push(TensorBuilder &b, Value stack, Value value, Value index) const {
    if (!isTensor()) {
      value = tensor::FromElementsOp::create(b, RankedTensorType::get({}, elementType), value);
      if (isa<FloatType>(elementType)) // no derivative follows a number that isn't in a tensor
        value = grad::StopOp::create(b, value);
    }
    SmallVector<Size> all{1};
    llvm::append_range(all, b.sizes(value));
    Value updated = DynamicUpdateSliceOp::create(b, stack, b.reshape(value, all), start(b, index));
    return b.cast(updated, type);
  }

  Value read(TensorBuilder &b, Value stack, Value index) const {
    SmallVector<Size> all = b.sizes(stack);
    all[0] = 1;
    SmallVector<int64_t> shape(sizes);
    shape[0] = 1;
    Value slice = DynamicSliceOp::create(b, RankedTensorType::get(shape, elementType), stack,
                                         start(b, index), b.shapeOperand(all), Value());
    Value value = b.reshape(slice, ArrayRef(all).drop_front());
    return isTensor() ? b.cast(value, kept) : tensor::ExtractOp::create(b, value, ValueRange());
  }

private:
  bool isTensor() const { return isa<RankedTensorType>(kept); }

  Value start(TensorBuilder &b, Value index) const {
    SmallVector<Value> entries{index};
    if (sizes.size() > 1)
      entries.append(sizes.size() - 1, arith::ConstantIndexOp::create(b, 0));
    return tensor::FromElementsOp::create(b, entries);
  }

  Type kept, elementType;
  SmallVector<int64_t> sizes;
  RankedTensorType type;
};

/// How a loop counts: what number iteration `iv` has, and back.
class Counter {
public:
  Counter(TensorBuilder &b, scf::ForOp op)
      : type(op.getStep().getType()), isUnsigned(op.getUnsignedCmp()),
        lowerBound(toIndex(b, op.getLowerBound())), step(toIndex(b, op.getStep())) {
    isSimple = getConstantIntValue(op.getLowerBound()) == 0 && getConstantIntValue(op.getStep()) == 1;
    if (std::optional<APInt> known = op.getStaticTripCount()) {
      trips = known->getZExtValue();
      count = arith::ConstantIndexOp::create(b, trips);
      return;
    }
    count = toIndex(b, op.getUpperBound());
    if (isSimple)
      return;
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value distance = arith::SubIOp::create(b, count, lowerBound);
    distance = arith::MaxSIOp::create(b, distance, zero);
    count = arith::CeilDivSIOp::create(b, distance, step);
  }

  /// The number of iterations, as an index.
  Value getCount() const { return count; }
  Size getSize(TensorBuilder &b) const {
    if (!ShapedType::isDynamic(trips))
      return trips;
    Value wide = arith::IndexCastOp::create(b, b.getI64Type(), count);
    return Value(tensor::FromElementsOp::create(b, RankedTensorType::get({}, b.getI64Type()), wide));
  }
  int64_t getStatic() const { return trips; }

  Value numberOf(TensorBuilder &b, Value iv) const {
    iv = toIndex(b, iv);
    if (isSimple)
      return iv;
    iv = arith::SubIOp::create(b, iv, lowerBound);
    return arith::DivSIOp::create(b, iv, step);
  }
  Value valueOf(TensorBuilder &b, Value number) const {
    if (!isSimple) {
      number = arith::MulIOp::create(b, number, step);
      number = arith::AddIOp::create(b, number, lowerBound);
    }
    return type.isIndex() ? number : arith::IndexCastOp::create(b, type, number);
  }

private:
  /// A bound in the type in which no distance overflows.
  Value toIndex(TensorBuilder &b, Value value) const {
    if (type.isIndex())
      return value;
    if (isUnsigned)
      return arith::IndexCastUIOp::create(b, b.getIndexType(), value);
    return arith::IndexCastOp::create(b, b.getIndexType(), value);
  }

  Type type;
  bool isUnsigned;
  Value lowerBound, step;
  /// Whether it counts 0, 1, 2, …
  bool isSimple = false;
  int64_t trips = ShapedType::kDynamic;
  Value count;
};
} // namespace

/// Erases what nothing uses, innermost last.
static void eraseDead(Block &block) {
  SmallVector<Operation *> ops = getBody(block);
  for (Operation *op : llvm::reverse(ops)) {
    for (Region &region : op->getRegions())
      for (Block &inner : region)
        eraseDead(inner);
    if (isOpTriviallyDead(op))
      op->erase();
  }
}

/// Ends the run where a carried tensor changes its size.
static void assertSameSize(TensorBuilder &b, Value value, Value first) {
  RankedTensorType type = getTensorType(value);
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (!type.isDynamicDim(d))
      continue;
    Value same = b.compare(ComparisonDirection::eq, b.scalar(b.size(value, d)),
                           b.scalar(b.size(first, d)));
    AssertOp::create(b, same, "a tensor that changes its size from one iteration to the next "
                              "can't be differentiated in reverse mode");
  }
}

//===----------------------------------------------------------------------===//
// Checkpoints
//===----------------------------------------------------------------------===//

/// Marks the loops that strip-mining makes, and their reverse: once is enough.
static constexpr StringLiteral kCheckpointed = "dlc.checkpointed";

/// How many of `count` iterations the inner loop runs: √n, or a divisor of n near it.
static Value makeStripLength(TensorBuilder &b, Value count) {
  if (std::optional<int64_t> known = getConstantIntValue(count)) {
    int64_t root = std::ceil(std::sqrt(static_cast<double>(*known))), length = root;
    while (*known % length && length < 2 * root)
      ++length;
    return arith::ConstantIndexOp::create(b, *known % length ? root : length);
  }
  Value wide = arith::IndexCastOp::create(b, b.getI64Type(), count);
  Value tensor = tensor::FromElementsOp::create(b, RankedTensorType::get({}, b.getI64Type()), wide);
  Value root = b.unary<SqrtOp>(b.convert(tensor, b.getF64Type()));
  root = b.convert(b.max(b.unary<CeilOp>(root), 1.0), b.getI64Type());
  return arith::IndexCastOp::create(b, b.getIndexType(), tensor::ExtractOp::create(b, root, ValueRange()));
}

/// Two loops instead of one, of n = q·s + r iterations, 0 < r ≤ s:
///
///   for %k = 0 to q + 1 { for %j = 0 to min(s, n − k·s) { … number k·s + j … } }
///
/// Replaces `op`; answers the outer loop. One of three iterations at most stays.
static scf::ForOp stripMine(scf::ForOp op) {
  OpBuilder builder(op);
  TensorBuilder b(builder, op.getLoc());
  Counter counter(b, op);
  op->setAttr(kCheckpointed, b.getUnitAttr());
  if (counter.getStatic() != ShapedType::kDynamic && counter.getStatic() <= 3)
    return op;
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  Value count = counter.getCount(), length = makeStripLength(b, count);
  Value strips = b.createOrFold<arith::CeilDivSIOp>(count, length);
  bool isEven = matchPattern(b.createOrFold<arith::RemSIOp>(count, length), m_Zero());
  auto inner = [&](OpBuilder &builder, Location loc, Value strip, ValueRange states) {
    TensorBuilder b(builder, loc);
    Value first = arith::MulIOp::create(b, strip, length);
    Value rest = isEven ? length
                        : arith::MinSIOp::create(b, length, arith::SubIOp::create(b, count, first));
    auto loop = scf::ForOp::create(b, zero, rest, one, states);
    loop->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    loop.getRegion().takeBody(op.getRegion());
    b.setInsertionPointToStart(loop.getBody());
    Value iv = loop.getInductionVar();
    Value number = arith::AddIOp::create(b, first, iv);
    Value value = counter.valueOf(b, number);
    iv.setType(b.getIndexType());
    iv.replaceUsesWithIf(value, [&](OpOperand &use) { return use.getOwner() != number.getDefiningOp(); });
    b.setInsertionPointAfter(loop);
    scf::YieldOp::create(b, loop.getResults());
  };
  auto outer = scf::ForOp::create(b, zero, strips, one, op.getInitArgs(), inner);
  outer->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op.replaceAllUsesWith(outer.getResults());
  op.erase();
  return outer;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {
/// What a loop keeps for its reverse. Which stacks that reads shows only when it is
/// written, so that they are placeholders until then.
class Tape {
public:
  Tape(TensorBuilder &b, scf::ForOp op, const Counter &counter) : op(op), counter(counter) {
    for (Value init : op.getInitArgs()) {
      stacks.emplace_back(init.getType(), counter.getStatic());
      placeholders.push_back(
          UnrealizedConversionCastOp::create(b, stacks.back().getType(), ValueRange()).getResult(0));
    }
  }

  /// What carried value `i` was at the start of iteration `number`.
  Value read(TensorBuilder &b, unsigned i, Value number) const {
    return stacks[i].read(b, placeholders[i], number);
  }

  /// Whether anything is read.
  bool isNeeded() const {
    return llvm::any_of(placeholders, [](Value value) { return !value.use_empty(); });
  }

  /// Lets the loop keep what is read; it is no longer used then.
  void record();

  /// What is still read after a failure goes with the function.
  ~Tape() {
    for (Value placeholder : placeholders)
      if (placeholder.use_empty())
        placeholder.getDefiningOp()->erase();
  }

private:
  scf::ForOp op;
  const Counter &counter;
  SmallVector<Stack> stacks;
  SmallVector<Value> placeholders;
};
} // namespace

void Tape::record() {
  OpBuilder builder(op);
  TensorBuilder b(builder, op.getLoc());
  SmallVector<Value> inits(op.getInitArgs());
  Size count = counter.getSize(b);
  auto needed = llvm::filter_to_vector(llvm::seq<unsigned>(0, stacks.size()), [&](unsigned i) {
    return !placeholders[i].use_empty();
  });
  for (unsigned i : needed)
    inits.push_back(stacks[i].makeEmpty(b, count, op.getInitArgs()[i]));
  auto whole = scf::ForOp::create(b, op.getLowerBound(), op.getUpperBound(), op.getStep(), inits,
                                  nullptr, op.getUnsignedCmp());
  whole->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  whole.getRegion().takeBody(op.getRegion());
  Block &body = *whole.getBody();
  builder.setInsertionPoint(body.getTerminator());
  TensorBuilder inner(builder, op.getLoc());
  Value number = counter.numberOf(inner, whole.getInductionVar());
  SmallVector<Value> yielded(body.getTerminator()->getOperands());
  for (unsigned i : needed) {
    Value carried = whole.getRegionIterArgs()[i];
    if (isa<RankedTensorType>(carried.getType()))
      assertSameSize(inner, carried, op.getInitArgs()[i]);
    Value stack = body.addArgument(stacks[i].getType(), op.getLoc());
    yielded.push_back(stacks[i].push(inner, stack, carried, number));
  }
  body.getTerminator()->setOperands(yielded);
  unsigned results = op.getNumResults();
  op.replaceAllUsesWith(whole.getResults().take_front(results));
  for (auto [k, i] : llvm::enumerate(needed))
    placeholders[i].replaceAllUsesWith(whole.getResult(results + k));
}

scf::ForOp ReverseMode::checkpoint(scf::ForOp op, TensorBuilder &b) {
  SmallVector<Value> gradients = llvm::map_to_vector(
      op.getResults(), [&](Value result) { return getCotangent(result); });
  forget(op);
  scf::ForOp outer = stripMine(op);
  activity.propagate(outer);
  for (auto [result, gradient] : llvm::zip_equal(outer.getResults(), gradients))
    add(b, result, gradient);
  return outer;
}

LogicalResult ReverseMode::runOnFor(scf::ForOp op, TensorBuilder &b) {
  if (checkpointsLoops && !op->hasAttr(kCheckpointed))
    op = checkpoint(op, b);
  SmallVector<Value> captures = activity.getVariedCaptures(op);
  SmallVector<unsigned> varied;
  for (OpResult result : op.getResults())
    if (activity.isVaried(result))
      varied.push_back(result.getResultNumber());
  Counter counter = [&] {
    OpBuilder before(op);
    TensorBuilder inner(before, op.getLoc());
    return Counter(inner, op);
  }();
  if (counter.getStatic() == 0) {
    for (auto [init, result] : llvm::zip_equal(op.getInitArgs(), op.getResults()))
      add(b, init, getCotangent(result));
    return success();
  }
  Tape tape(b, op, counter);

  // The cotangents of what is carried, then those of what is used from outside.
  SmallVector<Value> inits;
  for (unsigned i : varied)
    inits.push_back(getOrZero(b, op.getResult(i)));
  for (Value capture : captures)
    inits.push_back(b.splatLike(0.0, capture));
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  auto reversed = scf::ForOp::create(b, zero, counter.getCount(), one, inits);
  reversed->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  if (inits.empty())
    reversed.getBody()->getTerminator()->erase();
  OpBuilder builder = OpBuilder::atBlockEnd(reversed.getBody());
  TensorBuilder inner(builder, op.getLoc());
  Value last = arith::SubIOp::create(inner, counter.getCount(), one);
  Value number = arith::SubIOp::create(inner, last, reversed.getInductionVar());

  IRMapping mapping;
  mapping.map(op.getInductionVar(), counter.valueOf(inner, number));
  ReverseMode mode(activity, checkpointsLoops);
  for (auto [i, argument] : llvm::enumerate(op.getRegionIterArgs())) {
    Value kept = tape.read(inner, i, number);
    mapping.map(argument, kept);
    if (llvm::is_contained(varied, i))
      mode.activity.add(kept);
  }
  SmallVector<Operation *> ops = cloneBody(*op.getBody(), mapping, inner);
  for (Operation *each : ops)
    mode.activity.propagate(each);
  Operation *yield = op.getBody()->getTerminator();
  for (auto [k, i] : llvm::enumerate(varied))
    mode.add(inner, mapping.lookupOrDefault(yield->getOperand(i)), reversed.getRegionIterArgs()[k]);
  if (failed(mode.run(ops, inner)))
    return failure();
  SmallVector<Value> yielded;
  for (unsigned i : varied)
    yielded.push_back(mode.getOrZero(inner, mapping.lookup(op.getRegionIterArgs()[i])));
  for (auto [k, capture] : llvm::enumerate(captures)) {
    Value total = reversed.getRegionIterArgs()[varied.size() + k];
    yielded.push_back(inner.cast(sum(inner, total, mode.getCotangent(capture)), total.getType()));
  }
  scf::YieldOp::create(inner, yielded);
  eraseDead(*reversed.getBody());

  SmallVector<Value> initArgs(op.getInitArgs());
  if (tape.isNeeded()) {
    tape.record();
    forget(op);
    op.erase();
  }
  for (auto [k, i] : llvm::enumerate(varied))
    add(b, initArgs[i], reversed.getResult(k));
  for (auto [k, capture] : llvm::enumerate(captures))
    add(b, capture, reversed.getResult(varied.size() + k));
  return success();
}

//===----------------------------------------------------------------------===//
// While
//===----------------------------------------------------------------------===//

/// `op` counting its iterations: the count is the last result of what it becomes.
static scf::WhileOp addCounter(scf::WhileOp op) {
  OpBuilder builder(op);
  TensorBuilder b(builder, op.getLoc());
  SmallVector<Value> inits(op.getInits());
  inits.push_back(arith::ConstantIndexOp::create(b, 0));
  SmallVector<Type> types(op.getResultTypes());
  types.push_back(b.getIndexType());
  auto whole = scf::WhileOp::create(b, types, inits);
  whole.getBefore().takeBody(op.getBefore());
  whole.getAfter().takeBody(op.getAfter());
  Value before = whole.getBeforeBody()->addArgument(b.getIndexType(), op.getLoc());
  Operation *condition = whole.getConditionOp();
  condition->insertOperands(condition->getNumOperands(), before);
  Value after = whole.getAfterBody()->addArgument(b.getIndexType(), op.getLoc());
  Operation *yield = whole.getYieldOp();
  builder.setInsertionPoint(yield);
  TensorBuilder inner(builder, op.getLoc());
  Value next = arith::AddIOp::create(inner, after, arith::ConstantIndexOp::create(inner, 1));
  yield->insertOperands(yield->getNumOperands(), next);
  op.replaceAllUsesWith(whole.getResults().drop_back());
  return whole;
}

LogicalResult ReverseMode::runOnWhile(scf::WhileOp op, TensorBuilder &b) {
  SmallVector<Value> gradients;
  for (Value result : op.getResults())
    gradients.push_back(getCotangent(result));
  scf::WhileOp whole = addCounter(op);
  forget(op);
  op.erase();
  // n times what is before the condition and what is after it; then once more what
  // is before it.
  ValueRange inits = whole.getInits().drop_back();
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  auto makeBefore = [&](OpBuilder &builder, ValueRange states, SmallVectorImpl<Operation *> &ops) {
    IRMapping mapping;
    mapping.map(whole.getBeforeArguments().drop_back(), states);
    llvm::append_range(ops, cloneBody(*whole.getBeforeBody(), mapping, builder));
    return llvm::map_to_vector(whole.getConditionOp().getArgs().drop_back(),
                               [&](Value value) { return mapping.lookupOrDefault(value); });
  };
  auto body = [&](OpBuilder &builder, Location loc, Value, ValueRange states) {
    SmallVector<Operation *> ops;
    SmallVector<Value> passed = makeBefore(builder, states, ops);
    IRMapping mapping;
    mapping.map(whole.getAfterArguments().drop_back(), passed);
    cloneBody(*whole.getAfterBody(), mapping, builder);
    auto next = llvm::map_to_vector(whole.getYieldOp().getOperands().drop_back(), [&](Value value) {
      return mapping.lookupOrDefault(value);
    });
    scf::YieldOp::create(builder, loc, next);
  };
  auto loop = stripMine(scf::ForOp::create(b, zero, whole.getResults().back(), one, inits, body));
  SmallVector<Operation *> ops{loop};
  SmallVector<Value> results = makeBefore(b, loop.getResults(), ops);
  for (Operation *each : ops)
    activity.propagate(each);
  for (auto [value, gradient] : llvm::zip_equal(results, gradients))
    add(b, value, gradient);
  return run(ops, b);
}
