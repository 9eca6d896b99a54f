//===- Passes.td - from dl to kernels and a host program ---*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_CODEGEN_DISPATCH_PASSES_TD
#define DLC_CODEGEN_DISPATCH_PASSES_TD

include "mlir/Pass/PassBase.td"

def FormDispatches : Pass<"dl-form-dispatches", "::mlir::ModuleOp"> {
  let summary = "groups dl ops into kernels and leaves a host program that launches them";
  let description = [{
    Every `dl` op of a function becomes part of a kernel, a view, or host code:

    - A *root* (matrix product, convolution, reduction, …) starts a kernel.
      Elementwise ops join the kernel of the latest of their producers, where they
      have its shape; reductions and normalisations join the elementwise kernel
      that feeds them. Broadcasts, splats, iotas and small constants cost nothing
      and are copied into each kernel that reads them. Then an elementwise kernel moves
      into the first that reads it, where nothing needs its result earlier and no more
      memory is kept until there.
    - Reshapes, contiguous slices and transpositions of unit dimensions become
      `dispatch.view`.
    - Small integer tensors that follow from sizes, or that sizes follow from,
      stay as they are: `-dl-lower-host` makes scalars of them.

    Every dynamic size is computed in the host program, and sizes that have to
    agree are compared there. Kernels are outlined into private functions marked
    `dlc.kernel`; equal ones are outlined once. The launch has the locations of
    all ops of its kernel.

    Groups are numbered in a topological order and an op joins only the highest
    of its producers' groups, a group only the lowest that reads it, so no cycle can
    arise, and the cost is linear in the number of ops.

    Example (test/Codegen/Dispatch/form_dispatches.mlir):

    ```mlir
    %0 = dl.dot_general %x, %w, ... : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
    %1 = dl.broadcast_in_dim %b, dims = [1] : tensor<8xf32> -> tensor<4x8xf32>
    %2 = dl.add %0, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
    %3 = dl.relu %2 : tensor<4x8xf32> -> tensor<4x8xf32>
    ```

    becomes

    ```mlir
    %3 = dispatch.launch @kernel_0_dot_general(%x, %w, %b)
        : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    ```
  }];
  let options = [
    Option<"maxInputs", "max-inputs", "unsigned", "16",
      "Inputs that an elementwise op may bring a kernel to">,
    Option<"maxOps", "max-ops", "unsigned", "64",
      "Ops that elementwise fusion may bring a kernel to">,
  ];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::func::FuncDialect"];
}

def LowerHost : Pass<"dl-lower-host", "::mlir::ModuleOp"> {
  let summary = "turns dl ops on small integer tensors of the host program into scalars";
  let description = [{
    What `-dl-form-dispatches` left as `dl` ops is computed element by element
    with `arith`; `tensor.from_elements` remains where a kernel reads the tensor,
    `tensor.extract` where the host reads what a kernel made. Larger constants
    become globals. The cost is linear in the elements that are computed, of which
    a tensor has at most 64.

    Example (test/Codegen/Dispatch/lower_host.mlir):

    ```mlir
    %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x8xf32> -> tensor<i64>
    %two = dl.constant dense<2> : tensor<i64>
    %m = dl.mul %n, %two : tensor<i64>, tensor<i64> -> tensor<i64>
    ```

    becomes

    ```mlir
    %d = tensor.dim %x, %c0 : tensor<?x8xf32>
    %n = arith.index_cast %d : index to i64
    %m = arith.muli %n, %c2_i64 : i64
    ```
  }];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // DLC_CODEGEN_DISPATCH_PASSES_TD
