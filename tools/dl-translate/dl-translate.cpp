//===- dl-translate.cpp - brings models into the dl dialect ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/Dl.h"
#include "dlc/Import/Onnx.h"
#include "dlc/Import/Torch.h"
#include "dlc/Import/UnknownFormat.h"
#include "dlc/Support/Paths.h"
#include "dlc/Support/Reproducer.h"
#include "dlc/Support/Version.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::OptionCategory category("dl-translate options");
static cl::opt<std::string> inputFile(cl::Positional, cl::desc("<model>"), cl::cat(category));
static cl::opt<std::string> outputFile("o", cl::desc("Where to write the module"),
                                       cl::value_desc("file"), cl::init("-"), cl::cat(category));
static cl::opt<bool> importOnnx("import-onnx",
                                cl::desc("The model is ONNX (else: found out by content)"),
                                cl::cat(category));
static cl::opt<bool> importTrace("import-trace",
                                 cl::desc("The model is a PyTorch trace (else: found out by "
                                          "content)"),
                                 cl::cat(category));
static cl::opt<bool> importPt2("import-pt2",
                               cl::desc("The model is a torch.export archive (else: found out "
                                        "by content)"),
                               cl::cat(category));
static cl::opt<bool> training("training", cl::desc("Import training graphs too"),
                              cl::cat(category));
static cl::opt<bool> debugInfo("mlir-print-debuginfo", cl::desc("Print locations"),
                               cl::cat(category));
static cl::list<std::string> shapes("shape", cl::value_desc("input=2x?x3"),
                                    cl::desc("The shape of an input, `?` for an open size"),
                                    cl::cat(category));

/// "x=2x?x3" as an entry of the options.
static bool parseShape(StringRef text, dlc::OnnxImportOptions &options) {
  auto [name, sizes] = text.rsplit('=');
  SmallVector<StringRef> parts;
  sizes.split(parts, 'x', -1, /*KeepEmpty=*/!sizes.empty());
  SmallVector<int64_t> shape;
  for (StringRef part : parts) {
    int64_t size = ShapedType::kDynamic;
    if (part != "?" && (part.getAsInteger(10, size) || size < 0))
      return false;
    shape.push_back(size);
  }
  options.inputShapes[name] = shape;
  return text.contains('=');
}

int main(int argc, char **argv) {
  dlc::installCrashHandler();
  llvm::InitLLVM init(argc, argv);
  dlc::setVersionPrinter();
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Brings a model into the dl dialect\n");

  if (inputFile.empty()) {
    llvm::errs() << "error: no model is given\nusage: dl-translate <model> [-o <model.mlir>] "
                    "[options]\n       dl-translate --help shows the options\n";
    return 1;
  }
  dlc::prepareReproducer(argc, argv, inputFile, outputFile);
  dlc::setCurrentPhase("import");

  dlc::OnnxImportOptions options;
  options.training = training;
  for (const std::string &shape : shapes)
    if (!parseShape(shape, options)) {
      llvm::errs() << "error: --shape=" << shape << " isn't of the form input=2x?x3\n";
      return 1;
    }
  if (dlc::replaces(outputFile, inputFile)) {
    llvm::errs() << "error: the output '" << outputFile << "' would replace the input\n";
    return 1;
  }
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(inputFile, /*IsText=*/false,
                                                 /*RequiresNullTerminator=*/false);
  if (!file) {
    llvm::errs() << "error: can't open '" << inputFile << "': " << file.getError().message()
                 << "\n";
    return 1;
  }
  StringRef bytes = (*file)->getBuffer();
  dlc::setReproducerInput(bytes);
  bool isNamed = importOnnx || importTrace || importPt2;
  bool isTrace = importTrace || (!isNamed && dlc::isTrace(bytes));
  bool isPt2 = importPt2 || (!isNamed && dlc::isPt2(bytes));
  if (!isNamed && !isTrace && !isPt2 && !dlc::isOnnxModel(bytes)) {
    llvm::errs() << "error: '" << inputFile << "' "
                 << dlc::describeUnknownFormat(bytes, inputFile) << "\n";
    return 1;
  }
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
    llvm::errs() << inputFile << (isError ? ": error: " : ": warning: ") << diagnostic << "\n";
    return success();
  });
  OwningOpRef<ModuleOp> module =
      isTrace ? dlc::importTrace(bytes, inputFile, &context)
      : isPt2 ? dlc::importPt2(bytes, inputFile, &context)
              : dlc::importOnnx((*file)->getMemBufferRef(), inputFile, &context, options);
  if (!module)
    return 1;

  std::string error;
  auto output = openOutputFile(outputFile, &error);
  if (!output) {
    llvm::errs() << "error: " << error << "\n";
    return 1;
  }
  OpPrintingFlags flags;
  flags.enableDebugInfo(debugInfo);
  module->print(output->os(), flags);
  output->os().flush();
  if (std::error_code code = output->os().error()) {
    output->os().clear_error();
    llvm::errs() << "error: can't write '" << outputFile << "': " << code.message() << "\n";
    return 1;
  }
  output->keep();
  return 0;
}
