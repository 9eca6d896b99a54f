// RUN: dl-run %s --all | FileCheck %s

func.func private @product(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = dl.mul %x, %y : tensor<f32>, tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: @vjp
// CHECK: = 15
// CHECK: = 5
// CHECK: = 3
func.func @vjp() -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %x = dl.constant dense<3.0> : tensor<f32>
  %y = dl.constant dense<5.0> : tensor<f32>
  %c = dl.constant dense<1.0> : tensor<f32>
  %z, %gx, %gy = grad.vjp @product(%x, %y) cotangents(%c) of [0] wrt [0, 1] with_primal
      : (tensor<f32>, tensor<f32>), (tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
  return %z, %gx, %gy : tensor<f32>, tensor<f32>, tensor<f32>
}

// CHECK-LABEL: @jvp
// CHECK: = 10
func.func @jvp() -> tensor<f32> {
  %x = dl.constant dense<3.0> : tensor<f32>
  %y = dl.constant dense<5.0> : tensor<f32>
  %d = dl.constant dense<2.0> : tensor<f32>
  %t = grad.jvp @product(%x, %y) tangents(%d) of [0] wrt [0]
      : (tensor<f32>, tensor<f32>), (tensor<f32>) -> (tensor<f32>)
  return %t : tensor<f32>
}

// x⁵ four times: 120 x; each order by another mode.
func.func private @fifth(%x: tensor<f64>) -> tensor<f64> {
  %0 = dl.mul %x, %x : tensor<f64>, tensor<f64> -> tensor<f64>
  %1 = dl.mul %0, %0 : tensor<f64>, tensor<f64> -> tensor<f64>
  %2 = dl.mul %1, %x : tensor<f64>, tensor<f64> -> tensor<f64>
  return %2 : tensor<f64>
}
func.func private @first(%x: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @fifth(%x) cotangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}
func.func private @second(%x: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.jvp @first(%x) tangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}
func.func private @third(%x: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @second(%x) cotangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}
// CHECK-LABEL: @fourth
// CHECK: = 240
func.func @fourth() -> tensor<f64> {
  %x = dl.constant dense<2.0> : tensor<f64>
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @third(%x) cotangents(%one) of [0] wrt [0] : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}

// The second result is auxiliary; nothing depends on %unused.
func.func private @helper(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = dl.exp %x : tensor<2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func private @with_aux(%x: tensor<2xf32>, %unused: tensor<3xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = call @helper(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = dl.add %0, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %1, %0 : tensor<2xf32>, tensor<2xf32>
}
// CHECK-LABEL: @aux
// CHECK: 2xf32 = [1, 1]
// CHECK: 2xf32 = [1, 1]
// CHECK: 2xf32 = [2, 20]
// CHECK: 3xf32 = [0, 0, 0]
func.func @aux() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3xf32>) {
  %x = dl.constant dense<0.0> : tensor<2xf32>
  %u = dl.constant dense<1.0> : tensor<3xf32>
  %c = dl.constant dense<[1.0, 10.0]> : tensor<2xf32>
  %0:4 = grad.vjp @with_aux(%x, %u) cotangents(%c) of [0] wrt [0, 1] with_primal
      : (tensor<2xf32>, tensor<3xf32>), (tensor<2xf32>)
      -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3xf32>)
  return %0#0, %0#1, %0#2, %0#3 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3xf32>
}
