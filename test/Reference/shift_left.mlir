// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// 0 where the shift is negative or at least the width.
// CHECK-LABEL: @i8
// CHECK: 4xi8 = [12, -128, 0, 0]
func.func @i8() -> tensor<4xi8> {
  %x = dl.constant dense<[3, 1, 1, 1]> : tensor<4xi8>
  %y = dl.constant dense<[2, 7, 8, -1]> : tensor<4xi8>
  %z = dl.shift_left %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
  return %z : tensor<4xi8>
}
