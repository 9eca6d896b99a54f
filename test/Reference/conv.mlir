// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @one_dimension
// CHECK: 1x1x3xf32 = {{\[\[\[}}-1, -1, 3]]]
func.func @one_dimension() -> tensor<1x1x3xf32> {
  %x = dl.constant dense<[[[1.0, 2.0, 3.0]]]> : tensor<1x1x3xf32>
  %w = dl.constant dense<[[[1.0, 0.0, -1.0]]]> : tensor<1x1x3xf32>
  %b = dl.constant dense<[1.0]> : tensor<1xf32>
  %y = dl.conv %x, %w bias(%b : tensor<1xf32>) strides = [1] padding = [1], [1] dilations = [1] : tensor<1x1x3xf32>, tensor<1x1x3xf32> -> tensor<1x1x3xf32>
  return %y : tensor<1x1x3xf32>
}

// Depthwise, with stride and dilation.
// CHECK-LABEL: @groups
// CHECK: 1x2x1xf32 = {{\[\[\[}}4], [70]]]
func.func @groups() -> tensor<1x2x1xf32> {
  %x = dl.constant dense<[[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]]> : tensor<1x2x3xf32>
  %w = dl.constant dense<[[[1.0, 1.0]], [[1.0, 2.0]]]> : tensor<2x1x2xf32>
  %y = dl.conv %x, %w strides = [2] padding = [0], [0] dilations = [2] {groups = 2 : i64} : tensor<1x2x3xf32>, tensor<2x1x2xf32> -> tensor<1x2x1xf32>
  return %y : tensor<1x2x1xf32>
}

// CHECK-LABEL: @channels_last
// CHECK: 1x1x1x2xf32 = {{\[\[\[\[}}10, -10]]]]
func.func @channels_last() -> tensor<1x1x1x2xf32> {
  %x = dl.constant dense<[[[[1.0], [2.0]], [[3.0], [4.0]]]]> : tensor<1x2x2x1xf32>
  %w = dl.constant dense<[[[[1.0, -1.0]], [[1.0, -1.0]]], [[[1.0, -1.0]], [[1.0, -1.0]]]]> : tensor<2x2x1x2xf32>
  %y = dl.conv %x, %w strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<1x2x2x1xf32>, tensor<2x2x1x2xf32> -> tensor<1x1x1x2xf32>
  return %y : tensor<1x1x1x2xf32>
}
