//===- dl-opt.cpp - runs dlc's passes on textual IR -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SourceNames.h"
#include "dlc/Pipelines/Phases.h"
#include "dlc/Support/Reproducer.h"
#include "dlc/Support/Version.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

/// A flag of MLIR's printer.
static llvm::cl::opt<bool> &getPrinterFlag(StringRef name) {
  registerAsmPrinterCLOptions();
  return *static_cast<llvm::cl::opt<bool> *>(llvm::cl::getRegisteredOptions().at(name));
}

/// Reads, runs passes and writes, and names values as in the file read.
static LogicalResult run(StringRef inputName, StringRef outputName, DialectRegistry &registry) {
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> input = openInputFile(inputName, &error);
  std::unique_ptr<llvm::ToolOutputFile> output =
      input ? openOutputFile(outputName, &error) : nullptr;
  if (!output) {
    llvm::errs() << error << "\n";
    return failure();
  }
  std::string source = input->getBuffer().str(), sourceName = input->getBufferIdentifier().str();
  auto config = MlirOptMainConfig::createFromCLOptions(), asked = config;
  // The lines of parts of a file aren't those of the file, and locations that are kept stay
  // as they are.
  bool keepsLocations = config.shouldEmitBytecode() || getPrinterFlag("mlir-print-debuginfo");
  if (config.inputSplitMarker().empty() && !keepsLocations)
    config.setPassPipelineSetupFn([&](PassManager &passes) {
      if (failed(asked.setupPassPipeline(passes)))
        return failure();
      passes.addPass(dlc::createSourceNamesPass(source, sourceName));
      return success();
    });
  if (failed(MlirOptMain(output->os(), std::move(input), registry, config)))
    return failure();
  output->keep();
  return success();
}

int main(int argc, char **argv) {
  dlc::setBugReportMessage();
  dlc::setVersionPrinter();
  DialectRegistry registry;
  dlc::registerAllDialects(registry);
  dlc::registerAllPassesAndPipelines();
  llvm::InitLLVM init(argc, argv);
  getPrinterFlag("mlir-use-nameloc-as-prefix").setInitialValue(true);
  auto [inputName, outputName] =
      registerAndParseCLIOptions(argc, argv, "dlc optimizer driver\n", registry);
  return asMainReturnCode(run(inputName, outputName, registry));
}
