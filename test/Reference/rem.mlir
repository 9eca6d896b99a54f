// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The sign is the dividend's.
// CHECK-LABEL: @f32
// CHECK: 5xf32 = [1, -1, 1, nan, 1.5]
func.func @f32() -> tensor<5xf32> {
  %x = dl.constant dense<[7.0, -7.0, 7.0, 1.0, 1.5]> : tensor<5xf32>
  %y = dl.constant dense<[2.0, 2.0, -3.0, 0.0, 0x7F800000]> : tensor<5xf32>
  %z = dl.rem %x, %y : tensor<5xf32>, tensor<5xf32> -> tensor<5xf32>
  return %z : tensor<5xf32>
}

// x rem 0 is x.
// CHECK-LABEL: @signed
// CHECK: 5xi32 = [1, -1, 1, 5, 0]
func.func @signed() -> tensor<5xi32> {
  %x = dl.constant dense<[7, -7, 7, 5, -2147483648]> : tensor<5xi32>
  %y = dl.constant dense<[2, 2, -2, 0, -1]> : tensor<5xi32>
  %z = dl.rem %x, %y : tensor<5xi32>, tensor<5xi32> -> tensor<5xi32>
  return %z : tensor<5xi32>
}
