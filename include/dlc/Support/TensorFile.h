//===- TensorFile.h - tensors in files --------------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NumPy's .npy and .npz, ONNX's TensorProto (.pb) and safetensors. Files are
// mapped where their elements can be used in place. Every function fails with
// one sentence that names the file.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_SUPPORT_TENSORFILE_H
#define DLC_SUPPORT_TENSORFILE_H

#include "dlc/Support/Tensor.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace dlc {

/// The tensors of a file of any of the four formats, told apart by content
/// (.npy, .npz, safetensors) or by the name's ending (.pb). The tensor of a
/// .npy has an empty name.
llvm::Expected<std::vector<NamedTensor>> readTensorFile(llvm::StringRef path);

/// Writes the format that the name's ending says: .npy and .pb (one tensor),
/// .npz or .safetensors.
llvm::Error writeTensorFile(llvm::StringRef path, llvm::ArrayRef<NamedTensor> tensors);

/// `bytes` of a file from `offset` on, mapped.
llvm::Expected<std::shared_ptr<const void>> mapFile(llvm::StringRef path, uint64_t offset,
                                                    uint64_t bytes);

/// The formats one by one, in memory. The results may refer to `bytes`, which
/// `owner` keeps alive.
using Owner = std::shared_ptr<const void>;
llvm::Expected<Tensor> parseNpy(llvm::StringRef bytes, Owner owner);
llvm::Expected<std::vector<NamedTensor>> parseNpz(llvm::StringRef bytes);
llvm::Expected<NamedTensor> parseTensorProto(llvm::StringRef bytes, Owner owner);
llvm::Expected<std::vector<NamedTensor>> parseSafetensors(llvm::StringRef bytes, Owner owner);

/// The header of a .npy file for this tensor. NumPy has no name for narrow
/// floats and sub-byte integers: bf16 is written as void of two bytes (as
/// ml_dtypes does), the f8 and f4 types as uint8 of their bits, i2 and i4 as
/// int8, ui2 and ui4 as uint8.
std::string getNpyHeader(const Tensor &tensor);
/// A TensorProto with raw data.
std::string getTensorProto(const NamedTensor &tensor);
/// Everything of a safetensors file before its data: each tensor starts at a
/// multiple of 64 bytes. Types that the format lacks are as in getNpyHeader.
std::string getSafetensorsHeader(llvm::ArrayRef<NamedTensor> tensors);

/// `tensor` as the type that a model wants, where a file can't say it: the
/// bits of narrow floats from uint8 or uint16, sub-byte integers from int8 or
/// uint8 where every value fits. Any other difference of type is an error.
llvm::Expected<Tensor> adaptType(const Tensor &tensor, ElementType wanted);

} // namespace dlc

#endif // DLC_SUPPORT_TENSORFILE_H
