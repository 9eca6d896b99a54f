//===- Convolution.h - convolutions of ONNX nodes ---------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_CONVOLUTION_H
#define DLC_LIB_IMPORT_ONNX_CONVOLUTION_H

#include "NodeImporter.h"

namespace dlc::onnx {

/// The convolution that the node's attributes describe, with elements
/// accumulated in `elementType`; null after reporting an error. The bias may be
/// null.
mlir::Value convolve(NodeImporter &n, mlir::Value x, mlir::Value w, mlir::Value bias,
                     mlir::Type elementType);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_CONVOLUTION_H
