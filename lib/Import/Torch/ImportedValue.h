//===- ImportedValue.h - what a name of a program stands for ----*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_IMPORTEDVALUE_H
#define DLC_LIB_IMPORT_TORCH_IMPORTEDVALUE_H

#include "../Common/Sizes.h"

namespace dlc::torch {

/// A tensor, or a Python number that the program computes with.
struct ImportedValue {
  enum class Kind {
    Failed, ///< its node was reported as an error
    None,
    Tensor,
    Int,    ///< `size`
    Float,  ///< `tensor`, a tensor<f64>
    Bool,   ///< `tensor`, a tensor<i1>
  };
  Kind kind = Kind::Failed;
  mlir::Value tensor;
  std::optional<frontend::Size> size;

  ImportedValue() = default;
  ImportedValue(mlir::Value tensor, Kind kind = Kind::Tensor)
      : kind(tensor ? kind : Kind::Failed), tensor(tensor) {}
  ImportedValue(frontend::Size number)
      : kind(number.isStatic() || number.getTensor() ? Kind::Int : Kind::Failed), size(number) {}
  static ImportedValue none() {
    ImportedValue value;
    value.kind = Kind::None;
    return value;
  }

  bool isFailed() const { return kind == Kind::Failed; }
  bool isTensor() const { return kind == Kind::Tensor; }
};

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_IMPORTEDVALUE_H
