// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// NaN if either is; +0 is larger than -0.
// CHECK-LABEL: @f32
// CHECK: 4xf32 = [1, nan, nan, -0]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 0x7FC00000, 1.0, 0.0]> : tensor<4xf32>
  %y = dl.constant dense<[2.0, 1.0, 0x7FC00000, -0.0]> : tensor<4xf32>
  %z = dl.min %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: @integers
// CHECK: 2xi8 = [-128, -128]
// CHECK: 1xui8 = [1]
func.func @integers() -> (tensor<2xi8>, tensor<1xui8>) {
  %a = dl.constant dense<[1, -128]> : tensor<2xi8>
  %b = dl.constant dense<[-128, -1]> : tensor<2xi8>
  %c = dl.min %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  %d = dl.constant dense<[255]> : tensor<1xui8>
  %e = dl.constant dense<[1]> : tensor<1xui8>
  %f = dl.min %d, %e : tensor<1xui8>, tensor<1xui8> -> tensor<1xui8>
  return %c, %f : tensor<2xi8>, tensor<1xui8>
}
