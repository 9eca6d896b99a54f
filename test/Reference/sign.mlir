// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 5xf32 = [-1, 1, 0, -0, nan]
func.func @f32() -> tensor<5xf32> {
  %x = dl.constant dense<[-7.5, 0x7F800000, 0.0, -0.0, 0x7FC00000]> : tensor<5xf32>
  %y = dl.sign %x : tensor<5xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// CHECK-LABEL: @integers
// CHECK: 3xi8 = [-1, 0, 1]
// CHECK: 2xui8 = [0, 1]
func.func @integers() -> (tensor<3xi8>, tensor<2xui8>) {
  %x = dl.constant dense<[-128, 0, 5]> : tensor<3xi8>
  %y = dl.sign %x : tensor<3xi8> -> tensor<3xi8>
  %a = dl.constant dense<[0, 255]> : tensor<2xui8>
  %b = dl.sign %a : tensor<2xui8> -> tensor<2xui8>
  return %y, %b : tensor<3xi8>, tensor<2xui8>
}
