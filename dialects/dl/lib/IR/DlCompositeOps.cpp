//===- DlCompositeOps.cpp - the composite ops of the dl dialect -----------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments such as `// attention C3` name the constraint of
// docs/spec/composite.md that the next lines check.
//
//===----------------------------------------------------------------------===//

#include "DlSizes.h"
#include "dl/IR/Dl.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlCompositeOps.cpp.inc"

/// Checks that an optional operand has the shape `expected` (entries may be
/// unknown) and the element type of `input`.
static LogicalResult checkOperand(Complaint complain, StringRef name, Value operand,
                                  RankedTensorType input, ArrayRef<int64_t> expected) {
  if (!operand)
    return success();
  RankedTensorType type = getTensorType(operand);
  RankedTensorType wanted = input.clone(expected);
  if (!areCompatibleTypes(wanted, type))
    return complain(name, " should be ", wanted, " but is ", type);
  return success();
}

//===----------------------------------------------------------------------===//
// softmax, log_softmax
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                          ValueRange operands, DictionaryAttr attributes,
                                          OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  // softmax C1
  RankedTensorType input = getTensorType(op.getInput());
  if (!isDimension(op.getDimension(), input.getRank()))
    return complain("dimension ", op.getDimension(), " is out of range for the input ", input);
  types.push_back(input);
  return success();
}

LogicalResult SoftmaxOp::reifyResultShapes(OpBuilder &builder,
                                           ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

LogicalResult LogSoftmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                             ValueRange operands, DictionaryAttr attributes,
                                             OpaqueProperties properties, RegionRange regions,
                                             SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  // log_softmax C1
  RankedTensorType input = getTensorType(op.getInput());
  if (!isDimension(op.getDimension(), input.getRank()))
    return complain("dimension ", op.getDimension(), " is out of range for the input ", input);
  types.push_back(input);
  return success();
}

LogicalResult LogSoftmaxOp::reifyResultShapes(OpBuilder &builder,
                                              ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

//===----------------------------------------------------------------------===//
// Normalisations
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // batch_norm C1
  int64_t feature = op.getFeatureDimension();
  if (!isDimension(feature, input.getRank()))
    return complain("feature_dimension ", feature, " is out of range for the input ", input);
  // batch_norm C2
  SmallVector<int64_t> shape(input.getShape());
  for (auto [name, operand] : {std::pair<StringRef, Value>("scale", op.getScale()),
                               {"bias", op.getBias()},
                               {"mean", op.getMean()},
                               {"variance", op.getVariance()}}) {
    RankedTensorType type = getTensorType(operand);
    if (type.getRank() != 1 || !mayEqual(type.getDimSize(0), shape[feature]))
      return complain(name, " ", type, " should hold one element per feature of ", input);
    shape[feature] = mergeSizes(shape[feature], type.getDimSize(0));
  }
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult BatchNormOp::reifyResultShapes(OpBuilder &builder,
                                             ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

/// Checks that `operand` has the shape of input's dimensions from `axis` on, or
/// one that broadcasts to it by numpy's rules.
static LogicalResult checkNormOperand(Complaint complain, StringRef name, Value operand,
                                      RankedTensorType input, int64_t axis) {
  if (!operand)
    return success();
  RankedTensorType type = getTensorType(operand);
  ArrayRef<int64_t> normalized = input.getShape().drop_front(axis);
  bool fits = type.getRank() <= int64_t(normalized.size());
  if (fits)
    for (auto [size, want] : llvm::zip(type.getShape(), normalized.take_back(type.getRank())))
      fits &= size == 1 || mayEqual(size, want);
  if (!fits)
    return complain(name, " ", type, " does not broadcast to the normalised dimensions of ", input);
  return success();
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // layer_norm C1
  if (!isDimension(op.getAxis(), input.getRank()))
    return complain("axis ", op.getAxis(), " is out of range for the input ", input);
  // layer_norm C2
  if (failed(checkNormOperand(complain, "scale", op.getScale(), input, op.getAxis())) ||
      failed(checkNormOperand(complain, "bias", op.getBias(), input, op.getAxis())))
    return failure();
  types.push_back(input);
  return success();
}

LogicalResult LayerNormOp::reifyResultShapes(OpBuilder &builder,
                                             ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

LogicalResult GroupNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // group_norm C1
  if (input.getRank() < 2)
    return complain("input ", input, " has no batch and channel dimension");
  // group_norm C2
  int64_t channels = input.getDimSize(1);
  if (op.getGroups() < 1 || (!isUnknown(channels) && channels % op.getGroups() != 0))
    return complain(channels, " channels cannot be split into ", op.getGroups(), " groups");
  // group_norm C3
  for (auto [name, operand] :
       {std::pair<StringRef, Value>("scale", op.getScale()), {"bias", op.getBias()}}) {
    if (!operand)
      continue;
    RankedTensorType type = getTensorType(operand);
    if (type.getRank() != 1 || !mayEqual(type.getDimSize(0), channels))
      return complain(name, " ", type, " should hold one element per channel of ", input);
  }
  types.push_back(input);
  return success();
}

LogicalResult GroupNormOp::reifyResultShapes(OpBuilder &builder,
                                             ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                          ValueRange operands, DictionaryAttr attributes,
                                          OpaqueProperties properties, RegionRange regions,
                                          SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  // rms_norm C1
  if (!isDimension(op.getAxis(), input.getRank()))
    return complain("axis ", op.getAxis(), " is out of range for the input ", input);
  // rms_norm C2
  if (failed(checkNormOperand(complain, "scale", op.getScale(), input, op.getAxis())))
    return failure();
  types.push_back(input);
  return success();
}

LogicalResult RmsNormOp::reifyResultShapes(OpBuilder &builder,
                                           ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

/// Checks that the mask is a boolean or additive one of shape B|1,Hq|1,S|1,T.
static LogicalResult checkAttentionMask(Complaint complain, RankedTensorType mask,
                                        RankedTensorType query, int64_t keys) {
  int64_t sizes[] = {query.getDimSize(0), query.getDimSize(1), query.getDimSize(2), keys};
  bool fits = mask.getRank() == 4;
  for (int64_t d = 0; fits && d < 4; ++d)
    fits = mayEqual(mask.getDimSize(d), sizes[d]) || (d < 3 && mask.getDimSize(d) == 1);
  if (!fits)
    return complain("mask ", mask, " does not broadcast to the scores of query ", query, " and ",
                    keys, " keys");
  Type elementType = mask.getElementType();
  if (!elementType.isInteger(1) && elementType != query.getElementType())
    return complain("mask should hold booleans or ", query.getElementType());
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType query = getTensorType(op.getQuery()), key = getTensorType(op.getKey());
  RankedTensorType value = getTensorType(op.getValue());
  // attention C1
  if (query.getRank() != 4 || key.getRank() != 4 || value.getRank() != 4)
    return complain("query ", query, ", key ", key, " and value ", value, " should have rank 4");
  // attention C2
  if (query.getElementType() != key.getElementType() ||
      query.getElementType() != value.getElementType())
    return complain("query, key and value differ in element type");
  // attention C3
  if (!mayEqual(query.getDimSize(0), key.getDimSize(0)) ||
      !mayEqual(query.getDimSize(0), value.getDimSize(0)) ||
      !mayEqual(key.getDimSize(0), value.getDimSize(0)))
    return complain("query ", query, ", key ", key, " and value ", value, " differ in batch size");
  // attention C4
  if (!mayEqual(query.getDimSize(3), key.getDimSize(3)))
    return complain("query ", query, " and key ", key, " differ in head size");
  // attention C5
  if (!mayEqual(key.getDimSize(1), value.getDimSize(1)) ||
      !mayEqual(key.getDimSize(2), value.getDimSize(2)))
    return complain("key ", key, " and value ", value, " differ in heads or length");
  // attention C6
  int64_t heads = query.getDimSize(1);
  int64_t keyHeads = mergeSizes(key.getDimSize(1), value.getDimSize(1));
  if (!isUnknown(heads) && !isUnknown(keyHeads) && (keyHeads == 0 || heads % keyHeads != 0))
    return complain(heads, " query heads are no multiple of ", keyHeads, " key heads");
  // attention C7
  int64_t keys = mergeSizes(key.getDimSize(2), value.getDimSize(2));
  if (op.getMask() &&
      failed(checkAttentionMask(complain, getTensorType(op.getMask()), query, keys)))
    return failure();
  // attention C8
  if (op.getSoftcap().convertToDouble() < 0)
    return complain("softcap must not be negative");
  int64_t batch = mergeSizes(query.getDimSize(0),
                             mergeSizes(key.getDimSize(0), value.getDimSize(0)));
  types.push_back(query.clone({batch, heads, query.getDimSize(2), value.getDimSize(3)}));
  return success();
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &builder,
                                             ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return sizes.dim(d == 3 ? getValue() : getQuery(), d);
  });
}

//===----------------------------------------------------------------------===//
// rnn, lstm, gru
//===----------------------------------------------------------------------===//

/// Whether `name` is a gate activation (docs/spec/composite.md, "Recurrence").
static bool isActivation(StringRef name) {
  static constexpr StringLiteral names[] = {
      "sigmoid",     "tanh",         "relu", "affine",   "leaky_relu", "thresholded_relu",
      "scaled_tanh", "hard_sigmoid", "elu",  "softsign", "softplus"};
  return llvm::is_contained(names, name);
}

/// Checks the constraints that the three recurrences share and infers their
/// outputs; `gates` counts the gates, `activations` the activations of one
/// direction, and `states` the states that are carried.
template <typename Adaptor>
static LogicalResult inferRecurrence(Complaint complain, Adaptor op, int64_t gates,
                                     int64_t activations, int64_t states,
                                     SmallVectorImpl<Type> &types) {
  RankedTensorType input = getTensorType(op.getInput());
  RankedTensorType weights = getTensorType(op.getWeights());
  // rnn C1
  if (input.getRank() != 3 || weights.getRank() != 3)
    return complain("input ", input, " and weights ", weights, " should have rank 3");
  // rnn C2
  int64_t hidden = op.getHiddenSize();
  if (hidden < 1)
    return complain("hidden_size must be positive but is ", hidden);
  int64_t directions = op.getDirection() == RnnDirection::bidirectional ? 2 : 1;
  int64_t steps = input.getDimSize(0), batch = input.getDimSize(1);
  // rnn C3
  if (failed(checkOperand(complain, "weights", op.getWeights(), input,
                          {directions, gates * hidden, input.getDimSize(2)})) ||
      failed(checkOperand(complain, "recurrence", op.getRecurrence(), input,
                          {directions, gates * hidden, hidden})) ||
      failed(checkOperand(complain, "bias", op.getBias(), input,
                          {directions, 2 * gates * hidden})) ||
      failed(checkOperand(complain, "initial_h", op.getInitialH(), input,
                          {directions, batch, hidden})))
    return failure();
  // rnn C4
  if (op.getSequenceLengths() &&
      !mayEqual(getTensorType(op.getSequenceLengths()).getDimSize(0), batch))
    return complain("lengths ", op.getSequenceLengths().getType(),
                    " should hold one element per batch entry of ", input);
  // rnn C5
  ArrayAttr names = op.getActivations();
  if (!names.empty() && int64_t(names.size()) != activations * directions)
    return complain("activations should name ", activations, " functions for each of ",
                    directions, " directions");
  for (Attribute name : names)
    if (!isActivation(cast<StringAttr>(name).getValue()))
      return complain("knows no activation ", name);
  // rnn C6
  if (op.getClip() && op.getClip()->convertToDouble() <= 0)
    return complain("clip must be positive");
  types.push_back(input.clone({steps, directions, batch, hidden}));
  types.append(states, input.clone({directions, batch, hidden}));
  return success();
}

template <typename Op>
static LogicalResult reifyRecurrence(Op op, OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  return reifyEach(op, builder, shapes, [&](SizeBuilder &sizes, int64_t result, int64_t d) {
    // Outputs are S,D,B,H; states D,B,H.
    int64_t place = result == 0 ? d : d + 1;
    if (place == 0 || place == 2)
      return sizes.dim(op.getInput(), place / 2);
    return sizes.constant(place == 3 ? op.getHiddenSize()
                          : op.getDirection() == RnnDirection::bidirectional ? 2 : 1);
  });
}

LogicalResult RnnOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                      ValueRange operands, DictionaryAttr attributes,
                                      OpaqueProperties properties, RegionRange regions,
                                      SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  return inferRecurrence(complain, op, /*gates=*/1, /*activations=*/1, /*states=*/1, types);
}

LogicalResult RnnOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyRecurrence(*this, builder, shapes);
}

LogicalResult LstmOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                       ValueRange operands, DictionaryAttr attributes,
                                       OpaqueProperties properties, RegionRange regions,
                                       SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  if (failed(inferRecurrence(complain, op, /*gates=*/4, /*activations=*/3, /*states=*/2, types)))
    return failure();
  // lstm C7
  RankedTensorType input = getTensorType(op.getInput());
  int64_t directions = op.getDirection() == RnnDirection::bidirectional ? 2 : 1;
  if (failed(checkOperand(complain, "initial_c", op.getInitialC(), input,
                          {directions, input.getDimSize(1), int64_t(op.getHiddenSize())})) ||
      failed(checkOperand(complain, "peephole", op.getPeephole(), input,
                          {directions, 3 * int64_t(op.getHiddenSize())})))
    return failure();
  return success();
}

LogicalResult LstmOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyRecurrence(*this, builder, shapes);
}

LogicalResult GruOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                      ValueRange operands, DictionaryAttr attributes,
                                      OpaqueProperties properties, RegionRange regions,
                                      SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  return inferRecurrence(complain, op, /*gates=*/3, /*activations=*/2, /*states=*/1, types);
}

LogicalResult GruOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyRecurrence(*this, builder, shapes);
}

//===----------------------------------------------------------------------===//
// embedding, rotary_embedding
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                            ValueRange operands, DictionaryAttr attributes,
                                            OpaqueProperties properties, RegionRange regions,
                                            SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType table = getTensorType(op.getTable()), indices = getTensorType(op.getIndices());
  // embedding C1
  if (table.getRank() < 1)
    return complain("table ", table, " has no rows");
  SmallVector<int64_t> shape(indices.getShape());
  llvm::append_range(shape, table.getShape().drop_front());
  types.push_back(table.clone(shape));
  return success();
}

LogicalResult EmbeddingOp::reifyResultShapes(OpBuilder &builder,
                                             ReifiedRankedShapedTypeDims &shapes) {
  int64_t rank = getTensorType(getIndices()).getRank();
  return reifyEach(*this, builder, shapes, [&](SizeBuilder &sizes, int64_t, int64_t d) {
    return d < rank ? sizes.dim(getIndices(), d) : sizes.dim(getTable(), d - rank + 1);
  });
}

LogicalResult RotaryEmbeddingOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                                  ValueRange operands, DictionaryAttr attributes,
                                                  OpaqueProperties properties, RegionRange regions,
                                                  SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Complaint complain{location, getOperationName()};
  RankedTensorType input = getTensorType(op.getInput());
  RankedTensorType cos = getTensorType(op.getCos()), sin = getTensorType(op.getSin());
  // rotary_embedding C1
  if (input.getRank() != 4)
    return complain("input ", input, " should be B,H,S,D");
  // rotary_embedding C2
  if (!areCompatibleTypes(cos, sin) || cos.getElementType() != input.getElementType())
    return complain("cos ", cos, " and sin ", sin,
                    " should be alike and of the input's element type");
  // rotary_embedding C3
  if (cos.getRank() != 3 ||
      (cos.getDimSize(0) != 1 && !mayEqual(cos.getDimSize(0), input.getDimSize(0))) ||
      !mayEqual(cos.getDimSize(1), input.getDimSize(2)))
    return complain("cos ", cos, " should be B|1,S,R/2 for the input ", input);
  // rotary_embedding C4
  int64_t half = mergeSizes(cos.getDimSize(2), sin.getDimSize(2));
  if (!isUnknown(half) && !isUnknown(input.getDimSize(3)) && 2 * half > input.getDimSize(3))
    return complain("cannot rotate ", 2 * half, " of ", input.getDimSize(3), " features");
  types.push_back(input);
  return success();
}

LogicalResult RotaryEmbeddingOp::reifyResultShapes(OpBuilder &builder,
                                                   ReifiedRankedShapedTypeDims &shapes) {
  return reifyLike(builder, getOutput(), getInput(), shapes);
}
