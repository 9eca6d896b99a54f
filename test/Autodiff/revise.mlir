// RUN: dl-opt %s -dl-autodiff | FileCheck %s
// RUN: dl-run %s --all | FileCheck %s --check-prefix=VALUES

// The value is x³, whatever x's is; the derivative is that by x, in both modes, and to
// the second. What the value depends on gets nothing.
// CHECK-NOT: grad.
func.func private @f(%x: tensor<f64>, %z: tensor<f64>) -> tensor<f64> {
  %0 = dl.mul %z, %z : tensor<f64>, tensor<f64> -> tensor<f64>
  %1 = dl.mul %0, %z : tensor<f64>, tensor<f64> -> tensor<f64>
  %2 = grad.revise %x to %1 : tensor<f64>
  %3 = dl.mul %2, %2 : tensor<f64>, tensor<f64> -> tensor<f64>
  return %3 : tensor<f64>
}
func.func private @g(%x: tensor<f64>, %z: tensor<f64>) -> (tensor<f64>, tensor<f64>) {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0:2 = grad.vjp @f(%x, %z) cotangents(%one) of [0] wrt [0, 1]
      : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %0#0, %0#1 : tensor<f64>, tensor<f64>
}

// VALUES-LABEL: @gradient
// VALUES: 16
// VALUES: 0
func.func @gradient() -> (tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<0x7FF0000000000000> : tensor<f64>
  %z = dl.constant dense<2.0> : tensor<f64>
  %0:2 = func.call @g(%x, %z) : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %0#0, %0#1 : tensor<f64>, tensor<f64>
}

// VALUES-LABEL: @second
// VALUES: 2
// VALUES: 16
// VALUES: 0
func.func @second() -> (tensor<f64>, tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<3.0> : tensor<f64>
  %z = dl.constant dense<2.0> : tensor<f64>
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @g(%x, %z) cotangents(%one) of [0] wrt [0]
      : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %1 = grad.jvp @f(%x, %z) tangents(%one) of [0] wrt [0]
      : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %2 = grad.jvp @f(%x, %z) tangents(%one) of [0] wrt [1]
      : (tensor<f64>, tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0, %1, %2 : tensor<f64>, tensor<f64>, tensor<f64>
}
