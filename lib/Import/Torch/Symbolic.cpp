//===- Symbolic.cpp - sizes and Python numbers ----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Formulas.h"
#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;

static LogicalResult importSymSize(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  std::optional<int64_t> dim = n.axis("dim", n.rankOf(self));
  return dim ? n.result(n.size(self, *dim)) : failure();
}

static LogicalResult importSymNumel(NodeImporter &n) {
  return n.result(n.product(n.sizes(n.tensor("self"))));
}

/// Every tensor has memory of its own here.
static LogicalResult importStorageOffset(NodeImporter &n) {
  n.ignore({"self"});
  return n.result(Size(0));
}

/// Python's operators on integers; on floats and booleans they are tensors'.
template <Size (NodeBuilder::*sizeOp)(Size, Size), typename FloatOp>
static LogicalResult importArithmetic(NodeImporter &n) {
  if (n.isIntegral("a") && n.isIntegral("b"))
    return n.result((n.*sizeOp)(n.symbolic("a"), n.symbolic("b")));
  Type f64 = n.getBuilder().getF64Type();
  Expr result = n.operand("a", f64).binary<FloatOp>(n.operand("b", f64));
  return n.results({ImportedValue(result, ImportedValue::Kind::Float)});
}

/// Sizes are divided by sizes; what may be negative is made positive first.
static Size divideFloored(NodeImporter &n, Size a, Size b) {
  if (!n.hasFailed())
    n.require(Direction::ne, b, 0, "an integer is divided by 0");
  if (b.isStatic() || n.hasFailed())
    return n.floorDiv(a, b);
  Size sign = n.select(Direction::lt, b, 0, -1, 1);
  return n.floorDiv(n.mul(a, sign), n.mul(b, sign));
}

static LogicalResult importFloorDiv(NodeImporter &n) {
  if (!n.isIntegral("a") || !n.isIntegral("b"))
    return n.emitError() << "it is supported on integers only";
  return n.result(divideFloored(n, n.symbolic("a"), n.symbolic("b")));
}

static LogicalResult importMod(NodeImporter &n) {
  if (!n.isIntegral("a") || !n.isIntegral("b"))
    return n.emitError() << "it is supported on integers only";
  Size a = n.symbolic("a"), b = n.symbolic("b");
  return n.result(n.sub(a, n.mul(divideFloored(n, a, b), b)));
}

static LogicalResult importTrueDiv(NodeImporter &n) {
  Type f64 = n.getBuilder().getF64Type();
  Expr quotient = n.operand("a", f64) / n.operand("b", f64);
  return n.results({ImportedValue(quotient, ImportedValue::Kind::Float)});
}

/// Of integers an integer, unless the exponent is negative.
static LogicalResult importPower(NodeImporter &n) {
  if (!n.isIntegral("a") || !n.isIntegral("b")) {
    Type f64 = n.getBuilder().getF64Type();
    Expr power = n.operand("a", f64).pow(n.operand("b", f64).get());
    return n.results({ImportedValue(power, ImportedValue::Kind::Float)});
  }
  Size base = n.symbolic("a"), power = 1;
  int64_t exponent = n.integer("b");
  if (n.hasFailed())
    return failure();
  if (exponent < 0)
    return n.emitError() << "a negative power of an integer isn't supported";
  for (; exponent; exponent /= 2) {
    if (exponent % 2)
      power = n.mul(power, base);
    if (exponent > 1)
      base = n.mul(base, base);
  }
  return n.result(power);
}

static LogicalResult importNegate(NodeImporter &n) {
  if (n.isIntegral("a"))
    return n.result(n.sub(0, n.symbolic("a")));
  Expr negated = -n.operand("a", n.getBuilder().getF64Type());
  return n.results({ImportedValue(negated, ImportedValue::Kind::Float)});
}

static LogicalResult importAbsolute(NodeImporter &n) {
  if (n.isIntegral("a"))
    return n.result(n.max(n.symbolic("a"), n.sub(0, n.symbolic("a"))));
  Expr size = n.operand("a", n.getBuilder().getF64Type()).unary<dl::AbsOp>();
  return n.results({ImportedValue(size, ImportedValue::Kind::Float)});
}

template <Direction direction>
static LogicalResult importComparison(NodeImporter &n) {
  bool isIntegral = n.isIntegral("a") && n.isIntegral("b");
  Type type = isIntegral ? Type(n.getBuilder().getI64Type()) : n.getBuilder().getF64Type();
  Expr result = n.operand("a", type).compare(direction, n.operand("b", type));
  return n.results({ImportedValue(result, ImportedValue::Kind::Bool)});
}

static LogicalResult importSymSum(NodeImporter &n) {
  Size sum = 0;
  for (Size size : n.symbolics("a"))
    sum = n.add(sum, size);
  return n.result(sum);
}

static LogicalResult importSymFloat(NodeImporter &n) {
  Value number = n.operand("a", n.getBuilder().getF64Type());
  return n.results({ImportedValue(number, ImportedValue::Kind::Float)});
}

/// A number as Python's int: towards zero.
static LogicalResult importSymInt(NodeImporter &n) {
  if (n.isIntegral("a"))
    return n.result(n.symbolic("a"));
  Value truncated = n.operand("a").unary<dl::TruncOp>().to(n.getBuilder().getI64Type());
  return n.result(Size(truncated));
}

/// The element of a tensor as a Python number, which no derivative follows.
static LogicalResult importItem(NodeImporter &n) {
  Value self = n.tensor("self");
  if (!self)
    return failure();
  Value element = n.reshape(self, ArrayRef<int64_t>{});
  if (n.isFloat(self)) {
    Expr number = stop({n, n.convert(element, n.getBuilder().getF64Type())});
    return n.results({ImportedValue(number, ImportedValue::Kind::Float)});
  }
  if (n.isBool(self))
    return n.results({ImportedValue(element, ImportedValue::Kind::Bool)});
  return n.result(Size(n.convert(element, n.getBuilder().getI64Type())));
}

/// Python's `a if condition else b`.
static LogicalResult importSymIte(NodeImporter &n) {
  Expr condition = n.operand("a", n.getBuilder().getI1Type());
  bool isIntegral = n.isIntegral("b") && n.isIntegral("c");
  Type type = isIntegral ? Type(n.getBuilder().getI64Type()) : n.getBuilder().getF64Type();
  Value chosen = condition.select(n.operand("b", type), n.operand("c", type));
  return isIntegral ? n.result(Size(chosen))
                    : n.results({ImportedValue(chosen, ImportedValue::Kind::Float)});
}

/// Of two booleans a boolean; else bit by bit, of integers only.
template <typename OpTy>
static LogicalResult importLogic(NodeImporter &n) {
  auto isBool = [&](StringRef name) { return n.value(name).kind == ImportedValue::Kind::Bool; };
  if (!isBool("a") || !isBool("b")) {
    if (!n.isIntegral("a") || !n.isIntegral("b"))
      return n.emitError() << "it is supported on integers and booleans only";
    Type i64 = n.getBuilder().getI64Type();
    Value bits = n.operand("a", i64).template binary<OpTy>(n.operand("b", i64));
    return n.result(Size(bits));
  }
  Type i1 = n.getBuilder().getI1Type();
  Expr result = n.operand("a", i1).binary<OpTy>(n.operand("b", i1));
  return n.results({ImportedValue(result, ImportedValue::Kind::Bool)});
}

static LogicalResult importSymNot(NodeImporter &n) {
  Expr negated = ~n.operand("a", n.getBuilder().getI1Type());
  return n.results({ImportedValue(negated, ImportedValue::Kind::Bool)});
}

/// math.floor, math.ceil and round: integers of floats.
template <typename OpTy>
static LogicalResult importRounding(NodeImporter &n) {
  if (n.isIntegral("a"))
    return n.result(n.symbolic("a"));
  Type i64 = n.getBuilder().getI64Type();
  return n.result(Size(n.operand("a").unary<OpTy>().to(i64)));
}

/// What torch.export notes of a tensor before `x.to(dtype)`: it holds, for the
/// types of all values are checked.
static LogicalResult importMetadataAssert(NodeImporter &n) {
  n.ignore({"a", "size", "stride", "dtype"});
  return n.results({ImportedValue::none()});
}

/// What torch.export says where it adds an assertion names a node of its own:
///   Runtime assertion failed for expression u0 <= 5 on node 'le_1'
static std::string describeAssertion(StringRef message) {
  if (!message.consume_front("Runtime assertion failed for expression "))
    return message.str();
  return ("the assertion " + message.rsplit(" on node ").first + " doesn't hold").str();
}

static LogicalResult importScalarAssert(NodeImporter &n) {
  ImportedValue condition = n.value("self");
  std::string message = describeAssertion(n.string("assert_msg"));
  if (condition.kind == ImportedValue::Kind::Int)
    n.require(Direction::ne, *condition.size, 0, message);
  else if (condition.tensor)
    n.createVoid<dl::AssertOp>(condition.tensor, n.getBuilder().getStringAttr(message));
  return n.results({ImportedValue::none()});
}

/// The same of a tensor's only element.
static LogicalResult importAsyncAssert(NodeImporter &n) {
  Value holds = n.operand("self", n.getBuilder().getI1Type());
  std::string message = describeAssertion(n.string("assert_msg"));
  if (!holds || n.hasFailed())
    return failure();
  n.createVoid<dl::AssertOp>(n.reshape(holds, ArrayRef<int64_t>{}),
                             n.getBuilder().getStringAttr(message));
  return n.results({ImportedValue::none()});
}

/// The range of a size that data decides: what PyTorch checks at run time.
static LogicalResult importSymConstrainRange(NodeImporter &n) {
  Size size = n.symbolic("size");
  if (auto min = n.optionalInteger("min"))
    n.require(Direction::ge, size, *min, "a size is less than " + Twine(*min));
  if (auto max = n.optionalInteger("max"))
    n.require(Direction::le, size, *max, "a size is more than " + Twine(*max));
  return n.results({ImportedValue::none()});
}

void torch::registerSymbolicOps(OpTable &t) {
  t.add("aten.sym_size.int", importSymSize);
  t.add("aten.sym_numel.default", importSymNumel);
  t.add("aten.sym_storage_offset.default", importStorageOffset);
  t.add("operator.add", importArithmetic<&NodeBuilder::add, dl::AddOp>);
  t.add("operator.sub", importArithmetic<&NodeBuilder::sub, dl::SubOp>);
  t.add("operator.mul", importArithmetic<&NodeBuilder::mul, dl::MulOp>);
  t.add("operator.floordiv", importFloorDiv);
  t.add("operator.mod", importMod);
  t.add("operator.truediv", importTrueDiv);
  t.add("operator.pow", importPower);
  t.add("operator.neg", importNegate);
  t.add("operator.abs", importAbsolute);
  t.add("operator.eq", importComparison<Direction::eq>);
  t.add("operator.ne", importComparison<Direction::ne>);
  t.add("operator.lt", importComparison<Direction::lt>);
  t.add("operator.le", importComparison<Direction::le>);
  t.add("operator.gt", importComparison<Direction::gt>);
  t.add("operator.ge", importComparison<Direction::ge>);
  t.add("torch.sym_float", importSymFloat);
  t.add("torch.sym_int", importSymInt);
  t.add("torch.sym_sum", importSymSum);
  t.add("torch.sym_max", importArithmetic<&NodeBuilder::max, dl::MaxOp>);
  t.add("torch.sym_min", importArithmetic<&NodeBuilder::min, dl::MinOp>);
  t.add({"aten._local_scalar_dense.default", "aten.item.default"}, importItem);
  t.add("torch.sym_ite", importSymIte);
  t.add("torch.sym_not", importSymNot);
  t.add("operator.and", importLogic<dl::AndOp>);
  t.add("operator.or", importLogic<dl::OrOp>);
  t.add("math.floor", importRounding<dl::FloorOp>);
  t.add("math.ceil", importRounding<dl::CeilOp>);
  t.add("math.round", importRounding<dl::RoundOp>);
  t.add("aten._assert_scalar.default", importScalarAssert);
  t.add("aten._assert_async.msg", importAsyncAssert);
  t.add("aten._assert_tensor_metadata.default", importMetadataAssert);
  t.add({"aten.sym_constrain_range.default", "aten.sym_constrain_range_for_size.default"},
        importSymConstrainRange);
}
