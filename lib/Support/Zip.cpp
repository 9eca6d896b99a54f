//===- Zip.cpp - reading and writing zip archives -------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Support/Zip.h"
#include "dlc/Support/Tensor.h"
#include "llvm/Support/Endian.h"
#include <zlib.h>

using namespace dlc;
using namespace llvm::support;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr uint32_t localSignature = 0x04034b50;
static constexpr uint32_t directorySignature = 0x02014b50;
static constexpr uint32_t endSignature = 0x06054b50;
static constexpr uint32_t end64Signature = 0x06064b50;
static constexpr uint32_t locator64Signature = 0x07064b50;
static constexpr size_t localSize = 30, directorySize = 46, endSize = 22;
static constexpr size_t end64Size = 56, locator64Size = 20;

static uint16_t read16(StringRef bytes, size_t at) { return endian::read16le(bytes.data() + at); }
static uint32_t read32(StringRef bytes, size_t at) { return endian::read32le(bytes.data() + at); }
static uint64_t read64(StringRef bytes, size_t at) { return endian::read64le(bytes.data() + at); }

static bool isInside(StringRef archive, uint64_t offset, uint64_t size) {
  return offset <= archive.size() && size <= archive.size() - offset;
}

/// Where the directory starts and how many entries it has.
static Expected<std::pair<uint64_t, uint64_t>> findDirectory(StringRef archive) {
  if (archive.size() < endSize)
    return makeError("not a zip archive: it has {0} bytes", archive.size());
  // The end record is followed by a comment of at most 65535 bytes.
  size_t lowest = archive.size() - endSize > 65535 ? archive.size() - endSize - 65535 : 0;
  size_t end = archive.size() - endSize + 1;
  do {
    if (end == lowest)
      return makeError("not a zip archive, or cut short: there is no end record");
    --end;
  } while (read32(archive, end) != endSignature);

  uint64_t count = read16(archive, end + 10), offset = read32(archive, end + 16);
  if (count != 0xffff && offset != 0xffffffff)
    return std::make_pair(offset, count);
  if (end < locator64Size || read32(archive, end - locator64Size) != locator64Signature)
    return std::make_pair(offset, count);
  uint64_t end64 = read64(archive, end - locator64Size + 8);
  if (!isInside(archive, end64, end64Size) || read32(archive, end64) != end64Signature)
    return makeError("damaged zip archive: its zip64 end record is missing");
  return std::make_pair(read64(archive, end64 + 48), read64(archive, end64 + 32));
}

/// Replaces the sizes and the offset that the zip64 extra field holds.
static void readZip64Extra(StringRef extra, uint64_t &size, uint64_t &packed, uint64_t &offset) {
  while (extra.size() >= 4) {
    size_t length = read16(extra, 2);
    if (4 + length > extra.size())
      return;
    StringRef field = extra.substr(4, length);
    if (read16(extra, 0) == 1) {
      for (uint64_t *value : {&size, &packed, &offset})
        if (*value == 0xffffffff && field.size() >= 8) {
          *value = read64(field, 0);
          field = field.drop_front(8);
        }
      return;
    }
    extra = extra.drop_front(4 + length);
  }
}

Expected<std::vector<ZipEntry>> dlc::readZip(StringRef archive) {
  Expected<std::pair<uint64_t, uint64_t>> directory = findDirectory(archive);
  if (!directory)
    return directory.takeError();
  auto [at, count] = *directory;
  std::vector<ZipEntry> entries;
  for (uint64_t i = 0; i < count; ++i) {
    if (!isInside(archive, at, directorySize) || read32(archive, at) != directorySignature)
      return makeError("damaged zip archive: directory entry {0} is missing", i);
    uint64_t nameSize = read16(archive, at + 28), extraSize = read16(archive, at + 30);
    uint64_t entrySize = directorySize + nameSize + extraSize + read16(archive, at + 32);
    if (!isInside(archive, at, entrySize))
      return makeError("damaged zip archive: directory entry {0} is cut short", i);
    ZipEntry entry;
    entry.name = archive.substr(at + directorySize, nameSize).str();
    uint16_t flags = read16(archive, at + 8), method = read16(archive, at + 10);
    entry.crc = read32(archive, at + 16);
    uint64_t packed = read32(archive, at + 20), offset = read32(archive, at + 42);
    entry.size = read32(archive, at + 24);
    readZip64Extra(archive.substr(at + directorySize + nameSize, extraSize), entry.size, packed,
                   offset);
    if (flags & 1)
      return makeError("zip entry '{0}' is encrypted", entry.name);
    if (method != 0 && method != 8)
      return makeError("zip entry '{0}' uses compression method {1}; only stored and deflated "
                       "entries can be read", entry.name, method);
    if (!isInside(archive, offset, localSize) || read32(archive, offset) != localSignature)
      return makeError("damaged zip archive: entry '{0}' is missing", entry.name);
    uint64_t data = offset + localSize + read16(archive, offset + 26) + read16(archive, offset + 28);
    if (!isInside(archive, data, packed) || (method == 0 && packed != entry.size))
      return makeError("damaged zip archive: entry '{0}' is cut short", entry.name);
    entry.stored = archive.substr(data, packed);
    entry.isDeflated = method == 8;
    entries.push_back(std::move(entry));
    at += entrySize;
  }
  return entries;
}

static Error inflate(const ZipEntry &entry, char *to) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return makeError("zlib can't start");
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(entry.stored.data()));
  stream.next_out = reinterpret_cast<Bytef *>(to);
  uint64_t inLeft = entry.stored.size(), outLeft = entry.size;
  int status = Z_OK;
  while (status == Z_OK) {
    // zlib counts in 32 bits.
    uInt in = uInt(std::min<uint64_t>(inLeft, 1u << 30));
    uInt out = uInt(std::min<uint64_t>(outLeft, 1u << 30));
    stream.avail_in = in;
    stream.avail_out = out;
    status = inflate(&stream, Z_NO_FLUSH);
    inLeft -= in - stream.avail_in;
    outLeft -= out - stream.avail_out;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || outLeft != 0)
    return makeError("damaged zip archive: entry '{0}' can't be unpacked", entry.name);
  return Error::success();
}

static uint32_t getChecksum(StringRef bytes, uint32_t start = 0) {
  return uint32_t(crc32_z(start, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

Expected<std::shared_ptr<const char>> dlc::unpack(const ZipEntry &entry) {
  // A deflated byte gives at most 1032: a larger size is a lie.
  if (entry.isDeflated && entry.size / 1040 > entry.stored.size() + 1)
    return makeError("damaged zip archive: entry '{0}' claims {1} bytes", entry.name, entry.size);
  char *memory = static_cast<char *>(std::aligned_alloc(64, (entry.size / 64 + 1) * 64));
  if (!memory)
    return makeError("out of memory for zip entry '{0}'", entry.name);
  std::shared_ptr<const char> result(memory, [](const char *p) { std::free(const_cast<char *>(p)); });
  if (entry.isDeflated) {
    if (Error error = inflate(entry, memory))
      return error;
  } else {
    std::copy(entry.stored.begin(), entry.stored.end(), memory);
  }
  if (getChecksum(StringRef(memory, entry.size)) != entry.crc)
    return makeError("damaged zip archive: entry '{0}' doesn't match its checksum", entry.name);
  return result;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

template <typename T>
static void append(std::string &to, T value) {
  char bytes[sizeof(T)];
  endian::write<T>(bytes, value, llvm::endianness::little);
  to.append(bytes, sizeof(T));
}

/// What the local header and the directory entry share, from the version on.
/// Sizes are always in the zip64 extra field.
static void appendCommon(std::string &to, uint32_t crc, size_t nameSize, uint16_t extraSize) {
  append<uint16_t>(to, 45); // version needed: zip64
  append<uint16_t>(to, 0);  // flags
  append<uint16_t>(to, 0);  // stored
  append<uint16_t>(to, 0);  // time
  append<uint16_t>(to, 33); // date: 1 January 1980
  append<uint32_t>(to, crc);
  append<uint32_t>(to, 0xffffffff);
  append<uint32_t>(to, 0xffffffff);
  append<uint16_t>(to, uint16_t(nameSize));
  append<uint16_t>(to, extraSize);
}

void ZipWriter::add(StringRef name, StringRef header, StringRef body) {
  uint64_t size = header.size() + body.size();
  uint32_t crc = getChecksum(body, getChecksum(header));
  std::string local;
  append<uint32_t>(local, localSignature);
  appendCommon(local, crc, name.size(), 20);
  local += name;
  append<uint16_t>(local, 1); // zip64
  append<uint16_t>(local, 16);
  append<uint64_t>(local, size);
  append<uint64_t>(local, size);
  os << local << header << body;

  append<uint32_t>(directory, directorySignature);
  append<uint16_t>(directory, 45);
  appendCommon(directory, crc, name.size(), 28);
  append<uint16_t>(directory, 0); // comment
  append<uint16_t>(directory, 0); // disk
  append<uint16_t>(directory, 0); // attributes
  append<uint32_t>(directory, 0);
  append<uint32_t>(directory, 0xffffffff);
  directory += name;
  append<uint16_t>(directory, 1);
  append<uint16_t>(directory, 24);
  append<uint64_t>(directory, size);
  append<uint64_t>(directory, size);
  append<uint64_t>(directory, offset);
  offset += local.size() + size;
  ++count;
}

void ZipWriter::finish() {
  std::string end;
  append<uint32_t>(end, end64Signature);
  append<uint64_t>(end, end64Size - 12);
  append<uint16_t>(end, 45);
  append<uint16_t>(end, 45);
  append<uint32_t>(end, 0);
  append<uint32_t>(end, 0);
  append<uint64_t>(end, count);
  append<uint64_t>(end, count);
  append<uint64_t>(end, directory.size());
  append<uint64_t>(end, offset);
  append<uint32_t>(end, locator64Signature);
  append<uint32_t>(end, 0);
  append<uint64_t>(end, offset + directory.size());
  append<uint32_t>(end, 1);
  append<uint32_t>(end, endSignature);
  append<uint32_t>(end, 0);
  append<uint16_t>(end, 0xffff);
  append<uint16_t>(end, 0xffff);
  append<uint32_t>(end, 0xffffffff);
  append<uint32_t>(end, 0xffffffff);
  append<uint16_t>(end, 0);
  os << directory << end;
}
