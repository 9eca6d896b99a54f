//===- Norms.h - norms whose derivatives are finite -------------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_IMPORT_TORCH_NORMS_H
#define DLC_LIB_IMPORT_TORCH_NORMS_H

#include "../Common/Expr.h"

namespace dlc::torch {

/// xᵖ for x ≥ 0. At 0, where derivatives may be infinite, those of any order are 0.
frontend::Expr flatPower(frontend::Expr x, double p);

/// ‖x‖ₚ over dimensions, where p is any number or ±∞. As in PyTorch its derivatives are 0
/// where it is 0.
frontend::Expr vectorNorm(frontend::Expr x, double p, llvm::ArrayRef<int64_t> axes, bool keepDims);

} // namespace dlc::torch

#endif // DLC_LIB_IMPORT_TORCH_NORMS_H
