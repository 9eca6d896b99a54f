//===- Tensor.h - a tensor in memory ----------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_TENSOR_H
#define DLC_SUPPORT_TENSOR_H

#include "dlc/Support/ElementType.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>
#include <vector>

namespace dlc {

/// Dense, row-major, contiguous elements with their type and shape. A value:
/// copies share memory until one is written to. The memory may belong to
/// somebody else (a mapped file, an attribute) and is then never written.
class Tensor {
public:
  /// A scalar f64, 0.
  Tensor() : Tensor(ElementType::f64, {}) {}
  /// Zero-filled.
  Tensor(ElementType type, llvm::ArrayRef<int64_t> shape);
  /// Refers to `data`, kept alive by `owner` (null: by the caller).
  static Tensor view(ElementType type, llvm::ArrayRef<int64_t> shape, const void *data,
                     std::shared_ptr<const void> owner = nullptr);
  /// Rounds to a float type, or wraps to an integer type.
  static Tensor fromFloats(ElementType type, llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<double> values);
  static Tensor fromInts(ElementType type, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> values);

  ElementType getType() const { return type; }
  bool isFloat() const { return dlc::isFloat(type); }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getDim(int64_t d) const { return shape[d]; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const { return numElements; }
  int64_t getNumBytes() const { return numElements * getByteSize(type); }

  const char *getData() const { return data; }
  template <typename T> const T *getDataAs() const { return reinterpret_cast<const T *>(data); }
  /// For writing: copies the elements first if they are shared or not ours.
  char *getMutableData();

  /// One element of a float or an integer tensor.
  double getFloat(int64_t i) const;
  int64_t getInt(int64_t i) const;
  /// All elements of a float or an integer tensor.
  std::vector<double> getFloats() const;
  std::vector<int64_t> getInts() const;
  /// One element whatever the type; integers beyond 2^53 lose bits.
  double getAsDouble(int64_t i) const;

  /// The same memory under another shape of as many elements, or another type
  /// of the same byte size.
  Tensor reshaped(llvm::ArrayRef<int64_t> newShape) const;
  Tensor bitcast(ElementType newType) const;

private:
  ElementType type;
  llvm::SmallVector<int64_t, 4> shape;
  int64_t numElements = 1;
  const char *data = nullptr;
  std::shared_ptr<const void> owner;
  bool isOwned = false;
};

/// A tensor with the name it has in a file or a model's signature.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// "2x3xf32"; "f32" for a scalar.
std::string getTypeName(const Tensor &tensor);

/// One element: as few digits as identify it, `nan`, `inf`, `true`.
void printElement(const Tensor &tensor, int64_t i, llvm::raw_ostream &os);
/// The elements as nested lists, all of them.
void printTensor(const Tensor &tensor, llvm::raw_ostream &os);

/// An error of one sentence.
template <typename... Args>
llvm::Error makeError(const char *format, Args &&...args);

} // namespace dlc

#include "llvm/Support/FormatVariadic.h"

template <typename... Args>
llvm::Error dlc::makeError(const char *format, Args &&...args) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s",
                                 llvm::formatv(format, std::forward<Args>(args)...).str().c_str());
}

#endif // DLC_SUPPORT_TENSOR_H
