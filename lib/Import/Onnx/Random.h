//===- Random.h - random numbers of ONNX nodes ------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_RANDOM_H
#define DLC_LIB_IMPORT_ONNX_RANDOM_H

#include "NodeImporter.h"

namespace dlc::onnx {

/// The key of the node's random numbers: its `seed` attribute, else a hash of
/// its name; the numbers are the same in every run, and differ between nodes.
mlir::Value randomKey(NodeImporter &n);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_RANDOM_H
