//===- dl-opt.cpp - runs dlc's passes on textual IR -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dispatch/IR/Dispatch.h"
#include "dl/IR/Dl.h"
#include "dlc/Codegen/Dispatch/Passes.h"
#include "dlc/Codegen/CPU/Passes.h"
#include "dlc/Conversion/DlToLinalg.h"
#include "dlc/Codegen/Host/Passes.h"
#include "dlc/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<dlc::dispatch::DispatchDialect, dlc::dl::DlDialect, mlir::LLVM::LLVMDialect,
                  mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::linalg::LinalgDialect, mlir::memref::MemRefDialect,
                  mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
  dlc::registerCodegenCpuInterfaces(registry);
  mlir::registerTransformsPasses();
  mlir::memref::registerResolveRankedShapeTypeResultDimsPass();
  dlc::registerDispatchPasses();
  dlc::registerCodegenCpuPasses();
  dlc::registerDlToLinalgPasses();
  dlc::registerHostPasses();
  dlc::registerDlcTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "dlc optimizer driver\n", registry));
}
