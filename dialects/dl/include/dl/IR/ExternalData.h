//===- ExternalData.h - the files of a module's weights ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DL_IR_EXTERNALDATA_H
#define DL_IR_EXTERNALDATA_H

#include "mlir/IR/BuiltinOps.h"

namespace dlc::dl {

/// On a `dl.global`: a parameter of the model, as frameworks tell them from buffers
/// and constants.
constexpr llvm::StringLiteral kParameterAttr = "dlc.parameter";
/// On a `dl.global`: a parameter that the framework says is to stay as it is.
constexpr llvm::StringLiteral kFrozenAttr = "dlc.frozen";
/// On a `dl.batch_norm`, where it isn't 0.1: how far its statistics move towards the
/// batch's in a training step.
constexpr llvm::StringLiteral kMomentumAttr = "dlc.momentum";
/// Marks the function that is the model in training, where that isn't the model itself.
constexpr llvm::StringLiteral kTrainingAttr = "dlc.training";

/// Finds the files that the `#dl.external` values of the module's globals name. A
/// relative path is looked for in `folder`, then in the working directory; where it
/// is in `folder`, the value gets that path. A file that can't be read or that ends
/// before the global's bytes is an error that names the global. `onFile` is told of
/// each file once, by its path and by the name that the module had for it.
llvm::LogicalResult
resolveExternalData(mlir::ModuleOp module, llvm::StringRef folder,
                    llvm::function_ref<void(llvm::StringRef path, llvm::StringRef name)> onFile);

} // namespace dlc::dl

#endif // DL_IR_EXTERNALDATA_H
