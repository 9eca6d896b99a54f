//===- Descriptor.h - the model's tables ----------------------------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_DESCRIPTOR_H
#define DLC_LIB_TARGET_DESCRIPTOR_H

#include "Weights.h"
#include "llvm/IR/Module.h"

namespace dlc {

/// Where a run finds its weights.
struct WeightPlace {
  std::string fileName; ///< empty: in the shared object
  uint64_t fileBytes = 0, headerHash = 0;
};

/// The JSON text that `…_describe` returns.
std::string describeModel(const ModelSignature &signature, llvm::StringRef target,
                          llvm::StringRef cpu, const WeightSet &weights);

/// Adds `dlc_rt_model` (lib/Runtime/Model.h) to the host program's module.
mlir::LogicalResult addDescriptor(llvm::Module &module, mlir::Location loc,
                                  const ModelSignature &signature, llvm::StringRef description,
                                  const WeightSet &weights, const WeightPlace &place);

/// The text of the C header.
std::string generateHeader(const ModelSignature &signature, const WeightSet &weights,
                           const WeightPlace &place);

} // namespace dlc

#endif // DLC_LIB_TARGET_DESCRIPTOR_H
