//===- Attributes.cpp - types and attributes as tensors in memory ---------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluators.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::reference;

std::optional<ElementType> reference::getElementType(Type type) {
  if (auto shaped = dyn_cast<RankedTensorType>(type))
    type = shaped.getElementType();
  if (!isa<IntegerType, IndexType, FloatType>(type))
    return std::nullopt;
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return parseElementType(name);
}

/// Whether an element's bytes in an attribute are the tensor's.
static bool hasPlainStorage(ElementType type) { return getBitWidth(type) >= 8; }

Expected<Tensor> reference::getTensor(ElementsAttr elements) {
  ShapedType type = elements.getShapedType();
  std::optional<ElementType> element = getElementType(type);
  if (!element)
    return makeError("its elements can't be interpreted");
  ArrayRef<int64_t> shape = type.getShape();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    uint64_t bytes = uint64_t(type.getNumElements() * getByteSize(*element));
    if (!blob || blob->getData().size() != bytes)
      return makeError("the resource '{0}' {1} {2} bytes", resource.getRawHandle().getKey(),
                       blob ? "doesn't have" : "is missing; it should have", bytes);
    return Tensor::view(*element, shape, blob->getData().data());
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense)
    return makeError("its elements are in a form that can't be interpreted");
  if (hasPlainStorage(*element)) {
    Tensor stored = Tensor::view(*element, dense.isSplat() ? ArrayRef<int64_t>{} : shape,
                                 dense.getRawData().data());
    return dense.isSplat() ? moveElements(stored, shape, [](ArrayRef<int64_t>) { return 0; })
                           : stored;
  }
  if (isFloat(*element)) {
    std::vector<double> values;
    for (APFloat value : dense.getValues<APFloat>())
      values.push_back(value.convertToDouble());
    return Tensor::fromFloats(*element, shape, values);
  }
  std::vector<int64_t> values;
  for (const APInt &value : dense.getValues<APInt>())
    values.push_back(int64_t(value.getZExtValue()));
  return Tensor::fromInts(*element, shape, values);
}

DenseElementsAttr reference::getAttribute(const Tensor &tensor, ShapedType type) {
  assert(getElementType(type) == tensor.getType() && type.getShape() == tensor.getShape() &&
         "the tensor's type");
  if (tensor.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (hasPlainStorage(tensor.getType()))
    return DenseElementsAttr::getFromRawBuffer(type,
                                               ArrayRef(tensor.getData(), tensor.getNumBytes()));
  if (tensor.isFloat()) {
    const llvm::fltSemantics &semantics = cast<FloatType>(type.getElementType()).getFloatSemantics();
    SmallVector<APFloat> values;
    for (double value : tensor.getFloats()) {
      APFloat &number = values.emplace_back(value);
      bool losesInfo;
      number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    }
    return DenseElementsAttr::get(type, values);
  }
  SmallVector<APInt> values;
  for (int64_t value : tensor.getInts())
    values.emplace_back(getBitWidth(tensor.getType()), uint64_t(value), /*isSigned=*/true,
                        /*implicitTrunc=*/true);
  return DenseElementsAttr::get(type, values);
}
