//===- Sequence.cpp - ONNX sequences and optionals -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// dl has tensors only. Sequences and optionals whose structure is known exist
// while importing, as lists of tensors; these ops rearrange the lists.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// Input `i`, which must be a sequence.
static const ImportedValue *getSequence(NodeImporter &n, unsigned i) {
  const ImportedValue *value = n.symbolicInput(i);
  if (value && value->isSequence())
    return value;
  n.emitError() << "input " << i << " isn't a sequence";
  return nullptr;
}

/// A position in a sequence of `length` elements, which must be known now.
static std::optional<int64_t> getPosition(NodeImporter &n, unsigned i, int64_t length) {
  std::optional<int64_t> position = n.constantInt(n.input(i));
  if (!position) {
    if (!n.hasFailed())
      n.emitError() << "a position in a sequence must be known before the run";
    return std::nullopt;
  }
  return n.normalizeAxis(*position, length, "position");
}

static LogicalResult importSequenceConstruct(NodeImporter &n) {
  std::vector<ImportedValue> elements;
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    const ImportedValue *value = n.symbolicInput(i);
    if (!value || !value->isTensor())
      return n.emitError() << "input " << i << " isn't a tensor";
    elements.push_back(*value);
  }
  return n.symbolicResult(ImportedValue::sequence(std::move(elements)));
}

static LogicalResult importSequenceEmpty(NodeImporter &n) {
  n.ignoreAttr("dtype");
  return n.symbolicResult(ImportedValue::sequence({}));
}

static LogicalResult importSequenceAt(NodeImporter &n) {
  const ImportedValue *sequence = getSequence(n, 0);
  if (!sequence)
    return failure();
  std::optional<int64_t> position = getPosition(n, 1, sequence->elements.size());
  return position ? n.symbolicResult(sequence->elements[*position]) : failure();
}

static LogicalResult importSequenceInsert(NodeImporter &n) {
  const ImportedValue *sequence = getSequence(n, 0), *element = n.symbolicInput(1);
  if (!sequence)
    return failure();
  if (!element || !element->isTensor())
    return n.emitError() << "input 1 isn't a tensor";
  ImportedValue result = *sequence;
  int64_t length = result.elements.size(), position = length;
  if (n.hasInput(2)) {
    // One past the end is a place too.
    std::optional<int64_t> given = n.constantInt(n.input(2));
    if (!given || *given < -length || *given > length)
      return n.emitError() << "the position must be known before the run and lie in the sequence";
    position = *given < 0 ? *given + length : *given;
  }
  result.elements.insert(result.elements.begin() + position, *element);
  return n.symbolicResult(result);
}

static LogicalResult importSequenceErase(NodeImporter &n) {
  const ImportedValue *sequence = getSequence(n, 0);
  if (!sequence)
    return failure();
  ImportedValue result = *sequence;
  int64_t length = result.elements.size();
  if (length == 0)
    return n.emitError() << "the sequence is empty";
  std::optional<int64_t> position =
      n.hasInput(1) ? getPosition(n, 1, length) : std::optional<int64_t>(length - 1);
  if (!position)
    return failure();
  result.elements.erase(result.elements.begin() + *position);
  return n.symbolicResult(result);
}

static LogicalResult importSequenceLength(NodeImporter &n) {
  const ImportedValue *sequence = getSequence(n, 0);
  if (!sequence)
    return failure();
  return n.result(n.scalarInt(n.getBuilder().getI64Type(), sequence->elements.size()));
}

static LogicalResult importConcatFromSequence(NodeImporter &n) {
  const ImportedValue *sequence = getSequence(n, 0);
  bool newAxis = n.boolAttr("new_axis");
  if (!sequence)
    return failure();
  if (sequence->elements.empty())
    return n.emitError() << "the sequence is empty";
  SmallVector<Value> values;
  for (const ImportedValue &element : sequence->elements) {
    if (!element.isTensor())
      return n.emitError() << "an element of the sequence isn't a tensor";
    values.push_back(element.tensor);
  }
  int64_t rank = n.rankOf(values.front()) + newAxis;
  std::optional<int64_t> axis = n.normalizeAxis(n.requiredInt("axis"), rank);
  if (!axis)
    return failure();
  for (Value &value : values) {
    if (!n.requireSameElementType(values.front(), value))
      return failure();
    if (newAxis)
      value = n.unsqueeze(value, {*axis});
    if (!n.requireRank(value, rank, rank, "an element of the sequence"))
      return failure();
  }
  return n.result(n.concat(values, *axis));
}

static LogicalResult importSplitToSequence(NodeImporter &n) {
  Value x = n.input(0), lengths = n.input(1);
  std::optional<int64_t> axis = n.axisAttr("axis", 0, n.rankOf(x));
  bool keepDims = n.boolAttr("keepdims", true);
  if (!axis)
    return failure();
  Size whole = n.size(x, *axis);
  SmallVector<int64_t> fixed;
  if (!lengths || n.rankOf(lengths) == 0) {
    // Parts of one length, the last shorter: how many must be known.
    std::optional<int64_t> length = lengths ? n.constantInt(lengths) : std::optional<int64_t>(1);
    if (!length || *length < 1 || !whole.isStatic() || whole.getStatic() > 1 << 16)
      return n.emitError() << "how many parts there are isn't known before the run";
    for (int64_t rest = whole.getStatic(); rest > 0; rest -= *length)
      fixed.push_back(std::min(rest, *length));
  } else {
    keepDims = true;
  }
  std::optional<Sizes> parts =
      getSplitSizes(n, whole, 0, fixed.empty() ? lengths : Value(), fixed);
  if (!parts)
    return failure();
  bool dropAxis = !keepDims && !lengths;
  std::vector<ImportedValue> elements;
  Size start = 0;
  for (const Size &part : *parts) {
    Value piece = n.sliceAxis(x, *axis, start, part);
    elements.push_back(dropAxis ? n.squeeze(piece, {*axis}) : piece);
    start = n.add(start, part);
  }
  return n.symbolicResult(ImportedValue::sequence(std::move(elements)));
}

/// The body once for each element.
static LogicalResult importSequenceMap(NodeImporter &n) {
  const GraphProto *body = n.graphAttr("body");
  const ImportedValue *first = getSequence(n, 0);
  if (!body || !first)
    return failure();
  std::vector<ImportedValue> results(n.numOutputs(), ImportedValue::sequence({}));
  for (size_t i = 0; i < first->elements.size(); ++i) {
    SmallVector<ImportedValue> inputs;
    for (unsigned k = 0; k < n.numInputs(); ++k) {
      const ImportedValue *value = n.symbolicInput(k);
      if (value && value->isSequence()) {
        if (value->elements.size() != first->elements.size())
          return n.emitError() << "its sequences differ in length";
        inputs.push_back(value->elements[i]);
      } else {
        inputs.push_back(value ? *value : ImportedValue::absent());
      }
    }
    SmallVector<ImportedValue> outputs;
    if (mlir::failed(n.importSubgraph(*body, inputs, outputs)))
      return failure();
    if (outputs.size() < results.size())
      return n.emitError() << "its body has " << outputs.size() << " outputs, not "
                           << results.size();
    for (auto [result, output] : llvm::zip(results, outputs))
      result.elements.push_back(output);
  }
  return n.symbolicResults(results);
}

static LogicalResult importOptional(NodeImporter &n) {
  n.ignoreAttr("type");
  const ImportedValue *value = n.symbolicInput(0);
  return n.symbolicResult(value ? *value : ImportedValue::absent());
}

static LogicalResult importOptionalHasElement(NodeImporter &n) {
  const ImportedValue *value = n.symbolicInput(0);
  return n.result(n.scalarInt(n.getBuilder().getI1Type(), value && !value->isAbsent()));
}

static LogicalResult importOptionalGetElement(NodeImporter &n) {
  const ImportedValue *value = n.symbolicInput(0);
  if (!value || value->isAbsent())
    return n.emitError() << "the optional has no element";
  return n.symbolicResult(*value);
}

void dlc::onnx::registerSequenceOps(OpTable &t) {
  t.addSymbolic("ConcatFromSequence", 11, 1, importConcatFromSequence);
  t.addSymbolic("Optional", 15, {0, 1}, importOptional);
  t.addSymbolic("OptionalGetElement", 15, 1, importOptionalGetElement);
  t.addSymbolic("OptionalHasElement", 15, {0, 1}, importOptionalHasElement);
  t.addSymbolic("SequenceAt", 11, 2, importSequenceAt);
  t.addSymbolic("SequenceConstruct", 11, {1, Arity::kVariadic}, importSequenceConstruct);
  t.addSymbolic("SequenceEmpty", 11, 0, importSequenceEmpty);
  t.addSymbolic("SequenceErase", 11, {1, 2}, importSequenceErase);
  t.addSymbolic("SequenceInsert", 11, {2, 3}, importSequenceInsert);
  t.addSymbolic("SequenceLength", 11, 1, importSequenceLength);
  t.addSymbolic("SequenceMap", 17, {1, Arity::kVariadic}, importSequenceMap);
  t.add("SplitToSequence", 11, {1, 2}, importSplitToSequence);
}
