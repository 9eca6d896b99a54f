// RUN: dl-run %s --compiled --entry=first --random-seed=1 > %t
// RUN: dl-run %s --compiled --entry=last --random-seed=1 --shape input_0=2x5x4x6 > %t

// Strides, dilations, groups, cropping and output padding, against the interpreter.
func.func @first(%x: tensor<2x6x5x4xf32>, %w: tensor<6x2x3x4xf32>, %b: tensor<4xf32>) -> tensor<2x4x13x10xf32> {
  %0 = dl.conv_transpose %x, %w bias(%b : tensor<4xf32>) strides = [2, 3] padding = [0, 1], [1, 2] dilations = [2, 1] output_padding = [1, 0] {groups = 2 : i64}
    : tensor<2x6x5x4xf32>, tensor<6x2x3x4xf32> -> tensor<2x4x13x10xf32>
  return %0 : tensor<2x4x13x10xf32>
}

func.func @last(%x: tensor<2x?x4x6xf32>, %w: tensor<3x2x2x6xf32>) -> tensor<2x?x11x4xf32> {
  %0 = dl.conv_transpose %x, %w strides = [1, 3] padding = [1, 0], [0, 0] dilations = [1, 1] output_padding = [0, 0] {groups = 2 : i64, layout = #dl.data_layout<channels_last>}
    : tensor<2x?x4x6xf32>, tensor<3x2x2x6xf32> -> tensor<2x?x11x4xf32>
  return %0 : tensor<2x?x11x4xf32>
}
