//===- Weights.cpp - the bytes of a module's globals ----------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Weights.h"
#include "dl/IR/Dl.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/xxhash.h"

#include <unistd.h>

using namespace mlir;

namespace dlc {

constexpr uint64_t kAlignment = 64;

static bool isZeros(Attribute value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  return dense && dense.isSplat() && llvm::all_of(dense.getRawData(), [](char c) { return !c; });
}

FailureOr<WeightSet> WeightSet::collect(ModuleOp module) {
  WeightSet set;
  for (auto global : module.getOps<dl::GlobalOp>()) {
    RankedTensorType type = global.getTensorType();
    std::optional<ElementInfo> element = getElementInfo(type.getElementType());
    if (!element || !type.hasStaticShape())
      return global.emitError() << "a global of type " << type << " can't be stored in an artefact";
    if (!global.getValueAttr())
      return global.emitError() << "has no value to store in the artefact";
    uint64_t bytes = uint64_t(type.getNumElements()) * element->bytes;
    bool isZero = global.getIsMutable() && isZeros(global.getValueAttr());
    set.total = isZero ? set.total : llvm::alignTo(set.total, kAlignment);
    set.weights.push_back({global.getSymName().str(), type, *element, global.getValueAttr(),
                           global.getLoc(), global.getIsMutable(), bytes, set.total, isZero});
    set.total += isZero ? 0 : bytes;
  }
  return set;
}

SmallVector<TensorSignature> WeightSet::getStates() const {
  SmallVector<TensorSignature> states;
  for (const Weight &weight : weights)
    if (weight.isMutable)
      states.push_back({weight.name, weight.type, {}});
  return states;
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

FailureOr<ArrayRef<char>> WeightSet::mapFile(const Weight &weight, StringRef path, uint64_t offset,
                                             uint64_t length) {
  namespace fs = llvm::sys::fs;
  auto &region = files[path];
  if (!region) {
    auto file = fs::openNativeFileForRead(path);
    if (!file)
      return emitError(weight.loc) << "the weight '" << weight.name << "': can't open '" << path
                                   << "': " << llvm::toString(file.takeError());
    fs::file_status status;
    std::error_code error = fs::status(*file, status);
    if (!error)
      region = std::make_unique<fs::mapped_file_region>(*file, fs::mapped_file_region::readonly,
                                                        status.getSize(), 0, error);
    fs::closeFile(*file);
    if (error) {
      region.reset();
      return emitError(weight.loc) << "the weight '" << weight.name << "': can't map '" << path
                                   << "': " << error.message();
    }
  }
  if (offset > region->size() || length > region->size() - offset)
    return emitError(weight.loc) << "the weight '" << weight.name << "': bytes " << offset << " to "
                                 << offset + length << " lie outside '" << path << "'";
  return ArrayRef<char>(region->const_data() + offset, length);
}

/// The bytes of an attribute that holds its elements.
static void streamDense(DenseElementsAttr dense, const Weight &weight,
                        function_ref<void(ArrayRef<char>)> sink) {
  if (dense.getElementType().isInteger(1)) { // packed in the attribute
    std::vector<char> bytes;
    bytes.reserve(weight.bytes);
    for (bool bit : dense.getValues<bool>())
      bytes.push_back(bit);
    return sink(bytes);
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return sink(raw);
  std::vector<char> block;
  uint64_t element = weight.element.bytes;
  for (uint64_t done = 0; done < weight.bytes; done += block.size()) {
    uint64_t wanted = std::min<uint64_t>(weight.bytes - done, element << 16);
    if (block.empty())
      while (block.size() < wanted)
        block.insert(block.end(), raw.begin(), raw.begin() + element);
    block.resize(wanted);
    sink(block);
  }
}

LogicalResult WeightSet::streamOne(const Weight &weight, Sink sink) {
  auto checked = [&](ArrayRef<char> bytes) -> LogicalResult {
    if (bytes.size() != weight.bytes)
      return emitError(weight.loc) << "the weight '" << weight.name << "' has " << bytes.size()
                                   << " bytes, but " << weight.type << " takes " << weight.bytes;
    sink(bytes);
    return success();
  };
  if (auto external = dyn_cast<dl::ExternalDataAttr>(weight.value)) {
    auto bytes = mapFile(weight, external.getPath(), external.getOffset(), external.getLength());
    return failed(bytes) ? failure() : checked(*bytes);
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(weight.value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return emitError(weight.loc) << "the weight '" << weight.name << "' refers to the resource '"
                                   << resource.getRawHandle().getKey() << "', which has no bytes";
    return checked(blob->getData());
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(weight.value)) {
    streamDense(dense, weight, sink);
    return success();
  }
  return emitError(weight.loc) << "the weight '" << weight.name
                               << "' has a value of an unknown kind: " << weight.value;
}

LogicalResult WeightSet::stream(Sink sink) {
  static const char zeros[kAlignment] = {};
  uint64_t at = weights.empty() ? 0 : weights.front().offset;
  for (const Weight &weight : weights) {
    if (weight.isZero)
      continue;
    if (at < weight.offset)
      sink(ArrayRef<char>(zeros, weight.offset - at));
    if (failed(streamOne(weight, sink)))
      return failure();
    at = weight.offset + weight.bytes;
  }
  return success();
}

void WeightSet::release() {
  for (const Weight &weight : weights)
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(weight.value))
      static_cast<DialectResourceBlobManager::BlobEntry *>(resource.getRawHandle().getResource())
          ->setBlob({});
  files.clear();
}

//===----------------------------------------------------------------------===//
// In the shared object
//===----------------------------------------------------------------------===//

LogicalResult WeightSet::writeObject(MLIRContext *context, raw_ostream &os, uint16_t elfMachine) {
  using namespace llvm::ELF;
  // Header, weights, symbols, strings, section table.
  StringRef strings("\0.lrodata.dlc\0.symtab\0.strtab\0dlc_rt_weights", 45);
  constexpr uint64_t dataAt = llvm::alignTo(sizeof(Elf64_Ehdr), kAlignment);
  uint64_t symbolsAt = llvm::alignTo(dataAt + total, 8);
  uint64_t stringsAt = symbolsAt + 2 * sizeof(Elf64_Sym);
  uint64_t sectionsAt = llvm::alignTo(stringsAt + strings.size(), 8);

  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ElfMagic, 4);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = elfMachine;
  header.e_version = EV_CURRENT;
  header.e_shoff = sectionsAt;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shstrndx = 3;

  // Beyond two gigabytes code reaches nothing by 32-bit offsets: "large" sections
  // are laid out apart from the others.
  uint64_t flags = SHF_ALLOC;
  if (elfMachine == EM_X86_64 && total > (uint64_t(1) << 30))
    flags |= SHF_X86_64_LARGE;
  Elf64_Shdr sections[4] = {
      {},
      {1, SHT_PROGBITS, flags, 0, dataAt, total, 0, 0, kAlignment, 0},
      {14, SHT_SYMTAB, 0, 0, symbolsAt, 2 * sizeof(Elf64_Sym), 3, 1, 8, sizeof(Elf64_Sym)},
      {22, SHT_STRTAB, 0, 0, stringsAt, strings.size(), 0, 0, 1, 0}};
  Elf64_Sym symbols[2] = {};
  symbols[1].st_name = 30;
  symbols[1].setBindingAndType(STB_GLOBAL, STT_OBJECT);
  symbols[1].st_other = STV_HIDDEN;
  symbols[1].st_shndx = 1;
  symbols[1].st_size = total;

  os.write(reinterpret_cast<const char *>(&header), sizeof header);
  os.write_zeros(dataAt - sizeof header);
  if (failed(stream([&](ArrayRef<char> bytes) { os.write(bytes.data(), bytes.size()); })))
    return failure();
  os.write_zeros(symbolsAt - dataAt - total);
  os.write(reinterpret_cast<const char *>(symbols), sizeof symbols);
  os << strings;
  os.write_zeros(sectionsAt - stringsAt - strings.size());
  os.write(reinterpret_cast<const char *>(sections), sizeof sections);
  return success();
}

//===----------------------------------------------------------------------===//
// Beside it
//===----------------------------------------------------------------------===//

static void describeTensor(llvm::json::OStream &json, StringRef name, StringRef type,
                           ArrayRef<int64_t> shape, uint64_t begin, uint64_t end) {
  json.attributeObject(name, [&] {
    json.attribute("dtype", type);
    json.attributeArray("shape", [&] {
      for (int64_t size : shape)
        json.value(size);
    });
    json.attributeArray("data_offsets", [&] {
      json.value(int64_t(begin));
      json.value(int64_t(end));
    });
  });
}

/// The header: JSON, which may not leave a byte of the data without a tensor, so
/// that the gaps of the alignment are tensors, too.
static std::string makeHeader(ArrayRef<Weight> weights, uint64_t contentHash) {
  std::string text(8, 0);
  llvm::raw_string_ostream os(text);
  llvm::json::OStream json(os);
  json.object([&] {
    json.attributeObject("__metadata__", [&] {
      json.attribute("format", "dlc");
      json.attribute("content_hash", llvm::utohexstr(contentHash, /*LowerCase=*/true, /*Width=*/16));
    });
    uint64_t end = 0;
    for (auto [i, weight] : llvm::enumerate(weights)) {
      if (weight.isZero)
        continue;
      if (end < weight.offset)
        describeTensor(json, ("dlc.padding." + Twine(i)).str(), "U8", int64_t(weight.offset - end),
                       end, weight.offset);
      end = weight.offset + weight.bytes;
      describeTensor(json, weight.name, weight.element.safetensors, weight.type.getShape(),
                     weight.offset, end);
    }
  });
  text.resize(llvm::alignTo(text.size(), kAlignment), ' ');
  llvm::support::endian::write64le(text.data(), text.size() - 8);
  return text;
}

LogicalResult WeightSet::writeSafetensors(AtomicFile &file, MLIRContext *context,
                                          uint64_t &fileBytes, uint64_t &headerHash) {
  llvm::raw_fd_ostream os(file.fd(), /*shouldClose=*/false);
  std::string header = makeHeader(weights, 0);
  os << header;
  uint64_t contentHash = 0;
  auto sink = [&](ArrayRef<char> bytes) {
    constexpr size_t block = 16 << 20;
    for (; !bytes.empty(); bytes = bytes.drop_front(std::min(block, bytes.size()))) {
      ArrayRef<char> part = bytes.take_front(block);
      contentHash = contentHash * 31 + llvm::xxh3_64bits(StringRef(part.data(), part.size()));
      os.write(part.data(), part.size());
    }
  };
  LogicalResult streamed = stream(sink);
  header = makeHeader(weights, contentHash);
  os.seek(0);
  os << header;
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  if (failed(streamed))
    return failure();
  if (error)
    return emitError(UnknownLoc::get(context)) << "can't write the weights: " << error.message();
  fileBytes = header.size() + total;
  headerHash = UINT64_C(0xcbf29ce484222325);
  for (unsigned char c : header)
    headerHash = (headerHash ^ c) * UINT64_C(0x100000001b3);
  for (Weight &weight : weights)
    weight.offset += header.size();
  return success();
}

} // namespace dlc
