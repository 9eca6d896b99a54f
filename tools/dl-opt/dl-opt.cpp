//===- dl-opt.cpp - runs dlc's passes on textual IR -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Pipelines/Phases.h"
#include "dlc/Support/Reproducer.h"
#include "dlc/Support/Version.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  dlc::setBugReportMessage();
  dlc::setVersionPrinter();
  mlir::DialectRegistry registry;
  dlc::registerAllDialects(registry);
  dlc::registerAllPassesAndPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "dlc optimizer driver\n", registry));
}
