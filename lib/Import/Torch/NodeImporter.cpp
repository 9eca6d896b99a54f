//===- NodeImporter.cpp - a node's arguments and results ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "ProgramImporter.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;
using Kind = Argument::Kind;

NodeImporter::NodeImporter(GraphImporter &graph, const Node &node, OpBuilder &builder,
                           Location loc)
    : NodeBuilder(builder, loc, graph.getProgram().getSizeAnalysis()), graph(graph), node(node) {}

InFlightDiagnostic NodeImporter::emitError() {
  failed = true;
  return graph.getProgram().emitError(loc) << describe() << ": ";
}

std::string torch::describeNode(StringRef name, StringRef target, size_t index) {
  std::string text = name.empty() ? "node " + std::to_string(index) : ("node '" + name + "'").str();
  return target.empty() ? text : (text + " (" + target + ")").str();
}

std::string NodeImporter::describe() const {
  for (const NamedValue &result : node.results)
    if (!result.name.empty())
      return describeNode(result.name, node.target);
  return node.target;
}

ElementsAttr NodeImporter::globalElements(dl::GlobalLoadOp load) {
  return graph.getProgram().getGlobalElements(load);
}

template <typename T>
static Type makeFloat(MLIRContext *context) {
  return T::get(context);
}

template <unsigned width, IntegerType::SignednessSemantics sign = IntegerType::Signless>
static Type makeInteger(MLIRContext *context) {
  return IntegerType::get(context, width, sign);
}

using MakeType = Type (*)(MLIRContext *);

/// What makes the element type of a name; null if there is none.
static MakeType lookupElementType(StringRef name) {
  return llvm::StringSwitch<MakeType>(name)
      .Case("f64", makeFloat<Float64Type>)
      .Case("f32", makeFloat<Float32Type>)
      .Case("f16", makeFloat<Float16Type>)
      .Case("bf16", makeFloat<BFloat16Type>)
      .Case("f8E4M3FN", makeFloat<Float8E4M3FNType>)
      .Case("f8E5M2", makeFloat<Float8E5M2Type>)
      .Case("f8E4M3FNUZ", makeFloat<Float8E4M3FNUZType>)
      .Case("f8E5M2FNUZ", makeFloat<Float8E5M2FNUZType>)
      .Case("i1", makeInteger<1>)
      .Case("i8", makeInteger<8>)
      .Case("i16", makeInteger<16>)
      .Case("i32", makeInteger<32>)
      .Case("i64", makeInteger<64>)
      .Case("ui8", makeInteger<8, IntegerType::Unsigned>)
      .Case("ui16", makeInteger<16, IntegerType::Unsigned>)
      .Case("ui32", makeInteger<32, IntegerType::Unsigned>)
      .Case("ui64", makeInteger<64, IntegerType::Unsigned>)
      .Default(nullptr);
}

Type dlc::torch::getElementType(MLIRContext *context, StringRef name) {
  MakeType make = lookupElementType(name);
  return make ? make(context) : Type();
}

bool dlc::torch::isElementType(StringRef name) {
  return lookupElementType(name) || !getPartType(name).empty();
}

StringRef dlc::torch::getPartType(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .Case("c32", "f16")
      .Case("c64", "f32")
      .Case("c128", "f64")
      .Default("");
}

ImportedValue dlc::torch::deinterleave(NodeBuilder &n, Value value) {
  if (!value)
    return {};
  int64_t last = n.rankOf(value) - 1;
  auto part = [&](int64_t i) { return n.squeeze(n.sliceAxis(value, last, i, 1), {last}); };
  return ImportedValue::complex(part(0), part(1), value);
}

Value dlc::torch::interleave(NodeBuilder &n, const ImportedValue &value) {
  if (value.interleaved || !value.imaginary)
    return value.interleaved;
  int64_t last = n.rankOf(value.tensor);
  return n.concat({n.unsqueeze(value.tensor, {last}), n.unsqueeze(value.imaginary, {last})}, last);
}

Type NodeImporter::parseElementType(StringRef name) {
  StringRef partType = getPartType(name);
  Type type = getElementType(getContext(), partType.empty() ? name : partType);
  if (!type)
    emitError() << "element type " << name << " isn't supported";
  return type;
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

const Argument *NodeImporter::find(StringRef name) {
  seen.insert(name);
  for (const auto &[own, argument] : node.arguments)
    if (own == name)
      return &argument;
  return nullptr;
}

const Argument *NodeImporter::expect(StringRef name) {
  const Argument *argument = find(name);
  if (!argument)
    emitError() << "argument '" << name << "' is missing";
  return argument;
}

InFlightDiagnostic NodeImporter::emitArgumentError(StringRef name) {
  return emitError() << "argument '" << name << "' ";
}

bool NodeImporter::has(StringRef name) {
  const Argument *argument = find(name);
  return argument && !argument->isNone();
}

void NodeImporter::ignore(std::initializer_list<StringRef> names) {
  for (StringRef name : names)
    seen.insert(name);
}

ImportedValue NodeImporter::evaluate(const Argument &argument) {
  switch (argument.kind) {
  case Kind::None:
    return ImportedValue::none();
  case Kind::Value: {
    const ImportedValue *value = graph.lookup(argument.text);
    if (!value || value->isFailed()) {
      failed = true; // reported where it was made
      return {};
    }
    if (value->isComplex() && part != Part::Whole)
      return part == Part::Real ? value->tensor : value->imaginary;
    return *value;
  }
  case Kind::Int:
    return Size(argument.integer);
  case Kind::Float:
    return {scalar(builder.getF64Type(), argument.number), ImportedValue::Kind::Float};
  case Kind::Bool:
    return {scalarInt(builder.getI1Type(), argument.integer), ImportedValue::Kind::Bool};
  default:
    return {};
  }
}

Value NodeImporter::asTensor(StringRef name, const Argument &argument, bool allowNone) {
  if (argument.isNone()) {
    if (!allowNone)
      emitArgumentError(name) << "is None";
    return {};
  }
  if (argument.kind != Kind::Value) {
    emitArgumentError(name) << "isn't a tensor";
    return {};
  }
  ImportedValue value = evaluate(argument);
  if (value.isTensor())
    return partOf(name, argument, value.tensor);
  if (value.kind == ImportedValue::Kind::None && allowNone)
    return {};
  if (!failed)
    emitArgumentError(name) << (value.isComplex() ? "is complex, which isn't supported here"
                                                  : "isn't a tensor");
  return {};
}

Value NodeImporter::tensor(StringRef name) {
  const Argument *argument = expect(name);
  return argument ? asTensor(name, *argument, /*allowNone=*/false) : Value();
}

Value NodeImporter::optionalTensor(StringRef name) {
  const Argument *argument = find(name);
  return argument ? asTensor(name, *argument, /*allowNone=*/true) : Value();
}

SmallVector<Value> NodeImporter::tensors(StringRef name) {
  SmallVector<Value> all = optionalTensors(name);
  if (!failed && llvm::is_contained(all, Value()))
    emitArgumentError(name) << "has an entry that is None";
  return failed ? SmallVector<Value>() : all;
}

SmallVector<Value> NodeImporter::optionalTensors(StringRef name) {
  SmallVector<Value> all;
  const Argument *argument = expect(name);
  if (!argument)
    return all;
  if (argument->kind != Kind::List) {
    emitArgumentError(name) << "isn't a list";
    return all;
  }
  for (const Argument &element : argument->elements)
    all.push_back(asTensor(name, element, /*allowNone=*/true));
  return all;
}

Expr NodeImporter::operand(StringRef name, Type elementType) {
  const Argument *argument = expect(name);
  if (!argument)
    return {*this, {}};
  if (argument->kind == Kind::Complex && part != Part::Whole) {
    Type type = elementType ? elementType : builder.getF64Type();
    return {*this, scalar(type, part == Part::Real ? argument->number : argument->imaginary)};
  }
  bool isZero = part == Part::Imaginary && llvm::is_contained(promoted, name) &&
                argument->kind != Kind::Value;
  if (isZero && elementType)
    return {*this, scalarInt(elementType, 0)};
  // Numbers go to their type at once, not by way of f64.
  if (elementType && (argument->kind == Kind::Int || argument->kind == Kind::Bool))
    return {*this, scalarInt(elementType, argument->integer)};
  if (elementType && argument->kind == Kind::Float)
    return {*this, scalar(elementType, argument->number)};
  ImportedValue value = evaluate(*argument);
  Value tensor = value.tensor;
  if (value.kind == ImportedValue::Kind::Int)
    tensor = sizeTensor(*value.size);
  if (!tensor && !failed)
    emitArgumentError(name) << "is neither a tensor nor a number";
  tensor = partOf(name, *argument, tensor);
  if (!tensor || !elementType)
    return {*this, tensor};
  // Floats wrap into narrow integers, where dl.convert saturates.
  if (isFloat(tensor) && isa<IntegerType>(elementType) && !elementType.isInteger(1) &&
      elementType.getIntOrFloatBitWidth() < 32)
    tensor = convert(tensor, builder.getI64Type());
  // PyTorch has no infinity in this type, and what is too large becomes the largest.
  bool saturates = isa<Float8E4M3FNType>(elementType);
  return {*this, convert(tensor, elementType, saturates)};
}

/// The rank of a kind of number: bool, integer, float.
static int categoryOf(Type type) {
  return isa<FloatType>(type) ? 2 : type.isInteger(1) ? 0 : 1;
}

/// torch.promote_types.
static Type promoteTypes(Type a, Type b) {
  if (a == b)
    return a;
  if (categoryOf(a) != categoryOf(b))
    return categoryOf(a) > categoryOf(b) ? a : b;
  unsigned widthA = a.getIntOrFloatBitWidth(), widthB = b.getIntOrFloatBitWidth();
  MLIRContext *context = a.getContext();
  if (isa<FloatType>(a)) {
    if (widthA == 16 && widthB == 16) // f16 and bf16
      return Float32Type::get(context);
    return widthA >= widthB ? a : b;
  }
  if (a.isUnsignedInteger() == b.isUnsignedInteger())
    return widthA >= widthB ? a : b;
  unsigned signedWidth = a.isUnsignedInteger() ? widthB : widthA;
  unsigned unsignedWidth = a.isUnsignedInteger() ? widthA : widthB;
  return IntegerType::get(context, std::min(64u, std::max(signedWidth, 2 * unsignedWidth)));
}

Type NodeImporter::promote(ArrayRef<StringRef> names) {
  // What PyTorch calls result_type: one type for tensors with dimensions, for
  // 0-D tensors, for numbers; a later one counts if its category is higher.
  Type byKind[3];
  for (StringRef name : names) {
    const Argument *argument = expect(name);
    if (!argument || argument->isNone())
      continue;
    if (argument->kind == Kind::Complex && part != Part::Whole) {
      byKind[2] = graph.getProgram().getDefaultFloat();
      continue;
    }
    ImportedValue value = evaluate(*argument);
    Type type;
    int kind = 2;
    switch (value.kind) {
    case ImportedValue::Kind::Tensor:
      type = elementTypeOf(value.tensor);
      kind = rankOf(value.tensor) > 0 ? 0 : 1;
      break;
    case ImportedValue::Kind::Int:
      type = builder.getI64Type();
      break;
    case ImportedValue::Kind::Float:
      type = graph.getProgram().getDefaultFloat();
      break;
    case ImportedValue::Kind::Bool:
      type = builder.getI1Type();
      break;
    default:
      if (!failed)
        emitArgumentError(name) << "is neither a tensor nor a number";
      return {};
    }
    byKind[kind] = byKind[kind] ? promoteTypes(byKind[kind], type) : type;
  }
  Type all;
  for (Type type : byKind)
    if (type && (!all || categoryOf(type) > categoryOf(all)))
      all = type;
  return all;
}

Type NodeImporter::promoteParts(ArrayRef<StringRef> names) {
  part = Part::Real;
  Type type = promote(names);
  part = Part::Whole;
  return type;
}

std::optional<int64_t> NodeImporter::asInteger(StringRef name, const Argument &argument) {
  if (argument.kind == Kind::Int || argument.kind == Kind::Bool)
    return argument.integer;
  if (argument.kind == Kind::Value) {
    ImportedValue value = evaluate(argument);
    if (value.kind == ImportedValue::Kind::Int && value.size->isStatic())
      return value.size->getStatic();
    if (failed)
      return std::nullopt;
    emitArgumentError(name) << "must be an integer that is known when compiling";
    return std::nullopt;
  }
  emitArgumentError(name) << "isn't an integer";
  return std::nullopt;
}

int64_t NodeImporter::integer(StringRef name) {
  const Argument *argument = expect(name);
  return argument ? asInteger(name, *argument).value_or(0) : 0;
}

std::optional<int64_t> NodeImporter::optionalInteger(StringRef name) {
  return has(name) ? asInteger(name, *find(name)) : std::nullopt;
}

std::optional<double> NodeImporter::asNumber(StringRef name, const Argument &argument) {
  if (argument.kind == Kind::Float)
    return argument.number;
  if (argument.kind == Kind::Int || argument.kind == Kind::Bool)
    return static_cast<double>(argument.integer);
  if (argument.kind == Kind::Value) {
    ImportedValue value = evaluate(argument);
    if (value.kind == ImportedValue::Kind::Int && value.size->isStatic())
      return static_cast<double>(value.size->getStatic());
    if (value.kind == ImportedValue::Kind::Float)
      if (std::optional<double> known = constantFloat(value.tensor))
        return known;
    if (failed)
      return std::nullopt;
    emitArgumentError(name) << "must be a number that is known when compiling";
    return std::nullopt;
  }
  emitArgumentError(name) << "isn't a number";
  return std::nullopt;
}

double NodeImporter::number(StringRef name) {
  const Argument *argument = expect(name);
  return argument ? asNumber(name, *argument).value_or(0) : 0;
}

std::optional<double> NodeImporter::optionalNumber(StringRef name) {
  return has(name) ? asNumber(name, *find(name)) : std::nullopt;
}

bool NodeImporter::boolean(StringRef name) { return integer(name) != 0; }

std::optional<bool> NodeImporter::optionalBoolean(StringRef name) {
  std::optional<int64_t> flag = optionalInteger(name);
  return flag ? std::optional(*flag != 0) : std::nullopt;
}

std::string NodeImporter::string(StringRef name) {
  const Argument *argument = expect(name);
  if (!argument)
    return "";
  if (argument->kind != Kind::String)
    emitArgumentError(name) << "isn't a string";
  return argument->text;
}

bool NodeImporter::isIntegral(StringRef name) {
  const Argument *argument = expect(name);
  if (!argument)
    return false;
  if (argument->kind == Kind::Value) {
    ImportedValue::Kind kind = evaluate(*argument).kind;
    return kind == ImportedValue::Kind::Int || kind == ImportedValue::Kind::Bool;
  }
  return argument->kind == Kind::Int || argument->kind == Kind::Bool;
}

SmallVector<int64_t> NodeImporter::integers(StringRef name) {
  SmallVector<int64_t> all;
  const Argument *argument = expect(name);
  if (!argument || argument->isNone())
    return all;
  if (argument->kind != Kind::List)
    return {asInteger(name, *argument).value_or(0)};
  for (const Argument &element : argument->elements)
    all.push_back(asInteger(name, element).value_or(0));
  return all;
}

SmallVector<int64_t> NodeImporter::integers(StringRef name, size_t count) {
  SmallVector<int64_t> all = integers(name);
  if (all.size() == 1)
    all.assign(count, all.front());
  if (all.size() != count && !failed)
    emitArgumentError(name) << "has " << all.size() << " entries where " << count
                            << " are needed";
  all.resize(count);
  return all;
}

SmallVector<double> NodeImporter::numbers(StringRef name) {
  SmallVector<double> all;
  const Argument *argument = expect(name);
  if (!argument || argument->isNone())
    return all;
  if (argument->kind != Kind::List)
    return {asNumber(name, *argument).value_or(0)};
  for (const Argument &element : argument->elements)
    all.push_back(asNumber(name, element).value_or(0));
  return all;
}

SmallVector<bool> NodeImporter::booleans(StringRef name) {
  SmallVector<bool> all;
  for (int64_t flag : integers(name))
    all.push_back(flag != 0);
  return all;
}

Size NodeImporter::asSize(StringRef name, const Argument &argument) {
  if (argument.kind == Kind::Value) {
    ImportedValue value = evaluate(argument);
    if (value.kind == ImportedValue::Kind::Int)
      return *value.size;
    // A 0-D integer tensor counts as the number in it.
    if (value.isTensor() && rankOf(value.tensor) == 0 &&
        isa<IntegerType>(elementTypeOf(value.tensor)))
      return Size(convert(value.tensor, builder.getI64Type()));
  }
  if (failed)
    return Size(Value());
  std::optional<int64_t> known = asInteger(name, argument);
  return known ? Size(*known) : Size(Value());
}

Size NodeImporter::symbolic(StringRef name) {
  const Argument *argument = expect(name);
  return argument ? asSize(name, *argument) : Size(Value());
}

Sizes NodeImporter::symbolics(StringRef name) {
  Sizes all;
  const Argument *argument = expect(name);
  if (!argument || argument->isNone())
    return all;
  if (argument->kind != Kind::List) {
    all.push_back(asSize(name, *argument));
    return all;
  }
  for (const Argument &element : argument->elements)
    all.push_back(asSize(name, element));
  return all;
}

Size NodeImporter::index(StringRef name, Size size) {
  using Direction = dl::ComparisonDirection;
  Size index = symbolic(name);
  if (failed)
    return Size(Value());
  if (!index.isStatic() || index.getStatic() < 0)
    index = select(Direction::lt, index, 0, add(index, size), index);
  require(Direction::ge, index, 0, "the index is out of range");
  require(Direction::lt, index, size, "the index is out of range");
  return index;
}

Type NodeImporter::elementType(StringRef name) {
  const Argument *argument = find(name);
  if (!argument || argument->isNone())
    return {};
  if (argument->kind != Kind::ElementType) {
    emitArgumentError(name) << "isn't an element type";
    return {};
  }
  return parseElementType(argument->text);
}

std::optional<int64_t> NodeImporter::axis(StringRef name, int64_t rank) {
  int64_t axis = integer(name);
  return normalizeAxis(axis, std::max<int64_t>(rank, 1), name);
}

std::optional<SmallVector<int64_t>> NodeImporter::axes(StringRef name, int64_t rank) {
  SmallVector<int64_t> all = integers(name);
  if (all.empty())
    return dimRange(0, rank);
  auto normal = normalizeAxes(all, std::max<int64_t>(rank, 1), name);
  if (normal && rank == 0)
    normal->clear();
  return normal;
}

void NodeImporter::requireElements(Value x, ArrayRef<int64_t> axes) {
  Size count = 1;
  for (int64_t axis : axes)
    if (axis < rankOf(x))
      count = mul(count, size(x, axis));
  require(dl::ComparisonDirection::ne, count, 0, "it isn't defined of no elements");
}

const Graph *NodeImporter::subgraph(StringRef name) {
  const Argument *argument = expect(name);
  if (argument && argument->kind == Kind::Graph)
    return argument->graph.get();
  if (argument)
    emitArgumentError(name) << "isn't a graph";
  return nullptr;
}

ImportedValue NodeImporter::value(StringRef name) {
  const Argument *argument = expect(name);
  return argument ? evaluate(*argument) : ImportedValue();
}

SmallVector<ImportedValue> NodeImporter::values(StringRef name) {
  SmallVector<ImportedValue> all;
  const Argument *argument = expect(name);
  if (!argument)
    return all;
  if (argument->kind != Kind::List)
    return {evaluate(*argument)};
  for (const Argument &element : argument->elements)
    all.push_back(evaluate(element));
  return all;
}

void NodeImporter::reportUnreadArguments() {
  // Where a tensor lies, and how, changes nothing about its elements, but for one place.
  if (const Argument *device = find("device"); device && device->text == "meta")
    emitArgumentError("device") << "is 'meta', where tensors have no elements";
  ignore({"device", "layout", "memory_format", "pin_memory", "non_blocking", "requires_grad"});
  for (const auto &[name, argument] : node.arguments)
    if (!argument.isNone() && !seen.contains(name))
      emitArgumentError(name) << "isn't supported";
}

//===----------------------------------------------------------------------===//
// Complex numbers
//===----------------------------------------------------------------------===//

bool NodeImporter::isComplex(const Argument &argument) const {
  if (argument.kind == Kind::Complex)
    return true;
  if (argument.kind == Kind::Value) {
    const ImportedValue *value = graph.lookup(argument.text);
    return value && value->isComplex();
  }
  return llvm::any_of(argument.elements,
                      [&](const Argument &element) { return isComplex(element); });
}

bool NodeImporter::isComplex(StringRef name) {
  const Argument *argument = find(name);
  return argument && isComplex(*argument);
}

bool NodeImporter::involvesComplex() const {
  for (unsigned i = 0; i < numResults(); ++i)
    if (isComplexResult(i))
      return true;
  return llvm::any_of(node.arguments,
                      [&](const auto &argument) { return isComplex(argument.second); });
}

Value NodeImporter::partOf(StringRef name, const Argument &argument, Value value) {
  bool isZero = value && part == Part::Imaginary && llvm::is_contained(promoted, name) &&
                !isComplex(argument);
  return isZero ? splatLike(value, 0) : value;
}

Complex NodeImporter::complexOperand(StringRef name, Type elementType) {
  StringRef own[] = {name};
  promoted = own;
  auto read = [&](Part which) {
    part = which;
    return operand(name, elementType);
  };
  Complex z{read(Part::Real), read(Part::Imaginary)};
  part = Part::Whole;
  promoted = {};
  return z;
}

Value NodeImporter::interleaved(StringRef name) {
  ImportedValue z = value(name);
  if (z.isComplex())
    return interleave(*this, z);
  if (!failed)
    emitArgumentError(name) << "isn't complex";
  return {};
}

LogicalResult NodeImporter::importByParts(OpImporter importer, ArrayRef<StringRef> names) {
  promoted = names;
  auto run = [&](Part which) {
    part = which;
    outputs.clear();
    LogicalResult done = importer(*this);
    part = Part::Whole;
    return done;
  };
  if (mlir::failed(run(Part::Real)))
    return failure();
  bool isReal = !llvm::any_of(llvm::seq(0u, numResults()),
                              [&](unsigned i) { return isComplexResult(i); });
  if (isReal) // as is the size of a dimension
    return results(SmallVector<ImportedValue>(outputs));
  SmallVector<ImportedValue> real = outputs, all;
  if (mlir::failed(run(Part::Imaginary)))
    return failure();
  for (auto [re, im] : llvm::zip_equal(real, outputs))
    all.push_back(ImportedValue::complex(re.tensor, im.tensor));
  promoted = {};
  return results(all);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Type NodeImporter::resultElementType(unsigned i) {
  if (i < node.results.size() && node.results[i].type.kind == ValueType::Kind::Tensor)
    return parseElementType(node.results[i].type.elementType);
  emitError() << "the type of result " << i << " isn't known";
  return {};
}

SmallVector<int64_t> NodeImporter::resultShape(unsigned i) {
  SmallVector<int64_t> shape;
  if (i >= node.results.size() || node.results[i].type.kind != ValueType::Kind::Tensor) {
    emitError() << "the shape of result " << i << " isn't known";
    return shape;
  }
  for (const SizeExpr &size : node.results[i].type.shape)
    shape.push_back(size.isNumber() ? size.number : ShapedType::kDynamic);
  return shape;
}

Value NodeImporter::emptyResult(unsigned i) {
  if (!hasResult(i))
    return {};
  Type type = resultElementType(i);
  SmallVector<int64_t> shape = resultShape(i);
  if (failed)
    return {};
  if (ShapedType::isDynamicShape(shape)) {
    emitError() << "the size of result " << i << " isn't known";
    return {};
  }
  return constantSplat(tensorType(ArrayRef<int64_t>(shape), type), 0);
}

bool NodeImporter::isComplexResult(unsigned i) const {
  return i < node.results.size() && node.results[i].type.kind == ValueType::Kind::Tensor &&
         !getPartType(node.results[i].type.elementType).empty();
}

/// Compares a result with what the tracer knew, and takes over sizes that only
/// it knows.
Value NodeImporter::checkResult(unsigned i, Value value) {
  if (!hasResult(i) || node.results[i].type.kind != ValueType::Kind::Tensor)
    return value;
  Type expected = resultElementType(i);
  SmallVector<int64_t> shape = resultShape(i);
  if (failed)
    return {};
  bool fits = elementTypeOf(value) == expected && rankOf(value) == int64_t(shape.size());
  SmallVector<int64_t> refined;
  for (size_t d = 0; fits && d < shape.size(); ++d) {
    int64_t own = shapeOf(value)[d];
    fits = ShapedType::isDynamic(own) || ShapedType::isDynamic(shape[d]) || own == shape[d];
    refined.push_back(ShapedType::isDynamic(own) ? shape[d] : own);
  }
  if (!fits) {
    emitError() << "its result is " << value.getType() << ", but the program says "
                << RankedTensorType::get(shape, expected);
    return {};
  }
  return castTo(value, tensorType(ArrayRef<int64_t>(refined), expected));
}

/// What the program says a result is, a number or a tensor, as ImportedValue::Kind;
/// None where it doesn't say.
static ImportedValue::Kind getKind(ValueType::Kind kind) {
  switch (kind) {
  case ValueType::Kind::Tensor:
    return ImportedValue::Kind::Tensor;
  case ValueType::Kind::Int:
    return ImportedValue::Kind::Int;
  case ValueType::Kind::Float:
    return ImportedValue::Kind::Float;
  case ValueType::Kind::Bool:
    return ImportedValue::Kind::Bool;
  case ValueType::Kind::Unknown:
  case ValueType::Kind::None:
    return ImportedValue::Kind::None;
  }
  llvm_unreachable("all kinds covered");
}

static StringRef describeKind(ImportedValue::Kind kind) {
  switch (kind) {
  case ImportedValue::Kind::Int:
    return "an integer";
  case ImportedValue::Kind::Float:
    return "a float";
  case ImportedValue::Kind::Bool:
    return "a boolean";
  default:
    return "a tensor";
  }
}

/// A result must be a number of the kind that the tracer says, and complex where it
/// says so, and only there.
bool NodeImporter::checkKind(unsigned i, const ImportedValue &value) {
  using Kind = ImportedValue::Kind;
  Value number = value.kind == Kind::Int                                    ? value.size->getTensor()
                 : value.kind == Kind::Float || value.kind == Kind::Bool ? value.tensor
                                                                            : Value();
  if (number && rankOf(number) != 0) {
    emitError() << "its result is a number, but computed from a tensor of rank "
                << rankOf(number);
    return false;
  }
  if (hasResult(i) && value.kind != ImportedValue::Kind::None) {
    auto kind = value.isComplex() ? ImportedValue::Kind::Tensor : value.kind;
    auto expected = getKind(node.results[i].type.kind);
    if (expected != ImportedValue::Kind::None && kind != expected) {
      emitError() << "its result is " << describeKind(kind) << ", but the program says "
                  << describeKind(expected);
      return false;
    }
  }
  if (part != Part::Whole || !hasResult(i) ||
      node.results[i].type.kind != ValueType::Kind::Tensor ||
      value.isComplex() == isComplexResult(i))
    return true;
  emitError() << "its result " << (value.isComplex() ? "is" : "isn't")
              << " complex, but the program says " << node.results[i].type.elementType;
  return false;
}

LogicalResult NodeImporter::interleavedResult(Value value) {
  return value ? results({deinterleave(*this, value)}) : failure();
}

LogicalResult NodeImporter::results(ArrayRef<ImportedValue> values) {
  if (failed)
    return failure();
  outputs.assign(values.begin(), values.end());
  for (auto [i, value] : llvm::enumerate(outputs)) {
    if (!hasResult(i))
      continue;
    if (value.isFailed())
      return emitError() << "result " << i << " isn't supported";
    if (!checkKind(i, value))
      return failure();
    if (value.isTensor() || value.isComplex())
      value.tensor = checkResult(i, value.tensor);
    if (value.isComplex())
      value.imaginary = checkResult(i, value.imaginary);
  }
  return failure(failed);
}
