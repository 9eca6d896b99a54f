//===- ShareResiduals.cpp - one tensor kept for several -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product's kernel may end with an activation, and write its derivative as well: both
// wait for the backward part, where one would do, what they are made of. This is the
// step's side of the minimum cut that -dl-split-vjp makes through values of two functions;
// here the kernels are known, and with them what is a tensor at all.
//
//===----------------------------------------------------------------------===//

#include "LaunchCost.h"
#include "OpClasses.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Target/Artifact.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace dlc {
#define GEN_PASS_DEF_SHARERESIDUALS
#include "dlc/Codegen/Dispatch/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;
using dispatch::LaunchOp;

/// A use so many ops later is one that a tensor waits for.
static constexpr unsigned kFar = 32;

/// Another launch must be worth it.
static constexpr int64_t kMinBytes = 1 << 16;

/// What is no larger may be kept until a late use.
static constexpr int64_t kSmallBytes = 1 << 12;

namespace {
/// Kernels that compute a part of other ones.
class PartialKernels {
public:
  struct Partial {
    func::FuncOp kernel;
    SmallVector<unsigned> arguments; ///< those of the whole kernel that it takes
  };

  explicit PartialKernels(SymbolTable &symbols) : symbols(symbols) {}

  /// Computes `results`, values of `whole`'s body; from `given`, its first argument then,
  /// if there is one.
  const Partial &get(func::FuncOp whole, ArrayRef<Value> results, Value given);

private:
  SymbolTable &symbols;
  std::map<std::vector<const void *>, Partial> known;
};

/// Works on one block of the host program.
class ResidualSharer {
public:
  ResidualSharer(Block &block, SymbolTable &symbols, LaunchCosts &costs, PartialKernels &kernels);
  void run();

private:
  /// What one launch may keep instead of some of its results.
  struct Choice {
    Value core;                     ///< in the kernel
    SmallVector<unsigned> replaced; ///< results that are made of it where they are used late
    int64_t saved = 0;
  };
  /// A value's uses by other ops than views, in order; views in between included.
  struct Use {
    OpOperand *operand;
    unsigned place;
  };

  /// Whether all uses of `value` are by launches of the block.
  bool findUses(Value value, SmallVectorImpl<Use> &uses) const;
  bool isFar(const Use &use, LaunchOp launch) const {
    return use.place > places.lookup(launch) + kFar;
  }
  /// Whether the kernel's argument can be had at `place` as well, for nothing.
  bool isThereStill(Value input, unsigned place) const;
  std::optional<Choice> choose(LaunchOp launch);
  void apply(LaunchOp launch, const Choice &choice);
  /// Launches a result's elementwise ops on the core before the late uses.
  void remake(LaunchOp launch, unsigned result, func::FuncOp kernel, Value coreInKernel,
              Value core);

  Block &block;
  SymbolTable &symbols;
  LaunchCosts &costs;
  PartialKernels &kernels;
  DenseMap<Operation *, unsigned> places;
  DenseMap<Attribute, unsigned> stores; ///< the first one of each global
};

struct ShareResidualsPass : dlc::impl::ShareResidualsBase<ShareResidualsPass> {
  using ShareResidualsBase::ShareResidualsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    LaunchCosts costs(sizeHint);
    PartialKernels kernels(symbols);
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!function.isExternal() && !function->hasAttr(kKernelAttr))
        function.walk([&](Block *block) { ResidualSharer(*block, symbols, costs, kernels).run(); });
    eraseUnused(functions, symbols);
  }

private:
  void eraseUnused(ArrayRef<func::FuncOp> functions, SymbolTable &symbols) {
    DenseSet<StringAttr> launched;
    getOperation().walk(
        [&](LaunchOp launch) { launched.insert(launch.getKernelAttr().getAttr()); });
    for (func::FuncOp function : functions)
      if (function->hasAttr(kKernelAttr) && !launched.contains(function.getNameAttr()))
        symbols.erase(function);
  }
};
} // namespace

ResidualSharer::ResidualSharer(Block &block, SymbolTable &symbols, LaunchCosts &costs,
                               PartialKernels &kernels)
    : block(block), symbols(symbols), costs(costs), kernels(kernels) {
  for (auto [place, op] : llvm::enumerate(block)) {
    places[&op] = place;
    op.walk([&, place = place](dl::GlobalStoreOp store) {
      stores.try_emplace(store.getGlobalAttr(), place);
    });
  }
}

//===----------------------------------------------------------------------===//
// What is worth it
//===----------------------------------------------------------------------===//

bool ResidualSharer::findUses(Value value, SmallVectorImpl<Use> &uses) const {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (user->getBlock() != &block)
      return false;
    if (isa<dispatch::ViewOp>(user)) {
      if (!findUses(user->getResult(0), uses))
        return false;
    } else if (isa<LaunchOp>(user)) {
      uses.push_back({&use, places.lookup(user)});
    } else {
      return false;
    }
  }
  return true;
}

/// The elementwise ops, and what they copy, between `core` and `result`; nothing where
/// others are between, or the core isn't element for element what the result is.
static std::optional<SetVector<Operation *>> findOpsBetween(Value result, Value core) {
  SetVector<Operation *> ops;
  bool meetsCore = false;
  SmallVector<std::pair<Value, bool>> queue{{result, false}};
  while (!queue.empty()) {
    auto [value, isCopied] = queue.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (value == core) {
      if (isCopied)
        return std::nullopt;
      meetsCore = true;
      continue;
    }
    if (!op)
      continue;
    OpClass kind = classify(op);
    if ((kind != OpClass::Elementwise && kind != OpClass::Lazy) || !isMemoryEffectFree(op))
      return std::nullopt;
    if (!ops.insert(op))
      continue;
    for (Value operand : op->getOperands())
      queue.push_back({operand, isCopied || kind == OpClass::Lazy});
  }
  return meetsCore ? std::optional(std::move(ops)) : std::nullopt;
}

bool ResidualSharer::isThereStill(Value input, unsigned place) const {
  while (auto view = input.getDefiningOp<dispatch::ViewOp>())
    input = view.getSource();
  if (auto load = input.getDefiningOp<dl::GlobalLoadOp>()) {
    auto store = stores.find(load.getGlobalAttr());
    return store == stores.end() || place < store->second;
  }
  return costs.getBytes(input) <= kSmallBytes;
}

std::optional<ResidualSharer::Choice> ResidualSharer::choose(LaunchOp launch) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  // What checks something, or changes an input, stays whole.
  if (launch.getNumResults() < 2 || !kernel || kernel.isExternal() || !costs.isRepeatable(kernel))
    return std::nullopt;
  Operation *terminator = kernel.front().getTerminator();
  SmallVector<SmallVector<Use>> farUses(launch.getNumResults());
  DenseSet<Value> waiting;
  for (auto [result, uses] : llvm::zip_equal(launch.getResults(), farUses)) {
    bool isFree = findUses(result, uses);
    llvm::sort(uses, [](const Use &a, const Use &b) { return a.place < b.place; });
    llvm::erase_if(uses, [&](const Use &use) { return !isFar(use, launch); });
    if (!isFree || !uses.empty())
      waiting.insert(terminator->getOperand(result.getResultNumber()));
    if (!isFree)
      uses.clear();
  }
  std::optional<Choice> best;
  for (Operation &op : kernel.front().without_terminator()) {
    if (op.getNumResults() != 1 || classify(&op) == OpClass::Lazy)
      continue;
    Choice choice{op.getResult(0), {}, 0};
    for (auto [i, uses] : llvm::enumerate(farUses)) {
      Value result = terminator->getOperand(i);
      if (uses.empty() || result == choice.core ||
          cast<ShapedType>(result.getType()).getShape() !=
              cast<ShapedType>(choice.core.getType()).getShape())
        continue;
      auto ops = findOpsBetween(result, choice.core);
      auto isAvailable = [&, last = uses.back().place](Value operand) {
        auto argument = dyn_cast<BlockArgument>(operand);
        return !argument || isThereStill(launch.getInputs()[argument.getArgNumber()], last);
      };
      if (!ops || !llvm::all_of(*ops, [&](Operation *between) {
            return llvm::all_of(between->getOperands(), isAvailable);
          }))
        continue;
      choice.replaced.push_back(i);
      choice.saved += costs.getBytes(result);
    }
    int64_t before = choice.saved;
    if (!waiting.contains(choice.core))
      choice.saved -= costs.getBytes(choice.core);
    // A third at least, as it takes time.
    if (choice.saved >= kMinBytes && 3 * choice.saved >= before &&
        (!best || choice.saved >= best->saved))
      best = choice;
  }
  return best;
}

//===----------------------------------------------------------------------===//
// What is written
//===----------------------------------------------------------------------===//

const PartialKernels::Partial &PartialKernels::get(func::FuncOp whole, ArrayRef<Value> results,
                                                   Value given) {
  std::vector<const void *> key{whole, given.getAsOpaquePointer()};
  for (Value result : results)
    key.push_back(result.getAsOpaquePointer());
  auto [found, isNew] = known.try_emplace(key);
  Partial &partial = found->second;
  if (!isNew)
    return partial;
  DenseSet<Operation *> needed;
  llvm::BitVector read(whole.getNumArguments());
  SmallVector<Value> queue(results);
  while (!queue.empty()) {
    Value value = queue.pop_back_val();
    if (value == given)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value))
      read.set(argument.getArgNumber());
    else if (needed.insert(value.getDefiningOp()).second)
      llvm::append_range(queue, value.getDefiningOp()->getOperands());
  }
  SmallVector<Value> inputs;
  if (given)
    inputs.push_back(given);
  for (unsigned i : read.set_bits()) {
    partial.arguments.push_back(i);
    inputs.push_back(whole.getArgument(i));
  }
  auto type = FunctionType::get(whole.getContext(), ValueRange(inputs).getTypes(),
                                ValueRange(results).getTypes());
  partial.kernel = func::FuncOp::create(whole.getLoc(), whole.getName(), type);
  partial.kernel.setPrivate();
  partial.kernel->setAttr(kKernelAttr, UnitAttr::get(whole.getContext()));
  Block *entry = partial.kernel.addEntryBlock();
  IRMapping mapping;
  mapping.map(inputs, entry->getArguments());
  OpBuilder builder = OpBuilder::atBlockEnd(entry);
  for (Operation &op : whole.front().without_terminator())
    if (needed.contains(&op))
      builder.clone(op, mapping);
  func::ReturnOp::create(builder, whole.getLoc(), llvm::map_to_vector(results, [&](Value value) {
                           return mapping.lookup(value);
                         }));
  symbols.insert(partial.kernel, std::next(Block::iterator(whole)));
  return partial;
}

/// A launch's operands for the `?` of one of its results.
static ValueRange getSizes(LaunchOp launch, unsigned result) {
  auto count = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumDynamicDims();
  };
  unsigned first = 0;
  for (unsigned i = 0; i < result; ++i)
    first += count(launch.getResult(i));
  return launch.getSizes().slice(first, count(launch.getResult(result)));
}

static SmallVector<Value> pick(ValueRange values, ArrayRef<unsigned> numbers) {
  return llvm::map_to_vector(numbers, [&](unsigned i) { return values[i]; });
}

void ResidualSharer::remake(LaunchOp launch, unsigned result, func::FuncOp kernel,
                            Value coreInKernel, Value core) {
  Value old = launch.getResult(result);
  SmallVector<Use> uses;
  findUses(old, uses);
  llvm::sort(uses, [](const Use &a, const Use &b) { return a.place < b.place; });
  Value wanted = kernel.front().getTerminator()->getOperand(result);
  IRMapping again;
  unsigned begin = 0;
  for (const Use &use : uses) {
    if (!isFar(use, launch))
      continue;
    Operation *user = use.operand->getOwner();
    OpBuilder builder(user);
    if (!again.contains(old) || use.place > begin + kFar) {
      again.clear();
      begin = use.place;
      Value made = core;
      if (wanted != coreInKernel) {
        const PartialKernels::Partial &partial = kernels.get(kernel, wanted, coreInKernel);
        SmallVector<Value> inputs{core};
        llvm::append_range(inputs, pick(launch.getInputs(), partial.arguments));
        made = LaunchOp::create(builder, launch.getLoc(), old.getType(),
                                FlatSymbolRefAttr::get(partial.kernel), inputs,
                                getSizes(launch, result), ValueRange())
                   .getResult(0);
      }
      again.map(old, made);
    }
    // The views between.
    SmallVector<Operation *> views;
    for (Value value = use.operand->get(); !again.contains(value);
         value = views.back()->getOperand(0))
      views.push_back(value.getDefiningOp());
    for (Operation *view : llvm::reverse(views))
      builder.clone(*view, again);
    use.operand->set(again.lookup(use.operand->get()));
  }
}

void ResidualSharer::apply(LaunchOp launch, const Choice &choice) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  auto returned = kernel.front().getTerminator()->getOperands();
  // A result stays that is used otherwise, or is the core.
  SmallVector<unsigned> kept;
  SmallVector<Value> results, sizes;
  for (unsigned i = 0; i < launch.getNumResults(); ++i) {
    SmallVector<Use> uses;
    findUses(launch.getResult(i), uses);
    bool isReplaced = llvm::is_contained(choice.replaced, i) &&
                      llvm::all_of(uses, [&](const Use &use) { return isFar(use, launch); });
    if (isReplaced)
      continue;
    kept.push_back(i);
    results.push_back(returned[i]);
    llvm::append_range(sizes, getSizes(launch, i));
  }
  auto position = llvm::find(results, choice.core) - results.begin();
  if (static_cast<size_t>(position) == results.size()) {
    results.push_back(choice.core);
    llvm::append_range(sizes, getSizes(launch, choice.replaced.front()));
  }
  const PartialKernels::Partial &partial = kernels.get(kernel, results, Value());
  OpBuilder builder(launch);
  auto made = LaunchOp::create(builder, launch.getLoc(), ValueRange(results).getTypes(),
                               FlatSymbolRefAttr::get(partial.kernel),
                               pick(launch.getInputs(), partial.arguments), sizes, ValueRange());
  places[made] = places.lookup(launch);
  for (unsigned i : choice.replaced)
    remake(launch, i, kernel, choice.core, made.getResult(position));
  for (auto [i, number] : llvm::enumerate(kept))
    launch.getResult(number).replaceAllUsesWith(made.getResult(i));
}

void ResidualSharer::run() {
  auto launches = llvm::to_vector(block.getOps<LaunchOp>());
  for (LaunchOp launch : launches)
    if (std::optional<Choice> choice = choose(launch))
      apply(launch, *choice);
  // What isn't launched any more, and views of it.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<LaunchOp, dispatch::ViewOp>(op) && isOpTriviallyDead(&op))
      op.erase();
}
