//===- ArtifactRunner.cpp - loads and runs compiled models ----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Run/ArtifactRunner.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <dlfcn.h>

using namespace llvm;

namespace dlc {

/// NumPy's and ml_dtypes' names, which the description uses.
static std::optional<ElementType> parseDtype(StringRef name) {
  using T = ElementType;
  return StringSwitch<std::optional<ElementType>>(name)
      .Case("float64", T::f64)
      .Case("float32", T::f32)
      .Case("float16", T::f16)
      .Case("bfloat16", T::bf16)
      .Case("float8_e4m3fn", T::f8E4M3FN)
      .Case("float8_e4m3fnuz", T::f8E4M3FNUZ)
      .Case("float8_e5m2", T::f8E5M2)
      .Case("float8_e5m2fnuz", T::f8E5M2FNUZ)
      .Case("float8_e8m0fnu", T::f8E8M0FNU)
      .Case("float4_e2m1fn", T::f4E2M1FN)
      .Case("bool", T::i1)
      .Case("int2", T::i2)
      .Case("int4", T::i4)
      .Case("int8", T::i8)
      .Case("int16", T::i16)
      .Case("int32", T::i32)
      .Case("int64", T::i64)
      .Case("uint2", T::ui2)
      .Case("uint4", T::ui4)
      .Case("uint8", T::ui8)
      .Case("uint16", T::ui16)
      .Case("uint32", T::ui32)
      .Case("uint64", T::ui64)
      .Default(std::nullopt);
}

/// The type as DLPack says it.
static DLDataType getDataType(ElementType type) {
  using T = ElementType;
  uint8_t code = 0;
  uint8_t bits = getBitWidth(type);
  switch (type) {
  case T::f64:
  case T::f32:
  case T::f16:
    code = 2;
    break;
  case T::bf16:
    code = 4;
    break;
  case T::f8E4M3FN:
    code = 10;
    break;
  case T::f8E4M3FNUZ:
    code = 11;
    break;
  case T::f8E5M2:
    code = 12;
    break;
  case T::f8E5M2FNUZ:
    code = 13;
    break;
  case T::f8E8M0FNU:
    code = 14;
    break;
  case T::f4E2M1FN:
    code = 17;
    break;
  case T::i1:
    code = 6;
    bits = 8;
    break;
  default:
    code = isUnsigned(type) ? 1 : 0;
  }
  return {code, bits, 1};
}

static Error readPorts(const json::Object &model, StringRef key,
                       std::vector<ArtifactRunner::Port> &ports) {
  const json::Array *array = model.getArray(key);
  if (!array)
    return makeError("the model's description has no '{0}'", key);
  for (const json::Value &value : *array) {
    const json::Object *object = value.getAsObject();
    auto name = object ? object->getString("name") : std::nullopt;
    auto dtype = object ? object->getString("dtype") : std::nullopt;
    const json::Array *shape = object ? object->getArray("shape") : nullptr;
    auto type = dtype ? parseDtype(*dtype) : std::nullopt;
    if (!name || !type || !shape)
      return makeError("the model's description has a malformed entry in '{0}'", key);
    ArtifactRunner::Port port{name->str(), *type, {}, {}};
    for (const json::Value &size : *shape) {
      port.shape.push_back(size.getAsInteger().value_or(-1));
      port.dims.push_back(size.getAsString().value_or("").str());
    }
    ports.push_back(std::move(port));
  }
  return Error::success();
}

Error ArtifactRunner::readDescription() {
  Expected<json::Value> parsed = json::parse(api->describe());
  if (!parsed)
    return parsed.takeError();
  const json::Object *object = parsed->getAsObject();
  if (!object)
    return makeError("the model's description is not a JSON object");
  if (Error error = readPorts(*object, "inputs", inputs))
    return error;
  return readPorts(*object, "outputs", outputs);
}

/// The loader maps a library without a look at the file's size, so that a file cut
/// short would end the process.
static Error checkIsWhole(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("can't load '{0}': {1}", path, file.getError().message());
  StringRef bytes = (*file)->getBuffer();
  auto elf = object::ELF64LEFile::create(bytes);
  if (!elf)
    return makeError("can't load '{0}': {1}", path, toString(elf.takeError()));
  auto segments = elf->program_headers();
  if (!segments)
    return makeError("can't load '{0}': {1}", path, toString(segments.takeError()));
  for (const object::ELF64LE::Phdr &segment : *segments)
    if (segment.p_offset > bytes.size() || segment.p_filesz > bytes.size() - segment.p_offset)
      return makeError("can't load '{0}': it is cut short", path);
  return Error::success();
}

Expected<std::unique_ptr<ArtifactRunner>> ArtifactRunner::load(StringRef path,
                                                               const Options &options) {
  std::unique_ptr<ArtifactRunner> runner(new ArtifactRunner);
  // A name without a folder would be searched among the system's libraries.
  std::string file = path.contains('/') ? path.str() : ("./" + path).str();
  if (Error error = checkIsWhole(file))
    return std::move(error);
  runner->library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!runner->library)
    return makeError("can't load '{0}': {1}", path, dlerror());
  auto getModel = reinterpret_cast<dlc_model_fn>(dlsym(runner->library, "dlc_model"));
  if (!getModel)
    return makeError("'{0}' is not a model compiled by dlc: it has no 'dlc_model'", path);
  runner->api = getModel();
  if (runner->api->abi_version < DLC_ABI_VERSION)
    return makeError("'{0}' has version {1} of the ABI, {2} is needed", path,
                     runner->api->abi_version, DLC_ABI_VERSION);
  dlc_options made = {};
  made.size = sizeof made;
  made.num_threads = options.numThreads;
  made.weights_path = options.weightsPath.empty() ? nullptr : options.weightsPath.c_str();
  if (runner->api->create(&made, &runner->context))
    return makeError("{0}", runner->api->last_error());
  if (Error error = runner->readDescription())
    return std::move(error);
  return std::move(runner);
}

ArtifactRunner::~ArtifactRunner() {
  if (context)
    api->destroy(context);
  if (library)
    dlclose(library);
}

static DLTensor makeTensor(ElementType type, ArrayRef<int64_t> shape, const char *data) {
  DLTensor tensor = {};
  tensor.data = const_cast<char *>(data);
  tensor.device = {kDLCPU, 0};
  tensor.ndim = shape.size();
  tensor.dtype = getDataType(type);
  tensor.shape = const_cast<int64_t *>(shape.data());
  return tensor;
}

Error ArtifactRunner::call(ArrayRef<Tensor> arguments, MutableArrayRef<DLTensor> results) {
  if (arguments.size() != inputs.size())
    return makeError("the model '{0}' has {1} inputs, {2} are given", api->name, inputs.size(),
                     arguments.size());
  SmallVector<DLTensor> tensors;
  for (const Tensor &argument : arguments)
    tensors.push_back(makeTensor(argument.getType(), argument.getShape(), argument.getData()));
  SmallVector<const DLTensor *> in;
  SmallVector<DLTensor *> out;
  for (DLTensor &tensor : tensors)
    in.push_back(&tensor);
  for (DLTensor &tensor : results)
    out.push_back(&tensor);
  if (api->run(context, in.data(), out.data()))
    return makeError("{0}", api->last_error());
  return Error::success();
}

Expected<std::vector<NamedTensor>> ArtifactRunner::run(ArrayRef<Tensor> arguments) {
  std::vector<SmallVector<int64_t>> shapes;
  shapes.reserve(outputs.size()); // the tensors point into them
  SmallVector<DLTensor> made;
  for (const Port &port : outputs) {
    shapes.push_back(SmallVector<int64_t>(port.shape.size() + 1));
    made.push_back(makeTensor(port.type, {}, nullptr));
    made.back().ndim = port.shape.size();
    made.back().shape = shapes.back().data();
  }
  if (Error error = call(arguments, made))
    return std::move(error);
  std::vector<NamedTensor> results;
  for (auto [port, tensor] : zip(outputs, made)) {
    auto release = api->release;
    std::shared_ptr<const void> owner(tensor.data,
                                      [release](const void *data) { release(const_cast<void *>(data)); });
    ArrayRef<int64_t> shape(tensor.shape, port.shape.size());
    // A copy, so that the result outlives the library.
    Tensor view = Tensor::view(port.type, shape, tensor.data, owner);
    Tensor copy(port.type, shape);
    if (view.getNumBytes())
      memcpy(copy.getMutableData(), view.getData(), view.getNumBytes());
    results.push_back({port.name, std::move(copy)});
  }
  return results;
}

Error ArtifactRunner::runInto(ArrayRef<Tensor> arguments, MutableArrayRef<NamedTensor> results) {
  SmallVector<DLTensor> tensors;
  for (NamedTensor &result : results)
    tensors.push_back(makeTensor(result.tensor.getType(), result.tensor.getShape(),
                                 result.tensor.getMutableData()));
  return call(arguments, tensors);
}

} // namespace dlc
