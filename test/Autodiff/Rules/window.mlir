// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Pooling and resampling.

func.func @pool_max(%x: tensor<1x2x5x6xf64>) -> tensor<1x2x3x3xf64> {
  %r = dl.pool max %x window = [2, 3] strides = [2, 2] padding = [1, 1], [0, 1] dilations = [1, 1] : tensor<1x2x5x6xf64> -> tensor<1x2x3x3xf64>
  return %r : tensor<1x2x3x3xf64>
}

func.func @pool_max_last(%x: tensor<1x7x2xf64>) -> tensor<1x3x2xf64> {
  %r = dl.pool max %x window = [2] strides = [2] padding = [0], [0] dilations = [2] {layout = #dl.data_layout<channels_last>} : tensor<1x7x2xf64> -> tensor<1x3x2xf64>
  return %r : tensor<1x3x2xf64>
}

func.func @pool_max_ceil(%x: tensor<1x2x6xf64>) -> tensor<1x2x3xf64> {
  %r = dl.pool max %x window = [3] strides = [2] padding = [0], [0] dilations = [1] {ceil_mode} : tensor<1x2x6xf64> -> tensor<1x2x3xf64>
  return %r : tensor<1x2x3xf64>
}

func.func @pool_max_tiles(%x: tensor<2x2x5x6xf64>) -> tensor<2x2x2x2xf64> {
  %r = dl.pool max %x window = [2, 3] strides = [2, 3] padding = [0, 0], [0, 0] dilations = [1, 1] : tensor<2x2x5x6xf64> -> tensor<2x2x2x2xf64>
  return %r : tensor<2x2x2x2xf64>
}

func.func @pool_max_tiles_last(%x: tensor<1x4x7x2xf64>) -> tensor<1x2x2x2xf64> {
  %r = dl.pool max %x window = [2, 3] strides = [2, 3] padding = [0, 0], [0, 0] dilations = [1, 1] {layout = #dl.data_layout<channels_last>} : tensor<1x4x7x2xf64> -> tensor<1x2x2x2xf64>
  return %r : tensor<1x2x2x2xf64>
}

func.func @pool_average(%x: tensor<1x2x5x6xf64>) -> tensor<1x2x3x3xf64> {
  %r = dl.pool average %x window = [2, 3] strides = [2, 2] padding = [1, 1], [0, 1] dilations = [1, 1] : tensor<1x2x5x6xf64> -> tensor<1x2x3x3xf64>
  return %r : tensor<1x2x3x3xf64>
}

func.func @pool_average_last(%x: tensor<1x7x2xf64>) -> tensor<1x3x2xf64> {
  %r = dl.pool average %x window = [2] strides = [2] padding = [0], [0] dilations = [2] {layout = #dl.data_layout<channels_last>} : tensor<1x7x2xf64> -> tensor<1x3x2xf64>
  return %r : tensor<1x3x2xf64>
}

func.func @pool_average_ceil(%x: tensor<1x2x6xf64>) -> tensor<1x2x3xf64> {
  %r = dl.pool average %x window = [3] strides = [2] padding = [0], [0] dilations = [1] {ceil_mode} : tensor<1x2x6xf64> -> tensor<1x2x3xf64>
  return %r : tensor<1x2x3xf64>
}

func.func @pool_sum(%x: tensor<1x2x5x6xf64>) -> tensor<1x2x3x3xf64> {
  %r = dl.pool sum %x window = [2, 3] strides = [2, 2] padding = [1, 1], [0, 1] dilations = [1, 1] : tensor<1x2x5x6xf64> -> tensor<1x2x3x3xf64>
  return %r : tensor<1x2x3x3xf64>
}

func.func @pool_sum_last(%x: tensor<1x7x2xf64>) -> tensor<1x3x2xf64> {
  %r = dl.pool sum %x window = [2] strides = [2] padding = [0], [0] dilations = [2] {layout = #dl.data_layout<channels_last>} : tensor<1x7x2xf64> -> tensor<1x3x2xf64>
  return %r : tensor<1x3x2xf64>
}

func.func @pool_sum_ceil(%x: tensor<1x2x6xf64>) -> tensor<1x2x3xf64> {
  %r = dl.pool sum %x window = [3] strides = [2] padding = [0], [0] dilations = [1] {ceil_mode} : tensor<1x2x6xf64> -> tensor<1x2x3xf64>
  return %r : tensor<1x2x3xf64>
}

func.func @pool_lp(%x: tensor<1x2x5x6xf64>) -> tensor<1x2x3x3xf64> {
  %r = dl.pool lp %x window = [2, 3] strides = [2, 2] padding = [1, 1], [0, 1] dilations = [1, 1] {p = 3 : i64} : tensor<1x2x5x6xf64> -> tensor<1x2x3x3xf64>
  return %r : tensor<1x2x3x3xf64>
}

func.func @pool_lp_last(%x: tensor<1x7x2xf64>) -> tensor<1x3x2xf64> {
  %r = dl.pool lp %x window = [2] strides = [2] padding = [0], [0] dilations = [2] {layout = #dl.data_layout<channels_last>} : tensor<1x7x2xf64> -> tensor<1x3x2xf64>
  return %r : tensor<1x3x2xf64>
}

func.func @pool_lp_ceil(%x: tensor<1x2x6xf64>) -> tensor<1x2x3xf64> {
  %r = dl.pool lp %x window = [3] strides = [2] padding = [0], [0] dilations = [1] {ceil_mode} : tensor<1x2x6xf64> -> tensor<1x2x3xf64>
  return %r : tensor<1x2x3xf64>
}

func.func @pool_average_pad(%x: tensor<1x2x6xf64>) -> tensor<1x2x4xf64> {
  %r = dl.pool average %x window = [3] strides = [2] padding = [1], [2] dilations = [1] {count_include_pad} : tensor<1x2x6xf64> -> tensor<1x2x4xf64>
  return %r : tensor<1x2x4xf64>
}

func.func @max_pool_with_index(%x: tensor<1x2x5x6xf64>) -> tensor<1x2x3x3xf64> {
  %r, %i = dl.max_pool_with_index %x window = [2, 3] strides = [2, 2] padding = [1, 1], [0, 1] dilations = [1, 1] : tensor<1x2x5x6xf64> -> tensor<1x2x3x3xf64>, tensor<1x2x3x3xi64>
  return %r : tensor<1x2x3x3xf64>
}

func.func @resize_nearest_half_pixel(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<nearest>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_nearest_align_corners(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<nearest>, coordinate_mode = #dl.coordinate_mode<align_corners>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_nearest_asymmetric(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<nearest>, coordinate_mode = #dl.coordinate_mode<asymmetric>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_linear_half_pixel(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_linear_align_corners(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<align_corners>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_linear_asymmetric(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<asymmetric>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_cubic_half_pixel(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<cubic>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_cubic_align_corners(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<cubic>, coordinate_mode = #dl.coordinate_mode<align_corners>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_cubic_asymmetric(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x5x3xf64> {
  %r = dl.resize %x {mode = #dl.resize_mode<cubic>, coordinate_mode = #dl.coordinate_mode<asymmetric>} : tensor<1x2x3x4xf64> -> tensor<1x2x5x3xf64>
  return %r : tensor<1x2x5x3xf64>
}

func.func @resize_scales(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x4x3xf64> {
  %s = dl.constant dense<[1.0, 1.0, 1.4, 0.8]> : tensor<4xf32>
  %r = dl.resize %x scales(%s : tensor<4xf32>) {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>, antialias} : tensor<1x2x3x4xf64> -> tensor<1x2x4x3xf64>
  return %r : tensor<1x2x4x3xf64>
}

func.func @resize_scales_f64(%x: tensor<1x2x3x4xf64>) -> tensor<1x2x4x3xf64> {
  %s = dl.constant dense<[1.0, 1.0, 1.4, 0.8]> : tensor<4xf64>
  %r = dl.resize %x scales(%s : tensor<4xf64>) {mode = #dl.resize_mode<linear>, coordinate_mode = #dl.coordinate_mode<half_pixel>} : tensor<1x2x3x4xf64> -> tensor<1x2x4x3xf64>
  return %r : tensor<1x2x4x3xf64>
}
