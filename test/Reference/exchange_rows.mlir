// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @both_ways
// CHECK: 3x1xi32 = {{\[\[}}3], [1], [2]]
// CHECK: 3x1xi32 = {{\[\[}}2], [3], [1]]
func.func @both_ways() -> (tensor<3x1xi32>, tensor<3x1xi32>) {
  %x = dl.constant dense<[[1], [2], [3]]> : tensor<3x1xi32>
  %p = dl.constant dense<[2, 2]> : tensor<2xi32>
  %y = dl.exchange_rows %x, %p : tensor<3x1xi32>, tensor<2xi32> -> tensor<3x1xi32>
  %z = dl.exchange_rows %x, %p {backward} : tensor<3x1xi32>, tensor<2xi32> -> tensor<3x1xi32>
  return %y, %z : tensor<3x1xi32>, tensor<3x1xi32>
}

// CHECK-LABEL: @batch
// CHECK: 2x2x2xf64 = {{\[\[\[}}3, 4], [1, 2]], {{\[\[}}5, 6], [7, 8]]]
func.func @batch() -> tensor<2x2x2xf64> {
  %x = dl.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]> : tensor<2x2x2xf64>
  %p = dl.constant dense<[[1], [0]]> : tensor<2x1xi64>
  %y = dl.exchange_rows %x, %p : tensor<2x2x2xf64>, tensor<2x1xi64> -> tensor<2x2x2xf64>
  return %y : tensor<2x2x2xf64>
}
