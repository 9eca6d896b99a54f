//===- WireScan.h - takes tensor bytes out of an ONNX message ---*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parsing an ONNX file with protobuf would copy every weight. WireScan walks the
// protobuf wire format of the mapped file and writes the same message without
// the tensors' bytes: each TensorProto has, instead of `raw_data`, the fields
// `mapped_offset` and `mapped_length` that say where in the file the bytes are.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_ONNX_WIRESCAN_H
#define DLC_LIB_IMPORT_ONNX_WIRESCAN_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace dlc::onnx {

/// The ModelProto message `file` without the bytes of its tensors.
llvm::Expected<std::string> stripTensorData(llvm::StringRef file);

/// Whether `file` is a protobuf message that has a ModelProto's fields.
bool looksLikeModel(llvm::StringRef file);

} // namespace dlc::onnx

#endif // DLC_LIB_IMPORT_ONNX_WIRESCAN_H
