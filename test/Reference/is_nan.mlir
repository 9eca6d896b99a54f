// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xi1 = [false, true, false, false]
func.func @f32() -> tensor<4xi1> {
  %x = dl.constant dense<[1.0, 0x7FC00000, 0x7F800000, 0xFF800000]> : tensor<4xf32>
  %y = dl.is_nan %x : tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}
