//===- CheckGradients.cpp - -dl-check-gradients ---------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "dlc/Autodiff/Passes.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc {
#define GEN_PASS_DEF_CHECKGRADIENTS
#include "dlc/Autodiff/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;

namespace {
class CheckGradientsPass : public dlc::impl::CheckGradientsBase<CheckGradientsPass> {
public:
  using CheckGradientsBase::CheckGradientsBase;
  void runOnOperation() override;

private:
  void check(grad::VjpOp request);
  /// The request for the whole gradient of a function, as a call of the function
  /// that is asked for it; null where there is none.
  grad::VjpOp addRequest(TensorBuilder &b, func::FuncOp callee, ValueRange inputs);
  void checkWhole(func::FuncOp function, SymbolTable &symbols);
  Value makeRandom(TensorBuilder &b, Value like);

  int64_t drawn = 0;
};
} // namespace

/// Normal numbers of the shape of `like`, others each time.
Value CheckGradientsPass::makeRandom(TensorBuilder &b, Value like) {
  Type type = getTensorType(like).getElementType();
  Value key = b.constant({0, drawn++});
  return RngNormalOp::create(b, like.getType(), key, b.scalar(0.0, type), b.scalar(1.0, type),
                             b.shapeOperand(b.sizes(like)));
}

/// Σ x·y over all elements of two lists, in f64; or Σ |x·y|.
static Value multiply(TensorBuilder &b, ValueRange xs, ValueRange ys, bool isAbsolute) {
  Value total;
  for (auto [x, y] : llvm::zip_equal(xs, ys)) {
    Value product = b.mul(b.convert(x, b.getF64Type()), b.convert(y, b.getF64Type()));
    if (isAbsolute)
      product = b.unary<AbsOp>(product);
    SmallVector<int64_t> dims =
        llvm::to_vector(llvm::seq<int64_t>(0, getTensorType(product).getRank()));
    total = sum(b, total, ReduceOp::create(b, ReductionKind::sum, product, dims, false));
  }
  return total;
}

/// Ends the run unless |x − y| ≤ tolerance · (1 + scale).
static void assertClose(TensorBuilder &b, Value x, Value y, Value scale, double tolerance,
                        const Twine &message) {
  Value difference = b.unary<AbsOp>(b.sub(x, y));
  Value bound = b.mul(b.add(scale, 1.0), tolerance);
  Value close = b.compare(ComparisonDirection::le, difference, bound);
  AssertOp::create(b, close, message.str());
}

/// The bits of the significand of the narrowest float among the types.
static unsigned getPrecision(TypeRange types) {
  unsigned precision = 53;
  for (Type type : types)
    if (isDifferentiable(type))
      precision = std::min(precision, cast<FloatType>(cast<RankedTensorType>(type).getElementType())
                                          .getFPMantissaWidth());
  return precision;
}

void CheckGradientsPass::check(grad::VjpOp op) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfter(op);
  TensorBuilder b(builder, op.getLoc());
  // A float of half the digits is stepped a third as finely (in digits).
  unsigned precision = std::min(getPrecision(op->getOperandTypes()), getPrecision(op->getResultTypes()));
  double h = step * std::exp2((53.0 - precision) / 3);
  double near = tolerance * std::exp2((53.0 - precision) * 0.6);
  SmallVector<Value> tangents;
  for (int64_t i : op.getWrt())
    tangents.push_back(makeRandom(b, op.getInputs()[i]));
  ValueRange gradients = op.getResults().take_back(op.getWrt().size());
  TypeRange types = TypeRange(op.getCotangents().getTypes());
  auto jvp = grad::JvpOp::create(b, types, op.getCallee(), op.getInputs(), tangents, op.getOf(),
                                 op.getWrt(), /*with_primal=*/false);
  Value forward = multiply(b, op.getCotangents(), jvp.getResults(), false);
  Value reverse = multiply(b, gradients, tangents, false);
  Value scale = b.add(multiply(b, op.getCotangents(), jvp.getResults(), true),
                      multiply(b, gradients, tangents, true));
  assertClose(b, forward, reverse, scale, near,
              "forward and reverse mode disagree on the derivative of @" + op.getCallee());
  if (!differences)
    return;
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  auto evaluate = [&](double by) {
    SmallVector<Value> inputs(op.getInputs());
    for (auto [i, tangent] : llvm::zip_equal(op.getWrt(), tangents))
      inputs[i] = b.cast(b.add(inputs[i], b.mul(tangent, by)), inputs[i].getType());
    auto call = func::CallOp::create(b, callee, inputs);
    return llvm::map_to_vector(op.getOf(), [&](int64_t i) { return call.getResult(i); });
  };
  SmallVector<Value> ahead = evaluate(h), behind = evaluate(-h), slopes;
  for (auto [x, y] : llvm::zip_equal(ahead, behind))
    slopes.push_back(b.div(b.sub(b.convert(x, b.getF64Type()), b.convert(y, b.getF64Type())), 2 * h));
  assertClose(b, forward, multiply(b, op.getCotangents(), slopes, false), scale, near * 100,
              "the derivative of @" + op.getCallee() + " disagrees with a finite difference");
}

grad::VjpOp CheckGradientsPass::addRequest(TensorBuilder &b, func::FuncOp callee,
                                           ValueRange inputs) {
  SmallVector<int64_t> of, wrt;
  SmallVector<Value> cotangents;
  SmallVector<Type> types(callee.getResultTypes());
  for (auto [i, type] : llvm::enumerate(callee.getArgumentTypes()))
    if (isDifferentiable(type)) {
      wrt.push_back(i);
      types.push_back(type);
    }
  for (auto [i, type] : llvm::enumerate(callee.getResultTypes()))
    if (isDifferentiable(type))
      of.push_back(i);
  if (of.empty() || wrt.empty())
    return {};
  // Called for the shapes of its results.
  auto call = func::CallOp::create(b, callee, inputs);
  for (int64_t i : of)
    cotangents.push_back(makeRandom(b, call.getResult(i)));
  return grad::VjpOp::create(b, types, callee.getName(), inputs, cotangents, of, wrt,
                             /*with_primal=*/true);
}

void CheckGradientsPass::checkWhole(func::FuncOp function, SymbolTable &symbols) {
  // The body moves to a function of its own, which this one asks about.
  OpBuilder builder(function);
  func::FuncOp body = function.clone();
  body.setName((function.getName() + "_checked").str());
  symbols.insert(body, Block::iterator(function->getNextNode()));
  body.setPrivate();
  function.eraseBody();
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToStart(block);
  TensorBuilder b(builder, function.getLoc());
  grad::VjpOp request = addRequest(b, body, block->getArguments());
  if (!request) {
    auto call = func::CallOp::create(b, body, block->getArguments());
    func::ReturnOp::create(b, call.getResults());
    return;
  }
  func::ReturnOp::create(b, request.getResults().take_front(function.getNumResults()));
  if (order < 2) {
    check(request);
    return;
  }
  // The gradient as a function of inputs and cotangents, checked in its turn.
  SmallVector<Type> types(request.getInputs().getTypes());
  llvm::append_range(types, request.getCotangents().getTypes());
  TypeRange gradientTypes = TypeRange(request->getResultTypes()).drop_front(body.getNumResults());
  builder.setInsertionPointAfter(body);
  auto gradient = func::FuncOp::create(builder, function.getLoc(),
                                       (function.getName() + "_gradient").str(),
                                       builder.getFunctionType(types, gradientTypes));
  symbols.insert(gradient, Block::iterator(body->getNextNode()));
  gradient.setPrivate();
  Block *inner = gradient.addEntryBlock();
  builder.setInsertionPointToStart(inner);
  auto asked = grad::VjpOp::create(builder, function.getLoc(), gradientTypes, body.getName(),
                                   inner->getArguments().take_front(request.getInputs().size()),
                                   inner->getArguments().drop_front(request.getInputs().size()),
                                   request.getOf(), request.getWrt(), /*with_primal=*/false);
  func::ReturnOp::create(builder, function.getLoc(), asked.getResults());
  b.setInsertionPointAfter(request);
  SmallVector<Value> point(request.getInputs());
  llvm::append_range(point, request.getCotangents());
  check(addRequest(b, gradient, point));
}

void CheckGradientsPass::runOnOperation() {
  if (order < 1 || order > 2) {
    getOperation().emitError("dl-check-gradients: order is ") << order << ", but must be 1 or 2";
    return signalPassFailure();
  }
  SymbolTable symbols(getOperation());
  for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
    if (!function.isPublic() || function.isDeclaration())
      continue;
    SmallVector<grad::VjpOp> requests;
    bool asks = false;
    function.walk([&](Operation *op) {
      asks |= isa<grad::GradDialect>(op->getDialect());
      if (auto request = dyn_cast<grad::VjpOp>(op))
        requests.push_back(request);
    });
    for (grad::VjpOp request : requests)
      check(request);
    if (all && !asks)
      checkWhole(function, symbols);
  }
}
