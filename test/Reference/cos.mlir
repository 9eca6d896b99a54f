// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Cos: radians; NaN at infinity.
// CHECK-LABEL: @f32
// CHECK: 6xf32 = [1, 0.5403023, -0.9899925, 0.56237906, nan, nan]
func.func @f32() -> tensor<6xf32> {
  %x = dl.constant dense<[0.0, 1.0, -3.0, 1000.0, 0x7F800000, 0x7FC00000]> : tensor<6xf32>
  %y = dl.cos %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.cos %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
