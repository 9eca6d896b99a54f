// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [0.5, inf, -inf, nan]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 1.0, 1.0, 0.0]> : tensor<4xf32>
  %y = dl.constant dense<[2.0, 0.0, -0.0, 0.0]> : tensor<4xf32>
  %z = dl.div %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// Truncates; x / 0 is 0; the one overflow wraps.
// CHECK-LABEL: @signed
// CHECK: 5xi32 = [3, -3, -3, 0, -2147483648]
func.func @signed() -> tensor<5xi32> {
  %x = dl.constant dense<[7, -7, 7, 5, -2147483648]> : tensor<5xi32>
  %y = dl.constant dense<[2, 2, -2, 0, -1]> : tensor<5xi32>
  %z = dl.div %x, %y : tensor<5xi32>, tensor<5xi32> -> tensor<5xi32>
  return %z : tensor<5xi32>
}

// CHECK-LABEL: @unsigned
// CHECK: 3xui8 = [127, 0, 0]
func.func @unsigned() -> tensor<3xui8> {
  %x = dl.constant dense<[255, 5, 1]> : tensor<3xui8>
  %y = dl.constant dense<[2, 0, 255]> : tensor<3xui8>
  %z = dl.div %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  return %z : tensor<3xui8>
}
