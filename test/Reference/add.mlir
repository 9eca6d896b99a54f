// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [4, -1.5, inf, nan]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, -2.0, 0x7F800000, 0x7F800000]> : tensor<4xf32>
  %y = dl.constant dense<[3.0, 0.5, 1.0, 0xFF800000]> : tensor<4xf32>
  %z = dl.add %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// Rounds once, ties to even: 2048 + 1 is halfway.
// CHECK-LABEL: @f16
// CHECK: 3xf16 = [2048, 2052, inf]
func.func @f16() -> tensor<3xf16> {
  %x = dl.constant dense<[2048.0, 2050.0, 65504.0]> : tensor<3xf16>
  %y = dl.constant dense<[1.0, 1.0, 16.0]> : tensor<3xf16>
  %z = dl.add %x, %y : tensor<3xf16>, tensor<3xf16> -> tensor<3xf16>
  return %z : tensor<3xf16>
}

// CHECK-LABEL: @wraps
// CHECK: 2xi8 = [-128, -1]
// CHECK: 2xui8 = [0, 254]
// CHECK: 2xi4 = [-8, 0]
func.func @wraps() -> (tensor<2xi8>, tensor<2xui8>, tensor<2xi4>) {
  %a = dl.constant dense<[127, 0]> : tensor<2xi8>
  %b = dl.constant dense<[1, -1]> : tensor<2xi8>
  %c = dl.add %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  %d = dl.constant dense<[255, 127]> : tensor<2xui8>
  %e = dl.constant dense<[1, 127]> : tensor<2xui8>
  %f = dl.add %d, %e : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  %g = dl.constant dense<[7, 1]> : tensor<2xi4>
  %h = dl.constant dense<[1, -1]> : tensor<2xi4>
  %i = dl.add %g, %h : tensor<2xi4>, tensor<2xi4> -> tensor<2xi4>
  return %c, %f, %i : tensor<2xi8>, tensor<2xui8>, tensor<2xi4>
}
