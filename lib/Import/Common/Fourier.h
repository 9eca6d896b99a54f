//===- Fourier.h - discrete Fourier transforms ------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_FOURIER_H
#define DLC_LIB_IMPORT_COMMON_FOURIER_H

#include "NodeBuilder.h"

namespace dlc::frontend {

/// What a transform of a signal with a last dimension of 1 (real) or 2 does.
struct Transform {
  bool inverse = false, onesided = false;
  int64_t axis = 1;
  Size length; ///< of the (whole) transform
};

/// The signal cut or padded with zeros along the axis, and transformed: to complex
/// terms, or, inverse and one-sided, to real values. The inverse is divided by the
/// length.
mlir::Value transform(NodeBuilder &n, mlir::Value x, const Transform &t);

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_FOURIER_H
