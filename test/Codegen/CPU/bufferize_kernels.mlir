// RUN: dl-opt %s -convert-dl-to-linalg -dl-fuse-elementwise -dl-bufferize-kernels | FileCheck %s

// The chain is one op, which writes to the result's buffer.
// CHECK-LABEL: @chain(
// CHECK-SAME: %{{.*}}: memref<?x8xf32>, %[[OUT:.*]]: memref<?x8xf32>)
// CHECK-NOT: memref.alloc
// CHECK: linalg.generic
// CHECK-SAME: outs(%[[OUT]]
// CHECK: math.exp
// CHECK: arith.negf
// CHECK-NOT: linalg.generic
func.func private @chain(%x: tensor<?x8xf32>) -> tensor<?x8xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = dl.neg %0 : tensor<?x8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// A reshape at the end is a view of the result's buffer.
// CHECK-LABEL: @reshaped(
// CHECK-NOT: memref.alloc
// CHECK: memref.expand_shape
// CHECK: linalg.generic
func.func private @reshaped(%x: tensor<6x4xf32>) -> tensor<24xf32> attributes {dlc.kernel} {
  %0 = dl.exp %x : tensor<6x4xf32> -> tensor<6x4xf32>
  %1 = dl.reshape %0 : tensor<6x4xf32> -> tensor<24xf32>
  return %1 : tensor<24xf32>
}
