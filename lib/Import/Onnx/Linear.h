//===- Linear.h - matrix products of ONNX nodes -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_LINEAR_H
#define DLC_LIB_IMPORT_ONNX_LINEAR_H

#include "../Common/MatrixProduct.h"
#include "NodeImporter.h"

namespace dlc::onnx {

using frontend::dot;
using frontend::matmul;

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_LINEAR_H
