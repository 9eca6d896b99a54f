//===- ResizeBytes.h - images of bytes, resampled as PyTorch does -*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_RESIZEBYTES_H
#define DLC_LIB_IMPORT_TORCH_RESIZEBYTES_H

#include "NodeImporter.h"

namespace dlc::torch {

/// How an image is resampled; linearly unless `isCubic`.
struct ByteResize {
  bool isCubic = false, alignsCorners = false, antialiases = false;
};

/// N,C,H,W of bytes in other sizes; `scales` are those of height and width, or none.
mlir::Value resizeBytes(NodeImporter &n, const ByteResize &r, mlir::Value x, Size height,
                        Size width, llvm::ArrayRef<double> scales);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_RESIZEBYTES_H
