// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @box
// CHECK: 2x3xi8 = {{\[\[}}0, 0, 0], [0, 7, 8]]
func.func @box() -> tensor<2x3xi8> {
  %x = dl.constant dense<0> : tensor<2x3xi8>
  %u = dl.constant dense<[[7, 8]]> : tensor<1x2xi8>
  %s = dl.constant dense<[1, 1]> : tensor<2xi64>
  %y = dl.dynamic_update_slice %x, %u, %s : tensor<2x3xi8>, tensor<1x2xi8>, tensor<2xi64> -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}
