//===- Descriptor.cpp - the model's tables --------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Descriptor.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace dlc {

/// As DLC_MAX_RANK in lib/Runtime/Model.h.
constexpr int64_t kMaxRank = 64;

/// For each dimension what its sizes may be: least, largest (null: any) and step.
static void describeLimits(llvm::json::OStream &json, ArrayRef<int64_t> limits) {
  for (; !limits.empty(); limits = limits.drop_front(3))
    json.array([&] {
      json.value(limits[0]);
      if (limits[1] < 0)
        json.value(nullptr);
      else
        json.value(limits[1]);
      json.value(limits[2]);
    });
}

/// A list of tensors: inputs, outputs, or state.
static void describeTensors(llvm::json::OStream &json, StringRef key,
                            ArrayRef<TensorSignature> tensors) {
  json.attributeArray(key, [&] {
    for (const TensorSignature &tensor : tensors) {
      json.object([&] {
        json.attribute("name", tensor.name);
        if (auto element = getElementInfo(tensor.type.getElementType()))
          json.attribute("dtype", element->name);
        json.attributeArray("shape", [&] {
          for (int64_t d = 0; d < tensor.type.getRank(); ++d) {
            if (!tensor.type.isDynamicDim(d))
              json.value(tensor.type.getDimSize(d));
            else if (tensor.dims[d].empty())
              json.value(nullptr);
            else
              json.value(tensor.dims[d]);
          }
        });
        if (std::string limits = formatLimits(tensor); !limits.empty())
          json.attributeArray("limits", [&] { describeLimits(json, tensor.limits); });
      });
    }
  });
}

std::string describeModel(const ModelSignature &signature, StringRef target, StringRef cpu,
                          const WeightSet &weights) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::json::OStream json(os);
  json.object([&] {
    json.attribute("name", signature.name);
    json.attribute("abi_version", 1);
    describeTensors(json, "inputs", signature.inputs);
    describeTensors(json, "outputs", signature.outputs);
    if (!signature.functions.empty())
      json.attributeArray("functions", [&] {
        for (const FunctionSignature &function : signature.functions)
          json.object([&] {
            json.attribute("name", function.name);
            describeTensors(json, "inputs", function.inputs);
            describeTensors(json, "outputs", function.outputs);
          });
      });
    if (SmallVector<TensorSignature> states = weights.getStates(); !states.empty())
      describeTensors(json, "states", states);
    json.attribute("producer", signature.producer);
    if (!signature.metadata.empty()) {
      json.attributeBegin("metadata");
      json.rawValue(signature.metadata);
      json.attributeEnd();
    }
    json.attribute("compiler", "dlc " DLC_VERSION);
    json.attribute("target", target);
    json.attribute("cpu", cpu);
    json.attribute("weight_bytes", int64_t(weights.totalBytes()));
    json.attribute("stateful", llvm::any_of(weights.all(), [](auto &w) { return w.isMutable; }));
  });
  return text;
}

namespace {
/// Builds constant data in the shape of lib/Runtime/Model.h's structs.
class DescriptorBuilder {
public:
  DescriptorBuilder(llvm::Module &module)
      : module(module), context(module.getContext()), i8(llvm::Type::getInt8Ty(context)),
        i16(llvm::Type::getInt16Ty(context)), i32(llvm::Type::getInt32Ty(context)),
        i64(llvm::Type::getInt64Ty(context)), ptr(llvm::PointerType::getUnqual(context)),
        null(llvm::ConstantPointerNull::get(ptr)) {}

  llvm::Constant *number(llvm::Type *type, uint64_t value) {
    return llvm::ConstantInt::get(type, value, /*IsSigned=*/false, /*ImplicitTrunc=*/true);
  }

  llvm::Constant *string(StringRef text) {
    return global(llvm::ConstantDataArray::getString(context, text));
  }

  llvm::Constant *array(llvm::Type *type, ArrayRef<llvm::Constant *> elements) {
    if (elements.empty())
      return null;
    return global(llvm::ConstantArray::get(llvm::ArrayType::get(type, elements.size()), elements));
  }

  llvm::Constant *numbers(llvm::IntegerType *type, ArrayRef<int64_t> values) {
    return array(type, llvm::map_to_vector(values, [&](int64_t value) { return number(type, value); }));
  }

  llvm::Constant *record(ArrayRef<llvm::Constant *> fields) {
    return llvm::ConstantStruct::getAnon(context, fields);
  }

  llvm::Constant *global(llvm::Constant *value) {
    auto *variable = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                              llvm::GlobalValue::PrivateLinkage, value, "dlc");
    variable->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return variable;
  }

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::IntegerType *i8, *i16, *i32, *i64;
  llvm::PointerType *ptr;
  llvm::Constant *null;
};
} // namespace

/// A dlc_tensor_info.
static FailureOr<llvm::Constant *> makeTensor(DescriptorBuilder &b, Location loc, StringRef kind,
                                              const TensorSignature &tensor,
                                              llvm::MapVector<StringRef, int64_t> *symbols) {
  auto element = getElementInfo(tensor.type.getElementType());
  if (!element || tensor.type.getRank() > kMaxRank)
    return emitError(loc) << "the " << kind << " '" << tensor.name << "' of type " << tensor.type
                          << " can't be passed to an artefact";
  SmallVector<int64_t> sizes, dims;
  for (int64_t d = 0; d < tensor.type.getRank(); ++d) {
    bool dynamic = tensor.type.isDynamicDim(d);
    sizes.push_back(dynamic ? -1 : tensor.type.getDimSize(d));
    dims.push_back(-1);
    if (symbols && dynamic && !tensor.dims[d].empty())
      dims.back() = symbols->insert({tensor.dims[d], symbols->size()}).first->second;
  }
  return b.record({b.string(tensor.name), b.string(formatType(tensor, *element)),
                   b.numbers(b.i64, sizes), b.numbers(b.i32, dims),
                   b.numbers(b.i64, tensor.limits),
                   b.number(b.i32, tensor.type.getRank()), b.number(b.i8, element->code),
                   b.number(b.i8, element->bits), b.number(b.i16, element->bytes)});
}

/// A table of dlc_tensor_info; `symbols` grows by the dimension symbols met. Only
/// inputs say what a symbol's size is: an output's is checked against the result.
static FailureOr<llvm::Constant *> makeTensors(DescriptorBuilder &b, Location loc, StringRef kind,
                                               ArrayRef<TensorSignature> tensors,
                                               llvm::MapVector<StringRef, int64_t> *symbols) {
  SmallVector<llvm::Constant *> records;
  for (const TensorSignature &tensor : tensors) {
    auto record = makeTensor(b, loc, kind, tensor, symbols);
    if (failed(record))
      return failure();
    records.push_back(*record);
  }
  return records.empty() ? b.null : b.array(records.front()->getType(), records);
}

/// A table of dlc_function_info.
static FailureOr<llvm::Constant *> makeFunctions(DescriptorBuilder &b, Location loc,
                                                 const ModelSignature &signature,
                                                 llvm::MapVector<StringRef, int64_t> &symbols) {
  SmallVector<llvm::Constant *> records;
  auto add = [&](StringRef name, ArrayRef<TensorSignature> in, ArrayRef<TensorSignature> out) {
    auto inputs = makeTensors(b, loc, "input", in, &symbols);
    auto outputs = makeTensors(b, loc, "output", out, nullptr);
    if (failed(inputs) || failed(outputs))
      return failure();
    records.push_back(b.record({*inputs, *outputs, b.module.getFunction(getEntryName(name)),
                                b.number(b.i32, in.size()), b.number(b.i32, out.size())}));
    return success();
  };
  if (failed(add("", signature.inputs, signature.outputs)))
    return failure();
  for (const FunctionSignature &function : signature.functions)
    if (failed(add(function.name, function.inputs, function.outputs)))
      return failure();
  return b.array(records.front()->getType(), records);
}

/// A table of dlc_state_info.
static FailureOr<llvm::Constant *> makeStates(DescriptorBuilder &b, Location loc,
                                              const WeightSet &weights) {
  SmallVector<llvm::Constant *> records;
  for (auto [i, weight] : llvm::enumerate(weights.all())) {
    if (!weight.isMutable)
      continue;
    TensorSignature tensor{weight.name, weight.type, {}};
    auto info = makeTensor(b, loc, "state", tensor, nullptr);
    if (failed(info))
      return failure();
    records.push_back(b.record({*info, b.string(weight.element.safetensors), b.number(b.i64, i),
                                b.number(b.i64, weight.bytes)}));
  }
  return records.empty() ? b.null : b.array(records.front()->getType(), records);
}

LogicalResult addDescriptor(llvm::Module &module, Location loc, const ModelSignature &signature,
                            StringRef description, const WeightSet &weights,
                            const WeightPlace &place) {
  DescriptorBuilder b(module);
  llvm::MapVector<StringRef, int64_t> symbols;
  auto functions = makeFunctions(b, loc, signature, symbols);
  auto states = makeStates(b, loc, weights);
  if (failed(functions) || failed(states))
    return failure();
  SmallVector<llvm::Constant *> symbolNames;
  for (auto &symbol : symbols)
    symbolNames.push_back(b.string(symbol.first));
  SmallVector<int64_t> offsets;
  for (const Weight &weight : weights.all())
    offsets.push_back(weight.isZero ? -1 : weight.offset);
  bool embedded = place.fileName.empty();
  llvm::Constant *data = b.null;
  if (embedded && weights.totalBytes()) {
    auto *variable = new llvm::GlobalVariable(module, b.i8, /*isConstant=*/true,
                                              llvm::GlobalValue::ExternalLinkage, nullptr,
                                              WeightSet::kSymbol);
    variable->setVisibility(llvm::GlobalValue::HiddenVisibility);
    data = variable;
  }
  llvm::Constant *value = b.record(
      {b.string(signature.name), b.string(description), b.array(b.ptr, symbolNames), *functions,
       *states, data, b.numbers(b.i64, offsets), embedded ? b.null : b.string(place.fileName),
       b.number(b.i64, place.fileBytes), b.number(b.i64, place.headerHash),
       b.number(b.i32, signature.functions.size() + 1), b.number(b.i32, symbols.size()),
       b.number(b.i32, offsets.size()), b.number(b.i32, weights.getStates().size())});
  auto *model = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                         llvm::GlobalValue::ExternalLinkage, value, "dlc_rt_model");
  model->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return success();
}

} // namespace dlc
