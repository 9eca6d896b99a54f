//===- UnknownFormat.h - files that no importer knows -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_IMPORT_UNKNOWNFORMAT_H
#define DLC_IMPORT_UNKNOWNFORMAT_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace dlc {

/// Whether a file is MLIR bytecode, or begins as a module's text does.
bool isMlir(llvm::StringRef bytes);

/// What a file is that no importer takes, as far as its bytes and its name tell, and what
/// to do with it: "is a TorchScript file: …", "is no whole ONNX model: …".
std::string describeUnknownFormat(llvm::StringRef bytes, llvm::StringRef path);

} // namespace dlc

#endif // DLC_IMPORT_UNKNOWNFORMAT_H
