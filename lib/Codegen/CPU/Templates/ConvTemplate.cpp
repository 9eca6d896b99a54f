//===- ConvTemplate.cpp - kernels whose root is a convolution -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// dl.conv in channels-last layout, directly, without im2col: an output row is a
// line of the contraction nest, neighbouring output pixels are its rows, output
// channels its columns; the contraction runs over kernel rows and then over
// (kernel column, input channel), which lie together in memory where the
// columns are not dilated. A convolution with padding reads a padded copy, as
// does one whose neighbouring pixels would fall into the same sets of L1.
//
// Where output rows are short and images many (the last layers of a network, and
// gradients of kernels, whose output is the kernel), the images are the nest's rows.
//
// Depthwise convolutions (one input channel per group, as many groups as
// channels) have no contraction over channels: their tile runs along channels
// with vector loads of both operands.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "PackedWeights.h"

#include "dl/IR/Dl.h"
#include "dlc/Codegen/CPU/Templates.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::cpu;

#define DEBUG_TYPE "dl-conv-template"

namespace {
/// A convolution over at most two spatial dimensions, the missing ones of size 1.
struct ConvShape {
  int64_t batch, height, width, channels;      // input; batch may be kDynamic
  int64_t outHeight, outWidth, outChannels;    // output
  int64_t kernelHeight, kernelWidth, groups;
  int64_t strideH, strideW, dilationH, dilationW;
  int64_t lowH, highH, lowW, highW;

  int64_t groupChannels() const { return channels / groups; }
  int64_t groupOutChannels() const { return outChannels / groups; }
  /// One channel alone is an ordinary convolution, whose kernel may be packed.
  bool isDepthwise() const {
    return groups > 1 && groups == channels && outChannels == channels;
  }
  bool isPadded() const { return lowH > 0 || highH > 0 || lowW > 0 || highW > 0; }
  bool isPointwise() const {
    return kernelHeight == 1 && kernelWidth == 1 && strideH == 1 && strideW == 1 && !isPadded();
  }

  /// Whether the same pixel of several images makes a taller tile than neighbouring
  /// pixels do.
  bool hasImagesAsRows() const {
    return !isDepthwise() && !(isPointwise() && groups == 1) && outWidth < 6 &&
           !ShapedType::isDynamic(batch) && batch > outWidth;
  }

  static FailureOr<ConvShape> match(dl::ConvOp conv);
};
} // namespace

FailureOr<ConvShape> ConvShape::match(dl::ConvOp conv) {
  auto input = llvm::cast<RankedTensorType>(conv.getInput().getType());
  auto kernel = llvm::cast<RankedTensorType>(conv.getKernel().getType());
  auto output = llvm::cast<RankedTensorType>(conv.getOutput().getType());
  if (conv.getLayout() != dl::DataLayout::channels_last ||
      !input.getElementType().isF32() || !kernel.getElementType().isF32() ||
      !output.getElementType().isF32())
    return failure();
  int64_t spatial = input.getRank() - 2;
  if (spatial < 1 || spatial > 2 || !kernel.hasStaticShape() ||
      llvm::any_of(input.getShape().drop_front(), ShapedType::isDynamic) ||
      llvm::any_of(output.getShape().drop_front(), ShapedType::isDynamic))
    return failure();
  bool two = spatial == 2;
  auto at = [&](ArrayRef<int64_t> values, bool width, int64_t missing) {
    return width ? values[two ? 1 : 0] : two ? values[0] : missing;
  };
  ArrayRef<int64_t> in = input.getShape().drop_front(), k = kernel.getShape(),
                    out = output.getShape().drop_front();
  ConvShape s;
  s.batch = input.getDimSize(0);
  s.height = at(in, false, 1), s.width = at(in, true, 1), s.channels = in.back();
  s.outHeight = at(out, false, 1), s.outWidth = at(out, true, 1), s.outChannels = out.back();
  s.kernelHeight = at(k, false, 1), s.kernelWidth = at(k, true, 1);
  s.groups = conv.getGroups();
  s.strideH = at(conv.getStrides(), false, 1), s.strideW = at(conv.getStrides(), true, 1);
  s.dilationH = at(conv.getDilations(), false, 1), s.dilationW = at(conv.getDilations(), true, 1);
  s.lowH = at(conv.getPaddingLow(), false, 0), s.lowW = at(conv.getPaddingLow(), true, 0);
  s.highH = at(conv.getPaddingHigh(), false, 0), s.highW = at(conv.getPaddingHigh(), true, 0);
  if (std::min({s.lowH, s.lowW, s.highH, s.highW}) < 0 || s.outHeight == 0 || s.outWidth == 0 ||
      s.channels == 0 || s.outChannels == 0)
    return failure();
  return s;
}

namespace {
class ConvEmitter {
public:
  ConvEmitter(func::FuncOp kernel, dl::ConvOp conv, const ConvShape &shape,
              std::optional<PackedOperand> packed, const Epilogue &epilogue)
      : conv(conv), shape(shape), packed(packed), epilogue(epilogue),
        target(TargetInfo::get(kernel)), lanes(target.lanes(32)),
        pitch(shape.isDepthwise() || shape.hasImagesAsRows()
                  ? shape.channels
                  : avoidSetConflicts(shape.channels, shape.strideW)),
        imagePitch((shape.height + shape.lowH + shape.highH) *
                   (shape.width + shape.lowW + shape.highW) * pitch),
        b(conv.getLoc(), kernel.getContext()), buffers(kernel, b) {
    if (shape.hasImagesAsRows())
      imagePitch = avoidSetConflicts(imagePitch);
  }

  void emit() {
    Value inputBuffer = buffers.input(conv.getInput());
    batch = shape.batch;
    batchSize = ShapedType::isDynamic(shape.batch)
                    ? OpFoldResult(memref::DimOp::create(b, inputBuffer, 0).getResult())
                    : OpFoldResult(b.getIndexAttr(shape.batch));
    input = flatten(b, inputBuffer);
    kernelBuffer = flatten(b, buffers.input(packed ? packed->argument : conv.getKernel()));
    if (conv.getBias())
      bias = buffers.input(conv.getBias());
    if (shape.isPadded() || imagePitch != shape.height * shape.width * shape.channels)
      copyInput();
    if (epilogue.hasFlatRows())
      buffers.flattenRows(b, llvm::cast<RankedTensorType>(conv.getOutput().getType()));
    if (shape.isDepthwise())
      emitDepthwise();
    else
      emitContraction();
    if (scratch)
      memref::DeallocOp::create(b, scratch);
    buffers.finish(b);
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

  /// Replaces `input` by a copy with zeros around each image, pixels `pitch` and images
  /// `imagePitch` elements apart.
  void copyInput() {
    int64_t height = shape.height + shape.lowH + shape.highH;
    int64_t width = shape.width + shape.lowW + shape.highW;
    OpFoldResult total = mulIndex(b, batchSize, b.getIndexAttr(imagePitch));
    auto type = MemRefType::get({getConstantIntValue(total).value_or(ShapedType::kDynamic)},
                                b.getF32Type());
    SmallVector<Value> sizes;
    if (type.isDynamicDim(0))
      sizes.push_back(materialize(b, total));
    Value padded = memref::AllocOp::create(b, type, sizes, b.getI64IntegerAttr(64));
    Value iteration =
        beginParallel(b, mulIndex(b, batchSize, b.getIndexAttr(height)), width * pitch / lanes);
    {
      OpBuilder::InsertionGuard guard(b);
      auto [image, line] = splitLine(iteration, height);
      Value at = flatLine(image, line, imagePitch, width * pitch);
      Value sourceLine = arith::SubIOp::create(b, line, index(shape.lowH));
      // Unsigned: a line above the image is a huge number.
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, sourceLine,
                                           index(shape.height));
      auto branch = scf::IfOp::create(b, inside, /*withElseRegion=*/true);
      b.setInsertionPointToStart(branch.elseBlock());
      copyElements(padded, at, width * pitch, Value(), Value());
      b.setInsertionPointToStart(branch.thenBlock());
      int64_t lineSize = shape.width * shape.channels;
      Value sourceAt = flatLine(image, sourceLine, shape.height * lineSize, lineSize);
      copyElements(padded, at, shape.lowW * pitch, Value(), Value());
      Value middle = arith::AddIOp::create(b, at, index(shape.lowW * pitch));
      copyPixels(padded, middle, sourceAt);
      copyElements(padded, arith::AddIOp::create(b, middle, index(shape.width * pitch)),
                   shape.highW * pitch, Value(), Value());
    }
    endParallel(b);
    scratch = input = padded;
    shape.height = height;
    shape.width = width;
  }

  /// Image and line of the index of a line among all images' lines.
  std::pair<Value, Value> splitLine(Value iteration, int64_t lines) {
    if (batch == 1)
      return {index(0), iteration};
    return {arith::DivUIOp::create(b, iteration, index(lines)),
            arith::RemUIOp::create(b, iteration, index(lines))};
  }

  /// image * imageSize + line * lineSize
  Value flatLine(Value image, Value line, int64_t imageSize, int64_t lineSize) {
    return materialize(b, addIndex(b, mulIndex(b, image, b.getIndexAttr(imageSize)),
                                   mulIndex(b, line, b.getIndexAttr(lineSize))));
  }

  void copyPixels(Value to, Value at, Value sourceAt) {
    if (pitch == shape.channels)
      return copyElements(to, at, shape.width * pitch, input, sourceAt);
    auto pixels = scf::ForOp::create(b, index(0), index(shape.width), index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(pixels.getBody());
    Value pixel = pixels.getInductionVar();
    Value from = materialize(
        b, addIndex(b, sourceAt, mulIndex(b, pixel, b.getIndexAttr(shape.channels))));
    Value into = materialize(b, addIndex(b, at, mulIndex(b, pixel, b.getIndexAttr(pitch))));
    copyElements(to, into, shape.channels, input, from);
  }

  /// `count` elements from `source`, or zeros where that is null.
  void copyElements(Value to, Value at, int64_t count, Value source, Value sourceAt) {
    if (count == 0)
      return;
    auto loop = scf::ForOp::create(b, index(0), index(count), index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value i = loop.getInductionVar();
    Value value =
        source ? Value(memref::LoadOp::create(b, source,
                                              Value(arith::AddIOp::create(b, sourceAt, i))))
               : Value(arith::ConstantOp::create(b, b.getZeroAttr(b.getF32Type())));
    memref::StoreOp::create(b, value, to, Value(arith::AddIOp::create(b, at, i)));
  }

  /// Starting values: the bias, or zeros.
  SmallVector<Value> startingValues(ImplicitLocOpBuilder &b, const TilePosition &position) {
    auto type = VectorType::get({lanes}, b.getF32Type());
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    SmallVector<Value> values(position.rows * position.vectors, zero);
    if (!bias)
      return values;
    for (int64_t j = 0; j < position.vectors; ++j) {
      Value at = materialize(b, addIndex(b, position.column, b.getIndexAttr(j * lanes)));
      Value loaded =
          position.masks.empty()
              ? Value(vector::LoadOp::create(b, type, bias, ValueRange{at}))
              : Value(vector::MaskedLoadOp::create(b, type, bias, ValueRange{at},
                                                   position.masks[j], zero));
      for (int64_t i = 0; i < position.rows; ++i)
        values[i * position.vectors + j] = loaded;
    }
    return values;
  }

  void emitContraction() {
    int64_t ci = shape.groupChannels(), co = shape.groupOutChannels();
    int64_t linePitch = shape.width * pitch;
    ContractionNest nest;
    nest.lanes = lanes;
    nest.columns = b.getIndexAttr(co);
    nest.rowStride = b.getIndexAttr(shape.strideW * pitch);
    int64_t rows = shape.outWidth;
    if (shape.isPointwise() && shape.groups == 1) {
      // All pixels of all images form one line.
      rows = ShapedType::isDynamic(batch) ? batch : batch * shape.height * shape.width;
      nest.rowsMultiple = shape.height * shape.width;
      nest.rows = mulIndex(b, batchSize, b.getIndexAttr(nest.rowsMultiple));
      nest.lines = b.getIndexAttr(1);
    } else {
      // Outer loops over images, or over pixels of a line; and over groups.
      OpFoldResult imageStride = b.getIndexAttr(imagePitch);
      OuterLoop pixels{b.getIndexAttr(shape.outWidth), nest.rowStride, b.getIndexAttr(0)};
      OuterLoop images{batchSize, imageStride, b.getIndexAttr(0)};
      bool byImage = shape.hasImagesAsRows();
      nest.outer.push_back(byImage ? pixels : images);
      if (shape.groups > 1)
        nest.outer.push_back({b.getIndexAttr(shape.groups), b.getIndexAttr(ci),
                              b.getIndexAttr(co)});
      nest.lines = b.getIndexAttr(shape.outHeight);
      nest.rows = byImage ? batchSize : pixels.count;
      if (byImage) {
        rows = batch;
        nest.rowStride = imageStride;
      }
    }
    nest.lineStride = b.getIndexAttr(shape.strideH * linePitch);
    int64_t rhsPitch = shape.outChannels;
    if (packed) {
      rhsPitch = packed->tileColumns;
      int64_t vectors = rhsPitch / lanes;
      int64_t most = (target.vectorRegisters - 1 - vectors) / vectors;
      nest.tile = {ShapedType::isDynamic(rows)
                       ? most
                       : int64_t(llvm::divideCeil(rows, llvm::divideCeil(rows, most))),
                   vectors};
      nest.rhsPadded = true;
      nest.columnTileStride = b.getIndexAttr(packed->contracted * rhsPitch);
    } else {
      nest.tile = chooseTileShape(rows, co, 32, target);
      nest.columnTileStride = b.getIndexAttr(nest.tile.vectors * lanes);
    }
    if (ShapedType::isDynamic(rows))
      nest.tile.rows = chooseTileRows(nest.tile.rows, nest.rowsMultiple);
    addContractionLoops(nest, ci, linePitch, rhsPitch);
    emitContractionNest(
        b, nest, target, input, kernelBuffer,
        [&](ImplicitLocOpBuilder &b, TilePosition &position) {
          if (shape.groups > 1)
            position.column = materialize(
                b, addIndex(b, position.column,
                            mulIndex(b, position.outer[1], b.getIndexAttr(co))));
          return startingValues(b, position);
        },
        [&](ImplicitLocOpBuilder &b, const TilePosition &position, ArrayRef<Value> sums) {
          emitEpilogue(b, position, sums);
        });
  }

  void addContractionLoops(ContractionNest &nest, int64_t ci, int64_t linePitch,
                           int64_t rhsPitch) {
    auto add = [&](int64_t count, int64_t lhsStride, int64_t rhsStride) {
      if (count > 1 || nest.loops.empty())
        nest.loops.push_back({b.getIndexAttr(count), b.getIndexAttr(lhsStride),
                              b.getIndexAttr(rhsStride)});
    };
    int64_t kw = shape.kernelWidth;
    if (shape.kernelHeight > 1)
      add(shape.kernelHeight, shape.dilationH * linePitch, kw * ci * rhsPitch);
    if (shape.dilationW == 1 && ci == pitch)
      return add(kw * ci, 1, rhsPitch);
    if (kw > 1)
      add(kw, shape.dilationW * pitch, ci * rhsPitch);
    add(ci, 1, rhsPitch);
  }

  void emitEpilogue(ImplicitLocOpBuilder &b, const TilePosition &position,
                    ArrayRef<Value> sums) {
    epilogue.emit(b, buffers, position, sums,
                  [&](ImplicitLocOpBuilder &b, const TilePosition &position, Value row) {
                    return rowIndices(b, position, row);
                  });
  }

  SmallVector<Value> rowIndices(ImplicitLocOpBuilder &b, const TilePosition &position,
                                Value row) {
    bool pointwise = position.outer.empty();
    Value image = pointwise ? Value() : position.outer[0], line = position.line;
    if (shape.hasImagesAsRows())
      std::swap(image, row);
    if (epilogue.hasFlatRows()) {
      if (pointwise)
        return {row};
      OpFoldResult flat = mulIndex(b, image, b.getIndexAttr(shape.outHeight));
      flat = mulIndex(b, addIndex(b, flat, line), b.getIndexAttr(shape.outWidth));
      return {materialize(b, addIndex(b, flat, row))};
    }
    if (pointwise) {
      Value width = index(shape.outWidth), area = index(shape.outWidth * shape.outHeight);
      image = arith::DivUIOp::create(b, row, area);
      Value inImage = arith::RemUIOp::create(b, row, area);
      line = arith::DivUIOp::create(b, inImage, width);
      row = arith::RemUIOp::create(b, inImage, width);
    }
    if (llvm::cast<RankedTensorType>(conv.getOutput().getType()).getRank() == 3)
      return {image, row};
    return {image, line, row};
  }

  void emitDepthwise();
  void emitDepthwiseTile(TilePosition position, int64_t rows);

  dl::ConvOp conv;
  ConvShape shape;
  std::optional<PackedOperand> packed;
  const Epilogue &epilogue;
  TargetInfo target;
  int64_t lanes;
  int64_t pitch;      ///< elements from one pixel to the next
  int64_t imagePitch; ///< and from one image to the next
  ImplicitLocOpBuilder b;
  KernelBuffers buffers;
  int64_t batch = 0;
  OpFoldResult batchSize;
  Value input, kernelBuffer, bias, scratch;
};
} // namespace

/// Parallel over (image, line); along a line tiles of pixels; for each tile all
/// channels, two vectors at a time, then one, then what is left under a mask.
void ConvEmitter::emitDepthwise() {
  int64_t most = (target.vectorRegisters - 4) / 2;
  int64_t tileRows = llvm::divideCeil(
      shape.outWidth, llvm::divideCeil(shape.outWidth, std::min<int64_t>(most, 8)));
  int64_t work = shape.outWidth * llvm::divideCeil(shape.channels, lanes) * shape.kernelHeight *
                 shape.kernelWidth;
  Value iteration =
      beginParallel(b, mulIndex(b, batchSize, b.getIndexAttr(shape.outHeight)), work);
  auto [image, line] = splitLine(iteration, shape.outHeight);
  TilePosition position;
  position.outer = {image};
  position.line = line;
  position.lanes = lanes;
  auto forRange = [&](int64_t begin, int64_t end, int64_t step,
                      llvm::function_ref<void(Value)> body) {
    if (begin + step > end)
      return;
    auto loop = scf::ForOp::create(b, index(begin), index(end - (end - begin) % step),
                                   index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  };
  auto channels = [&](TilePosition position, int64_t rows) {
    int64_t whole = shape.channels / lanes * lanes, pairs = whole / (2 * lanes) * (2 * lanes);
    forRange(0, pairs, 2 * lanes, [&](Value column) {
      position.vectors = 2;
      position.column = column;
      emitDepthwiseTile(position, rows);
    });
    forRange(pairs, whole, lanes, [&](Value column) {
      position.vectors = 1;
      position.column = column;
      emitDepthwiseTile(position, rows);
    });
    if (whole < shape.channels) {
      position.vectors = 1;
      position.column = index(whole);
      position.validColumns = index(shape.channels - whole);
      position.masks = {createMask(b, lanes, b.getIndexAttr(shape.channels - whole))};
      emitDepthwiseTile(position, rows);
    }
  };
  int64_t full = shape.outWidth / tileRows * tileRows;
  forRange(0, full, tileRows, [&](Value row) {
    position.row = row;
    channels(position, tileRows);
  });
  if (full < shape.outWidth) {
    position.row = index(full);
    channels(position, shape.outWidth - full);
  }
  endParallel(b);
}

void ConvEmitter::emitDepthwiseTile(TilePosition position, int64_t rows) {
  position.rows = rows;
  int64_t c = shape.channels, linePitch = shape.width * c;
  auto type = VectorType::get({lanes}, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  OpFoldResult base = mulIndex(b, position.outer[0], b.getIndexAttr(shape.height * linePitch));
  base = addIndex(b, base,
                  mulIndex(b, position.line, b.getIndexAttr(shape.strideH * linePitch)));
  base = addIndex(b, base, mulIndex(b, position.row, b.getIndexAttr(shape.strideW * c)));
  base = addIndex(b, base, position.column);
  auto load = [&](Value buffer, OpFoldResult at, int64_t j) -> Value {
    Value offset = materialize(b, addIndex(b, at, b.getIndexAttr(j * lanes)));
    if (position.masks.empty())
      return vector::LoadOp::create(b, type, buffer, ValueRange{offset});
    return vector::MaskedLoadOp::create(b, type, buffer, ValueRange{offset}, position.masks[j],
                                        zero);
  };
  SmallVector<Value> sums = startingValues(b, position);
  // Kernel positions unrolled within a row of the kernel; a loop over its rows.
  auto kernelRows = scf::ForOp::create(b, index(0), index(shape.kernelHeight), index(1), sums);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(kernelRows.getBody());
    Value kh = kernelRows.getInductionVar();
    SmallVector<Value> carried(kernelRows.getRegionIterArgs());
    OpFoldResult line =
        addIndex(b, base, mulIndex(b, kh, b.getIndexAttr(shape.dilationH * linePitch)));
    OpFoldResult weights = addIndex(
        b, position.column, mulIndex(b, kh, b.getIndexAttr(shape.kernelWidth * c)));
    for (int64_t kw = 0; kw < shape.kernelWidth; ++kw)
      for (int64_t j = 0; j < position.vectors; ++j) {
        Value weight = load(kernelBuffer, addIndex(b, weights, b.getIndexAttr(kw * c)), j);
        for (int64_t i = 0; i < rows; ++i) {
          int64_t offset = (i * shape.strideW + kw * shape.dilationW) * c;
          Value x = load(input, addIndex(b, line, b.getIndexAttr(offset)), j);
          Value &sum = carried[i * position.vectors + j];
          sum = vector::FMAOp::create(b, x, weight, sum);
        }
      }
    scf::YieldOp::create(b, carried);
  }
  emitEpilogue(b, position, SmallVector<Value>(kernelRows.getResults()));
}

LogicalResult dlc::cpu::lowerConvKernel(func::FuncOp kernel) {
  dl::ConvOp conv;
  for (auto op : kernel.getOps<dl::ConvOp>()) {
    if (conv)
      return failure();
    conv = op;
  }
  if (!conv || !llvm::isa<BlockArgument>(conv.getInput()) ||
      (conv.getBias() && !llvm::isa<BlockArgument>(conv.getBias()) &&
       !conv.getBias().getDefiningOp<dl::ConstantOp>()))
    return failure();
  FailureOr<ConvShape> shape = ConvShape::match(conv);
  if (failed(shape))
    return failure();
  std::optional<PackedOperand> packed = PackedOperand::match(conv.getKernel());
  if (!packed && !llvm::isa<BlockArgument>(conv.getKernel()))
    return failure();
  if (packed && shape->groups != 1)
    return failure();
  llvm::SmallPtrSet<Operation *, 4> operandOps;
  if (packed)
    operandOps.insert(packed->unpackOps.begin(), packed->unpackOps.end());
  FailureOr<Epilogue> epilogue = Epilogue::match(kernel, conv, operandOps);
  if (failed(epilogue))
    return failure();
  ConvEmitter(kernel, conv, *shape, packed, *epilogue).emit();
  return success();
}
