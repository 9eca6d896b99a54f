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
    : graph(graph), node(node), builder(builder), loc(loc) {}

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
  diagnostic << "node '" << getName() << "' (" << getOpType() << "): ";
  return diagnostic;
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

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

bool NodeImporter::requireRank(Value v, int64_t min, int64_t max, StringRef what) {
  if (!v)
    return false;
  int64_t rank = rankOf(v);
  if (rank >= min && rank <= max)
    return true;
  InFlightDiagnostic error = emitError() << what << " has rank " << rank << ", not ";
  if (min == max)
    error << min;
  else
    error << min << " to " << max;
  return false;
}

bool NodeImporter::requireFloat(Value v, StringRef what) {
  if (!v)
    return false;
  if (isFloat(v))
    return true;
  emitError() << what << " is of type " << elementTypeOf(v) << ", not a floating-point type";
  return false;
}

bool NodeImporter::requireSameElementType(Value a, Value b) {
  if (!a || !b)
    return false;
  if (elementTypeOf(a) == elementTypeOf(b))
    return true;
  emitError() << "its inputs are of different types, " << elementTypeOf(a) << " and "
              << elementTypeOf(b);
  return false;
}

std::optional<int64_t> NodeImporter::normalizeAxis(int64_t axis, int64_t rank, StringRef name) {
  if (failed)
    return std::nullopt;
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  emitError() << name << " " << axis << " is outside the range of rank " << rank;
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> NodeImporter::normalizeAxes(ArrayRef<int64_t> axes,
                                                                int64_t rank, StringRef name) {
  SmallVector<int64_t> normal;
  for (int64_t axis : axes) {
    std::optional<int64_t> one = normalizeAxis(axis, rank, name);
    if (!one)
      return std::nullopt;
    if (is_contained(normal, *one)) {
      emitError() << name << " names dimension " << *one << " twice";
      return std::nullopt;
    }
    normal.push_back(*one);
  }
  return normal;
}

std::optional<int64_t> NodeImporter::axisAttr(StringRef name, int64_t fallback, int64_t rank) {
  int64_t axis = intAttr(name, fallback);
  return normalizeAxis(axis, rank, name);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

ElementsAttr NodeImporter::constant(Value v) {
  if (!v)
    return {};
  if (auto load = v.getDefiningOp<dl::GlobalLoadOp>())
    return graph.getModel().getGlobalElements(load);
  if (auto op = v.getDefiningOp<dl::ConstantOp>())
    return op.getValue();
  // A computed shape all of whose entries are known.
  if (rankOf(v) != 1 || !type(v).hasStaticShape() || shapeOf(v)[0] > 16 ||
      !elementTypeOf(v).isInteger(64))
    return {};
  SmallVector<int64_t> numbers;
  for (int64_t i = 0; i < shapeOf(v)[0]; ++i) {
    std::optional<Size> entry = peekEntry(v, i);
    if (!entry || !entry->isStatic())
      return {};
    numbers.push_back(entry->getStatic());
  }
  return DenseIntElementsAttr::get(type(v), numbers);
}

std::optional<SmallVector<int64_t>> NodeImporter::constantInts(Value v) {
  auto elements = dyn_cast_or_null<DenseIntElementsAttr>(constant(v));
  if (!elements)
    return std::nullopt;
  bool isSigned = !elements.getElementType().isUnsignedInteger() &&
                  !elements.getElementType().isInteger(1);
  SmallVector<int64_t> numbers;
  numbers.reserve(elements.getNumElements());
  for (const APInt &number : elements.getValues<APInt>())
    numbers.push_back(isSigned ? number.getSExtValue()
                               : static_cast<int64_t>(number.getZExtValue()));
  return numbers;
}

std::optional<SmallVector<double>> NodeImporter::constantFloats(Value v) {
  auto elements = dyn_cast_or_null<DenseFPElementsAttr>(constant(v));
  if (!elements)
    return std::nullopt;
  SmallVector<double> numbers;
  numbers.reserve(elements.getNumElements());
  for (APFloat number : elements.getValues<APFloat>()) {
    bool lost;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    numbers.push_back(number.convertToDouble());
  }
  return numbers;
}

std::optional<int64_t> NodeImporter::constantInt(Value v) {
  if (!v || !type(v).hasStaticShape() || type(v).getNumElements() != 1)
    return std::nullopt;
  auto numbers = constantInts(v);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

std::optional<double> NodeImporter::constantFloat(Value v) {
  if (!v || !type(v).hasStaticShape() || type(v).getNumElements() != 1)
    return std::nullopt;
  auto numbers = constantFloats(v);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

Value NodeImporter::constant(ElementsAttr elements) {
  if (failed)
    return {};
  return dl::ConstantOp::create(builder, loc, elements);
}

/// `value` as an attribute of the element type; integers wrap.
static Attribute makeNumber(Type elementType, double value) {
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    APFloat number(value);
    bool lost;
    number.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lost);
    return FloatAttr::get(floatType, number);
  }
  APSInt number(elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth(),
                elementType.isUnsignedInteger() || elementType.isInteger(1));
  bool exact;
  APFloat(value).convertToInteger(number, APFloat::rmTowardZero, &exact);
  return IntegerAttr::get(elementType, number);
}

Value NodeImporter::constantSplat(RankedTensorType type, double value) {
  return constant(DenseElementsAttr::get(type, makeNumber(type.getElementType(), value)));
}

Value NodeImporter::scalar(Type elementType, double value) {
  if (failed)
    return {};
  return constantSplat(RankedTensorType::get({}, elementType), value);
}

Value NodeImporter::scalarInt(Type elementType, int64_t value) {
  if (failed)
    return {};
  if (isa<FloatType>(elementType))
    return scalar(elementType, static_cast<double>(value));
  auto type = RankedTensorType::get({}, elementType);
  unsigned width = elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  APInt number(64, value, /*isSigned=*/true);
  return constant(DenseElementsAttr::get(type, number.sextOrTrunc(width)));
}

Value NodeImporter::constantInts(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, builder.getI64Type());
  return constant(DenseIntElementsAttr::get(type, values));
}

Value NodeImporter::splatLike(Value x, double value) {
  if (!x)
    return {};
  if (type(x).hasStaticShape())
    return constantSplat(type(x), value);
  return splatLike(x, scalar(elementTypeOf(x), value));
}

Value NodeImporter::splatLike(Value x, Value scalar) {
  if (!x || !scalar)
    return {};
  Sizes all = sizes(x);
  return create<dl::SplatOp>(tensorType(all, elementTypeOf(scalar)), scalar, shapeOperand(all));
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// More elements than any machine holds: a mistake, and sizes would overflow.
static bool isAbsurd(RankedTensorType type) {
  constexpr int64_t kMost = int64_t(1) << 46;
  int64_t count = 1;
  for (int64_t size : type.getShape()) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size < 0 || size > kMost || (size && count > kMost / size))
      return true;
    count *= std::max<int64_t>(size, 1);
  }
  return false;
}

SmallVector<Value> NodeImporter::insert(OperationState &state, InferTypes inferTypes) {
  for (Value operand : state.operands)
    if (!operand) {
      if (!failed)
        emitError() << "an input is missing";
      return {};
    }
  // What the dialect says about the op is said about the node.
  SmallVector<std::string, 1> messages;
  Operation *op = nullptr;
  {
    ScopedDiagnosticHandler handler(getContext(), [&](Diagnostic &diagnostic) {
      messages.push_back(diagnostic.str());
      return success();
    });
    op = createVerified(state, inferTypes);
  }
  if (!op) {
    std::string prefix = "'" + state.name.getStringRef().str() + "' op ";
    for (StringRef message : messages) {
      message.consume_front(prefix);
      emitError() << message;
    }
    if (!failed)
      emitError() << "its inputs don't fit " << state.name.getStringRef();
    return {};
  }
  SmallVector<Value> values;
  if (succeeded(builder.tryFold(op, values)) && !values.empty()) {
    op->erase();
    return values;
  }
  return SmallVector<Value>(op->getResults());
}

Operation *NodeImporter::createVerified(OperationState &state, InferTypes inferTypes) {
  if (inferTypes) {
    SmallVector<Type> types;
    auto attributes = state.attributes.getDictionary(getContext());
    if (mlir::failed(inferTypes(getContext(), loc, state.operands, attributes,
                                state.getRawProperties(), {}, types)))
      return nullptr;
    state.types.assign(types.begin(), types.end());
  }
  for (Type type : state.types)
    if (auto tensor = dyn_cast_or_null<RankedTensorType>(type); !tensor || isAbsurd(tensor)) {
      mlir::emitError(loc) << "a result of type " << type << " is too large";
      return nullptr;
    }
  Operation *op = builder.create(state);
  if (succeeded(verify(op, /*verifyRecursively=*/false)))
    return op;
  op->erase();
  return nullptr;
}

LogicalResult NodeImporter::importSubgraph(const GraphProto &subgraph,
                                           ArrayRef<ImportedValue> inputs,
                                           SmallVectorImpl<ImportedValue> &results) {
  if (mlir::failed(graph.importSubgraph(subgraph, inputs, results, builder, loc)))
    failed = true;
  return failure(failed);
}
