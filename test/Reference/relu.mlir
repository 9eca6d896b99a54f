// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [0, 2, inf, nan]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[-1.0, 2.0, 0x7F800000, 0x7FC00000]> : tensor<4xf32>
  %y = dl.relu %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @integers
// CHECK: 2xi8 = [0, 5]
func.func @integers() -> tensor<2xi8> {
  %x = dl.constant dense<[-128, 5]> : tensor<2xi8>
  %y = dl.relu %x : tensor<2xi8> -> tensor<2xi8>
  return %y : tensor<2xi8>
}
