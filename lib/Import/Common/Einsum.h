//===- Einsum.h - Einstein summation ----------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_EINSUM_H
#define DLC_LIB_IMPORT_COMMON_EINSUM_H

#include "NodeBuilder.h"

namespace dlc::frontend {

/// numpy.einsum of an equation such as "bij,bjk->bik"; a size of 1 is broadcast.
/// Null after reporting an error.
mlir::Value einsum(NodeBuilder &n, std::string equation, llvm::ArrayRef<mlir::Value> inputs);

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_EINSUM_H
