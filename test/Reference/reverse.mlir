// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @both
// CHECK: 2x2xi8 = {{\[\[}}4, 3], [2, 1]]
// CHECK: 2x2xi8 = {{\[\[}}2, 1], [4, 3]]
func.func @both() -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %x = dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %y = dl.reverse %x, dims = [0, 1] : tensor<2x2xi8> -> tensor<2x2xi8>
  %z = dl.reverse %x, dims = [1] : tensor<2x2xi8> -> tensor<2x2xi8>
  return %y, %z : tensor<2x2xi8>, tensor<2x2xi8>
}
