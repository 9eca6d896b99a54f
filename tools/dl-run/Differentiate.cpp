//===- Differentiate.cpp - derivatives before a run -----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "dlc/Autodiff/Passes.h"
#include "mlir/Pass/PassManager.h"

using namespace dlc;
using namespace mlir;

llvm::Error dlc::differentiate(ModuleOp module) {
  bool asks = module
                  .walk([](Operation *op) {
                    return llvm::isa<grad::GradDialect>(op->getDialect())
                               ? WalkResult::interrupt()
                               : WalkResult::advance();
                  })
                  .wasInterrupted();
  if (!asks)
    return llvm::Error::success();
  PassManager manager(module.getContext());
  manager.addPass(createAutodiff());
  return succeeded(manager.run(module)) ? llvm::Error::success()
                                        : makeError("its derivatives can't be made");
}
