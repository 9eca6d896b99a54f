// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x6x9x9xf32>, %w: tensor<8x3x3x3xf32>, %b: tensor<8xf32>, %y: tensor<1x9x9x3xf32>, %v: tensor<3x3x3x8xf32>) -> (tensor<?x8x5x5xf32>, tensor<1x7x7x8xf32>) {
  // CHECK: dl.conv %arg0, %arg1 bias(%arg2 : tensor<8xf32>) strides = [2, 2] padding = [1, 1], [1, 1] dilations = [1, 1] {groups = 2 : i64} : tensor<?x6x9x9xf32>, tensor<8x3x3x3xf32> -> tensor<?x8x5x5xf32>
  %0 = dl.conv %x, %w bias(%b : tensor<8xf32>) strides = [2, 2] padding = [1, 1], [1, 1] dilations = [1, 1] {groups = 2 : i64} : tensor<?x6x9x9xf32>, tensor<8x3x3x3xf32> -> tensor<?x8x5x5xf32>
  // CHECK: dl.conv %arg3, %arg4 strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>}
  %1 = dl.conv %y, %v strides = [1, 1] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<1x9x9x3xf32>, tensor<3x3x3x8xf32> -> tensor<1x7x7x8xf32>
  return %0, %1 : tensor<?x8x5x5xf32>, tensor<1x7x7x8xf32>
}

// -----

func.func @channels(%x: tensor<1x4x9xf32>, %w: tensor<8x3x3xf32>) {
  // expected-error @+1 {{input has 4 channels, but the kernel takes 3 in each of 1 groups}}
  %0 = dl.conv %x, %w strides = [1] padding = [0], [0] dilations = [1] : tensor<1x4x9xf32>, tensor<8x3x3xf32> -> tensor<1x8x7xf32>
  return
}

// -----

func.func @groups(%x: tensor<1x6x9xf32>, %w: tensor<8x2x3xf32>) {
  // expected-error @+1 {{8 output channels cannot be split into 3 groups}}
  %0 = dl.conv %x, %w strides = [1] padding = [0], [0] dilations = [1] {groups = 3 : i64} : tensor<1x6x9xf32>, tensor<8x2x3xf32> -> tensor<1x8x7xf32>
  return
}

// -----

func.func @bias(%x: tensor<1x3x9xf32>, %w: tensor<8x3x3xf32>, %b: tensor<7xf32>) {
  // expected-error @+1 {{does not hold one element for each of the 8 output channels}}
  %0 = dl.conv %x, %w bias(%b : tensor<7xf32>) strides = [1] padding = [0], [0] dilations = [1] : tensor<1x3x9xf32>, tensor<8x3x3xf32> -> tensor<1x8x7xf32>
  return
}

// -----

func.func @shape(%x: tensor<1x3x9xf32>, %w: tensor<8x3x3xf32>) {
  // expected-error @+1 {{result should be 'tensor<1x8x7xf32>' but is 'tensor<1x8x9xf32>'}}
  %0 = dl.conv %x, %w strides = [1] padding = [0], [0] dilations = [1] : tensor<1x3x9xf32>, tensor<8x3x3xf32> -> tensor<1x8x9xf32>
  return
}
