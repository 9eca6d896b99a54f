//===- BuildTrainingStep.cpp - -dl-build-training-step --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Training/LossFunction.h"
#include "Training/Optimizers.h"
#include "Rules.h"
#include "dl/IR/ExternalData.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Support/MemoryBudget.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace dlc {
#define GEN_PASS_DEF_BUILDTRAININGSTEP
#include "dlc/Autodiff/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;
using namespace dlc::dl;
using namespace dlc::training;

/// The default of batch-norm-momentum: each batch norm has its own.
static constexpr double kOwnMomentum = -1;

namespace {
class BuildTrainingStepPass : public dlc::impl::BuildTrainingStepBase<BuildTrainingStepPass> {
public:
  using BuildTrainingStepBase::BuildTrainingStepBase;
  void runOnOperation() override;

private:
  /// The model, and the model in training if that is another.
  FailureOr<std::pair<func::FuncOp, func::FuncOp>> findModel();
  LogicalResult checkOptions();

  std::optional<Optimizer> parsedOptimizer;
};

/// Writes @step.
class StepWriter {
public:
  StepWriter(LossFunction &loss, const Optimizer &optimizer, SymbolTable &symbols)
      : loss(loss), optimizer(optimizer), symbols(symbols), builder(loss.function),
        b(builder, loss.function.getLoc()) {}

  LogicalResult run();

  double clipNorm = 0, clipValue = 0;
  int64_t micro = 1;

private:
  func::FuncOp createFunction();
  Value addInput(Type type, StringRef name, ArrayAttr dims = {}, DenseI64ArrayAttr limits = {});
  GlobalOp addState(StringRef name, RankedTensorType type);
  /// The value that the step begins with.
  Value load(GlobalOp global) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&step.front());
    return GlobalLoadOp::create(b, global.getTensorType(), global.getSymName(), /*is_mutable=*/true);
  }
  void store(Value value, GlobalOp global) { stores.push_back({value, global}); }
  void writeStores() {
    for (auto [value, global] : stores)
      GlobalStoreOp::create(b, value, FlatSymbolRefAttr::get(global));
    stores.clear();
  }
  /// What the loss function gives and its gradients: loss, statistics, gradients.
  SmallVector<Value> differentiate(ValueRange data, ValueRange statistics);
  SmallVector<Value> accumulate(ValueRange statistics);
  Value getMicroBatch(Value whole, Value index);
  void clip(MutableArrayRef<Value> gradients);
  /// Writes the new value of parameter `i`.
  void update(unsigned i, Value gradient);

  LossFunction &loss;
  const Optimizer &optimizer;
  SymbolTable &symbols;
  OpBuilder builder;
  TensorBuilder b;
  func::FuncOp step;
  SmallVector<Value> data, random, parameters, results;
  SmallVector<StringRef> resultNames;
  Value rate, number;
  /// To be written behind all that may fail, so that such a run changes nothing.
  SmallVector<std::pair<Value, GlobalOp>> stores;
};
} // namespace

//===----------------------------------------------------------------------===//
// The step's interface
//===----------------------------------------------------------------------===//

Value StepWriter::addInput(Type type, StringRef name, ArrayAttr dims, DenseI64ArrayAttr limits) {
  unsigned index = step.getNumArguments();
  SmallVector<NamedAttribute> attributes{
      builder.getNamedAttr("dlc.name", builder.getStringAttr(name))};
  if (dims)
    attributes.push_back(builder.getNamedAttr("dlc.dim_symbols", dims));
  if (limits)
    attributes.push_back(builder.getNamedAttr("dlc.dim_limits", limits));
  (void)step.insertArgument(index, type, builder.getDictionaryAttr(attributes), step.getLoc());
  return step.getArgument(index);
}

/// Data of `micro` micro-batches, one after the other.
static RankedTensorType getWholeType(RankedTensorType type, int64_t micro) {
  SmallVector<int64_t> shape(type.getShape());
  if (!ShapedType::isDynamic(shape[0]))
    shape[0] *= micro;
  return type.clone(shape);
}

/// The limits of such data's sizes, of which there are `micro` times as many.
static DenseI64ArrayAttr getWholeLimits(DenseI64ArrayAttr limits, int64_t micro) {
  if (!limits || limits.empty())
    return limits;
  SmallVector<int64_t> numbers(limits.asArrayRef());
  for (int64_t &number : MutableArrayRef(numbers).take_front(3))
    if (number > 0 && llvm::MulOverflow(number, micro, number))
      number = std::numeric_limits<int64_t>::max();
  return DenseI64ArrayAttr::get(limits.getContext(), numbers);
}

func::FuncOp StepWriter::createFunction() {
  builder.setInsertionPointAfter(loss.model);
  step = func::FuncOp::create(builder, loss.model.getLoc(), "step", builder.getFunctionType({}, {}));
  symbols.insert(step, Block::iterator(loss.model->getNextNode()));
  step.addEntryBlock();
  b.setInsertionPointToStart(&step.front());
  for (auto [type, name, dims, limits] :
       llvm::zip_equal(loss.dataTypes, loss.dataNames, loss.dataDims, loss.dataLimits))
    data.push_back(addInput(micro > 1 ? getWholeType(type, micro) : type, name, dims,
                            getWholeLimits(limits, micro)));
  rate = addInput(RankedTensorType::get({}, b.getF64Type()), "learning_rate");
  return step;
}

GlobalOp StepWriter::addState(StringRef name, RankedTensorType type) {
  OpBuilder atModule(loss.model);
  auto value = DenseElementsAttr::get(type, cast<Attribute>(atModule.getZeroAttr(type.getElementType())));
  auto global = GlobalOp::create(atModule, loss.model.getLoc(), name,
                                 builder.getStringAttr("private"), type, value, /*is_mutable=*/true);
  symbols.insert(global);
  return global;
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

SmallVector<Value> StepWriter::differentiate(ValueRange inputs, ValueRange statistics) {
  SmallVector<Value> operands(inputs);
  llvm::append_range(operands, random);
  llvm::append_range(operands, statistics);
  int64_t first = operands.size();
  llvm::append_range(operands, parameters);
  func::FuncOp function = loss.function;
  SmallVector<Type> types(function.getResultTypes());
  llvm::append_range(types, TypeRange(ValueRange(parameters)));
  auto wrt = llvm::to_vector(llvm::seq<int64_t>(first, operands.size()));
  Type lossType = cast<RankedTensorType>(function.getResultTypes()[0]).getElementType();
  auto request = grad::VjpOp::create(b, types, function.getName(), operands, b.scalar(1.0, lossType),
                                     ArrayRef<int64_t>{0}, wrt, /*with_primal=*/true);
  return SmallVector<Value>(request.getResults());
}

/// Micro-batch `index` of the data: [micro·n, …] as [micro, n, …], of which one.
Value StepWriter::getMicroBatch(Value whole, Value index) {
  SmallVector<Size> sizes = b.sizes(whole), split{micro};
  sizes[0] = b.div(sizes[0], micro);
  llvm::append_range(split, sizes);
  Value batches = b.reshape(whole, split);
  split[0] = 1;
  SmallVector<Value> start(split.size(), arith::ConstantIndexOp::create(b, 0));
  start[0] = index;
  SmallVector<int64_t> shape(getTensorType(batches).getShape());
  shape[0] = 1;
  Value one = DynamicSliceOp::create(b, getTensorType(batches).clone(shape), batches,
                                     tensor::FromElementsOp::create(b, start),
                                     b.shapeOperand(split), /*strides=*/Value());
  return b.reshape(one, sizes);
}

/// The means over the micro-batches, in a loop.
SmallVector<Value> StepWriter::accumulate(ValueRange statistics) {
  for (auto [value, name] : llvm::zip_equal(data, loss.dataNames))
    if (Size size = b.size(value, 0); !size.isStatic())
      AssertOp::create(b, b.compare(ComparisonDirection::eq,
                                    b.binary<RemOp>(size.value, b.scalar(Size(micro))), 0.0),
                       ("the batch '" + name + "' can't be cut into " + Twine(micro)).str());
  SmallVector<Value> initial{b.scalar(0.0, cast<RankedTensorType>(loss.function.getResultTypes()[0]).getElementType())};
  llvm::append_range(initial, statistics);
  for (Value parameter : parameters)
    initial.push_back(b.splatLike(0.0, parameter));
  Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
  auto loop = scf::ForOp::create(b, zero, arith::ConstantIndexOp::create(b, micro), one, initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> inputs = llvm::map_to_vector(
      data, [&](Value whole) { return getMicroBatch(whole, loop.getInductionVar()); });
  ValueRange carried = loop.getRegionIterArgs();
  if (loss.isRandom) { // other numbers in each
    Value index = arith::IndexCastOp::create(b, b.getI64Type(), loop.getInductionVar());
    Type counter = random[0].getType();
    random[0] = b.add(b.mul(random[0], double(micro)),
                      tensor::FromElementsOp::create(b, counter, index).getResult());
  }
  SmallVector<Value> found = differentiate(inputs, carried.slice(1, statistics.size()));
  for (auto [i, value] : llvm::enumerate(found))
    if (i == 0 || i > statistics.size())
      value = b.add(carried[i], b.mul(value, 1.0 / micro));
  scf::YieldOp::create(b, found);
  return SmallVector<Value>(loop.getResults());
}

/// Makes the gradients shorter: each element, or all together.
void StepWriter::clip(MutableArrayRef<Value> gradients) {
  if (clipValue)
    for (Value &gradient : gradients)
      gradient = b.min(b.max(gradient, -clipValue), clipValue);
  if (!clipNorm)
    return;
  Value total;
  for (Value gradient : gradients) {
    Value square = b.mul(b.widen(gradient), b.widen(gradient));
    Value part = ReduceOp::create(b, ReductionKind::sum, square,
                                  llvm::to_vector(llvm::seq<int64_t>(0, getTensorType(square).getRank())),
                                  /*keep_dims=*/false);
    total = sum(b, total, b.convert(part, b.getF64Type()));
  }
  Value norm = b.unary<SqrtOp>(total);
  Value factor = b.min(b.div(b.scalar(clipNorm, b.getF64Type()), b.add(norm, 1e-6)), 1.0);
  for (Value &gradient : gradients) {
    Type type = getTensorType(gradient).getElementType();
    gradient = b.mul(gradient, b.broadcastLike(b.convert(factor, type), {}, gradient));
  }
  results.push_back(norm);
  resultNames.push_back("gradient_norm");
}

//===----------------------------------------------------------------------===//
// The step
//===----------------------------------------------------------------------===//

void StepWriter::update(unsigned i, Value gradient) {
  GlobalOp global = loss.parameters[i];
  llvm::MapVector<StringRef, GlobalOp> states;
  auto addAndLoad = [&](StringRef name, RankedTensorType type) {
    states[name] = addState((global.getSymName() + "." + name).str(), type);
    return load(states[name]);
  };
  ParameterUpdate u(b, optimizer.settings, addAndLoad);
  u.rate = rate;
  u.step = number;
  u.stored = global.getTensorType().getElementType();
  u.parameter = b.widen(parameters[i]);
  u.gradient = b.widen(gradient);
  store(b.convert(optimizer.update(u), u.stored), global);
  for (auto [name, value] : u.kept)
    store(b.convert(value, u.stored), states[name]);
}

LogicalResult StepWriter::run() {
  if (Operation *taken = symbols.lookup("step"))
    return taken->emitError("a training step can't be added: there is a 'step' already");
  for (auto [type, name] : llvm::zip_equal(loss.dataTypes, loss.dataNames))
    if (micro > 1 && !type.getRank())
      return loss.model.emitError("accumulate: the input '") << name << "' has no batch to cut";
  createFunction();
  GlobalOp counter = addState("optimizer.step", RankedTensorType::get({}, b.getI64Type()));
  Value count = b.add(load(counter), 1.0);
  store(count, counter);
  number = b.convert(count, b.getF64Type());
  if (loss.isRandom)
    random = {count, addInput(RankedTensorType::get({}, b.getI64Type()), "seed")};
  SmallVector<Value> statistics;
  for (GlobalOp global : loss.parameters)
    parameters.push_back(load(global));
  for (GlobalOp global : loss.statistics)
    statistics.push_back(load(global));
  SmallVector<Value> found = micro > 1 ? accumulate(statistics) : differentiate(data, statistics);
  results = {found[0]};
  resultNames = {"loss"};
  for (auto [i, global] : llvm::enumerate(loss.statistics))
    store(found[1 + i], global);
  MutableArrayRef<Value> gradients = MutableArrayRef(found).drop_front(1 + statistics.size());
  clip(gradients);
  writeStores();
  for (auto [i, gradient] : llvm::enumerate(gradients)) {
    update(i, gradient);
    writeStores();
  }
  func::ReturnOp::create(b, results);
  step.setFunctionType(b.getFunctionType(step.front().getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, name] : llvm::enumerate(resultNames))
    step.setResultAttr(i, "dlc.name", b.getStringAttr(name));
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

FailureOr<std::pair<func::FuncOp, func::FuncOp>> BuildTrainingStepPass::findModel() {
  func::FuncOp model, training;
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isDeclaration())
      continue;
    func::FuncOp &found = function->hasAttr(kTrainingAttr) ? training : model;
    if (found)
      return function.emitError("the module has two public functions, '")
             << found.getName() << "' and '" << function.getName() << "': one is to be trained";
    found = function;
  }
  if (!model || !model.getBody().hasOneBlock() || (training && !training.getBody().hasOneBlock()))
    return getOperation().emitError("the module has no public function of one block to train");
  return std::pair(model, training);
}

LogicalResult BuildTrainingStepPass::checkOptions() {
  std::string problem;
  parsedOptimizer = Optimizer::parse(optimizer, problem);
  if (!Loss::lookup(loss))
    problem = "no loss is called '" + loss + "'; there are " + Loss::listNames();
  else if (accumulate < 1 || accumulate > std::numeric_limits<int32_t>::max())
    problem = "accumulate is " + std::to_string(accumulate) + ", but must be from 1 to 2147483647";
  else if (!(clipNorm >= 0 && clipValue >= 0))
    problem = "gradients can't be clipped to a negative number";
  else if (batchNormMomentum != kOwnMomentum && !(batchNormMomentum >= 0 && batchNormMomentum <= 1))
    problem = "batch-norm-momentum is a share of the batch, from 0 to 1";
  else if (!memory.empty() && !parseMemoryBudget(memory))
    problem = "memory=" + memory + " is neither a share, as 0.5, nor a size, as 512MiB";
  if (problem.empty())
    return success();
  return emitError(getOperation().getLoc()) << problem;
}

void BuildTrainingStepPass::runOnOperation() {
  ModuleOp module = getOperation();
  OpPassManager inlining(ModuleOp::getOperationName());
  // Weights in functions of which the model asks for derivatives are found in these.
  AutodiffOptions answering;
  answering.keepStops = true;
  inlining.addPass(createAutodiff(answering));
  inlining.addPass(createInlinerPass({}, [](OpPassManager &) {}));
  if (failed(checkOptions()) || failed(runPipeline(inlining, module)))
    return signalPassFailure();
  auto found = findModel();
  if (failed(found))
    return signalPassFailure();
  auto [model, training] = *found;
  SymbolTable symbols(module);
  LossOptions options{Loss::lookup(loss), frozen, batchNorm, std::nullopt};
  if (batchNormMomentum != kOwnMomentum)
    options.momentum = batchNormMomentum;
  auto lossFunction = LossFunction::create(model, training, symbols, options);
  if (failed(lossFunction))
    return signalPassFailure();
  if (training)
    symbols.erase(training);
  StepWriter writer(*lossFunction, *parsedOptimizer, symbols);
  writer.clipNorm = clipNorm;
  writer.clipValue = clipValue;
  writer.micro = accumulate;
  if (failed(writer.run()))
    return signalPassFailure();
  if (!memory.empty())
    module->setAttr(kMemoryAttr, StringAttr::get(&getContext(), memory));
}
