//===- Passes.td - transformations of dl programs ----------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_TRANSFORMS_PASSES_TD
#define DLC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ChooseLayout : Pass<"dl-choose-layout", "::mlir::func::FuncOp"> {
  let summary = "puts channels last in the convolutional part of a function";
  let description = [{
    Convolutions, and what stands between them and computes the same in either
    order (pools, elementwise ops, batch norms, concatenations, pads,
    reductions), take `channels_last`: vectors then hold neighbouring channels,
    whatever the kernel's size and stride. Transposes remain at the borders of
    the region only; those of weights are left to `-dl-fold-constants`.

    The whole region changes or none of it: it does if its convolutions multiply
    at least `transpose-cost` times for each element that is transposed at its
    borders. The cost of the pass is linear.

    Example (test/Transforms/choose_layout.mlir):

    ```mlir
    %0 = dl.conv %x, %w ... : tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x8x8xf32>
    %1 = dl.relu %0 : tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32>
    %2 = dl.reduce mean %1, dims = [2, 3] : tensor<1x16x8x8xf32> -> tensor<1x16xf32>
    ```

    becomes

    ```mlir
    %t = dl.transpose %x, permutation = [0, 2, 3, 1] : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32>
    %k = dl.transpose %w, permutation = [2, 3, 1, 0] : tensor<16x3x3x3xf32> -> tensor<3x3x3x16xf32>
    %0 = dl.conv %t, %k ... {layout = channels_last} -> tensor<1x8x8x16xf32>
    %1 = dl.relu %0 : tensor<1x8x8x16xf32> -> tensor<1x8x8x16xf32>
    %2 = dl.reduce mean %1, dims = [1, 2] : tensor<1x8x8x16xf32> -> tensor<1x16xf32>
    ```
  }];
  let options = [
    Option<"transposeCost", "transpose-cost", "int64_t", /*default=*/"32",
      "Multiplications that transposing one element may cost">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect"];
}

def DecomposeComposites : Pass<"dl-decompose-composites", "::mlir::func::FuncOp"> {
  let summary = "replaces composite ops by the smaller dl ops they stand for";
  let description = [{
    A composite stays whole as long as a better kernel or derivative exists for
    the whole; this pass replaces those that have none. Narrow floats (f16,
    bf16, f8) are computed in f32 and rounded once at the end.

    `ops` names the composites to replace. By default these are all that the
    code generator has no kernel for: softmax and the normalisations become one
    kernel each, within which they are decomposed after dispatches are formed,
    and activations and (de)quantisation are elementwise expressions.

    Example (test/Transforms/decompose_composites.mlir):
    `-dl-decompose-composites=ops=softmax` makes of

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

def ElideIndexChecks : Pass<"dl-elide-index-checks", "::mlir::func::FuncOp"> {
  let summary = "compares an index with a size once";
  let description = [{
    A gather or scatter of single elements in mode `error` ends the run where an index is
    outside. One that follows another by the same indices along a dimension of the same
    static size can't, if that did not: its mode becomes `drop`. So the derivative of an
    embedding, a scatter by the indices of the embedding, has no check of its own, and a
    launch that can't fail may be passed by stores of state (`-dl-hoist-stores`). It comes
    after dead code is gone, which might be what checks. The cost is linear.

    Example (test/Transforms/elide_index_checks.mlir): in

    ```mlir
    %y = dl.gather %w, %i {…} : tensor<9x4xf32>, tensor<2x1xi64> -> tensor<2x4xf32>
    %d = dl.scatter add %z, %i, %u {…} : tensor<9x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<9x4xf32>
    ```

    the scatter gets `mode = drop`.
  }];
  let statistics = [Statistic<"numElided", "elided", "Accesses that need no check">];
}

def FoldConstants : Pass<"dl-fold-constants", "::mlir::ModuleOp"> {
  let summary = "computes what depends on constants only";
  let description = [{
    Evaluates ops whose operands are constants or immutable globals: small ones
    with the reference interpreter, those that move, convert or scale large
    weights natively. A result of up to `inline-elements` elements becomes a
    `dl.constant`, a larger one a private global; a reshaped weight, or a
    contiguous slice of one, stays where it lies in its file. A broadcast is
    computed only where a folded op needs it. Globals that nothing uses any more
    are erased.

    The cost is linear in the elements that are computed; weights that stay as
    they are aren't read.

    Example (test/Transforms/fold_constants.mlir):

    ```mlir
    dl.global private @w : tensor<3x2xf32> = dense<...>
    func.func @f(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
      %w = dl.global_load @w : tensor<3x2xf32>
      %t = dl.transpose %w, permutation = [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
    ```

    becomes, where 6 elements are too many to stand inline,

    ```mlir
    dl.global private @folded : tensor<2x3xf32> = dense_resource<folded>
    func.func @f(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
      %t = dl.global_load @folded : tensor<2x3xf32>
    ```
  }];
  let options = [
    Option<"maxElements", "max-elements", "int64_t", /*default=*/"262144",
      "Elements up to which an op is evaluated by the interpreter">,
    Option<"maxBytes", "max-bytes", "int64_t", /*default=*/"4294967296",
      "Bytes up to which an op is evaluated natively">,
    Option<"inlineElements", "inline-elements", "int64_t", /*default=*/"64",
      "Elements up to which a result stands inline">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect"];
}

def InferShapes : Pass<"dl-infer-shapes", "::mlir::ModuleOp"> {
  let summary = "makes types as static as the arguments allow, and simplifies shape arithmetic";
  let description = [{
    Follows every size as an expression of the arguments' sizes, through control
    flow and calls, and by it

    * refines result types, also those of functions and of private functions'
      arguments;
    * turns small integer tensors whose elements are known into constants;
    * reads each dynamic size from the first tensor that has it, so that chains
      of ops share one `dim_size` of an argument;
    * removes broadcasts, reshapes and slices that are proven to change nothing,
      and shape operands of static results.

    Sizes of arguments may be named: `dlc.dim_symbols`, an array of one string a
    dimension, gives dimensions of one name one size (the empty string names
    nothing). The names hold within a function.

    The cost is linear in the number of ops, but for loops whose carried sizes
    change: each of these is visited once more per changing size. `max-rounds`
    bounds how far types are carried over calls.

    Example (test/Transforms/infer_shapes.mlir):

    ```mlir
    func.func @f(%x: tensor<?x8xf32> {dlc.dim_symbols = ["n", ""]},
                 %y: tensor<?x8xf32> {dlc.dim_symbols = ["n", ""]}) -> tensor<?x8xf32> {
      %n = dl.dim_size %x {dimension = 0 : i64} : tensor<?x8xf32> -> tensor<i64>
      ... %s = [%n, 8] ...
      %b = dl.broadcast_in_dim %y, dims = [0, 1] shape(%s : tensor<2xi64>)
        : tensor<?x8xf32> -> tensor<?x8xf32>
      %z = dl.add %x, %b : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    ```

    becomes

    ```mlir
      %z = dl.add %x, %y : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    ```
  }];
  let options = [
    Option<"maxRounds", "max-rounds", "int64_t", /*default=*/"8",
      "How often functions are visited for types that change at calls">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def Simplify : Pass<"dl-simplify", "::mlir::func::FuncOp"> {
  let summary = "rewrites what imported graphs spell out into fewer, larger ops";
  let description = [{
    * Recognises activations (sigmoid, silu, gelu in its erf and tanh forms),
      layer_norm, rms_norm and softmax written as elementwise ops and reductions.
    * Folds batch norms and scales by constants into the weights of the
      convolution or matrix product before them, additions per channel into a
      convolution's bias, and padding into convolutions and pools.
    * Turns a convolution over three dimensions into one over two, the taps along
      the depth as input channels.
    * Scatters into what a scatter into zeros would be added to.
    * Makes max and min of bounds written as comparisons, and of an element that is looked
      up where an arg_reduce found it.
    * Moves transposes towards the uses until they cancel or are absorbed, and swaps the
      sides of a product that is transposed.
    * Canonicalises dl ops.

    What becomes a computation on constants is left to `-dl-fold-constants`. The
    cost is linear in the number of ops, times the sweeps it takes to reach a
    fixpoint, which `max-iterations` bounds.

    Example (test/Transforms/simplify.mlir):

    ```mlir
    %0 = dl.conv %x, %w ...
    %1 = dl.batch_norm %0, %scale, %bias, %mean, %variance {epsilon = 1.0e-5 : f64} ...
    ```

    becomes, where all but %x is constant,

    ```mlir
    %factor = dl.mul %scale, (dl.rsqrt (dl.add %variance, 1.0e-5))
    %shift = dl.sub %bias, (dl.mul %mean, %factor)
    %1 = dl.conv %x, (dl.mul %w, (dl.broadcast_in_dim %factor, dims = [0])) bias(%shift) ...
    ```
  }];
  let options = [
    Option<"maxIterations", "max-iterations", "int64_t", /*default=*/"4",
      "Sweeps over the function">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // DLC_TRANSFORMS_PASSES_TD
