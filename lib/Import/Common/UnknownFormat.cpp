//===- UnknownFormat.cpp - files that no importer knows -------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dlc/Import/UnknownFormat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

using llvm::StringRef;

bool dlc::isMlir(StringRef bytes) {
  if (bytes.starts_with("ML\xefR"))
    return true;
  StringRef text = bytes;
  if (text.take_front(4096).contains('\0'))
    return false;
  while ((text = text.ltrim()).starts_with("//"))
    text = text.drop_until([](char c) { return c == '\n'; });
  // A module, one of its ops, or the alias of an attribute, location or type.
  static const llvm::Regex begins(
      "^((builtin\\.)?module([ \n@{]|$)|func\\.func |(dl|llvm)\\.[a-z_]|\"[a-zA-Z_.]+\" *\\(|"
      "[#!][a-zA-Z0-9_$.]+ *=)");
  return begins.match(text.take_front(4096));
}

/// The first entry of a zip archive, and, unless that is cut off, its directory.
static bool hasZipEntry(StringRef bytes, StringRef name) {
  return bytes.take_front(256).contains(name) || bytes.take_back(1 << 16).contains(name);
}

/// A pickle's magic number, as torch.save wrote it before it wrote zip archives.
static bool isOldPickle(StringRef bytes) {
  return bytes.starts_with(StringRef("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14));
}

/// An ONNX model begins with its version, then its producer, graph or operator sets.
static bool beginsAsOnnx(StringRef bytes) {
  constexpr char kIrVersion = 0x08, kLatest = 0x20;
  return bytes.size() > 2 && bytes[0] == kIrVersion && bytes[1] > 0 && bytes[1] < kLatest &&
         StringRef("\x12\x3a\x42").contains(bytes[2]);
}

/// What a file says that it is, by its name or else by its first bytes; or empty.
static StringRef getClaim(StringRef bytes, StringRef path) {
  StringRef byName = llvm::StringSwitch<StringRef>(llvm::sys::path::extension(path))
                         .Case(".pt2", "torch.export archive (.pt2)")
                         .Case(".onnx", "ONNX model")
                         .Case(".json", "PyTorch trace")
                         .Case(".mlir", "MLIR module")
                         .Default("");
  if (!byName.empty())
    return byName;
  if (bytes.starts_with("PK"))
    return "torch.export archive (.pt2)";
  if (beginsAsOnnx(bytes))
    return "ONNX model";
  return bytes.ltrim().starts_with("{") ? "PyTorch trace" : "";
}

std::string dlc::describeUnknownFormat(StringRef bytes, StringRef path) {
  if (bytes.empty())
    return "is empty";
  bool isZip = bytes.starts_with("PK\x03\x04");
  if (isZip && hasZipEntry(bytes, "/constants.pkl"))
    return "is a TorchScript file: load it in Python by torch.jit.load, and compile the module "
           "by dlc.compile";
  if ((isZip && hasZipEntry(bytes, "/data.pkl")) || isOldPickle(bytes))
    return "is a file of torch.save: load it in Python by torch.load, and compile the module by "
           "dlc.compile";
  if (StringRef claim = getClaim(bytes, path); !claim.empty())
    return ("is no whole " + claim + ": it is damaged, cut short, or something else").str();
  return "isn't a model of a known format (ONNX, PyTorch trace or .pt2, MLIR)";
}
