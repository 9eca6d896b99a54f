// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @column
// CHECK: 2x1xf32 = {{\[\[}}-5], [0.5]]
// CHECK: 1xf32 = [1.6]
func.func @column() -> (tensor<2x1xf32>, tensor<1xf32>) {
  %a = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %f, %t = dl.householder_qr %a : tensor<2x1xf32> -> tensor<2x1xf32>, tensor<1xf32>
  return %f, %t : tensor<2x1xf32>, tensor<1xf32>
}

// Nothing to reflect in the first column, and none left below the second.
// CHECK-LABEL: @wide
// CHECK: 2x3xf64 = {{\[\[}}2, 1, 5], [0, -3, 6]]
// CHECK: 2xf64 = [0, 0]
func.func @wide() -> (tensor<2x3xf64>, tensor<2xf64>) {
  %a = dl.constant dense<[[2.0, 1.0, 5.0], [0.0, -3.0, 6.0]]> : tensor<2x3xf64>
  %f, %t = dl.householder_qr %a : tensor<2x3xf64> -> tensor<2x3xf64>, tensor<2xf64>
  return %f, %t : tensor<2x3xf64>, tensor<2xf64>
}
