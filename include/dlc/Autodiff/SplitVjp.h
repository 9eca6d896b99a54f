//===- SplitVjp.h - what -dl-split-vjp goes by ------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_AUTODIFF_SPLITVJP_H
#define DLC_AUTODIFF_SPLITVJP_H

#include "llvm/ADT/StringRef.h"

namespace dlc {

/// Marks an argument that is there in the backward part only.
constexpr llvm::StringLiteral kCotangentAttr = "dlc.cotangent";

/// Marks a result that the backward part gives.
constexpr llvm::StringLiteral kGradientAttr = "dlc.gradient";

/// Marks an argument that the caller changes between the two parts.
constexpr llvm::StringLiteral kOverwrittenAttr = "dlc.overwritten";

} // namespace dlc

#endif // DLC_AUTODIFF_SPLITVJP_H
