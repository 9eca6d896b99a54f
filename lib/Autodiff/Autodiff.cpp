//===- Autodiff.cpp - -dl-autodiff ----------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modes.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Support/DerivativeNames.h"
#include "dlc/Support/MemoryBudget.h"
#include "grad/IR/GradRevise.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace dlc {
#define GEN_PASS_DEF_AUTODIFF
#include "dlc/Autodiff/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

namespace {
/// A request for a derivative, of either kind.
struct Request {
  static Request get(Operation *op) {
    if (auto vjp = dyn_cast<grad::VjpOp>(op))
      return {op, vjp.getCalleeAttr(), vjp.getOf(), vjp.getWrt(), vjp.getWithPrimal(), true};
    auto jvp = cast<grad::JvpOp>(op);
    return {op, jvp.getCalleeAttr(), jvp.getOf(), jvp.getWrt(), jvp.getWithPrimal(), false};
  }

  Operation *op;
  FlatSymbolRefAttr callee;
  ArrayRef<int64_t> of, wrt;
  bool withPrimal, isReverse;

  /// Equal for requests that one function answers.
  Attribute getKey() const {
    SmallVector<NamedAttribute> attributes;
    for (NamedAttribute attribute : op->getAttrs())
      if (attribute.getName() != "operandSegmentSizes")
        attributes.push_back(attribute);
    Builder builder(op->getContext());
    attributes.push_back(builder.getNamedAttr("mode", builder.getBoolAttr(isReverse)));
    return builder.getDictionaryAttr(attributes);
  }
};

class AutodiffPass : public dlc::impl::AutodiffBase<AutodiffPass> {
public:
  using AutodiffBase::AutodiffBase;
  void runOnOperation() override;

private:
  /// Answers the requests in a function, and before them those in the functions
  /// that it asks for derivatives of or calls.
  LogicalResult answerAll(func::FuncOp function);
  FailureOr<func::FuncOp> lookup(Operation *user, FlatSymbolRefAttr name);
  LogicalResult answer(const Request &request);
  FailureOr<func::FuncOp> makeDerivative(const Request &request);
  LogicalResult inlineCalls(func::FuncOp function);

  std::optional<SymbolTable> symbols;
  DenseMap<Attribute, func::FuncOp> derivatives;
  /// Whether a function's requests were answered; false while they are.
  DenseMap<Operation *, bool> answered;
};
} // namespace

void AutodiffPass::runOnOperation() {
  symbols.emplace(getOperation());
  derivatives.clear();
  answered.clear();
  for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
    if (failed(answerAll(function)))
      return signalPassFailure();
  if (keepStops)
    return;
  // Every derivative has been made: what they took for constant is a value like others.
  getOperation().walk([](Operation *op) {
    if (!isa<grad::StopOp, grad::ReviseOp>(op))
      return;
    op->replaceAllUsesWith(ValueRange(op->getOperands().back()));
    op->erase();
  });
}

FailureOr<func::FuncOp> AutodiffPass::lookup(Operation *user, FlatSymbolRefAttr name) {
  auto function = symbols->lookup<func::FuncOp>(name.getAttr());
  if (!function || function.isDeclaration())
    return user->emitError("function @") << name.getValue() << " has no body, so it can't be differentiated";
  if (!function.getBody().hasOneBlock())
    return user->emitError("function @") << name.getValue()
                                         << " has branches outside scf, so it can't be differentiated";
  return function;
}

LogicalResult AutodiffPass::answerAll(func::FuncOp function) {
  auto [found, isNew] = answered.try_emplace(function, false);
  if (!isNew)
    return found->second ? success()
                         : function.emitError("function @")
                               << function.getName()
                               << " calls itself or asks for its own derivative; recursion "
                                  "can't be differentiated";
  SmallVector<Operation *> requests;
  WalkResult walked = function.walk([&](Operation *op) -> WalkResult {
    FlatSymbolRefAttr callee;
    if (auto call = dyn_cast<func::CallOp>(op))
      callee = call.getCalleeAttr();
    else if (isa<grad::VjpOp, grad::JvpOp>(op))
      callee = Request::get(op).callee;
    else
      return WalkResult::advance();
    auto target = symbols->lookup<func::FuncOp>(callee.getAttr());
    if (isa<func::CallOp>(op))
      return target ? answerAll(target) : success();
    requests.push_back(op);
    if (failed(lookup(op, callee)))
      return WalkResult::interrupt();
    return answerAll(target);
  });
  if (walked.wasInterrupted())
    return failure();
  for (Operation *op : requests)
    if (failed(answer(Request::get(op))))
      return failure();
  answered[function] = true;
  return success();
}

LogicalResult AutodiffPass::answer(const Request &request) {
  func::FuncOp &derivative = derivatives[request.getKey()];
  if (!derivative) {
    FailureOr<func::FuncOp> made = makeDerivative(request);
    if (failed(made))
      return failure();
    derivatives[request.getKey()] = *made;
    derivative = *made;
  }
  OpBuilder builder(request.op);
  auto call = func::CallOp::create(builder, request.op->getLoc(), derivative, request.op->getOperands());
  request.op->replaceAllUsesWith(call);
  request.op->erase();
  return success();
}

/// Replaces calls by the bodies of the functions, which end in one return.
LogicalResult AutodiffPass::inlineCalls(func::FuncOp function) {
  SmallVector<func::CallOp> calls;
  function.walk([&](func::CallOp call) { calls.push_back(call); });
  while (!calls.empty()) {
    func::CallOp call = calls.pop_back_val();
    FailureOr<func::FuncOp> callee = lookup(call, call.getCalleeAttr());
    if (failed(callee))
      return failure();
    IRMapping mapping;
    Block &body = callee->front();
    mapping.map(body.getArguments(), call.getOperands());
    OpBuilder builder(call);
    for (Operation &op : body.without_terminator()) {
      Operation *clone = builder.clone(op, mapping);
      clone->walk([&](func::CallOp inner) { calls.push_back(inner); });
    }
    call.replaceAllUsesWith(llvm::map_to_vector(
        body.getTerminator()->getOperands(), [&](Value value) { return mapping.lookup(value); }));
    call.erase();
  }
  return success();
}

/// Appends the directions to a function's arguments: cotangents of the results
/// asked for, or tangents of the arguments.
static SmallVector<Value> addDirections(func::FuncOp function, const Request &request) {
  SmallVector<Value> directions;
  Block &body = function.front();
  SmallVector<Value> like = request.isReverse
                                ? SmallVector<Value>(body.getTerminator()->getOperands())
                                : SmallVector<Value>(body.getArguments());
  for (int64_t i : request.isReverse ? request.of : request.wrt) {
    Value value = like[i];
    Type type = request.isReverse ? function.getResultTypes()[i] : value.getType();
    Location place = value.getLoc();
    directions.push_back(body.addArgument(
        type, markDerivative(place, place, request.isReverse ? "grad" : "tangent")));
  }
  return directions;
}

/// The derivatives asked for, written into the function before its return.
static FailureOr<SmallVector<Value>> differentiate(func::FuncOp function, const Request &request,
                                                   ArrayRef<Value> directions,
                                                   bool checkpointsLoops) {
  Block &body = function.front();
  Operation *terminator = body.getTerminator();
  SmallVector<Value> derivatives;
  auto arguments = llvm::map_to_vector(
      request.wrt, [&](int64_t i) -> Value { return body.getArgument(i); });
  if (failed(checkNumbers(body, arguments)))
    return failure();
  if (!request.isReverse) {
    ForwardMode mode;
    for (auto [i, direction] : llvm::zip_equal(request.wrt, directions))
      mode.setTangent(body.getArgument(i), direction);
    if (failed(mode.run(body)))
      return failure();
    OpBuilder builder(terminator);
    for (int64_t i : request.of) {
      TensorBuilder b(builder, request.op->getLoc());
      derivatives.push_back(mode.getOrZero(b, terminator->getOperand(i)));
    }
    return derivatives;
  }
  Activity activity;
  for (Value argument : arguments)
    activity.add(argument);
  SmallVector<Operation *> ops = getBody(body);
  for (Operation *op : ops)
    activity.propagate(op);
  ReverseMode mode(activity, checkpointsLoops);
  OpBuilder builder(terminator);
  TensorBuilder b(builder, request.op->getLoc());
  for (auto [i, direction] : llvm::zip_equal(request.of, directions))
    mode.add(b, terminator->getOperand(i), direction);
  if (failed(mode.run(ops, b)))
    return failure();
  for (int64_t i : request.wrt)
    derivatives.push_back(mode.getOrZero(b, body.getArgument(i)));
  return derivatives;
}

FailureOr<func::FuncOp> AutodiffPass::makeDerivative(const Request &request) {
  auto callee = symbols->lookup<func::FuncOp>(request.callee.getAttr());
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfter(callee);
  std::string name = (callee.getName() + (request.isReverse ? "_vjp" : "_jvp")).str();
  auto function = func::FuncOp::create(builder, callee.getLoc(), name, callee.getFunctionType());
  IRMapping mapping;
  callee.getBody().cloneInto(&function.getBody(), mapping);
  symbols->insert(function, Block::iterator(callee->getNextNode()));
  function.setPrivate();

  if (failed(inlineCalls(function))) {
    symbols->erase(function);
    return failure();
  }
  SmallVector<Value> directions = addDirections(function, request);
  FailureOr<SmallVector<Value>> gradients =
      differentiate(function, request, directions,
                    checkpointLoops || getOperation()->hasAttr(kMemoryAttr));
  if (failed(gradients)) {
    symbols->erase(function); // half-built, no valid function
    mlir::emitRemark(request.op->getLoc()) << "the derivative was asked for here";
    return failure();
  }
  Operation *terminator = function.front().getTerminator();
  SmallVector<Value> results;
  if (request.withPrimal)
    llvm::append_range(results, terminator->getOperands());
  llvm::append_range(results, *gradients);
  terminator->setOperands(results);
  function.setFunctionType(builder.getFunctionType(function.front().getArgumentTypes(),
                                                   request.op->getResultTypes()));
  answered[function] = true;
  // What the derivatives don't need goes.
  OpPassManager cleaning(func::FuncOp::getOperationName());
  cleaning.addPass(createCanonicalizerPass());
  cleaning.addPass(createCSEPass());
  if (failed(runPipeline(cleaning, function)))
    return failure();
  return function;
}
