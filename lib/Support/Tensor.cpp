//===- Tensor.cpp - a tensor in memory ------------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/Tensor.h"
#include "TensorMemory.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemAlloc.h"
#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace dlc;
using llvm::ArrayRef;

static int64_t getProduct(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

Tensor::Tensor(ElementType type, ArrayRef<int64_t> shape)
    : type(type), shape(shape), numElements(getProduct(shape)), isOwned(true) {
  std::shared_ptr<char> memory = allocateTensor(getNumBytes());
  data = memory.get();
  owner = std::move(memory);
}

Tensor Tensor::view(ElementType type, ArrayRef<int64_t> shape, const void *data,
                    std::shared_ptr<const void> owner) {
  Tensor result;
  result.type = type;
  result.shape.assign(shape.begin(), shape.end());
  result.numElements = getProduct(shape);
  result.data = static_cast<const char *>(data);
  result.owner = std::move(owner);
  result.isOwned = false;
  return result;
}

Tensor Tensor::fromFloats(ElementType type, ArrayRef<int64_t> shape, ArrayRef<double> values) {
  Tensor result(type, shape);
  assert(result.numElements == int64_t(values.size()) && "one value per element");
  encodeFloats(type, values.data(), values.size(), result.getMutableData());
  return result;
}

Tensor Tensor::fromInts(ElementType type, ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
  Tensor result(type, shape);
  assert(result.numElements == int64_t(values.size()) && "one value per element");
  encodeInts(type, values.data(), values.size(), result.getMutableData());
  return result;
}

char *Tensor::getMutableData() {
  if (!isOwned || owner.use_count() > 1) {
    std::shared_ptr<char> copy = allocateTensor(getNumBytes());
    std::memcpy(copy.get(), data, getNumBytes());
    data = copy.get();
    owner = std::move(copy);
    isOwned = true;
  }
  return const_cast<char *>(data);
}

double Tensor::getFloat(int64_t i) const {
  double value;
  decodeFloats(type, data + i * getByteSize(type), 1, &value);
  return value;
}

int64_t Tensor::getInt(int64_t i) const {
  int64_t value;
  decodeInts(type, data + i * getByteSize(type), 1, &value);
  return value;
}

double Tensor::getAsDouble(int64_t i) const {
  if (isFloat())
    return getFloat(i);
  return type == ElementType::ui64 ? double(uint64_t(getInt(i))) : double(getInt(i));
}

std::vector<double> Tensor::getFloats() const {
  std::vector<double> values(numElements);
  decodeFloats(type, data, numElements, values.data());
  return values;
}

std::vector<int64_t> Tensor::getInts() const {
  std::vector<int64_t> values(numElements);
  decodeInts(type, data, numElements, values.data());
  return values;
}

Tensor Tensor::reshaped(ArrayRef<int64_t> newShape) const {
  assert(getProduct(newShape) == numElements && "as many elements");
  Tensor result = *this;
  result.shape.assign(newShape.begin(), newShape.end());
  return result;
}

Tensor Tensor::bitcast(ElementType newType) const {
  assert(getByteSize(newType) == getByteSize(type) && "same byte size");
  Tensor result = *this;
  result.type = newType;
  return result;
}

std::string dlc::getTypeName(const Tensor &tensor) {
  std::string text;
  for (int64_t size : tensor.getShape())
    text += llvm::itostr(size) + "x";
  return text + getName(tensor.getType()).str();
}

/// Shortest decimal that reads back as the same double, or as the same float
/// for the narrower types.
static void printFloat(double value, ElementType type, llvm::raw_ostream &os) {
  if (std::isnan(value)) {
    os << "nan";
    return;
  }
  char text[40];
  int digits = type == ElementType::f64 ? 15 : 6;
  for (; digits < 17; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, value);
    double back = std::strtod(text, nullptr);
    if (type == ElementType::f64 ? back == value : float(back) == float(value))
      break;
  }
  std::snprintf(text, sizeof(text), "%.*g", digits, value);
  os << text;
}

void dlc::printElement(const Tensor &tensor, int64_t i, llvm::raw_ostream &os) {
  if (tensor.isFloat())
    printFloat(tensor.getFloat(i), tensor.getType(), os);
  else if (tensor.getType() == ElementType::i1)
    os << (tensor.getInt(i) ? "true" : "false");
  else if (tensor.getType() == ElementType::ui64)
    os << uint64_t(tensor.getInt(i));
  else
    os << tensor.getInt(i);
}

static void printDimension(const Tensor &tensor, int64_t d, int64_t &next,
                           llvm::raw_ostream &os) {
  if (d == tensor.getRank()) {
    printElement(tensor, next++, os);
    return;
  }
  os << '[';
  for (int64_t i = 0; i < tensor.getDim(d); ++i) {
    if (i > 0)
      os << ", ";
    printDimension(tensor, d + 1, next, os);
  }
  os << ']';
}

void dlc::printTensor(const Tensor &tensor, llvm::raw_ostream &os) {
  int64_t next = 0;
  printDimension(tensor, 0, next, os);
}
