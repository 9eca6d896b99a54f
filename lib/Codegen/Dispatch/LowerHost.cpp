//===- LowerHost.cpp - small tensors of the host program to scalars -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostEvaluator.h"
#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace dlc {
#define GEN_PASS_DEF_LOWERHOST
#include "dlc/Codegen/Dispatch/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
class HostLowering {
public:
  HostLowering(func::FuncOp func, SymbolTable &symbols,
               llvm::MapVector<Attribute, dl::GlobalOp> &constants)
      : func(func), symbols(symbols), constants(constants) {}

  void run();
  /// What the program itself demands.
  ArrayRef<dispatch::FailIfOp> getAssertions() const { return assertions; }

private:
  void lowerAssert(dl::AssertOp op);
  void lowerExtract(tensor::ExtractOp op);
  void materialize(Value tensor);
  void globalize(dl::ConstantOp op);

  func::FuncOp func;
  SymbolTable &symbols;
  llvm::MapVector<Attribute, dl::GlobalOp> &constants;
  HostEvaluator evaluator;
  SmallVector<dispatch::FailIfOp> assertions;
};

/// Finds what of the host program only the sizes of the function's arguments decide.
class SizeAnalysis {
public:
  explicit SizeAnalysis(func::FuncOp func) : entry(&func.front()) {}

  /// Marks the errors that follow from the sizes.
  void markErrors();
  /// Brings those that the program demands before all else: their messages say more than
  /// that two operands differ.
  void hoist(ArrayRef<dispatch::FailIfOp> assertions);

private:
  /// In the order in which a result is at least its operands'.
  enum class Source { Constant, Sizes, Anything };

  Source find(Operation *op);
  Source find(Value value) {
    Operation *op = value.getDefiningOp();
    return op ? sources.lookup_or(op, Source::Anything) : Source::Anything;
  }

  Block *entry;
  llvm::DenseMap<Operation *, Source> sources;
};

struct LowerHostPass : dlc::impl::LowerHostBase<LowerHostPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::MapVector<Attribute, dl::GlobalOp> constants;
    for (auto func : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!func.isExternal() && !func->hasAttr(kKernelAttr)) {
        HostLowering lowering(func, symbols, constants);
        lowering.run();
        SizeAnalysis sizes(func);
        sizes.markErrors();
        sizes.hoist(lowering.getAssertions());
      }
  }
};
} // namespace

SizeAnalysis::Source SizeAnalysis::find(Operation *op) {
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto argument = dyn_cast<BlockArgument>(dim.getSource());
    return argument && argument.getOwner() == entry ? Source::Sizes : Source::Anything;
  }
  if (!isa<arith::ArithDialect>(op->getDialect()))
    return Source::Anything;
  Source source = Source::Constant;
  for (Value operand : op->getOperands())
    source = std::max(source, find(operand));
  return source;
}

// Operands are met before what reads them.
void SizeAnalysis::markErrors() {
  entry->getParent()->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto fail = dyn_cast<dispatch::FailIfOp>(op)) {
      if (find(fail.getCondition()) == Source::Sizes)
        fail->setAttr(dispatch::kOfSizesAttr, UnitAttr::get(op->getContext()));
    } else if (op->getNumResults()) {
      sources[op] = find(op);
    }
  });
}

void SizeAnalysis::hoist(ArrayRef<dispatch::FailIfOp> assertions) {
  llvm::SmallPtrSet<Operation *, 16> hoisted;
  Operation *first = &entry->front();
  // Operands go before, in the order in which they are.
  std::function<void(Operation *)> move = [&](Operation *op) {
    if (!hoisted.insert(op).second)
      return;
    for (Value operand : op->getOperands())
      if (Operation *definer = operand.getDefiningOp())
        move(definer);
    if (op == first)
      first = op->getNextNode();
    else
      op->moveBefore(first);
  };
  for (dispatch::FailIfOp assertion : assertions)
    if (assertion->getBlock() == entry && assertion->hasAttr(dispatch::kOfSizesAttr))
      move(assertion);
}

void HostLowering::lowerAssert(dl::AssertOp op) {
  OpBuilder builder(op);
  auto elements = evaluator.get(op.getPred());
  Value holds = arith::ConstantIntOp::create(builder, op.getLoc(), 1, 1);
  for (Value element : elements)
    holds = builder.createOrFold<arith::AndIOp>(op.getLoc(), holds, element);
  Value fails =
      builder.createOrFold<arith::XOrIOp>(op.getLoc(), holds,
                                          arith::ConstantIntOp::create(builder, op.getLoc(), 1, 1)
                                              .getResult());
  assertions.push_back(dispatch::FailIfOp::create(
      builder, op.getLoc(), fails,
      builder.getStringAttr(dispatch::getMessageAt(op.getLoc(), op.getMessage()))));
  op.erase();
}

/// An element at a constant place of a tensor that is known by its elements.
void HostLowering::lowerExtract(tensor::ExtractOp op) {
  Value tensor = op.getTensor();
  bool isConstant = static_cast<bool>(tensor.getDefiningOp<dl::ConstantOp>());
  if (!isConstant && !evaluator.lookup(tensor) && !tensor.getDefiningOp<tensor::FromElementsOp>())
    return;
  int64_t number = 0;
  for (auto [index, size] :
       llvm::zip_equal(op.getIndices(), cast<RankedTensorType>(tensor.getType()).getShape())) {
    IntegerAttr at;
    if (!matchPattern(index, m_Constant(&at)) || at.getInt() < 0 || at.getInt() >= size)
      return;
    number = number * size + at.getInt();
  }
  // Of a large constant one element is wanted, not all.
  if (isConstant && cast<RankedTensorType>(tensor.getType()).getNumElements() > 4096)
    return;
  op.replaceAllUsesWith(evaluator.get(tensor)[number]);
  op.erase();
}

/// Something reads the tensor as such.
void HostLowering::materialize(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(tensor.getType());
  auto scalarType = RankedTensorType::get(type.getShape(), getScalarType(type.getElementType()));
  Value made = tensor::FromElementsOp::create(builder, op->getLoc(), scalarType,
                                              *evaluator.lookup(tensor));
  if (scalarType != type)
    made = dispatch::ViewOp::create(builder, op->getLoc(), type, made, Value(), ValueRange());
  tensor.replaceAllUsesWith(made);
}

void HostLowering::globalize(dl::ConstantOp op) {
  auto &global = constants[op.getValue()];
  OpBuilder builder(func);
  if (!global) {
    global = dl::GlobalOp::create(
        builder, op.getLoc(), builder.getStringAttr("constant_" + Twine(constants.size() - 1)),
        builder.getStringAttr("private"), TypeAttr::get(op.getType()), op.getValue(),
        /*is_mutable=*/UnitAttr());
    symbols.insert(global);
  }
  builder.setInsertionPointToStart(&func.getBody().front());
  Value loaded = dl::GlobalLoadOp::create(builder, op.getLoc(), op.getType(),
                                          FlatSymbolRefAttr::get(global.getSymNameAttr()));
  op.replaceAllUsesWith(loaded);
  op.erase();
}

void HostLowering::run() {
  SmallVector<Operation *> lowered;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto check = dyn_cast<dl::AssertOp>(op))
      lowerAssert(check);
    else if (auto extract = dyn_cast<tensor::ExtractOp>(op))
      lowerExtract(extract);
    else if (evaluator.evaluate(op))
      lowered.push_back(op);
  });
  for (Operation *op : llvm::reverse(lowered)) {
    bool isRead = llvm::any_of(op->getUsers(), [](Operation *user) {
      return !isa<dl::DlDialect>(user->getDialect()) || isa<dl::GlobalStoreOp>(user);
    });
    if (isRead)
      materialize(op->getResult(0));
    op->erase();
  }
  func.walk([&](dl::ConstantOp op) {
    if (op->use_empty())
      op.erase();
    else
      globalize(op);
  });
}

