// RUN: dl-opt %s -dl-autodiff | FileCheck %s

// What the description of the pass shows.
// CHECK-LABEL: func.func @gradient(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DY:.*]]: tensor<4xf32>)
// CHECK-NEXT: call @f_vjp(%[[X]], %[[DY]])
func.func @gradient(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
  %0 = grad.vjp @f(%x) cotangents(%dy) of [0] wrt [0]
      : (tensor<4xf32>), (tensor<4xf32>) -> (tensor<4xf32>)
  return %0 : tensor<4xf32>
}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.sin %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: func.func private @f_vjp(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DY:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[C:.*]] = dl.cos %[[X]]
// CHECK-NEXT: %[[DX:.*]] = dl.mul %[[DY]], %[[C]]
// CHECK-NEXT: return %[[DX]]

// One function answers two equal requests; masks stand for multiplications.
// CHECK-LABEL: func.func @twice(
// CHECK: call @relu_vjp(
// CHECK: call @relu_vjp(
func.func @twice(%x: tensor<?xf32>, %dy: tensor<?xf32>) -> tensor<?xf32> {
  %0 = grad.vjp @relu(%x) cotangents(%dy) of [0] wrt [0]
      : (tensor<?xf32>), (tensor<?xf32>) -> (tensor<?xf32>)
  %1 = grad.vjp @relu(%0) cotangents(%dy) of [0] wrt [0]
      : (tensor<?xf32>), (tensor<?xf32>) -> (tensor<?xf32>)
  return %1 : tensor<?xf32>
}
func.func private @relu(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.relu %x : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// CHECK: func.func private @relu_vjp(
// CHECK-NOT: dl.relu
// CHECK-NOT: dl.mul
// CHECK: dl.compare le
// CHECK: dl.select
// CHECK-NOT: func.func private @relu_vjp_0
