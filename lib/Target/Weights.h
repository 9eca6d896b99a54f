//===- Weights.h - the bytes of a module's globals ------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_WEIGHTS_H
#define DLC_LIB_TARGET_WEIGHTS_H

#include "Signature.h"
#include "llvm/Support/FileSystem.h"

namespace dlc {

namespace dl {
class GlobalOp;
} // namespace dl

/// A dl.global on its way into the artefact.
struct Weight {
  std::string name;
  mlir::RankedTensorType type;
  ElementInfo element;
  mlir::Attribute value;
  mlir::Location loc;
  bool isMutable;
  uint64_t bytes;
  uint64_t offset = 0; ///< where its bytes go, a multiple of 64
  bool isZero;         ///< state that begins at zero: its bytes go nowhere
};

/// All globals of a module in order, and how their bytes get to a file: straight
/// from wherever they are mapped.
class WeightSet {
public:
  static mlir::FailureOr<WeightSet> collect(mlir::ModuleOp module);

  llvm::ArrayRef<Weight> all() const { return weights; }
  uint64_t totalBytes() const { return total; }
  /// The mutable ones, as tensors of the artefact.
  llvm::SmallVector<TensorSignature> getStates() const;

  /// Writes an ELF object with the bytes in one read-only section, which starts at
  /// the hidden symbol `kSymbol`.
  mlir::LogicalResult writeObject(mlir::MLIRContext *context, llvm::raw_ostream &os,
                                  uint16_t elfMachine);

  /// Writes a safetensors file; afterwards the offsets are those in the file.
  mlir::LogicalResult writeSafetensors(AtomicFile &file, mlir::MLIRContext *context,
                                       uint64_t &fileBytes, uint64_t &headerHash);

  /// Gives back the memory of all bytes, which are in a file now: linking needs it.
  void release();

  static constexpr llvm::StringLiteral kSymbol = "dlc_rt_weights";

private:
  using Sink = llvm::function_ref<void(llvm::ArrayRef<char>)>;
  /// All bytes in order, with zeros between weights so that each is at its offset.
  mlir::LogicalResult stream(Sink sink);
  mlir::LogicalResult streamOne(const Weight &weight, Sink sink);
  mlir::FailureOr<llvm::ArrayRef<char>> mapFile(const Weight &weight, llvm::StringRef path,
                                                uint64_t offset, uint64_t length);

  std::vector<Weight> weights;
  uint64_t total = 0;
  llvm::StringMap<std::unique_ptr<llvm::sys::fs::mapped_file_region>> files;
};

} // namespace dlc

#endif // DLC_LIB_TARGET_WEIGHTS_H
