//===- NodeShapes.cpp - shapes while importing a node ---------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeBuilder.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Size NodeBuilder::size(Value x, int64_t dim) {
  if (!requireDimension(x, dim))
    return Size(Value());
  if (!type(x).isDynamicDim(dim))
    return Size(shapeOf(x)[dim]);
  return Size(infer<dl::DimSizeOp>(x, builder.getI64IntegerAttr(dim)));
}

Sizes NodeBuilder::sizes(Value x) {
  Sizes all;
  if (x)
    for (int64_t d = 0, e = rankOf(x); d < e; ++d)
      all.push_back(size(x, d));
  return all;
}

std::optional<Sizes> NodeBuilder::entries(Value tensor, StringRef what) {
  if (!tensor)
    return std::nullopt;
  if (!elementTypeOf(tensor).isInteger() || isBool(tensor)) {
    emitError() << what << " is of type " << elementTypeOf(tensor) << ", not an integer type";
    return std::nullopt;
  }
  if (rankOf(tensor) == 0)
    tensor = reshape(tensor, ArrayRef<int64_t>{1});
  if (!requireRank(tensor, 1, 1, what))
    return std::nullopt;
  int64_t length = shapeOf(tensor)[0];
  if (ShapedType::isDynamic(length)) {
    emitError() << what << " has a length that isn't known before the run";
    return std::nullopt;
  }
  if (length > 1024) {
    emitError() << what << " has " << length << " entries, which is too many";
    return std::nullopt;
  }
  Sizes all;
  if (auto numbers = constantInts(tensor)) {
    all.append(numbers->begin(), numbers->end());
    return all;
  }
  for (int64_t i = 0; i < length; ++i) {
    if (std::optional<Size> known = peekEntry(tensor, i)) {
      all.push_back(*known);
      continue;
    }
    Value entry = length == 1 ? tensor : sliceAxis(tensor, 0, i, 1);
    all.push_back(convert(reshape(entry, ArrayRef<int64_t>{}), builder.getI64Type()));
  }
  if (failed)
    return std::nullopt;
  return all;
}

Value NodeBuilder::sizeTensor(Size size) {
  return size.isStatic() ? scalarInt(builder.getI64Type(), size.getStatic()) : size.getTensor();
}

Value NodeBuilder::sizesTensor(ArrayRef<Size> sizes) {
  if (llvm::all_of(sizes, [](const Size &size) { return size.isStatic(); })) {
    SmallVector<int64_t> numbers;
    for (const Size &size : sizes)
      numbers.push_back(size.getStatic());
    return constantInts(numbers);
  }
  SmallVector<Value> parts;
  SmallVector<int64_t> run; // consecutive numbers make one constant
  auto flush = [&] {
    if (!run.empty())
      parts.push_back(constantInts(run));
    run.clear();
  };
  for (const Size &size : sizes) {
    if (size.isStatic()) {
      run.push_back(size.getStatic());
      continue;
    }
    flush();
    parts.push_back(reshape(size.getTensor(), ArrayRef<int64_t>{1}));
  }
  flush();
  return parts.size() == 1 ? parts.front() : concat(parts, 0);
}

Value NodeBuilder::shapeOperand(ArrayRef<Size> sizes) {
  if (llvm::all_of(sizes, [](const Size &size) { return size.isStatic(); }))
    return {};
  return sizesTensor(sizes);
}

RankedTensorType NodeBuilder::tensorType(ArrayRef<Size> sizes, Type elementType) {
  SmallVector<int64_t> shape;
  for (const Size &size : sizes)
    shape.push_back(size.asDim());
  return RankedTensorType::get(shape, elementType);
}

//===----------------------------------------------------------------------===//
// Arithmetic on sizes
//===----------------------------------------------------------------------===//

template <typename OpTy>
Size NodeBuilder::sizeOp(Size a, Size b) {
  return Size(infer<OpTy>(sizeTensor(a), sizeTensor(b)));
}

static int64_t wrap(uint64_t value) { return static_cast<int64_t>(value); }

Size NodeBuilder::add(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return wrap(uint64_t(a.getStatic()) + uint64_t(b.getStatic()));
  return a.is(0) ? b : b.is(0) ? a : sizeOp<dl::AddOp>(a, b);
}

Size NodeBuilder::sub(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return wrap(uint64_t(a.getStatic()) - uint64_t(b.getStatic()));
  return b.is(0) ? a : sizeOp<dl::SubOp>(a, b);
}

Size NodeBuilder::mul(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return wrap(uint64_t(a.getStatic()) * uint64_t(b.getStatic()));
  return a.is(1) ? b : b.is(1) ? a : sizeOp<dl::MulOp>(a, b);
}

static int64_t divide(int64_t a, int64_t b) {
  return b == 0 ? 0 : b == -1 ? wrap(-uint64_t(a)) : a / b;
}

Size NodeBuilder::div(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return divide(a.getStatic(), b.getStatic());
  return b.is(1) ? a : sizeOp<dl::DivOp>(a, b);
}

Size NodeBuilder::floorDiv(Size a, Size b) {
  if (a.isStatic() && b.isStatic()) {
    int64_t x = a.getStatic(), y = b.getStatic(), quotient = divide(x, y);
    return quotient - ((x < 0) != (y < 0) && wrap(uint64_t(quotient) * uint64_t(y)) != x);
  }
  if (b.is(1))
    return a;
  if (b.is(INT64_MIN)) // which has no opposite
    return select(dl::ComparisonDirection::gt, a, 0, -1,
                  select(dl::ComparisonDirection::eq, a, b, 1, 0));
  if (b.isStatic() && b.getStatic() < 0)
    return floorDiv(sub(0, a), sub(0, b));
  // (a - (a < 0 ? b - 1 : 0)) / b, where b is positive
  Size bias = select(dl::ComparisonDirection::lt, a, 0, sub(b, 1), 0);
  return div(sub(a, bias), b);
}

Size NodeBuilder::ceilDiv(Size a, Size b) {
  if (b.is(1))
    return a;
  return floorDiv(add(a, sub(b, 1)), b);
}

Size NodeBuilder::min(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return std::min(a.getStatic(), b.getStatic());
  return sizeOp<dl::MinOp>(a, b);
}

Size NodeBuilder::max(Size a, Size b) {
  if (a.isStatic() && b.isStatic())
    return std::max(a.getStatic(), b.getStatic());
  return sizeOp<dl::MaxOp>(a, b);
}

Size NodeBuilder::product(ArrayRef<Size> sizes) {
  // The numbers first, so that they fold into one.
  Size result = 1;
  for (const Size &size : sizes)
    if (size.isStatic())
      result = mul(result, size);
  for (const Size &size : sizes)
    if (!size.isStatic())
      result = mul(result, size);
  return result;
}

static bool holds(dl::ComparisonDirection direction, int64_t a, int64_t b) {
  switch (direction) {
  case dl::ComparisonDirection::eq:
    return a == b;
  case dl::ComparisonDirection::ne:
    return a != b;
  case dl::ComparisonDirection::lt:
    return a < b;
  case dl::ComparisonDirection::le:
    return a <= b;
  case dl::ComparisonDirection::gt:
    return a > b;
  case dl::ComparisonDirection::ge:
    return a >= b;
  }
  llvm_unreachable("all directions covered");
}

Size NodeBuilder::select(dl::ComparisonDirection direction, Size a, Size b, Size ifTrue,
                          Size ifFalse) {
  if (a.isStatic() && b.isStatic())
    return holds(direction, a.getStatic(), b.getStatic()) ? ifTrue : ifFalse;
  return Size(infer<dl::SelectOp>(compare(direction, sizeTensor(a), sizeTensor(b)),
                                  sizeTensor(ifTrue), sizeTensor(ifFalse)));
}

bool NodeBuilder::sameSize(Size a, Size b) {
  return sizeAnalysis.same(a, b);
}

void NodeBuilder::require(dl::ComparisonDirection direction, Size a, Size b,
                           const Twine &message) {
  if (a.isStatic() && b.isStatic()) {
    if (!holds(direction, a.getStatic(), b.getStatic()))
      emitError() << message;
    return;
  }
  std::string text = (describe() + ": " + message).str();
  createVoid<dl::AssertOp>(compare(direction, sizeTensor(a), sizeTensor(b)),
                           builder.getStringAttr(text));
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

Value NodeBuilder::convert(Value x, Type elementType, bool saturate) {
  if (!x || !elementType || elementTypeOf(x) == elementType)
    return x;
  return create<dl::ConvertOp>(type(x).clone(elementType), x, saturate);
}

Value NodeBuilder::reshape(Value x, ArrayRef<Size> sizes) {
  if (!x)
    return {};
  RankedTensorType result = tensorType(sizes, elementTypeOf(x));
  if (result == type(x)) {
    bool same = true;
    for (auto [d, to] : llvm::enumerate(sizes))
      same &= to.isStatic() || sameSize(to, size(x, d));
    if (same)
      return x;
  }
  return create<dl::ReshapeOp>(result, x, shapeOperand(sizes));
}

Value NodeBuilder::reshape(Value x, ArrayRef<int64_t> staticShape) {
  return reshape(x, Sizes(staticShape.begin(), staticShape.end()));
}

Value NodeBuilder::flatten(Value x) { return reshape(x, ArrayRef<Size>{product(sizes(x))}); }

Value NodeBuilder::unsqueeze(Value x, ArrayRef<int64_t> resultAxes) {
  if (!x)
    return {};
  Sizes result;
  int64_t source = 0, rank = rankOf(x) + resultAxes.size();
  if (!normalizeAxes(resultAxes, rank))
    return {};
  for (int64_t d = 0; d < rank; ++d)
    result.push_back(is_contained(resultAxes, d) ? Size(1) : size(x, source++));
  return reshape(x, result);
}

Value NodeBuilder::squeeze(Value x, ArrayRef<int64_t> axes) {
  if (!x)
    return {};
  Sizes result;
  for (int64_t d = 0, e = rankOf(x); d < e; ++d) {
    if (!is_contained(axes, d)) {
      result.push_back(size(x, d));
      continue;
    }
    require(dl::ComparisonDirection::eq, size(x, d), 1,
            "dimension " + Twine(d) + " is squeezed but its size isn't 1");
  }
  return failed ? Value() : reshape(x, result);
}

Value NodeBuilder::collapse(Value x, int64_t first, int64_t last) {
  if (!x)
    return {};
  if (first < 0 || first > last || last > rankOf(x)) {
    emitError() << "a tensor of rank " << rankOf(x) << " has no dimensions " << first << " to "
                << last - 1;
    return {};
  }
  Sizes all = sizes(x), result(all.begin(), all.begin() + first);
  result.push_back(product(ArrayRef(all).slice(first, last - first)));
  result.append(all.begin() + last, all.end());
  return reshape(x, result);
}

Value NodeBuilder::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (!x || llvm::equal(permutation, llvm::seq<int64_t>(0, rankOf(x))))
    return x;
  return infer<dl::TransposeOp>(x, builder.getDenseI64ArrayAttr(permutation));
}

Value NodeBuilder::broadcastInDim(Value x, ArrayRef<Size> sizes, ArrayRef<int64_t> dims) {
  if (!x)
    return {};
  if (static_cast<int64_t>(dims.size()) != rankOf(x)) {
    emitError() << "a tensor of rank " << dims.size() << " is needed, not one of rank "
                << rankOf(x);
    return {};
  }
  // Nothing to do where each dimension stays and has its size already.
  if (static_cast<int64_t>(sizes.size()) == rankOf(x)) {
    bool same = true;
    for (auto [d, target] : llvm::enumerate(sizes))
      same &= dims[d] == static_cast<int64_t>(d) &&
              (target.isStatic() ? target.is(shapeOf(x)[d])
                                 : type(x).isDynamicDim(d) && sameSize(target, size(x, d)));
    if (same)
      return x;
  }
  return create<dl::BroadcastInDimOp>(tensorType(sizes, elementTypeOf(x)), x,
                                      shapeOperand(sizes), builder.getDenseI64ArrayAttr(dims));
}

Value NodeBuilder::broadcastTo(Value x, ArrayRef<Size> sizes) {
  if (!x)
    return {};
  int64_t offset = static_cast<int64_t>(sizes.size()) - rankOf(x);
  if (offset < 0) {
    emitError() << "a tensor of rank " << rankOf(x) << " can't be broadcast to rank "
                << sizes.size();
    return {};
  }
  return broadcastInDim(x, sizes, llvm::to_vector(llvm::seq<int64_t>(offset, sizes.size())));
}

std::optional<Sizes> NodeBuilder::broadcastSizes(ArrayRef<Value> values) {
  int64_t rank = 0;
  for (Value value : values) {
    if (!value)
      return std::nullopt;
    rank = std::max(rank, rankOf(value));
  }
  Sizes result;
  for (int64_t d = 0; d < rank; ++d) {
    Size common = 1;
    for (Value value : values) {
      int64_t own = d - (rank - rankOf(value));
      if (own < 0)
        continue;
      Size one = size(value, own);
      if (one.is(1) || sameSize(common, one))
        continue;
      if (common.is(1)) {
        common = one;
      } else if (common.isStatic() && one.isStatic()) {
        InFlightDiagnostic error = emitError() << "its inputs' shapes don't broadcast:";
        for (Value each : values)
          error << " " << type(each);
        return std::nullopt;
      } else if (!one.isStatic() && common.isStatic()) {
        // The `?` must be 1 or the same; the broadcast checks that.
      } else if (!common.isStatic() && one.isStatic()) {
        common = one;
      } else {
        common = select(dl::ComparisonDirection::eq, common, 1, one, common);
      }
    }
    result.push_back(common);
  }
  if (failed)
    return std::nullopt;
  return result;
}

bool NodeBuilder::broadcastTogether(MutableArrayRef<Value> values) {
  std::optional<Sizes> sizes = broadcastSizes(values);
  if (!sizes)
    return false;
  for (Value &value : values)
    value = broadcastTo(value, *sizes);
  return !failed;
}

bool NodeBuilder::broadcast(Value &a, Value &b) {
  Value values[] = {a, b};
  if (!broadcastTogether(values))
    return false;
  a = values[0];
  b = values[1];
  return true;
}

bool NodeBuilder::broadcast(Value &a, Value &b, Value &c) {
  Value values[] = {a, b, c};
  if (!broadcastTogether(values))
    return false;
  a = values[0];
  b = values[1];
  c = values[2];
  return true;
}

Value NodeBuilder::broadcastAlong(Value vector, Value x, int64_t axis) {
  if (!vector || !x)
    return {};
  Sizes all = sizes(x);
  if (rankOf(vector) == 0)
    return broadcastInDim(vector, all, {});
  if (!requireRank(vector, 1, 1, "a per-channel input"))
    return {};
  return broadcastInDim(vector, all, {axis});
}

Value NodeBuilder::sliceAxis(Value x, int64_t axis, Size start, Size length, int64_t stride) {
  if (!requireDimension(x, axis))
    return {};
  int64_t rank = rankOf(x);
  if (start.isStatic() && length.isStatic() && stride > 0) {
    SmallVector<int64_t> starts(rank, 0), limits, strides(rank, 1);
    for (int64_t dim : shapeOf(x))
      limits.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
    if (!type(x).isDynamicDim(axis)) {
      starts[axis] = start.getStatic();
      limits[axis] = length.is(0)
                         ? start.getStatic()
                         : add(add(start, mul(sub(length, 1), stride)), 1).getStatic();
      strides[axis] = stride;
      return infer<dl::SliceOp>(x, builder.getDenseI64ArrayAttr(starts),
                                builder.getDenseI64ArrayAttr(limits),
                                builder.getDenseI64ArrayAttr(strides));
    }
  }
  Sizes starts(rank, Size(0)), lengths = sizes(x), strides(rank, Size(1));
  starts[axis] = start;
  lengths[axis] = length;
  strides[axis] = Size(stride);
  return create<dl::DynamicSliceOp>(tensorType(lengths, elementTypeOf(x)), x,
                                    sizesTensor(starts), shapeOperand(lengths),
                                    stride == 1 ? Value() : sizesTensor(strides));
}

Value NodeBuilder::concat(ArrayRef<Value> values, int64_t axis) {
  if (values.empty() || !llvm::all_of(values, [](Value value) { return bool(value); }))
    return {};
  if (values.size() == 1)
    return values.front();
  return infer<dl::ConcatOp>(ValueRange(values), builder.getI64IntegerAttr(axis));
}

Value NodeBuilder::wrapNegativeIndices(Value indices, Size size) {
  if (!indices)
    return {};
  if (isUnsigned(indices))
    return convert(indices, builder.getI64Type());
  // Constants that are all in range need nothing at run time.
  if (auto numbers = constantInts(indices)) {
    if (llvm::all_of(*numbers, [](int64_t i) { return i >= 0; }))
      return indices;
    if (size.isStatic()) {
      for (int64_t &i : *numbers)
        i += i < 0 ? size.getStatic() : 0;
      auto wide = RankedTensorType::get(shapeOf(indices), builder.getI64Type());
      return constant(DenseIntElementsAttr::get(wide, *numbers));
    }
  }
  indices = convert(indices, builder.getI64Type());
  Value isNegative = compare(dl::ComparisonDirection::lt, indices, splatLike(indices, 0.0));
  Value wrapped = infer<dl::AddOp>(indices, splatLike(indices, sizeTensor(size)));
  return infer<dl::SelectOp>(isNegative, wrapped, indices);
}

Value NodeBuilder::lookUpNothing(Value indices, Type elementType, ArrayRef<Size> resultSizes) {
  require(dl::ComparisonDirection::eq, product(sizes(indices)), 0,
          "an index into a dimension of size 0");
  return broadcastInDim(scalarInt(elementType, 0), resultSizes, {});
}

Value NodeBuilder::take(Value x, Value indices, int64_t axis, bool wrapNegative) {
  if (!indices || !requireDimension(x, axis))
    return {};
  // An entry of a shape: keep it readable for whoever looks for sizes.
  if (rankOf(x) == 1 && elementTypeOf(x).isInteger(64) && type(x).hasStaticShape() &&
      shapeOf(x)[0] <= 32 && rankOf(indices) <= 1)
    if (auto numbers = constantInts(indices); numbers && numbers->size() <= 32) {
      Sizes taken;
      for (int64_t i : *numbers) {
        i += i < 0 && wrapNegative ? shapeOf(x)[0] : 0;
        std::optional<Size> entry;
        if (i >= 0 && i < shapeOf(x)[0])
          entry = peekEntry(x, i);
        if (!entry)
          break;
        taken.push_back(*entry);
      }
      if (taken.size() == numbers->size())
        return rankOf(indices) == 0 ? sizeTensor(taken.front()) : sizesTensor(taken);
    }
  if (wrapNegative)
    indices = wrapNegativeIndices(indices, size(x, axis));
  if (failed)
    return {};
  if (!isa<IntegerType>(elementTypeOf(indices)) || isUnsigned(indices) ||
      elementTypeOf(indices).getIntOrFloatBitWidth() < 32)
    indices = convert(indices, builder.getI64Type());
  int64_t indexRank = rankOf(indices);
  if (shapeOf(x)[axis] == 0) {
    Sizes whole = sizes(x), own = sizes(indices);
    whole.erase(whole.begin() + axis);
    whole.insert(whole.begin() + axis, own.begin(), own.end());
    return lookUpNothing(indices, elementTypeOf(x), whole);
  }
  SmallVector<int64_t> offsetDims, sliceSizes;
  for (int64_t d = 0, e = rankOf(x); d < e; ++d) {
    sliceSizes.push_back(d == axis ? 1 : type(x).isDynamicDim(d) ? -1 : shapeOf(x)[d]);
    if (d != axis)
      offsetDims.push_back(d < axis ? d : d + indexRank - 1);
  }
  return infer<dl::GatherOp>(
      x, indices, builder.getDenseI64ArrayAttr(offsetDims), builder.getDenseI64ArrayAttr({axis}),
      builder.getDenseI64ArrayAttr({}), builder.getDenseI64ArrayAttr({}),
      builder.getDenseI64ArrayAttr({axis}), builder.getI64IntegerAttr(indexRank),
      builder.getDenseI64ArrayAttr(sliceSizes),
      dl::IndexModeAttr::get(getContext(), dl::IndexMode::error));
}

Value NodeBuilder::iota(ArrayRef<Size> sizes, Type elementType, int64_t dim) {
  if (!elementType)
    return {};
  return create<dl::IotaOp>(tensorType(sizes, elementType), shapeOperand(sizes),
                            builder.getI64IntegerAttr(dim));
}

Value NodeBuilder::reduce(dl::ReductionKind kind, Value x, ArrayRef<int64_t> axes,
                           bool keepDims) {
  return infer<dl::ReduceOp>(dl::ReductionKindAttr::get(getContext(), kind), x,
                             builder.getDenseI64ArrayAttr(axes),
                             keepDims ? builder.getUnitAttr() : UnitAttr());
}

Value NodeBuilder::compare(dl::ComparisonDirection direction, Value a, Value b) {
  return infer<dl::CompareOp>(dl::ComparisonDirectionAttr::get(getContext(), direction), a, b);
}

Value NodeBuilder::padConstant(Value x, ArrayRef<Size> low, ArrayRef<Size> high, Value value) {
  if (!x)
    return {};
  if (low.size() != size_t(rankOf(x)) || high.size() != size_t(rankOf(x))) {
    emitError() << "a tensor of rank " << low.size() << " is needed, not one of rank "
                << rankOf(x);
    return {};
  }
  if (!value)
    value = scalar(elementTypeOf(x), 0.0);
  SmallVector<int64_t> lows(rankOf(x), 0), highs(rankOf(x), 0), interior(rankOf(x), 0);
  Sizes result;
  bool isStatic = true;
  for (auto [d, before, after] : llvm::enumerate(low, high)) {
    isStatic &= before.isStatic() && after.isStatic();
    if (before.isStatic() && after.isStatic())
      lows[d] = before.getStatic(), highs[d] = after.getStatic();
    result.push_back(type(x).isDynamicDim(d) && before.isStatic() && after.isStatic()
                         ? Size(Value())
                         : add(add(size(x, d), before), after));
  }
  Value dynamicLow, dynamicHigh;
  if (!isStatic) {
    lows.assign(rankOf(x), 0), highs.assign(rankOf(x), 0);
    dynamicLow = sizesTensor(low);
    dynamicHigh = sizesTensor(high);
  }
  return create<dl::PadOp>(tensorType(result, elementTypeOf(x)), x, value, dynamicLow,
                           dynamicHigh, builder.getDenseI64ArrayAttr(lows),
                           builder.getDenseI64ArrayAttr(highs),
                           builder.getDenseI64ArrayAttr(interior),
                           dl::PadModeAttr::get(getContext(), dl::PadMode::constant));
}

Value NodeBuilder::castTo(Value x, RankedTensorType to) {
  if (!x || type(x) == to)
    return x;
  if (rankOf(x) != to.getRank() || elementTypeOf(x) != to.getElementType() ||
      mlir::failed(verifyCompatibleShape(type(x), to))) {
    emitError() << "a value of type " << type(x) << " can't be taken as " << to;
    return {};
  }
  return create<tensor::CastOp>(to, x);
}

//===----------------------------------------------------------------------===//
// Choices that the run makes
//===----------------------------------------------------------------------===//

Value NodeBuilder::scalarCondition(Value tensor) {
  if (!tensor)
    return {};
  return tensor::ExtractOp::create(builder, loc, tensor, ValueRange());
}

Value NodeBuilder::ifElse(Value condition, RankedTensorType type,
                           function_ref<Value()> makeTrue, function_ref<Value()> makeFalse) {
  Value flag = scalarCondition(condition);
  if (!flag || failed)
    return {};
  auto op = scf::IfOp::create(builder, loc, TypeRange(type), flag, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  for (auto [region, make] : {std::pair(&op.getThenRegion(), makeTrue),
                              std::pair(&op.getElseRegion(), makeFalse)}) {
    builder.setInsertionPointToStart(&region->front());
    Value value = castTo(make(), type);
    if (!value)
      return {};
    scf::YieldOp::create(builder, loc, value);
  }
  return op.getResult(0);
}

std::optional<Sizes> NodeBuilder::axisFlags(Value axes, int64_t rank) {
  std::optional<Sizes> all = entries(axes, "the list of axes");
  if (!all)
    return std::nullopt;
  Sizes flags(rank, Size(0));
  for (const Size &axis : *all) {
    std::string message = "an axis is outside the range of rank " + std::to_string(rank);
    require(dl::ComparisonDirection::ge, axis, -rank, message);
    require(dl::ComparisonDirection::lt, axis, rank, message);
    for (int64_t d = 0; d < rank; ++d) {
      Size isNegative = select(dl::ComparisonDirection::eq, axis, d - rank, 1, 0);
      flags[d] = add(flags[d], select(dl::ComparisonDirection::eq, axis, d, 1, isNegative));
    }
  }
  if (all->size() > 1)
    for (const Size &flag : flags)
      require(dl::ComparisonDirection::le, flag, 1, "an axis is named twice");
  if (failed)
    return std::nullopt;
  return flags;
}

Value NodeBuilder::forEachAxes(Value axes, int64_t rank, RankedTensorType type,
                                function_ref<Value(ArrayRef<int64_t>)> make) {
  constexpr int64_t kMostRank = 6;
  std::optional<Sizes> flags = axisFlags(axes, rank);
  if (!flags)
    return {};
  if (rank > kMostRank) {
    emitError() << "axes that aren't known before the run are supported up to rank " << kMostRank;
    return {};
  }
  // Axis d is bit d of a mask.
  unsigned count = rankOf(axes) == 0 ? 1 : shapeOf(axes)[0];
  Size mask = 0;
  for (auto [d, flag] : llvm::enumerate(*flags))
    mask = add(mask, mul(flag, int64_t(1) << d));
  SmallVector<SmallVector<int64_t>> candidates;
  for (unsigned bits = 0; bits < 1u << rank; ++bits) {
    if (llvm::popcount(bits) != static_cast<int>(count))
      continue;
    SmallVector<int64_t> &candidate = candidates.emplace_back();
    for (int64_t d = 0; d < rank; ++d)
      if (bits >> d & 1)
        candidate.push_back(d);
  }
  if (candidates.empty()) {
    emitError() << count << " axes are given for a tensor of rank " << rank;
    return {};
  }
  std::function<Value(unsigned)> makeFrom = [&](unsigned i) -> Value {
    if (i + 1 == candidates.size())
      return make(candidates[i]);
    int64_t bits = 0;
    for (int64_t d : candidates[i])
      bits |= int64_t(1) << d;
    Value isThis =
        compare(dl::ComparisonDirection::eq, sizeTensor(mask), sizeTensor(Size(bits)));
    return ifElse(isThis, type, [&] { return make(candidates[i]); }, [&] { return makeFrom(i + 1); });
  };
  return makeFrom(0);
}
