//===- LoopNest.cpp - one linalg.generic as loops -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The innermost loop is the one along which the most operands are contiguous:
// LLVM vectorises it. Neighbouring dimensions that every operand has side by
// side become one loop. A reduction that ends up innermost keeps its result in
// a register, one that doesn't accumulates into the output's row, a long one by
// way of a row of partial results: the rounding errors of n additions grow with
// n/32 then, as those of the partial sums in vector registers do.
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"
#include "Transpose.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dlc;

int64_t dlc::estimateBodyWork(linalg::GenericOp op) {
  int64_t work = 1;
  op.getBody()->walk([&](Operation *nested) {
    if (isa<func::CallOp>(nested))
      work += 12;
    else if (isa<math::AbsFOp, math::FloorOp, math::CeilOp, math::TruncOp>(nested))
      work += 1;
    else if (isa<math::MathDialect>(nested->getDialect()))
      work += 8;
    else if (isa<memref::LoadOp>(nested))
      work += 4;
    else if (!isa<arith::ConstantOp, linalg::YieldOp>(nested))
      work += 1;
  });
  // Simple work is done on vectors.
  return std::max<int64_t>(1, work / 4);
}

LoopNest::LoopNest(linalg::GenericOp op, unsigned leading, const DenseMap<Value, Value> &rows,
                   const LowerKernelLoopsOptions &options)
    : op(op), options(options), dimIndex(op.getNumLoops()) {
  op.getBody()->walk([&](linalg::IndexOp index) { pinned.insert(index.getDim()); });
  collectDims(leading, rows);
  mergeLoops();
  orderLoops();
}

/// Loops and accesses, one dimension each.
void LoopNest::collectDims(unsigned leading, const DenseMap<Value, Value> &rows) {
  AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (unsigned i = 0; i < leading; ++i)
    fixedDims.push_back(outMap.getDimPosition(i));
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (auto [d, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    if (!llvm::is_contained(fixedDims, d))
      loops.push_back({{unsigned(d)}, iterator == utils::IteratorType::reduction, sizes[d]});
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    Access access{operand.get(), llvm::to_vector(map.getResults()), {}};
    if (Value row = rows.lookup(operand.get())) {
      access.buffer = row;
      access.exprs.erase(access.exprs.begin(), access.exprs.begin() + leading);
    }
    for (int64_t i = 0, n = access.exprs.size(); i < n; ++i)
      access.groups.push_back({i});
    accesses.push_back(std::move(access));
  }
}

/// Whether loop `second` may be walked as the inner part of `first`: every
/// operand has both side by side, or neither.
bool LoopNest::canMerge(unsigned firstLoop, unsigned secondLoop) const {
  const Loop &first = loops[firstLoop], &second = loops[secondLoop];
  unsigned a = first.dims.back(), b = second.dims.front();
  if (first.isReduction != second.isReduction || pinned.contains(a) || pinned.contains(b))
    return false;
  for (const Access &access : accesses) {
    std::optional<int64_t> placeA, placeB;
    for (auto [i, expr] : llvm::enumerate(access.exprs)) {
      bool hasA = expr.isFunctionOfDim(a), hasB = expr.isFunctionOfDim(b);
      if (!hasA && !hasB)
        continue;
      if (!isa<AffineDimExpr>(expr))
        return false;
      if (hasA ? placeA.has_value() : placeB.has_value())
        return false;
      (hasA ? placeA : placeB) = i;
    }
    if (!placeA && !placeB)
      continue;
    if (!placeA || !placeB || *placeB != *placeA + 1)
      return false;
    auto type = cast<MemRefType>(access.buffer.getType());
    // With what was merged before: unit dimensions make pairs collapsible that
    // aren't all together.
    SmallVector<ReassociationIndices> groups;
    for (auto &group : access.groups) {
      if (group.front() != *placeB)
        groups.emplace_back();
      groups.back().append(group.begin(), group.end());
    }
    // 0 times an open size is 0, which a merged dimension's type doesn't say.
    bool isEmptyAndOpen = llvm::is_contained(type.getShape(), 0) && !type.hasStaticShape();
    if (isEmptyAndOpen || !memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
      return false;
  }
  return true;
}

void LoopNest::mergeLoops() {
  for (unsigned i = 0; i + 1 < loops.size();) {
    if (!canMerge(i, i + 1)) {
      ++i;
      continue;
    }
    Loop &first = loops[i], &second = loops[i + 1];
    unsigned a = first.dims.back(), b = second.dims.front();
    for (Access &access : accesses)
      for (unsigned g = 0; g + 1 < access.groups.size(); ++g) {
        AffineExpr left = access.exprs[access.groups[g].back()];
        AffineExpr right = access.exprs[access.groups[g + 1].front()];
        if (left.isFunctionOfDim(a) && right.isFunctionOfDim(b)) {
          llvm::append_range(access.groups[g], access.groups[g + 1]);
          access.groups.erase(access.groups.begin() + g + 1);
          break;
        }
      }
    llvm::append_range(first.dims, second.dims);
    first.size = ShapedType::isDynamic(first.size) || ShapedType::isDynamic(second.size)
                     ? ShapedType::kDynamic
                     : first.size * second.size;
    loops.erase(loops.begin() + i + 1);
  }
}

/// How much expression `expr` grows with dimension `dim`, if that is constant.
static std::optional<int64_t> getStep(AffineExpr expr, unsigned dim, unsigned numDims) {
  AffineExpr next = expr.replace(getAffineDimExpr(dim, expr.getContext()),
                                 getAffineDimExpr(dim, expr.getContext()) + 1);
  auto step = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(next - expr, numDims, 0));
  return step ? std::optional(step.getValue()) : std::nullopt;
}

/// How well a loop does innermost.
int LoopNest::scoreOf(const Loop &loop) const {
  int score = 0;
  unsigned firstInit = op.getNumDpsInputs();
  for (auto [number, access] : llvm::enumerate(accesses)) {
    auto uses = [&](AffineExpr expr) {
      return llvm::any_of(loop.dims, [&](unsigned d) { return expr.isFunctionOfDim(d); });
    };
    if (llvm::none_of(access.exprs, uses))
      continue;
    unsigned lastStart = access.groups.back().front();
    bool isElsewhere =
        llvm::any_of(ArrayRef(access.exprs).take_front(lastStart), uses);
    auto [strides, offset] = cast<MemRefType>(access.buffer.getType()).getStridesAndOffset();
    auto step = getStep(access.exprs.back(), loop.dims.back(), op.getNumLoops());
    bool isContiguous = !isElsewhere && strides.back() == 1 && step == 1;
    score += isContiguous ? (number >= firstInit ? 3 : 2) : -3;
  }
  if (loop.size == 1)
    return score - 100;
  if (!ShapedType::isDynamic(loop.size))
    score -= loop.size < 4 ? 6 : loop.size < 8 ? 2 : 0;
  return score;
}

/// Parallel loops, then reductions, the best one last.
void LoopNest::orderLoops() {
  if (loops.empty())
    return;
  for (Loop &loop : loops)
    loop.score = scoreOf(loop);
  unsigned best = 0;
  for (unsigned i = 1; i < loops.size(); ++i)
    if (loops[i].score >= loops[best].score)
      best = i;
  Loop inner = loops[best];
  loops.erase(loops.begin() + best);
  SmallVector<Loop> reductions;
  llvm::copy_if(loops, std::back_inserter(reductions),
                [](const Loop &loop) { return loop.isReduction; });
  llvm::erase_if(loops, [](const Loop &loop) { return loop.isReduction; });
  llvm::append_range(loops, reductions);
  loops.push_back(inner);
}

int64_t LoopNest::estimateWork() const {
  int64_t work = estimateBodyWork(op);
  for (const Loop &loop : loops) {
    work = llvm::SaturatingMultiply<uint64_t>(work, knownSize(loop));
    work = std::min<int64_t>(work, int64_t(1) << 50);
  }
  return work;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static Value constantIndex(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

/// Creates the views that merged dimensions need.
void LoopNest::prepare(ImplicitLocOpBuilder &b) {
  for (Access &access : accesses) {
    if (llvm::all_of(access.groups, [](auto &group) { return group.size() == 1; }))
      continue;
    SmallVector<ReassociationIndices> reassociation;
    for (auto &group : access.groups)
      reassociation.push_back(ReassociationIndices(group.begin(), group.end()));
    access.buffer = memref::CollapseShapeOp::create(b, access.buffer, reassociation);
  }
}

Value LoopNest::sizeOf(ImplicitLocOpBuilder &b, const Loop &loop) {
  if (!ShapedType::isDynamic(loop.size))
    return constantIndex(b, loop.size);
  for (const Access &access : accesses)
    for (auto [i, group] : llvm::enumerate(access.groups))
      if (auto dim = dyn_cast<AffineDimExpr>(access.exprs[group.front()]))
        if (dim.getPosition() == loop.dims.front())
          return memref::DimOp::create(b, access.buffer, int64_t(i));
  llvm_unreachable("linalg.generic names each loop's size");
}

void LoopNest::setIndex(ImplicitLocOpBuilder &b, const Loop &loop, Value index) {
  for (unsigned dim : loop.dims)
    dimIndex[dim] = index;
}

SmallVector<Value> LoopNest::indicesOf(ImplicitLocOpBuilder &b, const Access &access) {
  SmallVector<Value> indices;
  for (auto &group : access.groups) {
    AffineExpr expr = access.exprs[group.front()];
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      indices.push_back(dimIndex[dim.getPosition()]);
    else if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      indices.push_back(constantIndex(b, constant.getValue()));
    else
      indices.push_back(affine::expandAffineExpr(b, b.getLoc(), expr, dimIndex, {}));
  }
  return indices;
}

/// What `combiner` adds to (or multiplies into) its output's element.
static Value getAddend(Operation &combiner) {
  auto argument = dyn_cast<BlockArgument>(combiner.getOperand(0));
  auto generic = cast<linalg::GenericOp>(combiner.getParentOp());
  bool isOutput = argument && argument.getArgNumber() >= unsigned(generic.getNumDpsInputs());
  return combiner.getOperand(isOutput ? 1 : 0);
}

/// The body on the current indices; returns what it yields or, where `combiners`
/// are given, what each of these would add to its accumulator.
SmallVector<Value> LoopNest::emitBody(ImplicitLocOpBuilder &b, ValueRange accumulators,
                                      ArrayRef<Operation *> combiners) {
  IRMapping mapping;
  Block *body = op.getBody();
  unsigned inputs = op.getNumDpsInputs();
  for (auto [i, argument] : llvm::enumerate(body->getArguments())) {
    if (argument.use_empty() || (i >= inputs && accumulators.empty()))
      continue;
    if (i >= inputs)
      mapping.map(argument, accumulators[i - inputs]);
    else if (Value square = squares.lookup(i))
      mapping.map(argument, memref::LoadOp::create(b, square, squareIndices));
    else if (isa<MemRefType>(accesses[i].buffer.getType()))
      mapping.map(argument,
                  memref::LoadOp::create(b, accesses[i].buffer, indicesOf(b, accesses[i])));
    else
      mapping.map(argument, accesses[i].buffer);
  }
  for (Operation &nested : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(nested))
      mapping.map(index.getResult(), dimIndex[index.getDim()]);
    else if (llvm::is_contained(combiners, &nested))
      mapping.map(nested.getResult(0), mapping.lookupOrDefault(getAddend(nested)));
    else
      b.clone(nested, mapping)->walk([&](linalg::IndexOp index) {
        index.getResult().replaceAllUsesWith(dimIndex[index.getDim()]);
        index.erase();
      });
  }
  SmallVector<Value> results;
  for (Value value : body->getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}

/// For each output the op that takes a point into it, if these may be grouped at
/// will: sums and products marked reassociable. Empty where one isn't.
SmallVector<Operation *> LoopNest::findCombiners() {
  SmallVector<Operation *> combiners;
  ValueRange outputs = op.getRegionOutputArgs();
  for (auto [i, value] : llvm::enumerate(op.getBody()->getTerminator()->getOperands())) {
    Operation *combiner = value.getDefiningOp();
    if (!isa_and_nonnull<arith::AddFOp, arith::MulFOp>(combiner) || !combiner->hasOneUse() ||
        !outputs[i].hasOneUse() || *outputs[i].user_begin() != combiner)
      return {};
    auto math = cast<arith::ArithFastMathInterface>(combiner);
    if (!bitEnumContainsAll(math.getFastMathFlagsAttr().getValue(),
                            arith::FastMathFlags::reassoc))
      return {};
    combiners.push_back(combiner);
  }
  return combiners;
}

/// A scratch row on the stack of the parallel iteration, or of the function.
static Value createPartialRow(ImplicitLocOpBuilder &b, int64_t columns, Type element) {
  OpBuilder::InsertionGuard guard(b);
  Operation *scope = b.getInsertionBlock()->getParentOp();
  while (!isa<scf::ParallelOp, func::FuncOp>(scope))
    scope = scope->getParentOp();
  b.setInsertionPointToStart(&scope->getRegion(0).front());
  return memref::AllocaOp::create(b, MemRefType::get({columns}, element), b.getI64IntegerAttr(64));
}

/// The rows of `loop`, a reduction around the parallel loop `inner` from `begin`
/// to `end`, into the outputs.
void LoopNest::emitRows(ImplicitLocOpBuilder &b, const Loop &loop, const Loop &inner, Value begin,
                        Value end) {
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Operation *> combiners = findCombiners();
  Value zero = constantIndex(b, 0), one = constantIndex(b, 1), size = sizeOf(b, loop);
  bool isShort = !ShapedType::isDynamic(loop.size) && loop.size <= 2 * options.partialRows;
  if (combiners.empty() || isShort) {
    setIndex(b, loop, buildFor(b, zero, size, one).getInductionVar());
    setIndex(b, inner, buildFor(b, begin, end, one).getInductionVar());
    return emitPoint(b);
  }
  ArrayRef<Access> outputs = ArrayRef(accesses).take_back(combiners.size());
  SmallVector<Value> partials;
  for (const Access &output : outputs)
    partials.push_back(
        createPartialRow(b, getRowPiece(), getElementTypeOrSelf(output.buffer)));

  Value columns = constantIndex(b, getRowPiece()), rows = constantIndex(b, options.partialRows);
  Value left = buildFor(b, begin, end, columns).getInductionVar();
  Value width = arith::MinSIOp::create(b, arith::SubIOp::create(b, end, left), columns);
  Value top = buildFor(b, zero, size, rows).getInductionVar();
  Value bottom = arith::MinSIOp::create(b, arith::AddIOp::create(b, top, rows), size);
  // A row of columns, at each of which `point` does its work.
  auto emitRow = [&](function_ref<void(Value)> point) {
    OpBuilder::InsertionGuard inRow(b);
    Value column = buildFor(b, zero, width, one).getInductionVar();
    setIndex(b, inner, arith::AddIOp::create(b, left, column));
    point(column);
  };
  auto load = [&](Value column) {
    SmallVector<Value> values;
    for (Value partial : partials)
      values.push_back(memref::LoadOp::create(b, partial, column));
    return values;
  };
  auto store = [&](ArrayRef<Value> values, Value column) {
    for (auto [value, partial] : llvm::zip_equal(values, partials))
      memref::StoreOp::create(b, value, partial, column);
  };
  setIndex(b, loop, top);
  emitRow([&](Value column) { store(emitBody(b, {}, combiners), column); });
  {
    OpBuilder::InsertionGuard inRows(b);
    Value second = arith::AddIOp::create(b, top, one);
    setIndex(b, loop, buildFor(b, second, bottom, one).getInductionVar());
    emitRow([&](Value column) { store(emitBody(b, load(column)), column); });
  }
  emitRow([&](Value column) {
    for (auto [output, combiner, partial] : llvm::zip_equal(outputs, combiners, load(column))) {
      SmallVector<Value> place = indicesOf(b, output);
      Value old = memref::LoadOp::create(b, output.buffer, place);
      Operation *sum = b.clone(*combiner);
      sum->setOperands({old, partial});
      memref::StoreOp::create(b, sum->getResult(0), output.buffer, place);
    }
  });
}

/// One point with the outputs in memory.
void LoopNest::emitPoint(ImplicitLocOpBuilder &b) {
  unsigned inputs = op.getNumDpsInputs();
  SmallVector<Value> old(op.getNumDpsInits());
  for (auto [i, argument] : llvm::enumerate(op.getRegionOutputArgs()))
    if (!argument.use_empty())
      old[i] = memref::LoadOp::create(b, accesses[inputs + i].buffer,
                                      indicesOf(b, accesses[inputs + i]));
  SmallVector<Value> results = emitBody(b, old);
  for (auto [i, result] : llvm::enumerate(results))
    memref::StoreOp::create(b, result, accesses[inputs + i].buffer,
                            indicesOf(b, accesses[inputs + i]));
}

/// Reduction loops with the outputs in registers.
void LoopNest::emitReductions(ImplicitLocOpBuilder &b, ArrayRef<Loop> remaining) {
  unsigned inputs = op.getNumDpsInputs();
  SmallVector<Value> values;
  for (unsigned i = 0; i < op.getNumDpsInits(); ++i)
    values.push_back(memref::LoadOp::create(b, accesses[inputs + i].buffer,
                                            indicesOf(b, accesses[inputs + i])));
  std::function<SmallVector<Value>(ImplicitLocOpBuilder &, ArrayRef<Loop>, ValueRange)> nest =
      [&](ImplicitLocOpBuilder &inner, ArrayRef<Loop> rest,
          ValueRange accumulators) -> SmallVector<Value> {
    if (rest.empty())
      return emitBody(inner, accumulators);
    auto loop = scf::ForOp::create(inner, constantIndex(inner, 0), sizeOf(inner, rest.front()),
                                   constantIndex(inner, 1), accumulators);
    OpBuilder::InsertionGuard guard(inner);
    inner.setInsertionPointToStart(loop.getBody());
    setIndex(inner, rest.front(), loop.getInductionVar());
    SmallVector<Value> yielded = nest(inner, rest.drop_front(), loop.getRegionIterArgs());
    scf::YieldOp::create(inner, yielded);
    return SmallVector<Value>(loop.getResults());
  };
  values = nest(b, remaining, values);
  for (auto [i, value] : llvm::enumerate(values))
    memref::StoreOp::create(b, value, accesses[inputs + i].buffer,
                            indicesOf(b, accesses[inputs + i]));
}

scf::ForOp LoopNest::buildFor(ImplicitLocOpBuilder &b, Value lower, Value upper, Value step) {
  auto loop = scf::ForOp::create(b, lower, upper, step);
  b.setInsertionPointToStart(loop.getBody());
  return loop;
}

void LoopNest::emitLoops(ImplicitLocOpBuilder &b, ArrayRef<Loop> remaining) {
  if (remaining.empty())
    return emitPoint(b);
  if (remaining.front().isReduction && remaining.back().isReduction)
    return emitReductions(b, remaining);
  OpBuilder::InsertionGuard guard(b);
  if (remaining.size() == 2)
    if (const Loop *other = findTransposedLoop(); other == &remaining.front()) {
      if (isUnrolled(*other))
        return emitUnrolled(b, *other, constantIndex(b, 0), sizeOf(b, loops.back()));
      auto blocks = buildFor(b, constantIndex(b, 0), sizeOf(b, *other),
                             constantIndex(b, options.transposeBlock));
      dimIndex[other->dims.front()] = blocks.getInductionVar();
      return emitTransposed(b, *other);
    }
  if (remaining.size() == 2 && remaining.front().isReduction)
    return emitRows(b, remaining.front(), remaining.back(), constantIndex(b, 0),
                    sizeOf(b, remaining.back()));
  auto loop = buildFor(b, constantIndex(b, 0), sizeOf(b, remaining.front()), constantIndex(b, 1));
  setIndex(b, remaining.front(), loop.getInductionVar());
  emitLoops(b, remaining.drop_front());
}

/// The parallel loop just outside the innermost one along which an operand is
/// contiguous that isn't along the innermost; null if there is none.
const LoopNest::Loop *LoopNest::findTransposedLoop() const {
  if (loops.size() < 2)
    return nullptr;
  const Loop &inner = loops.back(), &other = loops[loops.size() - 2];
  if (inner.isReduction || other.isReduction)
    return nullptr;
  for (const Access &access : accesses) {
    if (access.exprs.empty())
      continue;
    AffineExpr last = access.exprs[access.groups.back().front()];
    bool isAlongOther = last == getAffineDimExpr(other.dims.front(), last.getContext());
    bool usesInner = llvm::any_of(access.exprs, [&](AffineExpr expr) {
      return expr.isFunctionOfDim(inner.dims.front());
    });
    if (isAlongOther && usesInner)
      return &other;
  }
  return nullptr;
}

/// Whether input `number` is read along `other` and moves by rows along the
/// innermost loop: then its squares can be transposed.
bool LoopNest::isTransposedInput(unsigned number, const Loop &other) const {
  const Access &access = accesses[number];
  auto type = dyn_cast<MemRefType>(access.buffer.getType());
  if (number >= op.getNumDpsInputs() || !type || !canTransposeSquares(type.getElementType()) ||
      options.transposeBlock % getSquareEdge(op, type.getElementType()) != 0 ||
      access.groups.empty() || type.getStridesAndOffset().first.back() != 1)
    return false;
  AffineExpr along = getAffineDimExpr(other.dims.front(), op.getContext());
  AffineExpr across = getAffineDimExpr(loops.back().dims.front(), op.getContext());
  unsigned numAcross = 0;
  for (auto &group : ArrayRef(access.groups).drop_back()) {
    AffineExpr expr = access.exprs[group.front()];
    if (expr.isFunctionOfDim(other.dims.front()))
      return false;
    if (expr.isFunctionOfDim(loops.back().dims.front()) && (expr != across || numAcross++))
      return false;
  }
  return access.exprs[access.groups.back().front()] == along && numAcross == 1;
}

/// The transposed copy of the square of an input that begins at these indices of
/// `other` and the innermost loop.
Value LoopNest::loadSquare(ImplicitLocOpBuilder &b, const Access &access, const Loop &other,
                           Value begin, Value innerBegin) {
  // One stack slot, outside of all loops but the parallel one.
  Block *top = b.getInsertionBlock();
  while (!isa<FunctionOpInterface, scf::ParallelOp>(top->getParentOp()))
    top = top->getParentOp()->getBlock();
  Type element = cast<MemRefType>(access.buffer.getType()).getElementType();
  Value square;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(top);
    auto type = MemRefType::get({options.transposeBlock, options.transposeBlock}, element);
    square = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
  }
  int64_t lanes = getSquareEdge(op, element);
  for (int64_t i = 0; i < options.transposeBlock; i += lanes)
    for (int64_t j = 0; j < options.transposeBlock; j += lanes) {
      auto at = [&](Value from, int64_t by) -> Value {
        return by ? arith::AddIOp::create(b, from, constantIndex(b, by)).getResult() : from;
      };
      SmallVector<Value> rows;
      setIndex(b, other, at(begin, i));
      for (int64_t k = 0; k < lanes; ++k) {
        setIndex(b, loops.back(), at(innerBegin, j + k));
        rows.push_back(vector::LoadOp::create(b, VectorType::get({lanes}, element), access.buffer,
                                              indicesOf(b, access)));
      }
      for (auto [k, column] : llvm::enumerate(transposeSquare(b, rows)))
        vector::StoreOp::create(b, column, square,
                                ValueRange{constantIndex(b, i + k), constantIndex(b, j)});
    }
  return square;
}

/// A whole square of options.transposeBlock² points.
void LoopNest::emitSquare(ImplicitLocOpBuilder &b, const Loop &other, Value begin,
                          Value innerBegin) {
  OpBuilder::InsertionGuard guard(b);
  for (unsigned i = 0; i < accesses.size(); ++i)
    if (isTransposedInput(i, other))
      squares[i] = loadSquare(b, accesses[i], other, begin, innerBegin);
  Value zero = constantIndex(b, 0), one = constantIndex(b, 1);
  Value edge = constantIndex(b, options.transposeBlock);
  auto rows = buildFor(b, zero, edge, one);
  auto columns = buildFor(b, zero, edge, one);
  squareIndices = {rows.getInductionVar(), columns.getInductionVar()};
  setIndex(b, other, arith::AddIOp::create(b, begin, rows.getInductionVar()));
  setIndex(b, loops.back(), arith::AddIOp::create(b, innerBegin, columns.getInductionVar()));
  emitPoint(b);
  squares.clear();
}

/// A block of `other`, which starts at its current index, by blocks of the
/// innermost loop: the cache lines that one row touches serve the next.
void LoopNest::emitTransposed(ImplicitLocOpBuilder &b, const Loop &other) {
  OpBuilder::InsertionGuard guard(b);
  const Loop &inner = loops.back();
  Value edge = constantIndex(b, options.transposeBlock), one = constantIndex(b, 1);
  Value begin = dimIndex[other.dims.front()];
  Value end = arith::MinSIOp::create(b, arith::AddIOp::create(b, begin, edge), sizeOf(b, other));
  Value innerSize = sizeOf(b, inner);
  auto blocks = buildFor(b, constantIndex(b, 0), innerSize, edge);
  Value innerBegin = blocks.getInductionVar();
  Value innerEnd =
      arith::MinSIOp::create(b, arith::AddIOp::create(b, innerBegin, edge), innerSize);
  bool hasSquares = llvm::any_of(llvm::seq<unsigned>(0, accesses.size()),
                                 [&](unsigned i) { return isTransposedInput(i, other); });
  if (hasSquares) {
    auto isWhole = [&](Value from, Value to) -> Value {
      Value length = arith::SubIOp::create(b, to, from);
      return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, length, edge);
    };
    Value isSquare =
        arith::AndIOp::create(b, isWhole(begin, end), isWhole(innerBegin, innerEnd));
    auto branch = scf::IfOp::create(b, isSquare, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitSquare(b, other, begin, innerBegin);
    b.setInsertionPointToStart(branch.elseBlock());
  }
  auto rows = buildFor(b, begin, end, one);
  setIndex(b, other, rows.getInductionVar());
  auto columns = buildFor(b, innerBegin, innerEnd, one);
  setIndex(b, inner, columns.getInductionVar());
  emitPoint(b);
}

/// All of `other`, a few iterations, inside the innermost loop from `begin` to `end`.
void LoopNest::emitUnrolled(ImplicitLocOpBuilder &b, const Loop &other, Value begin, Value end) {
  OpBuilder::InsertionGuard guard(b);
  auto columns = buildFor(b, begin, end, constantIndex(b, 1));
  setIndex(b, loops.back(), columns.getInductionVar());
  for (int64_t i = 0; i < other.size; ++i) {
    setIndex(b, other, constantIndex(b, i));
    emitPoint(b);
  }
}

void LoopNest::emit(ImplicitLocOpBuilder &b, ValueRange leadingIndices) {
  for (auto [dim, index] : llvm::zip_equal(fixedDims, leadingIndices))
    dimIndex[dim] = index;
  prepare(b);
  emitLoops(b, loops);
}

/// The innermost loop cut into blocks, which are parallel iterations.
void LoopNest::emitBlocks(ImplicitLocOpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Loop inner = loops.back();
  int64_t length = loops.size() > 1 ? getRowPiece() : options.pieceLength;
  Value block = constantIndex(b, length);
  Value size = sizeOf(b, inner);
  Value count = arith::CeilDivUIOp::create(b, size, block);
  auto parallel = scf::ParallelOp::create(b, ValueRange(constantIndex(b, 0)), ValueRange(count),
                                          ValueRange(constantIndex(b, 1)));
  int64_t known = std::max<int64_t>(knownSize(inner), 1);
  parallel->setAttr(kWorkAttrName,
                    b.getI64IntegerAttr(std::max<int64_t>(1, estimateWork() / known * length)));
  b.setInsertionPointToStart(parallel.getBody());
  Value begin = arith::MulIOp::create(b, parallel.getInductionVars().front(), block);
  Value end = arith::MinSIOp::create(b, arith::AddIOp::create(b, begin, block), size);
  bool addsRows = loops.size() > 1 && loops[loops.size() - 2].isReduction;
  for (const Loop &loop : ArrayRef(loops).drop_back(addsRows ? 2 : 1)) {
    auto nested = buildFor(b, constantIndex(b, 0), sizeOf(b, loop), constantIndex(b, 1));
    setIndex(b, loop, nested.getInductionVar());
  }
  if (addsRows)
    return emitRows(b, loops[loops.size() - 2], inner, begin, end);
  auto nested = buildFor(b, begin, end, constantIndex(b, 1));
  setIndex(b, inner, nested.getInductionVar());
  emitPoint(b);
}

SmallVector<Value> dlc::delinearize(ImplicitLocOpBuilder &b, Value index, ValueRange sizes) {
  SmallVector<Value> indices(sizes.size());
  for (int64_t i = int64_t(sizes.size()) - 1; i > 0; --i) {
    indices[i] = arith::RemUIOp::create(b, index, sizes[i]);
    index = arith::DivUIOp::create(b, index, sizes[i]);
  }
  if (!sizes.empty())
    indices[0] = index;
  return indices;
}

void LoopNest::emitTopLevel(ImplicitLocOpBuilder &b, bool mayBeParallel) {
  prepare(b);
  if (!mayBeParallel || loops.empty() || estimateWork() < 2 * options.workPerThread)
    if (!mayBeParallel || llvm::none_of(loops, [](const Loop &loop) {
          return ShapedType::isDynamic(loop.size);
        }))
      return emitLoops(b, loops);
  const Loop *transposed = findTransposedLoop();
  unsigned outer = 0;
  int64_t outerCount = 1;
  while (outer < loops.size() && !loops[outer].isReduction &&
         (outer + 1 < loops.size() || loops.back().isReduction)) {
    outerCount *= knownSize(loops[outer]);
    ++outer;
  }
  bool isInnerParallel = !loops.back().isReduction;
  bool unrolls = transposed && isUnrolled(*transposed);
  if (unrolls) {
    outerCount /= std::max<int64_t>(transposed->size, 1);
    --outer;
  }
  if (isInnerParallel && (outer == 0 || (outerCount < 8 && (!transposed || unrolls))))
    return emitBlocks(b);
  if (outer == 0)
    return emitLoops(b, loops);

  OpBuilder::InsertionGuard guard(b);
  SmallVector<Value> sizes;
  int64_t outerKnown = 1;
  for (unsigned i = 0; i < outer; ++i) {
    Value size = sizeOf(b, loops[i]);
    int64_t known = knownSize(loops[i]);
    if (&loops[i] == transposed) {
      size = arith::CeilDivUIOp::create(b, size, constantIndex(b, options.transposeBlock));
      known = llvm::divideCeil(known, options.transposeBlock);
    }
    outerKnown *= std::max<int64_t>(known, 1);
    sizes.push_back(size);
  }
  Value count = sizes.front();
  for (Value size : ArrayRef(sizes).drop_front())
    count = arith::MulIOp::create(b, count, size);
  auto parallel = scf::ParallelOp::create(b, ValueRange(constantIndex(b, 0)), ValueRange(count),
                                          ValueRange(constantIndex(b, 1)));
  parallel->setAttr(kWorkAttrName,
                    b.getI64IntegerAttr(std::max<int64_t>(1, estimateWork() / outerKnown)));
  b.setInsertionPointToStart(parallel.getBody());
  SmallVector<Value> indices = delinearize(b, parallel.getInductionVars().front(), sizes);
  for (unsigned i = 0; i < outer; ++i)
    setIndex(b, loops[i], indices[i]);
  if (transposed && !unrolls) {
    setIndex(b, *transposed,
             arith::MulIOp::create(b, dimIndex[transposed->dims.front()],
                                   constantIndex(b, options.transposeBlock)));
    return emitTransposed(b, *transposed);
  }
  emitLoops(b, ArrayRef(loops).drop_front(outer));
}
