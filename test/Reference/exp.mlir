// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Exp: e^x; overflow gives infinity.
// CHECK-LABEL: @f32
// CHECK: 7xf32 = [1, 2.7182817, 0.36787945, inf, 0, inf, nan]
func.func @f32() -> tensor<7xf32> {
  %x = dl.constant dense<[0.0, 1.0, -1.0, 100.0, 0xFF800000, 0x7F800000, 0x7FC00000]> : tensor<7xf32>
  %y = dl.exp %x : tensor<7xf32> -> tensor<7xf32>
  return %y : tensor<7xf32>
}

// An empty tensor stays one.
// CHECK-LABEL: @empty
// CHECK: 0x3xf64 = []
func.func @empty() -> tensor<0x3xf64> {
  %x = dl.constant dense<> : tensor<0x3xf64>
  %y = dl.exp %x : tensor<0x3xf64> -> tensor<0x3xf64>
  return %y : tensor<0x3xf64>
}
