// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Only one triangle is read.
// CHECK-LABEL: @sides
// CHECK: 2x1xf32 = {{\[\[}}1], [2]]
// CHECK: 2x1xf32 = {{\[\[}}1], [1]]
// CHECK: 1x2xf32 = {{\[\[}}3, 1]]
// CHECK: 2x1xf32 = {{\[\[}}2], [7]]
func.func @sides() -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x2xf32>, tensor<2x1xf32>) {
  %a = dl.constant dense<[[2.0, 99.0], [1.0, 4.0]]> : tensor<2x2xf32>
  %b = dl.constant dense<[[2.0], [9.0]]> : tensor<2x1xf32>
  %c = dl.constant dense<[[7.0, 4.0]]> : tensor<1x2xf32>
  %d = dl.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %w = dl.triangular_solve %a, %b  : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
  %x = dl.triangular_solve %a, %d {transpose} : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
  %y = dl.triangular_solve %a, %c {right_side} : tensor<2x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32>
  %z = dl.triangular_solve %a, %b {unit_diagonal} : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
  return %w, %x, %y, %z : tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x2xf32>, tensor<2x1xf32>
}
