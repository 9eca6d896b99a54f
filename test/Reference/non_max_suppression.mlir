// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// The second box overlaps the first, the fourth scores too low.
// CHECK-LABEL: @greedy
// CHECK: 2x3xi64 = {{\[\[}}0, 0, 0], [0, 0, 2]]
func.func @greedy() -> tensor<?x3xi64> {
  %b = dl.constant dense<[[[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [5.0, 5.0, 4.0, 4.0], [8.0, 8.0, 9.0, 9.0]]]> : tensor<1x4x4xf32>
  %s = dl.constant dense<[[[0.9, 0.8, 0.7, 0.1]]]> : tensor<1x1x4xf32>
  %n = dl.constant dense<10> : tensor<i64>
  %t = dl.constant dense<0.5> : tensor<f32>
  %u = dl.constant dense<0.2> : tensor<f32>
  %y = dl.non_max_suppression %b, %s, %n, %t score_threshold(%u : tensor<f32>) : tensor<1x4x4xf32>, tensor<1x1x4xf32>, tensor<i64>, tensor<f32> -> tensor<?x3xi64>
  return %y : tensor<?x3xi64>
}

// CHECK-LABEL: @at_most
// CHECK: 1x3xi64 = {{\[\[}}0, 0, 1]]
func.func @at_most() -> tensor<?x3xi64> {
  %b = dl.constant dense<[[[0.0, 0.0, 1.0, 1.0], [5.0, 5.0, 6.0, 6.0]]]> : tensor<1x2x4xf32>
  %s = dl.constant dense<[[[0.1, 0.8]]]> : tensor<1x1x2xf32>
  %n = dl.constant dense<1> : tensor<i64>
  %t = dl.constant dense<0.5> : tensor<f32>
  %y = dl.non_max_suppression %b, %s, %n, %t : tensor<1x2x4xf32>, tensor<1x1x2xf32>, tensor<i64>, tensor<f32> -> tensor<?x3xi64>
  return %y : tensor<?x3xi64>
}
