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

// Two reductions with one neutral element have a buffer each.
// CHECK-LABEL: @two(
// CHECK-SAME: %{{.*}}: memref<4x8xf32>, %{{.*}}: memref<4x8xf32>, %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<4xf32>)
// CHECK-NOT: memref.alloc
// CHECK-DAG: linalg.fill ins(%{{.*}}) outs(%[[A]]
// CHECK-DAG: linalg.fill ins(%{{.*}}) outs(%[[B]]
func.func private @two(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {dlc.kernel} {
  %0 = dl.reduce sum %x, dims = [1] : tensor<4x8xf32> -> tensor<4xf32>
  %1 = dl.reduce sum %y, dims = [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// The output already holds what is updated.
// CHECK-LABEL: @update(
// CHECK-SAME: %{{.*}}: memref<64xf32>, %[[U:.*]]: memref<4xf32>, %{{.*}}: memref<1xindex>, %[[OUT:.*]]: memref<64xf32>)
// CHECK-NOT: memref.copy
// CHECK: %[[PLACE:.*]] = memref.subview %[[OUT]]
// CHECK: memref.copy %[[U]], %[[PLACE]]
// CHECK-NEXT: memref.copy %[[OUT]], %[[OUT]]
// CHECK-NEXT: return
func.func private @update(%x: tensor<64xf32>, %u: tensor<4xf32>, %i: tensor<1xindex>) -> tensor<64xf32>
    attributes {dlc.kernel, dlc.in_place = 0 : i64} {
  %0 = dl.dynamic_update_slice %x, %u, %i : tensor<64xf32>, tensor<4xf32>, tensor<1xindex> -> tensor<64xf32>
  return %0 : tensor<64xf32>
}

// New values of the state that a kernel reads may be written over it: of what is read only
// before (%m by both ops: over the second; %v by the second).
// CHECK-LABEL: @new_state(
// CHECK-SAME: dlc.pointwise = array<i64: 0, 1, 1, 1>
dl.global private mutable @m : tensor<8xf32> = dense<0.0> : tensor<8xf32>
func.func private @new_state(%m: tensor<8xf32>, %v: tensor<8xf32>, %rate: tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>) attributes {dlc.kernel} {
  %0 = dl.exp %m : tensor<8xf32> -> tensor<8xf32>
  %r = dl.broadcast_in_dim %rate, dims = [] : tensor<f32> -> tensor<8xf32>
  %1 = dl.mul %0, %r : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %2 = dl.add %1, %v : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  %3 = dl.div %2, %m : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
  return %1, %3 : tensor<8xf32>, tensor<8xf32>
}
func.func @step(%v: tensor<8xf32>, %rate: tensor<f32>) -> tensor<8xf32> {
  %m = dl.global_load mutable @m : tensor<8xf32>
  %0:2 = dispatch.launch @new_state(%m, %v, %rate) : (tensor<8xf32>, tensor<8xf32>, tensor<f32>) -> (tensor<8xf32>, tensor<8xf32>)
  dl.global_store %0#1, @m : tensor<8xf32>
  return %0#0 : tensor<8xf32>
}
