//===- ControlFlow.cpp - graphs that a program chooses or repeats ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// torch.cond becomes scf.if; while_loop, scan and map become scf.while on tensors.
// Python numbers that a loop carries are 0-D tensors in it.
//
//===----------------------------------------------------------------------===//

#include "../Common/Branches.h"
#include "Loop.h"
#include "NodeImporter.h"
#include "ProgramImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Direction = dl::ComparisonDirection;
using Kind = ImportedValue::Kind;

/// A value as a region hands it out: a tensor. Null (reported) for what isn't one.
static Value toTensor(NodeImporter &n, const ImportedValue &value) {
  if (value.kind == Kind::Int)
    return n.sizeTensor(*value.size);
  if (value.isComplex() || (!value.tensor && !n.hasFailed())) {
    n.emitError() << (value.isComplex() ? "a complex number" : "None")
                  << " can't be handed from one graph to another";
    return {};
  }
  return value.tensor;
}

/// The other way round.
static ImportedValue fromTensor(Value tensor, Kind kind) {
  return kind == Kind::Int ? ImportedValue(Size(tensor)) : ImportedValue(tensor, kind);
}

/// What the result of kind `kind` is outside.
static Kind getResultKind(NodeImporter &n, unsigned i) {
  if (i >= n.numResults())
    return Kind::Tensor;
  switch (n.getNode().results[i].type.kind) {
  case ValueType::Kind::Int:
    return Kind::Int;
  case ValueType::Kind::Float:
    return Kind::Float;
  case ValueType::Kind::Bool:
    return Kind::Bool;
  default:
    return Kind::Tensor;
  }
}

//===----------------------------------------------------------------------===//
// cond
//===----------------------------------------------------------------------===//

static LogicalResult importCond(NodeImporter &n) {
  OpBuilder &b = n.getBuilder();
  const Graph *graphs[] = {n.subgraph("true_graph"), n.subgraph("false_graph")};
  Value predicate = n.operand("pred", b.getI1Type());
  SmallVector<ImportedValue> operands = n.values("operands");
  if (!graphs[0] || !graphs[1] || !predicate || n.hasFailed())
    return failure();
  Value flag = n.scalarCondition(n.reshape(predicate, ArrayRef<int64_t>{}));
  if (!flag)
    return failure();
  frontend::Branches branches(n, flag);
  bool isBuilt = branches.build([&](unsigned i, SmallVectorImpl<Value> &results) {
    SmallVector<ImportedValue> outputs;
    if (mlir::failed(n.getGraph().importSubgraph(n, *graphs[i], operands, outputs)))
      return false;
    for (const ImportedValue &output : outputs)
      results.push_back(toTensor(n, output));
    return !n.hasFailed();
  });
  if (!isBuilt)
    return failure();
  if (branches.getResults(0).size() != branches.getResults(1).size())
    return n.emitError() << "its graphs differ in how many values they give";
  SmallVector<Type> types;
  for (auto [a, c] : llvm::zip_equal(branches.getResults(0), branches.getResults(1))) {
    RankedTensorType type = frontend::join(n.type(a), n.type(c));
    if (!type)
      return n.emitError() << "its graphs give values of types " << n.type(a) << " and "
                           << n.type(c);
    types.push_back(type);
  }
  SmallVector<Value> results = branches.finish(types);
  if (n.hasFailed())
    return failure();
  SmallVector<ImportedValue> values;
  for (auto [i, result] : llvm::enumerate(results))
    values.push_back(fromTensor(result, getResultKind(n, i)));
  return n.results(values);
}

/// A block under autocast as torch.export leaves it: its casts aren't there yet.
static LogicalResult importAutocast(NodeImporter &n) {
  return n.emitError() << "the casts of this autocast block aren't part of the program; save it "
                          "after run_decompositions(), which puts them in";
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> torch::buildLoop(NodeImporter &n, ArrayRef<Value> initial, BuildCheck check,
                                    BuildRound round) {
  OpBuilder &b = n.getBuilder();
  Location loc = n.getLoc();
  auto loop = scf::WhileOp::create(b, loc, ValueRange(initial).getTypes(), initial);
  SmallVector<Location> locations(initial.size(), loc);
  OpBuilder::InsertionGuard guard(b);
  Block *before =
      b.createBlock(&loop.getBefore(), {}, ValueRange(initial).getTypes(), locations);
  Value go = check(SmallVector<Value>(before->getArguments()));
  Value flag = go ? n.scalarCondition(n.reshape(go, ArrayRef<int64_t>{})) : Value();
  if (!flag)
    return {};
  scf::ConditionOp::create(b, loc, flag, before->getArguments());
  Block *after = b.createBlock(&loop.getAfter(), {}, ValueRange(initial).getTypes(), locations);
  SmallVector<Value> next;
  if (!round(SmallVector<Value>(after->getArguments()), next))
    return {};
  for (auto [value, first] : llvm::zip_equal(next, initial)) {
    value = value ? n.castTo(value, n.type(first)) : Value();
    if (!value)
      return {};
  }
  scf::YieldOp::create(b, loc, next);
  return SmallVector<Value>(loop.getResults());
}

/// The type that a graph's input was recorded with: what a loop may change is `?`.
static Value openUp(NodeImporter &n, Value value, const NamedValue &input) {
  if (!value || input.type.kind != ValueType::Kind::Tensor)
    return value;
  SmallVector<int64_t> shape;
  for (const SizeExpr &size : input.type.shape)
    shape.push_back(size.isNumber() ? size.number : ShapedType::kDynamic);
  if (int64_t(shape.size()) != n.rankOf(value))
    return value;
  return n.castTo(value, n.tensorType(ArrayRef<int64_t>(shape), n.elementTypeOf(value)));
}

static LogicalResult importWhileLoop(NodeImporter &n) {
  const Graph *check = n.subgraph("cond_graph"), *body = n.subgraph("body_graph");
  SmallVector<ImportedValue> carried = n.values("carried"), additional = n.values("additional");
  if (!check || !body || n.hasFailed())
    return failure();
  if (body->inputs.size() < carried.size())
    return n.emitError() << "it carries " << carried.size() << " values, but its body has "
                         << body->inputs.size() << " inputs";
  SmallVector<Value> initial;
  for (auto [i, value] : llvm::enumerate(carried))
    initial.push_back(openUp(n, toTensor(n, value), body->inputs[i]));
  if (n.hasFailed())
    return failure();
  auto run = [&](const Graph &graph, ArrayRef<Value> values,
                 SmallVectorImpl<ImportedValue> &outputs) {
    SmallVector<ImportedValue> inputs;
    for (auto [value, original] : llvm::zip_equal(values, carried))
      inputs.push_back(fromTensor(value, original.kind));
    llvm::append_range(inputs, additional);
    return succeeded(n.getGraph().importSubgraph(n, graph, inputs, outputs));
  };
  SmallVector<Value> results = buildLoop(
      n, initial,
      [&](ArrayRef<Value> values) -> Value {
        SmallVector<ImportedValue> outputs;
        if (!run(*check, values, outputs) || outputs.size() != 1)
          return {};
        return toTensor(n, outputs.front());
      },
      [&](ArrayRef<Value> values, SmallVectorImpl<Value> &next) {
        SmallVector<ImportedValue> outputs;
        if (!run(*body, values, outputs) || outputs.size() != values.size())
          return false;
        for (const ImportedValue &output : outputs)
          next.push_back(toTensor(n, output));
        return !n.hasFailed();
      });
  if (results.size() != carried.size())
    return failure();
  SmallVector<ImportedValue> values;
  for (auto [result, original] : llvm::zip_equal(results, carried))
    values.push_back(fromTensor(result, original.kind));
  return n.results(values);
}

/// An accumulator for one result of each round.
static Value makeAccumulator(NodeImporter &n, unsigned i, Size trips) {
  Type type = n.resultElementType(i);
  if (!type || n.hasFailed())
    return {};
  if (n.resultShape(i).empty()) {
    n.emitError() << "result " << i << " has no dimension for the rounds";
    return {};
  }
  Sizes sizes{trips};
  for (const SizeExpr &expr : ArrayRef(n.getNode().results[i].type.shape).drop_front()) {
    Size size = n.getGraph().getProgram().evaluate(n, expr);
    if (!size.isStatic() && !size.getTensor()) {
      n.emitError() << "result " << i
                    << " has a size, besides the number of rounds, that data decides";
      return {};
    }
    sizes.push_back(size);
  }
  return n.broadcastInDim(n.scalarInt(type, 0), sizes, {});
}

/// scan, and map, which is one that carries nothing.
static LogicalResult importScan(NodeImporter &n, bool hasInit) {
  OpBuilder &b = n.getBuilder();
  const Graph *body = n.subgraph("body");
  SmallVector<ImportedValue> init, additional = n.values("additional");
  if (hasInit)
    init = n.values("init");
  SmallVector<Value> xs = n.tensors("xs");
  if (!body || n.hasFailed() || xs.empty())
    return failure();
  Size trips = n.size(xs.front(), 0);
  unsigned numCarried = init.size();
  SmallVector<Value> initial{n.scalarInt(b.getI64Type(), 0)};
  for (const ImportedValue &value : init)
    initial.push_back(toTensor(n, value));
  for (unsigned i = numCarried; i < n.numResults(); ++i)
    initial.push_back(makeAccumulator(n, i, trips));
  if (n.hasFailed())
    return failure();
  auto round = [&](ArrayRef<Value> values, SmallVectorImpl<Value> &next) {
    SmallVector<ImportedValue> inputs, outputs;
    for (unsigned i = 0; i < numCarried; ++i)
      inputs.push_back(fromTensor(values[1 + i], init[i].kind));
    for (Value x : xs)
      inputs.push_back(n.squeeze(n.sliceAxis(x, 0, Size(values[0]), 1), {0}));
    llvm::append_range(inputs, additional);
    if (n.hasFailed() ||
        mlir::failed(n.getGraph().importSubgraph(n, *body, inputs, outputs)) ||
        outputs.size() + 1 != values.size())
      return false;
    next.push_back(n.sizeTensor(n.add(Size(values[0]), 1)));
    for (auto [i, output] : llvm::enumerate(outputs)) {
      Value value = toTensor(n, output), carried = values[1 + i];
      if (i >= numCarried && value) {
        Sizes starts(n.rankOf(carried), Size(0));
        starts[0] = Size(values[0]);
        value = n.infer<dl::DynamicUpdateSliceOp>(carried, n.unsqueeze(value, {0}),
                                                  n.sizesTensor(starts));
      }
      next.push_back(value);
    }
    return !n.hasFailed();
  };
  auto check = [&](ArrayRef<Value> values) {
    return n.compare(Direction::lt, values[0], n.sizeTensor(trips));
  };
  SmallVector<Value> results = buildLoop(n, initial, check, round);
  if (results.empty())
    return failure();
  SmallVector<ImportedValue> values;
  for (auto [i, result] : llvm::enumerate(ArrayRef(results).drop_front()))
    values.push_back(fromTensor(result, i < numCarried ? init[i].kind : Kind::Tensor));
  return n.results(values);
}

void torch::registerControlFlowOps(OpTable &t) {
  t.add("higher_order.cond", importCond);
  t.add("higher_order.wrap_with_autocast", importAutocast);
  t.add("higher_order.while_loop", importWhileLoop);
  t.add("higher_order.scan", [](NodeImporter &n) { return importScan(n, /*hasInit=*/true); });
  t.add("higher_order.map_impl", [](NodeImporter &n) { return importScan(n, /*hasInit=*/false); });
}
