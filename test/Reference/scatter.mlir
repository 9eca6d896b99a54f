// RUN: dl-run %s --all | FileCheck %s
// RUN: dl-run %s --all --compiled

// Updates apply in order: with `replace` the last one stays.
// CHECK-LABEL: @kinds
// CHECK: = [10, 4, 3]
// CHECK: = [10, 11, 3]
// CHECK: = [10, 40, 3]
// CHECK: = [10, 5, 3]
// CHECK: = [10, 2, 3]
func.func @kinds() -> (tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>) {
  %x = dl.constant dense<[10, 2, 3]> : tensor<3xi8>
  %i = dl.constant dense<[1, 1, 5]> : tensor<3xi64>
  %u = dl.constant dense<[5, 4, 7]> : tensor<3xi8>
  %replace = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<replace>, mode = #dl.index_mode<drop>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  %add = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<add>, mode = #dl.index_mode<drop>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  %mul = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<mul>, mode = #dl.index_mode<drop>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  %max = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<max>, mode = #dl.index_mode<drop>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  %min = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<min>, mode = #dl.index_mode<drop>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  return %replace, %add, %mul, %max, %min : tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>, tensor<3xi8>
}

// CHECK-LABEL: @clamp
// CHECK: = [0, 0, 3]
func.func @clamp() -> tensor<3xi8> {
  %x = dl.constant dense<0> : tensor<3xi8>
  %i = dl.constant dense<[5, 9, 2]> : tensor<3xi64>
  %u = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %y = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<replace>, mode = #dl.index_mode<clamp>} : tensor<3xi8>, tensor<3xi64>, tensor<3xi8> -> tensor<3xi8>
  return %y : tensor<3xi8>
}

// Rows.
// CHECK-LABEL: @windows
// CHECK: 2x2xf32 = {{\[\[}}1, 1], [6, 7]]
func.func @windows() -> tensor<2x2xf32> {
  %x = dl.constant dense<1.0> : tensor<2x2xf32>
  %i = dl.constant dense<[[1]]> : tensor<1x1xi32>
  %u = dl.constant dense<[[5.0, 6.0]]> : tensor<1x2xf32>
  %y = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1 : i64, kind = #dl.scatter_kind<add>} : tensor<2x2xf32>, tensor<1x1xi32>, tensor<1x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
