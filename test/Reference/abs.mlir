// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [1, 0, inf, nan]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[-1.0, -0.0, 0xFF800000, 0x7FC00000]> : tensor<4xf32>
  %y = dl.abs %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @wraps
// CHECK: 2xi8 = [-128, 5]
// CHECK: 1xui8 = [255]
func.func @wraps() -> (tensor<2xi8>, tensor<1xui8>) {
  %x = dl.constant dense<[-128, -5]> : tensor<2xi8>
  %y = dl.abs %x : tensor<2xi8> -> tensor<2xi8>
  %a = dl.constant dense<[255]> : tensor<1xui8>
  %b = dl.abs %a : tensor<1xui8> -> tensor<1xui8>
  return %y, %b : tensor<2xi8>, tensor<1xui8>
}
