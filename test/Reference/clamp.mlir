// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @f32
// CHECK: 4xf32 = [0, 0.5, 1, nan]
func.func @f32() -> tensor<4xf32> {
  %l = dl.constant dense<0.0> : tensor<f32>
  %h = dl.constant dense<1.0> : tensor<f32>
  %x = dl.constant dense<[-1.0, 0.5, 0x7F800000, 0x7FC00000]> : tensor<4xf32>
  %z = dl.clamp %l, %x, %h : tensor<f32>, tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// Where low exceeds high, high wins.
// CHECK-LABEL: @per_element
// CHECK: 3xi8 = [5, 1, 0]
func.func @per_element() -> tensor<3xi8> {
  %l = dl.constant dense<[0, -5, 10]> : tensor<3xi8>
  %h = dl.constant dense<[10, 1, 0]> : tensor<3xi8>
  %x = dl.constant dense<[5, 7, 5]> : tensor<3xi8>
  %z = dl.clamp %l, %x, %h : tensor<3xi8>, tensor<3xi8>, tensor<3xi8> -> tensor<3xi8>
  return %z : tensor<3xi8>
}
