// RUN: dl-opt %s -dl-autodiff | FileCheck %s
// RUN: dl-run %s --all | FileCheck %s --check-prefix=VALUES

// What is stopped is constant, in both modes and to the second derivative.
// CHECK-NOT: grad.
func.func private @f(%x: tensor<f64>) -> tensor<f64> {
  %0 = grad.stop %x : tensor<f64>
  %1 = dl.mul %0, %x : tensor<f64>, tensor<f64> -> tensor<f64>
  %2 = dl.mul %1, %x : tensor<f64>, tensor<f64> -> tensor<f64>
  return %2 : tensor<f64>
}
func.func private @g(%x: tensor<f64>) -> tensor<f64> {
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @f(%x) cotangents(%one) of [0] wrt [0]
      : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0 : tensor<f64>
}

// VALUES-LABEL: @gradient
// VALUES: 18
func.func @gradient() -> tensor<f64> {
  %x = dl.constant dense<3.0> : tensor<f64>
  %0 = func.call @g(%x) : (tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// VALUES-LABEL: @second
// VALUES: 6
// VALUES: 18
func.func @second() -> (tensor<f64>, tensor<f64>) {
  %x = dl.constant dense<3.0> : tensor<f64>
  %one = dl.constant dense<1.0> : tensor<f64>
  %0 = grad.vjp @g(%x) cotangents(%one) of [0] wrt [0]
      : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  %1 = grad.jvp @f(%x) tangents(%one) of [0] wrt [0]
      : (tensor<f64>), (tensor<f64>) -> (tensor<f64>)
  return %0, %1 : tensor<f64>, tensor<f64>
}
