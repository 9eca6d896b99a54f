// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Ceil: towards infinity; a zero keeps its sign.
// CHECK-LABEL: @f32
// CHECK: 6xf32 = [2, -1, -0, 1, inf, nan]
func.func @f32() -> tensor<6xf32> {
  %x = dl.constant dense<[1.5, -1.5, -0.5, 0.5, 0x7F800000, 0x7FC00000]> : tensor<6xf32>
  %y = dl.ceil %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.ceil %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
