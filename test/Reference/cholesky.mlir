// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @lower
// CHECK: 2x2xf64 = {{\[\[}}2, 0], [1, 3]]
// CHECK: 2x2xf64 = {{\[\[}}2, 1], [0, 3]]
// CHECK: 2x2xf64 = {{\[\[}}1, 0], [nan, nan]]
func.func @lower() -> (tensor<2x2xf64>, tensor<2x2xf64>, tensor<2x2xf64>) {
  %x = dl.constant dense<[[4.0, 2.0], [2.0, 10.0]]> : tensor<2x2xf64>
  %l = dl.cholesky %x : tensor<2x2xf64> -> tensor<2x2xf64>
  %u = dl.cholesky %x {upper} : tensor<2x2xf64> -> tensor<2x2xf64>
  %n = dl.constant dense<[[1.0, 2.0], [2.0, 1.0]]> : tensor<2x2xf64>
  %m = dl.cholesky %n : tensor<2x2xf64> -> tensor<2x2xf64>
  return %l, %u, %m : tensor<2x2xf64>, tensor<2x2xf64>, tensor<2x2xf64>
}
