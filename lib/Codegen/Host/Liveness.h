//===- Liveness.h - when a buffer is in use ---------------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_CODEGEN_HOST_LIVENESS_H
#define DLC_LIB_CODEGEN_HOST_LIVENESS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc {

/// Places in program order, from and to inclusive.
struct Lifetime {
  unsigned begin = 0, end = 0;
  mlir::Operation *last = nullptr; ///< the last user; null where control flow hides it
};

/// Numbers a function's ops and answers how long buffers live.
class BufferLiveness {
public:
  explicit BufferLiveness(mlir::func::FuncOp func);

  /// From the definition of `buffer` to the last use of it or something that may
  /// share its memory.
  Lifetime getLifetime(mlir::Value buffer) const;

private:
  /// Where a use by `user` of something defined in `home` ends: with the outermost
  /// loop around it that isn't around `home`.
  unsigned getEnd(mlir::Operation *user, mlir::Block *home) const;

  llvm::DenseMap<mlir::Operation *, std::pair<unsigned, unsigned>> places;
};

} // namespace dlc

#endif // DLC_LIB_CODEGEN_HOST_LIVENESS_H
