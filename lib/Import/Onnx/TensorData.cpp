//===- TensorData.cpp - ONNX tensors as constants and globals -------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelImporter.h"
#include "dlc/Support/Reproducer.h"
#include "onnx-ml.pb.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::onnx;

/// A tensor of at most this many elements becomes a dl.constant.
static constexpr int64_t kSmall = 16;
/// Elements of a global that getGlobalElements copies into the IR at most.
static constexpr int64_t kMostFolded = 1 << 20;

Type dlc::onnx::getElementType(MLIRContext *context, int64_t onnxDataType) {
  auto integer = [&](unsigned width, bool isUnsigned = false) -> Type {
    return IntegerType::get(context, width,
                            isUnsigned ? IntegerType::Unsigned : IntegerType::Signless);
  };
  switch (onnxDataType) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::UINT8:
    return integer(8, true);
  case TensorProto::INT8:
    return integer(8);
  case TensorProto::UINT16:
    return integer(16, true);
  case TensorProto::INT16:
    return integer(16);
  case TensorProto::INT32:
    return integer(32);
  case TensorProto::INT64:
    return integer(64);
  case TensorProto::BOOL:
    return integer(1);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::UINT32:
    return integer(32, true);
  case TensorProto::UINT64:
    return integer(64, true);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::UINT4:
    return integer(4, true);
  case TensorProto::INT4:
    return integer(4);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::UINT2:
    return integer(2, true);
  case TensorProto::INT2:
    return integer(2);
  default:
    return {};
  }
}

std::string dlc::onnx::getDataTypeName(int64_t onnxDataType) {
  if (onnxDataType >= 0 && onnxDataType < 1000)
    if (const std::string &name =
            TensorProto::DataType_Name(static_cast<TensorProto::DataType>(onnxDataType));
        !name.empty())
      return name;
  return "number " + std::to_string(onnxDataType);
}

/// Bytes of `count` elements in a file, where narrow ones are packed.
static uint64_t getPackedSize(Type elementType, uint64_t count) {
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (width == 1)
    return count;
  return width < 8 ? (count * width + 7) / 8 : count * (width / 8);
}

/// The bytes of a tensor and where they are; none for typed data.
struct ModelImporter::TensorBytes {
  StringRef bytes;
  std::string path;
  uint64_t offset = 0;
  bool found = false;
};

RankedTensorType ModelImporter::getTensorType(const TensorProto &tensor, StringRef name,
                                              Location loc) {
  Type elementType = getElementType(context, tensor.data_type());
  if (!elementType) {
    emitError(loc) << "tensor '" << name << "' has element type "
                   << getDataTypeName(tensor.data_type()) << ", which isn't supported";
    return {};
  }
  if (tensor.has_segment()) {
    emitError(loc) << "tensor '" << name << "' is stored in segments, which isn't supported";
    return {};
  }
  SmallVector<int64_t> shape;
  int64_t count = 1;
  for (int64_t size : tensor.dims()) {
    if (size < 0) {
      emitError(loc) << "tensor '" << name << "' has a negative size, " << size;
      return {};
    }
    if (size > 0 && count > (int64_t(1) << 46) / size) {
      emitError(loc) << "tensor '" << name << "' has absurdly many elements";
      return {};
    }
    count *= std::max<int64_t>(size, 1);
    shape.push_back(size);
  }
  return RankedTensorType::get(shape, elementType);
}

LogicalResult ModelImporter::findExternalBytes(const TensorProto &tensor, StringRef name,
                                               Location loc, TensorBytes &result) {
  StringRef location;
  uint64_t offset = 0, length = 0;
  bool hasLength = false;
  for (const StringStringEntryProto &entry : tensor.external_data()) {
    StringRef value = entry.value();
    bool bad = false;
    if (entry.key() == "location")
      location = value;
    else if (entry.key() == "offset")
      bad = value.getAsInteger(10, offset);
    else if (entry.key() == "length")
      bad = value.getAsInteger(10, length), hasLength = true;
    if (bad)
      return emitError(loc) << "tensor '" << name << "': the external data's " << entry.key()
                            << " '" << value << "' isn't a number";
  }
  if (location.empty())
    return emitError(loc) << "tensor '" << name << "' has external data without a location";
  bool escapes = llvm::sys::path::is_absolute(location) || location.contains('\0') ||
                 llvm::is_contained(
                     llvm::make_range(llvm::sys::path::begin(location), llvm::sys::path::end(location)), "..");
  if (escapes)
    return emitError(loc) << "tensor '" << name << "': the external data's location '"
                          << location << "' leaves the model's folder";
  SmallString<128> file(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(file, location);
  auto [it, isNew] = externalFiles.try_emplace(file);
  if (isNew) {
    addReproducerFile(file, location);
    auto mapped = llvm::MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!mapped)
      return emitError(loc) << "tensor '" << name << "': can't read its external data '" << file
                            << "': " << mapped.getError().message();
    it->second = std::move(*mapped);
  }
  if (!it->second)
    return emitError(loc) << "tensor '" << name << "': can't read its external data '" << file
                          << "'";
  StringRef all = it->second->getBuffer();
  if (offset > all.size() || length > all.size() - offset)
    return emitError(loc) << "tensor '" << name << "': its external data lies beyond the end of '"
                          << file << "'";
  result.bytes = all.substr(offset, hasLength ? length : StringRef::npos);
  result.path = std::string(file);
  result.offset = offset;
  result.found = true;
  return success();
}

LogicalResult ModelImporter::findBytes(const TensorProto &tensor, RankedTensorType type,
                                       StringRef name, Location loc, TensorBytes &result) {
  uint64_t needed = getPackedSize(type.getElementType(), type.getNumElements());
  bool isExternal = tensor.data_location() == TensorProto::EXTERNAL;
  if (isExternal) {
    if (mlir::failed(findExternalBytes(tensor, name, loc, result)))
      return failure();
    // Without a length the data may be followed by other tensors'.
    bool hasLength = llvm::any_of(tensor.external_data(),
                                  [](const auto &entry) { return entry.key() == "length"; });
    if (!hasLength && result.bytes.size() > needed)
      result.bytes = result.bytes.take_front(needed);
  } else if (tensor.has_mapped_offset()) {
    result.bytes = bytes.substr(tensor.mapped_offset(), tensor.mapped_length());
    result.path = path == "-" ? "" : path;
    result.offset = tensor.mapped_offset();
    result.found = true;
  } else {
    return success();
  }
  if (result.bytes.size() != needed)
    return emitError(loc) << "tensor '" << name << "' of type " << type << " needs " << needed
                          << " bytes of data but has " << result.bytes.size();
  return success();
}

ElementsAttr ModelImporter::importTypedData(const TensorProto &tensor, RankedTensorType type,
                                            StringRef name, Location loc) {
  Type element = type.getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  int64_t count = type.getNumElements();
  std::string raw;
  auto check = [&](int64_t actual, int64_t expected) {
    if (actual == expected)
      return true;
    emitError(loc) << "tensor '" << name << "' of type " << type << " needs " << expected
                   << " elements of data but has " << actual;
    return false;
  };
  // Each number gives the low `size` bytes of its own.
  auto append = [&](const auto &numbers, unsigned size) {
    raw.reserve(numbers.size() * size);
    for (auto number : numbers)
      raw.append(reinterpret_cast<const char *>(&number), size);
  };
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    if (!check(tensor.float_data_size(), count))
      return {};
    append(tensor.float_data(), 4);
    break;
  case TensorProto::DOUBLE:
    if (!check(tensor.double_data_size(), count))
      return {};
    append(tensor.double_data(), 8);
    break;
  case TensorProto::INT64:
    if (!check(tensor.int64_data_size(), count))
      return {};
    append(tensor.int64_data(), 8);
    break;
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    if (!check(tensor.uint64_data_size(), count))
      return {};
    append(tensor.uint64_data(), width / 8);
    break;
  default:
    // Narrow types are in int32_data, those below a byte packed as in raw_data.
    if (!check(tensor.int32_data_size(), width == 1 ? count : width < 8
                                                      ? getPackedSize(element, count)
                                                      : count))
      return {};
    append(tensor.int32_data(), std::max(width / 8, 1u));
    break;
  }
  return makeElements(type, raw);
}

OpBuilder ModelImporter::getConstantBuilder() {
  Block &entry = currentFunction.getBody().front();
  if (lastConstant)
    return OpBuilder(&entry, ++Block::iterator(lastConstant));
  return OpBuilder::atBlockBegin(&entry);
}

Value ModelImporter::importTensor(const TensorProto &tensor, StringRef name, Location loc,
                                  bool isInitializer) {
  Value &known = tensorValues[&tensor];
  if (known)
    return known;
  RankedTensorType type = getTensorType(tensor, name, loc);
  TensorBytes found;
  if (!type || mlir::failed(findBytes(tensor, type, name, loc, found)))
    return {};
  // Elements that the IR holds: few, or in a form that can't be mapped.
  ElementsAttr elements;
  bool isKept = isInitializer && options.keepsWeights && type.getRank() > 0 &&
                isa<FloatType>(type.getElementType());
  bool isSmall = type.getNumElements() <= kSmall && !isKept;
  bool isNarrow = type.getElementTypeBitWidth() < 8 && !type.getElementType().isInteger(1);
  if (!found.found)
    elements = importTypedData(tensor, type, name, loc);
  else if (isSmall || isNarrow)
    elements = makeElements(type, found.bytes);
  if (!found.found && !elements)
    return {};

  OpBuilder builder = getConstantBuilder();
  if (elements && isSmall) {
    lastConstant = dl::ConstantOp::create(builder, loc, elements);
    return known = lastConstant->getResult(0);
  }
  std::string symbol = name.empty() ? "weight" : name.str();
  for (unsigned i = 1; !symbolNames.insert(symbol).second; ++i)
    symbol = (name + "." + Twine(i)).str();
  Attribute value = elements;
  if (!elements && found.path.empty())
    value = frontend::makeResource(type, symbol, found.bytes);
  else if (!elements)
    value = dl::ExternalDataAttr::get(context, found.path, found.offset, found.bytes.size());
  OpBuilder atModule(context);
  if (lastGlobal)
    atModule.setInsertionPointAfter(lastGlobal);
  else
    atModule.setInsertionPointToStart(module->getBody());
  auto symbolName = builder.getStringAttr(symbol);
  lastGlobal = dl::GlobalOp::create(atModule, loc, symbolName, builder.getStringAttr("private"),
                                    TypeAttr::get(type), value, /*is_mutable=*/UnitAttr());
  if (!elements)
    globalBytes[symbolName] = found.bytes;
  else
    globalElements[symbolName] = elements;
  lastConstant =
      dl::GlobalLoadOp::create(builder, loc, type, FlatSymbolRefAttr::get(symbolName));
  return known = lastConstant->getResult(0);
}

ElementsAttr ModelImporter::getGlobalElements(dl::GlobalLoadOp load) {
  auto type = cast<RankedTensorType>(load.getType());
  StringAttr name = load.getGlobalAttr().getAttr();
  if (ElementsAttr elements = globalElements.lookup(name))
    return elements;
  auto it = globalBytes.find(name);
  if (it == globalBytes.end() || type.getNumElements() > kMostFolded)
    return {};
  return makeElements(type, it->second);
}

Value ModelImporter::importSparseTensor(const SparseTensorProto &tensor, StringRef name,
                                        Location loc) {
  // Made dense: values at their positions, zero elsewhere.
  TensorProto shape;
  shape.set_data_type(tensor.values().data_type());
  *shape.mutable_dims() = tensor.dims();
  RankedTensorType type = getTensorType(shape, name, loc);
  RankedTensorType valuesType = type ? getTensorType(tensor.values(), name, loc) : type;
  RankedTensorType indicesType = valuesType ? getTensorType(tensor.indices(), name, loc) : type;
  if (!indicesType)
    return {};
  int64_t count = valuesType.getRank() == 1 ? valuesType.getDimSize(0) : -1;
  bool isLinear = indicesType.getRank() == 1 && indicesType.getDimSize(0) == count;
  bool isCoordinates = indicesType.getRank() == 2 && indicesType.getDimSize(0) == count &&
                       indicesType.getDimSize(1) == type.getRank();
  if (!indicesType.getElementType().isInteger(64) || (!isLinear && !isCoordinates) ||
      type.getNumElements() > kMostFolded) {
    emitError(loc) << "sparse tensor '" << name << "' has indices that don't fit its shape, or "
                   << "more than " << kMostFolded << " elements";
    return {};
  }
  auto read = [&](const TensorProto &part, RankedTensorType partType) -> DenseElementsAttr {
    TensorBytes found;
    if (mlir::failed(findBytes(part, partType, name, loc, found)))
      return {};
    return dyn_cast_or_null<DenseElementsAttr>(
        found.found ? ElementsAttr(makeElements(partType, found.bytes))
                    : importTypedData(part, partType, name, loc));
  };
  DenseElementsAttr values = read(tensor.values(), valuesType);
  DenseElementsAttr indices = values ? read(tensor.indices(), indicesType) : values;
  if (!indices)
    return {};
  Attribute zero = isa<FloatType>(type.getElementType())
                       ? Attribute(FloatAttr::get(type.getElementType(), 0.0))
                       : Attribute(IntegerAttr::get(type.getElementType(), 0));
  SmallVector<Attribute> elements(type.getNumElements(), zero);
  SmallVector<int64_t> numbers(indices.getValues<int64_t>());
  SmallVector<Attribute> given(values.getValues<Attribute>());
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = 0;
    bool inside = true;
    if (isLinear)
      position = numbers[i];
    else
      for (int64_t d = 0; d < type.getRank(); ++d) {
        int64_t coordinate = numbers[i * type.getRank() + d];
        inside &= coordinate >= 0 && coordinate < type.getDimSize(d);
        position = inside ? position * type.getDimSize(d) + coordinate : 0;
      }
    if (!inside || position < 0 || position >= type.getNumElements()) {
      emitError(loc) << "sparse tensor '" << name << "' has an index outside its shape";
      return {};
    }
    elements[position] = given[i];
  }
  OpBuilder builder = getConstantBuilder();
  lastConstant = dl::ConstantOp::create(builder, loc,
                                        cast<ElementsAttr>(DenseElementsAttr::get(type, elements)));
  return lastConstant->getResult(0);
}
