// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The first, or the last with `select_last`.
// CHECK-LABEL: @ties
// CHECK: 2xi64 = [1, 0]
// CHECK: 2xi64 = [2, 2]
// CHECK: 2x1xi32 = {{\[\[}}0], [0]]
func.func @ties() -> (tensor<2xi64>, tensor<2xi64>, tensor<2x1xi32>) {
  %x = dl.constant dense<[[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]> : tensor<2x3xf32>
  %a = dl.arg_reduce max %x, dim = 1 : tensor<2x3xf32> -> tensor<2xi64>
  %b = dl.arg_reduce max %x, dim = 1 {select_last} : tensor<2x3xf32> -> tensor<2xi64>
  %c = dl.arg_reduce min %x, dim = 1 keep_dims : tensor<2x3xf32> -> tensor<2x1xi32>
  return %a, %b, %c : tensor<2xi64>, tensor<2xi64>, tensor<2x1xi32>
}

// A NaN is more extreme than any number.
// CHECK-LABEL: @nan
// CHECK: i64 = 1
// CHECK: i64 = 1
func.func @nan() -> (tensor<i64>, tensor<i64>) {
  %x = dl.constant dense<[0x7F800000, 0x7FC00000, 0x7FC00000]> : tensor<3xf32>
  %a = dl.arg_reduce max %x, dim = 0 : tensor<3xf32> -> tensor<i64>
  %b = dl.arg_reduce min %x, dim = 0 : tensor<3xf32> -> tensor<i64>
  return %a, %b : tensor<i64>, tensor<i64>
}
