//===- Indexing.h - gathering and scattering elements -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_INDEXING_H
#define DLC_LIB_IMPORT_COMMON_INDEXING_H

#include "NodeBuilder.h"

namespace dlc::frontend {

/// Indices of a dimension of the given size as i64, counted from the front.
mlir::Value positions(NodeBuilder &n, mlir::Value indices, Size size);

/// result[.., i, ..] = x[.., indices[.., i, ..], ..] along one axis; the other
/// dimensions of x may be longer than those of the indices. Negative indices count from
/// the end if `wrapNegative`, else they are out of range.
mlir::Value gatherElements(NodeBuilder &n, mlir::Value x, mlir::Value indices, int64_t axis,
                           bool wrapNegative = false);

/// The same where the sizes agree along all other axes and no index is wrong: the indices
/// are those that an arg_reduce found.
mlir::Value pickElements(NodeBuilder &n, mlir::Value x, mlir::Value indices, int64_t axis,
                         dl::IndexMode mode = dl::IndexMode::clamp);

/// x[.., indices[.., i, ..], ..] combined with updates[.., i, ..] along an axis; indices
/// as in gatherElements.
mlir::Value scatterElements(NodeBuilder &n, mlir::Value x, mlir::Value indices,
                            mlir::Value updates, int64_t axis, dl::ScatterKind kind,
                            bool wrapNegative = false);

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_INDEXING_H
