//===- Differentiate.cpp - derivatives of an interpreted module -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runner.h"
#include "dlc/Autodiff/Passes.h"
#include "mlir/Pass/PassManager.h"

using namespace dlc;
using llvm::Error;

Error dlc::differentiate(mlir::ModuleOp module) {
  bool asks = module
                  .walk([](mlir::Operation *op) {
                    return llvm::isa<grad::GradDialect>(op->getDialect())
                               ? mlir::WalkResult::interrupt()
                               : mlir::WalkResult::advance();
                  })
                  .wasInterrupted();
  if (!asks)
    return Error::success();
  mlir::PassManager manager(module.getContext());
  manager.addPass(createAutodiff());
  return succeeded(manager.run(module)) ? Error::success()
                                        : makeError("its derivatives can't be made");
}
