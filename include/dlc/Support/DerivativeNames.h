//===- DerivativeNames.h - of which value one is the derivative -*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Autodiff notes in the location of a value of which other value it is the derivative,
// so that a reader can be given a name for it. Nothing but names depends on that.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_DERIVATIVENAMES_H
#define DLC_SUPPORT_DERIVATIVENAMES_H

#include "mlir/IR/Location.h"

namespace dlc {

/// The location of a derivative, `grad` or `tangent`, of what is at `of`.
inline mlir::Location markDerivative(mlir::Location location, mlir::Location of,
                                     llvm::StringRef kind) {
  auto name = mlir::StringAttr::get(location.getContext(), kind);
  return mlir::FusedLoc::get({location}, mlir::NameLoc::get(name, of), location.getContext());
}

/// Of what this is the location of a derivative, and of which kind; null if of none.
inline std::pair<mlir::LocationAttr, llvm::StringRef>
getDerivativeMark(mlir::LocationAttr location) {
  auto fused = llvm::dyn_cast<mlir::FusedLoc>(location);
  auto mark = fused ? llvm::dyn_cast_if_present<mlir::NameLoc>(fused.getMetadata()) : mlir::NameLoc();
  if (!mark)
    return {};
  return {mlir::LocationAttr(mark.getChildLoc()), mark.getName().getValue()};
}

} // namespace dlc

#endif // DLC_SUPPORT_DERIVATIVENAMES_H
