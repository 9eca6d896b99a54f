//===- Scalars.cpp - the meaning of arith and tensor ops beside dl --------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What control flow around dl ops needs: integer and float scalars, and the way
// between them and tensors. A scalar is a tensor of rank 0, an index an i64.
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

/// z = f(x, y) of integers; T says how their bits are read.
template <typename OpTy, typename T = int64_t, typename Fn>
static void addInteger(EvaluatorTable &table, Fn f) {
  table.add<OpTy>([f](OpTy op, Operands operands) -> Expected<Tensor> {
    ElementType type = operands[0].getType();
    std::vector<int64_t> x = operands[0].getInts(), y = operands[1].getInts();
    uint64_t mask = ~uint64_t(0) >> (64 - getBitWidth(type));
    for (size_t i = 0; i < x.size(); ++i) {
      bool isSigned = std::is_signed_v<T>;
      std::optional<T> z = f(T(isSigned ? x[i] : x[i] & mask), T(isSigned ? y[i] : y[i] & mask));
      if (!z)
        return makeError("division by zero");
      x[i] = int64_t(*z);
    }
    return Tensor::fromInts(type, operands[0].getShape(), x);
  });
}

template <typename OpTy>
static void addFloat(EvaluatorTable &table, double (*f)(double, double)) {
  table.add<OpTy>([f](OpTy op, Operands operands) {
    std::vector<double> x = operands[0].getFloats(), y = operands[1].getFloats();
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = f(x[i], y[i]);
    return Tensor::fromFloats(operands[0].getType(), operands[0].getShape(), x);
  });
}

/// A conversion that dl.convert makes too; `asUnsigned` reads or writes the
/// integer side as unsigned.
template <typename OpTy>
static void addConversion(EvaluatorTable &table, bool asUnsigned = false) {
  table.add<OpTy>([asUnsigned](OpTy op, Operands operands) {
    auto getUnsigned = [](ElementType type) {
      return *parseElementType(("u" + getName(type)).str());
    };
    Tensor input = operands[0];
    ElementType type = getResultType(op);
    if (!asUnsigned || type == ElementType::i1)
      return convert(input, type);
    if (!input.isFloat() && input.getType() != ElementType::i1)
      input = Tensor::fromInts(getUnsigned(input.getType()), input.getShape(), input.getInts());
    if (isFloat(type))
      return convert(input, type);
    return Tensor::fromInts(type, input.getShape(), convert(input, getUnsigned(type)).getInts());
  });
}

/// As arith.cmpi says; an i1 that is signed counts true as −1.
static bool compare(arith::CmpIPredicate predicate, int64_t x, int64_t y, unsigned bits) {
  uint64_t mask = ~uint64_t(0) >> (64 - bits);
  uint64_t ux = uint64_t(x) & mask, uy = uint64_t(y) & mask;
  if (bits == 1) {
    x = -x;
    y = -y;
  }
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return x == y;
  case arith::CmpIPredicate::ne:
    return x != y;
  case arith::CmpIPredicate::slt:
    return x < y;
  case arith::CmpIPredicate::sle:
    return x <= y;
  case arith::CmpIPredicate::sgt:
    return x > y;
  case arith::CmpIPredicate::sge:
    return x >= y;
  case arith::CmpIPredicate::ult:
    return ux < uy;
  case arith::CmpIPredicate::ule:
    return ux <= uy;
  case arith::CmpIPredicate::ugt:
    return ux > uy;
  case arith::CmpIPredicate::uge:
    return ux >= uy;
  }
  llvm_unreachable("all predicates handled");
}

static bool compare(arith::CmpFPredicate predicate, double x, double y) {
  // The enum's bits 0 to 3 below AlwaysTrue: equal, greater, less, unordered.
  bool isUnordered = std::isnan(x) || std::isnan(y);
  unsigned relation = isUnordered ? 8 : x == y ? 1 : x > y ? 2 : 4;
  return unsigned(predicate) & relation;
}

static void addArithmetic(EvaluatorTable &table) {
  using U = uint64_t;
  addInteger<arith::AddIOp, U>(table, [](U x, U y) { return std::optional(x + y); });
  addInteger<arith::SubIOp, U>(table, [](U x, U y) { return std::optional(x - y); });
  addInteger<arith::MulIOp, U>(table, [](U x, U y) { return std::optional(x * y); });
  addInteger<arith::AndIOp, U>(table, [](U x, U y) { return std::optional(x & y); });
  addInteger<arith::OrIOp, U>(table, [](U x, U y) { return std::optional(x | y); });
  addInteger<arith::XOrIOp, U>(table, [](U x, U y) { return std::optional(x ^ y); });
  addInteger<arith::MaxSIOp>(table, [](int64_t x, int64_t y) { return std::optional(std::max(x, y)); });
  addInteger<arith::MinSIOp>(table, [](int64_t x, int64_t y) { return std::optional(std::min(x, y)); });
  addInteger<arith::MaxUIOp, U>(table, [](U x, U y) { return std::optional(std::max(x, y)); });
  addInteger<arith::MinUIOp, U>(table, [](U x, U y) { return std::optional(std::min(x, y)); });
  auto divide = [](int64_t x, int64_t y) -> std::optional<int64_t> {
    if (y == 0)
      return std::nullopt;
    return y == -1 ? int64_t(-uint64_t(x)) : x / y;
  };
  addInteger<arith::DivSIOp>(table, divide);
  addInteger<arith::DivUIOp, U>(table, [](U x, U y) { return y ? std::optional(x / y) : std::nullopt; });
  addInteger<arith::RemUIOp, U>(table, [](U x, U y) { return y ? std::optional(x % y) : std::nullopt; });
  addInteger<arith::RemSIOp>(table, [](int64_t x, int64_t y) -> std::optional<int64_t> {
    if (y == 0)
      return std::nullopt;
    return y == -1 ? 0 : x % y;
  });
  addInteger<arith::FloorDivSIOp>(table, [divide](int64_t x, int64_t y) {
    std::optional<int64_t> q = divide(x, y);
    return q && y != -1 && x % y != 0 && (x < 0) != (y < 0) ? std::optional(*q - 1) : q;
  });
  addInteger<arith::CeilDivSIOp>(table, [divide](int64_t x, int64_t y) {
    std::optional<int64_t> q = divide(x, y);
    return q && y != -1 && x % y != 0 && (x < 0) == (y < 0) ? std::optional(*q + 1) : q;
  });
  addFloat<arith::AddFOp>(table, [](double x, double y) { return x + y; });
  addFloat<arith::SubFOp>(table, [](double x, double y) { return x - y; });
  addFloat<arith::MulFOp>(table, [](double x, double y) { return x * y; });
  addFloat<arith::DivFOp>(table, [](double x, double y) { return x / y; });
  addFloat<arith::MaximumFOp>(table, [](double x, double y) { return maximum(x, y); });
  addFloat<arith::MinimumFOp>(table, [](double x, double y) { return minimum(x, y); });
  addConversion<arith::IndexCastOp>(table);
  addConversion<arith::IndexCastUIOp>(table, /*asUnsigned=*/true);
  addConversion<arith::ExtUIOp>(table, /*asUnsigned=*/true);
  addConversion<arith::SIToFPOp>(table);
  addConversion<arith::UIToFPOp>(table, /*asUnsigned=*/true);
  addConversion<arith::FPToSIOp>(table);
  addConversion<arith::FPToUIOp>(table, /*asUnsigned=*/true);
  addConversion<arith::ExtFOp>(table);
  addConversion<arith::TruncFOp>(table);
}

/// The bits of an i1 are its truth, but signed extension makes them −1.
static Tensor evaluateExtSI(arith::ExtSIOp op, Operands operands) {
  std::vector<int64_t> values = operands[0].getInts();
  if (operands[0].getType() == ElementType::i1)
    for (int64_t &value : values)
      value = -value;
  return Tensor::fromInts(getResultType(op), operands[0].getShape(), values);
}

static Expected<Tensor> evaluateExtract(tensor::ExtractOp op, Operands operands) {
  const Tensor &input = operands[0];
  Shape index;
  for (const Tensor &operand : operands.drop_front())
    index.push_back(operand.getInt(0));
  for (auto [d, i] : llvm::enumerate(index))
    if (i < 0 || i >= input.getDim(d))
      return makeError("index {0} is outside dimension {1} of size {2}", i, d, input.getDim(d));
  return moveElements(input, {}, [&](ArrayRef<int64_t>) {
    return getPosition(input.getShape(), index);
  });
}

static Tensor evaluateFromElements(tensor::FromElementsOp op, Operands operands) {
  Tensor result(getResultType(op), op.getType().getShape());
  char *data = result.getMutableData();
  for (auto [i, operand] : llvm::enumerate(operands))
    copyElement(operand, 0, data, i);
  return result;
}

static Expected<Tensor> evaluateDim(tensor::DimOp op, Operands operands) {
  int64_t d = operands[1].getInt(0);
  if (d < 0 || d >= operands[0].getRank())
    return makeError("there is no dimension {0} in a {1}", d, getTypeName(operands[0]));
  return Tensor::fromInts(ElementType::i64, {}, operands[0].getDim(d));
}

void reference::addScalarEvaluators(EvaluatorTable &table) {
  addArithmetic(table);
  table.add<arith::ConstantOp>([](arith::ConstantOp op, Operands) -> Expected<Tensor> {
    if (auto elements = dyn_cast<ElementsAttr>(op.getValue()))
      return getTensor(elements);
    if (auto number = dyn_cast<IntegerAttr>(op.getValue()))
      return Tensor::fromInts(getResultType(op), {}, int64_t(number.getValue().sextOrTrunc(64).getSExtValue()));
    return Tensor::fromFloats(getResultType(op), {}, cast<FloatAttr>(op.getValue()).getValueAsDouble());
  });
  table.add<arith::ExtSIOp>(evaluateExtSI);
  table.add<arith::TruncIOp>([](arith::TruncIOp op, Operands operands) {
    return Tensor::fromInts(getResultType(op), operands[0].getShape(), operands[0].getInts());
  });
  table.add<arith::CmpIOp>([](arith::CmpIOp op, Operands operands) {
    std::vector<int64_t> x = operands[0].getInts(), y = operands[1].getInts();
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = compare(op.getPredicate(), x[i], y[i], getBitWidth(operands[0].getType()));
    return Tensor::fromInts(ElementType::i1, operands[0].getShape(), x);
  });
  table.add<arith::CmpFOp>([](arith::CmpFOp op, Operands operands) {
    std::vector<double> x = operands[0].getFloats(), y = operands[1].getFloats();
    std::vector<int64_t> results(x.size());
    for (size_t i = 0; i < x.size(); ++i)
      results[i] = compare(op.getPredicate(), x[i], y[i]);
    return Tensor::fromInts(ElementType::i1, operands[0].getShape(), results);
  });
  table.add<arith::SelectOp>([](arith::SelectOp op, Operands operands) {
    if (operands[0].getRank() == 0)
      return operands[0].getInt(0) ? operands[1] : operands[2];
    Tensor result = operands[2];
    char *data = result.getMutableData();
    for (int64_t i = 0; i < result.getNumElements(); ++i)
      if (operands[0].getInt(i))
        copyElement(operands[1], i, data, i);
    return result;
  });
  table.add<tensor::ExtractOp>(evaluateExtract);
  table.add<tensor::FromElementsOp>(evaluateFromElements);
  table.add<tensor::DimOp>(evaluateDim);
  table.add<tensor::CastOp>([](tensor::CastOp op, Operands operands) { return operands[0]; });
}
