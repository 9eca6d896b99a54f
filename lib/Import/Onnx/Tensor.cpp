//===- Tensor.cpp - ONNX ops that make tensors ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "ModelImporter.h"
#include "NodeImporter.h"
#include "onnx-ml.pb.h"
#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;
using Direction = dl::ComparisonDirection;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static LogicalResult importConstant(NodeImporter &n) {
  OpBuilder &b = n.getBuilder();
  if (n.hasAttr("value"))
    return n.result(n.tensorAttr("value"));
  if (n.hasAttr("value_float"))
    return n.result(n.scalar(b.getF32Type(), n.floatAttr("value_float", 0)));
  if (n.hasAttr("value_int"))
    return n.result(n.scalarInt(b.getI64Type(), n.intAttr("value_int", 0)));
  if (n.hasAttr("value_ints"))
    return n.result(n.constantInts(n.intsAttr("value_ints")));
  if (n.hasAttr("value_floats")) {
    SmallVector<float> floats(llvm::map_range(
        n.floatsAttr("value_floats"), [](double value) { return static_cast<float>(value); }));
    auto type = n.tensorType(ArrayRef<int64_t>{static_cast<int64_t>(floats.size())}, b.getF32Type());
    return n.result(n.constant(cast<ElementsAttr>(DenseElementsAttr::get(type, ArrayRef(floats)))));
  }
  if (n.hasAttr("sparse_value"))
    return n.result(n.sparseTensorAttr("sparse_value"));
  if (n.hasAttr("value_string") || n.hasAttr("value_strings"))
    return n.emitError() << "strings aren't supported";
  return n.emitError() << "attribute 'value' is missing";
}

static LogicalResult importConstantOfShape(NodeImporter &n) {
  OpBuilder &b = n.getBuilder();
  Value value = n.hasAttr("value") ? n.tensorAttr("value") : n.scalar(b.getF32Type(), 0);
  std::optional<Sizes> shape = n.entries(n.input(0), "the shape");
  if (!shape || !value)
    return failure();
  for (const Size &size : *shape)
    n.require(Direction::ge, size, 0, "a size of the shape is negative");
  if (n.hasFailed())
    return failure();
  if (!n.type(value).hasStaticShape() || n.type(value).getNumElements() != 1)
    return n.emitError() << "attribute 'value' is of type " << n.type(value)
                         << ", but must have one element";
  value = n.reshape(value, ArrayRef<int64_t>{});
  if (!value)
    return failure();
  return n.result(n.create<dl::SplatOp>(n.tensorType(*shape, n.elementTypeOf(value)), value,
                                        n.shapeOperand(*shape)));
}

static LogicalResult importIdentity(NodeImporter &n) {
  const ImportedValue *value = n.rawInput(0);
  return n.symbolicResult(value ? *value : ImportedValue());
}

//===----------------------------------------------------------------------===//
// Ranges and diagonals
//===----------------------------------------------------------------------===//

/// ⌈(limit − start) / delta⌉, at least 0, of numbers of x's type.
static Size getRangeLength(NodeImporter &n, Value start, Value limit, Value delta) {
  OpBuilder &b = n.getBuilder();
  if (!n.isFloat(start)) {
    auto size = [&](Value v) -> Size {
      if (std::optional<int64_t> known = n.constantInt(v))
        return *known;
      return n.convert(v, b.getI64Type());
    };
    Size from = size(start), to = size(limit), step = size(delta);
    if (n.hasFailed())
      return Size(0);
    n.require(Direction::ne, step, 0, "the step is 0");
    Size sign = n.select(Direction::lt, step, 0, -1, 1);
    return n.max(n.div(n.sub(n.add(n.sub(to, from), step), sign), step), 0);
  }
  auto from = n.constantFloat(start), to = n.constantFloat(limit), step = n.constantFloat(delta);
  if (from && to && step) {
    double length = std::ceil((*to - *from) / *step);
    if (!(length < 1e15)) {
      n.emitError() << "the range has absurdly many elements";
      return Size(0);
    }
    return Size(static_cast<int64_t>(std::max(length, 0.0)));
  }
  Type wide = b.getF64Type();
  Value distance = n.infer<dl::SubOp>(n.convert(limit, wide), n.convert(start, wide));
  Value count = n.infer<dl::CeilOp>(n.infer<dl::DivOp>(distance, n.convert(delta, wide)));
  return n.max(Size(n.convert(count, b.getI64Type())), 0);
}

static LogicalResult importRange(NodeImporter &n) {
  Value bounds[3];
  for (unsigned i = 0; i < 3; ++i) {
    bounds[i] = n.reshape(n.input(i), ArrayRef<int64_t>{});
    if (!n.requireSameElementType(bounds[0], bounds[i]))
      return failure();
  }
  auto [start, limit, delta] = bounds;
  Type type = n.elementTypeOf(start);
  Size length = getRangeLength(n, start, limit, delta);
  Value steps = n.hasFailed() ? Value() : n.iota({length}, type, 0);
  if (!steps)
    return failure();
  if (n.constantInt(delta) != 1 && n.constantFloat(delta) != 1.0)
    steps = n.infer<dl::MulOp>(steps, n.splatLike(steps, delta));
  if (n.constantInt(start) != 0 && n.constantFloat(start) != 0.0)
    steps = n.infer<dl::AddOp>(steps, n.splatLike(steps, start));
  return n.result(steps);
}

/// column − row of each place of the last two dimensions.
static Value diagonalOf(NodeImporter &n, ArrayRef<Size> sizes) {
  Type i64 = n.getBuilder().getI64Type();
  int64_t rank = sizes.size();
  return n.infer<dl::SubOp>(n.iota(sizes, i64, rank - 1), n.iota(sizes, i64, rank - 2));
}

static LogicalResult importEyeLike(NodeImporter &n) {
  Value x = n.input(0);
  Type type = n.elementTypeAttr("dtype", n.elementTypeOf(x));
  int64_t k = n.intAttr("k", 0);
  if (!type || !n.requireRank(x, 2, 2, "its input"))
    return failure();
  Value diagonal = diagonalOf(n, n.sizes(x));
  if (!diagonal)
    return failure();
  Value offset = n.splatLike(diagonal, n.scalarInt(n.getBuilder().getI64Type(), k));
  return n.result(n.convert(n.compare(Direction::eq, diagonal, offset), type));
}

static LogicalResult importTrilu(NodeImporter &n) {
  Value x = n.input(0), k = n.input(1);
  OpBuilder &b = n.getBuilder();
  bool upper = n.boolAttr("upper", true);
  if (!n.requireRank(x, 2, 1 << 16, "its input"))
    return failure();
  // The mask of a matrix, repeated over the batch.
  Sizes all = n.sizes(x);
  Value diagonal = diagonalOf(n, ArrayRef(all).take_back(2));
  if (!diagonal)
    return failure();
  Value offset = k ? n.convert(n.reshape(k, ArrayRef<int64_t>{}), b.getI64Type())
                   : n.scalarInt(b.getI64Type(), 0);
  Value keep = n.compare(upper ? Direction::ge : Direction::le, diagonal,
                         n.splatLike(diagonal, offset));
  return n.result(n.infer<dl::SelectOp>(n.broadcastTo(keep, all), x, n.splatLike(x, 0.0)));
}

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

/// Columns (blocks, flattened) added back into the image: a scatter of every
/// element of every block to its pixel; those in the padding are dropped.
static LogicalResult importCol2Im(NodeImporter &n) {
  Value x = n.input(0);
  OpBuilder &b = n.getBuilder();
  std::optional<Sizes> image = n.entries(n.input(1), "the image's shape");
  std::optional<Sizes> block = n.entries(n.input(2), "the block's shape");
  if (!image || !block || !n.requireRank(x, 3, 3, "its input"))
    return failure();
  int64_t rank = image->size();
  SmallVector<int64_t> dilations = n.intsAttr("dilations", SmallVector<int64_t>(rank, 1));
  SmallVector<int64_t> strides = n.intsAttr("strides", SmallVector<int64_t>(rank, 1));
  SmallVector<int64_t> pads = n.intsAttr("pads", SmallVector<int64_t>(2 * rank, 0));
  auto isPositive = [](int64_t value) { return value > 0; };
  if (rank == 0 || static_cast<int64_t>(block->size()) != rank ||
      static_cast<int64_t>(dilations.size()) != rank ||
      static_cast<int64_t>(strides.size()) != rank ||
      static_cast<int64_t>(pads.size()) != 2 * rank || !llvm::all_of(strides, isPositive) ||
      !llvm::all_of(dilations, isPositive))
    return n.emitError() << "its shapes, strides, dilations and pads don't fit each other";
  Size blockCount = n.product(*block);
  Size channels = n.div(n.size(x, 1), blockCount);
  // Blocks fit this often into each dimension.
  Sizes places;
  for (int64_t d = 0; d < rank; ++d) {
    Size reach = n.add(n.mul(n.sub((*block)[d], 1), dilations[d]), 1);
    Size room = n.sub(n.add((*image)[d], pads[d] + pads[d + rank]), reach);
    places.push_back(n.add(n.div(room, strides[d]), 1));
  }
  Sizes window(*block);
  window.append(places);
  Sizes updatesShape{n.size(x, 0), channels}, result{n.size(x, 0), channels};
  updatesShape.append(window);
  result.append(*image);
  Value updates = n.reshape(x, updatesShape);
  SmallVector<Value> coordinates;
  for (int64_t d = 0; d < rank && updates; ++d) {
    Type i64 = b.getI64Type();
    Value inBlock = n.iota(window, i64, d), place = n.iota(window, i64, rank + d);
    if (!inBlock || !place)
      return failure();
    Value start = n.infer<dl::MulOp>(place, n.splatLike(place, strides[d]));
    Value offset = n.infer<dl::MulOp>(inBlock, n.splatLike(inBlock, dilations[d]));
    Value pixel = n.infer<dl::AddOp>(start, offset);
    pixel = n.infer<dl::SubOp>(pixel, n.splatLike(place, pads[d]));
    coordinates.push_back(n.unsqueeze(pixel, {2 * rank}));
  }
  if (n.hasFailed())
    return failure();
  Value zeros = n.create<dl::SplatOp>(n.tensorType(result, n.elementTypeOf(x)),
                                      n.scalar(n.elementTypeOf(x), 0), n.shapeOperand(result));
  SmallVector<int64_t> pixelDims = llvm::to_vector(llvm::seq<int64_t>(2, 2 + rank));
  return n.result(n.infer<dl::ScatterOp>(
      zeros, n.concat(coordinates, 2 * rank), updates, b.getDenseI64ArrayAttr({0, 1}),
      b.getDenseI64ArrayAttr(pixelDims), b.getDenseI64ArrayAttr({}), b.getDenseI64ArrayAttr({}),
      b.getDenseI64ArrayAttr(pixelDims), b.getI64IntegerAttr(2 * rank),
      dl::ScatterKindAttr::get(n.getContext(), dl::ScatterKind::add),
      dl::IndexModeAttr::get(n.getContext(), dl::IndexMode::drop)));
}

void dlc::onnx::registerTensorOps(OpTable &t) {
  t.add("Col2Im", 18, 3, importCol2Im);
  t.add("Constant", 1, 0, importConstant);
  t.add("ConstantOfShape", 9, 1, importConstantOfShape);
  t.add("EyeLike", 9, 1, importEyeLike);
  t.addSymbolic("Identity", 1, 1, importIdentity);
  t.add("Range", 11, 3, importRange);
  t.add("Trilu", 14, {1, 2}, importTrilu);
}
