// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @kinds
// CHECK: = {{\[\[\[}}3, 3]]]
// CHECK: = {{\[\[\[}}2, 2.5]]]
// CHECK: = {{\[\[\[}}4, 5]]]
// CHECK: = {{\[\[\[}}3.1622777, 3.6055512]]]
func.func @kinds() -> (tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>) {
  %x = dl.constant dense<[[[1.0, 3.0, 2.0]]]> : tensor<1x1x3xf32>
  %a = dl.pool max %x window = [2] strides = [1] padding = [0], [0] dilations = [1] : tensor<1x1x3xf32> -> tensor<1x1x2xf32>
  %b = dl.pool average %x window = [2] strides = [1] padding = [0], [0] dilations = [1] : tensor<1x1x3xf32> -> tensor<1x1x2xf32>
  %c = dl.pool sum %x window = [2] strides = [1] padding = [0], [0] dilations = [1] : tensor<1x1x3xf32> -> tensor<1x1x2xf32>
  %d = dl.pool lp %x window = [2] strides = [1] padding = [0], [0] dilations = [1] : tensor<1x1x3xf32> -> tensor<1x1x2xf32>
  return %a, %b, %c, %d : tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>
}

// Counts only what lies inside, or the padding too.
// CHECK-LABEL: @padding
// CHECK: = {{\[\[\[}}1, 2, 2.5, 2]]]
// CHECK: = {{\[\[\[}}0.5, 2, 2.5, 1]]]
func.func @padding() -> (tensor<1x1x4xf32>, tensor<1x1x4xf32>) {
  %x = dl.constant dense<[[[1.0, 3.0, 2.0]]]> : tensor<1x1x3xf32>
  %a = dl.pool average %x window = [2] strides = [1] padding = [1], [1] dilations = [1] : tensor<1x1x3xf32> -> tensor<1x1x4xf32>
  %b = dl.pool average %x window = [2] strides = [1] padding = [1], [1] dilations = [1] {count_include_pad} : tensor<1x1x3xf32> -> tensor<1x1x4xf32>
  return %a, %b : tensor<1x1x4xf32>, tensor<1x1x4xf32>
}

// The last window may be cut short.
// CHECK-LABEL: @ceil
// CHECK: = {{\[\[\[}}4, 2]]]
func.func @ceil() -> tensor<1x1x2xi32> {
  %x = dl.constant dense<[[[1, 3, 2]]]> : tensor<1x1x3xi32>
  %a = dl.pool sum %x window = [2] strides = [2] padding = [0], [0] dilations = [1] {ceil_mode} : tensor<1x1x3xi32> -> tensor<1x1x2xi32>
  return %a : tensor<1x1x2xi32>
}

// CHECK-LABEL: @channels_last
// CHECK: = {{\[\[\[}}3, -1], [3, -2]]]
func.func @channels_last() -> tensor<1x2x2xi8> {
  %x = dl.constant dense<[[[1, -1], [3, -3], [2, -2]]]> : tensor<1x3x2xi8>
  %a = dl.pool max %x window = [2] strides = [1] padding = [0], [0] dilations = [1] {layout = #dl.data_layout<channels_last>} : tensor<1x3x2xi8> -> tensor<1x2x2xi8>
  return %a : tensor<1x2x2xi8>
}
