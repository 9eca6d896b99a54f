// RUN: dl-opt %s | dl-opt | FileCheck %s
// RUN: dl-opt %s --mlir-print-op-generic | dl-opt | FileCheck %s

func.func private @kernel_0(tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32> attributes {dlc.kernel}
func.func private @kernel_1(memref<?x8xf32>, memref<?x8xf32>) attributes {dlc.kernel}

// CHECK-LABEL: @tensors
// CHECK: dispatch.launch @kernel_0(%{{.*}}, %{{.*}}) sizes(%{{.*}}) : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
// CHECK: dispatch.view %{{.*}} sizes(%{{.*}}) : tensor<?x4xf32> -> tensor<?x2x2xf32>
func.func @tensors(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %n: index) -> tensor<?x2x2xf32> {
  %0 = dispatch.launch @kernel_0(%x, %w) sizes(%n) : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  %1 = dispatch.view %0 sizes(%n) : tensor<?x4xf32> -> tensor<?x2x2xf32>
  return %1 : tensor<?x2x2xf32>
}

// CHECK-LABEL: @buffers
func.func @buffers(%x: memref<?x8xf32>, %n: index, %c: i1) {
  // CHECK: dispatch.fail_if %{{.*}}, "no"
  dispatch.fail_if %c, "no"
  // CHECK: dispatch.leave_if_failed
  dispatch.leave_if_failed
  // CHECK: dispatch.arena %{{.*}} : memref<?xi8>
  %arena = dispatch.arena %n : memref<?xi8>
  // CHECK: dispatch.view %{{.*}}[%{{.*}}] sizes(%{{.*}}) : memref<?xi8> -> memref<?x8xf32>
  %0 = dispatch.view %arena[%n] sizes(%n) : memref<?xi8> -> memref<?x8xf32>
  // CHECK: dispatch.launch @kernel_1(%{{.*}}) outs(%{{.*}} : memref<?x8xf32>) : (memref<?x8xf32>) -> ()
  dispatch.launch @kernel_1(%x) outs(%0 : memref<?x8xf32>) : (memref<?x8xf32>) -> ()
  // CHECK: dispatch.alloc sizes(%{{.*}}) : memref<?x8xf32>
  %1 = dispatch.alloc sizes(%n) : memref<?x8xf32>
  // CHECK: dispatch.output 0 sizes(%{{.*}}) : memref<?x8xf32>
  %2 = dispatch.output 0 sizes(%n) : memref<?x8xf32>
  // CHECK: dispatch.copy %{{.*}} to %{{.*}} : memref<?x8xf32> to memref<?x8xf32>
  dispatch.copy %0 to %2 : memref<?x8xf32> to memref<?x8xf32>
  // CHECK: dispatch.free %{{.*}} : memref<?x8xf32>
  dispatch.free %1 : memref<?x8xf32>
  return
}
