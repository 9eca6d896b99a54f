//===- Gradient.cpp - gradients of a part of the graph --------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A Gradient node names tensors of the graph around it: `y`, which is differentiated,
// and `xs` and `zs`, which it is a function of. That part of the graph becomes a
// function of its own, and the node a `grad.vjp` of it:
//
//   %c = dl.add %a, %b                        func.func private @gradient_of_c(%a, %b) {
//   %da, %db = Gradient(%a, %b)                 %c = dl.add %a, %b
//     {xs = [a, b], y = c}                      return %c
//                                             }
//                                             %da, %db = grad.vjp @gradient_of_c(%a, %b)
//                                               cotangents(1) of [0] wrt [0, 1]
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeImporter.h"
#include "grad/IR/Grad.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// The part of a graph that computes one value from others.
namespace {
struct GraphPart {
  /// Values of the graph around that the part uses: those it is a function of, then
  /// the inputs that it reads besides.
  SetVector<Value> inputs;
  SetVector<Operation *> ops;

  GraphPart(Value y, ArrayRef<Value> given) : inputs(given.begin(), given.end()) {
    SmallVector<Value> worklist{y};
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (inputs.contains(value))
        continue;
      Operation *op = value.getDefiningOp();
      if (!op) {
        inputs.insert(value);
        continue;
      }
      if (!ops.insert(op))
        continue;
      llvm::append_range(worklist, op->getOperands());
      SetVector<Value> captures;
      getUsedValuesDefinedAbove(op->getRegions(), captures);
      llvm::append_range(worklist, captures);
    }
    ops = topologicalSort(ops);
  }

  /// The part as a private function of its inputs.
  func::FuncOp makeFunction(Value y, StringRef name, Location loc, ModuleOp module) const {
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    auto type = builder.getFunctionType(TypeRange(ValueRange(inputs.getArrayRef())), y.getType());
    auto function = func::FuncOp::create(builder, loc, name, type);
    SymbolTable(module).insert(function);
    function.setPrivate();
    Block *body = function.addEntryBlock();
    IRMapping mapping;
    mapping.map(inputs.getArrayRef(), body->getArguments());
    builder.setInsertionPointToEnd(body);
    for (Operation *op : ops)
      builder.clone(*op, mapping);
    func::ReturnOp::create(builder, loc, mapping.lookup(y));
    return function;
  }
};
} // namespace

/// The tensor of that name in the graph; null after reporting an error.
static Value findTensor(NodeImporter &n, StringRef name) {
  const ImportedValue *value = n.getGraph().lookup(name);
  if (value && value->isTensor())
    return value->tensor;
  if (!value || !value->isFailed())
    n.emitError() << "there is no tensor '" << name << "' before it in the graph";
  return {};
}

static LogicalResult importGradient(NodeImporter &n) {
  std::vector<std::string> names;
  llvm::append_range(names, n.stringsAttr("xs"));
  unsigned count = names.size();
  llvm::append_range(names, n.stringsAttr("zs"));
  std::string yName = n.stringAttr("y", "");
  SmallVector<Value> inputs = n.inputsFrom(0), named;
  if (n.hasFailed())
    return failure();
  if (count == 0 || inputs.size() != names.size())
    return n.emitError() << "has " << inputs.size() << " inputs for " << count << " xs and "
                         << names.size() - count << " zs";
  Value y = findTensor(n, yName);
  for (const std::string &name : names)
    named.push_back(findTensor(n, name));
  if (!y || llvm::is_contained(named, Value()))
    return failure();
  for (auto [i, value] : llvm::enumerate(ArrayRef(named).take_front(count)))
    if (!isa<FloatType>(n.elementTypeOf(value)))
      return n.emitError() << "'" << names[i] << "' is no tensor of floats";
  if (!isa<FloatType>(n.elementTypeOf(y)))
    return n.emitError() << "'" << yName << "' is no tensor of floats";

  if (SetVector<Value>(named.begin(), named.end()).size() < named.size())
    return n.emitError() << "names one tensor several times in xs and zs";

  OpBuilder &builder = n.getBuilder();
  GraphPart part(y, named);
  auto module = builder.getInsertionBlock()->getParent()->getParentOfType<ModuleOp>();
  func::FuncOp function = part.makeFunction(y, "gradient_of_" + yName, n.getLoc(), module);
  for (auto [value, wanted] : llvm::zip(inputs, named)) {
    if (value.getType() == wanted.getType())
      continue;
    if (!dl::areCompatibleTypes(value.getType(), wanted.getType()))
      return n.emitError() << "an input has type " << value.getType() << ", but the tensor it stands for "
                           << wanted.getType();
    value = tensor::CastOp::create(builder, n.getLoc(), wanted.getType(), value);
  }
  llvm::append_range(inputs, part.inputs.getArrayRef().drop_front(named.size()));
  SmallVector<int64_t> wrt = llvm::to_vector(llvm::seq<int64_t>(0, count));
  SmallVector<Type> types;
  for (Value value : ArrayRef(named).take_front(count))
    types.push_back(value.getType());
  // y has the shape that it has in the graph, whatever the inputs given here.
  Value ones = n.splatLike(y, 1.0);
  auto gradients = grad::VjpOp::create(builder, n.getLoc(), types, function.getName(), inputs,
                                       ValueRange{ones}, ArrayRef<int64_t>{0}, wrt,
                                       /*with_primal=*/false);
  return n.results(llvm::to_vector_of<Value>(gradients.getResults()));
}

void dlc::onnx::registerGradientOps(OpTable &table) {
  table.domain("ai.onnx.preview.training").add("Gradient", 1, {1, Arity::kVariadic}, importGradient);
}
