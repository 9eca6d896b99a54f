// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Acosh: NaN below 1.
// CHECK-LABEL: @f32
// CHECK: 5xf32 = [0, 1.316958, nan, inf, nan]
func.func @f32() -> tensor<5xf32> {
  %x = dl.constant dense<[1.0, 2.0, 0.5, 0x7F800000, 0x7FC00000]> : tensor<5xf32>
  %y = dl.acosh %x : tensor<5xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.acosh %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
