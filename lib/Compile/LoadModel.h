//===- LoadModel.h - a module of any input format ---------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_COMPILE_LOADMODEL_H
#define DLC_LIB_COMPILE_LOADMODEL_H

#include "dlc/Compile/Compiler.h"
#include "llvm/Support/MemoryBuffer.h"

namespace dlc {

/// Reads the input, whose format is known by its content: MLIR text or bytecode,
/// or ONNX. Gives the inputs the shapes that the options ask for, and makes sure
/// that the files of the weights can be read. `buffer` gets the input's bytes, to
/// which the module refers where they come from no file. Null after an error.
mlir::OwningOpRef<mlir::ModuleOp> loadModel(const CompileOptions &options,
                                            mlir::MLIRContext *context,
                                            std::unique_ptr<llvm::MemoryBuffer> &buffer);

} // namespace dlc

#endif // DLC_LIB_COMPILE_LOADMODEL_H
