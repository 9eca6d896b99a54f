//===- SizeText.h - sizes as text -------------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_SIZETEXT_H
#define DLC_LIB_IMPORT_TORCH_SIZETEXT_H

#include "ExportedGraph.h"

namespace dlc::torch {

/// An expression as SymPy's srepr writes it; nullopt if the text isn't one.
///   Add(Mul(Integer(2), Symbol('s77', positive=True, integer=True)), Integer(1))
std::optional<SizeExpr> parseSizeText(llvm::StringRef text);

/// Whether an operation is one of those that have a meaning: add, mul, floordiv, mod, max, min.
bool isSizeOperation(llvm::StringRef name);

/// Whether all operations of an expression have one.
bool isKnownSize(const SizeExpr &expr);

/// The expression as one writes it, the same for equal ones: "2*s77+1".
std::string formatSize(const SizeExpr &expr);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_SIZETEXT_H
