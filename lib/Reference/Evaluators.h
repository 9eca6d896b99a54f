//===- Evaluators.h - the evaluators of the op families ---------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_REFERENCE_EVALUATORS_H
#define DLC_LIB_REFERENCE_EVALUATORS_H

#include "dl/IR/Dl.h"
#include "dlc/Reference/Interpreter.h"
#include <cmath>
#include <cstring>
#include <limits>

namespace dlc::reference {

using mlir::ArrayRef;
using mlir::SmallVector;
using llvm::Expected;

/// The values of an op's operands, in order.
using Operands = ArrayRef<Tensor>;
using Shape = SmallVector<int64_t, 4>;

//===----------------------------------------------------------------------===//
// The table of evaluators
//===----------------------------------------------------------------------===//

/// What evaluates each op, by op name.
class EvaluatorTable {
public:
  using Evaluator = std::function<Expected<Tensors>(mlir::Operation *, Operands)>;

  /// `evaluate(op, operands)` gives a Tensor, Tensors, or an Expected of either.
  template <typename OpTy, typename Fn>
  void add(Fn evaluate) {
    table[OpTy::getOperationName()] = [evaluate](mlir::Operation *op,
                                                 Operands operands) -> Expected<Tensors> {
      return toTensors(evaluate(llvm::cast<OpTy>(op), operands));
    };
  }
  const Evaluator *lookup(mlir::Operation *op) const {
    auto found = table.find(op->getName().getStringRef());
    return found == table.end() ? nullptr : &found->second;
  }

private:
  static Expected<Tensors> toTensors(Tensor tensor) { return Tensors{std::move(tensor)}; }
  static Expected<Tensors> toTensors(Tensors tensors) { return tensors; }
  static Expected<Tensors> toTensors(Expected<Tensors> tensors) { return tensors; }
  static Expected<Tensors> toTensors(Expected<Tensor> tensor) {
    if (!tensor)
      return tensor.takeError();
    return Tensors{std::move(*tensor)};
  }

  llvm::StringMap<Evaluator> table;
};

void addDataEvaluators(EvaluatorTable &table);
void addUnaryEvaluators(EvaluatorTable &table);
void addBinaryEvaluators(EvaluatorTable &table);
void addShapeEvaluators(EvaluatorTable &table);
void addGatherScatterEvaluators(EvaluatorTable &table);
void addReduceEvaluators(EvaluatorTable &table);
void addLinearEvaluators(EvaluatorTable &table);
void addFactorEvaluators(EvaluatorTable &table);
void addEigenvalueEvaluators(EvaluatorTable &table);
void addWindowEvaluators(EvaluatorTable &table);
void addCompositeEvaluators(EvaluatorTable &table);
void addRecurrentEvaluators(EvaluatorTable &table);
void addQuantEvaluators(EvaluatorTable &table);
void addEscapeEvaluators(EvaluatorTable &table);
void addScalarEvaluators(EvaluatorTable &table);

//===----------------------------------------------------------------------===//
// Operands and results
//===----------------------------------------------------------------------===//

/// The value of an optional operand, null where it is absent.
inline const Tensor *getOperand(mlir::Operation *op, mlir::Value operand, Operands operands) {
  for (auto [i, value] : llvm::enumerate(op->getOperands()))
    if (value == operand)
      return &operands[i];
  return nullptr;
}

/// The element type of a result.
inline ElementType getResultType(mlir::Operation *op, unsigned result = 0) {
  return *getElementType(mlir::getElementTypeOrSelf(op->getResult(result)));
}

/// The shape that a result's type states where it is static, else the one that
/// the operand `shape` gives.
inline Shape getResultShape(mlir::Operation *op, const Tensor *shape) {
  if (shape)
    return llvm::to_vector<4>(shape->getInts());
  return Shape(llvm::cast<mlir::ShapedType>(op->getResult(0).getType()).getShape());
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

inline int64_t getProduct(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

/// The row-major position of an index.
inline int64_t getPosition(ArrayRef<int64_t> shape, ArrayRef<int64_t> index) {
  int64_t position = 0;
  for (auto [size, i] : llvm::zip_equal(shape, index))
    position = position * size + i;
  return position;
}

/// body(index) for every index of a shape, row-major.
template <typename Body>
void forEachIndex(ArrayRef<int64_t> shape, Body body) {
  if (llvm::is_contained(shape, 0))
    return;
  Shape index(shape.size(), 0);
  while (true) {
    body(ArrayRef<int64_t>(index));
    int64_t d = int64_t(shape.size()) - 1;
    for (; d >= 0 && ++index[d] == shape[d]; --d)
      index[d] = 0;
    if (d < 0)
      return;
  }
}

/// Copies element `from` of one tensor to element `to` of another.
inline void copyElement(const Tensor &source, int64_t from, char *data, int64_t to) {
  int64_t size = getByteSize(source.getType());
  std::memcpy(data + to * size, source.getData() + from * size, size);
}

/// A tensor of `shape` whose element at `index` is the source's at position
/// `from(index)`; a negative position leaves `fill`'s element 0, or zero.
template <typename From>
Tensor moveElements(const Tensor &source, ArrayRef<int64_t> shape, From from,
                    const Tensor *fill = nullptr) {
  Tensor result(source.getType(), shape);
  char *data = result.getMutableData();
  int64_t to = 0;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    int64_t position = from(index);
    if (position >= 0)
      copyElement(source, position, data, to);
    else if (fill)
      copyElement(*fill, 0, data, to);
    ++to;
  });
  return result;
}

/// A shape seen as outer × size × inner around one dimension.
struct Split {
  Split(ArrayRef<int64_t> shape, int64_t dimension)
      : outer(getProduct(shape.take_front(dimension))), size(shape[dimension]),
        inner(getProduct(shape.drop_front(dimension + 1))) {}
  int64_t at(int64_t o, int64_t i, int64_t n) const { return (o * size + i) * inner + n; }
  int64_t outer, size, inner;
};

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Elements as T: double for floats, int64_t for signed and uint64_t for
/// unsigned integers.
template <typename T>
std::vector<T> getValues(const Tensor &tensor) {
  if constexpr (std::is_same_v<T, double>) {
    return tensor.getFloats();
  } else {
    std::vector<int64_t> ints = tensor.getInts();
    return std::vector<T>(ints.begin(), ints.end());
  }
}

template <typename T>
Tensor makeTensor(ElementType type, ArrayRef<int64_t> shape, const std::vector<T> &values) {
  if constexpr (std::is_same_v<T, double>)
    return Tensor::fromFloats(type, shape, values);
  else
    return Tensor::fromInts(type, shape,
                            ArrayRef(reinterpret_cast<const int64_t *>(values.data()), values.size()));
}

/// Calls `action` with a zero of the type T that computes with elements of
/// `type` (see getValues).
template <typename Action>
auto withArithmetic(ElementType type, Action action) {
  if (isFloat(type))
    return action(double());
  return isUnsigned(type) ? action(uint64_t()) : action(int64_t());
}

/// Integer arithmetic wraps.
template <typename T>
T add(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return T(uint64_t(a) + uint64_t(b));
  else
    return a + b;
}
template <typename T>
T multiply(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return T(uint64_t(a) * uint64_t(b));
  else
    return a * b;
}

template <typename T>
bool isNan(T value) {
  if constexpr (std::is_same_v<T, double>)
    return std::isnan(value);
  else
    return false;
}
/// NaN where either is NaN; +0 is larger than −0.
template <typename T>
T maximum(T a, T b) {
  if (isNan(a) || isNan(b))
    return isNan(a) ? a : b;
  if constexpr (std::is_same_v<T, double>)
    if (a == b)
      return std::signbit(a) ? b : a;
  return a < b ? b : a;
}
template <typename T>
T minimum(T a, T b) {
  if (isNan(a) || isNan(b))
    return isNan(a) ? a : b;
  if constexpr (std::is_same_v<T, double>)
    if (a == b)
      return std::signbit(a) ? a : b;
  return b < a ? b : a;
}
/// A total order of elements: NaN after every number.
template <typename T>
bool isBefore(T a, T b) {
  if (isNan(a) || isNan(b))
    return !isNan(a) && isNan(b);
  return a < b;
}

/// Sorts places by `isBefore(a, b)`; of equal ones the lower comes first.
template <typename Before>
void sortPlaces(std::vector<int64_t> &places, Before isBefore) {
  llvm::sort(places, [&](int64_t a, int64_t b) {
    if (isBefore(a, b) || isBefore(b, a))
      return isBefore(a, b);
    return a < b;
  });
}

/// The neutral elements of max and min.
template <typename T>
T getLowest(ElementType type) {
  if constexpr (std::is_same_v<T, double>)
    return -std::numeric_limits<double>::infinity();
  else
    return T(getMinInt(type));
}
template <typename T>
T getHighest(ElementType type) {
  if constexpr (std::is_same_v<T, double>)
    return std::numeric_limits<double>::infinity();
  else
    return T(getMaxInt(type));
}

/// The conversion that dl.convert makes.
Tensor convert(const Tensor &tensor, ElementType type, bool saturate = false);

} // namespace dlc::reference

#endif // DLC_LIB_REFERENCE_EVALUATORS_H
