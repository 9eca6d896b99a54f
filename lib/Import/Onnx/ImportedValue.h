//===- ImportedValue.h - what an ONNX name stands for -----------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H
#define DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H

#include "mlir/IR/Builders.h"
#include <vector>

namespace dlc::onnx {

/// What an ONNX name stands for. dl has tensors only: sequences and optionals
/// of known structure exist while importing, as lists of tensors.
struct ImportedValue {
  enum class Kind {
    Failed,     ///< its node was reported as an error
    Absent,     ///< an optional without a value
    Tensor,     ///< also an optional that has a tensor
    EitherRank, ///< one element, in a tensor whose rank depends on the run
    Sequence,   ///< `elements`
  };
  Kind kind = Kind::Failed;
  mlir::Value tensor; ///< EitherRank: of the higher rank
  mlir::Value isLower; ///< EitherRank: 0-D, whether this run has `lowerRank`
  int64_t lowerRank = 0;
  std::vector<ImportedValue> elements;

  ImportedValue() = default;
  ImportedValue(mlir::Value tensor)
      : kind(tensor ? Kind::Tensor : Kind::Failed), tensor(tensor) {}
  static ImportedValue absent() {
    ImportedValue value;
    value.kind = Kind::Absent;
    return value;
  }
  static ImportedValue eitherRank(mlir::Value tensor, mlir::Value isLower, int64_t lowerRank) {
    ImportedValue value(tensor);
    value.kind = Kind::EitherRank;
    value.isLower = isLower;
    value.lowerRank = lowerRank;
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
  bool isEitherRank() const { return kind == Kind::EitherRank; }
  bool isSequence() const { return kind == Kind::Sequence; }
  bool isAbsent() const { return kind == Kind::Absent; }

  /// A value of either rank as a tensor of the lower one, for a use that the rank
  /// matters to: a run of the higher rank ends with an error. Others as they are.
  ImportedValue withOneRank(mlir::OpBuilder &b) const;
};

/// Ends the run, at `loc`, unless the branch of lower rank is taken.
void requireLowerRank(mlir::OpBuilder &b, mlir::Location loc, mlir::Value isLower);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_IMPORTEDVALUE_H
