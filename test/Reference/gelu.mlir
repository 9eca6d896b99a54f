// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @exact
// CHECK: 6xf32 = [0, 0.8413448, -0.15865526, inf, nan, -0]
func.func @exact() -> tensor<6xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0, 0x7F800000, 0x7FC00000, 0xFF800000]> : tensor<6xf32>
  %y = dl.gelu %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// Hendrycks and Gimpel's approximation.
// CHECK-LABEL: @tanh
// CHECK: 4xf32 = [0, 0.841192, -0.158808{{[0-9]*}}, -0]
func.func @tanh() -> tensor<4xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0, 0xFF800000]> : tensor<4xf32>
  %y = dl.gelu %x {tanh} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
