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

// At what isn't finite there is nothing to interpolate.
// CHECK-LABEL: @nowhere
// CHECK: = {{\[\[\[\[}}nan, nan, 0, nan]]]]
// CHECK: = {{\[\[\[\[}}nan, nan, 3, nan]]]]
// CHECK: = {{\[\[\[\[}}0, 0, 0, 0]]]]
// CHECK: = {{\[\[\[\[}}1, 2, 2, 3]]]]
// CHECK: = {{\[\[\[\[}}1, 2, 3, 3]]]]
func.func @nowhere() -> (tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>) {
  %x = dl.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  // NaN; infinity; far; NaN and outside.
  %g = dl.constant dense<[[[[0x7FC00000, -1.0], [0x7F800000, -1.0], [1.0e30, 0.0], [0x7FC00000, 5.0]]]]> : tensor<1x1x4x2xf32>
  %a = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32> -> tensor<1x1x1x4xf32>
  %b = dl.grid_sample %x, %g {mode = #dl.resize_mode<cubic>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32> -> tensor<1x1x1x4xf32>
  %c = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<zeros>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32> -> tensor<1x1x1x4xf32>
  %d = dl.grid_sample %x, %g {mode = #dl.resize_mode<nearest>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32> -> tensor<1x1x1x4xf32>
  %e = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<border>, align_corners} : tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32> -> tensor<1x1x1x4xf32>
  return %a, %b, %c, %d, %e : tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>
}
