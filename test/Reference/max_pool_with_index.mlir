// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The index counts a plane's elements; the first of equal ones.
// CHECK-LABEL: @planes
// CHECK: 1x2x2xf32 = {{\[\[\[}}3, 3], [7, nan]]]
// CHECK: 1x2x2xi64 = {{\[\[\[}}1, 1], [0, 2]]]
func.func @planes() -> (tensor<1x2x2xf32>, tensor<1x2x2xi64>) {
  %x = dl.constant dense<[[[1.0, 3.0, 3.0], [7.0, 7.0, 0x7FC00000]]]> : tensor<1x2x3xf32>
  %v, %i = dl.max_pool_with_index %x window = [2] strides = [1] padding = [0], [0] dilations = [1] : tensor<1x2x3xf32> -> tensor<1x2x2xf32>, tensor<1x2x2xi64>
  return %v, %i : tensor<1x2x2xf32>, tensor<1x2x2xi64>
}
