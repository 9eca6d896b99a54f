//===- Elements.h - constants from bytes ------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_ELEMENTS_H
#define DLC_LIB_IMPORT_COMMON_ELEMENTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include <memory>

namespace dlc::frontend {

/// A DenseElementsAttr of dense, little-endian elements (packed two or four to a
/// byte where narrower than a byte).
mlir::DenseElementsAttr makeElements(mlir::RankedTensorType type, llvm::StringRef bytes);

/// The bytes as a resource that refers to them and keeps `owner` alive; without an
/// owner, they must live as long as the IR.
mlir::DenseResourceElementsAttr makeResource(mlir::RankedTensorType type, llvm::StringRef name,
                                             llvm::StringRef bytes,
                                             std::shared_ptr<const void> owner = nullptr);

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_ELEMENTS_H
