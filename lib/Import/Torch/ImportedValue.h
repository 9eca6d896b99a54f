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
    Complex, ///< `tensor` and `imaginary`, its parts
    Int,    ///< `size`
    Float,  ///< `tensor`, a tensor<f64>
    Bool,   ///< `tensor`, a tensor<i1>
  };
  Kind kind = Kind::Failed;
  mlir::Value tensor;
  mlir::Value imaginary;
  /// Of Complex: the same numbers as one tensor with a last dimension of 2, if there is one.
  mlir::Value interleaved;
  std::optional<frontend::Size> size;

  ImportedValue() = default;
  ImportedValue(mlir::Value tensor, Kind kind = Kind::Tensor)
      : kind(tensor ? kind : Kind::Failed), tensor(tensor) {}
  ImportedValue(frontend::Size number)
      : kind(number.isStatic() || number.getTensor() ? Kind::Int : Kind::Failed), size(number) {}
  static ImportedValue complex(mlir::Value real, mlir::Value imaginary,
                               mlir::Value interleaved = {}) {
    ImportedValue value(real, imaginary ? Kind::Complex : Kind::Failed);
    value.imaginary = imaginary;
    value.interleaved = interleaved;
    return value;
  }
  static ImportedValue none() {
    ImportedValue value;
    value.kind = Kind::None;
    return value;
  }

  bool isFailed() const { return kind == Kind::Failed; }
  bool isTensor() const { return kind == Kind::Tensor; }
  bool isComplex() const { return kind == Kind::Complex; }
};

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_IMPORTEDVALUE_H
