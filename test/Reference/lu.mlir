// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @square
// CHECK: 2x2xf32 = {{\[\[}}4, 4], [0.25, 1]]
// CHECK: 2xi32 = [1, 1]
func.func @square() -> (tensor<2x2xf32>, tensor<2xi32>) {
  %a = dl.constant dense<[[1.0, 2.0], [4.0, 4.0]]> : tensor<2x2xf32>
  %f, %p = dl.lu %a : tensor<2x2xf32> -> tensor<2x2xf32>, tensor<2xi32>
  return %f, %p : tensor<2x2xf32>, tensor<2xi32>
}

// The second matrix has a column of zeros.
// CHECK-LABEL: @tall
// CHECK: 2x3x2xf64 = {{\[\[\[}}4, 8], [0.5, 2], [0.25, 0]], {{\[\[}}0, 3], [0, 2], [0, 0.5]]]
// CHECK: 2x2xi32 = {{\[\[}}1, 2], [0, 1]]
func.func @tall() -> (tensor<2x3x2xf64>, tensor<2x2xi32>) {
  %a = dl.constant dense<[[[1.0, 2.0], [4.0, 8.0], [2.0, 6.0]], [[0.0, 3.0], [0.0, 2.0], [0.0, 1.0]]]> : tensor<2x3x2xf64>
  %f, %p = dl.lu %a : tensor<2x3x2xf64> -> tensor<2x3x2xf64>, tensor<2x2xi32>
  return %f, %p : tensor<2x3x2xf64>, tensor<2x2xi32>
}

// CHECK-LABEL: @wide
// CHECK: 1x3xf32 = {{\[\[}}1, 2, 3]]
// CHECK: 1xi32 = [0]
func.func @wide() -> (tensor<1x3xf32>, tensor<1xi32>) {
  %a = dl.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %f, %p = dl.lu %a : tensor<1x3xf32> -> tensor<1x3xf32>, tensor<1xi32>
  return %f, %p : tensor<1x3xf32>, tensor<1xi32>
}
