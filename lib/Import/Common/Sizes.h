//===- Sizes.h - sizes known now or at run time -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_COMMON_SIZES_H
#define DLC_LIB_IMPORT_COMMON_SIZES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::frontend {

/// A size (or any integer that steers a shape): a number, or a tensor<i64> that
/// has it at run time. A failed one (its making was reported) is dynamic with a
/// null tensor.
class Size {
public:
  Size(int64_t number) : number(number) {}
  Size(mlir::Value tensor) : tensor(tensor) {}

  bool isStatic() const { return number.has_value(); }
  int64_t getStatic() const { return *number; }
  mlir::Value getTensor() const { return tensor; }
  /// For a type: the number, or kDynamic.
  int64_t asDim() const { return number ? *number : mlir::ShapedType::kDynamic; }
  bool is(int64_t value) const { return number == value; }

private:
  std::optional<int64_t> number;
  mlir::Value tensor;
};

using Sizes = llvm::SmallVector<Size>;

/// Entry `i` of a 1-D integer tensor where it is a number or some scalar
/// tensor<i64> that is at hand; looks through concat, reshape, slice and casts.
std::optional<Size> peekEntry(mlir::Value tensor, int64_t i);

/// Finds out which dynamic sizes are equal by following each back to where it
/// arises: through ops that keep a dimension, to a function argument, whose
/// dimensions of the same symbol are one.
///
///   %1 = dl.exp %arg0 : tensor<?x4xf32>      dim 0 of %1 is dim 0 of %arg0
///   %2 = dl.transpose %1, permutation = [1, 0]   dim 1 of %2 too
class SizeAnalysis {
public:
  /// A dimension of a value, or with dimension -1 the value itself, a scalar.
  using Key = std::pair<mlir::Value, int64_t>;

  /// Dimension `dim` of `argument` has the given symbol.
  void bindSymbol(mlir::Value argument, int64_t dim, llvm::StringRef symbol);
  bool same(Size lhs, Size rhs);
  /// Must be called when ops that were asked about are erased.
  void forget() { roots.clear(); }

private:
  Key root(Key key);

  llvm::DenseMap<Key, Key> roots;
  llvm::DenseMap<Key, Key> bound;
  llvm::StringMap<Key> symbols;
};

} // namespace dlc::frontend

#endif // DLC_LIB_IMPORT_COMMON_SIZES_H
