// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @exact
// CHECK: 5xf32 = [0, 0.8413448, -0.15865526, inf, nan]
func.func @exact() -> tensor<5xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0, 0x7F800000, 0x7FC00000]> : tensor<5xf32>
  %y = dl.gelu %x : tensor<5xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// Hendrycks and Gimpel's approximation.
// CHECK-LABEL: @tanh
// CHECK: 3xf32 = [0, 0.841192, -0.158808
func.func @tanh() -> tensor<3xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0]> : tensor<3xf32>
  %y = dl.gelu %x {tanh} : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}
