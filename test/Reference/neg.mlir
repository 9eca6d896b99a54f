// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 3xf32 = [-1, -0, inf]
func.func @f32() -> tensor<3xf32> {
  %x = dl.constant dense<[1.0, 0.0, 0xFF800000]> : tensor<3xf32>
  %y = dl.neg %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @wraps
// CHECK: 2xi8 = [-128, 5]
// CHECK: 1xui8 = [255]
func.func @wraps() -> (tensor<2xi8>, tensor<1xui8>) {
  %x = dl.constant dense<[-128, -5]> : tensor<2xi8>
  %y = dl.neg %x : tensor<2xi8> -> tensor<2xi8>
  %a = dl.constant dense<[1]> : tensor<1xui8>
  %b = dl.neg %a : tensor<1xui8> -> tensor<1xui8>
  return %y, %b : tensor<2xi8>, tensor<1xui8>
}
