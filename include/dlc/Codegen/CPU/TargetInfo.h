//===- TargetInfo.h - what kernel templates ask of the CPU ------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_TARGETINFO_H
#define DLC_CODEGEN_CPU_TARGETINFO_H

#include "mlir/IR/BuiltinOps.h"

namespace dlc::cpu {

/// The sizes that decide register tiles and cache blocks. A module carries them
/// as the attribute `dlc.cpu = {vector_bits = …, vector_registers = …,
/// l2_bytes = …}`; what is absent has the defaults below (AVX-512).
struct TargetInfo {
  int64_t vectorBits = 512;
  int64_t vectorRegisters = 32;
  int64_t l2Bytes = 1 << 20;

  /// The target of the module that holds `op`.
  static TargetInfo get(mlir::Operation *op);

  /// Writes the attribute that `get` reads.
  void set(mlir::ModuleOp module) const;

  /// Elements of `bits` width in a vector register.
  int64_t lanes(int64_t bits) const { return vectorBits / bits; }
};

} // namespace dlc::cpu

#endif // DLC_CODEGEN_CPU_TARGETINFO_H
