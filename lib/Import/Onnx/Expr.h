//===- Expr.h - formulas over tensors ---------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_EXPR_H
#define DLC_LIB_IMPORT_ONNX_EXPR_H

#include "../Common/Expr.h"
#include "NodeImporter.h"

namespace dlc::onnx {

using frontend::dimRange;
using frontend::Expr;
using frontend::sizeAs;

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_EXPR_H
