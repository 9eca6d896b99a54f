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

def HoistStores : Pass<"dl-hoist-stores", "::mlir::ModuleOp"> {
  let summary = "stores new state as soon as it can be computed";
  let description = [{
    A launch whose results are only stored to the module's state moves up, with the
    stores, to where its operands are known, so that a training step doesn't keep all
    gradients until its end. It passes nothing that reads the state that it changes, and
    nothing that may report an error: a step that fails changes nothing. What computes
    a small operand (the learning rate in another type) moves up, too.

    A kernel may report an error if it asserts, takes indices that it has to compare or
    calls what isn't known (`-dl-elide-index-checks` leaves few that compare). Of memory
    that is asked for in the middle of a run there may be none. Where the code of a kernel
    turns out to have an error of its own, `-dl-bufferize-host` moves the stores back
    behind it. The cost is linear in the number of ops, and of readers of state.

    Example (test/Codegen/Dispatch/hoist_stores.mlir):

    ```mlir
    %w = dl.global_load mutable @w : tensor<4xf32>
    %g = dispatch.launch @f(%x, %w) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %y = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
    %n = dispatch.launch @f(%w, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    dl.global_store %n, @w : tensor<4xf32>
    return %y : tensor<4xf32>
    ```

    becomes

    ```mlir
    %w = dl.global_load mutable @w : tensor<4xf32>
    %g = dispatch.launch @f(%x, %w) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    %n = dispatch.launch @f(%w, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    dl.global_store %n, @w : tensor<4xf32>
    %y = dispatch.launch @g(%x) : (tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect"];
}

def ShareResiduals : Pass<"dl-share-residuals", "::mlir::ModuleOp"> {
  let summary = "keeps one tensor where several wait that are made of it element by element";
  let description = [{
    Where a kernel's results are used much later (by the backward part of a training step),
    and are elementwise functions of one value inside the kernel that takes less memory than
    they do together, the kernel gives that value. The results are computed of it again, each
    right before it is used. What else their ops read must be there at that time: weights
    that weren't updated, small tensors. A third of the memory must be saved at least.

    Late is 32 ops after the launch. An open size counts as `size-hint`. The cost is that of
    the kernels' ops, for each of their results.

    Example (test/Codegen/Dispatch/share_residuals.mlir): the kernel of

    ```mlir
    %y:2 = dispatch.launch @dot_gelu(%x, %w) : (tensor<64x512xf32>, tensor<512x512xf32>) -> (tensor<64x512xf32>, tensor<64x512xf32>)
    ```

    gives GELU and its derivative. Used late, both are made of the product:

    ```mlir
    %h = dispatch.launch @dot_gelu_0(%x, %w) : (tensor<64x512xf32>, tensor<512x512xf32>) -> tensor<64x512xf32>
    // ...
    %gelu = dispatch.launch @dot_gelu_1(%h) : (tensor<64x512xf32>) -> tensor<64x512xf32>
    ```
  }];
  let options = [
    Option<"sizeHint", "size-hint", "int64_t", "64", "What an open size counts as">,
  ];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect"];
}

def Rematerialize : Pass<"dl-rematerialize", "::mlir::ModuleOp"> {
  let summary = "launches kernels again instead of keeping what they made";
  let description = [{
    `memory` (or the module's attribute `dlc.memory`) limits the bytes that a run's
    tensors take at once: a size, as `512MiB`, or a share, as `0.5`, of what they would take
    in the function where they take most. Where there are more, tensors that wait for a
    later use are dropped, and made by the same kernel from the same inputs right before
    it. Those that cost the least time for each byte are dropped first; an input that isn't
    there any more is kept, if it is small, or made again itself.

    Nothing is launched again that changes a buffer in place, can report an error that
    wasn't reported before, or reads state that was stored to since. Random numbers are
    functions of a key: they are the same again. So are all results.

    Time is estimated: multiplications of contractions and convolutions, bytes for the
    rest. An open size counts as `size-hint`. What the caller gives and gets, and weights,
    don't count. Where the budget can't be kept there is a warning with the number that
    can. `report` (or the attribute `dlc.memory_report`) adds remarks on what is kept for
    long, what is made again, and what that costs. No `-cse` may follow on tensors: it
    would undo this. The cost is that of a tree over the block's ops for each tensor
    dropped, and a walk over its tensors for each place that has too many.

    Example (test/Codegen/Dispatch/rematerialize.mlir):

    ```mlir
    %0 = dispatch.launch @exp(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
    %1 = dispatch.launch @exp(%0) : (tensor<1024xf32>) -> tensor<1024xf32>
    %2 = dispatch.launch @exp(%1) : (tensor<1024xf32>) -> tensor<1024xf32>
    %3 = dispatch.launch @mul(%2, %1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    %4 = dispatch.launch @mul(%3, %0) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    ```

    with `memory=12KiB` becomes

    ```mlir
    %0 = dispatch.launch @exp(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
    %1 = dispatch.launch @exp(%0) : (tensor<1024xf32>) -> tensor<1024xf32>
    %2 = dispatch.launch @exp(%1) : (tensor<1024xf32>) -> tensor<1024xf32>
    %3 = dispatch.launch @mul(%2, %1) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    %again = dispatch.launch @exp(%x) : (tensor<1024xf32>) -> tensor<1024xf32>
    %4 = dispatch.launch @mul(%3, %again) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
    ```
  }];
  let options = [
    Option<"memory", "memory", "std::string", /*default=*/"",
      "The budget: 512MiB, or 0.5 of what would be taken without one">,
    Option<"sizeHint", "size-hint", "int64_t", "64", "What an open size counts as">,
    Option<"report", "report", "bool", "false", "Say what is kept and what is made again">,
  ];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect"];
}

#endif // DLC_CODEGEN_DISPATCH_PASSES_TD
