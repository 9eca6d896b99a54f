// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 3xf32 = [1, -2, nan]
func.func @f32() -> tensor<3xf32> {
  %p = dl.constant dense<[true, false, true]> : tensor<3xi1>
  %x = dl.constant dense<[1.0, 2.0, 0x7FC00000]> : tensor<3xf32>
  %y = dl.constant dense<[-1.0, -2.0, -3.0]> : tensor<3xf32>
  %z = dl.select %p, %x, %y : tensor<3xi1>, tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %z : tensor<3xf32>
}
