//===- Passes.td - from dl to other dialects ---------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_CONVERSION_PASSES_TD
#define DLC_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertDlToLinalg : Pass<"convert-dl-to-linalg", "::mlir::ModuleOp"> {
  let summary = "lowers dl ops on tensors to linalg, tensor, arith and math";
  let description = [{
    Converts every kernel of the module or, in a module that is no compiled model,
    every function. Element types become those of memory: signless, a byte for
    booleans, sub-byte integers and floats of up to eight bits. What an op computes
    stands in the bodies of `linalg.generic` on wider types, rounded to the element
    type after each op, so that fusing ops never changes a number.

    Broadcasts, transposes, reversals and slices are indexing maps wherever they
    can be; sorting, transforms and factorisations call routines of the runtime
    (`include/dlc/Runtime/Kernels.h`). A run-time check becomes `cf.assert`. An op
    without a lowering is an error at the op. The cost is linear.

    Example (test/Conversion/DlToLinalg/elementwise.mlir):

    ```mlir
    %0 = dl.exp %x : tensor<?x8xbf16> -> tensor<?x8xbf16>
    ```

    becomes

    ```mlir
    %0 = linalg.generic ... ins(%x : tensor<?x8xbf16>) outs(%e : tensor<?x8xbf16>) {
    ^bb0(%in: bf16, %out: bf16):
      %1 = arith.extf %in : bf16 to f32
      %2 = math.exp %1 : f32
      %3 = arith.truncf %2 : f32 to bf16
      linalg.yield %3 : bf16
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::cf::ControlFlowDialect", "::dlc::dispatch::DispatchDialect",
                           "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // DLC_CONVERSION_PASSES_TD
