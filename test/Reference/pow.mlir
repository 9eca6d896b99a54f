// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 5xf32 = [8, 0.25, 1, nan, 2]
func.func @f32() -> tensor<5xf32> {
  %x = dl.constant dense<[2.0, 2.0, 0x7FC00000, -2.0, 4.0]> : tensor<5xf32>
  %y = dl.constant dense<[3.0, -2.0, 0.0, 0.5, 0.5]> : tensor<5xf32>
  %z = dl.pow %x, %y : tensor<5xf32>, tensor<5xf32> -> tensor<5xf32>
  return %z : tensor<5xf32>
}

// Negative powers truncate.
// CHECK-LABEL: @integers
// CHECK: 6xi32 = [8, 0, 1, -1, 1, 0]
// CHECK: 1xui8 = [0]
func.func @integers() -> (tensor<6xi32>, tensor<1xui8>) {
  %x = dl.constant dense<[2, 2, 1, -1, 0, 0]> : tensor<6xi32>
  %y = dl.constant dense<[3, -2, -5, -3, 0, -1]> : tensor<6xi32>
  %z = dl.pow %x, %y : tensor<6xi32>, tensor<6xi32> -> tensor<6xi32>
  %a = dl.constant dense<[2]> : tensor<1xui8>
  %b = dl.constant dense<[8]> : tensor<1xui8>
  %c = dl.pow %a, %b : tensor<1xui8>, tensor<1xui8> -> tensor<1xui8>
  return %z, %c : tensor<6xi32>, tensor<1xui8>
}
