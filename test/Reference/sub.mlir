// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 3xf32 = [-2, 2.5, nan]
func.func @f32() -> tensor<3xf32> {
  %x = dl.constant dense<[1.0, 2.0, 0x7F800000]> : tensor<3xf32>
  %y = dl.constant dense<[3.0, -0.5, 0x7F800000]> : tensor<3xf32>
  %z = dl.sub %x, %y : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %z : tensor<3xf32>
}

// CHECK-LABEL: @wraps
// CHECK: 2xi8 = [127, -1]
// CHECK: 2xui8 = [255, 0]
func.func @wraps() -> (tensor<2xi8>, tensor<2xui8>) {
  %a = dl.constant dense<[-128, 0]> : tensor<2xi8>
  %b = dl.constant dense<[1, 1]> : tensor<2xi8>
  %c = dl.sub %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  %d = dl.constant dense<[0, 5]> : tensor<2xui8>
  %e = dl.constant dense<[1, 5]> : tensor<2xui8>
  %f = dl.sub %d, %e : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  return %c, %f : tensor<2xi8>, tensor<2xui8>
}
