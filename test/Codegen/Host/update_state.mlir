// RUN: dl-opt %s -convert-dl-to-linalg -dl-fuse-elementwise -dl-bufferize-kernels | FileCheck %s --check-prefix=KERNEL
// RUN: dl-opt %s -dl-bufferize-host | FileCheck %s

// An embedding's velocity, v <- 0.9 v + what is scattered, is all made where it is.

// KERNEL: @decay({{.*}}dlc.pointwise = array<i64: 0, 0>
// CHECK-LABEL: func.func @step(
// CHECK: %[[OLD:.*]] = dispatch.global @v
// CHECK: %[[V:.*]] = dispatch.global @v
// CHECK-NEXT: dispatch.launch @decay_on_buffers(%[[OLD]]) outs(%[[V]] :
// CHECK-NEXT: dispatch.launch @scatter(%[[V]], {{.*}}) outs(%[[V]] :
// CHECK-NOT: dispatch.copy
// CHECK: return

dl.global private mutable @v : tensor<9x4xf32> = dense<0.0> : tensor<9x4xf32>
func.func private @decay(%v: tensor<9x4xf32>) -> tensor<9x4xf32> attributes {dlc.kernel} {
  %0 = dl.constant dense<0.9> : tensor<9x4xf32>
  %1 = dl.mul %v, %0 : tensor<9x4xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  return %1 : tensor<9x4xf32>
}
llvm.func @decay_on_buffers(!llvm.ptr, !llvm.ptr, !llvm.ptr) attributes {dlc.kernel, dlc.pointwise = array<i64: 0, 0>} {
^bb0(%0: !llvm.ptr, %1: !llvm.ptr, %2: !llvm.ptr):
  llvm.return
}
llvm.func @scatter(!llvm.ptr, !llvm.ptr, !llvm.ptr) attributes {dlc.kernel, dlc.in_place = 0 : i64} {
^bb0(%0: !llvm.ptr, %1: !llvm.ptr, %2: !llvm.ptr):
  llvm.return
}
func.func private @scatter_on_tensors(tensor<9x4xf32>, tensor<4xf32>) -> tensor<9x4xf32> attributes {dlc.kernel, dlc.in_place = 0 : i64}

func.func @step(%g: tensor<4xf32>) {
  %0 = dl.global_load mutable @v : tensor<9x4xf32>
  %1 = dispatch.launch @decay_on_buffers(%0) : (tensor<9x4xf32>) -> tensor<9x4xf32>
  %2 = dispatch.launch @scatter(%1, %g) : (tensor<9x4xf32>, tensor<4xf32>) -> tensor<9x4xf32>
  dl.global_store %2, @v : tensor<9x4xf32>
  return
}
func.func @before_buffers(%g: tensor<4xf32>) {
  %0 = dl.global_load mutable @v : tensor<9x4xf32>
  %1 = dispatch.launch @decay(%0) : (tensor<9x4xf32>) -> tensor<9x4xf32>
  %2 = dispatch.launch @scatter_on_tensors(%1, %g) : (tensor<9x4xf32>, tensor<4xf32>) -> tensor<9x4xf32>
  dl.global_store %2, @v : tensor<9x4xf32>
  return
}
