// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The sign fills.
// CHECK-LABEL: @signed
// CHECK: 5xi8 = [-2, 1, -1, 0, -1]
func.func @signed() -> tensor<5xi8> {
  %x = dl.constant dense<[-7, 7, -7, 7, -1]> : tensor<5xi8>
  %y = dl.constant dense<[2, 2, 8, 9, -1]> : tensor<5xi8>
  %z = dl.shift_right %x, %y : tensor<5xi8>, tensor<5xi8> -> tensor<5xi8>
  return %z : tensor<5xi8>
}

// CHECK-LABEL: @unsigned
// CHECK: 3xui8 = [63, 1, 0]
func.func @unsigned() -> tensor<3xui8> {
  %x = dl.constant dense<[255, 255, 255]> : tensor<3xui8>
  %y = dl.constant dense<[2, 7, 8]> : tensor<3xui8>
  %z = dl.shift_right %x, %y : tensor<3xui8>, tensor<3xui8> -> tensor<3xui8>
  return %z : tensor<3xui8>
}
