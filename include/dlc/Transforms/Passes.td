//===- Passes.td - transformations of dl programs ----------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def DecomposeComposites : Pass<"dl-decompose-composites", "::mlir::func::FuncOp"> {
  let summary = "replaces composite ops by the smaller dl ops they stand for";
  let description = [{
    A composite stays whole as long as a better kernel or derivative exists for
    the whole; this pass replaces those that have none. Narrow floats (f16,
    bf16, f8) are computed in f32 and rounded once at the end.

    `ops` names the composites to replace; by default these are all that the
    code generator has no kernel for.

    Example: `-dl-decompose-composites=ops=softmax` makes of

    ```mlir
    %y = dl.softmax %x, dim = 1 : tensor<4x8xf32> -> tensor<4x8xf32>
    ```

    ```mlir
    %m = dl.reduce max %x, dims = [1] keep_dims : tensor<4x8xf32> -> tensor<4x1xf32>
    %b = dl.broadcast_in_dim %m, dims = [0, 1] : tensor<4x1xf32> -> tensor<4x8xf32>
    %d = dl.sub %x, %b : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
    %e = dl.exp %d : tensor<4x8xf32> -> tensor<4x8xf32>
    %s = dl.reduce sum %e, dims = [1] keep_dims : tensor<4x8xf32> -> tensor<4x1xf32>
    %c = dl.broadcast_in_dim %s, dims = [0, 1] : tensor<4x1xf32> -> tensor<4x8xf32>
    %y = dl.div %e, %c : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
    ```
  }];
  let options = [
    ListOption<"ops", "ops", "std::string",
      "Composites to decompose, without the `dl.` prefix">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

#endif // DLC_TRANSFORMS_PASSES_TD
