//===- Sampling.h - values between the elements of an image -----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_SAMPLING_H
#define DLC_LIB_IMPORT_ONNX_SAMPLING_H

#include "NodeImporter.h"

namespace dlc::onnx {

/// images[b, :, y, x] for integer (i64) tensors b, y, x of one shape P: a tensor
/// P, C. Indices outside give the nearest element.
mlir::Value pickPixels(NodeImporter &n, mlir::Value images, mlir::Value b, mlir::Value y,
                       mlir::Value x);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_SAMPLING_H
