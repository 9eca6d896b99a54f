//===- ProgramImporter.cpp - one PyTorch program being imported -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramImporter.h"
#include "../Common/Elements.h"
#include "NodeImporter.h"
#include "OpTable.h"
#include "SizeChecker.h"
#include "SizeText.h"
#include "dl/IR/ExternalData.h"
#include "grad/IR/Grad.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Iterators.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::torch;

/// Weights of up to so many elements are constants of the program.
static constexpr int64_t kSmall = 16;
/// Weights up to this size are looked into where an importer wants to know.
static constexpr int64_t kMostFolded = 1 << 20;
/// Graphs inside each other at most.
static constexpr unsigned kMaxDepth = 64;

Type ProgramImporter::getDefaultFloat() {
  return torch::getElementType(context, program.defaultFloat);
}

InFlightDiagnostic ProgramImporter::emitError(Location loc) {
  failed = true;
  return mlir::emitError(loc);
}

InFlightDiagnostic ProgramImporter::emitError() {
  return emitError(FileLineColLoc::get(context, path, 0, 0));
}

Location ProgramImporter::named(StringRef name) {
  return NameLoc::get(StringAttr::get(context, name), FileLineColLoc::get(context, path, 0, 0));
}

Location ProgramImporter::locationOf(const Node &node) {
  if (node.location < program.locations.size())
    if (const SourceLine &line = program.locations[node.location]; !line.file.empty())
      return FileLineColLoc::get(context, line.file, line.line, 0);
  return named(node.results.empty() ? StringRef(node.target) : node.results.front().name);
}

//===----------------------------------------------------------------------===//
// Which ops there are
//===----------------------------------------------------------------------===//

static void collectUnsupported(const Graph &graph, unsigned depth,
                               llvm::MapVector<StringRef, SmallVector<const Node *>> &nodes) {
  std::function<void(const Argument &)> visit = [&](const Argument &argument) {
    if (argument.graph && depth < kMaxDepth)
      collectUnsupported(*argument.graph, depth + 1, nodes);
    for (const Argument &element : argument.elements)
      visit(element);
  };
  for (const Node &node : graph.nodes) {
    if (!OpTable::get().contains(node.target))
      nodes[node.target].push_back(&node);
    for (const auto &[name, argument] : node.arguments)
      visit(argument);
  }
}

/// PyTorch's names of ops that change their operand end so: aten.add_.Tensor. Of Python's
/// operators it is those that start so: aten.__ilshift__.Scalar.
static bool changesInPlace(StringRef target) {
  StringRef op = target.split('.').second.split('.').first;
  return target.starts_with("aten.") && op.ends_with("_") &&
         (!op.starts_with("__") || op.starts_with("__i"));
}

/// One error for all ops that aren't supported, each with the lines it is on.
LogicalResult ProgramImporter::checkOps() {
  constexpr size_t kMostLines = 5;
  llvm::MapVector<StringRef, SmallVector<const Node *>> nodes;
  collectUnsupported(program.graph, 0, nodes);
  if (training)
    collectUnsupported(training->graph, 0, nodes);
  if (nodes.empty())
    return success();
  Location first = locationOf(*nodes.front().second.front());
  InFlightDiagnostic error = emitError(first);
  error << (nodes.size() == 1 ? "this op isn't supported:" : "these ops aren't supported:");
  for (const auto &[target, users] : nodes) {
    error << (target == nodes.front().first ? " " : ", ") << target;
    llvm::SetVector<std::pair<StringRef, unsigned>> lines;
    for (const Node *user : users)
      if (user->location < program.locations.size())
        if (const SourceLine &line = program.locations[user->location]; !line.file.empty())
          lines.insert({line.file, line.line});
    if (nodes.size() == 1 && lines.size() == 1 && isa<FileLineColLoc>(first))
      continue; // the error's own
    for (auto [i, line] : llvm::enumerate(lines)) {
      if (i == kMostLines) {
        error << ", …";
        break;
      }
      error << (i ? ", " : " (") << line.first << ":" << line.second;
    }
    if (!lines.empty())
      error << ")";
  }
  if (llvm::any_of(nodes, [](auto &entry) { return changesInPlace(entry.first); }))
    error << "; save the program after run_decompositions(), which takes updates in place away";
  return failure();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static StringRef bytesOf(const Tensor &tensor) {
  return StringRef(tensor.getData(), tensor.getNumBytes());
}

Attribute ProgramImporter::makeWeightValue(const Weight &weight, StringRef name,
                                           RankedTensorType type) {
  StringRef bytes = bytesOf(weight.tensor);
  if (!weight.path.empty())
    return dl::ExternalDataAttr::get(context, weight.path, weight.offset, bytes.size());
  if (bytes.empty())
    return frontend::makeElements(type, bytes);
  return frontend::makeResource(type, name, bytes, std::make_shared<Tensor>(weight.tensor));
}

Value ProgramImporter::importWeight(const InputSpec &spec, OpBuilder &builder) {
  StringRef name = spec.weight;
  auto it = program.weights.find(name);
  Location loc = named(name);
  assert(it != program.weights.end() && "the reader checks that there are the weights");
  const Weight &weight = it->second;
  Type elementType = torch::getElementType(context, getName(weight.tensor.getType()));
  if (!elementType) {
    emitError(loc) << "weight '" << name << "' is of type " << getName(weight.tensor.getType())
                   << ", which isn't supported";
    return {};
  }
  auto type = RankedTensorType::get(weight.tensor.getShape(), elementType);
  auto stores = [&](const Program &program) {
    return llvm::any_of(program.outputs, [&](const OutputSpec &output) {
      return output.kind == OutputSpec::Kind::State && output.weight == name;
    });
  };
  bool isState = stores(program) || (training && stores(*training));
  // What may be trained, or moved like a batch norm's statistics, keeps its name.
  bool isKept = spec.isParameter || spec.isFrozen ||
                (type.getRank() > 0 && isa<FloatType>(type.getElementType()));
  if (!isState && !isKept && type.getNumElements() <= kSmall)
    return dl::ConstantOp::create(
        builder, loc, ElementsAttr(frontend::makeElements(type, bytesOf(weight.tensor))));
  dl::GlobalOp &global = globals[name];
  if (!global) {
    OpBuilder atModule(function);
    global = dl::GlobalOp::create(atModule, loc, builder.getStringAttr(name),
                                  builder.getStringAttr("private"), TypeAttr::get(type),
                                  makeWeightValue(weight, name, type),
                                  isState ? builder.getUnitAttr() : UnitAttr());
    if (spec.isParameter)
      global->setAttr(dl::kParameterAttr, builder.getUnitAttr());
    if (spec.isFrozen)
      global->setAttr(dl::kFrozenAttr, builder.getUnitAttr());
  }
  auto load = dl::GlobalLoadOp::create(builder, loc, type, FlatSymbolRefAttr::get(global));
  load.setIsMutable(isState);
  return load;
}

ElementsAttr ProgramImporter::getGlobalElements(dl::GlobalLoadOp load) {
  auto it = program.weights.find(load.getGlobal());
  if (load.getIsMutable() || it == program.weights.end() ||
      it->second.tensor.getNumElements() > kMostFolded)
    return {};
  return frontend::makeElements(cast<RankedTensorType>(load.getType()),
                                bytesOf(it->second.tensor));
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// What the artefact says of an input or output: its name, and the names of its sizes if
/// there is one that isn't empty.
static DictionaryAttr describeTensor(Builder &builder, StringRef name,
                                     ArrayRef<std::string> sizes) {
  NamedAttrList attributes;
  attributes.set("dlc.name", builder.getStringAttr(name));
  if (!llvm::all_of(sizes, [](StringRef size) { return size.empty(); }))
    attributes.set("dlc.dim_symbols",
                   builder.getStrArrayAttr(llvm::to_vector_of<StringRef>(sizes)));
  return attributes.getDictionary(builder.getContext());
}

LogicalResult ProgramImporter::importUserInput(GraphImporter &importer, const NamedValue &input,
                                               const InputSpec &spec) {
  Builder builder(context);
  Location loc = named(spec.userName);
  const ValueType &declared = input.type;
  StringRef partType = getPartType(declared.elementType);
  Type elementType;
  SmallVector<int64_t> shape;
  SmallVector<std::string> names;
  switch (declared.kind) {
  case ValueType::Kind::None:
    return importer.define(input.name, ImportedValue::none(), loc);
  case ValueType::Kind::Tensor:
    elementType =
        torch::getElementType(context, partType.empty() ? declared.elementType : partType);
    if (!elementType)
      return emitError(loc) << "input '" << spec.userName << "' is of type "
                            << declared.elementType << ", which isn't supported";
    break;
  case ValueType::Kind::Int:
    elementType = builder.getI64Type();
    break;
  case ValueType::Kind::Float:
    elementType = builder.getF64Type();
    break;
  case ValueType::Kind::Bool:
    elementType = builder.getI1Type();
    break;
  case ValueType::Kind::Unknown:
    return emitError(loc) << "the type of input '" << spec.userName << "' isn't known";
  }
  for (const SizeExpr &size : declared.shape) {
    shape.push_back(size.isNumber() ? size.number : ShapedType::kDynamic);
    names.push_back(size.isNumber() ? "" : formatSize(size));
  }
  if (!partType.empty()) {
    shape.push_back(2);
    names.push_back("");
  }
  auto type = RankedTensorType::get(shape, elementType);
  if (NodeBuilder::isAbsurd(type))
    return emitError(loc) << "input '" << spec.userName << "' of type " << type
                          << " is too large";
  unsigned index = function.getNumArguments();
  if (mlir::failed(function.insertArgument(index, type,
                                           describeTensor(builder, spec.userName, names), loc)))
    return failure();
  BlockArgument argument = function.getArgument(index);
  for (auto [d, name] : llvm::enumerate(names))
    if (!name.empty())
      sizeAnalysis.bindSymbol(argument, d, name);
  if (!partType.empty()) {
    OpBuilder body = OpBuilder::atBlockEnd(&function.getBody().front());
    SizeChecker n(*this, body, loc, spec.userName);
    return importer.define(input.name, deinterleave(n, argument), loc);
  }
  if (declared.kind == ValueType::Kind::Int)
    return importer.define(input.name, ImportedValue(frontend::Size(Value(argument))), loc);
  auto kind = declared.kind == ValueType::Kind::Float  ? ImportedValue::Kind::Float
              : declared.kind == ValueType::Kind::Bool ? ImportedValue::Kind::Bool
                                                       : ImportedValue::Kind::Tensor;
  return importer.define(input.name, ImportedValue(argument, kind), loc);
}

/// The value of an expression; a null tensor (nothing reported) where it has a
/// symbol without a value, or an operation that isn't known.
static Size evaluateSize(NodeBuilder &n, const SizeExpr &expr,
                         const llvm::StringMap<Size> &symbols, unsigned depth = 0) {
  if (expr.isNumber())
    return expr.number;
  if (expr.kind == SizeExpr::Kind::Symbol) {
    auto it = symbols.find(expr.text);
    return it == symbols.end() ? Size(Value()) : it->second;
  }
  if (expr.operands.size() < 2 || !isSizeOperation(expr.text) || depth > kMaxDepth)
    return Size(Value());
  std::optional<Size> result;
  for (const SizeExpr &operand : expr.operands) {
    Size next = evaluateSize(n, operand, symbols, depth + 1);
    if (!next.isStatic() && !next.getTensor())
      return next;
    if (!result)
      result = next;
    else if (expr.text == "add")
      result = n.add(*result, next);
    else if (expr.text == "mul")
      result = n.mul(*result, next);
    else if (expr.text == "floordiv")
      result = n.floorDiv(*result, next);
    else if (expr.text == "mod")
      result = n.sub(*result, n.mul(n.floorDiv(*result, next), next));
    else if (expr.text == "max")
      result = n.max(*result, next);
    else
      result = n.min(*result, next);
  }
  return *result;
}

Size ProgramImporter::evaluate(NodeBuilder &n, const SizeExpr &size) const {
  return evaluateSize(n, size, symbols);
}

/// The symbol of an expression that is a symbol, times a number, plus a number.
namespace {
struct LinearSize {
  StringRef symbol;
  int64_t factor = 1, offset = 0;
};
} // namespace

static std::optional<LinearSize> matchLinear(const SizeExpr &expr, unsigned depth = 0) {
  if (expr.kind == SizeExpr::Kind::Symbol)
    return LinearSize{expr.text};
  bool isSum = expr.text == "add";
  if (expr.kind != SizeExpr::Kind::Operation || expr.operands.size() != 2 || depth > kMaxDepth ||
      (!isSum && expr.text != "mul"))
    return std::nullopt;
  bool isFirst = expr.operands[0].isNumber();
  int64_t number = expr.operands[isFirst ? 0 : 1].number;
  auto inner = matchLinear(expr.operands[isFirst ? 1 : 0], depth + 1);
  if (!inner || !expr.operands[isFirst ? 0 : 1].isNumber())
    return std::nullopt;
  bool overflows = isSum ? llvm::AddOverflow(inner->offset, number, inner->offset)
                         : llvm::MulOverflow(inner->offset, number, inner->offset) ||
                               llvm::MulOverflow(inner->factor, number, inner->factor);
  if (overflows || inner->factor < 1)
    return std::nullopt;
  return inner;
}

/// Notes for the artefact, which checks its arguments itself, what the sizes of a dimension
/// may be: `least`, and so on by steps up to `most`.
static void limitDimension(func::FuncOp function, BlockArgument argument, unsigned dim,
                           int64_t least, std::optional<int64_t> most, int64_t step) {
  unsigned index = argument.getArgNumber();
  SmallVector<int64_t> limits;
  if (auto known = function.getArgAttrOfType<DenseI64ArrayAttr>(index, "dlc.dim_limits"))
    limits.assign(known.asArrayRef().begin(), known.asArrayRef().end());
  else
    for (int64_t d = 0, e = cast<RankedTensorType>(argument.getType()).getRank(); d < e; ++d)
      limits.append({0, -1, 1});
  limits[3 * dim] = least;
  limits[3 * dim + 1] = most.value_or(-1);
  limits[3 * dim + 2] = step;
  function.setArgAttr(index, "dlc.dim_limits",
                      DenseI64ArrayAttr::get(function.getContext(), limits));
}

/// Requires that a size lies in the range traced for, and binds its symbol.
static Size bindSymbol(SizeChecker &n, func::FuncOp function, const SymbolRange &range,
                       const LinearSize &size, unsigned dim, Value tensor) {
  Size own = n.size(tensor, dim);
  using Direction = dl::ComparisonDirection;
  std::string what = "the size of dimension " + std::to_string(dim) + " must be ";
  // A limit that overflows is none.
  auto limit = [&](int64_t value) -> std::optional<int64_t> {
    if (llvm::MulOverflow(value, size.factor, value) ||
        llvm::AddOverflow(value, size.offset, value))
      return std::nullopt;
    return value;
  };
  auto min = limit(range.min), max = range.max ? limit(*range.max) : std::nullopt;
  if (min && *min > 0)
    n.require(Direction::ge, own, *min, what + "at least " + Twine(*min));
  if (max)
    n.require(Direction::le, own, *max, what + "at most " + Twine(*max));
  if (auto argument = dyn_cast_or_null<BlockArgument>(tensor);
      argument && min && *min >= 0 && (*min > 0 || max || size.factor > 1))
    limitDimension(function, argument, dim, *min, max, size.factor);
  Size symbol = own;
  if (size.factor != 1 || size.offset != 0) {
    Size rest = n.sub(own, size.offset);
    symbol = n.floorDiv(rest, size.factor);
    n.require(Direction::eq, n.mul(symbol, size.factor), rest,
              what + "a multiple of " + Twine(size.factor) +
                  (size.offset ? " plus " + std::to_string(size.offset) : std::string()));
  }
  return symbol;
}

/// The symbols of an expression, each once.
static void collectSymbols(const SizeExpr &expr, llvm::SetVector<StringRef> &symbols) {
  if (expr.kind == SizeExpr::Kind::Symbol)
    symbols.insert(expr.text);
  for (const SizeExpr &operand : expr.operands)
    collectSymbols(operand, symbols);
}

/// Each symbol is what the first dimension says that names no other; every other size
/// that it decides is compared with that, and it lies in the range traced for.
LogicalResult ProgramImporter::checkSizes(GraphImporter &importer) {
  OpBuilder builder = OpBuilder::atBlockEnd(&function.getBody().front());
  llvm::SmallPtrSet<const SizeExpr *, 8> bound;
  llvm::StringMap<std::string> origins; // what a message says of a symbol
  using Visit = llvm::function_ref<void(SizeChecker &, const NamedValue &, Value)>;
  auto forEachTensor = [&](Visit visit) {
    for (auto [input, spec] : llvm::zip_equal(part->graph.inputs, part->inputs)) {
      if (spec.kind != InputSpec::Kind::User || input.type.kind != ValueType::Kind::Tensor)
        continue;
      Location loc = named(spec.userName);
      SizeChecker n(*this, builder, loc, spec.userName);
      const ImportedValue *value = importer.lookup(input.name);
      visit(n, input, value->isComplex() ? value->interleaved : value->tensor);
    }
  };
  for (bool isAlone : {true, false})
    forEachTensor([&](SizeChecker &n, const NamedValue &input, Value tensor) {
      for (auto [d, size] : llvm::enumerate(input.type.shape)) {
        std::optional<LinearSize> linear = matchLinear(size);
        if (!linear || (size.kind == SizeExpr::Kind::Symbol) != isAlone ||
            symbols.count(linear->symbol))
          continue;
        bound.insert(&size);
        auto range = program.symbols.find(linear->symbol);
        symbols.try_emplace(
            linear->symbol,
            bindSymbol(n, function, range == program.symbols.end() ? SymbolRange() : range->second,
                       *linear, d, tensor));
        origins[linear->symbol] = (formatSize(size) + " is the size of dimension " + Twine(d) +
                                   " of " + n.describe()).str();
      }
    });
  forEachTensor([&](SizeChecker &n, const NamedValue &input, Value tensor) {
    for (auto [d, size] : llvm::enumerate(input.type.shape)) {
      if (size.kind != SizeExpr::Kind::Operation || bound.contains(&size))
        continue;
      Size expected = evaluate(n, size);
      std::string what = ("the size of dimension " + Twine(d)).str(), text = formatSize(size);
      if (!expected.isStatic() && !expected.getTensor()) {
        n.emitError() << what << ", " << text << ", is an expression that isn't supported";
        continue;
      }
      llvm::SetVector<StringRef> names;
      collectSymbols(size, names);
      auto known = llvm::map_range(names, [&](StringRef name) { return origins.lookup(name); });
      n.require(dl::ComparisonDirection::eq, n.size(tensor, d), expected,
                what + " must be " + text + ", where " + llvm::join(known, ", and "));
    }
  });
  return failure(failed);
}

LogicalResult ProgramImporter::importInputs(GraphImporter &importer) {
  OpBuilder builder = OpBuilder::atBlockEnd(&function.getBody().front());
  for (auto [input, spec] : llvm::zip_equal(part->graph.inputs, part->inputs))
    if (spec.kind == InputSpec::Kind::User &&
        mlir::failed(importUserInput(importer, input, spec)))
      return failure();
  for (auto [input, spec] : llvm::zip_equal(part->graph.inputs, part->inputs)) {
    if (spec.kind != InputSpec::Kind::Weight)
      continue;
    Value weight = importWeight(spec, builder);
    if (!weight)
      return failure();
    ImportedValue value = weight;
    if (!getPartType(input.type.elementType).empty()) {
      SizeChecker n(*this, builder, weight.getLoc(), spec.weight);
      auto type = cast<RankedTensorType>(weight.getType());
      if (type.getRank() == 0 || type.getShape().back() != 2)
        return n.emitError() << "it is complex, but its weight is " << type;
      value = deinterleave(n, weight);
    }
    if (mlir::failed(importer.define(input.name, value, weight.getLoc())))
      return failure();
  }
  return checkSizes(importer);
}

SmallVector<std::string> ProgramImporter::nameSizes(const ValueType &type) const {
  SmallVector<std::string> names;
  for (const SizeExpr &size : type.shape) {
    llvm::SetVector<StringRef> used;
    collectSymbols(size, used);
    bool isKnown = isKnownSize(size) && llvm::all_of(used, [&](StringRef name) {
                     return symbols.contains(name);
                   });
    names.push_back(size.isNumber() || !isKnown ? "" : formatSize(size));
  }
  if (!getPartType(type.elementType).empty())
    names.push_back("");
  return names;
}

LogicalResult ProgramImporter::importOutputs(GraphImporter &importer) {
  llvm::StringMap<const ValueType *> made;
  for (const NamedValue &input : part->graph.inputs)
    made[input.name] = &input.type;
  for (const Node &node : part->graph.nodes)
    for (const NamedValue &result : node.results)
      made[result.name] = &result.type;
  OpBuilder builder = OpBuilder::atBlockEnd(&function.getBody().front());
  SmallVector<Value> results;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  for (auto [output, spec] : llvm::zip_equal(part->graph.outputs, part->outputs)) {
    Location loc = named(spec.userName);
    Node result;
    result.target = "output '" + spec.userName + "'";
    result.arguments.push_back({"value", output});
    NodeImporter n(importer, result, builder, loc);
    if (output.isNone())
      continue; // part of the result's structure only
    if (mlir::failed(importer.checkNames(n, output)))
      return failure();
    Value value = n.isComplex("value") ? n.interleaved("value") : n.operand("value").get();
    if (!value)
      return failure();
    if (spec.kind == OutputSpec::Kind::State) {
      auto global = globals.lookup(spec.weight);
      if (!global)
        return emitError(loc) << "the state '" << spec.weight << "' isn't one of its inputs";
      if (global.getTensorType() != value.getType())
        return emitError(value.getLoc()) << "the state '" << spec.weight << "' is "
                              << global.getTensorType() << ", but is given " << value.getType();
      dl::GlobalStoreOp::create(builder, loc, value, FlatSymbolRefAttr::get(global));
      continue;
    }
    results.push_back(value);
    types.push_back(value.getType());
    const ValueType *known = output.kind == Argument::Kind::Value ? made.lookup(output.text) : nullptr;
    SmallVector<std::string> sizes = known ? nameSizes(*known) : SmallVector<std::string>();
    if (int64_t(sizes.size()) != cast<RankedTensorType>(value.getType()).getRank())
      sizes.clear();
    attributes.push_back(describeTensor(builder, spec.userName, sizes));
  }
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getFunctionType().getInputs(), types));
  function.setAllResultAttrs(attributes);
  return failure(failed);
}

void ProgramImporter::eraseUnusedGlobals() {
  llvm::DenseSet<StringAttr> used;
  module->walk([&](dl::GlobalLoadOp load) { used.insert(load.getGlobalAttr().getAttr()); });
  module->walk([&](dl::GlobalStoreOp store) { used.insert(store.getGlobalAttr().getAttr()); });
  for (auto global : llvm::make_early_inc_range(module->getOps<dl::GlobalOp>()))
    if (!used.contains(global.getSymNameAttr()))
      global.erase();
}

LogicalResult ProgramImporter::importPart(const Program &imported, StringRef name) {
  part = &imported;
  sizeAnalysis = {};
  symbols.clear();
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  function = func::FuncOp::create(builder, module->getLoc(), name, builder.getFunctionType({}, {}));
  function.addEntryBlock();
  GraphImporter importer(*this);
  if (mlir::failed(importInputs(importer)))
    return failure();
  OpBuilder body = OpBuilder::atBlockEnd(&function.getBody().front());
  importer.importNodes(part->graph.nodes, body);
  if (failed || mlir::failed(importOutputs(importer)))
    return failure();
  function.walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op) || (isa<dl::GlobalLoadOp>(op) && op->use_empty()))
      op->erase();
  });
  return success();
}

OwningOpRef<ModuleOp> ProgramImporter::import() {
  context->loadDialect<dl::DlDialect, func::FuncDialect, grad::GradDialect, scf::SCFDialect,
                       tensor::TensorDialect>();
  if (mlir::failed(checkOps()))
    return {};
  module = ModuleOp::create(FileLineColLoc::get(context, path, 0, 0));
  if (!program.producer.empty())
    (*module)->setAttr("dlc.producer", StringAttr::get(context, program.producer));
  if (!program.metadata.empty())
    (*module)->setAttr("dlc.metadata", StringAttr::get(context, program.metadata));
  if (mlir::failed(importPart(program, "main")))
    return {};
  for (const Derivative &derivative : program.derivatives)
    if (mlir::failed(addDerivative(derivative)))
      return {};
  if (training) {
    if (mlir::failed(importPart(*training, "training")))
      return {};
    function->setAttr(dl::kTrainingAttr, UnitAttr::get(context));
  }
  eraseUnusedGlobals();
  if (mlir::failed(verify(*module)))
    return {};
  return std::move(module);
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::define(StringRef name, ImportedValue value, Location loc) {
  if (!values.try_emplace(name, std::move(value)).second)
    return program.emitError(loc) << "the name '" << name << "' is defined twice";
  return success();
}

const ImportedValue *GraphImporter::lookup(StringRef name) {
  auto it = values.find(name);
  if (it != values.end())
    return &it->second;
  return parent ? parent->lookup(name) : nullptr;
}

void GraphImporter::importNodes(ArrayRef<Node> nodes, OpBuilder &builder) {
  for (const Node &node : nodes)
    importNode(node, builder);
}

LogicalResult GraphImporter::checkNames(NodeImporter &n, const Argument &argument) {
  if (argument.kind == Argument::Kind::Value) {
    const ImportedValue *value = lookup(argument.text);
    if (!value)
      return n.emitError() << "the value '" << argument.text << "' isn't made before it is used";
    if (value->isFailed())
      return failure();
  }
  for (const Argument &element : argument.elements)
    if (mlir::failed(checkNames(n, element)))
      return failure();
  return success();
}

void GraphImporter::importNode(const Node &node, OpBuilder &builder) {
  Location loc = program.locationOf(node);
  NodeImporter n(*this, node, builder, loc);
  auto attempt = [&]() -> LogicalResult {
    if (depth > kMaxDepth)
      return n.emitError() << "graphs are nested more than " << kMaxDepth << " levels deep here";
    for (const auto &[name, argument] : node.arguments)
      if (mlir::failed(checkNames(n, argument)))
        return failure();
    OpImporter importer = OpTable::get().lookup(node.target);
    const ComplexRule *rule = OpTable::get().lookupComplex(node.target);
    bool isComplex = n.involvesComplex();
    if (isComplex ? !rule || (!rule->importer && !importer) : !importer)
      return n.emitError() << "this op isn't supported for " << (isComplex ? "complex" : "real")
                           << " numbers";
    bool isByParts = isComplex && !rule->importer;
    if (mlir::failed(isByParts   ? n.importByParts(importer, rule->promoted)
                     : isComplex ? rule->importer(n)
                                 : importer(n))) {
      if (!n.failed)
        n.emitError() << "it isn't supported in this form";
      return failure();
    }
    n.reportUnreadArguments();
    return failure(n.failed);
  };
  bool ok = succeeded(attempt());
  if (!ok)
    program.setFailed();
  for (auto [i, result] : llvm::enumerate(node.results)) {
    if (result.name.empty())
      continue;
    if (ok && i >= n.outputs.size()) {
      n.emitError() << "it has no result " << i;
      ok = false;
    }
    if (mlir::failed(define(result.name, ok ? n.outputs[i] : ImportedValue(), loc)))
      n.failed = true;
  }
}

LogicalResult GraphImporter::importSubgraph(NodeImporter &user, const Graph &graph,
                                            ArrayRef<ImportedValue> inputs,
                                            SmallVectorImpl<ImportedValue> &outputs) {
  OpBuilder &builder = user.getBuilder();
  Location loc = user.getLoc();
  GraphImporter inner(program, this);
  if (graph.inputs.size() != inputs.size())
    return user.emitError() << "a graph has " << graph.inputs.size() << " inputs, not "
                            << inputs.size();
  for (auto [input, value] : llvm::zip_equal(graph.inputs, inputs))
    if (mlir::failed(inner.define(input.name, value, loc)))
      return failure();
  inner.importNodes(graph.nodes, builder);
  if (program.hasFailed())
    return failure();
  Node result;
  result.target = "the subgraph's result";
  Argument list;
  list.kind = Argument::Kind::List;
  list.elements = graph.outputs;
  result.arguments.push_back({"values", list});
  NodeImporter n(inner, result, builder, loc);
  if (mlir::failed(inner.checkNames(n, list)))
    return failure();
  llvm::append_range(outputs, n.values("values"));
  return failure(program.hasFailed());
}
