//===- BlockSchedule.cpp - when a block's tensors are in memory -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockSchedule.h"
#include "OpClasses.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/InPlace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace dlc;

/// How far back what is dropped may be made from other things that were.
static constexpr unsigned kMaxDepth = 64;

//===----------------------------------------------------------------------===//
// What there is
//===----------------------------------------------------------------------===//

BlockSchedule::BlockSchedule(Block &block, SymbolTable &symbols, LaunchCosts &costs)
    : block(block), symbols(symbols), costs(costs) {
  for (Operation &op : block) {
    places[&op] = ops.size();
    op.walk([&](dl::GlobalStoreOp store) { stores.try_emplace(store.getGlobalAttr(), ops.size()); });
    ops.push_back(&op);
  }
  timeline.emplace(ops.size());
  for (auto [place, op] : llvm::enumerate(ops)) {
    // A select may be either of two, and nobody else's.
    bool isAlias = isa<dispatch::ViewOp, tensor::CastOp, arith::SelectOp>(op) ||
                   getUpdatedInput(op, symbols);
    if (isAlias || isa<dl::GlobalLoadOp>(op))
      continue;
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType()))
        addTensor(result, place);
  }
  for (Tensor &tensor : tensors)
    if (auto launch = tensor.value.getDefiningOp<dispatch::LaunchOp>())
      addMaker(tensor, launch);
}

void BlockSchedule::addTensor(Value value, unsigned place) {
  unsigned number = tensors.size();
  Tensor &tensor = tensors.emplace_back();
  tensor.value = value;
  tensor.bytes = costs.getBytes(value);
  tensor.lives.push_back({place, place, {}, value});
  addUses(number, value);
  Life &life = tensor.lives.front();
  llvm::sort(life.uses);
  if (!life.uses.empty())
    life.end = std::max(place, life.uses.back());
  timeline->add(life.begin, life.end, tensor.bytes);
}

/// Whether new state is made of the old one element by element, and so in its place.
bool BlockSchedule::isMadeInPlace(Value stored) const {
  auto launch = getUpdatedRoot(stored, symbols).getDefiningOp<dispatch::LaunchOp>();
  auto kernel = launch ? symbols.lookup<func::FuncOp>(launch.getKernel()) : func::FuncOp();
  return kernel && !kernel.isExternal() &&
         llvm::all_of(kernel.front().without_terminator(), [](Operation &op) {
           OpClass kind = classify(&op);
           return kind == OpClass::Lazy || kind == OpClass::Elementwise;
         });
}

void BlockSchedule::addUses(unsigned number, Value alias) {
  numbers.try_emplace(alias, number);
  for (Operation *user : alias.getUsers()) {
    bool isHere = user->getBlock() == &block;
    if (isHere && isa<dispatch::ViewOp, tensor::CastOp, arith::SelectOp>(user)) {
      addUses(number, user->getResult(0));
      continue;
    }
    tensors[number].lives.front().uses.push_back(places.lookup(block.findAncestorOpInBlock(*user)));
    if (getUpdatedInput(user, symbols) == alias)
      addUses(number, user->getResult(0));
    // The caller's memory, or the state's.
    if (isHere && ((user == ops.back() && isa<func::ReturnOp>(user)) ||
                   (isa<dl::GlobalStoreOp>(user) && isMadeInPlace(alias))))
      tensors[number].bytes = 0;
  }
}

/// State that is stored to is another one from then on.
unsigned BlockSchedule::getDeadline(Value input) const {
  while (auto view = input.getDefiningOp<dispatch::ViewOp>())
    input = view.getSource();
  auto load = input.getDefiningOp<dl::GlobalLoadOp>();
  auto store = load ? stores.find(load.getGlobalAttr()) : stores.end();
  return store == stores.end() ? UINT_MAX : store->second;
}

void BlockSchedule::addMaker(Tensor &tensor, dispatch::LaunchOp launch) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  if (!kernel || kernel.isExternal())
    return;
  tensor.nanoseconds = costs.getNanoseconds(kernel);
  if (launch.getResult(0) == tensor.value)
    totalTime += tensor.nanoseconds;
  // What goes by another name than a view's can't be exchanged.
  bool isPlain = llvm::none_of(tensor.value.getUsers(), [&](Operation *user) {
    return isa<tensor::CastOp, arith::SelectOp>(user) || getUpdatedInput(user, symbols) == tensor.value;
  });
  if (!isPlain || !costs.isRepeatable(kernel))
    return;
  for (Value input : launch.getInputs()) {
    tensor.deadline = std::min(tensor.deadline, getDeadline(input));
    Operation *producer = input.getDefiningOp();
    if (isa_and_nonnull<tensor::CastOp, arith::SelectOp>(producer))
      return;
    auto found = numbers.find(input);
    // The host's small tensors are no matter.
    if (found != numbers.end() && !tensors[found->second].value.getDefiningOp<tensor::FromElementsOp>())
      tensor.inputs.push_back(found->second);
  }
  tensor.maker = launch;
  for (Value result : launch.getResults())
    if (result != tensor.value)
      tensor.siblingBytes += costs.getBytes(result);
}

//===----------------------------------------------------------------------===//
// What is decided
//===----------------------------------------------------------------------===//

BlockSchedule::Life *BlockSchedule::findLife(Tensor &tensor, unsigned at) {
  for (Life &life : tensor.lives)
    if (life.begin <= at && at <= life.end)
      return &life;
  return nullptr;
}

bool BlockSchedule::isIdle(const Life &life, unsigned place) {
  return life.begin < place && place < life.end && !llvm::is_contained(life.uses, place);
}

std::pair<unsigned, unsigned> BlockSchedule::getGap(const Life &life, unsigned place) {
  unsigned before = life.begin, after = life.end;
  for (unsigned use : life.uses) {
    if (use < place)
      before = std::max(before, use);
    else
      after = std::min(after, use);
  }
  return {before, after};
}

bool BlockSchedule::hasRoom(unsigned begin, unsigned end, int64_t bytes, Price &price) const {
  // In the gap there is the room that the dropped tensor leaves.
  if (begin < gap.second && gap.first < end)
    price.bytes += bytes;
  unsigned before = std::min(end, gap.first), after = std::max(begin, gap.second);
  return (begin > before || timeline->getMax(begin, before) + bytes <= budget) &&
         (after > end || timeline->getMax(after, end) + bytes <= budget);
}

bool BlockSchedule::requireInputs(unsigned number, unsigned at, Price &price, bool commits,
                                  unsigned depth) {
  Tensor &tensor = tensors[number];
  return at <= tensor.deadline && (commits || depth < kMaxDepth) &&
         llvm::all_of(tensor.inputs, [&](unsigned input) {
           return commits ? require(input, at, price, true, depth + 1)
                          : tryRequire(input, at, price, depth + 1);
         });
}

bool BlockSchedule::tryRequire(unsigned number, unsigned at, Price &price, unsigned depth) {
  // A question is about one place: what was asked for before is there, or isn't.
  auto [known, isNew] = asked.try_emplace(number, true);
  if (!isNew)
    return known->second;
  bool answer = require(number, at, price, /*commits=*/false, depth);
  return asked[number] = answer;
}

bool BlockSchedule::require(unsigned number, unsigned at, Price &price, bool commits,
                            unsigned depth) {
  Tensor &tensor = tensors[number];
  if (Life *life = findLife(tensor, at)) {
    if (commits)
      life->uses.insert(llvm::upper_bound(life->uses, at), at);
    return true;
  }
  // A life that starts later starts now.
  auto next = llvm::find_if(tensor.lives, [&](Life &life) { return at < life.begin; });
  if (next != tensor.lives.end()) {
    unsigned begin = next->begin;
    bool fits = hasRoom(at, begin - 1, tensor.bytes, price);
    if (!requireInputs(number, at, price, commits, depth) || !(fits || commits))
      return false;
    if (commits) {
      next->begin = at;
      next->uses.insert(next->uses.begin(), at);
      timeline->add(at, begin - 1, tensor.bytes);
      releaseInputs(number, begin);
    }
    return true;
  }
  // Keeping what is small is better than making it again.
  Life &last = tensor.lives.back();
  Price keeping, repeating;
  bool keeps = hasRoom(last.end + 1, at, tensor.bytes, keeping);
  if (commits)
    asked.clear();
  bool repeats = tensor.maker && hasRoom(at, at, tensor.bytes + tensor.siblingBytes, repeating) &&
                 requireInputs(number, at, repeating, /*commits=*/false, depth);
  repeating.nanoseconds += tensor.nanoseconds;
  // What was promised must be held, if need be by keeping too much.
  if (repeats ? keeps && keeping.bytes <= repeating.bytes : keeps || commits) {
    price.bytes += keeping.bytes;
    if (commits) {
      timeline->add(last.end + 1, at, tensor.bytes);
      last.end = at;
      last.uses.push_back(at);
    }
    return true;
  }
  if (!repeats)
    return false;
  price.bytes += repeating.bytes;
  price.nanoseconds += repeating.nanoseconds;
  if (commits) {
    Price ignored;
    requireInputs(number, at, ignored, /*commits=*/true, depth);
    timeline->add(at, at, tensor.bytes + tensor.siblingBytes);
    tensor.lives.push_back({at, at, {at}, Value()});
    addedTime += tensor.nanoseconds;
  }
  return true;
}

void BlockSchedule::release(unsigned number, unsigned at) {
  Tensor &tensor = tensors[number];
  Life *life = findLife(tensor, at);
  auto use = llvm::find(life->uses, at);
  life->uses.erase(use);
  unsigned end = life->uses.empty() ? life->begin : std::max(life->begin, life->uses.back());
  if (end < life->end) {
    timeline->add(end + 1, life->end, -tensor.bytes);
    life->end = end;
  }
}

void BlockSchedule::releaseInputs(unsigned number, unsigned at) {
  for (unsigned input : tensors[number].inputs)
    release(input, at);
}

bool BlockSchedule::isUnused(const Tensor &tensor, const Life &life) const {
  return life.value && tensor.value.getDefiningOp()->getNumResults() == 1 &&
         (life.uses.empty() || relieved < life.uses.front());
}

std::optional<double> BlockSchedule::rate(unsigned number) {
  Tensor &tensor = tensors[number];
  Life *life = tensor.maker ? findLife(tensor, relieved) : nullptr;
  if (!life || !isIdle(*life, relieved))
    return std::nullopt;
  gap = getGap(*life, relieved);
  Price price;
  price.nanoseconds = isUnused(tensor, *life) ? 0 : tensor.nanoseconds;
  asked.clear();
  if (!hasRoom(gap.second, gap.second, tensor.siblingBytes, price) ||
      !requireInputs(number, gap.second, price, /*commits=*/false, 0) || price.bytes >= tensor.bytes)
    return std::nullopt;
  return price.nanoseconds / static_cast<double>(tensor.bytes - price.bytes);
}

void BlockSchedule::drop(unsigned number) {
  Tensor &tensor = tensors[number];
  Life *life = findLife(tensor, relieved);
  gap = getGap(*life, relieved);
  auto [before, after] = gap;
  if (!isUnused(tensor, *life))
    addedTime += tensor.nanoseconds;
  Life next{after, life->end, {}, Value()};
  for (unsigned use : life->uses)
    if (use >= after)
      next.uses.push_back(use);
  llvm::erase_if(life->uses, [after = after](unsigned use) { return use >= after; });
  life->end = before;
  timeline->add(before + 1, after - 1, -tensor.bytes);
  timeline->add(after, after, tensor.siblingBytes);
  tensor.lives.insert(life + 1, next);
  Price ignored;
  requireInputs(number, after, ignored, /*commits=*/true, 0);
}

bool BlockSchedule::relieve(unsigned place) {
  relieved = place;
  std::vector<std::pair<double, unsigned>> candidates;
  for (unsigned number = 0, e = tensors.size(); number < e; ++number)
    if (std::optional<double> known = rate(number))
      candidates.push_back({*known, number});
  llvm::sort(candidates);
  bool helped = false;
  for (auto [known, number] : candidates) {
    if (getBytesAt(place) <= budget)
      break;
    // What was dropped since may have changed the price.
    std::optional<double> now = rate(number);
    if (!now || *now > 2 * known)
      continue;
    drop(number);
    helped = true;
  }
  return helped;
}

void BlockSchedule::reduce(int64_t bytes) {
  budget = bytes;
  // What is made again may be too much elsewhere: it could go to and fro.
  unsigned rounds = 64 + 2 * tensors.size();
  for (auto peak = getPeak(); peak.first > budget && rounds > 0; peak = getPeak(), --rounds)
    if (!relieve(peak.second))
      break;
}

std::vector<TensorFate> BlockSchedule::getFates() const {
  std::vector<TensorFate> fates;
  for (const Tensor &tensor : tensors) {
    auto maker = tensor.value.getDefiningOp<dispatch::LaunchOp>();
    if (!maker || !tensor.bytes)
      continue;
    unsigned idle = 0, last = tensor.lives.front().begin;
    for (const Life &life : tensor.lives)
      for (unsigned use : life.uses) {
        idle = std::max(idle, use - std::min(use, last));
        last = use;
      }
    unsigned times = tensor.lives.size() - 1;
    if (times && tensor.lives.front().uses.empty())
      --times; // it is made later, not again
    fates.push_back({maker, tensor.bytes, times, times * tensor.nanoseconds, idle});
  }
  return fates;
}

//===----------------------------------------------------------------------===//
// What is written
//===----------------------------------------------------------------------===//

Value BlockSchedule::materialize(unsigned number, unsigned at) {
  Tensor &tensor = tensors[number];
  Life *life = findLife(tensor, at);
  if (life->value)
    return life->value;
  unsigned place = life->begin;
  dispatch::LaunchOp &again = repeated[{tensor.maker, place}];
  if (!again) {
    IRMapping mapping;
    for (Value input : tensor.maker.getInputs())
      mapping.map(input, materializeAlias(input, place));
    OpBuilder builder(ops[place]);
    // The recursion may have moved the entry.
    auto made = cast<dispatch::LaunchOp>(builder.clone(*tensor.maker, mapping));
    repeated[{tensor.maker, place}] = made;
    return life->value = made->getResult(cast<OpResult>(tensor.value).getResultNumber());
  }
  return life->value = again->getResult(cast<OpResult>(tensor.value).getResultNumber());
}

Value BlockSchedule::materializeAlias(Value alias, unsigned at) {
  auto found = numbers.find(alias);
  if (found == numbers.end())
    return alias;
  Tensor &tensor = tensors[found->second];
  Life *life = findLife(tensor, at);
  // The host's small tensors have no lives of the plan.
  if (!life || life->value == tensor.value)
    return alias;
  Value root = materialize(found->second, at);
  if (alias == tensor.value)
    return root;
  auto view = alias.getDefiningOp<dispatch::ViewOp>();
  IRMapping mapping;
  mapping.map(view.getSource(), materializeAlias(view.getSource(), at));
  OpBuilder builder(ops[at]);
  return builder.clone(*view, mapping)->getResult(0);
}

void BlockSchedule::replaceUses(unsigned number, Value alias) {
  for (OpOperand &use : llvm::make_early_inc_range(alias.getUses())) {
    Operation *user = use.getOwner();
    if (user->getBlock() == &block && isa<dispatch::ViewOp>(user)) {
      if (places.contains(user))
        replaceUses(number, user->getResult(0));
      continue;
    }
    auto place = places.find(block.findAncestorOpInBlock(*user));
    if (place != places.end())
      use.set(materializeAlias(alias, place->second));
  }
}

void BlockSchedule::apply() {
  for (unsigned number = 0, e = tensors.size(); number < e; ++number)
    if (tensors[number].lives.size() > 1)
      replaceUses(number, tensors[number].value);
  for (Operation *op : llvm::reverse(ops))
    if (isa<dispatch::ViewOp, dispatch::LaunchOp>(op) && isOpTriviallyDead(op))
      op->erase();
}
