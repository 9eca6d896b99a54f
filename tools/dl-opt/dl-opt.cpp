//===- dl-opt.cpp - runs dlc's passes on textual IR -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<dlc::dispatch::DispatchDialect, dlc::dl::DlDialect, mlir::func::FuncDialect, mlir::scf::SCFDialect,
                  mlir::arith::ArithDialect, mlir::tensor::TensorDialect>();
  mlir::registerTransformsPasses();
  dlc::registerDispatchPasses();
  dlc::registerDlcTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "dlc optimizer driver\n", registry));
}
