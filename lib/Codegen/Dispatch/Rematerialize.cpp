//===- Rematerialize.cpp - less memory for more work ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where most is in memory, tensors that nobody needs just then are dropped, and made
// again by the same launch right before their next use: first those that cost least
// time for each byte. What such a launch needs must be there, is kept if it is small,
// or is made again, too. Then the next highest place, until all are within the budget.
//
// A minimum cut (as of torch.compile's partitioner) would choose what is kept between
// the forward and the backward part at the least cost, but knows one place in time only:
// it would make all that is missing again at once, which is the peak it was to avoid.
//
// What is made again in a row counts as made at once, until it is written and its launches
// have places of their own: then there may be room for more.
//
//===----------------------------------------------------------------------===//

#include "BlockSchedule.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Support/MemoryBudget.h"
#include "dlc/Target/Artifact.h"
#include "llvm/Support/FormatVariadic.h"

namespace dlc {
#define GEN_PASS_DEF_REMATERIALIZE
#include "dlc/Codegen/Dispatch/Passes.h.inc"
} // namespace dlc

using namespace mlir;
using namespace dlc;

namespace {
/// Works on one function.
class Rematerializer {
public:
  Rematerializer(func::FuncOp func, SymbolTable &symbols, int64_t sizeHint)
      : func(func), symbols(symbols), costs(sizeHint) {}

  /// The most bytes in use as the function is.
  int64_t getPeak() { return visit(func.front(), INT64_MAX, Mode::Try); }
  /// Keeps `wanted` bytes at most, if that can be.
  void run(int64_t wanted, bool report);

private:
  enum class Mode { Try, Apply, Report };

  /// The most bytes in use, nested blocks included, kept within the budget as far as
  /// possible. With `Try` nothing is changed.
  int64_t visit(Block &block, int64_t budget, Mode mode);
  /// The smallest budget above `low` that can be kept.
  int64_t findReachable(int64_t low, int64_t high);
  void describe(const BlockSchedule &schedule);

  func::FuncOp func;
  SymbolTable &symbols;
  LaunchCosts costs;
  /// What was kept in the end.
  std::vector<std::pair<Location, int64_t>> kept;
  double totalTime = 0, addedTime = 0;
  bool isFirstRound = true;
};

struct RematerializePass : dlc::impl::RematerializeBase<RematerializePass> {
  using RematerializeBase::RematerializeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string text = memory;
    if (auto attribute = module->getAttrOfType<StringAttr>(kMemoryAttr); attribute && text.empty())
      text = attribute.str();
    if (text.empty())
      return;
    std::optional<MemoryBudget> limit = parseMemoryBudget(text);
    if (!limit) {
      emitError(module.getLoc()) << "memory='" << text
                                 << "' is neither a share, as 0.5, nor a size, as 512MiB";
      return signalPassFailure();
    }
    SymbolTable symbols(module);
    bool reports = report || module->hasAttr(kMemoryReportAttr);
    // A share is one of what the function takes that takes most: the training step beside
    // the model.
    std::vector<Rematerializer> functions;
    int64_t peak = 0;
    for (auto func : module.getOps<func::FuncOp>())
      if (!func.isExternal() && !func->hasAttr(kKernelAttr))
        peak = std::max(peak, functions.emplace_back(func, symbols, sizeHint).getPeak());
    for (Rematerializer &function : functions)
      function.run(limit->get(peak), reports);
  }
};
} // namespace

/// Remarks on what is made again; notes what is kept over a long time.
void Rematerializer::describe(const BlockSchedule &schedule) {
  for (TensorFate fate : schedule.getFates()) {
    if (fate.timesRepeated)
      emitRemark(fate.maker.getLoc())
          << formatBytes(fate.bytes) << " made again"
          << (fate.timesRepeated > 1 ? (" " + Twine(fate.timesRepeated) + " times").str() : "")
          << llvm::formatv(", {0:F3} ms", fate.nanoseconds * 1e-6).str();
    else if (fate.idle > schedule.getOps().size() / 4)
      kept.push_back({fate.maker.getLoc(), fate.bytes});
  }
}

int64_t Rematerializer::visit(Block &block, int64_t budget, Mode mode) {
  BlockSchedule schedule(block, symbols, costs);
  for (auto [place, op] : llvm::enumerate(schedule.getOps())) {
    int64_t inside = 0, rest = budget - schedule.getBytesAt(place);
    for (Region &region : op->getRegions())
      for (Block &nested : region)
        inside = std::max(inside, visit(nested, rest, mode));
    schedule.addInside(place, inside);
  }
  schedule.reduce(budget);
  if (mode != Mode::Try) {
    // Later rounds find what earlier ones added.
    if (isFirstRound)
      totalTime += schedule.getTotalTime();
    addedTime += schedule.getAddedTime();
    if (mode == Mode::Report)
      describe(schedule);
    schedule.apply();
  }
  return schedule.getPeak().first;
}

int64_t Rematerializer::findReachable(int64_t low, int64_t high) {
  // To the percent.
  while (high - low > high / 100) {
    int64_t middle = low + (high - low) / 2;
    (visit(func.front(), middle, Mode::Try) <= middle ? high : low) = middle;
  }
  return high;
}

void Rematerializer::run(int64_t wanted, bool report) {
  static constexpr int kRounds = 8;
  Block &body = func.front();
  int64_t before = getPeak(), after = before;
  for (int round = 0; round < kRounds; ++round) {
    bool isKept = visit(body, wanted, Mode::Try) <= wanted;
    int64_t budget = isKept ? wanted : findReachable(wanted, after);
    kept.clear();
    visit(body, budget, report ? Mode::Report : Mode::Apply);
    isFirstRound = false;
    int64_t now = getPeak();
    bool helped = now < after - after / 100;
    after = now;
    if (after <= wanted || !helped)
      break;
  }
  for (auto [loc, bytes] : kept)
    emitRemark(loc) << formatBytes(bytes) << " kept";
  if (after > wanted)
    emitWarning(func.getLoc()) << "'" << func.getName() << "' takes " << formatBytes(after)
                               << " at least, more than the budget of " << formatBytes(wanted);
  if (report)
    emitRemark(func.getLoc()) << "'" << func.getName() << "': " << formatBytes(before) << " became "
                              << formatBytes(after) << ", with a budget of " << formatBytes(wanted)
                              << llvm::formatv(", for {0:F1} % more work",
                                               100 * addedTime / std::max(totalTime, 1.0)).str();
}
