//===- GraphImporter.cpp - imports graphs, node by node -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeImporter.h"
#include "OpTable.h"
#include "onnx-ml.pb.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// Subgraphs and function calls inside each other at most.
static constexpr unsigned kMaxDepth = 64;

LogicalResult GraphImporter::define(StringRef name, ImportedValue value, Location loc) {
  auto [it, isNew] = values.try_emplace(name);
  if (!isNew)
    return model.emitError(loc) << "the name '" << name << "' is defined twice";
  it->second.value = std::move(value);
  return success();
}

LogicalResult GraphImporter::declareInitializers(const GraphProto &graph) {
  for (const TensorProto &tensor : graph.initializer()) {
    auto [it, isNew] = values.try_emplace(tensor.name());
    if (!isNew)
      return model.emitError(model.named(tensor.name()))
             << "initializer '" << tensor.name() << "' is defined twice";
    it->second.initializer = &tensor;
  }
  for (const SparseTensorProto &tensor : graph.sparse_initializer()) {
    StringRef name = tensor.values().name();
    if (mlir::failed(define(name, model.importSparseTensor(tensor, name, model.named(name)),
                            model.named(name))))
      return failure();
  }
  return success();
}

const TensorProto *GraphImporter::findInitializer(StringRef name) const {
  auto it = values.find(name);
  return it == values.end() ? nullptr : it->second.initializer;
}

const ImportedValue *GraphImporter::lookup(StringRef name) {
  auto it = values.find(name);
  if (it == values.end())
    return parent ? parent->lookup(name) : nullptr;
  Entry &entry = it->second;
  if (entry.initializer && entry.value.isFailed() && !entry.tried) {
    entry.tried = true;
    entry.value = model.importTensor(*entry.initializer, name, model.named(name), /*isInitializer=*/true);
  }
  return &entry.value;
}

Location GraphImporter::locationOf(const NodeProto &node) {
  // As NodeImporter::getName.
  std::string name = node.name();
  for (int i = 0; i < node.output_size() && name.empty(); ++i)
    name = node.output(i);
  if (name.empty())
    name = node.op_type();
  Location loc = model.named(name);
  return frame.callSite ? CallSiteLoc::get(loc, *frame.callSite) : loc;
}

void GraphImporter::importNodes(const google::protobuf::RepeatedPtrField<NodeProto> &nodes,
                                OpBuilder &builder) {
  for (const NodeProto &node : nodes)
    for (const std::string &output : node.output())
      later.try_emplace(output, &node);
  for (const NodeProto &node : nodes)
    importNode(node, builder);
}

/// Whether every input of the node is there; poisoned when one of them failed.
LogicalResult GraphImporter::checkInputs(NodeImporter &node, const OpEntry *entry,
                                         bool &poisoned) {
  const NodeProto &proto = node.getNode();
  for (const std::string &name : proto.input()) {
    if (name.empty())
      continue;
    if (const ImportedValue *value = lookup(name)) {
      poisoned |= value->isFailed();
      continue;
    }
    auto maker = later.find(name);
    for (GraphImporter *around = parent; around && maker == later.end(); around = around->parent)
      if (auto it = around->later.find(name); it != around->later.end())
        return node.emitError() << "input '" << name << "' is used before it is made: the "
                                << "nodes aren't in topological order";
    if (maker != later.end())
      return node.emitError() << "input '" << name << "' is used before it is made by node '"
                              << maker->second->name() << "': the nodes aren't in topological order";
    return node.emitError() << "input '" << name
                            << "' isn't made by any node, input or initializer";
  }
  if (!entry || poisoned)
    return success();
  unsigned count = proto.input_size();
  if (count > entry->inputs.max)
    return node.emitError() << "it has " << count << " inputs, but takes at most "
                            << entry->inputs.max;
  for (unsigned i = 0; i < entry->inputs.min; ++i) {
    bool present = entry->symbolic ? i < count && !proto.input(i).empty() : node.hasInput(i);
    if (!present)
      return node.emitError() << "input " << i << " is missing; it takes at least "
                              << entry->inputs.min;
    if (!entry->symbolic && !node.rawInput(i)->isEitherRank() && !node.input(i))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::importFunction(NodeImporter &node, const FunctionProto &function) {
  const NodeProto &call = node.getNode();
  for (const Frame *caller = &frame; caller; caller = caller->caller)
    if (caller->function == &function)
      return node.emitError() << "function '" << function.name() << "' calls itself";
  Frame inner;
  inner.function = &function;
  inner.caller = &frame;
  inner.depth = depth + 1;
  inner.callSite = node.getLoc();
  for (const OperatorSetIdProto &opset : function.opset_import())
    inner.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  for (const AttributeProto &attribute : function.attribute_proto())
    inner.attributes[attribute.name()] = &attribute;
  for (const AttributeProto &attribute : call.attribute())
    if (const AttributeProto *given = node.findAttr(attribute.name()))
      inner.attributes[attribute.name()] = given;
  for (const AttributeProto &attribute : call.attribute())
    if (!llvm::is_contained(function.attribute(), attribute.name()) &&
        llvm::none_of(function.attribute_proto(), [&](const AttributeProto &each) {
          return each.name() == attribute.name();
        }))
      return node.emitError() << "function '" << function.name() << "' has no attribute '"
                              << attribute.name() << "'";
  if (call.input_size() > function.input_size() || call.output_size() > function.output_size())
    return node.emitError() << "function '" << function.name() << "' has "
                            << function.input_size() << " inputs and " << function.output_size()
                            << " outputs, but the node has " << call.input_size() << " and "
                            << call.output_size();
  GraphImporter body(model, inner);
  body.depth = depth + 1;
  for (auto [i, name] : llvm::enumerate(function.input())) {
    const ImportedValue *value = node.rawInput(i);
    if (mlir::failed(body.define(name, value ? *value : ImportedValue::absent(), node.getLoc())))
      return failure();
  }
  body.importNodes(function.node(), node.getBuilder());
  SmallVector<ImportedValue> results;
  for (int i = 0; i < call.output_size(); ++i) {
    const ImportedValue *value = body.lookup(function.output(i));
    if (!value)
      return node.emitError() << "function '" << function.name() << "' doesn't make its output '"
                              << function.output(i) << "'";
    if (value->isFailed() && !call.output(i).empty()) {
      node.failed = true; // reported inside the function
      return failure();
    }
    results.push_back(*value);
  }
  return node.symbolicResults(results);
}

void GraphImporter::importNode(const NodeProto &proto, OpBuilder &builder) {
  NodeImporter node(*this, proto, builder, locationOf(proto));
  StringRef domain = proto.domain() == "ai.onnx" ? "" : StringRef(proto.domain());
  auto attempt = [&]() -> LogicalResult {
    if (!model.countNode(node.getLoc()))
      return failure();
    if (depth > kMaxDepth)
      return node.emitError() << "graphs or functions are nested more than " << kMaxDepth
                              << " levels deep here";
    bool poisoned = false;
    if (const FunctionProto *function =
            model.findFunction(proto.domain(), proto.op_type(), proto.overload())) {
      if (mlir::failed(checkInputs(node, nullptr, poisoned)) || poisoned)
        return failure();
      return importFunction(node, *function);
    }
    auto version = frame.opsets.find(domain);
    const OpDomain *ops = OpTable::get().lookup(domain);
    const OpEntry *entry = ops ? ops->lookup(proto.op_type()) : nullptr;
    if (!entry)
      return node.emitError() << "op " << proto.op_type() << " of domain '"
                              << (domain.empty() ? "ai.onnx" : domain) << "' isn't supported";
    if (version == frame.opsets.end())
      return node.emitError() << "the model imports no opset of domain '"
                              << (domain.empty() ? "ai.onnx" : domain) << "'";
    node.version = version->second;
    if (node.version < entry->since)
      return node.emitError() << "op " << proto.op_type() << " came with opset " << entry->since
                              << ", but the model uses opset " << node.version;
    if (mlir::failed(checkInputs(node, entry, poisoned)) || poisoned)
      return failure();
    if (mlir::failed(entry->importer(node))) {
      if (!node.failed)
        node.emitError() << "it isn't supported in this form";
      return failure();
    }
    node.reportUnreadAttributes();
    return failure(node.failed);
  };
  bool ok = succeeded(attempt());
  if (!ok)
    model.setFailed();
  for (auto [i, name] : llvm::enumerate(proto.output())) {
    if (name.empty())
      continue;
    if (ok && i >= node.outputs.size()) {
      node.emitError() << "output " << i << " ('" << name << "') isn't one of "
                       << proto.op_type() << "'s";
      ok = false;
    }
    if (values.contains(name))
      node.emitError() << "the name '" << name << "' is defined twice";
    else
      (void)define(name, ok ? node.outputs[i] : ImportedValue(), node.getLoc());
  }
}

LogicalResult GraphImporter::importSubgraph(const GraphProto &graph,
                                            ArrayRef<ImportedValue> inputs,
                                            SmallVectorImpl<ImportedValue> &outputs,
                                            OpBuilder &builder, Location loc) {
  GraphImporter inner(model, frame, this);
  if (static_cast<size_t>(graph.input_size()) != inputs.size())
    return model.emitError(loc) << "graph '" << graph.name() << "' has " << graph.input_size()
                                << " inputs, not " << inputs.size();
  for (auto [input, value] : llvm::zip(graph.input(), inputs))
    if (mlir::failed(inner.define(input.name(), value, loc)))
      return failure();
  if (mlir::failed(inner.declareInitializers(graph)))
    return failure();
  inner.importNodes(graph.node(), builder);
  for (const ValueInfoProto &output : graph.output()) {
    const ImportedValue *value = inner.lookup(output.name());
    if (!value)
      return model.emitError(loc) << "graph '" << graph.name() << "' doesn't make its output '"
                                  << output.name() << "'";
    if (value->isFailed())
      return failure(); // already reported
    outputs.push_back(*value);
  }
  return failure(model.hasFailed());
}
