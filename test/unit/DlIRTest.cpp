//===- DlIRTest.cpp - units of the dl dialect -----------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/Dl.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace dlc::dl;

namespace {

/// A module to build ops in.
class DlIR : public ::testing::Test {
protected:
  DlIR() : builder(&context) {
    context.loadDialect<DlDialect, func::FuncDialect>();
    loc = builder.getUnknownLoc();
    module = ModuleOp::create(builder, *loc);
    builder.setInsertionPointToEnd(module->getBody());
  }

  RankedTensorType tensorType(ArrayRef<int64_t> shape, Type element = nullptr) {
    return RankedTensorType::get(shape, element ? element : builder.getF32Type());
  }

  /// Arguments of a new function whose body the builder then stands in.
  Block *startFunction(TypeRange types) {
    auto func = func::FuncOp::create(builder, *loc, "f", builder.getFunctionType(types, {}));
    Block *block = func.addEntryBlock();
    builder.setInsertionPointToEnd(block);
    return block;
  }

  MLIRContext context;
  OpBuilder builder;
  std::optional<Location> loc;
  OwningOpRef<ModuleOp> module;
};

constexpr int64_t kAny = ShapedType::kDynamic;

TEST_F(DlIR, windowSizes) {
  EXPECT_EQ(getWindowedSize(5, 3, 1, 0, 0, 1), 3);
  EXPECT_EQ(getWindowedSize(5, 2, 2, 0, 0, 1), 2);
  EXPECT_EQ(getWindowedSize(5, 2, 2, 0, 0, 1, /*ceil=*/true), 3);
  // The third window would start in the high padding.
  EXPECT_EQ(getWindowedSize(4, 2, 2, 0, 1, 1, /*ceil=*/true), 2);
  EXPECT_EQ(getWindowedSize(2, 3, 1, 0, 0, 1), 0);
  EXPECT_EQ(getWindowedSize(kAny, 3, 1, 0, 0, 1), kAny);
}

TEST_F(DlIR, typesAreCompatible) {
  Type a = tensorType({2, kAny}), b = tensorType({kAny, 3}), c = tensorType({3, 3});
  EXPECT_TRUE(areCompatibleTypes(a, b));
  EXPECT_FALSE(areCompatibleTypes(a, c));
  EXPECT_FALSE(areCompatibleTypes(a, Type(tensorType({2}))));
  EXPECT_FALSE(areCompatibleTypes(a, Type(tensorType({2, 3}, builder.getF16Type()))));
}

TEST_F(DlIR, shapesAreKnownThroughTheirComputation) {
  Block *block = startFunction(tensorType({kAny, 768}));
  Value x = block->getArgument(0);
  Value batch = DimSizeOp::create(builder, *loc, x, 0);
  Value width = DimSizeOp::create(builder, *loc, x, 1);
  auto one = tensorType({1}, builder.getI64Type());
  batch = ReshapeOp::create(builder, *loc, one, batch, Value());
  width = ReshapeOp::create(builder, *loc, one, width, Value());
  Value heads = ConstantOp::create(builder, *loc, {12});
  Value depth = DivOp::create(builder, *loc, width, heads);
  Value shape = ConcatOp::create(builder, *loc, ValueRange{batch, heads, depth}, 0);
  EXPECT_EQ(getKnownShape(shape), SmallVector<int64_t>({kAny, 12, 64}));
  EXPECT_EQ(getKnownShape(Value()), std::nullopt);
}

TEST_F(DlIR, takeAlongAnAxisHasTheShapeOfNumpy) {
  Block *block =
      startFunction({tensorType({2, 3, 4}), tensorType({5, kAny}, builder.getI64Type())});
  Value taken = GatherOp::create(builder, *loc, block->getArgument(0), block->getArgument(1),
                                 /*axis=*/1);
  EXPECT_EQ(taken.getType(), tensorType({2, 5, kAny, 4}));
}

} // namespace
