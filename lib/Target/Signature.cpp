//===- Signature.cpp - what a caller of the artefact sees -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Signature.h"

using namespace mlir;

namespace dlc {

static ArrayAttr tensorsToAttr(MLIRContext *context, ArrayRef<TensorSignature> tensors) {
  Builder b(context);
  return b.getArrayAttr(llvm::map_to_vector(tensors, [&](const TensorSignature &tensor) -> Attribute {
    SmallVector<StringRef> dims(tensor.dims.begin(), tensor.dims.end());
    SmallVector<NamedAttribute> fields{b.getNamedAttr("name", b.getStringAttr(tensor.name)),
                                       b.getNamedAttr("type", TypeAttr::get(tensor.type)),
                                       b.getNamedAttr("dims", b.getStrArrayAttr(dims))};
    if (!tensor.limits.empty())
      fields.push_back(b.getNamedAttr("limits", b.getDenseI64ArrayAttr(tensor.limits)));
    return b.getDictionaryAttr(fields);
  }));
}

DictionaryAttr ModelSignature::toAttr(MLIRContext *context) const {
  Builder b(context);
  SmallVector<NamedAttribute> fields{b.getNamedAttr("name", b.getStringAttr(name)),
                                     b.getNamedAttr("producer", b.getStringAttr(producer)),
                                     b.getNamedAttr("metadata", b.getStringAttr(metadata)),
                                     b.getNamedAttr("inputs", tensorsToAttr(context, inputs)),
                                     b.getNamedAttr("outputs", tensorsToAttr(context, outputs))};
  auto toAttr = [&](const FunctionSignature &function) -> Attribute {
    return b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr(function.name)),
                                b.getNamedAttr("inputs", tensorsToAttr(context, function.inputs)),
                                b.getNamedAttr("outputs", tensorsToAttr(context, function.outputs))});
  };
  if (!functions.empty())
    fields.push_back(b.getNamedAttr("functions", b.getArrayAttr(llvm::map_to_vector(functions, toAttr))));
  return b.getDictionaryAttr(fields);
}

/// The limits of a tensor's sizes; false where there isn't a sensible one a dimension.
static bool readLimits(DenseI64ArrayAttr limits, TensorSignature &tensor) {
  if (!limits)
    return true;
  ArrayRef<int64_t> numbers = limits;
  if (int64_t(numbers.size()) != 3 * tensor.type.getRank())
    return false;
  tensor.limits.assign(numbers.begin(), numbers.end());
  for (; !numbers.empty(); numbers = numbers.drop_front(3))
    if (numbers[0] < 0 || numbers[1] < -1 || numbers[2] < 1)
      return false;
  return true;
}

static LogicalResult tensorsFromAttr(Attribute attr, SmallVectorImpl<TensorSignature> &tensors) {
  auto array = dyn_cast_or_null<ArrayAttr>(attr);
  if (!array)
    return failure();
  for (Attribute element : array) {
    auto fields = dyn_cast<DictionaryAttr>(element);
    auto name = fields ? fields.getAs<StringAttr>("name") : nullptr;
    auto type = fields ? fields.getAs<TypeAttr>("type") : nullptr;
    auto dims = fields ? fields.getAs<ArrayAttr>("dims") : nullptr;
    auto tensor = type ? dyn_cast<RankedTensorType>(type.getValue()) : nullptr;
    if (!name || !tensor || (dims && int64_t(dims.size()) != tensor.getRank()))
      return failure();
    TensorSignature signature{name.str(), tensor, {}};
    signature.dims.resize(tensor.getRank());
    for (auto [d, dim] : llvm::enumerate(dims ? dims.getValue() : ArrayRef<Attribute>()))
      if (auto symbol = dyn_cast<StringAttr>(dim))
        signature.dims[d] = symbol.str();
    if (!readLimits(fields.getAs<DenseI64ArrayAttr>("limits"), signature))
      return failure();
    tensors.push_back(std::move(signature));
  }
  return success();
}

static LogicalResult functionsFromAttr(Attribute attr, SmallVectorImpl<FunctionSignature> &functions) {
  if (!attr)
    return success();
  auto array = dyn_cast<ArrayAttr>(attr);
  for (Attribute element : array ? array.getValue() : ArrayRef<Attribute>()) {
    auto fields = dyn_cast<DictionaryAttr>(element);
    auto name = fields ? fields.getAs<StringAttr>("name") : nullptr;
    FunctionSignature function;
    if (!name || failed(tensorsFromAttr(fields.get("inputs"), function.inputs)) ||
        failed(tensorsFromAttr(fields.get("outputs"), function.outputs)))
      return failure();
    function.name = name.str();
    functions.push_back(std::move(function));
  }
  return success(array);
}

FailureOr<ModelSignature> ModelSignature::fromModule(ModuleOp module) {
  auto fields = module->getAttrOfType<DictionaryAttr>(kModelSignatureAttr);
  auto name = fields ? fields.getAs<StringAttr>("name") : nullptr;
  ModelSignature signature;
  if (!name || failed(tensorsFromAttr(fields.get("inputs"), signature.inputs)) ||
      failed(tensorsFromAttr(fields.get("outputs"), signature.outputs)) ||
      failed(functionsFromAttr(fields.get("functions"), signature.functions)))
    return module.emitError() << "needs a well-formed '" << kModelSignatureAttr
                              << "' attribute to become an artefact";
  signature.name = name.str();
  if (auto producer = fields.getAs<StringAttr>("producer"))
    signature.producer = producer.str();
  if (auto metadata = fields.getAs<StringAttr>("metadata"))
    signature.metadata = metadata.str();
  return signature;
}

static TensorSignature getTensor(Type type, DictionaryAttr attrs, Twine fallbackName) {
  TensorSignature tensor;
  auto name = attrs ? attrs.getAs<StringAttr>("dlc.name") : nullptr;
  auto symbols = attrs ? attrs.getAs<ArrayAttr>("dlc.dim_symbols") : nullptr;
  tensor.name = name ? name.str() : fallbackName.str();
  tensor.type = cast<RankedTensorType>(type);
  tensor.dims.resize(tensor.type.getRank());
  for (auto [d, dim] : llvm::enumerate(symbols ? symbols.getValue() : ArrayRef<Attribute>()))
    if (auto symbol = dyn_cast<StringAttr>(dim); symbol && d < tensor.dims.size())
      tensor.dims[d] = symbol.str();
  if (auto limits = attrs ? attrs.getAs<DenseI64ArrayAttr>("dlc.dim_limits") : nullptr)
    tensor.limits.assign(limits.asArrayRef().begin(), limits.asArrayRef().end());
  return tensor;
}

ModelSignature getModelSignature(func::FuncOp func, StringRef modelName, StringRef producer) {
  FunctionSignature own = getFunctionSignature(func);
  ModelSignature signature;
  signature.name = modelName.str();
  signature.producer = producer.str();
  signature.inputs = std::move(own.inputs);
  signature.outputs = std::move(own.outputs);
  return signature;
}

FunctionSignature getFunctionSignature(func::FuncOp func) {
  FunctionSignature signature;
  signature.name = func.getName().str();
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    signature.inputs.push_back(getTensor(type, func.getArgAttrDict(i), "input_" + Twine(i)));
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    signature.outputs.push_back(getTensor(type, func.getResultAttrDict(i), "output_" + Twine(i)));
  return signature;
}

std::string makeIdentifier(StringRef text) {
  std::string name;
  for (char c : text)
    name += llvm::isAlnum(c) ? c : '_';
  if (name.empty() || llvm::isDigit(name.front()))
    name.insert(name.begin(), '_');
  return name;
}

bool isReservedPrefix(StringRef prefix) {
  // Those of the C library with which one of getExportedFunctions() exists.
  static const StringRef names[] = {"clnt", "cnd",  "dlc",   "epoll",   "memfd", "mtx", "pthread",
                                    "sem",  "thrd", "timer", "timerfd", "tss",   "svc"};
  return llvm::is_contained(names, prefix) || prefix.starts_with("dlc_") ||
         prefix.starts_with("pthread_") || prefix.starts_with("posix_");
}

std::optional<ElementInfo> getElementInfo(Type type) {
  if (type.isIndex())
    return ElementInfo{0, 64, 8, "int64", "int64_t", "I64"};
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return ElementInfo{6, 8, 1, "bool", "uint8_t", "BOOL"};
    case 2:
      return isUnsigned ? ElementInfo{1, 2, 1, "uint2", "uint8_t", "U8"}
                        : ElementInfo{0, 2, 1, "int2", "int8_t", "I8"};
    case 4:
      return isUnsigned ? ElementInfo{1, 4, 1, "uint4", "uint8_t", "U8"}
                        : ElementInfo{0, 4, 1, "int4", "int8_t", "I8"};
    case 8:
      return isUnsigned ? ElementInfo{1, 8, 1, "uint8", "uint8_t", "U8"}
                        : ElementInfo{0, 8, 1, "int8", "int8_t", "I8"};
    case 16:
      return isUnsigned ? ElementInfo{1, 16, 2, "uint16", "uint16_t", "U16"}
                        : ElementInfo{0, 16, 2, "int16", "int16_t", "I16"};
    case 32:
      return isUnsigned ? ElementInfo{1, 32, 4, "uint32", "uint32_t", "U32"}
                        : ElementInfo{0, 32, 4, "int32", "int32_t", "I32"};
    case 64:
      return isUnsigned ? ElementInfo{1, 64, 8, "uint64", "uint64_t", "U64"}
                        : ElementInfo{0, 64, 8, "int64", "int64_t", "I64"};
    default:
      return std::nullopt;
    }
  }
  return llvm::TypeSwitch<Type, std::optional<ElementInfo>>(type)
      .Case<Float64Type>([](auto) { return ElementInfo{2, 64, 8, "float64", "double", "F64"}; })
      .Case<Float32Type>([](auto) { return ElementInfo{2, 32, 4, "float32", "float", "F32"}; })
      .Case<Float16Type>([](auto) { return ElementInfo{2, 16, 2, "float16", "uint16_t", "F16"}; })
      .Case<BFloat16Type>([](auto) { return ElementInfo{4, 16, 2, "bfloat16", "uint16_t", "BF16"}; })
      .Case<Float8E4M3FNType>(
          [](auto) { return ElementInfo{10, 8, 1, "float8_e4m3fn", "uint8_t", "F8_E4M3"}; })
      .Case<Float8E4M3FNUZType>(
          [](auto) { return ElementInfo{11, 8, 1, "float8_e4m3fnuz", "uint8_t", "U8"}; })
      .Case<Float8E5M2Type>(
          [](auto) { return ElementInfo{12, 8, 1, "float8_e5m2", "uint8_t", "F8_E5M2"}; })
      .Case<Float8E5M2FNUZType>(
          [](auto) { return ElementInfo{13, 8, 1, "float8_e5m2fnuz", "uint8_t", "U8"}; })
      .Case<Float8E8M0FNUType>(
          [](auto) { return ElementInfo{14, 8, 1, "float8_e8m0fnu", "uint8_t", "U8"}; })
      .Case<Float4E2M1FNType>(
          [](auto) { return ElementInfo{17, 4, 1, "float4_e2m1fn", "uint8_t", "U8"}; })
      .Default([](Type) { return std::nullopt; });
}

std::string formatType(const TensorSignature &tensor, const ElementInfo &element) {
  std::string text = element.name.str() + "[";
  for (int64_t d = 0; d < tensor.type.getRank(); ++d) {
    if (d)
      text += ",";
    if (!tensor.type.isDynamicDim(d))
      text += std::to_string(tensor.type.getDimSize(d));
    else
      text += tensor.dims[d].empty() ? "?" : tensor.dims[d];
  }
  return text + "]";
}

std::string formatLimits(const TensorSignature &tensor) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (size_t d = 0; 3 * d < tensor.limits.size(); ++d) {
    ArrayRef<int64_t> limits = ArrayRef(tensor.limits).slice(3 * d, 3);
    if (limits[0] == 0 && limits[1] < 0 && limits[2] == 1)
      continue;
    os << (text.empty() ? "" : ", ");
    if (tensor.dims[d].empty())
      os << "dimension " << d;
    else
      os << tensor.dims[d];
    os << " from " << limits[0];
    if (limits[1] >= 0)
      os << " to " << limits[1];
    if (limits[2] > 1)
      os << " by steps of " << limits[2];
  }
  return text;
}

} // namespace dlc
