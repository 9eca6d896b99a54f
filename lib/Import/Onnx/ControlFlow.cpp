//===- ControlFlow.cpp - ONNX If, Loop and Scan -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// If becomes scf.if, Loop and Scan become scf.while on tensors. What the model
// leaves to the run is typed as openly as needed: a value whose shape changes
// from one iteration to the next gets a `?` there.
//
//===----------------------------------------------------------------------===//

#include "../Common/Branches.h"
#include "GraphImporter.h"
#include "ModelImporter.h"
#include "NodeImporter.h"
#include "onnx-ml.pb.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using frontend::join;
using Direction = dl::ComparisonDirection;

/// The tensors of a list of values; false (reported) if one is something else.
static bool getTensors(NodeImporter &n, ArrayRef<ImportedValue> values, StringRef what,
                       SmallVectorImpl<Value> &tensors) {
  for (auto [i, raw] : llvm::enumerate(values)) {
    ImportedValue value = raw.withOneRank(n.getBuilder());
    if (value.isTensor()) {
      tensors.push_back(value.tensor);
      continue;
    }
    n.emitError() << what << " " << i << " isn't a tensor, which is supported only where the "
                  << "structure of the graph is known before the run";
    return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

/// An If whose branches answer tensors of different rank, as exporters write
/// `squeeze` of a dimension that may be 1: what follows can be typed for one of
/// them only. That is the one of lower rank; a run that would take the other
/// ends with an error.
static LogicalResult importLowerRankBranch(NodeImporter &n, const GraphProto &graph,
                                           Value condition, bool taken) {
  OpBuilder &b = n.getBuilder();
  if (!taken)
    condition = dl::NotOp::create(b, n.getLoc(), condition);
  requireLowerRank(b, n.getLoc(), condition);
  SmallVector<ImportedValue> outputs;
  if (mlir::failed(n.importSubgraph(graph, {}, outputs)))
    return failure();
  return n.symbolicResults(outputs);
}

namespace {
/// The rank that an output has in one of the branches.
struct OtherRank {
  bool onTrue;
  int64_t rank;
};
} // namespace

/// One element that has another rank in each branch, as in `D == 1 ? 0 : f(D)` with
/// D a tensor of one element, gets the higher rank in both. The lower one is
/// answered; most uses broadcast, and needn't know.
static std::optional<OtherRank> unifyRanks(NodeImporter &n, Region &thenRegion, Value &onTrue,
                                           Region &elseRegion, Value &onFalse) {
  auto isOneElement = [&](Value value) {
    return llvm::all_of(n.type(value).getShape(), [](int64_t size) { return size == 1; });
  };
  int64_t ranks[] = {n.rankOf(onTrue), n.rankOf(onFalse)};
  if (ranks[0] == ranks[1] || !isOneElement(onTrue) || !isOneElement(onFalse))
    return std::nullopt;
  bool isLowerOnTrue = ranks[0] < ranks[1];
  OpBuilder &b = n.getBuilder();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(&(isLowerOnTrue ? thenRegion : elseRegion).front());
  Value &lower = isLowerOnTrue ? onTrue : onFalse;
  lower = n.reshape(lower, SmallVector<int64_t>(std::max(ranks[0], ranks[1]), 1));
  return OtherRank{isLowerOnTrue, std::min(ranks[0], ranks[1])};
}

static LogicalResult importIf(NodeImporter &n) {
  const GraphProto *graphs[] = {n.graphAttr("then_branch"), n.graphAttr("else_branch")};
  Value condition = n.input(0);
  if (!graphs[0] || !graphs[1])
    return failure();
  if (!n.isBool(condition))
    return n.emitError() << "the condition is of type " << n.type(condition) << ", not boolean";
  if (std::optional<int64_t> known = n.constantInt(condition)) {
    SmallVector<ImportedValue> outputs;
    if (mlir::failed(n.importSubgraph(*graphs[*known ? 0 : 1], {}, outputs)))
      return failure();
    return n.symbolicResults(outputs);
  }
  Value flag = n.scalarCondition(n.reshape(condition, ArrayRef<int64_t>{}));
  if (!flag)
    return failure();
  frontend::Branches branches(n, flag);
  bool isBuilt = branches.build([&](unsigned i, SmallVectorImpl<Value> &results) {
    SmallVector<ImportedValue> outputs;
    return succeeded(n.importSubgraph(*graphs[i], {}, outputs)) &&
           getTensors(n, outputs, "output", results);
  });
  if (!isBuilt)
    return failure();
  SmallVectorImpl<Value> &onTrueAll = branches.getResults(0), &onFalseAll = branches.getResults(1);
  if (onTrueAll.size() != onFalseAll.size())
    return n.emitError() << "its branches have " << onTrueAll.size() << " and "
                         << onFalseAll.size() << " outputs";
  SmallVector<Type> types;
  SmallVector<std::optional<OtherRank>> otherRanks;
  for (auto [i, onTrue, onFalse] : llvm::enumerate(onTrueAll, onFalseAll)) {
    otherRanks.push_back(unifyRanks(n, branches.getRegion(0), onTrue,
                                    branches.getRegion(1), onFalse));
    if (n.hasFailed())
      return failure();
    RankedTensorType type = join(n.type(onTrue), n.type(onFalse));
    bool rankDiffers = n.type(onTrue).getRank() != n.type(onFalse).getRank();
    if (!type && rankDiffers &&
        n.type(onTrue).getElementType() == n.type(onFalse).getElementType()) {
      bool taken = n.type(onTrue).getRank() < n.type(onFalse).getRank();
      branches.erase();
      return importLowerRankBranch(n, *graphs[taken ? 0 : 1], condition, taken);
    }
    if (!type)
      return n.emitError() << "output " << i << " is of type " << n.type(onTrue)
                           << " in one branch and of type " << n.type(onFalse)
                           << " in the other";
    types.push_back(type);
  }
  SmallVector<Value> results = branches.finish(types);
  if (n.hasFailed())
    return failure();
  SmallVector<ImportedValue> values;
  for (auto [result, other] : llvm::zip_equal(results, otherRanks)) {
    if (!other) {
      values.push_back(result);
      continue;
    }
    Value isLower = n.reshape(condition, ArrayRef<int64_t>{});
    if (!other->onTrue)
      isLower = n.infer<dl::NotOp>(isLower);
    values.push_back(ImportedValue::eitherRank(result, isLower, other->rank));
  }
  return n.symbolicResults(values);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {
/// One round of a loop: from the counter, the condition and the carried values
/// to the next condition (null: go on), the next carried values and one element
/// of each scan output. False after reporting an error.
using LoopBody = function_ref<bool(Value counter, Value condition, ValueRange carried,
                                   Value &next, SmallVectorImpl<Value> &nextCarried,
                                   SmallVectorImpl<Value> &elements)>;

/// Builds the scf.while of a Loop or Scan:
///
///   while (counter < trips && condition) { ...; counter += 1 }
///
/// Scan outputs are carried along: written into a tensor of the final size
/// where that is known when the loop starts, else grown by concatenation.
class LoopBuilder {
public:
  LoopBuilder(NodeImporter &n, std::optional<Size> trips, Value condition, LoopBody body,
              ArrayRef<bool> reversed)
      : n(n), b(n.getBuilder()), trips(trips), condition(condition), body(body),
        reversed(reversed) {}

  /// The final carried values, then the scan outputs; false after an error.
  bool build(ArrayRef<Value> initial, SmallVectorImpl<Value> &results);

private:
  enum class Outcome { Done, Retry, Failed };
  Outcome attempt(ArrayRef<Value> initial, SmallVectorImpl<Value> &results);
  Value openAccumulator(RankedTensorType element, RankedTensorType &type);
  Value accumulate(Value accumulator, Value element, Value counter, bool isReversed);
  Outcome retry(scf::WhileOp draft);

  NodeImporter &n;
  OpBuilder &b;
  std::optional<Size> trips;
  Value condition;
  LoopBody body;
  ArrayRef<bool> reversed;
  SmallVector<RankedTensorType> types; ///< of the carried values
  bool carriesCondition = false;
  /// Whether the number of rounds is known when the loop starts.
  bool isExact() const { return trips && !carriesCondition; }
};
} // namespace

static bool isTrue(NodeImporter &n, Value condition) {
  return !condition || n.constantInt(condition) == 1;
}

bool LoopBuilder::build(ArrayRef<Value> initial, SmallVectorImpl<Value> &results) {
  for (Value value : initial)
    types.push_back(n.type(value));
  carriesCondition = !isTrue(n, condition) || !trips;
  // Every retry opens at least one dimension, or the condition.
  for (;;) {
    switch (attempt(initial, results)) {
    case Outcome::Done:
      return true;
    case Outcome::Failed:
      return false;
    case Outcome::Retry:
      break;
    }
  }
}

LoopBuilder::Outcome LoopBuilder::retry(scf::WhileOp draft) {
  draft.erase();
  n.getGraph().getModel().getSizeAnalysis().forget();
  return Outcome::Retry;
}

/// An empty accumulator, made before the loop.
Value LoopBuilder::openAccumulator(RankedTensorType element, RankedTensorType &type) {
  bool isPlaced = isExact() && element.hasStaticShape();
  Sizes sizes{isPlaced ? *trips : Size(0)};
  for (int64_t size : element.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? 0 : size);
  SmallVector<int64_t> shape{isPlaced ? trips->asDim() : ShapedType::kDynamic};
  llvm::append_range(shape, element.getShape());
  type = RankedTensorType::get(shape, element.getElementType());
  Value zero = n.scalar(element.getElementType(), 0);
  Value empty = n.create<dl::SplatOp>(n.tensorType(sizes, element.getElementType()), zero,
                                      n.shapeOperand(sizes));
  return n.castTo(empty, type);
}

/// The accumulator with one more element.
Value LoopBuilder::accumulate(Value accumulator, Value element, Value counter, bool isReversed) {
  if (!element)
    return {};
  auto type = cast<RankedTensorType>(accumulator.getType());
  Value slot = n.unsqueeze(element, {0});
  if (isExact() && n.type(element).hasStaticShape()) {
    Size position = counter;
    if (isReversed)
      position = n.sub(n.sub(*trips, 1), position);
    Sizes starts(type.getRank(), Size(0));
    starts[0] = position;
    return n.infer<dl::DynamicUpdateSliceOp>(accumulator, slot, n.sizesTensor(starts));
  }
  auto append = [&]() -> Value {
    return n.castTo(isReversed ? n.concat({slot, accumulator}, 0) : n.concat({accumulator, slot}, 0),
                    type);
  };
  if (n.type(element).hasStaticShape())
    return append();
  // The first element decides the sizes.
  Value isFirst = n.compare(Direction::eq, counter, n.scalarInt(b.getI64Type(), 0));
  return n.ifElse(isFirst, type, [&] { return slot; }, append);
}

LoopBuilder::Outcome LoopBuilder::attempt(ArrayRef<Value> initial,
                                          SmallVectorImpl<Value> &results) {
  Location loc = n.getLoc();
  auto draft = scf::WhileOp::create(b, loc, TypeRange(), ValueRange());
  SmallVector<Value> inits{n.scalarInt(b.getI64Type(), 0)};
  if (carriesCondition)
    inits.push_back(condition ? condition : n.scalar(b.getI1Type(), 1));
  for (auto [value, type] : llvm::zip(initial, types))
    inits.push_back(n.castTo(value, type));
  if (n.hasFailed())
    return Outcome::Failed;

  // The body.
  Block *after = new Block;
  draft.getAfter().push_back(after);
  for (Value init : inits)
    after->addArgument(init.getType(), loc);
  Value counter = after->getArgument(0);
  SmallVector<Value> yields, elements;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(after);
    Value go = carriesCondition ? after->getArgument(1) : n.scalar(b.getI1Type(), 1);
    Value next;
    SmallVector<Value> carried;
    // Only plain Values: arguments are added to the block below.
    SmallVector<Value> arguments(after->getArguments().drop_front(1 + carriesCondition));
    if (!body(counter, go, arguments, next, carried, elements))
      return Outcome::Failed;
    if (!carriesCondition && !isTrue(n, next)) {
      carriesCondition = true;
      return retry(draft);
    }
    bool changed = false;
    for (auto [type, value] : llvm::zip(types, carried)) {
      RankedTensorType joined = join(type, n.type(value));
      if (!joined) {
        n.emitError() << "a value carried through the loop changes its type from " << type
                      << " to " << n.type(value);
        return Outcome::Failed;
      }
      changed |= joined != type;
      type = joined;
    }
    if (changed)
      return retry(draft);
    yields.push_back(n.sizeTensor(n.add(Size(counter), 1)));
    if (carriesCondition)
      yields.push_back(next ? n.reshape(next, ArrayRef<int64_t>{}) : n.scalar(b.getI1Type(), 1));
    for (auto [value, type] : llvm::zip(carried, types))
      yields.push_back(n.castTo(value, type));
  }
  for (auto [i, element] : llvm::enumerate(elements)) {
    RankedTensorType type;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(draft);
    inits.push_back(openAccumulator(n.type(element), type));
    if (n.hasFailed())
      return Outcome::Failed;
    Value accumulator = after->addArgument(type, loc);
    b.setInsertionPointToEnd(after);
    yields.push_back(accumulate(accumulator, element, counter, reversed[i]));
  }
  if (n.hasFailed() || !llvm::all_of(yields, [](Value value) { return bool(value); }))
    return Outcome::Failed;

  // The check before each round.
  Block *check = new Block;
  draft.getBefore().push_back(check);
  for (Value init : inits)
    check->addArgument(init.getType(), loc);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(check);
    Value go = carriesCondition ? check->getArgument(1) : Value();
    if (trips) {
      Value isBelow = n.compare(Direction::lt, check->getArgument(0), n.sizeTensor(*trips));
      go = go ? n.infer<dl::AndOp>(go, isBelow) : isBelow;
    }
    Value flag = n.scalarCondition(go);
    if (!flag)
      return Outcome::Failed;
    scf::ConditionOp::create(b, loc, flag, check->getArguments());
    b.setInsertionPointToEnd(after);
    scf::YieldOp::create(b, loc, yields);
  }
  SmallVector<Type> resultTypes(ValueRange(inits).getTypes());
  auto loop = scf::WhileOp::create(b, loc, resultTypes, inits);
  loop.getBefore().takeBody(draft.getBefore());
  loop.getAfter().takeBody(draft.getAfter());
  draft.erase();
  llvm::append_range(results, loop.getResults().drop_front(1 + carriesCondition));
  return Outcome::Done;
}

/// A loop whose structure (sequences, optionals) changes from round to round, of
/// a known number of rounds.
static LogicalResult unrollLoop(NodeImporter &n, const GraphProto &graph, int64_t trips,
                                SmallVector<ImportedValue> carried) {
  constexpr int64_t kMostRounds = 256;
  if (trips > kMostRounds)
    return n.emitError() << "a loop over sequences or optionals with more than " << kMostRounds
                         << " rounds isn't supported";
  OpBuilder &b = n.getBuilder();
  SmallVector<SmallVector<Value>> elements;
  for (int64_t i = 0; i < trips; ++i) {
    SmallVector<ImportedValue> inputs{n.scalarInt(b.getI64Type(), i), n.scalar(b.getI1Type(), 1)};
    llvm::append_range(inputs, carried);
    SmallVector<ImportedValue> outputs;
    if (mlir::failed(n.importSubgraph(graph, inputs, outputs)))
      return failure();
    if (outputs.size() < 1 + carried.size())
      return n.emitError() << "its body has too few outputs";
    if (!outputs[0].isTensor() || n.constantInt(outputs[0].tensor) != 1)
      return n.emitError() << "a loop over sequences or optionals must not end early";
    carried.assign(outputs.begin() + 1, outputs.begin() + 1 + carried.size());
    elements.resize(outputs.size() - 1 - carried.size());
    for (auto [list, output] : llvm::zip(elements, ArrayRef(outputs).take_back(elements.size()))) {
      if (!output.isTensor())
        return n.emitError() << "a scan output isn't a tensor";
      list.push_back(n.unsqueeze(output.tensor, {0}));
    }
  }
  for (ArrayRef<Value> list : elements)
    carried.push_back(n.concat(list, 0));
  return n.symbolicResults(carried);
}

static LogicalResult importLoop(NodeImporter &n) {
  const GraphProto *graph = n.graphAttr("body");
  if (!graph)
    return failure();
  Value tripsValue = n.hasInput(0) ? n.input(0) : Value();
  Value condition = n.hasInput(1) ? n.input(1) : Value();
  if (n.hasFailed())
    return failure();
  std::optional<Size> trips;
  if (tripsValue) {
    std::optional<Sizes> entry = n.entries(tripsValue, "the trip count");
    if (!entry || entry->size() != 1)
      return n.emitError() << "the trip count isn't a scalar";
    trips = n.max(entry->front(), 0);
  }
  if (condition) {
    if (!n.isBool(condition))
      return n.emitError() << "the condition is of type " << n.type(condition)
                           << ", not boolean";
    condition = n.reshape(condition, ArrayRef<int64_t>{});
  }
  int64_t count = static_cast<int64_t>(n.numInputs()) - 2;
  if (graph->input_size() != count + 2 || graph->output_size() < count + 1)
    return n.emitError() << "its body has " << graph->input_size() << " inputs and "
                         << graph->output_size() << " outputs, which doesn't fit " << count
                         << " carried values";
  SmallVector<ImportedValue> initial;
  bool allTensors = true;
  for (int64_t i = 0; i < count; ++i) {
    const ImportedValue *value = n.symbolicInput(2 + i);
    if (!value)
      return n.emitError() << "input " << 2 + i << " is missing";
    initial.push_back(*value);
    allTensors &= value->isTensor();
  }
  if (!allTensors && trips && trips->isStatic() && isTrue(n, condition))
    return unrollLoop(n, *graph, trips->getStatic(), initial);
  SmallVector<Value> tensors;
  if (!getTensors(n, initial, "a carried value,", tensors))
    return failure();
  auto body = [&](Value counter, Value go, ValueRange carried, Value &next,
                  SmallVectorImpl<Value> &nextCarried, SmallVectorImpl<Value> &elements) {
    SmallVector<ImportedValue> inputs{counter, go}, outputs;
    for (Value value : carried)
      inputs.push_back(value);
    SmallVector<Value> values;
    if (mlir::failed(n.importSubgraph(*graph, inputs, outputs)) ||
        !getTensors(n, outputs, "the body's output", values))
      return false;
    next = values.front();
    if (!n.isBool(next) || !n.type(next).hasStaticShape() || n.type(next).getNumElements() != 1) {
      n.emitError() << "its body's condition is of type " << n.type(next);
      return false;
    }
    nextCarried.assign(values.begin() + 1, values.begin() + 1 + count);
    elements.assign(values.begin() + 1 + count, values.end());
    return true;
  };
  SmallVector<bool> forwards(graph->output_size(), false);
  SmallVector<Value> results;
  if (!LoopBuilder(n, trips, condition, body, forwards).build(tensors, results))
    return failure();
  return n.results(results);
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

namespace {
struct ScanAttributes {
  SmallVector<int64_t> inputAxes, outputAxes;
  SmallVector<bool> inputReversed, outputReversed;
};
} // namespace

/// The loop of a Scan over `scanned` along their axes.
static bool buildScan(NodeImporter &n, const GraphProto &graph, ArrayRef<Value> states,
                      ArrayRef<Value> scanned, const ScanAttributes &attributes,
                      SmallVectorImpl<Value> &results) {
  Size trips = n.size(scanned.front(), attributes.inputAxes.front());
  for (auto [value, axis] : llvm::zip(scanned, attributes.inputAxes))
    n.require(Direction::eq, n.size(value, axis), trips, "its scan inputs differ in length");
  if (n.hasFailed())
    return false;
  auto body = [&](Value counter, Value, ValueRange carried, Value &,
                  SmallVectorImpl<Value> &nextCarried, SmallVectorImpl<Value> &elements) {
    SmallVector<ImportedValue> inputs, outputs;
    for (Value value : carried)
      inputs.push_back(value);
    for (auto [k, value] : llvm::enumerate(scanned)) {
      Size position = counter;
      if (attributes.inputReversed[k])
        position = n.sub(n.sub(trips, 1), position);
      int64_t axis = attributes.inputAxes[k];
      inputs.push_back(n.squeeze(n.sliceAxis(value, axis, position, 1), {axis}));
    }
    SmallVector<Value> values;
    if (n.hasFailed() || mlir::failed(n.importSubgraph(graph, inputs, outputs)) ||
        !getTensors(n, outputs, "the body's output", values))
      return false;
    nextCarried.assign(values.begin(), values.begin() + states.size());
    elements.assign(values.begin() + states.size(), values.end());
    return true;
  };
  SmallVector<Value> raw;
  if (!LoopBuilder(n, trips, Value(), body, attributes.outputReversed).build(states, raw))
    return false;
  for (auto [i, value] : llvm::enumerate(raw)) {
    if (i < states.size()) {
      results.push_back(value);
      continue;
    }
    std::optional<int64_t> axis =
        n.normalizeAxis(attributes.outputAxes[i - states.size()], n.rankOf(value));
    if (!axis)
      return false;
    // Elements are stacked along dimension 0; it moves to the axis.
    SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(1, n.rankOf(value)));
    permutation.insert(permutation.begin() + *axis, 0);
    results.push_back(n.transpose(value, permutation));
  }
  return true;
}

/// Opset 8: operands have a batch dimension in front; each batch element is
/// scanned on its own.
static LogicalResult importBatchedScan(NodeImporter &n, const GraphProto &graph,
                                       ArrayRef<Value> states, ArrayRef<Value> scanned) {
  if (n.hasInput(0))
    return n.emitError() << "sequence lengths of Scan aren't supported";
  ScanAttributes attributes;
  attributes.inputAxes.assign(scanned.size(), 0);
  attributes.outputAxes.assign(graph.output_size(), 0);
  attributes.outputReversed.assign(graph.output_size(), false);
  SmallVector<int64_t> directions =
      n.intsAttr("directions", SmallVector<int64_t>(scanned.size(), 0));
  if (directions.size() != scanned.size())
    return n.emitError() << "attribute 'directions' must have one entry for each scan input";
  for (int64_t direction : directions)
    attributes.inputReversed.push_back(direction != 0);
  Size batch = n.size(scanned.front(), 0);
  if (!batch.isStatic() || batch.getStatic() < 1 || batch.getStatic() > 64)
    return n.emitError() << "the batch size must be known, from 1 to 64";
  SmallVector<SmallVector<Value>> parts(graph.output_size());
  for (int64_t i = 0; i < batch.getStatic(); ++i) {
    auto pick = [&](Value value) { return n.squeeze(n.sliceAxis(value, 0, i, 1), {0}); };
    SmallVector<Value> ownStates(llvm::map_range(states, pick));
    SmallVector<Value> ownScanned(llvm::map_range(scanned, pick)), results;
    if (n.hasFailed() || !buildScan(n, graph, ownStates, ownScanned, attributes, results))
      return failure();
    for (auto [list, result] : llvm::zip(parts, results))
      list.push_back(n.unsqueeze(result, {0}));
  }
  SmallVector<Value> results;
  for (ArrayRef<Value> list : parts)
    results.push_back(n.concat(list, 0));
  return n.results(results);
}

static LogicalResult importScan(NodeImporter &n) {
  const GraphProto *graph = n.graphAttr("body");
  int64_t scanCount = n.requiredInt("num_scan_inputs");
  if (!graph || n.hasFailed())
    return failure();
  bool isBatched = n.opset() < 9;
  SmallVector<Value> inputs = n.inputsFrom(isBatched);
  if (n.hasFailed())
    return failure();
  int64_t stateCount = static_cast<int64_t>(inputs.size()) - scanCount;
  int64_t outputCount = graph->output_size() - stateCount;
  if (scanCount < 1 || stateCount < 0 || outputCount < 0 ||
      graph->input_size() != static_cast<int64_t>(inputs.size()))
    return n.emitError() << "its body has " << graph->input_size() << " inputs and "
                         << graph->output_size() << " outputs, which doesn't fit its "
                         << inputs.size() << " inputs, " << scanCount << " of them scanned";
  ArrayRef<Value> states = ArrayRef(inputs).take_front(stateCount);
  ArrayRef<Value> scanned = ArrayRef(inputs).drop_front(stateCount);
  if (isBatched) {
    for (Value value : inputs)
      if (!n.requireRank(value, 1, 1 << 16, "an input"))
        return failure();
    return importBatchedScan(n, *graph, states, scanned);
  }
  ScanAttributes attributes;
  SmallVector<int64_t> zeros(std::max(scanCount, outputCount), 0);
  auto read = [&](StringRef name, int64_t count) {
    SmallVector<int64_t> values = n.intsAttr(name, ArrayRef(zeros).take_front(count));
    if (static_cast<int64_t>(values.size()) != count)
      n.emitError() << "attribute '" << name << "' must have " << count << " entries";
    return values;
  };
  attributes.inputAxes = read("scan_input_axes", scanCount);
  attributes.outputAxes = read("scan_output_axes", outputCount);
  for (int64_t direction : read("scan_input_directions", scanCount))
    attributes.inputReversed.push_back(direction != 0);
  for (int64_t direction : read("scan_output_directions", outputCount))
    attributes.outputReversed.push_back(direction != 0);
  if (n.hasFailed())
    return failure();
  for (auto [axis, value] : llvm::zip(attributes.inputAxes, scanned)) {
    std::optional<int64_t> normal = n.normalizeAxis(axis, n.rankOf(value), "scan input axis");
    if (!normal)
      return failure();
    axis = *normal;
  }
  SmallVector<Value> results;
  if (!buildScan(n, *graph, states, scanned, attributes, results))
    return failure();
  return n.results(results);
}

void dlc::onnx::registerControlFlowOps(OpTable &t) {
  t.add("If", 1, 1, importIf);
  t.addSymbolic("Loop", 1, {0, Arity::kVariadic}, importLoop);
  t.addSymbolic("Scan", 8, {0, Arity::kVariadic}, importScan);
}
