//===- DlLinearOps.cpp - the linear ops of the dl dialect -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// conv C3` name the constraint of docs/spec/linear.md that
// the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlLinearOps.cpp.inc"

/// Whether products of `operand` elements may be summed in `result`: the same
/// type, a wider float, or an integer that is at least as wide.
static bool canAccumulate(Type operand, Type result) {
  if (operand == result)
    return !operand.isInteger(1);
  if (isa<FloatType>(operand) && isa<FloatType>(result))
    return operand.getIntOrFloatBitWidth() <= result.getIntOrFloatBitWidth();
  if (isa<IntegerType>(operand) && isa<IntegerType>(result))
    return !operand.isInteger(1) &&
           operand.getIntOrFloatBitWidth() <= result.getIntOrFloatBitWidth();
  return false;
}

/// Checks the element types of a product: equal, or both integers, and both
/// summable in the result's.
static LogicalResult checkProductTypes(Complaint complain, Type lhs, Type rhs, Type result) {
  if (lhs != rhs && !(isa<IntegerType>(lhs) && isa<IntegerType>(rhs)))
    return complain("operands have element types ", lhs, " and ", rhs,
                    "; they may differ only for integers");
  if (!canAccumulate(lhs, result) || !canAccumulate(rhs, result))
    return complain("products of ", lhs, " and ", rhs, " cannot be summed in ", result);
  return success();
}

//===----------------------------------------------------------------------===//
// dot_general
//===----------------------------------------------------------------------===//

/// Checks that `dims` names distinct dimensions of a tensor of rank `rank`.
static LogicalResult checkDistinctDims(Complaint complain, StringRef operand,
                                       ArrayRef<int64_t> batching,
                                       ArrayRef<int64_t> contracting, int64_t rank) {
  SmallVector<bool> seen(rank, false);
  for (int64_t dim : llvm::concat<const int64_t>(batching, contracting)) {
    if (!isDimension(dim, rank))
      return complain("dimension ", dim, " is out of range for the ", operand, " of rank ", rank);
    if (seen[dim])
      return complain("dimension ", dim, " of the ", operand, " is named twice");
    seen[dim] = true;
  }
  return success();
}

/// The dimensions of rank `rank` that are in neither list, ascending.
static SmallVector<int64_t> freeDims(int64_t rank, ArrayRef<int64_t> batching,
                                     ArrayRef<int64_t> contracting) {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(batching, dim) && !llvm::is_contained(contracting, dim))
      dims.push_back(dim);
  return dims;
}

static SmallVector<int64_t> dotShape(RankedTensorType lhs, RankedTensorType rhs,
                                     ArrayRef<int64_t> lhsBatching,
                                     ArrayRef<int64_t> rhsBatching,
                                     ArrayRef<int64_t> lhsContracting,
                                     ArrayRef<int64_t> rhsContracting) {
  SmallVector<int64_t> shape;
  for (auto [l, r] : llvm::zip_equal(lhsBatching, rhsBatching))
    shape.push_back(mergeSizes(lhs.getDimSize(l), rhs.getDimSize(r)));
  for (int64_t dim : freeDims(lhs.getRank(), lhsBatching, lhsContracting))
    shape.push_back(lhs.getDimSize(dim));
  for (int64_t dim : freeDims(rhs.getRank(), rhsBatching, rhsContracting))
    shape.push_back(rhs.getDimSize(dim));
  return shape;
}

void DotGeneralOp::build(OpBuilder &builder, OperationState &state, Value lhs, Value rhs,
                         ArrayRef<int64_t> lhsBatching, ArrayRef<int64_t> rhsBatching,
                         ArrayRef<int64_t> lhsContracting, ArrayRef<int64_t> rhsContracting,
                         Type elementType) {
  SmallVector<int64_t> shape = dotShape(getTensorType(lhs), getTensorType(rhs), lhsBatching, rhsBatching,
                                        lhsContracting, rhsContracting);
  if (!elementType)
    elementType = getTensorType(lhs).getElementType();
  build(builder, state, RankedTensorType::get(shape, elementType), lhs, rhs, lhsBatching,
        rhsBatching, lhsContracting, rhsContracting);
}

LogicalResult DotGeneralOp::verify() {
  Complaint complain{getLoc(), getOperationName()};
  RankedTensorType lhs = getLhs().getType(), rhs = getRhs().getType();
  // dot_general C1
  if (getLhsBatching().size() != getRhsBatching().size())
    return complain("lhs_batching and rhs_batching differ in length");
  // dot_general C2
  if (getLhsContracting().size() != getRhsContracting().size())
    return complain("lhs_contracting and rhs_contracting differ in length");
  // dot_general C3
  if (failed(checkDistinctDims(complain, "lhs", getLhsBatching(), getLhsContracting(),
                               lhs.getRank())) ||
      failed(checkDistinctDims(complain, "rhs", getRhsBatching(), getRhsContracting(),
                               rhs.getRank())))
    return failure();
  // dot_general C4
  for (auto [l, r] : llvm::zip_equal(
           llvm::to_vector(llvm::concat<const int64_t>(getLhsBatching(), getLhsContracting())),
           llvm::to_vector(llvm::concat<const int64_t>(getRhsBatching(), getRhsContracting()))))
    if (!mayEqual(lhs.getDimSize(l), rhs.getDimSize(r)))
      return complain("lhs dimension ", l, " of size ", lhs.getDimSize(l),
                      " meets rhs dimension ", r, " of size ", rhs.getDimSize(r));
  // dot_general C5
  RankedTensorType output = getOutput().getType();
  if (failed(checkProductTypes(complain, lhs.getElementType(), rhs.getElementType(),
                               output.getElementType())))
    return failure();
  // dot_general C6
  auto expected = RankedTensorType::get(dotShape(lhs, rhs, getLhsBatching(), getRhsBatching(),
                                                 getLhsContracting(), getRhsContracting()),
                                        output.getElementType());
  if (!areCompatibleTypes(expected, output))
    return complain("result should be ", expected, " but is ", output);
  return success();
}

LogicalResult DotGeneralOp::reifyResultShapes(OpBuilder &builder,
                                              ReifiedRankedShapedTypeDims &shapes) {
  int64_t batches = getLhsBatching().size();
  SmallVector<int64_t> lhsFree =
      freeDims(getLhs().getType().getRank(), getLhsBatching(), getLhsContracting());
  SmallVector<int64_t> rhsFree =
      freeDims(getRhs().getType().getRank(), getRhsBatching(), getRhsContracting());
  int64_t lhsEnd = batches + lhsFree.size();
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    if (d < batches)
      return sizes.dim(getLhs(), getLhsBatching()[d]);
    return d < lhsEnd ? sizes.dim(getLhs(), lhsFree[d - batches])
                      : sizes.dim(getRhs(), rhsFree[d - lhsEnd]);
  });
}

namespace {
/// dot_general(transpose(x), y) → dot_general(x, y) with renamed dimensions,
/// where the transpose leaves the order of the free dimensions. A product reads
/// its operands in any layout, so that the transpose would only cost a copy.
struct FoldTransposeIntoDot : OpRewritePattern<DotGeneralOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DotGeneralOp op, PatternRewriter &rewriter) const override {
    SmallVector<int64_t> lhsBatching(op.getLhsBatching()), rhsBatching(op.getRhsBatching());
    SmallVector<int64_t> lhsContracting(op.getLhsContracting());
    SmallVector<int64_t> rhsContracting(op.getRhsContracting());
    Value lhs = absorb(op.getLhs(), lhsBatching, lhsContracting);
    Value rhs = absorb(op.getRhs(), rhsBatching, rhsContracting);
    if (lhs == op.getLhs() && rhs == op.getRhs())
      return rewriter.notifyMatchFailure(op, "no operand is a transpose that can be absorbed");
    rewriter.replaceOpWithNewOp<DotGeneralOp>(op, op.getType(), lhs, rhs, lhsBatching, rhsBatching,
                                              lhsContracting, rhsContracting);
    return success();
  }

private:
  /// The operand below a transpose, with the dimension lists renamed; the
  /// operand itself where that would reorder the result.
  static Value absorb(Value operand, SmallVectorImpl<int64_t> &batching,
                      SmallVectorImpl<int64_t> &contracting) {
    auto transpose = operand.getDefiningOp<TransposeOp>();
    if (!transpose)
      return operand;
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    SmallVector<int64_t> renamed;
    for (int64_t dim : freeDims(permutation.size(), batching, contracting))
      renamed.push_back(permutation[dim]);
    if (!llvm::is_sorted(renamed))
      return operand;
    for (int64_t &dim : batching)
      dim = permutation[dim];
    for (int64_t &dim : contracting)
      dim = permutation[dim];
    return transpose.getInput();
  }
};
} // namespace

void DotGeneralOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldTransposeIntoDot>(context);
}

//===----------------------------------------------------------------------===//
// conv
//===----------------------------------------------------------------------===//

/// Where the dimensions of a convolution's operands lie.
namespace {
struct ConvDims {
  ConvDims(dlc::dl::DataLayout layout, int64_t rank)
      : spatial(rank - 2), first(layout == dlc::dl::DataLayout::channels_first) {}

  int64_t channel() const { return first ? 1 : spatial + 1; }
  int64_t inputSpatial(int64_t i) const { return i + (first ? 2 : 1); }
  int64_t kernelSpatial(int64_t i) const { return i + (first ? 2 : 0); }
  /// The spatial index of a dimension of input or result.
  int64_t spatialIndex(int64_t dim) const { return dim - (first ? 2 : 1); }
  /// `conv`: kernel O,I,spatial or spatial,I,O.
  int64_t kernelOutput() const { return first ? 0 : spatial + 1; }
  int64_t kernelInput() const { return first ? 1 : spatial; }
  /// `conv_transpose`: kernel I,O/groups,spatial or spatial,O/groups,I.
  int64_t transposedOutput() const { return first ? 1 : spatial; }
  int64_t transposedInput() const { return first ? 0 : spatial + 1; }

  int64_t spatial;
  bool first;
};
} // namespace

/// Checks one attribute with an entry per spatial dimension.
static LogicalResult checkSpatial(Complaint complain, StringRef name, ArrayRef<int64_t> values,
                                  int64_t spatial, int64_t least) {
  if (int64_t(values.size()) != spatial)
    return complain(name, " has ", values.size(), " entries for ", spatial, " spatial dimensions");
  for (int64_t value : values)
    if (value < least)
      return complain(name, " must be at least ", least, " but has ", value);
  return success();
}

static SmallVector<int64_t> convShape(RankedTensorType input, RankedTensorType kernel,
                                      ArrayRef<int64_t> strides, ArrayRef<int64_t> low,
                                      ArrayRef<int64_t> high, ArrayRef<int64_t> dilations,
                                      dlc::dl::DataLayout layout) {
  ConvDims dims(layout, input.getRank());
  SmallVector<int64_t> shape(input.getRank(), ShapedType::kDynamic);
  shape[0] = input.getDimSize(0);
  shape[dims.channel()] = kernel.getDimSize(dims.kernelOutput());
  for (int64_t i = 0; i < dims.spatial; ++i) {
    int64_t window = kernel.getDimSize(dims.kernelSpatial(i));
    if (!isUnknown(window))
      shape[dims.inputSpatial(i)] =
          getWindowedSize(input.getDimSize(dims.inputSpatial(i)), window, strides[i], low[i],
                          high[i], dilations[i]);
  }
  return shape;
}

void ConvOp::build(OpBuilder &builder, OperationState &state, Value input, Value kernel, Value bias,
                   ArrayRef<int64_t> strides, ArrayRef<int64_t> paddingLow,
                   ArrayRef<int64_t> paddingHigh, ArrayRef<int64_t> dilations, int64_t groups,
                   dlc::dl::DataLayout layout, Type elementType) {
  SmallVector<int64_t> shape = convShape(getTensorType(input), getTensorType(kernel), strides, paddingLow,
                                         paddingHigh, dilations, layout);
  if (!elementType)
    elementType = getTensorType(input).getElementType();
  build(builder, state, RankedTensorType::get(shape, elementType), input, kernel, bias, strides,
        paddingLow, paddingHigh, dilations, groups, layout);
}

/// Checks what `conv` and `conv_transpose` share: ranks, attributes and bias.
template <typename Adaptor>
static LogicalResult checkConvOperands(Complaint complain, Adaptor op, int64_t leastPadding,
                                       int64_t outputChannels) {
  RankedTensorType input = getTensorType(op.getInput()), kernel = getTensorType(op.getKernel());
  int64_t spatial = input.getRank() - 2;
  if (failed(checkSpatial(complain, "strides", op.getStrides(), spatial, 1)) ||
      failed(checkSpatial(complain, "dilations", op.getDilations(), spatial, 1)) ||
      failed(checkSpatial(complain, "padding_low", op.getPaddingLow(), spatial, leastPadding)) ||
      failed(checkSpatial(complain, "padding_high", op.getPaddingHigh(), spatial, leastPadding)))
    return failure();
  if (Value bias = op.getBias()) {
    RankedTensorType type = getTensorType(bias);
    if (type.getRank() != 1 || !mayEqual(type.getDimSize(0), outputChannels))
      return complain("bias ", type, " does not hold one element for each of the ",
                      outputChannels, " output channels");
  }
  return success();
}

/// Checks the ranks of a convolution's operands and its group count.
static LogicalResult checkConvRanks(Complaint complain, RankedTensorType input,
                                    RankedTensorType kernel, int64_t groups) {
  if (input.getRank() < 2)
    return complain("input ", input, " has no batch and channel dimension");
  if (kernel.getRank() != input.getRank())
    return complain("kernel ", kernel, " and input ", input, " differ in rank");
  if (groups < 1)
    return complain("groups must be positive but is ", groups);
  return success();
}

LogicalResult ConvOp::verify() {
  Complaint complain{getLoc(), getOperationName()};
  RankedTensorType input = getInput().getType(), kernel = getKernel().getType();
  RankedTensorType output = getOutput().getType();
  int64_t groups = getGroups();
  // conv C1, C2
  if (failed(checkConvRanks(complain, input, kernel, groups)))
    return failure();
  // conv C3, C4, C5
  ConvDims dims(getLayout(), input.getRank());
  int64_t outputs = kernel.getDimSize(dims.kernelOutput());
  if (failed(checkConvOperands(complain, *this, /*leastPadding=*/0, outputs)))
    return failure();
  // conv C6
  int64_t channels = input.getDimSize(dims.channel());
  int64_t perGroup = kernel.getDimSize(dims.kernelInput());
  if (!isUnknown(channels) && !isUnknown(perGroup) && channels != perGroup * groups)
    return complain("input has ", channels, " channels, but the kernel takes ", perGroup,
                    " in each of ", groups, " groups");
  // conv C7
  if (!isUnknown(outputs) && outputs % groups != 0)
    return complain(outputs, " output channels cannot be split into ", groups, " groups");
  // conv C8
  if (failed(checkProductTypes(complain, input.getElementType(), kernel.getElementType(),
                               output.getElementType())))
    return failure();
  if (getBias() && getBias().getType().getElementType() != output.getElementType())
    return complain("bias and result differ in element type");
  // conv C9
  auto expected = RankedTensorType::get(convShape(input, kernel, getStrides(), getPaddingLow(),
                                                  getPaddingHigh(), getDilations(), getLayout()),
                                        output.getElementType());
  if (!areCompatibleTypes(expected, output))
    return complain("result should be ", expected, " but is ", output);
  return success();
}

LogicalResult ConvOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  ConvDims dims(getLayout(), getInput().getType().getRank());
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    if (d == 0)
      return sizes.dim(getInput(), 0);
    if (d == dims.channel())
      return sizes.dim(getKernel(), dims.kernelOutput());
    int64_t i = dims.spatialIndex(d);
    // The kernel may be dynamic, too: ⌊(size + low + high − span) / stride⌋ + 1.
    OpFoldResult taps = sizes.dim(getKernel(), dims.kernelSpatial(i));
    OpFoldResult span = sizes.mul(taps, sizes.constant(getDilations()[i]));
    OpFoldResult room = sizes.add(
        sizes.dim(getInput(), d),
        sizes.constant(getPaddingLow()[i] + getPaddingHigh()[i] + getDilations()[i] - 1));
    OpFoldResult steps =
        sizes.floorDiv(sizes.sub(room, span), sizes.constant(getStrides()[i]));
    return sizes.max(sizes.add(steps, sizes.constant(1)), sizes.constant(0));
  });
}

//===----------------------------------------------------------------------===//
// conv_transpose
//===----------------------------------------------------------------------===//

LogicalResult ConvTransposeOp::inferReturnTypes(MLIRContext *context,
                                                std::optional<Location> location,
                                                ValueRange operands, DictionaryAttr attributes,
                                                OpaqueProperties properties, RegionRange regions,
                                                SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput()), kernel = getTensorType(op.getKernel());
  int64_t groups = op.getGroups();
  // conv_transpose C1, C2
  if (failed(checkConvRanks(complain, input, kernel, groups)))
    return failure();
  // conv_transpose C3, C4, C5
  ConvDims dims(op.getLayout(), input.getRank());
  int64_t perGroup = kernel.getDimSize(dims.transposedOutput());
  int64_t outputs = isUnknown(perGroup) ? perGroup : perGroup * groups;
  if (failed(checkConvOperands(complain, op, std::numeric_limits<int64_t>::min(), outputs)) ||
      failed(checkSpatial(complain, "output_padding", op.getOutputPadding(), dims.spatial, 0)))
    return failure();
  // conv_transpose C6
  int64_t channels = input.getDimSize(dims.channel());
  int64_t kernelChannels = kernel.getDimSize(dims.transposedInput());
  if (!mayEqual(channels, kernelChannels))
    return complain("input has ", channels, " channels, but the kernel takes ", kernelChannels);
  // conv_transpose C7
  int64_t known = mergeSizes(channels, kernelChannels);
  if (!isUnknown(known) && known % groups != 0)
    return complain(known, " input channels cannot be split into ", groups, " groups");
  // conv_transpose C8
  Type elementType = input.getElementType();
  if (kernel.getElementType() != elementType || !canAccumulate(elementType, elementType) ||
      (op.getBias() && getTensorType(op.getBias()).getElementType() != elementType))
    return complain("operands differ in element type");
  SmallVector<int64_t> shape(input.getRank(), ShapedType::kDynamic);
  shape[0] = input.getDimSize(0);
  shape[dims.channel()] = outputs;
  for (int64_t i = 0; i < dims.spatial; ++i) {
    int64_t size = input.getDimSize(dims.inputSpatial(i));
    int64_t window = kernel.getDimSize(dims.kernelSpatial(i));
    if (isUnknown(size) || isUnknown(window))
      continue;
    shape[dims.inputSpatial(i)] = std::max<int64_t>(
        0, (size - 1) * op.getStrides()[i] + (window - 1) * op.getDilations()[i] + 1 -
               op.getPaddingLow()[i] - op.getPaddingHigh()[i] + op.getOutputPadding()[i]);
  }
  types.push_back(RankedTensorType::get(shape, elementType));
  return success();
}

LogicalResult ConvTransposeOp::reifyResultShapes(OpBuilder &builder,
                                                 ReifiedRankedShapedTypeDims &shapes) {
  ConvDims dims(getLayout(), getTensorType(getInput()).getRank());
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    if (d == 0)
      return sizes.dim(getInput(), 0);
    if (d == dims.channel())
      return sizes.mul(sizes.dim(getKernel(), dims.transposedOutput()),
                       sizes.constant(getGroups()));
    int64_t i = dims.spatialIndex(d);
    int64_t stride = getStrides()[i], dilation = getDilations()[i];
    OpFoldResult steps = sizes.mul(sizes.dim(getInput(), d), sizes.constant(stride));
    OpFoldResult span = sizes.mul(sizes.dim(getKernel(), dims.kernelSpatial(i)),
                                  sizes.constant(dilation));
    int64_t rest = 1 - stride - dilation - getPaddingLow()[i] - getPaddingHigh()[i] +
                   getOutputPadding()[i];
    return sizes.max(sizes.add(sizes.add(steps, span), sizes.constant(rest)),
                     sizes.constant(0));
  });
}

//===----------------------------------------------------------------------===//
// fft
//===----------------------------------------------------------------------===//

/// The shape of a Fourier transform's result, its operands being well-formed.
static SmallVector<int64_t> fftShape(FftOp op) {
  SmallVector<int64_t> shape(op.getInput().getType().getShape());
  int64_t &size = shape[op.getDimension()];
  if (op.getKind() == FftKind::rfft) {
    size = isUnknown(size) ? size : size / 2 + 1;
    shape.push_back(2);
  } else if (op.getKind() == FftKind::irfft) {
    size = *op.getLength();
    shape.pop_back();
  }
  return shape;
}

LogicalResult FftOp::verify() {
  Complaint complain{getLoc(), getOperationName()};
  RankedTensorType input = getInput().getType(), output = getOutput().getType();
  bool isReal = getKind() == FftKind::rfft;
  // fft C1
  if (!isReal && (input.getRank() < 2 || !mayEqual(input.getShape().back(), 2)))
    return complain("complex input ", input, " has no last dimension of size 2");
  // fft C2
  if (!isDimension(getDimension(), input.getRank() - (isReal ? 0 : 1)))
    return complain("dimension ", getDimension(), " is out of range for the input ", input);
  // fft C3
  if (getLength().has_value() != (getKind() == FftKind::irfft))
    return complain("`length` belongs to irfft, and is required there");
  // fft C4
  if (getLength() && *getLength() < 1)
    return complain("`length` must be positive but is ", *getLength());
  int64_t size = input.getDimSize(getDimension());
  if (getLength() && !mayEqual(size, *getLength() / 2 + 1))
    return complain(*getLength(), " real values have ", *getLength() / 2 + 1,
                    " terms, but the input has ", size);
  // fft C5
  auto expected = RankedTensorType::get(fftShape(*this), input.getElementType());
  if (!areCompatibleTypes(expected, output))
    return complain("result should be ", expected, " but is ", output);
  return success();
}

LogicalResult FftOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    if (d == getInput().getType().getRank())
      return sizes.constant(2);
    OpFoldResult size = sizes.dim(getInput(), d);
    if (d != int64_t(getDimension()))
      return size;
    if (getKind() == FftKind::rfft)
      return sizes.add(sizes.floorDiv(size, sizes.constant(2)), sizes.constant(1));
    return getKind() == FftKind::irfft ? sizes.constant(*getLength()) : size;
  });
}
