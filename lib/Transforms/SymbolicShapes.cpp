//===- SymbolicShapes.cpp - sizes as expressions of symbols ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SymbolicShapes.h"

#include "dlc/Transforms/TensorBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

using Exprs = SymbolicShapes::Exprs;

static constexpr int64_t kMaxElements = 64;

static std::optional<int64_t> asConstant(AffineExpr expr) {
  if (auto known = dyn_cast_if_present<AffineConstantExpr>(expr))
    return known.getValue();
  return std::nullopt;
}

/// The number of elements of a value that may be tracked: a scalar integer, or a
/// small static tensor of integers.
static std::optional<int64_t> trackedCount(Type type) {
  if (type.isIntOrIndex())
    return 1;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isIntOrIndex())
    return std::nullopt;
  int64_t count = 1;
  for (int64_t size : tensor.getShape())
    if ((count *= size) > kMaxElements)
      return std::nullopt;
  return count;
}

ArrayRef<AffineExpr> SymbolicShapes::getSizes(Value tensor) const {
  auto it = sizes.find(tensor);
  return it == sizes.end() ? ArrayRef<AffineExpr>() : ArrayRef<AffineExpr>(it->second);
}

ArrayRef<AffineExpr> SymbolicShapes::getElements(Value value) const {
  auto it = elements.find(value);
  return it == elements.end() ? ArrayRef<AffineExpr>() : ArrayRef<AffineExpr>(it->second);
}

bool SymbolicShapes::hasAllElements(Value value) const {
  ArrayRef<AffineExpr> known = getElements(value);
  return !known.empty() && llvm::all_of(known, [](AffineExpr expr) { return bool(expr); });
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

AffineExpr SymbolicShapes::constant(int64_t value) {
  return getAffineConstantExpr(value, context);
}

AffineExpr SymbolicShapes::freshSymbol(bool isNonNegative) {
  symbolIsNonNegative.push_back(isNonNegative);
  return getAffineSymbolExpr(symbolIsNonNegative.size() - 1, context);
}

bool SymbolicShapes::isNonNegative(AffineExpr expr) const {
  if (auto known = asConstant(expr))
    return *known >= 0;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbolIsNonNegative[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Mod)
    return true;
  return isNonNegative(binary.getLHS()) && isNonNegative(binary.getRHS());
}

AffineExpr SymbolicShapes::opaque(Kind kind, AffineExpr lhs, AffineExpr rhs, bool isNonNegative) {
  AffineExpr &symbol = opaques[{int(kind), lhs, rhs}];
  if (!symbol)
    symbol = freshSymbol(isNonNegative);
  return symbol;
}

/// Keeps expressions small, so that every step costs constant time.
AffineExpr SymbolicShapes::limited(AffineExpr expr) {
  int64_t nodes = 0;
  expr.walk([&](AffineExpr) { ++nodes; });
  return nodes > 32 ? opaque(Kind::size, expr, expr, isNonNegative(expr)) : expr;
}

AffineExpr SymbolicShapes::add(AffineExpr lhs, AffineExpr rhs) {
  return lhs && rhs ? limited(lhs + rhs) : AffineExpr();
}

AffineExpr SymbolicShapes::sub(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  return lhs == rhs ? constant(0) : limited(lhs - rhs);
}

/// Splits a product in its constant and its other factors, in a fixed order.
static int64_t splitFactors(AffineExpr expr, SmallVectorImpl<AffineExpr> &factors) {
  if (auto known = asConstant(expr))
    return *known;
  if (expr.getKind() == AffineExprKind::Mul) {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    int64_t lhs = splitFactors(binary.getLHS(), factors);
    return lhs * splitFactors(binary.getRHS(), factors);
  }
  factors.push_back(expr);
  return 1;
}

static AffineExpr joinFactors(int64_t scale, SmallVectorImpl<AffineExpr> &factors,
                              MLIRContext *context) {
  llvm::sort(factors, [](AffineExpr a, AffineExpr b) {
    return a.getAsOpaquePointer() < b.getAsOpaquePointer();
  });
  AffineExpr product;
  for (AffineExpr factor : factors)
    product = product ? product * factor : factor;
  return product ? product * scale : getAffineConstantExpr(scale, context);
}

AffineExpr SymbolicShapes::mul(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  SmallVector<AffineExpr> factors;
  int64_t scale = splitFactors(lhs, factors) * splitFactors(rhs, factors);
  return limited(joinFactors(scale, factors, context));
}

AffineExpr SymbolicShapes::div(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs || asConstant(rhs) == 0)
    return {};
  SmallVector<AffineExpr> factors, divisors;
  int64_t scale = splitFactors(lhs, factors), divisor = splitFactors(rhs, divisors);
  bool cancels = divisor != 0 && scale % divisor == 0;
  for (AffineExpr expr : divisors) {
    auto *it = llvm::find(factors, expr);
    // A symbol may be 0, and x / 0 is 0: only then does cancelling err, for a
    // tensor without elements.
    cancels &= it != factors.end();
    if (cancels)
      factors.erase(it);
  }
  if (cancels)
    return joinFactors(scale / divisor, factors, context);
  bool nonNegative = isNonNegative(lhs) && isNonNegative(rhs);
  if (auto known = asConstant(rhs); known && nonNegative)
    return limited(lhs.floorDiv(*known));
  return opaque(Kind::div, lhs, rhs, nonNegative);
}

AffineExpr SymbolicShapes::floorDiv(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  if (auto known = asConstant(rhs); known && *known > 0)
    return limited(lhs.floorDiv(*known));
  return isNonNegative(lhs) && isNonNegative(rhs) ? div(lhs, rhs) : AffineExpr();
}

AffineExpr SymbolicShapes::rem(AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  if (auto known = asConstant(rhs); known && *known > 0 && isNonNegative(lhs))
    return limited(lhs % *known);
  return opaque(Kind::rem, lhs, rhs, isNonNegative(lhs));
}

AffineExpr SymbolicShapes::extreme(Kind kind, AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  // The sign of lhs − rhs, where it is known.
  AffineExpr difference = lhs == rhs ? constant(0) : lhs - rhs;
  if (isNonNegative(difference))
    return kind == Kind::max ? lhs : rhs;
  if (isNonNegative(rhs - lhs))
    return kind == Kind::max ? rhs : lhs;
  bool nonNegative = kind == Kind::max ? isNonNegative(lhs) || isNonNegative(rhs)
                                       : isNonNegative(lhs) && isNonNegative(rhs);
  return opaque(kind, lhs, rhs, nonNegative);
}

AffineExpr SymbolicShapes::compare(ComparisonDirection direction, AffineExpr lhs, AffineExpr rhs) {
  if (!lhs || !rhs)
    return {};
  std::optional<int64_t> difference = asConstant(sub(lhs, rhs));
  // x ≥ 0 > −1 is known of every size.
  if (!difference && asConstant(rhs) && *asConstant(rhs) < 0 && isNonNegative(lhs))
    difference = 1;
  if (!difference)
    return {};
  switch (direction) {
  case ComparisonDirection::eq:
    return constant(*difference == 0);
  case ComparisonDirection::ne:
    return constant(*difference != 0);
  case ComparisonDirection::lt:
    return constant(*difference < 0);
  case ComparisonDirection::le:
    return constant(*difference <= 0);
  case ComparisonDirection::gt:
    return constant(*difference > 0);
  case ComparisonDirection::ge:
    return constant(*difference >= 0);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// The one entry of a list that is repeated `count` times.
static Exprs repeated(ArrayRef<AffineExpr> entry, int64_t count) {
  return entry.size() == 1 ? Exprs(count, entry[0]) : Exprs();
}

/// The entry at a place that may be unknown, or outside: null then.
static AffineExpr elementAt(ArrayRef<AffineExpr> all, std::optional<int64_t> place) {
  return place && *place >= 0 && *place < int64_t(all.size()) ? all[*place] : AffineExpr();
}

static bool isVector(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 1;
}

/// Where the elements of an op's first result are those of other values, or sizes;
/// empty where they aren't known.
Exprs SymbolicShapes::elementsOf(Operation *op) {
  int64_t count = *trackedCount(op->getResult(0).getType());
  return TypeSwitch<Operation *, Exprs>(op)
      .Case([&](ConstantOp op) {
        Exprs result;
        auto values = op.getValue().tryGetValues<APInt>();
        if (values)
          for (const APInt &value : *values)
            result.push_back(constant(value.getBitWidth() == 1 ? value.getZExtValue()
                                                               : value.getSExtValue()));
        return result;
      })
      .Case([&](arith::ConstantOp op) {
        auto value = dyn_cast<IntegerAttr>(op.getValue());
        return value ? Exprs{constant(value.getInt())} : Exprs();
      })
      .Case([&](DimSizeOp op) { return Exprs{getSizes(op.getInput())[op.getDimension()]}; })
      .Case([&](tensor::DimOp op) {
        std::optional<int64_t> dim = op.getConstantIndex();
        ArrayRef<AffineExpr> all = getSizes(op.getSource());
        return dim && *dim < int64_t(all.size()) ? Exprs{all[*dim]} : Exprs();
      })
      .Case<ReshapeOp, ConvertOp, tensor::CastOp, arith::IndexCastOp>(
          [&](auto op) { return Exprs(getElements(op->getOperand(0))); })
      .Case<SplatOp, BroadcastInDimOp>(
          [&](auto op) { return repeated(getElements(op->getOperand(0)), count); })
      .Case([&](ConcatOp op) { return elementsOfConcat(op); })
      .Case([&](SliceOp op) {
        Exprs result;
        ArrayRef<AffineExpr> all = getElements(op.getInput());
        if (isVector(op.getInput()))
          for (int64_t i = 0; i < count; ++i)
            result.push_back(elementAt(all, op.getStartIndices()[0] + i * op.getStrides()[0]));
        return result;
      })
      .Case([&](GatherOp op) {
        // numpy.take of a vector.
        Exprs result;
        if (isVector(op.getInput()) && op.getOffsetDims().empty() &&
            op.getStartIndexMap().size() == 1)
          for (AffineExpr index : getElements(op.getIndices()))
            result.push_back(elementAt(getElements(op.getInput()), asConstant(index)));
        return result;
      })
      .Case([&](tensor::FromElementsOp op) {
        Exprs result;
        for (Value element : op.getElements()) {
          ArrayRef<AffineExpr> known = getElements(element);
          result.push_back(known.empty() ? AffineExpr() : known[0]);
        }
        return result;
      })
      .Case([&](tensor::ExtractOp op) {
        if (op.getIndices().empty())
          return Exprs(getElements(op.getTensor()));
        ArrayRef<AffineExpr> at = getElements(op.getIndices()[0]);
        if (op.getIndices().size() != 1 || at.size() != 1)
          return Exprs();
        return Exprs{elementAt(getElements(op.getTensor()), asConstant(at[0]))};
      })
      .Default([&](Operation *op) { return elementsOfArithmetic(op); });
}

Exprs SymbolicShapes::elementsOfConcat(ConcatOp op) {
  Exprs result;
  for (Value input : op.getInputs()) {
    if (!isVector(input))
      return {};
    std::optional<int64_t> tracked = trackedCount(input.getType());
    ArrayRef<AffineExpr> part = getElements(input);
    result.append(part.begin(), part.end());
    if (part.empty())
      result.append(tracked.value_or(0), AffineExpr());
  }
  return result;
}

/// Σ or Π of a whole vector.
Exprs SymbolicShapes::elementsOfReduce(ReduceOp op) {
  ArrayRef<AffineExpr> all = getElements(op.getInput());
  if (!isVector(op.getInput()) || op.getDimensions().size() != 1 || all.empty())
    return {};
  bool isSum = op.getKind() == ReductionKind::sum;
  if (!isSum && op.getKind() != ReductionKind::prod)
    return {};
  AffineExpr total = all[0];
  for (AffineExpr expr : all.drop_front())
    total = isSum ? add(total, expr) : mul(total, expr);
  return {total};
}

Exprs SymbolicShapes::elementsOfSelect(SelectOp op) {
  Exprs result;
  ArrayRef<AffineExpr> pred = getElements(op.getPred());
  ArrayRef<AffineExpr> yes = getElements(op.getOnTrue()), no = getElements(op.getOnFalse());
  if (pred.size() == yes.size() && pred.size() == no.size())
    for (auto [p, y, n] : llvm::zip_equal(pred, yes, no)) {
      std::optional<int64_t> chosen = asConstant(p);
      result.push_back(y == n ? y : !chosen ? AffineExpr() : *chosen ? y : n);
    }
  return result;
}

/// The elements of what computes on its operands' elements.
Exprs SymbolicShapes::elementsOfArithmetic(Operation *op) {
  auto binary = [&](Operation *op, auto &&fn) {
    Exprs result;
    ArrayRef<AffineExpr> lhs = getElements(op->getOperand(0)), rhs = getElements(op->getOperand(1));
    if (lhs.size() == rhs.size())
      for (auto [x, y] : llvm::zip_equal(lhs, rhs))
        result.push_back(fn(x, y));
    return result;
  };
  using Expr = AffineExpr;
  return TypeSwitch<Operation *, Exprs>(op)
      .Case([&](ReduceOp op) { return elementsOfReduce(op); })
      .Case([&](SelectOp op) { return elementsOfSelect(op); })
      .Case([&](CompareOp op) {
        return binary(op, [&](Expr x, Expr y) { return compare(op.getDirection(), x, y); });
      })
      .Case<AddOp, arith::AddIOp>(
          [&](auto op) { return binary(op, [&](Expr x, Expr y) { return add(x, y); }); })
      .Case<SubOp, arith::SubIOp>(
          [&](auto op) { return binary(op, [&](Expr x, Expr y) { return sub(x, y); }); })
      .Case<MulOp, arith::MulIOp>(
          [&](auto op) { return binary(op, [&](Expr x, Expr y) { return mul(x, y); }); })
      .Case<DivOp, arith::DivSIOp>(
          [&](auto op) { return binary(op, [&](Expr x, Expr y) { return div(x, y); }); })
      .Case([&](arith::FloorDivSIOp op) {
        return binary(op, [&](Expr x, Expr y) { return floorDiv(x, y); });
      })
      .Case([&](arith::CeilDivSIOp op) {
        return binary(op, [&](Expr x, Expr y) {
          return x && y ? floorDiv(add(x, sub(y, constant(1))), y) : Expr();
        });
      })
      .Case([&](RemOp op) { return binary(op, [&](Expr x, Expr y) { return rem(x, y); }); })
      .Case<MaxOp, arith::MaxSIOp>([&](auto op) {
        return binary(op, [&](Expr x, Expr y) { return extreme(Kind::max, x, y); });
      })
      .Case<MinOp, arith::MinSIOp>([&](auto op) {
        return binary(op, [&](Expr x, Expr y) { return extreme(Kind::min, x, y); });
      })
      .Default(Exprs());
}

/// Whether numbers of this type wrap before the sizes that are tracked do.
static bool isWide(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIndex() || element.isInteger(1) ||
         (element.isSignlessInteger() && element.getIntOrFloatBitWidth() >= 32);
}

void SymbolicShapes::computeElements(Operation *op) {
  if (op->getNumResults() != 1)
    return;
  Value result = op->getResult(0);
  std::optional<int64_t> count = trackedCount(result.getType());
  if (!count || !isWide(result.getType()))
    return;
  // A float or narrow integer that is converted isn't tracked: nothing known.
  Exprs known = elementsOf(op);
  if (int64_t(known.size()) == *count && *count > 0)
    elements[result] = std::move(known);
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

void SymbolicShapes::setType(Value value, Type type) {
  if (value.getType() == type)
    return;
  changes.push_back({value, value.getType()});
  value.setType(type);
}

void SymbolicShapes::setSizes(Value tensor, ArrayRef<AffineExpr> exprs, bool refine) {
  auto type = getTensorType(tensor);
  SmallVector<int64_t> shape(type.getShape());
  Exprs &known = sizes[tensor];
  known.assign(exprs.begin(), exprs.end());
  known.resize(shape.size());
  for (auto [size, expr] : llvm::zip_equal(shape, known)) {
    if (!ShapedType::isDynamic(size))
      expr = constant(size);
    else if (!expr)
      expr = freshSymbol();
    else if (std::optional<int64_t> value = asConstant(expr); value && *value >= 0 && refine)
      size = *value;
  }
  if (refine)
    setType(tensor, type.clone(shape));
}

void SymbolicShapes::setUnknown(Value value) {
  elements.erase(value);
  if (isa<RankedTensorType>(value.getType()))
    setSizes(value, {}, /*refine=*/false);
}

/// Results that have the operands' shape: all operands of that rank agree, and a
/// static size of any of them is the result's.
bool SymbolicShapes::copyElementwise(Operation *op) {
  bool keeps = op->hasTrait<OpTrait::Elementwise>() ||
               isa<ConvertOp, BitcastOp, SoftmaxOp, LogSoftmaxOp, BatchNormOp, LayerNormOp,
                   GroupNormOp, RmsNormOp, QuantizeOp, DequantizeOp, ReverseOp, CumulativeOp>(op);
  if (!keeps)
    return false;
  Exprs exprs(getSizes(op->getOperand(0)));
  if (op->hasTrait<OpTrait::Elementwise>())
    for (Value operand : op->getOperands().drop_front())
      for (auto [expr, other] : llvm::zip_equal(exprs, getSizes(operand)))
        if (!asConstant(expr) && asConstant(other))
          expr = other;
  setSizes(op->getResult(0), exprs, /*refine=*/true);
  return true;
}

/// Lets the op compute its sizes as code, and reads that code's meaning.
bool SymbolicShapes::reify(Operation *op) {
  auto reifiable = dyn_cast<ReifyRankedShapedTypeOpInterface>(op);
  if (!reifiable)
    return false;
  OpBuilder builder(op);
  Operation *before = op->getPrevNode();
  ReifiedRankedShapedTypeDims dims;
  LogicalResult done = reifiable.reifyResultShapes(builder, dims);
  SmallVector<Operation *> made;
  for (Operation *it = before ? before->getNextNode() : &op->getBlock()->front(); it != op;
       it = it->getNextNode()) {
    made.push_back(it);
    if (succeeded(done))
      computeElements(it);
  }
  SmallVector<Exprs> all;
  if (succeeded(done))
    for (ArrayRef<OpFoldResult> shape : dims) {
      Exprs &exprs = all.emplace_back();
      for (OpFoldResult size : shape) {
        if (std::optional<int64_t> known = getConstantIntValue(size)) {
          exprs.push_back(constant(*known));
          continue;
        }
        ArrayRef<AffineExpr> known = getElements(dyn_cast<Value>(size));
        exprs.push_back(known.empty() ? AffineExpr() : known[0]);
      }
    }
  for (Operation *it : llvm::reverse(made)) {
    for (Value result : it->getResults()) {
      elements.erase(result);
      sizes.erase(result);
    }
    it->erase();
  }
  if (failed(done))
    return false;
  for (auto [result, exprs] : llvm::zip_equal(op->getResults(), all))
    setSizes(result, exprs, /*refine=*/true);
  return true;
}

/// For sizes that depend on data: the static part of what inference says.
void SymbolicShapes::refineByInference(Operation *op) {
  for (Value result : op->getResults())
    setUnknown(result);
  auto inferable = dyn_cast<InferTypeOpInterface>(op);
  SmallVector<Type> types;
  if (!inferable || failed(inferable.inferReturnTypes(
                        context, std::nullopt, op->getOperands(), op->getDiscardableAttrDictionary(),
                        op->getPropertiesStorage(), op->getRegions(), types)))
    return;
  for (auto [result, type] : llvm::zip_equal(op->getResults(), types)) {
    Exprs exprs;
    for (int64_t size : cast<RankedTensorType>(type).getShape())
      exprs.push_back(ShapedType::isDynamic(size) ? AffineExpr() : constant(size));
    setSizes(result, exprs, /*refine=*/true);
  }
}

void SymbolicShapes::computeSizes(Operation *op) {
  auto isStatic = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return !type || type.hasStaticShape();
  };
  if (llvm::all_of(op->getResults(), isStatic) || !isa_and_present<DlDialect>(op->getDialect())) {
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType()))
        setSizes(result, {}, /*refine=*/false);
    return;
  }
  if (!copyElementwise(op) && !reify(op))
    refineByInference(op);
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void SymbolicShapes::visitBlock(Block &block) {
  for (Operation &op : block)
    visit(&op);
}

void SymbolicShapes::visit(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return visitIf(branch);
  if (op->getNumRegions() != 0)
    return visitRegions(op);
  computeSizes(op);
  computeElements(op);
}

/// Regions that may do anything: arguments and results are as their types say.
void SymbolicShapes::visitRegions(Operation *op) {
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      for (Value argument : block.getArguments())
        setUnknown(argument);
      visitBlock(block);
    }
  for (Value result : op->getResults())
    setUnknown(result);
}

/// Assumes that what is carried keeps its initial sizes, and visits the body
/// again with those unknown that turn out to change.
void SymbolicShapes::visitFor(scf::ForOp op) {
  setUnknown(op.getInductionVar());
  SmallVector<Exprs> carried;
  SmallVector<Type> declared(op.getResultTypes());
  for (Value init : op.getInitArgs())
    carried.push_back(Exprs(getSizes(init)));
  for (bool stable = false; !stable;) {
    size_t mark = changes.size();
    for (auto [arg, exprs] : llvm::zip_equal(op.getRegionIterArgs(), carried)) {
      elements.erase(arg);
      if (isa<RankedTensorType>(arg.getType()))
        setSizes(arg, exprs, /*refine=*/true);
    }
    visitBlock(*op.getBody());
    stable = true;
    for (auto [yielded, arg, exprs] :
         llvm::zip_equal(op.getYieldedValues(), op.getRegionIterArgs(), carried)) {
      ArrayRef<AffineExpr> start = getSizes(arg), end = getSizes(yielded);
      for (size_t d = 0; d < exprs.size(); ++d)
        if (start[d] != end[d] && exprs[d]) {
          exprs[d] = {};
          stable = false;
        }
    }
    if (stable)
      break;
    for (auto &[value, type] : llvm::reverse(llvm::drop_begin(changes, mark)))
      value.setType(type);
    changes.truncate(mark);
  }
  for (auto [result, exprs] : llvm::zip_equal(op.getResults(), carried)) {
    elements.erase(result);
    if (isa<RankedTensorType>(result.getType()))
      setSizes(result, exprs, /*refine=*/true);
  }
}

/// A result has what both branches agree on.
void SymbolicShapes::visitIf(scf::IfOp op) {
  for (Region &region : op->getRegions())
    for (Block &block : region)
      visitBlock(block);
  if (op.getNumResults() == 0)
    return;
  for (auto [result, yes, no] :
       llvm::zip_equal(op.getResults(), op.thenYield().getResults(), op.elseYield().getResults())) {
    elements.erase(result);
    ArrayRef<AffineExpr> l = getElements(yes), r = getElements(no);
    if (!l.empty() && l.size() == r.size()) {
      Exprs joint;
      for (auto [x, y] : llvm::zip_equal(l, r))
        joint.push_back(x == y ? x : AffineExpr());
      elements[result] = joint;
    }
    if (!isa<RankedTensorType>(result.getType()))
      continue;
    Exprs exprs;
    for (auto [x, y] : llvm::zip_equal(getSizes(yes), getSizes(no)))
      exprs.push_back(x == y ? x : AffineExpr());
    setSizes(result, exprs, /*refine=*/true);
  }
}

void SymbolicShapes::analyze(func::FuncOp function) {
  llvm::StringMap<AffineExpr> named;
  for (BlockArgument argument : function.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    auto symbols = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "dlc.dim_symbols");
    Exprs exprs;
    for (Attribute symbol : symbols ? symbols.getValue() : ArrayRef<Attribute>()) {
      auto name = dyn_cast<StringAttr>(symbol);
      AffineExpr &expr = exprs.emplace_back();
      if (!name || name.getValue().empty())
        continue;
      AffineExpr &shared = named[name.getValue()];
      if (!shared)
        shared = freshSymbol();
      expr = shared;
    }
    setSizes(argument, exprs, /*refine=*/false);
  }
  visitBlock(function.front());
}
