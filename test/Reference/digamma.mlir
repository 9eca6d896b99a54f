// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// psi(1) is minus Euler's constant; NaN at the negative poles.
// CHECK-LABEL: @f32
// CHECK: 6xf32 = [-0.5772157, 0.036489975, -1.96351, 2.2517526, -inf, nan]
func.func @f32() -> tensor<6xf32> {
  %x = dl.constant dense<[1.0, 1.5, 0.5, 10.0, 0.0, -1.0]> : tensor<6xf32>
  %y = dl.digamma %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}
