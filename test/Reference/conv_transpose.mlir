// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @stride
// CHECK: 1x1x4xf32 = {{\[\[\[}}1, 10, 2, 20]]]
func.func @stride() -> tensor<1x1x4xf32> {
  %x = dl.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %w = dl.constant dense<[[[1.0, 10.0]]]> : tensor<1x1x2xf32>
  %y = dl.conv_transpose %x, %w strides = [2] padding = [0], [0] dilations = [1] output_padding = [0] : tensor<1x1x2xf32>, tensor<1x1x2xf32> -> tensor<1x1x4xf32>
  return %y : tensor<1x1x4xf32>
}

// Overlaps add up; the padding crops.
// CHECK-LABEL: @overlap
// CHECK: 1x1x2xf32 = {{\[\[\[}}12, 20]]]
func.func @overlap() -> tensor<1x1x2xf32> {
  %x = dl.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %w = dl.constant dense<[[[1.0, 10.0]]]> : tensor<1x1x2xf32>
  %y = dl.conv_transpose %x, %w strides = [1] padding = [1], [0] dilations = [1] output_padding = [0] : tensor<1x1x2xf32>, tensor<1x1x2xf32> -> tensor<1x1x2xf32>
  return %y : tensor<1x1x2xf32>
}
