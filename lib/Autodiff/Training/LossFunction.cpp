//===- LossFunction.cpp - a model's loss as a function --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LossFunction.h"
#include "../Rules/Common.h"
#include "dl/IR/ExternalData.h"
#include "grad/IR/GradRevise.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;
using namespace dlc::training;

namespace {
class LossFunctionWriter {
public:
  LossFunctionWriter(func::FuncOp model, func::FuncOp training, SymbolTable &symbols,
                     const LossOptions &options)
      : training(training ? training : model), isForTraining(training), symbols(symbols),
        options(options), builder(model) {
    result.model = model;
  }

  LogicalResult run();
  LossFunction result;

private:
  void describeInputs();
  LogicalResult addTarget(Value output);
  std::optional<double> getMomentum(BatchNormOp op);
  LogicalResult takeStores();
  LogicalResult normalize(BatchNormOp op);
  LogicalResult normalizeByBatch(BatchNormOp op, GlobalOp mean, GlobalOp variance);
  void drawAnew();
  DenseSet<Operation *> findReached(Value loss);
  LogicalResult findParameters(Value loss);
  Value addArgument(Type type) {
    return function().front().addArgument(type, function().getLoc());
  }
  func::FuncOp &function() { return result.function; }
  GlobalOp getGlobal(Value value) {
    while (auto convert = value.getDefiningOp<ConvertOp>())
      value = convert.getInput();
    auto load = value.getDefiningOp<GlobalLoadOp>();
    return load ? symbols.lookup<GlobalOp>(load.getGlobal()) : GlobalOp();
  }
  void makeMutable(GlobalOp global);
  /// What the loads of a global in the function become.
  void replaceLoads(GlobalOp global, Value value);

  func::FuncOp training;
  /// Whether the program was recorded in training, so that it moves statistics itself.
  bool isForTraining;
  SymbolTable &symbols;
  const LossOptions &options;
  OpBuilder builder;
  Value target;
  /// What the program stores, as the statistics of batch norms, and its new values.
  llvm::MapVector<Operation *, Value> statistics;
  /// Those that the model only normalises by.
  DenseSet<Operation *> fixed;
};
} // namespace

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

void LossFunctionWriter::describeInputs() {
  func::FuncOp model = result.model;
  for (auto [i, type] : llvm::enumerate(model.getArgumentTypes())) {
    auto name = model.getArgAttrOfType<StringAttr>(i, "dlc.name");
    result.dataTypes.push_back(cast<RankedTensorType>(type));
    result.dataNames.push_back(name ? name.str() : ("input_" + Twine(i)).str());
    result.dataDims.push_back(model.getArgAttrOfType<ArrayAttr>(i, "dlc.dim_symbols"));
    result.dataLimits.push_back(model.getArgAttrOfType<DenseI64ArrayAttr>(i, "dlc.dim_limits"));
  }
}

LogicalResult LossFunctionWriter::addTarget(Value output) {
  auto type = options.loss->targetType(output.getLoc(), getTensorType(output));
  if (failed(type))
    return failure();
  if (!*type)
    return success();
  target = addArgument(*type);
  std::string name = "target";
  while (llvm::is_contained(result.dataNames, name))
    name += "_";
  result.dataTypes.push_back(*type);
  result.dataNames.push_back(name);
  // The batch's size is the inputs': the other sizes are checked as the step runs.
  ArrayAttr dims;
  auto first = result.model.getNumArguments() ? result.dataDims.front() : ArrayAttr();
  if (type->getRank() && type->isDynamicDim(0) && first && !first.empty()) {
    SmallVector<Attribute> names(type->getRank(), builder.getStringAttr(""));
    names[0] = first[0];
    dims = builder.getArrayAttr(names);
  }
  result.dataDims.push_back(dims);
  result.dataLimits.push_back({});
  return success();
}

//===----------------------------------------------------------------------===//
// Batch norms and random numbers
//===----------------------------------------------------------------------===//

/// How far the statistics move, or nothing after an error.
std::optional<double> LossFunctionWriter::getMomentum(BatchNormOp op) {
  if (options.momentum)
    return options.momentum;
  auto own = op->getAttrOfType<FloatAttr>(kMomentumAttr);
  double momentum = own ? own.getValueAsDouble() : 0.1;
  // What PyTorch has in evaluation where there is none.
  if (momentum != 0)
    return momentum;
  op.emitError("has momentum 0 or none at all, which stands for the mean of all batches: a training "
               "step has none of these; batch-norm-momentum says how far statistics move");
  return std::nullopt;
}

/// What the program stores becomes a result, for the step to store; what it loads
/// afterwards is that.
LogicalResult LossFunctionWriter::takeStores() {
  WalkResult walked = function().walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    if (auto load = dyn_cast<GlobalLoadOp>(op))
      if (Value stored = statistics.lookup(getGlobal(load))) {
        load.getOutput().replaceAllUsesWith(stored);
        load.erase();
        return WalkResult::skip();
      }
    auto store = dyn_cast<GlobalStoreOp>(op);
    if (!store)
      return WalkResult::advance();
    if (store->getBlock() != &function().front())
      return store.emitError("is in a branch or a loop: a training step can't change state there");
    statistics[symbols.lookup<GlobalOp>(store.getGlobal())] = store.getValue();
    store.erase();
    return WalkResult::skip();
  });
  isForTraining |= !statistics.empty();
  return failure(walked.wasInterrupted());
}

/// By the batch's mean and variance, unless they are to stay what they are.
LogicalResult LossFunctionWriter::normalize(BatchNormOp op) {
  GlobalOp mean = getGlobal(op.getMean()), variance = getGlobal(op.getVariance());
  if (options.batchNorm && !isForTraining)
    return normalizeByBatch(op, mean, variance);
  for (GlobalOp global : {mean, variance})
    if (global)
      fixed.insert(global);
  return success();
}

/// Mean and variance become the batch's, and the globals that they came from move
/// towards those: m·batch + (1 − m)·old, of the variance's unbiased estimate.
LogicalResult LossFunctionWriter::normalizeByBatch(BatchNormOp op, GlobalOp mean,
                                                   GlobalOp variance) {
  if (!mean || !variance || mean == variance)
    return op.emitError("has a mean or variance that is no weight of its own, so that it can't "
                        "move; batch-norm=false goes on with what they are");
  if (statistics.contains(mean) || statistics.contains(variance))
    return op.emitError("shares its statistics with another batch norm: which of them moves them?");
  if (op->getBlock() != &function().front())
    return op.emitError("is in a branch or a loop, which may normalise no batch or several: its statistics "
                        "can't move; batch-norm=false goes on with what they are");
  std::optional<double> momentum = getMomentum(op);
  if (!momentum)
    return failure();
  TensorBuilder b(builder, op.getLoc());
  b.setInsertionPoint(op);
  Value x = b.widen(op.getInput());
  int64_t rank = getTensorType(x).getRank(), feature = op.getFeatureDimension();
  SmallVector<int64_t> dims = upTo(rank);
  dims.erase(dims.begin() + feature);
  Type wide = getTensorType(x).getElementType();
  Value batchMean = ReduceOp::create(b, ReductionKind::mean, x, dims, /*keep_dims=*/false);
  Value centered = b.sub(x, b.broadcastLike(batchMean, {feature}, x));
  Value batchVariance =
      ReduceOp::create(b, ReductionKind::mean, b.mul(centered, centered), dims, false);
  Size count = 1;
  for (int64_t d : dims)
    count = b.mul(count, b.size(x, d));
  Value n = b.convert(b.scalar(count), wide);
  Value unbiased = b.mul(batchVariance, b.broadcastLike(b.div(n, b.sub(n, 1.0)), {}, batchVariance));
  auto move = [&](GlobalOp global, Value old, Value seen) {
    Value moved = b.add(b.mul(b.convert(old, wide), 1 - *momentum), b.mul(seen, *momentum));
    statistics[global] = b.convert(moved, global.getTensorType().getElementType());
  };
  move(mean, op.getMean(), batchMean);
  move(variance, op.getVariance(), unbiased);
  op.getMeanMutable().assign(b.convert(batchMean, getTensorType(op.getMean()).getElementType()));
  op.getVarianceMutable().assign(b.convert(batchVariance, getTensorType(op.getVariance()).getElementType()));
  return success();
}

/// Random numbers are drawn with step and seed added to their key.
void LossFunctionWriter::drawAnew() {
  SmallVector<Operation *> draws;
  function().walk([&](Operation *op) {
    if (isa<RngUniformOp, RngNormalOp>(op))
      draws.push_back(op);
  });
  if (draws.empty())
    return;
  result.isRandom = true;
  Value step = addArgument(RankedTensorType::get({}, builder.getI64Type()));
  Value seed = addArgument(step.getType());
  for (Operation *op : draws) {
    TensorBuilder b(builder, op->getLoc());
    b.setInsertionPoint(op);
    Value key = op->getOperand(0);
    Type type = getTensorType(key).getElementType();
    Value added = b.concat({b.reshape(seed, {1}), b.reshape(step, {1})}, 0);
    op->setOperand(0, b.add(key, b.convert(added, type)));
  }
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

void LossFunctionWriter::makeMutable(GlobalOp global) {
  if (global.getIsMutable())
    return;
  global.setIsMutable(true);
  result.model->getParentOfType<ModuleOp>().walk([&](GlobalLoadOp load) {
    if (load.getGlobal() == global.getSymName())
      load.setIsMutable(true);
  });
}

void LossFunctionWriter::replaceLoads(GlobalOp global, Value value) {
  SmallVector<GlobalLoadOp> loads;
  function().walk([&](GlobalLoadOp load) {
    if (load.getGlobal() == global.getSymName())
      loads.push_back(load);
  });
  for (GlobalLoadOp load : loads) {
    load.getOutput().replaceAllUsesWith(value);
    load.erase();
  }
}

/// The globals from which a way that derivatives follow leads to the loss. One that reaches
/// it by integers, decisions or detached values alone has no gradient, not even zeros.
DenseSet<Operation *> LossFunctionWriter::findReached(Value loss) {
  DenseSet<Value> seen;
  DenseSet<Operation *> reached;
  SmallVector<Value> work{loss};
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!isa<FloatType>(getElementTypeOrSelf(value)) || !seen.insert(value).second)
      continue;
    Operation *op = value.getDefiningOp();
    if (!op)
      op = cast<BlockArgument>(value).getOwner()->getParentOp();
    if (auto load = dyn_cast<GlobalLoadOp>(op))
      reached.insert(symbols.lookup<GlobalOp>(load.getGlobal()));
    if (isa<func::FuncOp>(op))
      continue;
    op->walk([&](Operation *inner) {
      if (auto revised = dyn_cast<grad::ReviseOp>(inner))
        work.push_back(revised.getInput());
      else if (!isa<grad::StopOp>(inner))
        llvm::append_range(work, inner->getOperands());
    });
  }
  return reached;
}

/// The float globals by which the loss has gradients, in the module's order.
LogicalResult LossFunctionWriter::findParameters(Value loss) {
  DenseSet<Operation *> reached = findReached(loss);
  for (const std::string &name : options.frozen)
    if (!symbols.lookup<GlobalOp>(name))
      return result.model.emitError("frozen: the model has no weight '") << name << "'";
  auto globals = result.model->getParentOfType<ModuleOp>().getOps<GlobalOp>();
  // Some frameworks tell parameters from other weights.
  bool isMarked = llvm::any_of(globals, [](GlobalOp g) {
    return g->hasAttr(kParameterAttr) || g->hasAttr(kFrozenAttr);
  });
  for (GlobalOp global : globals)
    if (reached.contains(global) && (!isMarked || global->hasAttr(kParameterAttr)) &&
        !statistics.contains(global) && !fixed.contains(global) &&
        isDifferentiable(global.getTensorType()) &&
        !llvm::is_contained(options.frozen, global.getSymName()))
      result.parameters.push_back(global);
  if (result.parameters.empty())
    return result.model.emitError(isMarked ? "the loss depends on no parameter that is to be trained: all that "
                                             "there are, if any, are frozen or detached"
                                           : "the loss depends on no weight of floats in a way that has "
                                             "a derivative: nothing can be trained");
  return success();
}

LogicalResult LossFunctionWriter::run() {
  func::FuncOp model = result.model;
  if (!training.getNumResults() ||
      !llvm::all_of(training.getArgumentTypes(), llvm::IsaPred<RankedTensorType>) ||
      !llvm::all_of(training.getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return training.emitError("has to give ranked tensors, from ranked tensors, to be trained");
  if (training.getArgumentTypes() != model.getArgumentTypes())
    return training.emitError("takes other inputs in training than the model '")
           << model.getName() << "'";
  function() = training.clone();
  function()->removeAttr(kTrainingAttr);
  function().setName((model.getName() + "_loss").str());
  function().setPrivate();
  function().setAllArgAttrs(ArrayRef<DictionaryAttr>{});
  function().removeResAttrsAttr();
  symbols.insert(function(), Block::iterator(model->getNextNode()));
  describeInputs();
  if (failed(takeStores()))
    return failure();
  auto terminator = cast<func::ReturnOp>(function().front().getTerminator());
  Value output = terminator.getOperand(0);
  if (failed(addTarget(output)))
    return failure();
  SmallVector<BatchNormOp> norms;
  function().walk([&](BatchNormOp op) { norms.push_back(op); });
  for (BatchNormOp op : norms)
    if (failed(normalize(op)))
      return failure();
  drawAnew();
  TensorBuilder b(builder, terminator.getLoc());
  b.setInsertionPoint(terminator);
  SmallVector<Value> results{options.loss->compute(b, terminator.getOperand(0), target)};
  if (failed(findParameters(results[0])))
    return failure();
  for (auto [global, moved] : statistics) {
    result.statistics.push_back(cast<GlobalOp>(global));
    results.push_back(moved);
  }
  terminator->setOperands(results);
  for (ArrayRef<GlobalOp> globals : {ArrayRef(result.statistics), ArrayRef(result.parameters)})
    for (GlobalOp global : globals) {
      replaceLoads(global, addArgument(global.getTensorType()));
      makeMutable(global);
    }
  Block &body = function().front();
  function().setFunctionType(builder.getFunctionType(
      body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
  return success();
}

FailureOr<LossFunction> LossFunction::create(func::FuncOp model, func::FuncOp training,
                                             SymbolTable &symbols, const LossOptions &options) {
  LossFunctionWriter writer(model, training, symbols, options);
  if (failed(writer.run()))
    return failure();
  return std::move(writer.result);
}
