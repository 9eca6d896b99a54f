//===- ElementType.h - element types of tensors in memory -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The element types of dl tensors without MLIR, and the exact conversion of
// their bits to and from double and int64_t. Sub-byte elements take a byte each.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_ELEMENTTYPE_H
#define DLC_SUPPORT_ELEMENTTYPE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

namespace dlc {

enum class ElementType : uint8_t {
  f64, f32, f16, bf16, f8E4M3FN, f8E4M3FNUZ, f8E5M2, f8E5M2FNUZ, f8E8M0FNU, f4E2M1FN,
  i1, i2, i4, i8, i16, i32, i64,
  ui2, ui4, ui8, ui16, ui32, ui64,
};

/// The spelling in MLIR: f32, i8, ui8, f8E4M3FN, …
llvm::StringRef getName(ElementType type);
/// The type of that spelling; `index` is i64.
std::optional<ElementType> parseElementType(llvm::StringRef name);

/// Value bits: 1 for i1, 4 for f4E2M1FN.
unsigned getBitWidth(ElementType type);
/// Bytes that an element takes in memory: a power of two, at least 1.
inline int64_t getByteSize(ElementType type) {
  unsigned bits = getBitWidth(type);
  return bits <= 8 ? 1 : bits / 8;
}

inline bool isFloat(ElementType type) { return type <= ElementType::f4E2M1FN; }
inline bool isUnsigned(ElementType type) {
  return type >= ElementType::ui2 || type == ElementType::i1;
}

/// `count` elements at `from` as doubles (exact). A float type.
void decodeFloats(ElementType type, const void *from, int64_t count, double *to);
/// Doubles rounded to nearest, ties to even. An overflow gives infinity where
/// the type has one and `saturate` isn't set, else NaN, or with `saturate` the
/// largest finite value. f4E2M1FN has neither infinity nor NaN: it always
/// saturates, and NaN becomes negative zero. f8E8M0FNU has neither sign nor
/// zero: 0 becomes its least value, a negative number NaN.
void encodeFloats(ElementType type, const double *from, int64_t count, void *to,
                  bool saturate = false);

/// `count` elements as 64-bit integers: signed ones sign-extended, unsigned
/// ones and i1 zero-extended (ui64 keeps its bits). An integer type.
void decodeInts(ElementType type, const void *from, int64_t count, int64_t *to);
/// Keeps the low bits. An i1 is whether the lowest bit is set.
void encodeInts(ElementType type, const int64_t *from, int64_t count, void *to);

/// The value that wraps into the type's range, as decodeInts would give it.
int64_t wrapInt(ElementType type, int64_t value);
/// `value` rounded to the type.
double roundFloat(ElementType type, double value);

/// Least and largest value of an integer type, as decodeInts would give them.
int64_t getMinInt(ElementType type);
int64_t getMaxInt(ElementType type);
/// Largest finite value of a float type; the least one is its negative.
double getMaxFloat(ElementType type);

} // namespace dlc

#endif // DLC_SUPPORT_ELEMENTTYPE_H
