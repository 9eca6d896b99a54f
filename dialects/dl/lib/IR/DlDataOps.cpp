//===- DlDataOps.cpp - constants, weights and generated data --------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DlUtils.h"

using namespace mlir;
using namespace dlc::dl;

#define GET_OP_CLASSES
#include "dl/IR/DlDataOps.cpp.inc"

//===----------------------------------------------------------------------===//
// constant
//===----------------------------------------------------------------------===//

void ConstantOp::build(OpBuilder &builder, OperationState &state, ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(values.size(), builder.getI64Type());
  build(builder, state, type, DenseElementsAttr::get(type, values));
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

//===----------------------------------------------------------------------===//
// global
//===----------------------------------------------------------------------===//

ParseResult GlobalOp::parse(OpAsmParser &parser, OperationState &state) {
  Builder &builder = parser.getBuilder();
  StringRef visibility;
  if (succeeded(parser.parseOptionalKeyword(&visibility, {"public", "private", "nested"})))
    state.addAttribute(getSymVisibilityAttrName(state.name), builder.getStringAttr(visibility));
  if (succeeded(parser.parseOptionalKeyword("mutable")))
    state.addAttribute(getIsMutableAttrName(state.name), builder.getUnitAttr());
  StringAttr name;
  RankedTensorType type;
  if (parser.parseSymbolName(name, getSymNameAttrName(state.name), state.attributes) ||
      parser.parseOptionalAttrDict(state.attributes) || parser.parseColonType(type))
    return failure();
  state.addAttribute(getTypeAttrName(state.name), TypeAttr::get(type));
  if (failed(parser.parseOptionalEqual()))
    return success();
  Attribute value;
  if (parser.parseAttribute(value))
    return failure();
  state.addAttribute(getValueAttrName(state.name), value);
  return success();
}

void GlobalOp::print(OpAsmPrinter &printer) {
  if (auto visibility = getSymVisibility())
    printer << ' ' << *visibility;
  if (getIsMutable())
    printer << " mutable";
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {getSymNameAttrName(), getSymVisibilityAttrName(),
                                 getTypeAttrName(), getValueAttrName(), getIsMutableAttrName()});
  printer << " : " << getType();
  if (auto value = getValueAttr())
    printer << " = " << value;
}

/// Bytes of a dense row-major tensor; elements narrower than a byte take one.
static uint64_t getByteSize(RankedTensorType type) {
  Type element = type.getElementType();
  uint64_t bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  return static_cast<uint64_t>(type.getNumElements()) * llvm::divideCeil(bits, 8);
}

LogicalResult GlobalOp::verify() {
  RankedTensorType type = getTensorType();
  if (!type.hasStaticShape()) // global C1
    return emitOpError("needs a static type, has ") << type;
  Attribute value = getValueAttr();
  if (!value) // global C4
    return getIsMutable() ? emitOpError("is mutable and needs an initial value") : success();
  if (auto external = dyn_cast<ExternalDataAttr>(value)) { // global C3
    if (external.getLength() != getByteSize(type))
      return emitOpError("refers to ") << external.getLength() << " bytes, but " << type
                                       << " takes " << getByteSize(type);
    return success();
  }
  auto elements = dyn_cast<ElementsAttr>(value); // global C2
  if (!elements)
    return emitOpError("has a value that is neither elements nor #dl.external");
  if (elements.getType() != type)
    return emitOpError("is of type ") << type << ", but its value of type "
                                      << elements.getType();
  return success();
}

/// The global that `op` names, checked to exist and to be of type `type`.
static FailureOr<GlobalOp> lookUpGlobal(Operation *op, FlatSymbolRefAttr name, Type type,
                                     SymbolTableCollection &tables) {
  auto global = tables.lookupNearestSymbolFrom<GlobalOp>(op, name);
  if (!global) // global_load C1, global_store C1
    return op->emitOpError("names ") << name << ", which is not a dl.global";
  if (global.getTensorType() != type) // global_load C2, global_store C2
    return op->emitOpError("is of type ") << type << ", but the global " << name
                                          << " of type " << global.getTensorType();
  return global;
}

LogicalResult GlobalLoadOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto global = lookUpGlobal(*this, getGlobalAttr(), getType(), tables);
  if (failed(global))
    return failure();
  if (global->getIsMutable() != getIsMutable()) // global_load C3
    return emitOpError() << (getIsMutable() ? "says" : "does not say")
                         << " `mutable`, unlike the global " << getGlobalAttr();
  return success();
}

void GlobalLoadOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  // What never changes is not read in the sense of effects: loads of weights
  // are merged and moved freely.
  if (getIsMutable())
    effects.emplace_back(MemoryEffects::Read::get());
}

LogicalResult GlobalStoreOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto global = lookUpGlobal(*this, getGlobalAttr(), getValue().getType(), tables);
  if (failed(global))
    return failure();
  if (!global->getIsMutable()) // global_store C3
    return emitOpError("changes the global ") << getGlobalAttr() << ", which is not mutable";
  return success();
}

//===----------------------------------------------------------------------===//
// iota, splat
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  if (failed(checkDimension(getLoc(), "iota", "dimension", getDimension(), // iota C1
                            getTensorType(*this).getRank())))
    return failure();
  return verifyShapeOperand(*this, getShape(), getTensorType(*this)); // iota C2
}

DL_REIFY_RESULT_SHAPES(IotaOp) { return reifyFromShape(builder, *this, getShape(), reified); }

LogicalResult SplatOp::verify() {
  if (getTensorType(getValue()).getElementType() != getTensorType(*this).getElementType())
    return emitOpError("value and result differ in element type"); // splat C1
  return verifyShapeOperand(*this, getShape(), getTensorType(*this)); // splat C2
}

DL_REIFY_RESULT_SHAPES(SplatOp) { return reifyFromShape(builder, *this, getShape(), reified); }

//===----------------------------------------------------------------------===//
// convert, bitcast
//===----------------------------------------------------------------------===//

/// Input and output have compatible shapes.
static LogicalResult verifySameShape(Operation *op) {
  auto input = getTensorType(op->getOperand(0)), output = getTensorType(op->getResult(0));
  if (!areCompatibleShapes(input.getShape(), output.getShape()))
    return op->emitOpError("operand ") << input << " and result " << output
                                       << " differ in shape";
  return success();
}

LogicalResult ConvertOp::verify() { return verifySameShape(*this); } // convert C1

void ConvertOp::build(OpBuilder &builder, OperationState &state, Value input,
                      Type elementType) {
  build(builder, state, dlc::dl::getTensorType(input).clone(elementType), input);
}

DL_REIFY_RESULT_SHAPES(ConvertOp) { return reifyLike(builder, *this, getInput(), reified); }

LogicalResult BitcastOp::verify() {
  Type from = getTensorType(getInput()).getElementType();
  Type to = getTensorType(*this).getElementType();
  // bitcast C2
  if (from != to && (from.isIndex() || to.isIndex() || from.isInteger(1) || to.isInteger(1) ||
                     from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth()))
    return emitOpError("element types ") << from << " and " << to << " differ in width";
  return verifySameShape(*this); // bitcast C1
}

DL_REIFY_RESULT_SHAPES(BitcastOp) { return reifyLike(builder, *this, getInput(), reified); }

//===----------------------------------------------------------------------===//
// rng_uniform, rng_normal
//===----------------------------------------------------------------------===//

/// Key, two parameters and shape of a generator.
static LogicalResult verifyRandom(Operation *op, Value key, Value first, Value second,
                                  Value shape) {
  auto output = getTensorType(op->getResult(0));
  if (!areCompatibleShapes(getTensorType(key).getShape(), {2})) // rng_uniform C1, rng_normal C1
    return op->emitOpError("key needs two elements, is ") << key.getType();
  for (Value parameter : {first, second}) // rng_uniform C2, rng_normal C2
    if (getTensorType(parameter).getElementType() != output.getElementType())
      return op->emitOpError("parameter of type ")
             << parameter.getType() << " for a result of type " << output;
  return verifyShapeOperand(op, shape, output); // rng_uniform C3, rng_normal C3
}

LogicalResult RngUniformOp::verify() {
  return verifyRandom(*this, getKey(), getLow(), getHigh(), getShape());
}

DL_REIFY_RESULT_SHAPES(RngUniformOp) {
  return reifyFromShape(builder, *this, getShape(), reified);
}

LogicalResult RngNormalOp::verify() {
  return verifyRandom(*this, getKey(), getMean(), getStddev(), getShape());
}

DL_REIFY_RESULT_SHAPES(RngNormalOp) {
  return reifyFromShape(builder, *this, getShape(), reified);
}

//===----------------------------------------------------------------------===//
// dim_size
//===----------------------------------------------------------------------===//

DL_INFER_RETURN_TYPES(DimSizeOp) {
  Adaptor adaptor(operands, attributes, properties, regions);
  types.push_back(RankedTensorType::get({}, IntegerType::get(context, 64)));
  return checkDimension(loc, "dim_size", "dimension", adaptor.getDimension(), // dim_size C1
                        getTensorType(adaptor.getInput()).getRank());
}

DL_REIFY_RESULT_SHAPES(DimSizeOp) {
  addReified(builder, *this, {}, reified);
  return success();
}
