//===- Onnx.h - ONNX models as dl modules -----------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_IMPORT_ONNX_H
#define DLC_IMPORT_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace dlc {

struct OnnxImportOptions {
  /// Shapes that take the place of those the model declares for its inputs, by
  /// input name; kDynamic for a size that stays open.
  llvm::StringMap<llvm::SmallVector<int64_t>> inputShapes;
  /// Imports the training graphs too (training_info), as functions
  /// `training_<i>`. Off: they are ignored.
  bool training = false;
  /// Keeps the model's initializers of floats as weights however small they are, to
  /// be trained; else small ones become constants.
  bool keepsWeights = false;
};

/// Whether the bytes look like an ONNX model (a protobuf message with an
/// `ir_version` and a `graph`).
bool isOnnxModel(llvm::StringRef bytes);

/// Imports the ONNX model at `path` as a module with one public function
/// `main`. Weights become `dl.global`s that refer to bytes of the file, or of the
/// external data files beside it; none is copied. Every problem of the model is
/// reported as an error of `context` that names the node, tensor or input
/// concerned; then the result is null.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, mlir::MLIRContext *context,
                                             const OnnxImportOptions &options = {});

/// The same for a model in memory. `path` is what locations and `#dl.external`
/// attributes name, and external data is looked for in its folder. The path `-` names
/// no file: then the module refers to the bytes of `model`, which must outlive it.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::MemoryBufferRef model, llvm::StringRef path,
                                             mlir::MLIRContext *context,
                                             const OnnxImportOptions &options = {});

} // namespace dlc

#endif // DLC_IMPORT_ONNX_H
