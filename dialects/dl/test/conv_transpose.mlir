// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x4x5xf32>, %w: tensor<4x3x3xf32>) -> tensor<?x6x12xf32> {
  // CHECK: dl.conv_transpose %arg0, %arg1 strides = [2] padding = [0], [0] dilations = [1] output_padding = [1] {groups = 2 : i64} : tensor<?x4x5xf32>, tensor<4x3x3xf32> -> tensor<?x6x12xf32>
  %0 = dl.conv_transpose %x, %w strides = [2] padding = [0], [0] dilations = [1] output_padding = [1] {groups = 2 : i64} : tensor<?x4x5xf32>, tensor<4x3x3xf32> -> tensor<?x6x12xf32>
  return %0 : tensor<?x6x12xf32>
}

// -----

func.func @channels(%x: tensor<1x4x5xf32>, %w: tensor<5x3x3xf32>) {
  // expected-error @+2 {{input has 4 channels, but the kernel takes 5}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.conv_transpose %x, %w strides = [1] padding = [0], [0] dilations = [1] output_padding = [0] : tensor<1x4x5xf32>, tensor<5x3x3xf32> -> tensor<1x3x7xf32>
  return
}
