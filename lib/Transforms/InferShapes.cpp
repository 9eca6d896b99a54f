//===- InferShapes.cpp - -dl-infer-shapes ---------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SymbolicShapes.h"
#include "dlc/Transforms/Passes.h"
#include "dlc/Transforms/TensorBuilder.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"

namespace dlc {
#define GEN_PASS_DEF_INFERSHAPES
#include "dlc/Transforms/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::dl;

/// Casts operands whose type was refined to what the op that passes them on
/// declares.
static void castOperands(Operation *op, TypeRange declared) {
  for (auto [operand, type] : llvm::zip_equal(op->getOpOperands(), declared)) {
    if (operand.get().getType() == type)
      continue;
    OpBuilder builder(op);
    operand.set(TensorBuilder(builder, op->getLoc()).cast(operand.get(), type));
  }
}

/// Makes the types agree again where a value is passed on to a region, a
/// function or a result.
static void castPassedValues(func::FuncOp function, SymbolTable &symbols) {
  function.walk([&](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      SmallVector<Type> carried(ValueRange(loop.getRegionIterArgs()).getTypes());
      SmallVector<Type> types{loop.getLowerBound().getType(), loop.getUpperBound().getType(),
                              loop.getStep().getType()};
      llvm::append_range(types, carried);
      castOperands(op, types);
      castOperands(loop.getBody()->getTerminator(), carried);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region &region : op->getRegions())
        if (!region.empty())
          castOperands(region.front().getTerminator(), branch.getResultTypes());
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      castOperands(op, ValueRange(loop.getBeforeArguments()).getTypes());
      SmallVector<Type> types{loop.getConditionOp().getCondition().getType()};
      llvm::append_range(types, ValueRange(loop.getAfterArguments()).getTypes());
      castOperands(loop.getConditionOp(), types);
      castOperands(loop.getYieldOp(), ValueRange(loop.getBeforeArguments()).getTypes());
    } else if (isa<arith::SelectOp>(op)) {
      Type type = op->getResult(0).getType();
      castOperands(op, {op->getOperand(0).getType(), type, type});
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee()))
        castOperands(op, callee.getArgumentTypes());
    }
  });
}

/// Whether the op is valid, silently; `reason` gets what is wrong.
static bool isValid(Operation *op, std::string *reason = nullptr) {
  ScopedDiagnosticHandler handler(op->getContext(), [&](Diagnostic &diagnostic) {
    if (reason && reason->empty())
      *reason = diagnostic.str();
    return success();
  });
  return succeeded(verify(op, /*verifyRecursively=*/false));
}

/// Where the sizes that are known now contradict each other, a run ends with an
/// error if it gets there. They are made open again, for the run to compare.
static void openContradictions(func::FuncOp function) {
  function.walk([](Operation *op) {
    std::string reason;
    if (!isa_and_present<DlDialect>(op->getDialect()) || isValid(op, &reason))
      return;
    op->emitWarning() << "a run that gets here ends with an error: " << reason;
    OpBuilder builder(op);
    auto open = [](Type type) -> Type {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor)
        return type;
      return tensor.clone(SmallVector<int64_t>(tensor.getRank(), ShapedType::kDynamic));
    };
    for (OpOperand &operand : op->getOpOperands())
      if (Type type = open(operand.get().getType()); type != operand.get().getType())
        operand.set(tensor::CastOp::create(builder, op->getLoc(), type, operand.get()));
  });
}

namespace {
/// Rewrites one function by what SymbolicShapes found.
class Simplifier {
public:
  Simplifier(const SymbolicShapes &shapes) : shapes(shapes) {}

  void run(func::FuncOp function) {
    for (BlockArgument argument : function.getArguments())
      remember(argument);
    visit(function.front());
    for (Operation *op : dead)
      op->erase();
  }

private:
  void visit(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      for (Region &region : op.getRegions())
        for (Block &inner : region) {
          for (BlockArgument argument : inner.getArguments())
            remember(argument);
          visit(inner);
        }
      simplify(&op);
      for (Value result : op.getResults())
        remember(result);
    }
  }

  /// Notes the tensor as holder of its sizes: the first that has one answers for
  /// all later ones.
  void remember(Value tensor) {
    for (auto [dim, expr] : llvm::enumerate(shapes.getSizes(tensor)))
      if (!isa<AffineConstantExpr>(expr))
        holders.try_emplace(expr, tensor, dim);
  }

  /// Whether `value` may be used in front of `op`; it is known to come before.
  static bool isVisible(Value value, Operation *op) {
    return value.getParentRegion()->isAncestor(op->getParentRegion());
  }

  void replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    dead.push_back(op);
  }

  void simplify(Operation *op) {
    if (op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
        isPure(op) && op->getNumRegions() == 0 && !isa<ConstantOp>(op) && replaceElements(op))
      return;
    if (auto dimSize = dyn_cast<DimSizeOp>(op))
      return moveToHolder(dimSize);
    dropShapeOperand(op);
    if (keepsEverything(op) && op->getOperand(0).getType() == op->getResult(0).getType())
      replace(op, op->getOperand(0));
  }

  /// A small integer tensor: a constant where all elements are, else the earlier
  /// tensor with the same elements.
  bool replaceElements(Operation *op) {
    Value result = op->getResult(0);
    if (!shapes.hasAllElements(result))
      return false;
    auto type = cast<RankedTensorType>(result.getType());
    ArrayRef<AffineExpr> elements = shapes.getElements(result);
    SmallVector<APInt> values;
    unsigned width = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
    for (AffineExpr expr : elements)
      if (auto known = dyn_cast<AffineConstantExpr>(expr))
        values.push_back(APInt(width, known.getValue(), /*isSigned=*/true, /*implicitTrunc=*/true));
    OpBuilder builder(op);
    if (values.size() == elements.size()) {
      auto attribute = DenseElementsAttr::get(type, values);
      replace(op, ConstantOp::create(builder, op->getLoc(), attribute));
      return true;
    }
    if (isa<DimSizeOp>(op))
      return false;
    Value &earlier = tensors[{type, llvm::hash_combine_range(elements)}];
    if (earlier && isVisible(earlier, op) && shapes.getElements(earlier) == elements) {
      replace(op, earlier);
      return true;
    }
    if (type.getRank() == 0 && type.getElementType().isInteger(64))
      if (auto it = holders.find(elements[0]); it != holders.end())
        if (auto [tensor, dim] = it->second; isVisible(tensor, op)) {
          replace(op, DimSizeOp::create(builder, op->getLoc(), type, tensor, dim));
          return true;
        }
    earlier = result;
    return false;
  }

  void moveToHolder(DimSizeOp op) {
    AffineExpr expr = shapes.getSizes(op.getInput())[op.getDimension()];
    auto it = holders.find(expr);
    if (it == holders.end() || !isVisible(it->second.first, op))
      return;
    op.getInputMutable().assign(it->second.first);
    op.setDimension(it->second.second);
  }

  /// A static result needs no shape operand.
  static void dropShapeOperand(Operation *op) {
    auto drop = [](auto op) {
      if (cast<RankedTensorType>(op->getResult(0).getType()).hasStaticShape())
        op.getShapeMutable().clear();
    };
    TypeSwitch<Operation *>(op)
        .Case<ReshapeOp, BroadcastInDimOp, SplatOp, IotaOp, RngUniformOp, RngNormalOp>(drop);
  }

  /// Whether the op's result is its first operand.
  bool keepsEverything(Operation *op) const {
    if (!isa<ReshapeOp, BroadcastInDimOp, SliceOp, DynamicSliceOp>(op))
      return false;
    Value input = op->getOperand(0), result = op->getResult(0);
    if (shapes.getSizes(input) != shapes.getSizes(result))
      return false;
    // A slice of full size starts at 0 in steps of 1, unless there is nothing or
    // only one element to step over.
    if (auto slice = dyn_cast<SliceOp>(op))
      return llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }) &&
             llvm::all_of(slice.getStartIndices(), [](int64_t s) { return s == 0; });
    if (auto slice = dyn_cast<DynamicSliceOp>(op))
      return isAll(slice.getStartIndices(), 0) &&
             (!slice.getStrides() || isAll(slice.getStrides(), 1));
    if (auto broadcast = dyn_cast<BroadcastInDimOp>(op))
      return llvm::equal(broadcast.getBroadcastDimensions(),
                         llvm::seq<int64_t>(0, cast<RankedTensorType>(result.getType()).getRank()));
    return true;
  }

  bool isAll(Value value, int64_t wanted) const {
    ArrayRef<AffineExpr> elements = shapes.getElements(value);
    return !elements.empty() && llvm::all_of(elements, [&](AffineExpr expr) {
      auto known = dyn_cast_if_present<AffineConstantExpr>(expr);
      return known && known.getValue() == wanted;
    });
  }

  const SymbolicShapes &shapes;
  llvm::DenseMap<AffineExpr, std::pair<Value, int64_t>> holders;
  llvm::DenseMap<std::pair<Type, llvm::hash_code>, Value> tensors;
  /// Erased at the end: their values are keys of the analysis until then.
  SmallVector<Operation *> dead;
};

struct InferShapesPass : public dlc::impl::InferShapesBase<InferShapesPass> {
  using InferShapesBase::InferShapesBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        functions.push_back(function);
    // Callees first see what their callers pass, callers then what callees
    // return: a chain of calls needs a round per link.
    for (int64_t round = 0; round < maxRounds; ++round) {
      for (func::FuncOp function : functions) {
        lookThroughCasts(function);
        SymbolicShapes shapes(&getContext());
        shapes.analyze(function);
        Simplifier(shapes).run(function);
        openContradictions(function);
        castPassedValues(function, symbols);
        updateResults(function);
      }
      if (!refineSignatures(functions, symbols))
        break;
    }
  }

private:
  /// dl ops take what a cast made less precise as it was before: they accept every
  /// compatible type.
  static void lookThroughCasts(func::FuncOp function) {
    function.walk([](Operation *op) {
      if (!isa<dl::DlDialect>(op->getDialect()))
        return;
      SmallVector<Value> operands(op->getOperands());
      for (OpOperand &operand : op->getOpOperands()) {
        auto cast = operand.get().getDefiningOp<tensor::CastOp>();
        if (cast && tensor::preservesStaticInformation(cast.getType(), cast.getSource().getType()))
          operand.set(cast.getSource());
      }
      // Sizes that contradict each other are for the run to find.
      if (!llvm::equal(operands, op->getOperands()) && !isValid(op))
        op->setOperands(operands);
    });
  }

  /// The function's result types are those of the values it returns.
  static void updateResults(func::FuncOp function) {
    Operation *terminator = function.front().getTerminator();
    function.setType(FunctionType::get(function.getContext(), function.getArgumentTypes(),
                                       terminator->getOperandTypes()));
  }

  /// Carries types over calls: arguments of private functions that all callers
  /// refine alike, and results. Whether anything changed.
  bool refineSignatures(ArrayRef<func::FuncOp> functions, SymbolTable &symbols) {
    llvm::MapVector<Operation *, SmallVector<func::CallOp>> calls;
    for (func::FuncOp function : functions)
      function.walk([&](func::CallOp call) {
        if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
            callee && !callee.isDeclaration())
          calls[callee].push_back(call);
      });
    bool changed = false;
    for (auto &[op, sites] : calls) {
      auto callee = cast<func::FuncOp>(op);
      for (func::CallOp call : sites)
        for (auto [result, type] : llvm::zip_equal(call.getResults(), callee.getResultTypes()))
          if (result.getType() != type) {
            result.setType(type);
            changed = true;
          }
      if (callee.isPrivate())
        changed |= refineArguments(callee, sites);
    }
    return changed;
  }

  static bool refineArguments(func::FuncOp callee, ArrayRef<func::CallOp> sites) {
    bool changed = false;
    for (BlockArgument argument : callee.getArguments()) {
      auto passed = [&](func::CallOp call) {
        Value value = call.getOperand(argument.getArgNumber());
        // Look through the cast that an earlier round put there.
        if (auto cast = value.getDefiningOp<ReshapeOp>();
            cast && areCompatibleTypes(cast.getInput().getType(), value.getType()))
          value = cast.getInput();
        return value;
      };
      Type type = passed(sites.front()).getType();
      bool agree = llvm::all_of(sites, [&](func::CallOp call) {
        return passed(call).getType() == type;
      });
      if (!agree || type == argument.getType() || !areCompatibleTypes(type, argument.getType()))
        continue;
      for (func::CallOp call : sites)
        call->setOperand(argument.getArgNumber(), passed(call));
      argument.setType(type);
      changed = true;
    }
    if (changed)
      callee.setType(FunctionType::get(callee.getContext(),
                                       callee.front().getArgumentTypes(),
                                       callee.getResultTypes()));
    return changed;
  }
};
} // namespace
