//===- ElementType.cpp - element types of tensors in memory ---------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/ElementType.h"
#include "llvm/Support/MathExtras.h"
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

using namespace dlc;
using llvm::StringRef;

namespace {
struct TypeInfo {
  StringRef name;
  unsigned bits;
};
} // namespace

static constexpr unsigned numTypes = static_cast<unsigned>(ElementType::ui64) + 1;
static const TypeInfo typeInfos[numTypes] = {
    {"f64", 64},      {"f32", 32},         {"f16", 16},       {"bf16", 16},
    {"f8E4M3FN", 8},  {"f8E4M3FNUZ", 8},   {"f8E5M2", 8},     {"f8E5M2FNUZ", 8},
    {"f8E8M0FNU", 8}, {"f4E2M1FN", 4},     {"i1", 1},         {"i2", 2},
    {"i4", 4},        {"i8", 8},           {"i16", 16},       {"i32", 32},
    {"i64", 64},      {"ui2", 2},          {"ui4", 4},        {"ui8", 8},
    {"ui16", 16},     {"ui32", 32},        {"ui64", 64}};

StringRef dlc::getName(ElementType type) { return typeInfos[unsigned(type)].name; }

unsigned dlc::getBitWidth(ElementType type) { return typeInfos[unsigned(type)].bits; }

std::optional<ElementType> dlc::parseElementType(StringRef name) {
  if (name == "index")
    return ElementType::i64;
  for (unsigned i = 0; i < numTypes; ++i)
    if (typeInfos[i].name == name)
      return ElementType(i);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Narrow floats
//===----------------------------------------------------------------------===//

namespace {
/// How a narrow float spells what isn't a finite number.
enum class Special {
  ieee,   ///< all-ones exponent: infinity with mantissa 0, else NaN
  fn,     ///< no infinity; NaN is all ones
  fnuz,   ///< no infinity, no negative zero; NaN is the sign bit alone
  finite, ///< neither infinity nor NaN
};

struct FloatFormat {
  unsigned exponentBits, mantissaBits;
  int bias;
  Special special;

  unsigned signBit() const { return 1u << (exponentBits + mantissaBits); }
  int minExponent() const { return 1 - bias; }
  unsigned maxFinite() const {
    switch (special) {
    case Special::ieee:
      return (((1u << exponentBits) - 1) << mantissaBits) - 1;
    case Special::fn:
      return signBit() - 2;
    case Special::fnuz:
    case Special::finite:
      return signBit() - 1;
    }
    llvm_unreachable("all formats handled");
  }
  unsigned nan() const {
    switch (special) {
    case Special::ieee:
      return maxFinite() + 1 + (1u << (mantissaBits - 1));
    case Special::fn:
      return signBit() - 1;
    case Special::fnuz:
    case Special::finite:
      return signBit();
    }
    llvm_unreachable("all formats handled");
  }

  double decode(unsigned code) const {
    if (special == Special::fnuz && code == nan())
      return std::numeric_limits<double>::quiet_NaN();
    double sign = code & signBit() ? -1.0 : 1.0;
    unsigned magnitude = code & (signBit() - 1);
    if (magnitude > maxFinite())
      return special == Special::ieee && magnitude == maxFinite() + 1
                 ? sign * std::numeric_limits<double>::infinity()
                 : std::numeric_limits<double>::quiet_NaN();
    unsigned exponent = magnitude >> mantissaBits;
    unsigned mantissa = magnitude & ((1u << mantissaBits) - 1);
    if (exponent == 0)
      return sign * std::ldexp(double(mantissa), minExponent() - int(mantissaBits));
    return sign * std::ldexp(double(mantissa | (1u << mantissaBits)),
                             int(exponent) - bias - int(mantissaBits));
  }

  unsigned encode(double value, bool saturate) const {
    if (std::isnan(value))
      return nan();
    unsigned sign = std::signbit(value) ? signBit() : 0;
    value = std::fabs(value);
    unsigned code = maxFinite() + 1;
    int exponent = value == 0 ? minExponent() : std::max(std::ilogb(value), minExponent());
    if (exponent <= bias + 1) {
      // The mantissa counts units of 2^(exponent - mantissaBits); a carry out
      // of it raises the exponent field by itself.
      double units = std::ldexp(value, int(mantissaBits) - exponent);
      code = unsigned(std::nearbyint(units)) +
             (unsigned(exponent - minExponent()) << mantissaBits);
    }
    if (code > maxFinite()) {
      if (saturate || special == Special::finite)
        code = maxFinite();
      else if (special == Special::ieee)
        code = maxFinite() + 1;
      else
        return special == Special::fn ? sign | nan() : nan();
    }
    if (special == Special::fnuz && code == 0)
      return 0;
    return sign | code;
  }
};

/// f8E8M0FNU: the code is the exponent, biased by 127; 255 is NaN.
struct ExponentFormat {
  double decode(unsigned code) const {
    return code == 255 ? std::numeric_limits<double>::quiet_NaN()
                       : std::ldexp(1.0, int(code) - 127);
  }
  unsigned encode(double value, bool saturate) const {
    if (std::isnan(value) || value < 0)
      return 255;
    if (value <= 0x1p-127)
      return 0;
    if (std::isinf(value))
      return saturate ? 254 : 255;
    int exponent;
    double fraction = std::frexp(value, &exponent); // in [0.5, 1)
    int code = exponent - 1 + 127;
    // A significand of one bit is always odd: ties go up.
    if (fraction >= 0.75)
      ++code;
    return code <= 254 ? unsigned(code) : (saturate ? 254 : 255);
  }
};
} // namespace

/// Calls `action` with the format of a float type of at most 16 bits.
template <typename Action>
static void withNarrowFormat(ElementType type, Action action) {
  switch (type) {
  case ElementType::f16:
    return action(FloatFormat{5, 10, 15, Special::ieee});
  case ElementType::bf16:
    return action(FloatFormat{8, 7, 127, Special::ieee});
  case ElementType::f8E4M3FN:
    return action(FloatFormat{4, 3, 7, Special::fn});
  case ElementType::f8E4M3FNUZ:
    return action(FloatFormat{4, 3, 8, Special::fnuz});
  case ElementType::f8E5M2:
    return action(FloatFormat{5, 2, 15, Special::ieee});
  case ElementType::f8E5M2FNUZ:
    return action(FloatFormat{5, 2, 16, Special::fnuz});
  case ElementType::f4E2M1FN:
    return action(FloatFormat{2, 1, 1, Special::finite});
  case ElementType::f8E8M0FNU:
    return action(ExponentFormat{});
  default:
    llvm_unreachable("not a narrow float type");
  }
}

void dlc::decodeFloats(ElementType type, const void *from, int64_t count, double *to) {
  if (type == ElementType::f64) {
    std::memcpy(to, from, count * sizeof(double));
    return;
  }
  if (type == ElementType::f32) {
    std::copy_n(static_cast<const float *>(from), count, to);
    return;
  }
  withNarrowFormat(type, [&](auto format) {
    if (getByteSize(type) == 2)
      for (int64_t i = 0; i < count; ++i)
        to[i] = format.decode(static_cast<const uint16_t *>(from)[i]);
    else
      for (int64_t i = 0; i < count; ++i)
        to[i] = format.decode(static_cast<const uint8_t *>(from)[i]);
  });
}

void dlc::encodeFloats(ElementType type, const double *from, int64_t count, void *to,
                       bool saturate) {
  if (type == ElementType::f64) {
    for (int64_t i = 0; i < count; ++i)
      static_cast<double *>(to)[i] =
          saturate && std::isinf(from[i]) ? std::copysign(DBL_MAX, from[i]) : from[i];
    return;
  }
  if (type == ElementType::f32) {
    for (int64_t i = 0; i < count; ++i) {
      float value = float(from[i]);
      static_cast<float *>(to)[i] =
          saturate && std::isinf(value) ? std::copysign(FLT_MAX, value) : value;
    }
    return;
  }
  withNarrowFormat(type, [&](auto format) {
    if (getByteSize(type) == 2)
      for (int64_t i = 0; i < count; ++i)
        static_cast<uint16_t *>(to)[i] = format.encode(from[i], saturate);
    else
      for (int64_t i = 0; i < count; ++i)
        static_cast<uint8_t *>(to)[i] = format.encode(from[i], saturate);
  });
}

double dlc::roundFloat(ElementType type, double value) {
  uint64_t bits = 0;
  encodeFloats(type, &value, 1, &bits);
  decodeFloats(type, &bits, 1, &value);
  return value;
}

double dlc::getMaxFloat(ElementType type) {
  double value = std::numeric_limits<double>::infinity();
  uint64_t bits = 0;
  encodeFloats(type, &value, 1, &bits, /*saturate=*/true);
  decodeFloats(type, &bits, 1, &value);
  return value;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// Calls `action` with a value of the C++ type that holds an element.
template <typename Action>
static void withStorage(ElementType type, Action action) {
  bool isSigned = !isUnsigned(type);
  switch (getByteSize(type)) {
  case 1:
    return isSigned ? action(int8_t()) : action(uint8_t());
  case 2:
    return isSigned ? action(int16_t()) : action(uint16_t());
  case 4:
    return isSigned ? action(int32_t()) : action(uint32_t());
  default:
    return isSigned ? action(int64_t()) : action(uint64_t());
  }
}

int64_t dlc::wrapInt(ElementType type, int64_t value) {
  unsigned bits = getBitWidth(type);
  if (bits == 64)
    return value;
  return isUnsigned(type) ? int64_t(uint64_t(value) & llvm::maskTrailingOnes<uint64_t>(bits))
                          : llvm::SignExtend64(uint64_t(value), bits);
}

void dlc::decodeInts(ElementType type, const void *from, int64_t count, int64_t *to) {
  withStorage(type, [&](auto zero) {
    std::copy_n(static_cast<const decltype(zero) *>(from), count, to);
  });
}

void dlc::encodeInts(ElementType type, const int64_t *from, int64_t count, void *to) {
  withStorage(type, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < count; ++i)
      static_cast<T *>(to)[i] = T(wrapInt(type, from[i]));
  });
}

int64_t dlc::getMinInt(ElementType type) {
  return isUnsigned(type) ? 0 : llvm::minIntN(getBitWidth(type));
}

int64_t dlc::getMaxInt(ElementType type) {
  return isUnsigned(type) ? int64_t(llvm::maxUIntN(getBitWidth(type)))
                          : llvm::maxIntN(getBitWidth(type));
}
