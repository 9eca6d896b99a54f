// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// CHECK-LABEL: @rows
// CHECK: 3x2xi8 = {{\[\[}}5, 6], [1, 2], [5, 6]]
func.func @rows() -> tensor<3x2xi8> {
  %x = dl.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %i = dl.constant dense<[2, 0, 2]> : tensor<3xi64>
  %y = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1 : i64, slice_sizes = array<i64: 1, -1>} : tensor<3x2xi8>, tensor<3xi64> -> tensor<3x2xi8>
  return %y : tensor<3x2xi8>
}

// `clamp` takes the nearest, `drop` gives 0.
// CHECK-LABEL: @outside
// CHECK: 2x2xi8 = {{\[\[}}1, 2], [5, 6]]
// CHECK: 2x2xi8 = {{\[\[}}0, 0], [0, 0]]
func.func @outside() -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %x = dl.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %i = dl.constant dense<[-1, 3]> : tensor<2xi64>
  %y = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1 : i64, slice_sizes = array<i64: 1, -1>, mode = #dl.index_mode<clamp>} : tensor<3x2xi8>, tensor<2xi64> -> tensor<2x2xi8>
  %z = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1 : i64, slice_sizes = array<i64: 1, -1>, mode = #dl.index_mode<drop>} : tensor<3x2xi8>, tensor<2xi64> -> tensor<2x2xi8>
  return %y, %z : tensor<2x2xi8>, tensor<2x2xi8>
}

// Each row of the operand with its own index.
// CHECK-LABEL: @batching
// CHECK: 2xi8 = [2, 3]
func.func @batching() -> tensor<2xi8> {
  %x = dl.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %i = dl.constant dense<[[1], [0]]> : tensor<2x1xi32>
  %y = dl.gather %x, %i {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 1>, operand_batching_dims = array<i64: 0>, start_indices_batching_dims = array<i64: 0>, start_index_map = array<i64: 1>, index_vector_dim = 1 : i64, slice_sizes = array<i64: 1, 1>} : tensor<2x2xi8>, tensor<2x1xi32> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

// An empty index vector is the start of the operand itself.
// CHECK-LABEL: @no_index
// CHECK: 2x3xi8 = {{\[\[}}1, 2, 3], [1, 2, 3]]
func.func @no_index() -> tensor<2x3xi8> {
  %x = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %i = dl.constant dense<> : tensor<2x0xi64>
  %y = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64>, index_vector_dim = 1 : i64, slice_sizes = array<i64: -1>} : tensor<3xi8>, tensor<2x0xi64> -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}
