//===- Passes.td - differentiation ------------------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DLC_AUTODIFF_PASSES_TD
#define DLC_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def Autodiff : Pass<"dl-autodiff", "::mlir::ModuleOp"> {
  let summary = "answers every request for a derivative with a function";
  let description = [{
    For each distinct `grad.vjp` and `grad.jvp` a private function is written that
    computes it, and the request becomes a call of that. Requests inside the
    function are answered first, so that a derivative of a derivative needs nothing
    of its own; the calls of the function are inlined into its derivative. The
    function that was differentiated stays, if only for others to erase.

    Forward mode (jvp) writes the tangents beside the values. Reverse mode (vjp)
    writes the cotangents after them, last op first; where there is a composite
    without a rule of its own, the smaller ops that it stands for are computed anew
    there, so that nothing within it is kept. Loops keep what they carried into each
    iteration, as far as the reverse reads it. What a result doesn't need is erased.

    A while loop of n iterations is reversed as √n times √n of them, so that about 2√n
    states are kept and one more run is made. `checkpoint-loops` does the same with
    `scf.for`, and so does the module's attribute `dlc.memory`, a budget for memory.

    An op without a rule, on the way from an argument to a result asked for, is an
    error. The rules are in lib/Autodiff/Rules, the conventions in the
    specification of the `grad` dialect. The cost is linear in the function's size.

    Example (test/Autodiff/autodiff.mlir):

    ```mlir
    func.func @gradient(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
      %0 = grad.vjp @f(%x) cotangents(%dy) of [0] wrt [0]
          : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
      return %0 : tensor<4xf32>
    }
    func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = dl.sin %x : tensor<4xf32> -> tensor<4xf32>
      return %0 : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @gradient(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
      %0 = call @f_vjp(%x, %dy) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    }
    func.func private @f_vjp(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
      %0 = dl.cos %x : tensor<4xf32> -> tensor<4xf32>
      %1 = dl.mul %dy, %0 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    ```
  }];
  let options = [
    Option<"checkpointLoops", "checkpoint-loops", "bool", /*default=*/"false",
      "Keep √n states of an scf.for of n iterations, and run it once more">,
    Option<"keepStops", "keep-stops", "bool", /*default=*/"false",
      "Leave grad.stop in place, for a derivative of what is written">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def BuildTrainingStep : Pass<"dl-build-training-step", "::mlir::ModuleOp"> {
  let summary = "adds a training step to a model: loss, gradients, optimiser";
  let description = [{
    To a module of one public function, the model, comes a second, `@step`. It takes
    the model's inputs, the loss's target, and `learning_rate`; computes the loss of
    the model's first output and its gradient by every weight of floats that the loss
    depends on; and stores what the optimiser makes of them. Weights become mutable
    globals, and so does what the optimiser keeps, under the names that PyTorch uses:
    `fc1.weight.exp_avg`; `optimizer.step` counts the steps. The model itself stays, on
    the same weights: it evaluates. Where the model in training isn't the model itself,
    as dropout isn't, it is a second public function with the attribute `dlc.training`,
    which becomes the loss.

    Losses: `cross_entropy` (logits [N, C, …], class numbers [N, …]; −100 leaves one
    out), `mse`, `bce_with_logits`, `output` (the model's first output is the loss).
    Optimisers, with torch.optim's formulas, settings and defaults: `sgd` `adam`
    `adamw` `adafactor` `rmsprop`, and `lion`.

    In the step, a batch norm whose statistics are weights normalises by the batch and
    moves them, by its attribute `dlc.momentum` or 0.1; one in a branch or a loop is an
    error. A `dlc.training` function, and a model that stores to globals, say themselves how
    their batch norms normalise; what they store is stored by the step. Weights with the
    attribute `dlc.frozen` stay. Random numbers (dropout) are others in every step and in each of its
    batches, and depend on an input `seed`. With `accumulate=N` data of N batches are taken one after the other
    in a loop, and the gradient is the mean. `clip-norm` adds the result
    `gradient_norm`, the norm before it was clipped.

    `memory` becomes the module's attribute `dlc.memory`, which `-dl-autodiff` and
    `-dl-rematerialize` heed.

    A model may ask for derivatives itself (forces, the gradient of an energy): they are
    written first, and differentiated by the weights as the rest is.

    `-dl-autodiff` writes the gradient. Nothing is stored before everything is
    computed: a step that fails changes nothing.

    Example (test/Autodiff/build_training_step.mlir):

    ```mlir
    dl.global private @w : tensor<f32> = dense<3.0> : tensor<f32>
    func.func @main(%x: tensor<f32>) -> tensor<f32> {
      %w = dl.global_load @w : tensor<f32>
      %y = dl.mul %x, %w : tensor<f32>, tensor<f32> -> tensor<f32>
      return %y : tensor<f32>
    }
    ```

    with `loss=mse optimizer=sgd` gets

    ```mlir
    func.func @step(%x: tensor<f32> {dlc.name = "input_0"}, %target: tensor<f32> {dlc.name = "target"},
                    %rate: tensor<f64> {dlc.name = "learning_rate"}) -> (tensor<f32> {dlc.name = "loss"}) {
      %w = dl.global_load mutable @w : tensor<f32>
      %loss, %dw = grad.vjp @main_loss(%x, %target, %w) cotangents(%one) of [0] wrt [2] with_primal
          : (tensor<f32>, tensor<f32>, tensor<f32>), (tensor<f32>) -> (tensor<f32>, tensor<f32>)
      %r = dl.convert %rate : tensor<f64> -> tensor<f32>
      %d = dl.mul %dw, %r : tensor<f32>, tensor<f32> -> tensor<f32>
      %new = dl.sub %w, %d : tensor<f32>, tensor<f32> -> tensor<f32>
      dl.global_store %new, @w : tensor<f32>
      return %loss : tensor<f32>
    }
    ```
  }];
  let options = [
    Option<"loss", "loss", "std::string", /*default=*/"\"output\"", "The loss">,
    Option<"optimizer", "optimizer", "std::string", /*default=*/"\"sgd\"",
      "The optimiser and its settings: adamw,weight_decay=0.01">,
    Option<"accumulate", "accumulate", "int64_t", /*default=*/"1",
      "How many batches the data of one step are cut into">,
    Option<"clipNorm", "clip-norm", "double", /*default=*/"0",
      "The largest norm of all gradients together; 0: any">,
    Option<"clipValue", "clip-value", "double", /*default=*/"0",
      "The largest magnitude of a gradient's element; 0: any">,
    ListOption<"frozen", "frozen", "std::string", "Weights that aren't trained">,
    Option<"batchNorm", "batch-norm", "bool", /*default=*/"true",
      "Normalise by the batch, and move the statistics">,
    Option<"batchNormMomentum", "batch-norm-momentum", "double", /*default=*/"-1",
      "How far the statistics move towards the batch's; -1: as each batch norm says">,
    Option<"memory", "memory", "std::string", /*default=*/"\"\"",
      "How much memory the step may take: 512MiB, or 0.5 of what it would take">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::dlc::grad::GradDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def CheckGradients : Pass<"dl-check-gradients", "::mlir::ModuleOp"> {
  let summary = "has a program compare its gradients with each other and with differences";
  let description = [{
    Beside each `grad.vjp` in a public function stands, after this pass, a check that
    runs with the program. Along a random direction t, with cotangent c,

    - forward and reverse mode agree: c · (J t) = (Jᵀ c) · t;
    - both agree with a finite difference: c · (f(x + h t) − f(x − h t)) / 2h.

    A difference ends the run with an error that names the function. It is measured
    against Σ |c · J t|; `tolerance` and `step` are for f64 and grow for narrower
    types. At a kink a finite difference is no derivative: `differences=false` leaves
    that comparison out.

    With `all`, each public function that asks for no derivative is checked as a
    whole: by all its float arguments, of all its float results, the cotangents
    random; with `order=2` so is its gradient. The cost is that of two gradients and
    two more calls of each function. Run `-dl-autodiff` after it.

    Example (test/Autodiff/check_gradients.mlir):

    ```mlir
    %dx = grad.vjp @f(%x) cotangents(%c) of [0] wrt [0]
        : (tensor<4xf64>), (tensor<4xf64>) -> (tensor<4xf64>)
    ```

    is followed by

    ```mlir
    %t = dl.rng_normal %key, %zero, %one : … -> tensor<4xf64>
    %jt = grad.jvp @f(%x) tangents(%t) of [0] wrt [0]
        : (tensor<4xf64>), (tensor<4xf64>) -> (tensor<4xf64>)
    … the two products and their difference …
    dl.assert %agree, "forward and reverse mode disagree on the derivative of @f" : tensor<i1>
    ```
  }];
  let options = [
    Option<"all", "all", "bool", /*default=*/"false",
      "Check every public function that asks for no derivative, too">,
    Option<"order", "order", "int64_t", /*default=*/"1",
      "With `all`, the order of the derivatives to check: 1 or 2">,
    Option<"differences", "differences", "bool", /*default=*/"true",
      "Compare with finite differences">,
    Option<"step", "step", "double", /*default=*/"1e-5",
      "The step h of the finite differences, for f64">,
    Option<"tolerance", "tolerance", "double", /*default=*/"1e-6",
      "The relative difference that counts as none, for f64">,
  ];
  let dependentDialects = ["::dlc::dl::DlDialect", "::dlc::grad::GradDialect",
    "::mlir::func::FuncDialect", "::mlir::tensor::TensorDialect"];
}

def SplitVjp : Pass<"dl-split-vjp", "::mlir::ModuleOp"> {
  let summary = "makes a forward and a backward function of one";
  let description = [{
    For a caller who has the cotangents only later (`torch.compile`, whose loss is
    PyTorch's): a function with arguments marked `dlc.cotangent` keeps what doesn't
    depend on them, and the rest becomes a second function, `@backward` (of a function that
    isn't `@main`, `@<name>_backward`), which gives the results marked `dlc.gradient`.
    What crosses are arguments of the first and results of it, old ones and new
    (`residual_0`, …), found in the second by their names.

    What crosses is chosen to be as few bytes as possible, by a minimum cut: cheap
    ops (arithmetic on elements, and what moves them) are computed again, those that
    cost more (products, reductions, exponentials) only if the forward part doesn't
    compute them. An argument counts a sixteenth of its bytes, unless it is marked
    `dlc.overwritten`: the caller changes it in between, so it crosses as a copy. An open
    size counts as `size-hint`.

    It comes last in the simplify phase, when composites are taken apart and layouts
    chosen: what is saved is saved as the kernels make it.

    Example (test/Autodiff/split_vjp.mlir):

    ```mlir
    func.func @main(%x: tensor<8xf32> {dlc.name = "x"},
                    %dy: tensor<8xf32> {dlc.cotangent, dlc.name = "dy"})
        -> (tensor<8xf32> {dlc.name = "y"}, tensor<8xf32> {dlc.gradient, dlc.name = "dx"}) {
      %e = dl.exp %x : tensor<8xf32> -> tensor<8xf32>
      %y = dl.add %e, %x : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      %g = dl.mul %dy, %e : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      %dx = dl.add %g, %dy : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      return %y, %dx : tensor<8xf32>, tensor<8xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<8xf32> {dlc.name = "x"})
        -> (tensor<8xf32> {dlc.name = "y"}, tensor<8xf32> {dlc.name = "residual_0"}) {
      %e = dl.exp %x : tensor<8xf32> -> tensor<8xf32>
      %y = dl.add %e, %x : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      return %y, %e : tensor<8xf32>, tensor<8xf32>
    }
    func.func @backward(%e: tensor<8xf32> {dlc.name = "residual_0"},
                        %dy: tensor<8xf32> {dlc.name = "dy"})
        -> (tensor<8xf32> {dlc.name = "dx"}) {
      %g = dl.mul %dy, %e : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      %dx = dl.add %g, %dy : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
      return %dx : tensor<8xf32>
    }
    ```
  }];
  let options = [
    Option<"sizeHint", "size-hint", "int64_t", /*default=*/"64", "What an open size counts as">,
  ];
}

#endif // DLC_AUTODIFF_PASSES_TD
