// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Lgamma: infinity at the poles.
// CHECK-LABEL: @f32
// CHECK: 8xf32 = [0, 0.5723649, 12.801827, inf, inf, 1.2655121, inf, nan]
func.func @f32() -> tensor<8xf32> {
  %x = dl.constant dense<[1.0, 0.5, 10.0, 0.0, -1.0, -0.5, 0x7F800000, 0x7FC00000]> : tensor<8xf32>
  %y = dl.lgamma %x : tensor<8xf32> -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.lgamma %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
