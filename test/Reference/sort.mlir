// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// With NaN last, and a second operand alongside.
// CHECK-LABEL: @stable
// CHECK: = [-1, 2, 2, nan]
// CHECK: = [2, 0, 3, 1]
func.func @stable() -> (tensor<4xf32>, tensor<4xi8>) {
  %x = dl.constant dense<[2.0, 0x7FC00000, -1.0, 2.0]> : tensor<4xf32>
  %i = dl.constant dense<[0, 1, 2, 3]> : tensor<4xi8>
  %s:2 = dl.sort %x, %i dim = 0 : (tensor<4xf32>, tensor<4xi8>) -> (tensor<4xf32>, tensor<4xi8>)
  return %s#0, %s#1 : tensor<4xf32>, tensor<4xi8>
}

// Stable too.
// CHECK-LABEL: @descending
// CHECK: = [nan, 2, 2, -1]
// CHECK: = [1, 0, 3, 2]
func.func @descending() -> (tensor<4xf32>, tensor<4xi8>) {
  %x = dl.constant dense<[2.0, 0x7FC00000, -1.0, 2.0]> : tensor<4xf32>
  %i = dl.constant dense<[0, 1, 2, 3]> : tensor<4xi8>
  %s:2 = dl.sort %x, %i dim = 0 descending : (tensor<4xf32>, tensor<4xi8>) -> (tensor<4xf32>, tensor<4xi8>)
  return %s#0, %s#1 : tensor<4xf32>, tensor<4xi8>
}
