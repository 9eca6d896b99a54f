//===- Elements.cpp - constants from bytes --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"

using namespace mlir;

DenseElementsAttr dlc::frontend::makeElements(RankedTensorType type, StringRef bytes) {
  unsigned width = type.getElementTypeBitWidth();
  if (width == 1) {
    SmallVector<bool> flags;
    for (char byte : bytes)
      flags.push_back(byte != 0);
    return DenseElementsAttr::get(type, flags);
  }
  if (width >= 8)
    return DenseElementsAttr::getFromRawBuffer(type, ArrayRef(bytes.data(), bytes.size()));
  // The IR holds an element per byte; a file packs them, low bits first.
  int64_t perByte = 8 / width;
  auto elementBits = [&](int64_t i) {
    return static_cast<uint8_t>(bytes[i / perByte]) >> (i % perByte * width) & ((1u << width) - 1);
  };
  auto floatType = dyn_cast<FloatType>(type.getElementType());
  SmallVector<APInt> integers;
  SmallVector<APFloat> floats;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    APInt bits(width, elementBits(i));
    if (floatType)
      floats.push_back(APFloat(floatType.getFloatSemantics(), bits));
    else
      integers.push_back(bits);
  }
  return floatType ? DenseElementsAttr::get(type, floats) : DenseElementsAttr::get(type, integers);
}

DenseResourceElementsAttr dlc::frontend::makeResource(RankedTensorType type, StringRef name,
                                                      StringRef bytes,
                                                      std::shared_ptr<const void> owner) {
  AsmResourceBlob blob(ArrayRef(bytes.data(), bytes.size()), /*dataAlignment=*/1,
                       [owner = std::move(owner)](void *, size_t, size_t) {},
                       /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}
