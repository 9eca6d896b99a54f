//===- Matrices.h - what importers of linear algebra share ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last two dimensions of a value are matrices, those before a batch. A null
// value (reported already) makes everything computed from it null.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_MATRICES_H
#define DLC_LIB_IMPORT_TORCH_MATRICES_H

#include "../Common/MatrixProduct.h"
#include "NodeImporter.h"

namespace dlc::torch {

/// A tensor argument of rank 2 at least; null after reporting an error.
mlir::Value matrix(NodeImporter &n, llvm::StringRef name);
/// The op's first argument, the matrices: older ops call it `self`, others `A`.
mlir::Value onlyMatrix(NodeImporter &n);

/// The same of a square matrix; sizes that aren't known now are compared in the run.
mlir::Value squareMatrix(NodeImporter &n, llvm::StringRef name);
mlir::Value onlySquareMatrix(NodeImporter &n);

/// Rows and columns.
Size countRows(NodeImporter &n, mlir::Value x);
Size countColumns(NodeImporter &n, mlir::Value x);

mlir::Value transposeMatrix(NodeImporter &n, mlir::Value x);

/// The elements whose row number compares to the column's as said; 0 elsewhere.
Expr keepWhere(NodeImporter &n, mlir::Value x, dl::ComparisonDirection rowToColumn);

/// Identity matrices of so many rows, with x's batch sizes and element type.
mlir::Value identityLike(NodeImporter &n, mlir::Value x, Size rows);

/// The diagonal of each matrix, as vectors.
Expr diagonal(NodeImporter &n, mlir::Value x);

/// The matrices' columns times a vector each: X·diag(v).
Expr scaleColumns(NodeImporter &n, mlir::Value x, mlir::Value vector);

/// op(A)·X = B, A triangular; batches are broadcast.
struct Triangle {
  bool isRightSide = false, isUpper = false, isUnit = false, isTransposed = false;
};
mlir::Value solveTriangular(NodeImporter &n, mlir::Value a, mlir::Value b, Triangle kind);

/// What `lu` gives: pivots count from 0.
struct Lu {
  mlir::Value factors, pivots;
  explicit operator bool() const { return factors && pivots; }
};
Lu factorLu(NodeImporter &n, mlir::Value a);
/// The same with PyTorch's pivots, which count from 1.
Lu takeLu(NodeImporter &n, mlir::Value factors, mlir::Value pivots);
mlir::Value countFromOne(NodeImporter &n, mlir::Value pivots);
/// LAPACK's `info`: the first column, counted from 1, of which U's diagonal is 0.
mlir::Value infoOf(NodeImporter &n, const Lu &lu);
/// A·X = B, or Aᵀ·X = B with `isTransposed`; batches are broadcast.
mlir::Value solveLu(NodeImporter &n, Lu lu, mlir::Value b, bool isTransposed = false);

/// The number, counted from 1, of the first element that is true in the last dimension;
/// 0 where there is none.
mlir::Value firstTrue(NodeImporter &n, mlir::Value isTrue);

/// The run ends with `message` unless `info` is 0 throughout.
void requireZero(NodeImporter &n, mlir::Value info, const llvm::Twine &message);

struct Svd {
  mlir::Value u, s, vt;
  explicit operator bool() const { return u && s && vt; }
};
Svd factorSvd(NodeImporter &n, mlir::Value a, bool isFull);

struct Eigh {
  mlir::Value values, vectors;
  explicit operator bool() const { return values && vectors; }
};
Eigh factorEigh(NodeImporter &n, mlir::Value a, bool isUpper = false);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_MATRICES_H
