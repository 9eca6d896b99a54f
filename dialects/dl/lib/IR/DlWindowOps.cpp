//===- DlWindowOps.cpp - the window ops of the dl dialect -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// pool C3` name the constraint of docs/spec/window.md that
// the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

static ParseResult parsePool(OpAsmParser &parser, PoolKindAttr &kind) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<PoolKind> parsed = symbolizePoolKind(keyword);
  if (!parsed)
    return parser.emitError(loc, "expected max, average, sum or lp");
  kind = PoolKindAttr::get(parser.getContext(), *parsed);
  return success();
}

static void printPool(OpAsmPrinter &printer, PoolOp, PoolKindAttr kind) {
  printer << stringifyPoolKind(kind.getValue());
}

#define GET_OP_CLASSES
#include "dl/IR/DlWindowOps.cpp.inc"

//===----------------------------------------------------------------------===//
// pool, max_pool_with_index
//===----------------------------------------------------------------------===//

/// The first spatial dimension of a pooled tensor.
static int64_t firstSpatial(dlc::dl::DataLayout layout) {
  return layout == dlc::dl::DataLayout::channels_first ? 2 : 1;
}

/// Checks pool C1 to C4 and infers the shape of the pooled tensor.
template <typename Adaptor>
static LogicalResult inferPooled(Complaint complain, Adaptor op, SmallVectorImpl<int64_t> &shape) {
  RankedTensorType input = getTensorType(op.getInput());
  int64_t spatial = input.getRank() - 2;
  // pool C1
  if (spatial < 0)
    return complain("input ", input, " has no batch and channel dimension");
  // pool C2
  auto check = [&](StringRef name, ArrayRef<int64_t> values, int64_t least) -> LogicalResult {
    if (int64_t(values.size()) != spatial)
      return complain(name, " has ", values.size(), " entries for ", spatial,
                      " spatial dimensions");
    for (int64_t value : values)
      if (value < least)
        return complain(name, " must be at least ", least, " but has ", value);
    return success();
  };
  // pool C3
  if (failed(check("window", op.getWindow(), 1)) || failed(check("strides", op.getStrides(), 1)) ||
      failed(check("dilations", op.getDilations(), 1)) ||
      failed(check("padding_low", op.getPaddingLow(), 0)) ||
      failed(check("padding_high", op.getPaddingHigh(), 0)))
    return failure();
  shape.assign(input.getShape().begin(), input.getShape().end());
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t &size = shape[firstSpatial(op.getLayout()) + i];
    size = getWindowedSize(size, op.getWindow()[i], op.getStrides()[i], op.getPaddingLow()[i],
                           op.getPaddingHigh()[i], op.getDilations()[i], op.getCeilMode());
  }
  return success();
}

template <typename Op>
static LogicalResult reifyPooled(Op op, OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(op, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    OpFoldResult size = sizes.dim(op.getInput(), d);
    int64_t i = d - firstSpatial(op.getLayout());
    if (i < 0 || i >= int64_t(op.getWindow().size()))
      return size;
    return sizes.windowed(size, op.getWindow()[i], op.getStrides()[i],
                          op.getPaddingLow()[i], op.getPaddingHigh()[i], op.getDilations()[i],
                          op.getCeilMode());
  });
}

LogicalResult PoolOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                       ValueRange operands, DictionaryAttr attributes,
                                       OpaqueProperties properties, RegionRange regions,
                                       SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  SmallVector<int64_t> shape;
  if (failed(inferPooled(complain, op, shape)))
    return failure();
  // pool C4
  if (op.getKind() == PoolKind::lp &&
      (op.getP() < 1 || !isa<FloatType>(getTensorType(op.getInput()).getElementType())))
    return complain("lp pooling needs p of at least 1 and floating-point elements");
  types.push_back(getTensorType(op.getInput()).clone(shape));
  return success();
}

LogicalResult PoolOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyPooled(*this, builder, shapes);
}

LogicalResult MaxPoolWithIndexOp::inferReturnTypes(MLIRContext *context,
                                                   std::optional<Location> location,
                                                   ValueRange operands, DictionaryAttr attributes,
                                                   OpaqueProperties properties, RegionRange regions,
                                                   SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  SmallVector<int64_t> shape;
  // max_pool_with_index C1 to C3: as for pool.
  if (failed(inferPooled(complain, op, shape)))
    return failure();
  types.push_back(getTensorType(op.getInput()).clone(shape));
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 64)));
  return success();
}

LogicalResult MaxPoolWithIndexOp::reifyResultShapes(OpBuilder &builder,
                                                    ReifiedRankedShapedTypeDims &shapes) {
  return reifyPooled(*this, builder, shapes);
}

//===----------------------------------------------------------------------===//
// resize
//===----------------------------------------------------------------------===//

LogicalResult ResizeOp::verify() {
  Complaint complain{getLoc(), getOperationName()};
  RankedTensorType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  // resize C1
  if (output.getRank() != rank || output.getElementType() != input.getElementType())
    return complain("input ", input, " and result ", output, " differ in rank or element type");
  // resize C2
  if (getSizes() && !mayEqual(getTensorType(getSizes()).getDimSize(0), rank))
    return complain("sizes needs ", rank, " elements");
  if (getScales() && !mayEqual(getTensorType(getScales()).getDimSize(0), rank))
    return complain("scales needs ", rank, " elements");
  // resize C3
  bool crops = getCoordinateMode() == CoordinateMode::tf_crop_and_resize;
  if (crops != bool(getRoi()))
    return complain("roi belongs to tf_crop_and_resize, and is required there");
  if (getRoi() && !mayEqual(getTensorType(getRoi()).getDimSize(0), 2 * rank))
    return complain("roi needs ", 2 * rank, " elements");
  // resize C4
  if (!getSizes() && !getScales() && !output.hasStaticShape())
    return complain("a result with a `?` needs sizes or scales");
  // resize C5
  if (getAntialias() && getMode() == ResizeMode::nearest)
    return complain("antialias belongs to linear and cubic interpolation");
  return success();
}

LogicalResult ResizeOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    if (getSizes())
      return sizes.entry(getSizes(), d);
    // ⌊size · scale⌋, in the scale's type.
    Location loc = getLoc();
    Value at = arith::ConstantIndexOp::create(builder, loc, d);
    Value scale = tensor::ExtractOp::create(builder, loc, getScales(), at);
    Value size = getValueOrCreateConstantIndexOp(builder, loc, sizes.dim(getInput(), d));
    size = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), size);
    Value real = arith::SIToFPOp::create(builder, loc, scale.getType(), size);
    Value scaled = arith::MulFOp::create(builder, loc, real, scale);
    Value whole = arith::FPToSIOp::create(builder, loc, builder.getI64Type(), scaled);
    return OpFoldResult(
        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), whole).getResult());
  });
}

//===----------------------------------------------------------------------===//
// grid_sample
//===----------------------------------------------------------------------===//

LogicalResult GridSampleOp::inferReturnTypes(MLIRContext *context,
                                             std::optional<Location> location, ValueRange operands,
                                             DictionaryAttr attributes, OpaqueProperties properties,
                                             RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput()), grid = getTensorType(op.getGrid());
  // grid_sample C1
  int64_t rank = input.getRank();
  if (rank < 3 || grid.getRank() != rank)
    return complain("input ", input, " and grid ", grid,
                    " should have the same rank, of at least 3");
  // grid_sample C2
  if (!mayEqual(grid.getShape().back(), rank - 2))
    return complain("grid ", grid, " should hold ", rank - 2, " coordinates per point");
  // grid_sample C3
  if (!mayEqual(grid.getDimSize(0), input.getDimSize(0)))
    return complain("input ", input, " and grid ", grid, " differ in batch size");
  SmallVector<int64_t> shape{mergeSizes(input.getDimSize(0), grid.getDimSize(0)),
                             input.getDimSize(1)};
  llvm::append_range(shape, grid.getShape().drop_front().drop_back());
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult GridSampleOp::reifyResultShapes(OpBuilder &builder,
                                              ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return d < 2 ? sizes.dim(getInput(), d) : sizes.dim(getGrid(), d - 1);
  });
}
