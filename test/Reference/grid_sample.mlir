// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Coordinates are x, then y; the middle, a corner, outside.
// CHECK-LABEL: @modes
// CHECK: = {{\[\[\[\[}}2.5, 1, 0]]]]
// CHECK: = {{\[\[\[\[}}2.5, 1, 2]]]]
// CHECK: = {{\[\[\[\[}}2.5, 0.25, 0]]]]
func.func @modes() -> (tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>) {
  %x = dl.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %g = dl.constant dense<[[[[0.0, 0.0], [-1.0, -1.0], [5.0, -1.0]]]]> : tensor<1x1x3x2xf32>
  %a = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32> -> tensor<1x1x1x3xf32>
  %b = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32> -> tensor<1x1x1x3xf32>
  %c = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>} : tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32> -> tensor<1x1x1x3xf32>
  return %a, %b, %c : tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>, tensor<1x1x1x3xf32>
}
