//===- Losses.h - what a training step makes smaller -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_AUTODIFF_TRAINING_LOSSES_H
#define DLC_LIB_AUTODIFF_TRAINING_LOSSES_H

#include "dlc/Transforms/TensorBuilder.h"

namespace dlc::training {

/// A loss: of the model's first output and, if it has any, a target.
struct Loss {
  /// The loss of this name; null where there is none.
  static const Loss *lookup(llvm::StringRef name);
  /// The names of all, for a message.
  static std::string listNames();

  llvm::StringLiteral name;
  /// The target's type, given the output's; null where the loss takes none. An output
  /// that the loss isn't defined for is reported at `loc`.
  llvm::FailureOr<mlir::RankedTensorType> (*targetType)(mlir::Location loc,
                                                        mlir::RankedTensorType output);
  /// Writes the loss, 0-D.
  mlir::Value (*compute)(TensorBuilder &b, mlir::Value output, mlir::Value target);
};

} // namespace dlc::training

#endif // DLC_LIB_AUTODIFF_TRAINING_LOSSES_H
