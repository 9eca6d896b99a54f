// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Asinh: odd.
// CHECK-LABEL: @f32
// CHECK: 5xf32 = [0, 0.8813736, -1.4436355, inf, nan]
func.func @f32() -> tensor<5xf32> {
  %x = dl.constant dense<[0.0, 1.0, -2.0, 0x7F800000, 0x7FC00000]> : tensor<5xf32>
  %y = dl.asinh %x : tensor<5xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.asinh %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
