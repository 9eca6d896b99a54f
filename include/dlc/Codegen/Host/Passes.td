//===- Passes.td - the host program ------------------------*- tablegen -*-===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DLC_CODEGEN_HOST_PASSES_TD
#define DLC_CODEGEN_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def BufferizeHost : Pass<"dl-bufferize-host", "::mlir::ModuleOp"> {
  let summary = "gives every tensor of the host program a buffer";
  let description = [{
    The host program is made of launches, which are pure, so each result simply
    gets a buffer of its own, and no analysis of conflicts is needed: views share
    their source's buffer, a loop-carried tensor is copied into a buffer that
    belongs to the loop. A launch whose result the caller gets writes into the
    caller's memory. Tensors become memrefs, results `dispatch.output`. The cost is
    linear in the number of ops.

    New state is made in place, where the old is read no more (or by that kernel, element
    for element: `dlc.pointwise`) and nothing can fail any more; else it is copied at the
    store. Before the first of either the run ends if a kernel has reported an error, so
    that a run that fails changes nothing.

    Example (test/Codegen/Host/bufferize_host.mlir):

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = dispatch.launch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = dispatch.launch @k(%0) : (tensor<4xf32>) -> tensor<4xf32>
      return %1 : tensor<4xf32>
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<4xf32>) {
      %0 = memref.alloc() : memref<4xf32>
      dispatch.launch @k(%x) outs(%0 : memref<4xf32>) : (memref<4xf32>) -> ()
      %1 = dispatch.output 0 : memref<4xf32>
      dispatch.launch @k(%0) outs(%1 : memref<4xf32>) : (memref<4xf32>) -> ()
    ```
  }];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def PlanMemory : Pass<"dl-plan-memory", "::mlir::ModuleOp"> {
  let summary = "places every buffer of the host program in one arena";
  let description = [{
    Buffers of static size get offsets by liveness: in program order each takes
    the smallest hole that it fits in, or from the largest to the smallest the lowest
    place that is free all its life, whichever needs less memory. Buffers whose size follows
    from the inputs' sizes share slots, one for buffers with the same dynamic
    factors whose lives don't overlap; the slots' sizes are computed at the start.
    What remains is allocated when its size is known and freed after its last use.
    A buffer lives from its allocation to the last use of it or a view of it; a use
    in a loop that doesn't hold the allocation lasts as long as the loop.

    Errors that follow from sizes go before the arena, outputs whose sizes are known behind
    it: what a call is refused for is found before the first launch.

    Example (test/Codegen/Host/plan_memory.mlir): of a chain two buffers live at a
    time, so that

    ```mlir
    %a = memref.alloc() : memref<32xf32>   // written from the input
    %b = memref.alloc() : memref<32xf32>   // written from %a
    %c = memref.alloc() : memref<32xf32>   // written from %b
    ```

    becomes

    ```mlir
    %arena = dispatch.arena %c256 : memref<?xi8>
    %a = dispatch.view %arena[%c0] : memref<?xi8> -> memref<32xf32>
    %b = dispatch.view %arena[%c128] : memref<?xi8> -> memref<32xf32>
    %c = dispatch.view %arena[%c0] : memref<?xi8> -> memref<32xf32>
    ```
  }];
  let dependentDialects = ["::dlc::dispatch::DispatchDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"staticBytes", "static-bytes", "Bytes of the arena for static buffers">,
    Statistic<"numSlots", "slots", "Slots of dynamic size">,
    Statistic<"numAllocs", "allocs", "Buffers allocated in the middle of a run">,
  ];
}

def SplitHost : Pass<"dl-split-host", "::mlir::ModuleOp"> {
  let summary = "cuts a long host program into functions";
  let description = [{
    LLVM's cost grows faster than the length of a function. A piece ends where no
    value but a view of the arena or a weight, which are made again where they are
    used, would have to be returned. The cost is linear.

    Example (test/Codegen/Host/split_host.mlir): with `max-ops=2` a program of three
    launches becomes

    ```mlir
    func.func @main(%x: memref<32xf32>) {
      %arena = dispatch.arena %c256 : memref<?xi8>
      call @dlc_host_0(%x, %arena) : (memref<32xf32>, memref<?xi8>) -> ()
      call @dlc_host_1(%arena) : (memref<?xi8>) -> ()
      return
    ```
  }];
  let options = [
    Option<"maxOps", "max-ops", "unsigned", "1000", "Ops of a piece before a cut is looked for">,
  ];
}

def ConvertHostToLLVM : Pass<"dl-convert-host-to-llvm", "::mlir::ModuleOp"> {
  let summary = "makes the host program `int32_t dlc_entry(dlc_call *)` in the LLVM dialect";
  let description = [{
    A buffer becomes a pointer and its dynamic sizes. The contract with the
    runtime is include/dlc/Runtime/Call.h, the kernels' calling convention is in
    docs/architecture.md. Control flow has to be `cf` already. The cost is linear.

    Example (test/Codegen/Host/convert_host_to_llvm.mlir):

    ```mlir
    dispatch.fail_if %bad, "node 'n': too small"
    %o = dispatch.output 0 sizes(%n) : memref<?xf32>
    dispatch.launch @k(%x) outs(%o : memref<?xf32>) : (memref<?xf32>) -> ()
    ```

    becomes

    ```mlir
    llvm.cond_br %bad, ^fail(...), ^next
    %o = llvm.call @dlc_rt_output(%call, %c0, %c1, %sizes) : (!llvm.ptr, i32, i32, !llvm.ptr) -> !llvm.ptr
    llvm.cond_br %isNull, ^leave, ^go
    llvm.call @k(%call, %x, %o, %n, %n) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"];
}

#endif // DLC_CODEGEN_HOST_PASSES_TD
