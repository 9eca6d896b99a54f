//===- Passes.td - kernels to the LLVM dialect, for CPUs ---*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_CODEGEN_CPU_PASSES_TD
#define DLC_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def PackWeights : Pass<"dl-pack-weights", "::mlir::ModuleOp"> {
  let summary = "lays constant matrices out as the kernels that take them read them";
  let description = [{
    Runs on launches, after `-dl-form-dispatches`. Where every launch of a matrix
    product or convolution kernel passes a weight as its right operand, the kernel
    takes it as column tiles `[N/NR][K][NR]` instead: one run of memory per tile,
    in the order of use. The packing is plain dl ops in the host program, which
    `-dl-fold-constants` computes once, at compile time; the kernel unpacks with
    dl ops, which its template reads as an address computation.

    The cost is linear in the number of launches; a weight that kernels of
    different tiles share is packed for each.

    Example (test/Codegen/CPU/pack_weights.mlir):

    ```mlir
    func.func private @k(%x: tensor<128x64xf32>, %w: tensor<48x64xf32>)
        -> tensor<128x48xf32> attributes {dlc.kernel} {
      %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [1] : ...
    ```

    becomes, where the launches pass `dl.global`s,

    ```mlir
    func.func private @k(%x: tensor<128x64xf32>, %w: tensor<1x64x48xf32>)
        -> tensor<128x48xf32> attributes {dlc.kernel} {
      %1 = dl.transpose %w, permutation = [1, 0, 2] : tensor<1x64x48xf32> -> tensor<64x1x48xf32>
      %2 = dl.reshape %1 : tensor<64x1x48xf32> -> tensor<64x48xf32>
      %0 = dl.dot_general %x, %2, batching = [] x [] contracting = [1] x [0] : ...
    ```
  }];
  let dependentDialects = ["::dlc::dl::DlDialect"];
}

def LowerTemplateKernels : Pass<"dl-lower-template-kernels", "::mlir::ModuleOp"> {
  let summary = "lowers matrix products and convolutions by templates, straight to vectors";
  let description = [{
    A template (`include/dlc/Codegen/CPU/Templates.h`) takes a kernel around one
    `dl.dot_general` or `dl.conv` from dl ops on tensors to loops and vectors on
    buffers: register tiles of accumulators, operands packed ahead or in the
    kernel, and what follows the product finished in registers. Kernels that no
    template knows stay as they are, for `-convert-dl-to-linalg`.

    Tiles and blocks follow from the module's `dlc.cpu` (vector width, registers,
    cache sizes). The code of a kernel is of bounded size, whatever its shapes.

    Example (test/Codegen/CPU/lower_template_kernels.mlir):

    ```mlir
    func.func private @k(%x: tensor<128x64xf32>, %w: tensor<64x64xf32>)
        -> tensor<128x64xf32> attributes {dlc.kernel} {
      %0 = dl.dot_general %x, %w, batching = [] x [] contracting = [1] x [0] : ...
    ```

    becomes

    ```mlir
    func.func private @k(%x: memref<128x64xf32>, %w: memref<64x64xf32>,
                         %out: memref<128x64xf32>) attributes {dlc.kernel} {
      scf.parallel (%tile) = ... {
        %acc:26 = scf.for %k = ... iter_args(...) {
          vector.load, memref.load, vector.broadcast, 26 x vector.fma
        }
        26 x vector.store
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def FuseElementwise : Pass<"dl-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "fuses elementwise linalg ops of a kernel into their consumers";
  let description = [{
    A producer is fused where it has one consumer with the same loops, or where it
    only moves or converts elements, which costs less than storing them. What has
    several consumers and costs something keeps a buffer; `-dl-lower-kernel-loops`
    then runs producer and consumers row by row, so that the buffer is a row.
    Equal ops are merged before and after.

    `max-repeated-ops` is what an op that is computed again in each consumer may
    cost. The cost of the pass is that of upstream's greedy fusion: linear in the
    ops of the kernel, which `-dl-form-dispatches` bounds.

    Example (test/Codegen/CPU/fuse_elementwise.mlir): the linalg ops of

    ```mlir
    %0 = dl.exp %x : tensor<?x8xf32> -> tensor<?x8xf32>
    %1 = dl.neg %0 : tensor<?x8xf32> -> tensor<?x8xf32>
    ```

    become one:

    ```mlir
    %1 = linalg.generic ... ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %2 = math.exp %in : f32
      %3 = arith.negf %2 : f32
      linalg.yield %3 : f32
    }
    ```
  }];
  let options = [
    Option<"maxRepeatedOps", "max-repeated-ops", "unsigned", "1",
      "Arithmetic ops that may be computed again in each consumer">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"];
}

def BufferizeKernels : Pass<"dl-bufferize-kernels", "::mlir::ModuleOp"> {
  let summary = "bufferises kernels; each result becomes an argument that is written";
  let description = [{
    One-shot bufferisation, with the signature of a kernel (docs/architecture.md):
    the inputs' buffers, then one for each result. Destinations that several ops
    share, and buffers that a result is merely a view of, are resolved first, so
    that no result is copied where it can be computed in place.

    A kernel of elementwise ops that makes new values of the state that it reads is
    marked `dlc.pointwise`: pairs of an input and a result that may be written over it.

    The cost is that of the one-shot analysis, on each kernel by itself.

    Example (test/Codegen/CPU/bufferize_kernels.mlir):

    ```mlir
    func.func private @chain(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {dlc.kernel} {
      %1 = linalg.generic ... ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {...}
      return %1 : tensor<?x8xf32>
    }
    ```

    becomes

    ```mlir
    func.func private @chain(%x: memref<?x8xf32>, %out: memref<?x8xf32>) attributes {dlc.kernel} {
      linalg.generic ... ins(%x : memref<?x8xf32>) outs(%out : memref<?x8xf32>) {...}
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def LowerKernelLoops : Pass<"dl-lower-kernel-loops", "::mlir::func::FuncOp"> {
  let summary = "lowers linalg on buffers to loops on scalars, row by row";
  let description = [{
    Each linalg op becomes a loop nest made for LLVM's loop vectoriser: the
    innermost loop contiguous for most operands, neighbouring dimensions merged
    where memory allows, sums split where that is exact enough, transposing nests
    cut into squares. Ops that follow one another and share buffers run row by
    row; a buffer between them that no one else reads shrinks to a row.

    The outermost parallel loop of a kernel becomes `scf.parallel` if its work is
    worth two threads. Work is estimated in units of about a quarter of a
    nanosecond; a dimension that is not known counts as `assumed-size`.

    The cost is linear in the kernel's ops.

    Example (test/Codegen/CPU/lower_kernel_loops.mlir): softmax, decomposed, is

    ```mlir
    scf.parallel (%row) = (%c0) to (%c4096) step (%c1) {
      %e = memref.alloca() : memref<512xf32>
      scf.for ...   // m = max x[row, :]
      scf.for ...   // e[:] = exp(x[row, :] - m)
      scf.for ...   // s = sum e
      scf.for ...   // y[row, :] = e / s
    }
    ```
  }];
  let options = [
    Option<"maxStackBytes", "max-stack-bytes", "int64_t", "16384",
      "Bytes up to which a scratch buffer lies on the stack">,
    Option<"workPerThread", "work-per-thread", "int64_t", "131072",
      "Work that is worth a thread's while; 131,072 is about 30 microseconds">,
    Option<"assumedSize", "assumed-size", "int64_t", "128",
      "What a dimension of unknown size counts as">,
    Option<"transposeBlock", "transpose-block", "int64_t", "16",
      "Edge of the squares in which a transposing nest works">,
    Option<"unrolledSize", "unrolled-size", "int64_t", "4",
      "Iterations up to which the short side of a transposing nest is unrolled">,
    Option<"pieceLength", "piece-length", "int64_t", "4096",
      "Elements of the pieces into which a lone parallel loop is cut">,
    Option<"partialRows", "partial-rows", "int64_t", "32",
      "Rows that a long sum of rows adds up before it adds them to the rest">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def OutlineParallelLoops : Pass<"dl-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "outlines parallel loops of kernels into functions that the runtime calls";
  let description = [{
    The body of an outermost `scf.parallel` becomes a function on a range of its
    iterations, which `dlc_rt_parallel` calls from the threads of its pool. It
    takes its buffers as arguments, not from a struct, so that LLVM knows that
    they don't overlap. Run-time checks (`cf.assert`) become calls of the runtime
    that end the kernel.

    A thread takes iterations in grains of `work-per-thread` (in the unit that
    `-dl-lower-kernel-loops` writes down as `dlc.work`). The cost is linear.

    Example (test/Codegen/CPU/outline_parallel_loops.mlir):

    ```mlir
    scf.parallel (%i) = (%c0) to (%n) step (%c1) { body }
    ```

    becomes

    ```mlir
    func.func private @k_part0(%call, %begin, %end, captured...) { scf.for ... body }
    llvm.func internal @k_range0(%context, %begin, %end) { ... call @k_part0(...) }
    ...
    %context = struct of call, captured...
    llvm.call @dlc_rt_parallel(%call, @k_range0, %context, %n, %grain)
    ```
  }];
  let options = [
    Option<"workPerThread", "work-per-thread", "int64_t", "131072",
      "Work of the iterations that a thread takes at a time">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def ConvertKernelsToLlvm : Pass<"dl-convert-kernels-to-llvm", "::mlir::ModuleOp"> {
  let summary = "converts kernels on buffers and loops to the LLVM dialect";
  let description = [{
    A kernel becomes `void kernel(ptr call, ptr..., i64...)`: the call context, a
    bare pointer for each buffer, then every dynamic size in order of appearance
    (docs/architecture.md). Mathematics becomes calls of the vector-math library
    (`include/dlc/Runtime/Math.h`), which is inlined before LLVM vectorises;
    narrow floats are widened and rounded without library calls. Scratch of static size
    is one more buffer, behind the others (`dlc.scratch` says how large), other scratch
    comes from the call context. The cost is linear.

    Example (test/Codegen/CPU/convert_kernels_to_llvm.mlir):

    ```mlir
    func.func private @k(%x: memref<?xf32>, %out: memref<?xf32>) attributes {dlc.kernel} {
      ... math.exp ...
    ```

    becomes

    ```mlir
    llvm.func hidden @k(%call: !llvm.ptr, %x: !llvm.ptr {llvm.noalias},
                        %out: !llvm.ptr {llvm.noalias}, %n: i64, %m: i64) {
      ... llvm.call @dlc_math_exp_f32 ...
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

#endif // DLC_CODEGEN_CPU_PASSES_TD
