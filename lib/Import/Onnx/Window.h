//===- Window.h - kernel_shape, strides, pads, … ----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_WINDOW_H
#define DLC_LIB_IMPORT_ONNX_WINDOW_H

#include "NodeImporter.h"

namespace dlc::onnx {

/// How a convolution or pooling walks over the spatial dimensions.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, low, high, dilations;
  bool ceil = false;
  /// Where auto_pad depends on sizes known only at run time: the padding to
  /// apply to the input beforehand (low and high are then 0).
  Sizes dynamicLow, dynamicHigh;

  int64_t rank() const { return kernel.size(); }
  /// The elements that one window spans.
  int64_t span(int64_t d) const { return (kernel[d] - 1) * dilations[d] + 1; }
};

/// Reads strides, pads, dilations, auto_pad and kernel_shape. `kernel` is the
/// window's shape where an input has it (a convolution), else empty: then
/// kernel_shape is required. Nullopt after reporting an error.
std::optional<Window> readWindow(NodeImporter &n, mlir::Value input,
                                 llvm::ArrayRef<int64_t> kernel = {});

/// The input with the window's dynamic padding applied, if there is any.
mlir::Value applyDynamicPadding(NodeImporter &n, mlir::Value input, const Window &window,
                                mlir::Value padding = {});

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_WINDOW_H
