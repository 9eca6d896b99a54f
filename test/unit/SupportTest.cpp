//===- SupportTest.cpp - tensors in memory and in files -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/TensorCompare.h"
#include "dlc/Support/TensorFile.h"
#include "dlc/Support/TensorRandom.h"
#include "dlc/Support/Zip.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"
#include <fstream>

using namespace dlc;
using llvm::APFloat;

static const ElementType allTypes[] = {
    ElementType::f64,        ElementType::f32,    ElementType::f16,        ElementType::bf16,
    ElementType::f8E4M3FN,   ElementType::f8E4M3FNUZ, ElementType::f8E5M2, ElementType::f8E5M2FNUZ,
    ElementType::f8E8M0FNU,  ElementType::f4E2M1FN, ElementType::i1,       ElementType::i2,
    ElementType::i4,         ElementType::i8,     ElementType::i16,        ElementType::i32,
    ElementType::i64,        ElementType::ui2,    ElementType::ui4,        ElementType::ui8,
    ElementType::ui16,       ElementType::ui32,   ElementType::ui64};

/// A name for a temporary file, removed at the end.
struct TemporaryFile {
  explicit TemporaryFile(llvm::StringRef suffix) {
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("dlc-test", suffix, path));
  }
  ~TemporaryFile() { (void)llvm::sys::fs::remove(path); }
  llvm::SmallString<128> path;
};

static void expectSame(const Tensor &actual, const Tensor &expected) {
  EXPECT_EQ(compareTensors(actual, expected, {}).value_or(""), "");
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Every code decodes as APFloat says, and halfway points round as it rounds.
static void checkFormat(ElementType type, const llvm::fltSemantics &semantics) {
  unsigned bits = getBitWidth(type);
  for (uint32_t code = 0; code < (1u << bits); ++code) {
    APFloat expected(semantics, llvm::APInt(bits, code));
    double value;
    decodeFloats(type, &code, 1, &value);
    ASSERT_EQ(std::isnan(value), expected.isNaN()) << getName(type).str() << " " << code;
    if (std::isnan(value))
      continue;
    ASSERT_EQ(value, expected.convertToDouble()) << getName(type).str() << " " << code;
    uint32_t back = 0;
    encodeFloats(type, &value, 1, &back);
    ASSERT_EQ(back, code) << getName(type).str();
    for (double factor : {1 + 1.0 / 4096, 1 + 1.0 / 512, 1 + 1.0 / 16, 1.125, 1.25, 1.5}) {
      double between = value * factor, rounded;
      // f8E8M0FNU clamps where APFloat gives NaN; f4E2M1FN saturates.
      if (std::fabs(between) > getMaxFloat(type) || (between < 0x1p-126 && type == ElementType::f8E8M0FNU))
        continue;
      rounded = roundFloat(type, between);
      APFloat number(between);
      bool losesInfo;
      number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
      ASSERT_EQ(rounded, number.convertToDouble()) << getName(type).str() << " " << between;
    }
  }
}

TEST(ElementType, NarrowFloatsAreAPFloats) {
  checkFormat(ElementType::f16, APFloat::IEEEhalf());
  checkFormat(ElementType::bf16, APFloat::BFloat());
  checkFormat(ElementType::f8E4M3FN, APFloat::Float8E4M3FN());
  checkFormat(ElementType::f8E4M3FNUZ, APFloat::Float8E4M3FNUZ());
  checkFormat(ElementType::f8E5M2, APFloat::Float8E5M2());
  checkFormat(ElementType::f8E5M2FNUZ, APFloat::Float8E5M2FNUZ());
  checkFormat(ElementType::f8E8M0FNU, APFloat::Float8E8M0FNU());
  checkFormat(ElementType::f4E2M1FN, APFloat::Float4E2M1FN());
}

TEST(ElementType, OverflowSaturatesOrNot) {
  auto encode = [](ElementType type, double value, bool saturate) {
    double result;
    uint64_t bits = 0;
    encodeFloats(type, &value, 1, &bits, saturate);
    decodeFloats(type, &bits, 1, &result);
    return result;
  };
  EXPECT_TRUE(std::isnan(encode(ElementType::f8E4M3FN, 1e9, false)));
  EXPECT_EQ(encode(ElementType::f8E4M3FN, -1e9, true), -448);
  EXPECT_EQ(encode(ElementType::f8E5M2, 1e9, false), std::numeric_limits<double>::infinity());
  EXPECT_EQ(encode(ElementType::f8E5M2, 1e9, true), 57344);
  EXPECT_EQ(encode(ElementType::f4E2M1FN, -7, false), -6);
  EXPECT_EQ(encode(ElementType::f16, 65519, false), 65504);
  EXPECT_TRUE(std::isinf(encode(ElementType::f16, 65520, false)));
}

TEST(ElementType, IntegersWrap) {
  EXPECT_EQ(wrapInt(ElementType::i4, 8), -8);
  EXPECT_EQ(wrapInt(ElementType::ui2, -1), 3);
  EXPECT_EQ(wrapInt(ElementType::i1, 3), 1);
  EXPECT_EQ(getMaxInt(ElementType::ui64), -1);
  EXPECT_EQ(getMinInt(ElementType::i8), -128);
}

TEST(Tensor, CopiesShareUntilWritten) {
  Tensor a = Tensor::fromInts(ElementType::i32, {2}, {1, 2});
  Tensor b = a;
  EXPECT_EQ(a.getData(), b.getData());
  *reinterpret_cast<int32_t *>(b.getMutableData()) = 7;
  EXPECT_EQ(a.getInt(0), 1);
  EXPECT_EQ(b.getInt(0), 7);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST(Tensor, LargeOnesLieInATemporaryFile) {
  // Beyond what tensors may take of ordinary memory, so that it needs no memory
  // of the process's own.
  auto ownKilobytes = [] {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
      if (word == "RssAnon:") {
        long kilobytes;
        status >> kilobytes;
        return kilobytes;
      }
    return -1l;
  };
  long before = ownKilobytes();
  Tensor tensor(ElementType::f32, {300 << 18});
  EXPECT_EQ(tensor.getFloat(0), 0);
  EXPECT_EQ(tensor.getFloat(tensor.getNumElements() - 1), 0);
  reinterpret_cast<float *>(tensor.getMutableData())[7] = 2;
  EXPECT_EQ(tensor.getFloat(7), 2);
  EXPECT_LT(ownKilobytes() - before, 64 << 10);
}

TEST(TensorFile, EveryTypeThroughNpz) {
  std::vector<NamedTensor> tensors;
  for (ElementType type : allTypes)
    tensors.push_back(
        {"of/" + getName(type).str(), llvm::cantFail(makeRandomTensor(type, {3, 2}, {}))});
  tensors.push_back({"scalar", Tensor::fromFloats(ElementType::f32, {}, {1.5})});
  tensors.push_back({"empty", Tensor(ElementType::i64, {0, 4})});
  for (llvm::StringRef suffix : {"npz", "safetensors"}) {
    TemporaryFile file(suffix);
    ASSERT_FALSE(bool(writeTensorFile(file.path, tensors)));
    auto read = llvm::cantFail(readTensorFile(file.path));
    ASSERT_EQ(read.size(), tensors.size());
    for (const NamedTensor &entry : read) {
      auto found = llvm::find_if(tensors, [&](auto &t) { return t.name == entry.name; });
      ASSERT_NE(found, tensors.end());
      expectSame(llvm::cantFail(adaptType(entry.tensor, found->tensor.getType())), found->tensor);
    }
  }
}

TEST(TensorFile, EveryTypeThroughTensorProto) {
  for (ElementType type : allTypes) {
    Tensor tensor = llvm::cantFail(makeRandomTensor(type, {5}, {}));
    std::string bytes = getTensorProto({"x", tensor});
    NamedTensor read = llvm::cantFail(parseTensorProto(bytes, nullptr));
    EXPECT_EQ(read.name, "x");
    expectSame(read.tensor, tensor);
  }
}

TEST(TensorFile, TensorProtoWithTypedData) {
  // dims: 2, data_type: INT4, int32_data packed: one byte 0xF7.
  std::string bytes("\x08\x02\x10\x16\x2a\x02\xf7\x01", 8);
  NamedTensor read = llvm::cantFail(parseTensorProto(bytes, nullptr));
  expectSame(read.tensor, Tensor::fromInts(ElementType::i4, {2}, {7, -1}));
}

TEST(TensorFile, NpyOrders) {
  auto parse = [](llvm::StringRef dictionary, std::string data) {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += char(dictionary.size());
    bytes += '\0';
    return llvm::cantFail(parseNpy(bytes + dictionary.str() + data, nullptr)).getInts();
  };
  // The parser refers to the bytes, which end with the call: copies are made.
  EXPECT_EQ(parse("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", {0, 1, 1, 0}),
            (std::vector<int64_t>{1, 256}));
  EXPECT_EQ(parse("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 2), }", {1, 2, 3, 4}),
            (std::vector<int64_t>{1, 3, 2, 4}));
}

/// The sentence of a failure.
template <typename T>
static std::string getMessage(llvm::Expected<T> result) {
  return result ? "no error" : llvm::toString(result.takeError());
}

TEST(TensorFile, BadFilesGiveSentences) {
  EXPECT_EQ(getMessage(readTensorFile("/nowhere/x.npy")),
            "/nowhere/x.npy: No such file or directory");
  std::string npy = getNpyHeader(Tensor(ElementType::f32, {4}));
  EXPECT_EQ(getMessage(parseNpy(npy, nullptr)),
            "damaged .npy file: it has 0 bytes for 4 elements of f32");
  EXPECT_EQ(getMessage(parseNpy(llvm::StringRef(npy).take_front(40), nullptr)),
            "damaged .npy file: its header is cut short");
  EXPECT_EQ(getMessage(parseTensorProto("\x08", nullptr)), "not a TensorProto, or cut short");
  EXPECT_EQ(getMessage(parseTensorProto(llvm::StringRef("\x10\x08\x42\x01s", 5), nullptr)),
            "tensor 's' has string elements");
  EXPECT_EQ(getMessage(parseNpz("PK")), "not a zip archive: it has 2 bytes");
  std::string header = getSafetensorsHeader(NamedTensor{"w", Tensor(ElementType::f32, {4})});
  EXPECT_EQ(getMessage(parseSafetensors(header, nullptr)),
            "damaged safetensors file: the data of 'w' isn't where the header says");
  EXPECT_EQ(getMessage(adaptType(Tensor(ElementType::f64, {1}), ElementType::f32)),
            "its element type is f64, not f32");
}

/// Damaged bytes are refused or read, never a crash.
TEST(TensorFile, DamageIsHarmless) {
  Tensor tensor = llvm::cantFail(makeRandomTensor(ElementType::f32, {3, 3}, {}));
  std::string bodies[4];
  bodies[0] = getNpyHeader(tensor) + std::string(tensor.getData(), tensor.getNumBytes());
  llvm::raw_string_ostream os(bodies[1]);
  ZipWriter zip(os);
  zip.add("x.npy", getNpyHeader(tensor), llvm::StringRef(tensor.getData(), tensor.getNumBytes()));
  zip.finish();
  bodies[2] = getTensorProto({"x", tensor});
  bodies[3] = getSafetensorsHeader(NamedTensor{"x", tensor}) +
              std::string(tensor.getData(), tensor.getNumBytes());
  Random random(1);
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = bodies[round % 4];
    for (int64_t i = random.nextInt(1, 4); i > 0; --i)
      bytes[random.nextInt(0, bytes.size() - 1)] = char(random.next());
    if (random.nextInt(0, 3) == 0)
      bytes.resize(random.nextInt(0, bytes.size()));
    switch (round % 4) {
    case 0:
      getMessage(parseNpy(bytes, nullptr));
      break;
    case 1:
      getMessage(parseNpz(bytes));
      break;
    case 2:
      getMessage(parseTensorProto(bytes, nullptr));
      break;
    case 3:
      getMessage(parseSafetensors(bytes, nullptr));
      break;
    }
  }
}

//===----------------------------------------------------------------------===//
// Comparison and random numbers
//===----------------------------------------------------------------------===//

TEST(TensorCompare, NamesTheWorst) {
  Tensor expected = Tensor::fromFloats(ElementType::f32, {2, 2}, {1, 2, 3, 4});
  Tensor actual = Tensor::fromFloats(ElementType::f32, {2, 2}, {1, 2.5, 3, 5});
  EXPECT_EQ(compareTensors(actual, expected, {}).value_or(""),
            "2 of 4 elements differ, the worst at [1, 1]: 5, expected 4 (difference 1.00e+00, "
            "allowed 0.00e+00)");
  EXPECT_FALSE(compareTensors(actual, expected, {0, 0, 0.25}));
  EXPECT_TRUE(compareTensors(actual, expected.bitcast(ElementType::i32), {}));
  EXPECT_TRUE(compareTensors(actual, expected.reshaped({4}), {}));
}

TEST(TensorCompare, NanAndInfinity) {
  double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  auto make = [](double value) { return Tensor::fromFloats(ElementType::f64, {1}, {value}); };
  Tolerance loose{1, 1, 1};
  EXPECT_FALSE(compareTensors(make(nan), make(nan), {}));
  EXPECT_FALSE(compareTensors(make(inf), make(inf), {}));
  EXPECT_TRUE(compareTensors(make(inf), make(-inf), loose));
  EXPECT_TRUE(compareTensors(make(nan), make(1), loose));
  EXPECT_TRUE(compareTensors(make(1), make(nan), loose));
  EXPECT_TRUE(compareTensors(make(1), make(inf), loose));
  Tensor big = Tensor::fromInts(ElementType::i64, {1}, {(int64_t(1) << 60) + 1});
  EXPECT_TRUE(compareTensors(big, Tensor::fromInts(ElementType::i64, {1}, {int64_t(1) << 60}), {}));
}

TEST(TensorRandom, SeedsAndRanges) {
  RandomSpec spec = llvm::cantFail(RandomSpec::parse("random:seed=3,min=2,max=4"));
  Tensor a = llvm::cantFail(makeRandomTensor(ElementType::i32, {100}, spec));
  expectSame(a, llvm::cantFail(makeRandomTensor(ElementType::i32, {100}, spec)));
  for (int64_t value : a.getInts())
    EXPECT_TRUE(value >= 2 && value <= 4);
  EXPECT_EQ(getMessage(RandomSpec::parse("random:sed=3")),
            "'sed=3' isn't a part of random:[uniform|normal],seed=,min=,max=,mean=,std=");
}
