// RUN: dl-opt %s --split-input-file --verify-diagnostics

// As declared_types.mlir, for what moves windows and indices.

func.func @pool(%x: tensor<1x1x5xf32>) { // pool C5
  // expected-error @+2 {{inferred type(s) 'tensor<1x1x2xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.pool max %x window = [2] strides = [2] padding = [0], [0] dilations = [1] : tensor<1x1x5xf32> -> tensor<1x1x3xf32>
  return
}

// -----

func.func @max_pool_window(%x: tensor<1x1x5xf32>) { // max_pool_with_index C3
  // expected-error @+2 {{window must be at least 1 but has 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.max_pool_with_index %x window = [0] strides = [2] padding = [0], [0] dilations = [1] : tensor<1x1x5xf32> -> tensor<1x1x2xf32>, tensor<1x1x2xi64>
  return
}

// -----

func.func @max_pool_indices(%x: tensor<1x1x4xf32>) { // max_pool_with_index C4
  // expected-error @+2 {{are incompatible with return type(s) of operation 'tensor<1x1x2xf32>', 'tensor<1x1x2xi32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = dl.max_pool_with_index %x window = [2] strides = [2] padding = [0], [0] dilations = [1] : tensor<1x1x4xf32> -> tensor<1x1x2xf32>, tensor<1x1x2xi32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x1x2xf32>, %w: tensor<1x1x3xf32>) { // conv_transpose C9
  // expected-error @+2 {{inferred type(s) 'tensor<1x1x5xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.conv_transpose %x, %w strides = [2] padding = [0], [0] dilations = [1] output_padding = [0] : tensor<1x1x2xf32>, tensor<1x1x3xf32> -> tensor<1x1x4xf32>
  return
}

// -----

func.func @grid_sample(%x: tensor<1x3x8x8xf32>, %g: tensor<?x4x5x2xf32>) { // grid_sample C4
  // expected-error @+2 {{inferred type(s) 'tensor<1x3x4x5xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.grid_sample %x, %g {mode = #dl.resize_mode<linear>, padding_mode = #dl.grid_padding<zeros>} : tensor<1x3x8x8xf32>, tensor<?x4x5x2xf32> -> tensor<1x3x5x4xf32>
  return
}

// -----

func.func @gather(%x: tensor<3xf32>, %i: tensor<2x?xi64>) { // gather C12
  // expected-error @+2 {{inferred type(s) 'tensor<2x?xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.gather %x, %i {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 2, slice_sizes = array<i64: 1>}
    : tensor<3xf32>, tensor<2x?xi64> -> tensor<3x?xf32>
  return
}

// -----

func.func @scatter(%x: tensor<?xf32>, %i: tensor<3x1xi64>, %u: tensor<3xf32>) { // scatter C13
  // expected-error @+2 {{inferred type(s) 'tensor<?xf32>' are incompatible}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>,
    input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>,
    scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>}
    : tensor<?xf32>, tensor<3x1xi64>, tensor<3xf32> -> tensor<?xf64>
  return
}

// -----

func.func @scatter_batch(%x: tensor<2x4xf32>, %i: tensor<3x5x1xi64>, %u: tensor<3x5xf32>) { // scatter C7
  // expected-error @+2 {{dl.scatter: batching}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 1>,
    input_batching_dims = array<i64: 0>, scatter_indices_batching_dims = array<i64: 0>,
    scatter_dims_to_operand_dims = array<i64: 1>, index_vector_dim = 2, kind = #dl.scatter_kind<add>}
    : tensor<2x4xf32>, tensor<3x5x1xi64>, tensor<3x5xf32> -> tensor<2x4xf32>
  return
}
