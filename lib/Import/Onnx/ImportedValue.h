//===- ImportedValue.h - what an ONNX name stands for -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H
#define DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H

#include "mlir/IR/Value.h"
#include <vector>

namespace dlc::onnx {

/// What an ONNX name stands for. dl has tensors only: sequences and optionals
/// of known structure exist while importing, as lists of tensors.
struct ImportedValue {
  enum class Kind {
    Failed,   ///< its node was reported as an error
    Absent,   ///< an optional without a value
    Tensor,   ///< also an optional that has a tensor
    Sequence, ///< `elements`
  };
  Kind kind = Kind::Failed;
  mlir::Value tensor;
  std::vector<ImportedValue> elements;

  ImportedValue() = default;
  ImportedValue(mlir::Value tensor)
      : kind(tensor ? Kind::Tensor : Kind::Failed), tensor(tensor) {}
  static ImportedValue absent() {
    ImportedValue value;
    value.kind = Kind::Absent;
    return value;
  }
  static ImportedValue sequence(std::vector<ImportedValue> elements) {
    ImportedValue value;
    value.kind = Kind::Sequence;
    value.elements = std::move(elements);
    return value;
  }

  bool isFailed() const { return kind == Kind::Failed; }
  bool isTensor() const { return kind == Kind::Tensor; }
  bool isSequence() const { return kind == Kind::Sequence; }
  bool isAbsent() const { return kind == Kind::Absent; }
};

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H
