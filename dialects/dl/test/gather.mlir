// RUN: dl-opt %s --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// Rows of the last two dimensions, per batch.
// CHECK-LABEL: @round_trip
func.func @round_trip(%x: tensor<?x5x6xf32>, %i: tensor<?x7x1xi64>) -> tensor<?x7x2xf32> {
  // CHECK: dl.gather %arg0, %arg1 {collapsed_slice_dims = array<i64: 1>, index_vector_dim = 2 : i64, mode = #dl.index_mode<clamp>,
  // CHECK-SAME: : tensor<?x5x6xf32>, tensor<?x7x1xi64> -> tensor<?x7x2xf32>
  %0 = dl.gather %x, %i {offset_dims = array<i64: 2>, collapsed_slice_dims = array<i64: 1>,
    operand_batching_dims = array<i64: 0>, start_indices_batching_dims = array<i64: 0>,
    start_index_map = array<i64: 1>, index_vector_dim = 2, slice_sizes = array<i64: 1, 1, 2>,
    mode = #dl.index_mode<clamp>} : tensor<?x5x6xf32>, tensor<?x7x1xi64> -> tensor<?x7x2xf32>
  return %0 : tensor<?x7x2xf32>
}

// Constant indices at equal distances are a slice; constants fold.
// CHECK-LABEL: @take
func.func @take(%x: tensor<4x?xf32>) -> (tensor<?xf32>, tensor<2x?xf32>, tensor<2x2xi32>) {
  // CHECK-DAG: %[[C:.*]] = dl.constant dense<{{\[\[}}7, 5], [5, 6]]> : tensor<2x2xi32>
  // CHECK-DAG: %[[ROW:.*]] = dl.slice %arg0, starts = [2, 0] limits = [3, -1] strides = [1, 1] : tensor<4x?xf32> -> tensor<1x?xf32>
  // CHECK-DAG: %[[FLAT:.*]] = dl.reshape %[[ROW]] : tensor<1x?xf32> -> tensor<?xf32>
  // CHECK-DAG: %[[ROWS:.*]] = dl.slice %arg0, starts = [1, 0] limits = [4, -1] strides = [2, 1] : tensor<4x?xf32> -> tensor<2x?xf32>
  // CHECK: return %[[FLAT]], %[[ROWS]], %[[C]]
  %two = dl.constant dense<2> : tensor<i64>
  %0 = dl.gather %x, %two {offset_dims = array<i64: 0>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 0, slice_sizes = array<i64: 1, -1>}
    : tensor<4x?xf32>, tensor<i64> -> tensor<?xf32>
  %odd = dl.constant dense<[1, 3]> : tensor<2xi64>
  %1 = dl.gather %x, %odd {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, -1>}
    : tensor<4x?xf32>, tensor<2xi64> -> tensor<2x?xf32>
  %c = dl.constant dense<[5, 6, 7]> : tensor<3xi32>
  %i = dl.constant dense<[[2, 0], [0, 1]]> : tensor<2x2xi64>
  %2 = dl.gather %c, %i {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 2, slice_sizes = array<i64: 1>}
    : tensor<3xi32>, tensor<2x2xi64> -> tensor<2x2xi32>
  return %0, %1, %2 : tensor<?xf32>, tensor<2x?xf32>, tensor<2x2xi32>
}

// -----

func.func @vector(%x: tensor<4x5xf32>, %i: tensor<3x2xi64>) {
  // expected-error @+2 {{dl.gather: index vectors have 2 entries for 1 indexed dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, -1>}
    : tensor<4x5xf32>, tensor<3x2xi64> -> tensor<3x5xf32>
  return
}

// -----

func.func @collapsed(%x: tensor<4x5xf32>, %i: tensor<3xi64>) {
  // expected-error @+2 {{dl.gather: dimension 0 vanishes, but its slice size is not 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>,
    operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>,
    start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 2, -1>}
    : tensor<4x5xf32>, tensor<3xi64> -> tensor<3x5xf32>
  return
}
