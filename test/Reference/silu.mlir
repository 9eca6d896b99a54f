// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 6xf32 = [0, 0.7310586, -0.26894143, nan, inf, nan]
func.func @f32() -> tensor<6xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0, 0xFF800000, 0x7F800000, 0x7FC00000]> : tensor<6xf32>
  %y = dl.silu %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.silu %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
