// RUN: dl-opt %s -dl-check-gradients=all -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=1
// RUN: dl-opt %s -dl-check-gradients="all order=2" -dl-autodiff -o %t.mlir
// RUN: dl-run %t.mlir --all --random-seed=2

// Reading and writing at computed places, some of them several times.

// Element 2 is read three times.
func.func @gather(%x: tensor<4x3xf64>) -> tensor<5x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 3>} : tensor<4x3xf64>, tensor<5x1xi64> -> tensor<5x3xf64>
  return %r : tensor<5x3xf64>
}

func.func @gather_drop(%x: tensor<4x3xf64>) -> tensor<3x3xf64> {
  %i = dl.constant dense<[[2], [7], [-1]]> : tensor<3x1xi64>
  %r = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 3>, mode = #dl.index_mode<drop>} : tensor<4x3xf64>, tensor<3x1xi64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @gather_clamp(%x: tensor<4x3xf64>) -> tensor<3x3xf64> {
  %i = dl.constant dense<[[2], [7], [-1]]> : tensor<3x1xi64>
  %r = dl.gather %x, %i {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, start_index_map = array<i64: 0>, index_vector_dim = 1, slice_sizes = array<i64: 1, 3>, mode = #dl.index_mode<clamp>} : tensor<4x3xf64>, tensor<3x1xi64> -> tensor<3x3xf64>
  return %r : tensor<3x3xf64>
}

func.func @scatter_replace(%x: tensor<4x3xf64>, %u: tensor<5x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<replace>} : tensor<4x3xf64>, tensor<5x1xi64>, tensor<5x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @scatter_add(%x: tensor<4x3xf64>, %u: tensor<5x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<4x3xf64>, tensor<5x1xi64>, tensor<5x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @scatter_max(%x: tensor<4x3xf64>, %u: tensor<5x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<max>} : tensor<4x3xf64>, tensor<5x1xi64>, tensor<5x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @scatter_min(%x: tensor<4x3xf64>, %u: tensor<5x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<min>} : tensor<4x3xf64>, tensor<5x1xi64>, tensor<5x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @scatter_drop(%x: tensor<4x3xf64>, %u: tensor<3x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[7], [0], [-1]]> : tensor<3x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, mode = #dl.index_mode<drop>} : tensor<4x3xf64>, tensor<3x1xi64>, tensor<3x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @embedding(%x: tensor<4x3xf64>) -> tensor<2x2x3xf64> {
  %i = dl.constant dense<[[2, 0], [2, 2]]> : tensor<2x2xi64>
  %r = dl.embedding %x, %i : tensor<4x3xf64>, tensor<2x2xi64> -> tensor<2x2x3xf64>
  return %r : tensor<2x2x3xf64>
}

// Nothing to write to: no element can be read there.
func.func @scatter_nothing(%x: tensor<0xf64>, %u: tensor<0xf64>) -> tensor<0xf64> {
  %i = dl.constant dense<> : tensor<0x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<add>} : tensor<0xf64>, tensor<0x1xi64>, tensor<0xf64> -> tensor<0xf64>
  return %r : tensor<0xf64>
}

func.func @scatter_mul(%x: tensor<4x3xf64>, %u: tensor<5x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[2], [0], [2], [3], [2]]> : tensor<5x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<mul>} : tensor<4x3xf64>, tensor<5x1xi64>, tensor<5x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}

func.func @scatter_mul_drop(%x: tensor<4x3xf64>, %u: tensor<3x3xf64>) -> tensor<4x3xf64> {
  %i = dl.constant dense<[[7], [0], [-1]]> : tensor<3x1xi64>
  %r = dl.scatter %x, %i, %u {update_window_dims = array<i64: 1>, inserted_window_dims = array<i64: 0>, input_batching_dims = array<i64>, scatter_indices_batching_dims = array<i64>, scatter_dims_to_operand_dims = array<i64: 0>, index_vector_dim = 1, kind = #dl.scatter_kind<mul>, mode = #dl.index_mode<drop>} : tensor<4x3xf64>, tensor<3x1xi64>, tensor<3x3xf64> -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}
