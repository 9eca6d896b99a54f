//===- NodeBuilder.cpp - what importers build dl ops with -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeBuilder.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::frontend;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

bool NodeBuilder::requireRank(Value v, int64_t min, int64_t max, StringRef what) {
  if (!v)
    return false;
  int64_t rank = rankOf(v);
  if (rank >= min && rank <= max)
    return true;
  InFlightDiagnostic error = emitError() << what << " has rank " << rank << ", not ";
  if (min == max)
    error << min;
  else
    error << min << " to " << max;
  return false;
}

bool NodeBuilder::requireDimension(Value v, int64_t dim) {
  if (!v)
    return false;
  if (dim >= 0 && dim < rankOf(v))
    return true;
  emitError() << "a tensor of rank " << rankOf(v) << " has no dimension " << dim;
  return false;
}

bool NodeBuilder::requireFloat(Value v, StringRef what) {
  if (!v)
    return false;
  if (isFloat(v))
    return true;
  emitError() << what << " is of type " << elementTypeOf(v) << ", not a floating-point type";
  return false;
}

bool NodeBuilder::requireSameElementType(Value a, Value b) {
  if (!a || !b)
    return false;
  if (elementTypeOf(a) == elementTypeOf(b))
    return true;
  emitError() << "its inputs are of different types, " << elementTypeOf(a) << " and "
              << elementTypeOf(b);
  return false;
}

std::optional<int64_t> NodeBuilder::normalizeAxis(int64_t axis, int64_t rank, StringRef name) {
  if (failed)
    return std::nullopt;
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  emitError() << name << " " << axis << " is outside the range of rank " << rank;
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> NodeBuilder::normalizeAxes(ArrayRef<int64_t> axes,
                                                                int64_t rank, StringRef name) {
  SmallVector<int64_t> normal;
  for (int64_t axis : axes) {
    std::optional<int64_t> one = normalizeAxis(axis, rank, name);
    if (!one)
      return std::nullopt;
    if (is_contained(normal, *one)) {
      emitError() << name << " names dimension " << *one << " twice";
      return std::nullopt;
    }
    normal.push_back(*one);
  }
  return normal;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

ElementsAttr NodeBuilder::constant(Value v) {
  if (!v)
    return {};
  if (auto load = v.getDefiningOp<dl::GlobalLoadOp>())
    return globalElements(load);
  if (auto op = v.getDefiningOp<dl::ConstantOp>())
    return op.getValue();
  // A computed shape all of whose entries are known.
  if (rankOf(v) != 1 || !type(v).hasStaticShape() || shapeOf(v)[0] > 16 ||
      !elementTypeOf(v).isInteger(64))
    return {};
  SmallVector<int64_t> numbers;
  for (int64_t i = 0; i < shapeOf(v)[0]; ++i) {
    std::optional<Size> entry = peekEntry(v, i);
    if (!entry || !entry->isStatic())
      return {};
    numbers.push_back(entry->getStatic());
  }
  return DenseIntElementsAttr::get(type(v), numbers);
}

std::optional<SmallVector<int64_t>> NodeBuilder::constantInts(Value v) {
  auto elements = dyn_cast_or_null<DenseIntElementsAttr>(constant(v));
  if (!elements)
    return std::nullopt;
  bool isSigned = !elements.getElementType().isUnsignedInteger() &&
                  !elements.getElementType().isInteger(1);
  SmallVector<int64_t> numbers;
  numbers.reserve(elements.getNumElements());
  for (const APInt &number : elements.getValues<APInt>())
    numbers.push_back(isSigned ? number.getSExtValue()
                               : static_cast<int64_t>(number.getZExtValue()));
  return numbers;
}

std::optional<SmallVector<double>> NodeBuilder::constantFloats(Value v) {
  auto elements = dyn_cast_or_null<DenseFPElementsAttr>(constant(v));
  if (!elements)
    return std::nullopt;
  SmallVector<double> numbers;
  numbers.reserve(elements.getNumElements());
  for (APFloat number : elements.getValues<APFloat>()) {
    bool lost;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    numbers.push_back(number.convertToDouble());
  }
  return numbers;
}

std::optional<int64_t> NodeBuilder::constantInt(Value v) {
  if (!v || !type(v).hasStaticShape() || type(v).getNumElements() != 1)
    return std::nullopt;
  auto numbers = constantInts(v);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

std::optional<double> NodeBuilder::constantFloat(Value v) {
  if (!v || !type(v).hasStaticShape() || type(v).getNumElements() != 1)
    return std::nullopt;
  auto numbers = constantFloats(v);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

Value NodeBuilder::constant(ElementsAttr elements) {
  if (failed)
    return {};
  return dl::ConstantOp::create(builder, loc, elements);
}

/// `value` as an attribute of the element type; integers wrap, booleans say whether
/// it isn't zero.
static Attribute makeNumber(Type elementType, double value) {
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    APFloat number(value);
    bool lost;
    number.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lost);
    return FloatAttr::get(floatType, number);
  }
  if (elementType.isInteger(1))
    return BoolAttr::get(elementType.getContext(), value != 0);
  APSInt number(elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth(),
                elementType.isUnsignedInteger());
  bool exact;
  APFloat(value).convertToInteger(number, APFloat::rmTowardZero, &exact);
  return IntegerAttr::get(elementType, number);
}

Value NodeBuilder::constantSplat(RankedTensorType type, double value) {
  return constant(DenseElementsAttr::get(type, makeNumber(type.getElementType(), value)));
}

Value NodeBuilder::scalar(Type elementType, double value) {
  if (failed || !elementType)
    return {};
  return constantSplat(RankedTensorType::get({}, elementType), value);
}

Value NodeBuilder::scalarInt(Type elementType, int64_t value) {
  if (failed || !elementType)
    return {};
  if (isa<FloatType>(elementType))
    return scalar(elementType, static_cast<double>(value));
  if (elementType.isInteger(1))
    value = value != 0;
  auto type = RankedTensorType::get({}, elementType);
  unsigned width = elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  APInt number(64, value, /*isSigned=*/true);
  return constant(DenseElementsAttr::get(type, number.sextOrTrunc(width)));
}

Value NodeBuilder::constantInts(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, builder.getI64Type());
  return constant(DenseIntElementsAttr::get(type, values));
}

Value NodeBuilder::splatLike(Value x, double value) {
  if (!x)
    return {};
  if (type(x).hasStaticShape())
    return constantSplat(type(x), value);
  return splatLike(x, scalar(elementTypeOf(x), value));
}

Value NodeBuilder::splatLike(Value x, Value scalar) {
  if (!x || !scalar)
    return {};
  Sizes all = sizes(x);
  return create<dl::SplatOp>(tensorType(all, elementTypeOf(scalar)), scalar, shapeOperand(all));
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

bool NodeBuilder::isAbsurd(RankedTensorType type) {
  constexpr int64_t kMost = int64_t(1) << 46;
  int64_t count = 1;
  for (int64_t size : type.getShape()) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size < 0 || size > kMost || (size && count > kMost / size))
      return true;
    count *= std::max<int64_t>(size, 1);
  }
  return false;
}

SmallVector<Value> NodeBuilder::insert(OperationState &state, InferTypes inferTypes) {
  for (Value operand : state.operands)
    if (!operand) {
      if (!failed)
        emitError() << "an input is missing";
      return {};
    }
  // What the dialect says about the op is said about the node.
  SmallVector<std::string, 1> messages;
  Operation *op = nullptr;
  {
    ScopedDiagnosticHandler handler(getContext(), [&](Diagnostic &diagnostic) {
      messages.push_back(diagnostic.str());
      return success();
    });
    op = createVerified(state, inferTypes);
  }
  if (!op) {
    std::string prefix = "'" + state.name.getStringRef().str() + "' op ";
    for (StringRef message : messages) {
      message.consume_front(prefix);
      emitError() << message;
    }
    if (!failed)
      emitError() << "its inputs don't fit " << state.name.getStringRef();
    return {};
  }
  SmallVector<Value> values;
  if (succeeded(builder.tryFold(op, values)) && !values.empty()) {
    op->erase();
    return values;
  }
  return SmallVector<Value>(op->getResults());
}

Operation *NodeBuilder::createVerified(OperationState &state, InferTypes inferTypes) {
  if (inferTypes) {
    SmallVector<Type> types;
    auto attributes = state.attributes.getDictionary(getContext());
    if (mlir::failed(inferTypes(getContext(), loc, state.operands, attributes,
                                state.getRawProperties(), {}, types)))
      return nullptr;
    state.types.assign(types.begin(), types.end());
  }
  for (Type type : state.types)
    if (auto tensor = dyn_cast_or_null<RankedTensorType>(type); !tensor || isAbsurd(tensor)) {
      mlir::emitError(loc) << "a result of type " << type << " is too large";
      return nullptr;
    }
  Operation *op = builder.create(state);
  if (succeeded(verify(op, /*verifyRecursively=*/false)))
    return op;
  op->erase();
  return nullptr;
}
