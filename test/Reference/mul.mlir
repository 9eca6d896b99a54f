// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [-2, nan, -0, inf]
func.func @f32() -> tensor<4xf32> {
  %x = dl.constant dense<[1.0, 0.0, 0.0, 1.0e38]> : tensor<4xf32>
  %y = dl.constant dense<[-2.0, 0x7F800000, -1.0, 10.0]> : tensor<4xf32>
  %z = dl.mul %x, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// CHECK-LABEL: @wraps
// CHECK: 2xi32 = [0, -6]
// CHECK: 1xui64 = [18446744073709551614]
func.func @wraps() -> (tensor<2xi32>, tensor<1xui64>) {
  %a = dl.constant dense<[65536, 2]> : tensor<2xi32>
  %b = dl.constant dense<[65536, -3]> : tensor<2xi32>
  %c = dl.mul %a, %b : tensor<2xi32>, tensor<2xi32> -> tensor<2xi32>
  %d = dl.constant dense<[9223372036854775807]> : tensor<1xui64>
  %e = dl.constant dense<[2]> : tensor<1xui64>
  %f = dl.mul %d, %e : tensor<1xui64>, tensor<1xui64> -> tensor<1xui64>
  return %c, %f : tensor<2xi32>, tensor<1xui64>
}
