//===- SplitVjp.cpp - -dl-split-vjp ---------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What depends on a cotangent is the backward part; what a result or an effect needs is
// the forward part; what only the backward part needs may be computed in either. What
// crosses is a minimum cut through the values that the backward part is made of, from
// what it can't compute (arguments, results of costly ops of the forward part) to what
// it reads. This is PyTorch's min_cut_rematerialization_partition, but for one rule: a
// costly op that the forward part doesn't need isn't computed again, wherever it is.
//
//===----------------------------------------------------------------------===//

#include "dlc/Autodiff/SplitVjp.h"
#include "MinCut.h"
#include "dispatch/IR/Dispatch.h"
#include "dlc/Autodiff/Passes.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringSet.h"

namespace dlc {
#define GEN_PASS_DEF_SPLITVJP
#include "dlc/Autodiff/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using namespace dlc::autodiff;

/// An argument is kept alive, which costs less than memory of its own.
static constexpr int64_t kArgumentDiscount = 16;

namespace {
/// One function that is to become two.
class Splitter {
public:
  Splitter(func::FuncOp function, int64_t sizeHint)
      : function(function), body(function.front()), sizeHint(sizeHint) {}

  /// Gives the backward function.
  FailureOr<func::FuncOp> run(SymbolTable &symbols);

private:
  void findBackward();
  /// Gives those results of an scf.if that don't depend on a cotangent an scf.if of their own.
  void separate(scf::IfOp op);
  LogicalResult findResiduals();
  LogicalResult checkResults();
  /// The ops that a computation needs, if `given` is there.
  DenseSet<Operation *> slice(ValueRange wanted, function_ref<bool(Operation *)> alsoWanted,
                              const DenseSet<Value> &given);
  /// What saving a value for the backward part costs.
  int64_t getCost(Value value);
  int64_t getBytes(RankedTensorType type);
  bool isMarked(BlockArgument argument, StringRef attribute) {
    return function.getArgAttr(argument.getArgNumber(), attribute) != Attribute();
  }
  /// Whether a value comes before the cotangents.
  bool isEarly(Value value) {
    if (Operation *op = value.getDefiningOp())
      return !late.contains(op);
    return !isMarked(cast<BlockArgument>(value), kCotangentAttr);
  }
  bool comesAsArgument(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && !isMarked(argument, kOverwrittenAttr);
  }
  /// A name that no other value at the function's border has.
  std::string makeName();
  void addResiduals();
  func::FuncOp writeBackward(SymbolTable &symbols);
  void reduceToForward();

  func::FuncOp function;
  Block &body;
  int64_t sizeHint;
  SmallVector<Value> results, gradients;
  SmallVector<DictionaryAttr> resultAttrs, gradientAttrs;
  DenseSet<Operation *> late;    ///< depend on a cotangent
  DenseSet<Operation *> forward; ///< the forward part needs them
  DenseSet<Value> residuals;     ///< what crosses, arguments included
  llvm::StringSet<> names;
};

struct SplitVjpPass : dlc::impl::SplitVjpBase<SplitVjpPass> {
  using SplitVjpBase::SplitVjpBase;
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// Which op belongs where
//===----------------------------------------------------------------------===//

/// An op's operands, and what its regions use from outside.
static SmallVector<Value> getUsed(Operation *op) {
  SetVector<Value> used(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), used);
  return used.takeVector();
}

/// Whether computing an op twice costs about what reading its result would.
static bool isCheap(Operation *op) {
  if (auto load = dyn_cast<dl::GlobalLoadOp>(op))
    return !load.getIsMutable();
  if (op->getNumRegions() || !isMemoryEffectFree(op))
    return false;
  if (!isa<dl::DlDialect>(op->getDialect()))
    return true;
  if (isa<dl::ExpOp, dl::Expm1Op, dl::LogOp, dl::Log1pOp, dl::SinOp, dl::CosOp, dl::TanOp,
          dl::AsinOp, dl::AcosOp, dl::AtanOp, dl::SinhOp, dl::CoshOp, dl::TanhOp, dl::AsinhOp,
          dl::AcoshOp, dl::AtanhOp, dl::ErfOp, dl::ErfInvOp, dl::LgammaOp, dl::DigammaOp,
          dl::SigmoidOp, dl::SiluOp, dl::GeluOp, dl::PowOp, dl::Atan2Op, dl::RemOp>(op))
    return false;
  return op->hasTrait<OpTrait::Elementwise>() ||
         isa<dl::ConstantOp, dl::IotaOp, dl::SplatOp, dl::DimSizeOp, dl::ClampOp, dl::ConvertOp,
             dl::BitcastOp, dl::ReshapeOp, dl::BroadcastInDimOp, dl::TransposeOp, dl::SliceOp,
             dl::PadOp, dl::ConcatOp, dl::ReverseOp>(op);
}

DenseSet<Operation *> Splitter::slice(ValueRange wanted,
                                      function_ref<bool(Operation *)> alsoWanted,
                                      const DenseSet<Value> &given) {
  DenseSet<Operation *> needed;
  SmallVector<Operation *> queue;
  auto need = [&](Operation *op) {
    if (op && needed.insert(op).second)
      queue.push_back(op);
  };
  auto needValues = [&](ValueRange values) {
    for (Value value : values)
      if (!given.contains(value))
        need(value.getDefiningOp());
  };
  needValues(wanted);
  for (Operation &op : body.without_terminator())
    if (alsoWanted(&op))
      need(&op);
  while (!queue.empty())
    needValues(getUsed(queue.pop_back_val()));
  return needed;
}

static bool hasEffects(Operation *op) {
  return !isMemoryEffectFree(op) && !isa<dl::GlobalLoadOp>(op);
}

// Autodiff writes the derivative of an scf.if as a second one, which repeats the first
// one's ops; canonicalisation makes one of the two, as they have one condition.
void Splitter::separate(scf::IfOp op) {
  if (!op.getNumResults() || !isEarly(op.getCondition()))
    return;
  SmallVector<Block *> branches{op.thenBlock(), op.elseBlock()};
  DenseSet<Operation *> lateInside;
  auto isLate = [&](Value value) {
    Operation *maker = value.getDefiningOp();
    return maker && llvm::is_contained(branches, maker->getBlock()) ? lateInside.contains(maker)
                                                                    : !isEarly(value);
  };
  for (Block *branch : branches)
    for (Operation &inner : branch->without_terminator())
      if (llvm::any_of(getUsed(&inner), isLate))
        lateInside.insert(&inner);
  SmallVector<unsigned> early;
  for (unsigned i = 0; i < op.getNumResults(); ++i)
    if (llvm::none_of(branches, [&](Block *b) { return isLate(b->getTerminator()->getOperand(i)); }))
      early.push_back(i);
  if (early.empty())
    return;
  OpBuilder builder(op);
  auto types = llvm::map_to_vector(early, [&](unsigned i) { return op.getResult(i).getType(); });
  auto copy = scf::IfOp::create(builder, op.getLoc(), types, op.getCondition(),
                                /*addThenBlock=*/true, /*addElseBlock=*/true);
  for (Block *branch : branches) {
    builder.setInsertionPointToStart(branch == op.thenBlock() ? copy.thenBlock() : copy.elseBlock());
    IRMapping mapping;
    for (Operation &inner : branch->without_terminator())
      if (!lateInside.contains(&inner))
        builder.clone(inner, mapping);
    scf::YieldOp::create(builder, op.getLoc(), llvm::map_to_vector(early, [&](unsigned i) {
                           return mapping.lookupOrDefault(branch->getTerminator()->getOperand(i));
                         }));
  }
  for (auto [i, result] : llvm::zip_equal(early, copy.getResults()))
    op.getResult(i).replaceAllUsesWith(result);
}

void Splitter::findBackward() {
  for (Operation &op : body.without_terminator())
    if (llvm::any_of(getUsed(&op), [&](Value value) { return !isEarly(value); })) {
      if (auto branch = dyn_cast<scf::IfOp>(op))
        separate(branch);
      late.insert(&op);
    }
}

LogicalResult Splitter::checkResults() {
  for (auto [i, value] : llvm::enumerate(results))
    if (!isEarly(value))
      return function.emitError("result ")
             << i << " depends on a cotangent, but isn't marked " << kGradientAttr;
  return success();
}

//===----------------------------------------------------------------------===//
// What crosses
//===----------------------------------------------------------------------===//

int64_t Splitter::getBytes(RankedTensorType type) {
  int64_t bytes = dispatch::getElementBytes(type.getElementType());
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? sizeHint : size;
  return std::max<int64_t>(bytes, 1);
}

int64_t Splitter::getCost(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getElementType().isIndex())
    return FlowNetwork::kUnlimited;
  int64_t bytes = getBytes(type);
  return comesAsArgument(value) ? std::max<int64_t>(bytes / kArgumentDiscount, 1) : bytes;
}

LogicalResult Splitter::findResiduals() {
  FlowNetwork network;
  unsigned source = network.addNode(), sink = network.addNode();
  // A value is two nodes, which saving it would part; an op is one.
  DenseMap<Value, unsigned> values;
  SmallVector<Value> queue;
  auto getNode = [&](Value value) {
    auto [found, isNew] = values.try_emplace(value, 0);
    if (isNew) {
      found->second = network.addNode();
      network.addEdge(found->second, network.addNode(), getCost(value));
      queue.push_back(value);
    }
    return found->second;
  };
  auto readBy = [&](ValueRange read, unsigned reader) {
    for (Value value : read)
      if (isEarly(value))
        network.addEdge(getNode(value) + 1, reader, FlowNetwork::kUnlimited);
  };
  DenseSet<Operation *> needed =
      slice(gradients, [&](Operation *op) { return late.contains(op) && hasEffects(op); }, {});
  readBy(gradients, sink);
  for (Operation *op : needed)
    if (late.contains(op))
      readBy(getUsed(op), sink);
  DenseMap<Operation *, unsigned> ops;
  while (!queue.empty()) {
    Value value = queue.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!op || (forward.contains(op) && !isCheap(op))) {
      network.addEdge(source, values[value], FlowNetwork::kUnlimited);
      continue;
    }
    auto [found, isNew] = ops.try_emplace(op, 0);
    if (isNew) {
      unsigned node = found->second = network.addNode();
      readBy(getUsed(op), node);
    }
    network.addEdge(ops[op], values[value], FlowNetwork::kUnlimited);
  }
  std::optional<llvm::BitVector> behind = network.cut(source, sink);
  if (!behind)
    return function.emitError("'") << function.getName()
                                   << "' can't be split: its backward part needs a value that is "
                                      "no tensor";
  for (auto [value, node] : values)
    if (!behind->test(node) && behind->test(node + 1))
      residuals.insert(value);
  return success();
}

//===----------------------------------------------------------------------===//
// The two functions
//===----------------------------------------------------------------------===//

std::string Splitter::makeName() {
  for (unsigned i = 0;; ++i)
    if (std::string name = ("residual_" + Twine(i)).str(); names.insert(name).second)
      return name;
}

/// What is saved becomes a result of the forward part, unless it is one.
void Splitter::addResiduals() {
  auto add = [&](Value value) {
    if (!residuals.contains(value) || comesAsArgument(value) || llvm::is_contained(results, value))
      return;
    Builder builder(function.getContext());
    results.push_back(value);
    resultAttrs.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr("dlc.name", builder.getStringAttr(makeName()))));
  };
  for (BlockArgument argument : body.getArguments())
    add(argument);
  for (Operation &op : body.without_terminator())
    for (Value value : op.getResults())
      add(value);
}

func::FuncOp Splitter::writeBackward(SymbolTable &symbols) {
  OpBuilder builder(function.getContext());
  std::string name = function.getName() == "main" ? "backward" : (function.getName() + "_backward").str();
  auto backward = func::FuncOp::create(builder, function.getLoc(), name, builder.getFunctionType({}, {}));
  symbols.insert(backward, Block::iterator(function->getNextNode()));
  Block *block = backward.addEntryBlock();
  IRMapping mapping;
  auto addArgument = [&](Value value, DictionaryAttr attributes) {
    unsigned index = backward.getNumArguments();
    (void)backward.insertArgument(index, value.getType(), attributes, value.getLoc());
    mapping.map(value, backward.getArgument(index));
  };
  for (BlockArgument argument : body.getArguments())
    if (comesAsArgument(argument) && residuals.contains(argument))
      addArgument(argument, function.getArgAttrDict(argument.getArgNumber()));
  for (auto [value, attributes] : llvm::zip_equal(results, resultAttrs))
    if (residuals.contains(value) && !mapping.contains(value))
      addArgument(value, attributes);
  for (BlockArgument argument : body.getArguments())
    if (isMarked(argument, kCotangentAttr)) {
      NamedAttrList attributes(function.getArgAttrDict(argument.getArgNumber()));
      attributes.erase(kCotangentAttr);
      addArgument(argument, attributes.getDictionary(function.getContext()));
    }
  DenseSet<Operation *> needed = slice(
      gradients, [&](Operation *op) { return late.contains(op) && hasEffects(op); }, residuals);
  builder.setInsertionPointToEnd(block);
  for (Operation &op : body.without_terminator())
    if (needed.contains(&op))
      builder.clone(op, mapping);
  func::ReturnOp::create(builder, body.getTerminator()->getLoc(),
                         llvm::map_to_vector(gradients, [&](Value value) { return mapping.lookup(value); }));
  backward.setFunctionType(builder.getFunctionType(block->getArgumentTypes(), ValueRange(gradients).getTypes()));
  backward.setAllResultAttrs(gradientAttrs);
  return backward;
}

/// Takes the backward part out of the function.
void Splitter::reduceToForward() {
  Operation *terminator = body.getTerminator();
  terminator->setOperands(results);
  SmallVector<Operation *> ops = llvm::to_vector(llvm::make_pointer_range(body.without_terminator()));
  for (Operation *op : llvm::reverse(ops))
    if (late.contains(op) || (op->use_empty() && !hasEffects(op)))
      op->erase();
  for (unsigned i = function.getNumArguments(); i-- > 0;) {
    function.removeArgAttr(i, kOverwrittenAttr);
    if (function.getArgAttr(i, kCotangentAttr))
      (void)function.eraseArgument(i);
  }
  function.setFunctionType(
      FunctionType::get(function.getContext(), body.getArgumentTypes(), ValueRange(results).getTypes()));
  function.setAllResultAttrs(resultAttrs);
}

FailureOr<func::FuncOp> Splitter::run(SymbolTable &symbols) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto name = function.getArgAttrOfType<StringAttr>(i, "dlc.name"))
      names.insert(name);
  findBackward();
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
    NamedAttrList attributes;
    if (DictionaryAttr given = function.getResultAttrDict(i))
      attributes.assign(given.getValue());
    bool isGradient = attributes.erase(kGradientAttr) != Attribute();
    if (auto name = dyn_cast_if_present<StringAttr>(attributes.get("dlc.name")))
      names.insert(name);
    (isGradient ? gradients : results).push_back(value);
    (isGradient ? gradientAttrs : resultAttrs)
        .push_back(attributes.getDictionary(function.getContext()));
  }
  forward = slice(results, [&](Operation *op) { return !late.contains(op) && hasEffects(op); }, {});
  if (failed(checkResults()) || failed(findResiduals()))
    return failure();
  addResiduals();
  func::FuncOp backward = writeBackward(symbols);
  reduceToForward();
  return backward;
}

void SplitVjpPass::runOnOperation() {
  SymbolTable symbols(getOperation());
  for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
    bool isAsked = false;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      isAsked |= function.getArgAttr(i, kCotangentAttr) != Attribute();
    if (!isAsked)
      continue;
    if (function.isExternal() || !function.getBody().hasOneBlock()) {
      function.emitError("'") << function.getName() << "' isn't a function of one block, which alone "
                                 "can be split";
      return signalPassFailure();
    }
    FailureOr<func::FuncOp> backward = Splitter(function, sizeHint).run(symbols);
    OpPassManager cleaning(func::FuncOp::getOperationName());
    cleaning.addPass(createLoopSafeCanonicalizer());
    cleaning.addPass(createCSEPass());
    if (failed(backward) || failed(runPipeline(cleaning, function)) ||
        failed(runPipeline(cleaning, *backward)))
      return signalPassFailure();
  }
}
