//===- Templates.h - kernels written around their root op -------*- C++ -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A template turns a kernel of `dl` ops on tensors into one on memrefs (inputs,
// then outputs), with vector code for the root and its epilogue fused. Each
// answers failure(), leaving the kernel as it was, where the kernel isn't one of
// its own; the generic lowering then takes it.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_CODEGEN_CPU_TEMPLATES_H
#define DLC_CODEGEN_CPU_TEMPLATES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc::cpu {

/// Matrix products (`dl.dot_general`) of f32, any batch; the right operand
/// packed ahead, contiguous along its columns, or packed in the kernel.
llvm::LogicalResult lowerMatmulKernel(mlir::func::FuncOp kernel);

/// Convolutions (`dl.conv`) of f32 in channels-last layout with two or fewer
/// spatial dimensions.
llvm::LogicalResult lowerConvKernel(mlir::func::FuncOp kernel);

} // namespace dlc::cpu

#endif // DLC_CODEGEN_CPU_TEMPLATES_H
