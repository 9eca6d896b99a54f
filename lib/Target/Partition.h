//===- Partition.h - one module into several ------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_PARTITION_H
#define DLC_LIB_TARGET_PARTITION_H

#include "dlc/Target/Artifact.h"

namespace dlc {

/// Takes the LLVM dialect's ops out of `module` into modules of their own: the
/// first has the host program, the others kernels and what only those use. How
/// many there are depends on the module alone, so that the result does, too.
/// A small module stays whole, and so does any with `maxPartitions` 1.
llvm::SmallVector<mlir::OwningOpRef<mlir::ModuleOp>> partitionModule(mlir::ModuleOp module,
                                                                     unsigned maxPartitions);

} // namespace dlc

#endif // DLC_LIB_TARGET_PARTITION_H
