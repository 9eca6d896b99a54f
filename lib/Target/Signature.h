//===- Signature.h - inside lib/Target ------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_SIGNATURE_H
#define DLC_LIB_TARGET_SIGNATURE_H

#include "dlc/Target/Artifact.h"
#include <optional>

namespace dlc {

/// An element type at the door of an artefact.
struct ElementInfo {
  uint8_t code, bits;          ///< DLPack
  uint16_t bytes;              ///< in memory: at least one
  llvm::StringRef name;        ///< as NumPy and ml_dtypes call it
  llvm::StringRef cType;       ///< in the header
  llvm::StringRef safetensors; ///< in external weights
};

/// Nothing for a type that can't cross the door.
std::optional<ElementInfo> getElementInfo(mlir::Type type);

/// "float32[N,3]"
std::string formatType(const TensorSignature &tensor, const ElementInfo &element);

/// What the sizes may be that the model limits: "N from 2 to 64 by steps of 2"; or empty.
std::string formatLimits(const TensorSignature &tensor);

/// `text` with everything but letters, digits and underscores replaced.
std::string makeIdentifier(llvm::StringRef text);

/// Whether a function that begins with `prefix` (`dlc`, `pthread`) may be one of
/// the runtime's or of the C library's, which a model must not define again.
bool isReservedPrefix(llvm::StringRef prefix);

} // namespace dlc

#endif // DLC_LIB_TARGET_SIGNATURE_H
