//===- NodeImporter.cpp - a node's operands, attributes and results -------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "GraphImporter.h"
#include "ModelImporter.h"
#include "onnx-ml.pb.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

NodeImporter::NodeImporter(GraphImporter &graph, const NodeProto &node, OpBuilder &builder,
                           Location loc)
    : NodeBuilder(builder, loc, graph.getModel().getSizeAnalysis()), graph(graph), node(node) {}

StringRef NodeImporter::getOpType() const { return node.op_type(); }

StringRef NodeImporter::getName() const {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return "";
}

InFlightDiagnostic NodeImporter::emitError() {
  failed = true;
  InFlightDiagnostic diagnostic = graph.getModel().emitError(loc);
  diagnostic << describe() << ": ";
  return diagnostic;
}

std::string NodeImporter::describe() const {
  return ("node '" + getName() + "' (" + getOpType() + ")").str();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

unsigned NodeImporter::numInputs() const { return node.input_size(); }

bool NodeImporter::hasInput(unsigned i) const {
  if (i >= static_cast<unsigned>(node.input_size()) || node.input(i).empty())
    return false;
  const ImportedValue *value = graph.lookup(node.input(i));
  return value && !value->isAbsent();
}

Value NodeImporter::input(unsigned i) {
  const ImportedValue *value = symbolicInput(i);
  if (!value || value->isAbsent())
    return {};
  if (!value->isTensor()) {
    if (value->isSequence())
      emitError() << "input '" << node.input(i) << "' is a sequence where a tensor is needed";
    failed = true;
    return {};
  }
  return value->tensor;
}

SmallVector<Value> NodeImporter::inputsFrom(unsigned first) {
  SmallVector<Value> values;
  for (unsigned i = first; i < numInputs(); ++i) {
    Value value = input(i);
    if (!value) {
      if (!failed)
        emitError() << "input " << i << " is missing";
      return {};
    }
    values.push_back(value);
  }
  return values;
}

const ImportedValue *NodeImporter::symbolicInput(unsigned i) {
  const ImportedValue *value = rawInput(i);
  if (!value || !value->isEitherRank())
    return value;
  return &resolved.emplace_back(value->withOneRank(builder));
}

Value NodeImporter::inputBeside(unsigned i, unsigned other) {
  const ImportedValue *x = rawInput(i), *y = rawInput(other);
  if (x && y && x->isEitherRank() && y->isTensor() && rankOf(y->tensor) >= rankOf(x->tensor))
    return x->tensor;
  return input(i);
}

const ImportedValue *NodeImporter::rawInput(unsigned i) {
  if (i >= numInputs() || node.input(i).empty())
    return nullptr;
  return graph.lookup(node.input(i));
}

unsigned NodeImporter::numOutputs() const { return node.output_size(); }

bool NodeImporter::hasOutput(unsigned i) const {
  return i < numOutputs() && !node.output(i).empty();
}

LogicalResult NodeImporter::results(ArrayRef<Value> values) {
  return symbolicResults(SmallVector<ImportedValue>(values.begin(), values.end()));
}

LogicalResult NodeImporter::symbolicResult(ImportedValue value) {
  return symbolicResults({std::move(value)});
}

LogicalResult NodeImporter::symbolicResults(ArrayRef<ImportedValue> values) {
  for (auto [i, value] : llvm::enumerate(values))
    if (value.isFailed() && hasOutput(i)) {
      if (!failed)
        emitError() << "output '" << node.output(i) << "' isn't supported";
      return failure();
    }
  if (failed)
    return failure();
  outputs.assign(values.begin(), values.end());
  return success();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const AttributeProto *NodeImporter::findAttr(StringRef name) {
  seenAttributes.insert(name);
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.name() != name)
      continue;
    if (attribute.ref_attr_name().empty())
      return &attribute;
    const auto &bound = graph.getFrame().attributes;
    auto it = bound.find(attribute.ref_attr_name());
    return it == bound.end() ? nullptr : it->second;
  }
  return nullptr;
}

static StringRef getKindName(int kind) {
  const std::string &name =
      AttributeProto::AttributeType_Name(static_cast<AttributeProto::AttributeType>(kind));
  return name.empty() ? StringRef("UNDEFINED") : StringRef(name);
}

const AttributeProto *NodeImporter::findAttr(StringRef name, int kind) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute || attribute->type() == kind)
    return attribute;
  emitError() << "attribute '" << name << "' must be of type " << getKindName(kind)
              << ", but it is of type " << getKindName(attribute->type());
  return nullptr;
}

bool NodeImporter::hasAttr(StringRef name) { return findAttr(name) != nullptr; }

int64_t NodeImporter::intAttr(StringRef name, int64_t fallback) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::INT);
  return attribute ? attribute->i() : fallback;
}

bool NodeImporter::boolAttr(StringRef name, bool fallback) {
  return intAttr(name, fallback) != 0;
}

double NodeImporter::floatAttr(StringRef name, double fallback) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::FLOAT);
  return attribute ? attribute->f() : fallback;
}

std::string NodeImporter::stringAttr(StringRef name, StringRef fallback) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::STRING);
  return attribute ? attribute->s() : fallback.str();
}

SmallVector<int64_t> NodeImporter::intsAttr(StringRef name, ArrayRef<int64_t> fallback) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::INTS);
  if (!attribute)
    return SmallVector<int64_t>(fallback);
  return SmallVector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

SmallVector<double> NodeImporter::floatsAttr(StringRef name, ArrayRef<double> fallback) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::FLOATS);
  if (!attribute)
    return SmallVector<double>(fallback);
  return SmallVector<double>(attribute->floats().begin(), attribute->floats().end());
}

SmallVector<std::string> NodeImporter::stringsAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::STRINGS);
  if (!attribute)
    return {};
  return SmallVector<std::string>(attribute->strings().begin(), attribute->strings().end());
}

Value NodeImporter::tensorAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::TENSOR);
  if (!attribute)
    return {};
  Value value = graph.getModel().importTensor(attribute->t(), getName(), loc);
  failed |= !value;
  return value;
}

Value NodeImporter::sparseTensorAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::SPARSE_TENSOR);
  if (!attribute)
    return {};
  Value value = graph.getModel().importSparseTensor(attribute->sparse_tensor(), getName(), loc);
  failed |= !value;
  return value;
}

const GraphProto *NodeImporter::graphAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::GRAPH);
  if (attribute)
    return &attribute->g();
  if (!failed)
    emitError() << "attribute '" << name << "' is missing";
  return nullptr;
}

int64_t NodeImporter::requiredInt(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::INT);
  if (attribute)
    return attribute->i();
  if (!failed)
    emitError() << "attribute '" << name << "' is missing";
  return 0;
}

SmallVector<int64_t> NodeImporter::requiredInts(StringRef name) {
  const AttributeProto *attribute = findAttr(name, AttributeProto::INTS);
  if (attribute)
    return SmallVector<int64_t>(attribute->ints().begin(), attribute->ints().end());
  if (!failed)
    emitError() << "attribute '" << name << "' is missing";
  return {};
}

Type NodeImporter::elementType(int64_t onnxDataType) {
  Type type = getElementType(getContext(), onnxDataType);
  if (!type)
    emitError() << "element type " << getDataTypeName(onnxDataType) << " isn't supported";
  return type;
}

Type NodeImporter::elementTypeAttr(StringRef name, Type fallback) {
  if (fallback && !hasAttr(name))
    return fallback;
  int64_t number = requiredInt(name);
  return failed ? Type() : elementType(number);
}

void NodeImporter::reportUnreadAttributes() {
  for (const AttributeProto &attribute : node.attribute())
    if (!seenAttributes.contains(attribute.name()))
      emitError() << "attribute '" << attribute.name() << "' isn't one of " << getOpType()
                  << "'s in opset " << version;
}

std::optional<int64_t> NodeImporter::axisAttr(StringRef name, int64_t fallback, int64_t rank) {
  int64_t axis = intAttr(name, fallback);
  return normalizeAxis(axis, rank, name);
}

ElementsAttr NodeImporter::globalElements(dl::GlobalLoadOp load) {
  return graph.getModel().getGlobalElements(load);
}

LogicalResult NodeImporter::importSubgraph(const GraphProto &subgraph,
                                           ArrayRef<ImportedValue> inputs,
                                           SmallVectorImpl<ImportedValue> &results) {
  if (mlir::failed(graph.importSubgraph(subgraph, inputs, results, builder, loc)))
    failed = true;
  return failure(failed);
}
