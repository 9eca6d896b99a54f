//===- Zip.h - reading and writing zip archives -----------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Zip archives (PKWARE's APPNOTE.TXT) as .npz and .pt2 files use them: stored
// or deflated entries, zip64, no encryption, one disk.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_ZIP_H
#define DLC_SUPPORT_ZIP_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dlc {

/// One file of an archive; `stored` refers to the archive's memory.
struct ZipEntry {
  std::string name;
  llvm::StringRef stored;
  uint64_t size = 0; ///< unpacked
  uint32_t crc = 0;
  bool isDeflated = false;
};

/// The entries of an archive in memory, in the order of its directory.
llvm::Expected<std::vector<ZipEntry>> readZip(llvm::StringRef archive);

/// The unpacked bytes of an entry, checked against its checksum.
llvm::Expected<std::shared_ptr<const char>> unpack(const ZipEntry &entry);

/// Writes an archive of stored entries; call `finish` last.
class ZipWriter {
public:
  explicit ZipWriter(llvm::raw_ostream &os) : os(os) {}
  /// The bytes of the entry are `header`, then `body`.
  void add(llvm::StringRef name, llvm::StringRef header, llvm::StringRef body);
  void finish();

private:
  llvm::raw_ostream &os;
  uint64_t offset = 0;
  uint64_t count = 0;
  std::string directory;
};

} // namespace dlc

#endif // DLC_SUPPORT_ZIP_H
