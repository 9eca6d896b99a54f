//===- ModelImporter.cpp - one ONNX model being imported ------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelImporter.h"
#include "GraphImporter.h"
#include "WireScan.h"
#include "grad/IR/Grad.h"
#include "onnx-ml.pb.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

// Opsets before 7 are read as far as their ops mean what they mean today: an
// attribute that isn't known any more is an error.
static constexpr int64_t kFirstOpset = 1, kLastOpset = 28, kFirstIr = 3, kLastIr = 14;
static constexpr uint64_t kMostNodes = 10'000'000;

ModelImporter::ModelImporter(StringRef bytes, StringRef path, MLIRContext *context,
                             const OnnxImportOptions &options)
    : bytes(bytes), path(path.str()), context(context), options(options),
      model(std::make_unique<ModelProto>()) {}

ModelImporter::~ModelImporter() = default;

Location ModelImporter::named(StringRef name) {
  Location file = FileLineColLoc::get(context, path, 0, 0);
  return name.empty() ? file : Location(NameLoc::get(StringAttr::get(context, name), file));
}

InFlightDiagnostic ModelImporter::emitError(Location loc) {
  failed = true;
  return mlir::emitError(loc);
}

bool ModelImporter::countNode(Location loc) {
  if (++nodeCount <= kMostNodes)
    return true;
  if (nodeCount == kMostNodes + 1)
    emitError(loc) << "the model's functions and loops expand to more than " << kMostNodes
                   << " nodes";
  return false;
}

/// "?x3", as --shape takes it.
static std::string formatShape(ArrayRef<int64_t> shape) {
  auto sizes = llvm::map_range(shape, [](int64_t size) {
    return ShapedType::isDynamic(size) ? std::string("?") : std::to_string(size);
  });
  return shape.empty() ? "a scalar" : llvm::join(sizes, "x");
}

static std::string makeFunctionKey(StringRef domain, StringRef name, StringRef overload) {
  StringRef separator("\0", 1);
  return (domain + separator + name + separator + overload).str();
}

const FunctionProto *ModelImporter::findFunction(StringRef domain, StringRef name,
                                                 StringRef overload) const {
  return functions.empty() ? nullptr : functions.lookup(makeFunctionKey(domain, name, overload));
}

LogicalResult ModelImporter::checkVersions() {
  Location loc = named("");
  if (model->ir_version() < kFirstIr || model->ir_version() > kLastIr)
    return emitError(loc) << "the model has IR version " << model->ir_version()
                          << "; versions " << kFirstIr << " to " << kLastIr << " are supported";
  for (const OperatorSetIdProto &opset : model->opset_import()) {
    bool isDefault = opset.domain().empty() || opset.domain() == "ai.onnx";
    if (isDefault && (opset.version() < kFirstOpset || opset.version() > kLastOpset))
      return emitError(loc) << "the model uses opset " << opset.version() << "; opsets "
                            << kFirstOpset << " to " << kLastOpset << " are supported";
  }
  return success();
}

LogicalResult ModelImporter::declareFunctions() {
  for (const FunctionProto &function : model->functions()) {
    std::string key = makeFunctionKey(function.domain(), function.name(), function.overload());
    if (!functions.try_emplace(key, &function).second)
      return emitError(named(function.name()))
             << "function '" << function.name() << "' of domain '" << function.domain()
             << "' is defined twice";
  }
  return success();
}

void ModelImporter::setModuleAttributes() {
  Builder builder(context);
  auto set = [&](StringRef name, StringRef value) {
    if (!value.empty())
      (*module)->setAttr(name, builder.getStringAttr(value));
  };
  std::string producer = model->producer_name();
  if (!model->producer_version().empty())
    producer += " " + model->producer_version();
  set("dlc.producer", producer);
  set("dlc.model_name", model->graph().name());
}

OwningOpRef<ModuleOp> ModelImporter::import() {
  context->loadDialect<dl::DlDialect, func::FuncDialect, grad::GradDialect, scf::SCFDialect,
                       tensor::TensorDialect>();
  Location loc = named("");
  llvm::Expected<std::string> stripped = stripTensorData(bytes);
  if (!stripped) {
    emitError(loc) << "can't read the ONNX model: " << llvm::toString(stripped.takeError());
    return {};
  }
  if (!model->ParseFromString(*stripped)) {
    emitError(loc) << "can't read the ONNX model: it is not a valid ModelProto message";
    return {};
  }
  stripped->clear();
  stripped->shrink_to_fit();
  if (!model->has_graph()) {
    emitError(loc) << "can't read the ONNX model: it has no graph";
    return {};
  }
  if (mlir::failed(checkVersions()) || mlir::failed(declareFunctions()))
    return {};
  module = ModuleOp::create(FileLineColLoc::get(context, path, 0, 0));
  setModuleAttributes();
  if (mlir::failed(importGraph(model->graph(), "main")) || failed)
    return {};
  if (options.training)
    for (auto [i, training] : llvm::enumerate(model->training_info()))
      if (mlir::failed(importGraph(training.algorithm(), ("training_" + Twine(i)).str())) ||
          failed)
        return {};
  eraseUnused();
  if (mlir::failed(verify(*module)))
    return {};
  return std::move(module);
}

/// The tensor type that a value has; an optional tensor counts as given. Null if
/// it has another type.
static const TypeProto::Tensor *getTensorType(const TypeProto &type) {
  if (type.has_tensor_type())
    return &type.tensor_type();
  if (type.has_optional_type() && type.optional_type().elem_type().has_tensor_type())
    return &type.optional_type().elem_type().tensor_type();
  return nullptr;
}

RankedTensorType ModelImporter::importInputType(const ValueInfoProto &input, ArrayAttr &symbols) {
  Location loc = named(input.name());
  Builder builder(context);
  const TypeProto::Tensor *tensor = ::getTensorType(input.type());
  if (!tensor) {
    emitError(loc) << "input '" << input.name() << "' is not a tensor; only tensors are supported";
    return {};
  }
  const TypeProto::Tensor &declared = *tensor;
  Type elementType = getElementType(context, declared.elem_type());
  if (!elementType) {
    emitError(loc) << "input '" << input.name() << "' has element type "
                   << getDataTypeName(declared.elem_type()) << ", which isn't supported";
    return {};
  }
  SmallVector<int64_t> shape;
  SmallVector<StringRef> names;
  int64_t count = 1;
  for (const TensorShapeProto::Dimension &dim : declared.shape().dim()) {
    // Some exporters write ? or None where others write nothing: that names no size.
    StringRef name = dim.dim_param();
    names.push_back(name == "?" || name == "None" ? StringRef() : name);
    // Some exporters write -1 for an open size.
    if (!dim.has_dim_value() || dim.dim_value() == -1) {
      shape.push_back(ShapedType::kDynamic);
      continue;
    }
    int64_t size = dim.dim_value();
    if (size < 0 || size > (int64_t(1) << 46) / count) {
      emitError(loc) << "input '" << input.name() << "' has an absurd size, " << size;
      return {};
    }
    count *= std::max<int64_t>(size, 1);
    shape.push_back(size);
  }
  auto given = options.inputShapes.find(input.name());
  if (given != options.inputShapes.end()) {
    bool fits = !declared.has_shape() || given->second.size() == shape.size();
    for (size_t d = 0; fits && d < shape.size(); ++d)
      fits = ShapedType::isDynamic(shape[d]) || shape[d] == given->second[d];
    if (!fits) {
      emitError(loc) << "the shape given for input '" << input.name() << "', "
                     << formatShape(given->second) << ", doesn't fit the one that the model declares, "
                     << formatShape(shape);
      return {};
    }
    shape = given->second;
    names.resize(shape.size());
  } else if (!declared.has_shape()) {
    emitError(loc) << "input '" << input.name()
                   << "' has no shape in the model; give it, `?` for an open size: --shape "
                   << input.name() << "=?x3";
    return {};
  }
  for (auto [name, size] : llvm::zip(names, shape))
    if (!ShapedType::isDynamic(size))
      name = "";
  symbols = builder.getStrArrayAttr(names);
  return RankedTensorType::get(shape, elementType);
}

LogicalResult ModelImporter::importInputs(const GraphProto &graph, GraphImporter &importer,
                                          func::FuncOp function) {
  OpBuilder builder(context);
  for (const ValueInfoProto &input : graph.input()) {
    Location loc = named(input.name());
    // Older models list their weights among the inputs.
    if (const TensorProto *initializer = importer.findInitializer(input.name())) {
      const TypeProto::Tensor *declared = ::getTensorType(input.type());
      if (declared && declared->elem_type() != initializer->data_type())
        return emitError(loc) << "input '" << input.name() << "' is of type "
                              << getDataTypeName(declared->elem_type())
                              << " but its initializer is of type "
                              << getDataTypeName(initializer->data_type());
      continue;
    }
    ArrayAttr symbols;
    RankedTensorType type = importInputType(input, symbols);
    unsigned index = function.getNumArguments();
    if (!type) { // Go on, to report the other inputs too.
      (void)importer.define(input.name(), ImportedValue(), loc);
      continue;
    }
    SmallVector<NamedAttribute> attributes{
        builder.getNamedAttr("dlc.name", builder.getStringAttr(input.name()))};
    if (!type.hasStaticShape())
      attributes.push_back(builder.getNamedAttr("dlc.dim_symbols", symbols));
    if (mlir::failed(function.insertArgument(index, type, builder.getDictionaryAttr(attributes), loc)))
      return failure();
    Value argument = function.getArgument(index);
    for (auto [d, symbol] : llvm::enumerate(symbols.getAsValueRange<StringAttr>()))
      if (!symbol.empty())
        sizeAnalysis.bindSymbol(argument, d, symbol);
    if (mlir::failed(importer.define(input.name(), argument, loc)))
      return failure();
  }
  return success();
}

LogicalResult ModelImporter::importOutputs(const GraphProto &graph, GraphImporter &importer,
                                           func::FuncOp function) {
  OpBuilder builder = OpBuilder::atBlockEnd(&function.getBody().front());
  SmallVector<Value> results;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  bool bad = false;
  for (const ValueInfoProto &output : graph.output()) {
    Location loc = named(output.name());
    const ImportedValue *made = importer.lookup(output.name());
    if (!made) {
      bad = true;
      emitError(loc) << "output '" << output.name()
                     << "' isn't made by any node, input or initializer";
      continue;
    }
    ImportedValue value = made->withOneRank(builder);
    if (!value.isTensor()) {
      bad = true;
      if (!value.isFailed())
        emitError(loc) << "output '" << output.name() << "' is "
                       << (value.isSequence() ? "a sequence" : "an optional without a value")
                       << "; only tensors are supported";
      continue;
    }
    auto type = cast<RankedTensorType>(value.tensor.getType());
    if (const TypeProto::Tensor *tensor = ::getTensorType(output.type())) {
      Type declared = getElementType(context, tensor->elem_type());
      if (declared && declared != type.getElementType()) {
        bad = true;
        emitError(loc) << "output '" << output.name() << "' is declared to be of type " << declared
                       << " but is of type " << type.getElementType();
      }
    }
    results.push_back(value.tensor);
    types.push_back(type);
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr("dlc.name", builder.getStringAttr(output.name()))));
  }
  if (bad || failed)
    return failure();
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getFunctionType().getInputs(), types));
  function.setAllResultAttrs(attributes);
  return success();
}

LogicalResult ModelImporter::importGraph(const GraphProto &graph, StringRef functionName) {
  Location loc = named("");
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function =
      func::FuncOp::create(builder, loc, functionName, builder.getFunctionType({}, {}));
  function.addEntryBlock();
  currentFunction = function;
  lastConstant = nullptr;
  tensorValues.clear();
  sizeAnalysis = frontend::SizeAnalysis();

  Frame frame;
  for (const OperatorSetIdProto &opset : model->opset_import())
    frame.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  GraphImporter importer(*this, frame);
  if (mlir::failed(importer.declareInitializers(graph)) ||
      mlir::failed(importInputs(graph, importer, function)))
    return failure();
  for (const auto &entry : options.inputShapes)
    if (functionName == "main" && !importer.lookup(entry.getKey()))
      return emitError(loc) << "a shape is given for '" << entry.getKey()
                            << "', but the model has no such input";
  OpBuilder body = OpBuilder::atBlockEnd(&function.getBody().front());
  importer.importNodes(graph.node(), body);
  return importOutputs(graph, importer, function);
}

void ModelImporter::eraseUnused() {
  for (auto function : module->getOps<func::FuncOp>())
    function.walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
      // A weight that nobody uses needs no load.
      if (isOpTriviallyDead(op) || (isa<dl::GlobalLoadOp>(op) && op->use_empty()))
        op->erase();
    });
  llvm::DenseSet<StringAttr> used;
  module->walk([&](dl::GlobalLoadOp load) { used.insert(load.getGlobalAttr().getAttr()); });
  for (auto global : llvm::make_early_inc_range(module->getOps<dl::GlobalOp>()))
    if (!used.contains(global.getSymNameAttr()))
      global.erase();
}

bool dlc::isOnnxModel(StringRef bytes) { return looksLikeModel(bytes); }

OwningOpRef<ModuleOp> dlc::importOnnx(llvm::MemoryBufferRef model, StringRef path, MLIRContext *context,
                                      const OnnxImportOptions &options) {
  return ModelImporter(model.getBuffer(), path, context, options).import();
}

OwningOpRef<ModuleOp> dlc::importOnnx(StringRef path, MLIRContext *context,
                                      const OnnxImportOptions &options) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file) {
    mlir::emitError(UnknownLoc::get(context))
        << "can't open '" << path << "': " << file.getError().message();
    return {};
  }
  return importOnnx((*file)->getMemBufferRef(), path, context, options);
}
