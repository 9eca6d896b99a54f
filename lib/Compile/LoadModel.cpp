//===- LoadModel.cpp - a module of any input format -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoadModel.h"
#include "dl/IR/ExternalData.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Import/Onnx.h"
#include "dlc/Import/Torch.h"
#include "dlc/Import/UnknownFormat.h"
#include "dlc/Support/Reproducer.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace dlc;

bool dlc::parseShapeOption(StringRef text, llvm::StringMap<SmallVector<int64_t>> &shapes) {
  if (!text.contains('='))
    return false;
  auto [name, sizes] = text.rsplit('=');
  SmallVector<StringRef> parts;
  if (!sizes.empty())
    sizes.split(parts, 'x');
  SmallVector<int64_t> shape;
  for (StringRef part : parts) {
    int64_t size = ShapedType::kDynamic;
    if (part != "?" && (part.getAsInteger(10, size) || size < 0))
      return false;
    shape.push_back(size);
  }
  shapes[name] = shape;
  return !name.empty();
}

/// Gives the inputs of an MLIR model the shapes asked for.
static LogicalResult setShapes(ModuleOp module, const CompileOptions &options) {
  if (options.shapes.empty())
    return success();
  FailureOr<func::FuncOp> entry = getEntryFunction(module);
  if (failed(entry))
    return failure();
  for (const auto &[name, shape] : options.shapes) {
    bool isFound = false;
    for (BlockArgument argument : entry->getArguments()) {
      auto label = entry->getArgAttrOfType<StringAttr>(argument.getArgNumber(), "dlc.name");
      std::string own = label ? label.str() : ("input_" + Twine(argument.getArgNumber())).str();
      if (own != name)
        continue;
      isFound = true;
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      bool fits = type && type.getRank() == static_cast<int64_t>(shape.size());
      for (size_t d = 0; fits && d < shape.size(); ++d)
        fits = ShapedType::isDynamic(shape[d]) || type.isDynamicDim(d) ||
               type.getDimSize(d) == shape[d];
      if (!fits)
        return entry->emitError("input '") << own << "' is " << argument.getType()
                                           << ": --shape asks for another shape";
      SmallVector<int64_t> sizes(type.getShape());
      for (auto [size, wanted] : llvm::zip_equal(sizes, shape))
        size = ShapedType::isDynamic(wanted) ? size : wanted;
      argument.setType(type.clone(sizes));
    }
    if (!isFound)
      return entry->emitError("the model has no input '") << name << "' (--shape)";
  }
  entry->setFunctionType(FunctionType::get(module.getContext(),
                                           entry->getBody().front().getArgumentTypes(),
                                           entry->getResultTypes()));
  return success();
}

/// Relative paths of an MLIR file are looked for beside it.
static LogicalResult findWeights(ModuleOp module, const CompileOptions &options) {
  return dl::resolveExternalData(module, llvm::sys::path::parent_path(options.input),
                                 [](StringRef path, StringRef name) {
                                   if (llvm::sys::path::is_relative(name) && !name.contains(".."))
                                     addReproducerFile(path, name);
                                 });
}

static OwningOpRef<ModuleOp> parseModule(StringRef bytes, const CompileOptions &options,
                                         MLIRContext *context) {
  // The parser wants a terminator that a mapped file may not have.
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(bytes, options.input),
                             llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(sources, ParserConfig(context));
  if (!module || failed(setShapes(*module, options)) || failed(findWeights(*module, options)))
    return nullptr;
  return module;
}

/// Imports a model of another framework; nothing where its format is unknown.
static std::optional<OwningOpRef<ModuleOp>> importModel(const llvm::MemoryBuffer &buffer,
                                                        const CompileOptions &options,
                                                        MLIRContext *context) {
  StringRef bytes = buffer.getBuffer();
  OwningOpRef<ModuleOp> module;
  if (isTrace(bytes)) {
    module = options.model ? importTrace(bytes, options.weights, options.input, context)
                           : importTrace(bytes, options.input, context);
  } else if (isPt2(bytes)) {
    module = importPt2(bytes, options.input, context);
  } else if (isOnnxModel(bytes)) {
    OnnxImportOptions import;
    for (const auto &[name, shape] : options.shapes)
      import.inputShapes[name] = shape;
    import.keepsWeights = !options.training.empty();
    return importOnnx(buffer.getMemBufferRef(), options.input, context, import);
  } else {
    return std::nullopt;
  }
  if (!module || failed(setShapes(*module, options)))
    return OwningOpRef<ModuleOp>();
  return module;
}

OwningOpRef<ModuleOp> dlc::loadModel(const CompileOptions &options, MLIRContext *context,
                                     std::unique_ptr<llvm::MemoryBuffer> &buffer) {
  Location loc = FileLineColLoc::get(context, options.input, 0, 0);
  if (options.model) {
    buffer = llvm::MemoryBuffer::getMemBuffer(*options.model, options.input,
                                              /*RequiresNullTerminator=*/false);
  } else {
    auto file = llvm::MemoryBuffer::getFileOrSTDIN(options.input, /*IsText=*/false,
                                                   /*RequiresNullTerminator=*/false);
    if (!file) {
      emitError(loc) << "can't open it: " << file.getError().message();
      return nullptr;
    }
    buffer = std::move(*file);
  }
  StringRef bytes = buffer->getBuffer();
  setReproducerInput(bytes);
  if (isMlir(bytes))
    return parseModule(bytes, options, context);
  if (auto module = importModel(*buffer, options, context)) {
    if (*module)
      (**module)->setAttr(kPhaseAttr, StringAttr::get(context, getInfo(Phase::Import).name));
    return std::move(*module);
  }
  emitError(loc) << describeUnknownFormat(bytes, options.input);
  return nullptr;
}
