// What is no host program yet, or no longer, is named: unranked tensors, buffers
// where tensors are due, tensors where buffers are, loops where branches are.

// RUN: rm -rf %t && split-file %s %t
// RUN: not dl-opt %t/unranked.mlir -dl-bufferize-host 2>&1 | FileCheck %s --check-prefix=UNRANKED
// RUN: not dl-opt %t/inner.mlir -dl-pipeline-host 2>&1 | FileCheck %s --check-prefix=INNER
// RUN: not dl-opt %t/buffers.mlir -dl-bufferize-host 2>&1 | FileCheck %s --check-prefix=BUFFERS
// RUN: not dl-opt %t/unranked.mlir -dl-convert-host-to-llvm 2>&1 | FileCheck %s --check-prefix=TENSORS
// RUN: not dl-opt %t/loop.mlir -dl-convert-host-to-llvm 2>&1 | FileCheck %s --check-prefix=LOOP
// RUN: not dl-opt %t/buffers.mlir -dl-convert-host-to-llvm 2>&1 | FileCheck %s --check-prefix=ALLOC

// UNRANKED: error: takes or returns 'tensor<*xf32>': a host program that is to get buffers is on ranked tensors
// INNER: error: 'tensor.cast' op on unranked tensors can't be part of the host program
// BUFFERS: error: takes or returns 'memref<4xf32>'
// TENSORS: error: takes 'tensor<*xf32>': it is no host program on buffers
// LOOP: error: 'scf.for' op has to become branches first (-convert-scf-to-cf)
// ALLOC: error: 'memref.alloc' op can't be part of a host program on planned buffers

//--- unranked.mlir
func.func @f(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

//--- inner.mlir
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tensor.cast %x : tensor<4xf32> to tensor<*xf32>
  %1 = tensor.cast %0 : tensor<*xf32> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

//--- buffers.mlir
func.func @f(%x: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  dispatch.copy %x to %0 : memref<4xf32> to memref<4xf32>
  return
}

//--- loop.mlir
func.func @f(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c4 {
    %v = memref.load %x[%i] : memref<4xf32>
    memref.store %v, %x[%i] : memref<4xf32>
  }
  return
}
